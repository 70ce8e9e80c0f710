/* The features of all training rows, each known by a number. */
#ifndef SME_MODEL_MATRIX_H
#define SME_MODEL_MATRIX_H

#include <math.h>

#include "model/dataset.h"
#include "text/ngram.h"

struct lexicon;
struct vectors;

struct matrix {
	size_t rows;
	size_t *start;    /* [rows + 1] into ids */
	uint32_t *ids;    /* a row's features, as often as they occur */
	size_t *distinct; /* [rows] so many of a row's features, the first ones, are different;
	                   * NULL unless asked for */
	bool once;        /* only those count, see matrix_row */
	uint32_t *label;  /* [rows] */
	uint32_t *sample; /* [rows] the row of the dataset */
	uint8_t *kind;    /* [rows] its group, of up to 256 */
	uint8_t *script;  /* [rows] enum script */
	uint32_t labels;
	const uint32_t *gate; /* as in the options */
	unsigned pieces;      /* as in the options */
	/* The features of each word (or other token) by itself, when pieces are asked for. */
	size_t *first;     /* [rows + 1] a row's first word among all words */
	size_t *own_start; /* [words + 1] into own */
	uint32_t *own;
	uint32_t features;
	uint64_t *hash; /* [features] */
	bool *is_word;  /* [features] */
	bool *is_class; /* [features] of a word list; it has no part in a row's length */
	const struct vectors *vectors; /* as in the options */
	int32_t *vector;               /* [features] its place in them, or -1; NULL without */
};

struct matrix_options {
	struct ngram_spec spec;
	unsigned min_rows;     /* leave out features in fewer rows, as a sketch of counts has it */
	uint32_t max_features; /* keep so many of the others, those that tell most of the label */
	unsigned pieces; /* learn from so many runs of one to three words of each text as well */
	/* For each label the scripts that it is written in, as bits; or NULL.  Rows in another
	 * script, and rows in a script of one label only, teach nothing and are left out. */
	const uint32_t *gate;
	/* Rows have the classes of their words, too; words of it are kept however rare.  Or NULL.
	 */
	const struct lexicon *lexicon;
	/* Words that have a vector are kept however rare, too.  Or NULL. */
	const struct vectors *vectors;
	bool distinct; /* what is in a row more than once stands behind the rest, see once; with
	                * no pieces */
};

/* May LABEL be the label of a row in SCRIPT? */
static inline bool
matrix_gate(const uint32_t *gate, uint32_t label, unsigned script)
{
	return !gate || (gate[label] >> script & 1);
}

/* Make a matrix of the rows of D that PICK chooses. */
typedef bool pick_fn(const struct sample *s);

struct matrix *matrix_new(const struct dataset *d, pick_fn *pick, const struct matrix_options *o);
void matrix_free(struct matrix *m);

/* Features of row I: as often as they occur, or once each. */
static inline size_t
matrix_row(const struct matrix *m, size_t i, const uint32_t **ids)
{
	*ids = m->ids + m->start[i];
	return m->once ? m->distinct[i] : m->start[i + 1] - m->start[i];
}

/* How many words row I has; 0 when they were not kept. */
static inline size_t
matrix_words(const struct matrix *m, size_t i)
{
	return m->first ? m->first[i + 1] - m->first[i] : 0;
}

/* How many pieces are to be learned with row I: none of a single word. */
static inline unsigned
matrix_pieces(const struct matrix *m, size_t i)
{
	return matrix_words(m, i) > 1 ? m->pieces : 0;
}

/* Features of a run of one to three words of row I, without those of pairs.  Which one goes by
 * CHANCE, any number. */
size_t matrix_piece(const struct matrix *m, size_t i, uint64_t chance, const uint32_t **ids);

/* What each of the N features IDS of a row is worth: 1 / sqrt(their number), classes not counted.
 */
static inline float
matrix_unit(const struct matrix *m, const uint32_t *ids, size_t n)
{
	size_t counted = 0;

	for (size_t i = 0; i < n; i++)
		counted += !m->is_class[ids[i]];
	return counted ? 1 / sqrtf((float)counted) : 0;
}

#endif
