/* What one group of heads makes of a text; nobody but lib/model/heads*.c includes it. */
#ifndef SME_MODEL_HEADS_GROUP_H
#define SME_MODEL_HEADS_GROUP_H

#include "model/heads_int.h"

/* The text at hand, for all groups. */
struct text_run {
	struct norm norm;
	uint64_t *words; /* the hashes of its tokens */
	size_t words_cap;
	enum script script;
	struct hash_list pairs; /* pairs of neighbours among tokens of these kinds */
	uint16_t pairs_of;      /* 0: nothing is listed yet */
};

/* List the pairs of neighbours among the tokens that SPEC reads, unless they are listed. */
void text_list_pairs(struct text_run *text, const struct ngram_spec *spec);

/* What is known of the text at hand by one group. */
struct group_run {
	struct group *group;
	const struct heads_kernel *kernel;
	struct memos_view memos;
	struct lookups lookups;
	struct memo *nothing;
	void **memo; /* struct memo of each token, and behind them those of what is not of one */
	size_t memo_n, memo_cap;
	struct hash_list negated; /* the tokens that a negation reaches */
	bool read;
	head_set summed;   /* of whom the sums are of this text */
	head_set answered; /* and the results */
	int32_t *sums;     /* [width] */
	uint32_t hits[GROUP_MAX];
	double *probs; /* [width] */
	struct head_result results[GROUP_MAX];
};

/* Groups begin empty; when all models are in it, finish.  MEMORY is for memos. */
void group_add(struct group *g, const struct model *m);
void group_finish(struct group *g, size_t memory);
void group_release(struct group *g);

struct group_run *group_run_new(struct group *g);
void group_run_free(struct group_run *r);

/* TEXT is the next one: have brought near what it needs. */
void group_begin(struct group_run *g, const struct text_run *text);

/* A step of heads_step. */
void group_step(struct group_run *g, const struct text_run *text);

/* Add up the text for the heads in SET, if that is not done yet. */
void group_sum(struct group_run *g, struct text_run *text, head_set set);

#endif
