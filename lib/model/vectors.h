/*
 * Word vectors: words that stand in like places have like numbers, so that a head that learns from
 * few rows knows something of words that none of them shows.  Learned from texts without labels by
 * skip-grams with negative sampling (Mikolov et al. 2013).
 *
 * In training a row has, besides its n-grams, the sum of its words' vectors.  What is learned of
 * those numbers is a sum over words, too, so in the finished model it is added to the weights of
 *the words (vectors_fold), and sme-classify need not know of vectors.
 *
 * The file holds hashes, as models do, and no text.  Its layout, little-endian, each part beginning
 * at a multiple of 64 bytes:
 *
 *	header  struct vectors_header
 *	meta    JSON: what it was made from, for people
 *	hashes  uint64_t[words], rising: ngram_word of each
 *	values  int8_t[words][VECTORS_DIMS]
 */
#ifndef SME_MODEL_VECTORS_H
#define SME_MODEL_VECTORS_H

#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/slice.h"
#include "model/solve.h"

#define VECTORS_MAGIC "SMEvects"
#define VECTORS_VERSION 1
#define VECTORS_DIMS 64
#define VECTORS_WORDS_MAX (1u << 22)

struct vectors_header {
	char magic[8];
	uint32_t version;
	uint32_t header_size;
	uint64_t file_size;
	uint64_t checksum; /* hash64 of everything behind it */
	uint32_t words;
	uint32_t dims;
	uint32_t meta_size;
	uint32_t normalize_version;
	char release[16]; /* not always ended by a NUL */
};

struct vectors {
	const struct vectors_header *header;
	struct slice meta;
	const uint64_t *hashes;
	const int8_t *values;
	void *map; /* private: NULL when the memory is the caller's */
	size_t map_size;
};

/* NULL with ERR: SME_NOINPUT when PATH cannot be read, SME_DATA when it is not sound. */
struct vectors *vectors_open(const char *path, struct sme_err *err);

/* The same for a file in memory (aligned to 8 bytes), which must outlive it. */
struct vectors *vectors_from_memory(struct slice bytes, const char *path, struct sme_err *err);

void vectors_close(struct vectors *v);

/* The place of the word with this hash, or -1. */
int32_t vectors_find(const struct vectors *v, uint64_t hash);

/* The VECTORS_DIMS numbers of the word at place I. */
static inline const int8_t *
vectors_of(const struct vectors *v, size_t i)
{
	return v->values + i * VECTORS_DIMS;
}

/*
 * Add to the N features that HASHES and WEIGHTS hold (allocated; they move) what S has learned of
 * vectors, for all words of M's vectors that M itself lacks, as far as it is not too little for a
 * model to keep.  Returns how many features there are then.
 */
uint32_t vectors_fold(const struct matrix *m, const struct solution *s, uint64_t **hashes,
    float **weights, uint32_t n);

/* ---- making them ---- */

struct vectors_options {
	const char *text_key, *release;
	struct slice card;  /* a JSON object or nothing */
	unsigned min_count; /* words that stand in the texts fewer times have no vector */
	unsigned epochs;    /* how often each text is read */
};

struct vectors_report {
	size_t lines, texts, copies, no_text; /* a copy of an earlier text is not read again */
	size_t tokens, words;                 /* those that have a vector, wherever they stand */
};

/* Learn from FILES (as dataset_read) into OUT, a whole file; the same files give the same bytes.
 * -1 with ERR. */
int vectors_build(char *const *files, const struct vectors_options *o, struct buf *out,
    struct vectors_report *report, struct sme_err *err);

/* Words as numbers below WORDS, in texts that end before each place in ENDS. */
struct vectors_corpus {
	const uint32_t *tokens;
	const size_t *ends;
	size_t texts;
	uint32_t words;
	const uint32_t *count; /* [words] how often each stands in them */
};

/* The vectors of the corpus, VECTORS_DIMS numbers a word, for the caller to free. */
float *vectors_learn(const struct vectors_corpus *c, unsigned epochs);

#endif
