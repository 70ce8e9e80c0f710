/* What the files of the word vectors share: private to lib/model. */
#ifndef SME_MODEL_VECTORS_INT_H
#define SME_MODEL_VECTORS_INT_H

#include "model/vectors.h"

struct vectors_layout {
	size_t meta, hashes, values, end;
};

struct vectors_layout vectors_layout(const struct vectors_header *h);
uint64_t vectors_checksum(const void *file, size_t n);

/* The sum of the vectors of the N features IDS of M. */
void vectors_sum(const struct matrix *m, const uint32_t *ids, size_t n, int32_t *sum);

/* What the sums of the rows, each over the square root of how many features it has, are to be
 * multiplied by to be SHARE long in the mean of their squares; 0 when there are no vectors. */
float vectors_scale(const struct matrix *m, const size_t *rows, size_t count, double share);

/* Add what S has learned of vectors to the weights of M's own features. */
void vectors_add(const struct matrix *m, struct solution *s);

#endif
