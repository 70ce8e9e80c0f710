/*
 * Learning boosted trees: gradient boosting of the logistic loss with Newton steps (Friedman 2001; Chen
 * and Guestrin 2016, equations 5 to 7), on numbers sorted into bins, missing ones to the side where
 * they fit best.  The same rows and options give the same bytes.
 */
#ifndef SME_SCORE_TREES_LEARN_H
#define SME_SCORE_TREES_LEARN_H

#include <stdbool.h>
#include <stddef.h>

#include "score/trees.h"

struct trees_rows {
	const float *x;        /* [n][features], NaN: missing */
	const bool *positive;  /* [n] */
	const double *weight;  /* [n] */
	size_t n;
	uint32_t features;
};

struct trees_options {
	uint32_t count;   /* trees */
	double rate;      /* how much of each step is taken */
	double lambda;    /* added to the second derivatives of a leaf */
	double min_hess;  /* a leaf with less is not split off */
	double rows;      /* share of the rows that a tree sees */
	double columns;   /* share of the numbers */
	uint64_t seed;
};

/* Learn trees for KIND (see trees.h), uncalibrated.  The caller frees. */
struct trees *trees_learn(const struct trees_rows *r, const struct trees_options *o, uint32_t kind);

/* Set slope and shift so that the probabilities fit the N sums (Platt 1999, with his smoothing of the
 * targets). */
void trees_calibrate(struct trees *t, const double *sums, const bool *positive, size_t n);

/* The area under the receiver's operating curve of N scores; ties count half. */
double trees_auc(const double *scores, const bool *positive, size_t n);

#endif
