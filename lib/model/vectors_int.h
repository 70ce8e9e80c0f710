/* What the files of the word vectors share: private to lib/model. */
#ifndef SME_MODEL_VECTORS_INT_H
#define SME_MODEL_VECTORS_INT_H

#include "model/vectors.h"

struct vectors_layout {
	size_t meta, hashes, values, end;
};

struct vectors_layout vectors_layout(const struct vectors_header *h);
uint64_t vectors_checksum(const void *file, size_t n);

/* Add what S has learned of vectors to the weights of M's own features. */
void vectors_add(const struct matrix *m, struct solution *s);

#endif
