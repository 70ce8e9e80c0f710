/*
 * Hashed n-grams of normalised tokens: the features that every head of sme-classify reads.  Words
 * (and emoji, markers ...) by themselves and in pairs, and runs of 1 to 5 characters inside words,
 * with the word's ends marked, so that "^kein" and "netz$" are features of their own.
 *
 * All but the pairs depend on one token alone; what a token adds to a sum can therefore be
 * remembered by its word hash.  The hashes stand in model files: they are the same everywhere and
 * change only together with NORMALIZE_VERSION.
 */
#ifndef SME_TEXT_NGRAM_H
#define SME_TEXT_NGRAM_H

#include <stdint.h>

#include "core/slice.h"
#include "text/normalize.h"

#define NGRAM_CHAR_MAX 5

/* Of one order there are at most this many in a token: its letters and both ends. */
#define NGRAM_PER_ORDER (NORMALIZE_WORD_MAX + 2)

/* Which n-grams a head reads. */
struct ngram_spec {
	uint8_t word_max; /* 0: no words, 1: words, 2: pairs of neighbours too */
	uint8_t char_min; /* 1 to NGRAM_CHAR_MAX; 0: no characters */
	uint8_t char_max;
	uint16_t
	    tokens; /* bits 1 << enum token_kind; others are passed over, also between a pair */
	bool negation; /* words in the reach of a negation once more, as ngram_negated */
	bool once;     /* what stands in a text more than once counts once; for who adds up */
};

#define NGRAM_ALL_TOKENS 0x1ff

struct token_grams {
	uint64_t chars[NGRAM_CHAR_MAX][NGRAM_PER_ORDER]; /* [order - 1] */
	uint8_t n[NGRAM_CHAR_MAX];
};

/* The hash of a whole token. */
uint64_t ngram_word(struct slice token, enum token_kind kind);

/* The hash of two tokens, the first and its follower, by their ngram_word. */
uint64_t ngram_pair(uint64_t first, uint64_t second);

/* The hash of a token in the reach of a negation, by its ngram_word. */
uint64_t ngram_negated(uint64_t word);

/* The character n-grams of TOKEN up to MAX characters.  Only words have any. */
void ngram_chars(struct token_grams *g, struct slice token, enum token_kind kind, unsigned max);

/* All features of a text, those of words before those of characters; reused from text to text. */
struct ngram_list {
	uint64_t *hash;
	size_t n, cap;
	size_t words; /* how many of them are words and pairs */
};

/* Replace what LIST holds by the features of NORM that SPEC reads. */
void ngram_collect(struct ngram_list *list, const struct norm *norm, const struct ngram_spec *spec);

static inline bool
ngram_reads(const struct ngram_spec *spec, uint8_t kind)
{
	return spec->tokens >> kind & 1;
}

#endif
