/* Linear classifiers learned from a matrix. */
#ifndef SME_MODEL_SOLVE_H
#define SME_MODEL_SOLVE_H

#include "model/matrix.h"

#define SOLVE_HIDDEN_MAX 1024

struct solve_options {
	double strength;     /* liblinear: C; softmax: the learning rate of the first row */
	unsigned epochs;     /* softmax, hidden: how often each row is seen */
	bool adaptive;       /* softmax: the rate of a feature falls with what it learned */
	bool rarity;         /* rare n-grams count more, see rarity.h */
	bool once;           /* the features of a row count once, see matrix_row; as in the matrix */
	double vector_share; /* liblinear, hidden: how much vectors of words count beside n-grams,
	                        or 0 */
	double word_weight;  /* a word counts as so many character n-grams */
	const double *label_weight; /* for each label how much a row of it counts */
	uint32_t hidden;            /* hidden units, a multiple of 16, or 0 */
	uint32_t experts;           /* liblinear: the kinds of rows, see experts.h, or 0 */
	const double *kind_weight;  /* with experts: [experts][labels], in place of label_weight */
};

/* score of label c = bias[c] + sum over a row's features of weights[feature][c] / sqrt(their
 * number) */
struct solution {
	uint32_t features;
	uint32_t labels;  /* with experts their columns */
	uint32_t experts; /* or 0 */
	float *weights;   /* [features][labels] */
	float *bias;      /* [labels] */
	/* With hidden units there is a second score: unit_score[c] + sum over units of
	 * outs[unit][c] times what is above 0 of unit_bias[unit] + sum over a row's features of
	 * unit_weights[feature][unit] / sqrt(their number). */
	uint32_t hidden;
	float *unit_weights; /* [features][hidden] */
	float *unit_bias;    /* [hidden] */
	float *outs;         /* [hidden][labels] */
	float *unit_score;   /* [labels] */
	/* What vectors of words say, [VECTORS_DIMS][labels], or NULL; weights have it already. */
	float *vector_weights;
};

/*
 * Learn from the COUNT rows of M that ROWS names.  The same input gives the same solution, bit for
 * bit.  S comes empty, {0}: a solver sets what it has.  Released with solution_release.
 */
typedef void solve_fn(const struct matrix *m, const size_t *rows, size_t count,
    const struct solve_options *o, struct solution *s);

/*
 * L2-regularised logistic regression by liblinear, one label against the rest.
 *
 * With experts (see experts.h) each feature stands twice in a row, once for all kinds and once for
 * the row's own (Daumé III 2007): what the kinds have in common is learned from all, and each
 * departs from it where its rows say so.  The gate is learned from the kinds of the rows.
 */
solve_fn solve_liblinear;

/* Multinomial logistic regression by stochastic gradient descent with a falling rate; the time
 * hardly grows with the number of labels. */
solve_fn solve_softmax;

/* Add o->hidden units to S, learned for themselves: the linear part stays as it is. */
solve_fn solve_hidden;

/* The second score of row ROW of M; SCORES has room for all labels. */
void solution_unit_scores(
    const struct solution *s, const struct matrix *m, size_t row, float *scores);

/* Make one score of both: SHARE of the linear one, and the second; its bias becomes part of the
 * linear one's. */
void solution_mix(struct solution *s, float share);

void solution_release(struct solution *s);

/* The label that S finds likeliest for row ROW of M; SCORES has room for all labels of S. */
uint32_t solution_best(const struct solution *s, const struct matrix *m, size_t row, float *scores);

#endif
