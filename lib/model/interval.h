/* How far a figure may be from the truth, given how few rows it was measured on.  All of it is
 * 95 %, and the same in every run: chance comes from a counter. */
#ifndef SME_MODEL_INTERVAL_H
#define SME_MODEL_INTERVAL_H

#include "model/figures.h"

struct interval {
	double low, high;
};

/* Of a share, HITS of N rows: Wilson's score interval (1927).  0 to 1 without rows. */
struct interval interval_share(size_t hits, size_t n);

/* Of the macro-F1 of N guesses, by drawing rows again and again (Efron's percentile bootstrap). */
struct interval interval_macro_f1(const struct guess *list, size_t n, uint32_t labels);

/* Of the macro-F1 of B less that of A on the same rows; both are drawn together. */
struct interval interval_difference(
    const struct guess *a, const struct guess *b, size_t n, uint32_t labels);

/*
 * McNemar's exact test (1947): how likely it is that two heads that are equally good differ as much
 * or more, when ONE alone was right ONLY_ONE times and the other ONLY_OTHER times.
 */
double interval_mcnemar(size_t only_one, size_t only_other);

#endif
