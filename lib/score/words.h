/*
 * Words and phrases with a weight each: which is the heaviest in a text?  Upper and lower case are
 * the same (ASCII and the Latin-1 letters), and only whole words match.  The full query language
 * is lib/text; this is the small question that is asked of every mention.
 */
#ifndef SME_SCORE_WORDS_H
#define SME_SCORE_WORDS_H

#include "core/err.h"
#include "core/slice.h"

/* Longer phrases are refused. */
#define WORDS_PHRASE_MAX 8

struct words;

struct words *words_new(void);
void words_free(struct words *w);

/* Set the weight of TERM, 0 to 1; it replaces an earlier one.  False when TERM has no word in it
 * or too many. */
bool words_set(struct words *w, struct slice term, double weight);

/* The largest weight of a term that stands in TEXT (UTF-8), or 0. */
double words_best(const struct words *w, struct slice text);

#endif
