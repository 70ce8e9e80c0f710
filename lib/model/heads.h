/*
 * Several models read one text: it is normalised and cut into n-grams once, and each head adds up
 * its rows.  The sums are whole numbers, so neither the order nor the memory of earlier tokens can
 * change a result: the same text gives the same answer on every machine and thread.
 */
#ifndef SME_MODEL_HEADS_H
#define SME_MODEL_HEADS_H

#include "model/model.h"
#include "text/normalize.h"

struct heads;

/*
 * The COUNT models in LIST, which must outlive it.  LIST is copied.  MEMORY bytes remember, for all
 * threads, what tokens add up to: finding one there costs a few lines of cache, adding it up anew
 * hundreds.  They are taken as they are needed, and half as many again for a while when several
 * threads need them.
 */
#define HEADS_MEMORY ((size_t)32 << 20)

struct heads *heads_new(struct model *const *list, size_t count, size_t memory);

/* The same, but what BASE makes of those models that it has, too, is not made again.  BASE must
 * outlive it. */
struct heads *heads_new_on(
    const struct heads *base, struct model *const *list, size_t count, size_t memory);
void heads_free(struct heads *heads);

struct head_result {
	int best; /* the label that wins, or -1 when the text has nothing that the head knows */
	double p; /* its probability, calibrated; see decide_floor for whether it is an answer */
	const double *probs; /* of every label */
};

/* One thread's memory. */
struct heads_run;
struct heads_run *heads_run_new(const struct heads *heads);

/* The same for heads on others: BASE is a run of those, of the same thread, and reads no other text
 * until this one has answered. */
struct heads_run *heads_run_new_on(struct heads_run *base, const struct heads *heads);
void heads_run_free(struct heads_run *run);

/* Read TEXT, for heads_answer. */
void heads_read(struct heads_run *run, struct slice text);

/* Do some of the work that any head needs.  A text that is just read is far away in memory: two
 * such steps, with other work before and after each, save the waiting.  None is necessary. */
void heads_step(struct heads_run *run);

/* HEADS, -1 being none, are going to be asked: together they cost less. */
void heads_ask(struct heads_run *run, const int *heads, size_t n);

/* What head number HEAD says of the text; valid until the next text.  For a head that is not asked
 * hardly anything is done. */
const struct head_result *heads_answer(struct heads_run *run, size_t head);

/* Read TEXT and ask every head.  One result a head, in their order; valid until the next text. */
const struct head_result *heads_predict(struct heads_run *run, struct slice text);

/* What was made of the text. */
const struct norm *heads_norm(const struct heads_run *run);

/*
 * What speaks for label LABEL of head HEAD in the last text: each token with what it adds to that
 * label's score over the mean of the others, the strongest first, at most MAX.  Returns how many.
 */
struct head_reason {
	size_t token; /* index into heads_norm() */
	double weight;
};

size_t heads_explain(
    struct heads_run *run, size_t head, int label, struct head_reason *out, size_t max);

#endif
