/*
 * The table of all heads of a group and what reads it; nobody but lib/model/heads*.c includes it.
 *
 * Features stand in buckets by those highest bits of their hash that every file keeps, and some of
 * the lowest ones.  A bucket is one piece of memory: the number of features, the low 16 bits of
 * each, where its record is, and the records.  A record says which heads know the feature and which
 * further high bits it has, and holds the heads' rows.  A head whose file keeps fewer bits of a
 * hash goes by those: it knows just what it would know without the table.
 */
#ifndef SME_MODEL_HEADS_JOINT_H
#define SME_MODEL_HEADS_JOINT_H

#include "model/heads_int.h"

/* Of a bucket, and of a record, so many bytes are fetched ahead. */
#define CACHE_LINE 64
#define FETCHED (3 * CACHE_LINE)

/* Further high bits that a record has room for. */
#define EXTRA_BITS 16

/* A row with a weight for every place, where another has the number of its entries. */
#define DENSE UINT16_MAX

/* A row of so many places is just that. */
#define NARROW 4

/* It is made in so many pieces, by as many threads as need it. */
#define JOINT_PIECES 4

struct joint {
	unsigned high, low;               /* bits of the hash that choose the bucket */
	head_set wide;                    /* whose rows are longer than NARROW */
	head_set by_same[EXTRA_BITS + 1]; /* who goes by so many further bits or fewer */
	uint8_t further[GROUP_MAX]; /* bits that each head's file keeps beyond the high ones */
	uint32_t stride[GROUP_MAX], at[GROUP_MAX]; /* as the group has them */
	uint32_t *starts;                          /* [buckets]: where each begins */
	char *buckets;                             /* in the same memory */
	size_t pieces[JOINT_PIECES]; /* where the buckets of each begin */
	_Atomic unsigned begun, made; /* of them */
	_Atomic bool failed;
};

struct record {
	uint16_t extra; /* the hash's bits behind the high ones */
	head_set heads; /* whose rows follow: those of the wide ones, then of the others */
};

static inline uint16_t
get_u16(const char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* The leading bits that are the same in A and B, EXTRA_BITS of them at most. */
static inline unsigned
same_bits(uint16_t a, uint16_t b)
{
	return (unsigned)__builtin_clz((uint32_t)(uint16_t)(a ^ b) << 1 | 1) - (31 - EXTRA_BITS);
}

static inline const uint32_t *
joint_start(const struct joint *j, uint64_t hash)
{
	return &j->starts[(hash >> (64 - j->high)) << j->low | (hash & ((1u << j->low) - 1))];
}

#endif
