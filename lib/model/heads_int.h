/*
 * What the files of the heads share; nobody else includes it.  Heads are read in groups of 16, so
 * that a set of them is one word.
 */
#ifndef SME_MODEL_HEADS_INT_H
#define SME_MODEL_HEADS_INT_H

#include <stdatomic.h>

#include "model/heads.h"

#define GROUP_MAX 16
typedef uint16_t head_set;

/* The features of one token, by which heads choose: the word, and characters by their order. */
#define FEATURE_WORD 0
#define FEATURE_KINDS (1 + NGRAM_CHAR_MAX)

/* Each with at most 127: a token's sum fits 16 bits. */
#define TOKEN_FEATURES_MAX (1 + NGRAM_CHAR_MAX * NGRAM_PER_ORDER)

_Static_assert(TOKEN_FEATURES_MAX * 128 < INT16_MAX, "token sums overflow");
_Static_assert(TOKEN_FEATURES_MAX <= UINT8_MAX, "token hits overflow");

struct known;

struct group {
	struct model *const *models;
	unsigned n;
	unsigned order[GROUP_MAX]; /* the heads as they stand in a row of all sums: together those
	                            * for the same languages */
	size_t at[GROUP_MAX];      /* where a head's sums begin in it */
	size_t width;              /* of that row */
	unsigned chars;            /* the longest character n-gram that any head reads */
	head_set negation;         /* who reads it */
	head_set kinds[TOKEN_MARK + 1]; /* who reads such tokens */
	head_set reads[FEATURE_KINDS];  /* who reads such features of them */
	struct known *_Atomic known;    /* see heads_lookup.c; NULL as long as it does not pay */
	atomic_flag making;
};

/* The next run of places that belong to heads in SET; I, 0 at first, is where to go on. */
static inline bool
group_range(const struct group *g, head_set set, unsigned *i, size_t *from, size_t *to)
{
	while (*i < g->n && !(set >> g->order[*i] & 1))
		++*i;
	if (*i == g->n)
		return false;
	*from = g->at[g->order[*i]];
	while (*i < g->n && set >> g->order[*i] & 1)
		++*i;
	*to = *i < g->n ? g->at[g->order[*i]] : g->width;
	return true;
}

/* ---- heads_memo.c ---- */

/*
 * What a token adds to the sums of the heads that were asked, or an n-gram of characters; found by
 * its hash.  The sums stand behind it: bytes for an n-gram; for a token, 16 bits, with the hits
 * before them, a byte for each head.
 */
struct memo {
	uint64_t hash;
	uint32_t turn; /* the last one that needed it; 0: free */
	head_set asked;
	union {
		head_set know; /* an n-gram: those of the asked who do */
		bool negates;  /* a token */
	};
};

struct memos {
	char *memory, *first; /* the slots begin at a cache line */
	char **spare;         /* for what is needed in one turn and has the same place */
	size_t spares, spares_cap, spares_used;
	size_t size, sums_at; /* bytes of a slot, and where its sums begin */
	size_t mask;
	uint32_t turn;
};

static inline uint8_t *
memo_hits(struct memo *m)
{
	return (uint8_t *)(m + 1);
}

static inline void *
memo_sums(const struct memos *s, struct memo *m)
{
	return (char *)m + s->sums_at;
}

/* Slots for N sums of CELL bytes each and HITS; MEMORY bytes of them, or a few. */
void memos_init(struct memos *s, size_t hits, size_t n, size_t cell, size_t memory);
void memos_release(struct memos *s);

/* The next turn: what this one gets stays until then. */
void memos_next(struct memos *s);

/* Have the memo of HASH brought near. */
void memos_fetch(const struct memos *s, uint64_t hash);

/* The memo of HASH.  In a new one, as NEW says, nobody has been asked, and the caller fills in the
 * rest. */
struct memo *memos_get(struct memos *s, uint64_t hash, bool *new);

/* ---- heads_lookup.c ---- */

struct hash_list {
	uint64_t *hash;
	size_t n, cap;
};

/* Where a feature is added to: the sums and hits of all heads of the group, of some width. */
struct place {
	void *sums, *hits;
};

/* A feature to be looked for in one head's file, and what has been found out so far. */
struct lookup {
	uint64_t hash;
	struct place to;
	uint32_t head, bucket;
	uint32_t count; /* of the rows in the bucket, then of the entries */
	union {
		const int8_t *row;
		const struct model_entry *entries;
	};
};

#define LOOKUPS_MAX 512

struct lookups {
	struct group *group;
	const struct known *known;
	/* Add what was found; set by the caller. */
	void (*add)(const struct group *g, const struct lookup *l);
	uint64_t done;
	size_t n;
	struct lookup list[LOOKUPS_MAX];
};

/* N features are going to be looked for. */
void lookup_fetch(struct lookups *l, const uint64_t *hash, size_t n);

/* Look for a feature in the files of the heads in SET, at the latest at the finish. */
void lookup(struct lookups *l, uint64_t hash, head_set set, struct place to);
void lookup_finish(struct lookups *l);

void known_free(struct known *k);

/* Add features that are not of one token alone to the sums and hits of the heads in SET. */
void lookup_list(
    struct lookups *l, const struct hash_list *list, head_set set, int32_t *sums, uint32_t *hits);

/* ---- heads_token.c ---- */

struct token_reader {
	struct lookups lookups;
	struct memos grams;
	struct token_grams hashes;
	unsigned n; /* n-grams of the token at hand */
	struct memo *memo[TOKEN_FEATURES_MAX];
};

/* Write what a token by itself adds to the heads in SET. */
void token_read(struct token_reader *r, struct slice token, uint8_t kind, uint64_t word,
    head_set set, int16_t *sums, uint8_t *hits);

void token_reader_init(struct token_reader *r, struct group *g, size_t memory);
void token_reader_release(struct token_reader *r);

#endif
