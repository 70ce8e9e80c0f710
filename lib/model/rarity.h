/* What an n-gram counts in a row: private to lib/model. */
#ifndef SME_MODEL_RARITY_H
#define SME_MODEL_RARITY_H

#include "model/solve.h"

/* The natural logarithm of X, at least 1, to half a percent, by roots alone: those, unlike libm's
 * logarithm, are the same on every machine. */
float rarity_log(double x);

/*
 * For each feature of M what an occurrence of it counts, for the caller to free.  Rare ones count
 * more: 1 and the logarithm of how many of the COUNT rows in ROWS there are for each occurrence in
 * them.  Over all occurrences the mean square of that is 1; WORD_WEIGHT, for words, comes on top.
 * Features that these rows lack count 0.
 */
float *rarity_values(const struct matrix *m, const size_t *rows, size_t count, double word_weight);

/* The same if O asks for it, else 1 and the word weight. */
float *rarity_or_not(
    const struct matrix *m, const size_t *rows, size_t count, const struct solve_options *o);

#endif
