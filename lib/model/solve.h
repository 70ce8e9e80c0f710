/* Linear classifiers learned from a matrix. */
#ifndef SME_MODEL_SOLVE_H
#define SME_MODEL_SOLVE_H

#include "model/matrix.h"

struct solve_options {
	double strength;            /* liblinear: C; softmax: the learning rate of the first row */
	unsigned epochs;            /* softmax: how often each row is seen */
	bool adaptive;              /* softmax: the rate of a feature falls with what it learned */
	double word_weight;         /* a word counts as so many character n-grams */
	const double *label_weight; /* for each label how much a row of it counts */
};

/* score of label c = bias[c] + sum over a row's features of weights[feature][c] / sqrt(their
 * number) */
struct solution {
	uint32_t features, labels;
	float *weights; /* [features][labels] */
	float *bias;    /* [labels] */
};

/*
 * Learn from the COUNT rows of M that ROWS names.  The same input gives the same solution, bit for
 * bit.  Released with solution_release.
 */
typedef void solve_fn(const struct matrix *m, const size_t *rows, size_t count,
    const struct solve_options *o, struct solution *s);

/* L2-regularised logistic regression by liblinear, one label against the rest. */
solve_fn solve_liblinear;

/* Multinomial logistic regression by stochastic gradient descent with a falling rate; the time
 * hardly grows with the number of labels. */
solve_fn solve_softmax;

void solution_release(struct solution *s);

/* The label that S finds likeliest for row ROW of M; SCORES has room for all labels. */
uint32_t solution_best(const struct solution *s, const struct matrix *m, size_t row, float *scores);

#endif
