/* The features of all training rows, each known by a number. */
#ifndef SME_MODEL_MATRIX_H
#define SME_MODEL_MATRIX_H

#include "model/dataset.h"
#include "text/ngram.h"

struct matrix {
	size_t rows;
	size_t *start;   /* [rows + 1] into ids */
	uint32_t *ids;   /* a row's features, as often as they occur */
	uint32_t *label; /* [rows] */
	uint32_t labels;
	uint32_t features;
	uint64_t *hash; /* [features] */
	bool *is_word;  /* [features] */
};

/*
 * Make a matrix of the rows of D that PICK chooses.  Features in fewer than MIN_ROWS rows are left
 * out (as far as a sketch of counts can tell), and of the others the MAX_FEATURES that tell most
 * about the label are kept.
 */
typedef bool pick_fn(const struct sample *s, const void *ctx);

struct matrix *matrix_new(const struct dataset *d, pick_fn *pick, const void *ctx,
    const struct ngram_spec *spec, unsigned min_rows, uint32_t max_features);
void matrix_free(struct matrix *m);

/* Features of row I. */
static inline size_t
matrix_row(const struct matrix *m, size_t i, const uint32_t **ids)
{
	*ids = m->ids + m->start[i];
	return m->start[i + 1] - m->start[i];
}

#endif
