/* Private to the spool: its segments. */
#ifndef SME_HOOK_SPOOL_INT_H
#define SME_HOOK_SPOOL_INT_H

#include <pthread.h>

#include "hook/spool.h"

#define SPOOL_MAGIC "SMEspl1\n"
#define SPOOL_HEAD 16u   /* of a segment: magic and seed */
#define SPOOL_RECORD 16u /* of a record: mark, length, checksum */
#define SPOOL_MARK 0x52454d53u

struct spool {
	char *dir;
	int dirfd;
	void (*say)(const char *text);
	/* The writer's own. */
	int fd; /* of the current segment, -1: the next append makes one */
	uint64_t seed;
	int64_t made; /* when it was made */
	struct buf batch;
	/* Of all, under the lock. */
	pthread_mutex_t lock;
	uint64_t *segments; /* the numbers of the files, ascending; the last may be the current one */
	size_t n, cap;
	uint64_t current; /* the number of fd; 0: none */
	uint64_t length;  /* what of it is durable */
	bool busy;        /* the writer is at it: fd must stay open */
	uint64_t last;    /* the highest number ever given */
	uint64_t damaged; /* bytes that were passed over */
};

struct spool_reader {
	struct spool *spool;
	int fd; /* -1: none is open */
	uint64_t segment, seed;
};

/* The name of segment N in the spool's directory. */
#define SPOOL_NAME 32
void spool_name(uint64_t n, char out[SPOOL_NAME]);

/* The checksum of a record, and all that stands before it. */
uint64_t spool_sum(uint64_t seed, struct slice record);
void spool_put_head(unsigned char head[SPOOL_RECORD], uint64_t seed, struct slice record);

static inline uint32_t
spool_u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t
spool_u64(const unsigned char *p)
{
	return spool_u32(p) | (uint64_t)spool_u32(p + 4) << 32;
}

static inline void
spool_put(unsigned char *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (unsigned char)(v >> 8 * i);
}

#endif
