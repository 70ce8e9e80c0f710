/*
 * From what a text adds up to for each label of a head to their probabilities: private to
 * lib/model.  Divisions and exponentials are most of it, so what does not depend on the text is
 * worked out once, and labels that cannot win are left out.
 */
#ifndef SME_MODEL_WEIGH_H
#define SME_MODEL_WEIGH_H

#include "model/heads.h"

/* The labels that may win a text in some script, in their order; rounded up to a multiple of
 * WEIGH_LANES with ones that never do. */
struct weigh_script {
	uint32_t n;
	uint16_t *label;
	double *scale, *bias; /* the bias over the temperature */
};

#define WEIGH_LANES 4

struct weigh {
	const struct model *m;
	struct weigh_script script[SCRIPT_COUNT]; /* the first for all, when scripts do not count */
};

void weigh_init(struct weigh *w, const struct model *m);
void weigh_release(struct weigh *w);

/*
 * The likeliest label for SUMS and HITS in a text in SCRIPT, as an index into its labels, or -1;
 * with experts it is known in the end only, and this one means nothing.
 * DEEP is what hidden units add to each label, NULL without any.  Into WORK goes what is to be
 * raised, by exp_minus, before the end: *N numbers, at most weigh_places.
 */
int weigh_begin(const struct weigh *w, const int32_t *sums, uint32_t hits, const float *deep,
    enum script script, double *work, uint32_t *n);

/* The likeliest label, or -1; PROBS[label_places] become the probabilities. */
int weigh_end(
    const struct weigh *w, enum script script, int best, const double *work, double *probs);

static inline uint32_t
weigh_places(const struct model *m)
{
	return model_columns(m->header->labels, m->header->experts) + WEIGH_LANES;
}

#endif
