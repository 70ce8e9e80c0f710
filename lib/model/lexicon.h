/*
 * Word lists as prior knowledge of a linear model.  Every word of a list belongs to a class of it,
 * such as "rather negative"; in training a row has the classes of its words as further features, so
 * that words which no row shows share what is learned from others of their class.  A class depends
 * on the word alone: in the finished model its weights are added to those of its words
 * (lexicon_fold), and sme-classify need not know of lists.
 */
#ifndef SME_MODEL_LEXICON_H
#define SME_MODEL_LEXICON_H

#include "core/err.h"
#include "model/dataset.h"
#include "model/solve.h"

struct lexicon;

struct lexicon *lexicon_new(void);
void lexicon_free(struct lexicon *x);

/*
 * Add the list FILE: NDJSON, a word or a pair of words under "text", and under "score" a number
 * (those of one file are compared with its largest) or else under "label" the name of a class.
 * -1 with ERR, as dataset_read, also when the file holds no such row.
 */
int lexicon_read(struct lexicon *x, const char *file, struct sme_err *err);

/* Add the words of labelled rows, by what label they speak for and how clearly (the logarithm of
 * the odds), each class of words its own.  For texts of another kind than those to learn. */
void lexicon_learn(struct lexicon *x, const struct dataset *rows);

/* Call once after the last list.  NEGATION: as in struct ngram_spec. */
void lexicon_finish(struct lexicon *x, bool negation);

struct lexicon_entry {
	uint64_t hash;  /* of the word, as a feature */
	uint64_t class; /* of its class, as a feature */
};

/* The entries of feature HASH; returns how many.  X may be NULL: there are none. */
size_t lexicon_find(const struct lexicon *x, uint64_t hash, const struct lexicon_entry **entries);

/*
 * Take the classes out of the solution: HASHES and WEIGHTS (allocated; the caller frees) get all
 * other features of M and all words of X, with what their classes say.  Returns how many.
 */
uint32_t lexicon_fold(const struct lexicon *x, const struct matrix *m, const struct solution *s,
    uint64_t **hashes, float **weights);

#endif
