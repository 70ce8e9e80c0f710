/* What reading and writing of model files share; nobody else includes it. */
#ifndef SME_MODEL_MODEL_INT_H
#define SME_MODEL_MODEL_INT_H

#include "model/model.h"

/* Where the parts of a file begin. */
struct layout {
	size_t labels, decisions, units, outs, strings, meta, starts, prints, weights;
	size_t firsts, counts, entries; /* in place of the weights */
	size_t end;
};

/* Parts begin at a multiple of 64 bytes. */
static inline size_t
model_aligned(size_t n)
{
	return (n + 63) & ~(size_t)63;
}

/* All counts are bounded, so that nothing here overflows. */
struct layout model_layout(const struct model_header *h);

/* Bytes of the thresholds in it. */
size_t model_thresholds_size(const struct model_header *h);

/* What the header of a file of N bytes has to say. */
uint64_t model_checksum(const struct model_header *h, size_t n);

#endif
