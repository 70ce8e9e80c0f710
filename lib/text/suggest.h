/*
 * Terms that a query lacks: words and pairs of words that the mentions it matches have more often
 *than others do.  Texts are put in one after the other; then the terms are asked for.
 *
 *	struct suggest *s = suggest_new();
 *	suggest_add(s, text, SUGGEST_MATCHED);
 *	...
 *	n = suggest_terms(s, &options, &terms);
 *	suggest_free(s);
 */
#ifndef SME_TEXT_SUGGEST_H
#define SME_TEXT_SUGGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

enum suggest_kind {
	SUGGEST_MATCHED,   /* by the query */
	SUGGEST_UNMATCHED, /* of the same input */
	SUGGEST_BACKGROUND /* from elsewhere; when there are any, they are what is compared with */
};

#define SUGGEST_KINDS 3

/* Words of one text beyond this many are left out. */
#define SUGGEST_WORDS_MAX 2000

struct suggest_options {
	size_t top;         /* no more terms than this */
	size_t min_matched; /* in so many matched texts at least */
	size_t min_gain;
	double min_g2;
	/* May be NULL.  A term of words that are all known is left out. */
	bool (*known)(void *ctx, struct slice word);
	void *known_ctx;
};

struct suggestion {
	struct slice term; /* as it is spelled where it comes first; a pair has one space */
	bool pair;
	double g2;         /* Dunning's log-likelihood ratio, over texts */
	size_t matched;    /* matched texts that have it */
	size_t background; /* of those that they are compared with */
	size_t gain;       /* unmatched texts that have it: what "query OR term" would bring */
	size_t noise;      /* of these, those whose other words speak more for the background */
};

struct suggest;

struct suggest *suggest_new(void);
void suggest_free(struct suggest *s);

/* TEXT is copied as far as it is needed. */
void suggest_add(struct suggest *s, struct slice text, enum suggest_kind kind);

/* How many texts there are of a kind. */
size_t suggest_count(const struct suggest *s, enum suggest_kind kind);

/*
 * The terms, by falling g2, then as they are spelled; they live as long as S.  Only those that are
 * more frequent where the query matches.  Call it once.
 *
 * g2 is that of T. Dunning, Accurate Methods for the Statistics of Surprise and Coincidence, 1993,
 * for the texts with and without the term; 10.83 is reached by chance once in a thousand.  Noise is
 * told by naive Bayes over the presence of words, without those of the term and with even odds.
 */
size_t suggest_terms(
    struct suggest *s, const struct suggest_options *o, const struct suggestion **out);

#endif
