/*
 * What the files of the heads share; nobody else includes it.  Heads are read in groups of 16, so
 * that a set of them is one word.
 */
#ifndef SME_MODEL_HEADS_INT_H
#define SME_MODEL_HEADS_INT_H

#include <stdatomic.h>

#include "core/mem.h"
#include "model/heads.h"
#include "model/weigh.h"

#define GROUP_MAX 16
typedef uint16_t head_set;

/* The features of one token, by which heads choose: the word, and characters by their order. */
#define FEATURE_WORD 0
#define FEATURE_KINDS (1 + NGRAM_CHAR_MAX)

/* Each with at most 127: a token's sum fits 16 bits. */
#define TOKEN_FEATURES_MAX (1 + NGRAM_CHAR_MAX * NGRAM_PER_ORDER)

_Static_assert(TOKEN_FEATURES_MAX * 128 < INT16_MAX, "token sums overflow");
_Static_assert(TOKEN_FEATURES_MAX <= UINT8_MAX, "token hits overflow");

struct joint;
struct memos;

struct group {
	const struct model *models[GROUP_MAX];
	struct weigh weigh[GROUP_MAX];
	unsigned n;
	unsigned order[GROUP_MAX]; /* the heads as they stand in a row of all sums: together those
	                            * for the same languages */
	size_t at[GROUP_MAX];      /* where a head's sums begin in it */
	size_t width;              /* of that row */
	uint64_t rows;             /* of all files */
	unsigned chars;            /* the longest character n-gram that any head reads */
	head_set negation;         /* who reads it */
	bool once;                 /* of all its heads, as in struct ngram_spec */
	head_set kinds[TOKEN_MARK + 1]; /* who reads such tokens */
	head_set reads[FEATURE_KINDS];  /* who reads such features of them */
	struct joint *_Atomic joint;    /* see heads_lookup.c; NULL as long as it does not pay */
	struct joint *_Atomic begun;    /* the same one, perhaps not whole yet */
	atomic_flag making;
	struct memos *memos;
};

/* ---- heads_memo.c ---- */

/*
 * What a token adds to the sums of all heads of the group, found by its hash.  The sums stand
 * behind it.
 */
struct memo {
	uint64_t hash;
	bool negates;
	uint8_t hits[GROUP_MAX];
};

static inline int16_t *
memo_sums(struct memo *m)
{
	return (int16_t *)(void *)(m + 1);
}

/* Memos with N sums each, for all threads; about MEMORY bytes of them, or a few. */
struct memos *memos_new(size_t n, size_t memory);
void memos_free(struct memos *s);

size_t memos_size(const struct memos *s); /* bytes of one of them */

/* There are going to be many: see mem_large. */
void memos_many(struct memos *s);

struct generation;

/* What one thread sees of them, in one text after another. */
struct memos_view {
	struct memos *memos;
	struct generation *young, *old;
	unsigned turn;
	struct memo **spare; /* of this thread alone */
	size_t spares, spares_cap, spares_used;
	struct memo **news; /* what the text needed and is to be remembered */
	size_t news_n, news_cap;
};

void memos_open(struct memos_view *v, struct memos *s);
void memos_close(struct memos_view *v);

/* The next text.  What was new in the last one, and is filled in by now, all may find. */
void memos_next(struct memos_view *v);

/* Have brought near what tells where the memo of HASH is. */
void memos_fetch(const struct memos_view *v, uint64_t hash);

/* The memo of HASH, or NULL: then it is still to be got.  It is not changed, and stays until the
 * next text. */
struct memo *memos_find(const struct memos_view *v, uint64_t hash);

/* The memo of HASH, which was not found.  In a new one, as NEW says, the caller fills in the rest
 * before the next text. */
struct memo *memos_get(struct memos_view *v, uint64_t hash, bool *new);

/* One that is found by nobody, until the next text. */
struct memo *memos_spare(struct memos_view *v);

/* ---- heads_lookup.c ---- */

struct hash_list {
	uint64_t *hash;
	size_t n, cap;
};

static inline void
hash_list_add(struct hash_list *list, uint64_t hash)
{
	list->hash = xgrow(list->hash, list->n, &list->cap, sizeof *list->hash);
	list->hash[list->n++] = hash;
}

/* A feature to be looked for by the heads in SET, what is to be added to, and where it may be. */
struct feature {
	uint64_t hash;
	struct memo *to;
	const char *bucket;
	uint16_t found; /* bits of the first 16 features of the bucket */
	head_set set;
};

#define LOOKUPS_MAX 512

struct heads_kernel;
struct once;

struct lookups {
	struct group *group;
	const struct heads_kernel *kernel;
	const struct joint *joint;
	struct once *once; /* what the text's heads have, where it is to count once; or NULL */
	uint64_t done;     /* in files */
	size_t n, near; /* how many there are, and whose buckets are near */
	struct feature list[LOOKUPS_MAX];
};

/* The features in LIST are going to be looked for: two steps to have them brought near. */
void lookup_far(struct lookups *l, const struct hash_list *list);
void lookup_near(struct lookups *l, const struct hash_list *list);

/* Look for a feature, at the latest at the finish; nothing where it counts once, and was there. */
void lookup(struct lookups *l, uint64_t hash, head_set set, struct memo *to);

/* Have brought near what the finish will read. */
void lookup_step(struct lookups *l);
void lookup_finish(struct lookups *l);

/* ---- heads_once.c ---- */

struct once *once_new(void);
void once_free(struct once *o);

/* The next text has nothing yet. */
void once_next(struct once *o);

/* Those heads of SET that have not had feature HASH of this text; from now on they have. */
head_set once_add(struct once *o, uint64_t hash, head_set set);

/* ---- heads_joint.c ---- */

/* Begin a table; NULL when the files differ too much to make one of them. */
struct joint *joint_begin(const struct group *g);

/* Make what nobody makes of the table, which several threads may do at once.  True, for one of
 * them, when all is there; never, when the files do not go into it. */
bool joint_make(struct joint *j, const struct group *g);
void joint_free(struct joint *j);

/* ---- heads_plain.c, heads_avx2.c ---- */

/* What depends on the machine; the results do not. */
struct heads_kernel {
	/* Find N features in their buckets, and add what the heads know of them. */
	void (*add)(const struct joint *j, struct feature *f, size_t n);
	/* Sum up the hits of N memos; TOTAL has GROUP_MAX places. */
	void (*hits)(uint32_t *total, void *const *memo, size_t n);
	/* Sum up the places FROM to TO, which come in fours, of N memos, an even number. */
	void (*sum)(int32_t *total, void *const *memo, size_t n, size_t from, size_t to);
	/* exp_minus */
	void (*exp)(double *p, uint32_t n);
};

const struct heads_kernel *heads_kernel_plain(void);
const struct heads_kernel *heads_kernel_avx2(void); /* NULL where the machine has no such vectors */

/* ---- heads_token.c ---- */

/* Write what a token by itself adds to the heads, when the look-ups are finished. */
void token_read(
    struct lookups *l, struct slice token, uint8_t kind, uint64_t word, struct memo *to);

#endif
