/* How long a text is to a network, and the pieces of it that must stay whole. */
#ifndef SME_TEXT_LENGTH_H
#define SME_TEXT_LENGTH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

enum text_count {
	COUNT_POINTS,    /* Unicode code points */
	COUNT_UTF16,     /* 16-bit units of UTF-16 */
	COUNT_GRAPHEMES, /* what a person calls a character */
	COUNT_BYTES,     /* of UTF-8 */
	COUNT_WEIGHTED   /* as X counts: 1 in a few ranges, else 2; an emoji 2, a URL 23 */
};

/* How long a text may be. */
struct text_limit {
	int64_t limit; /* 0: not limited */
	enum text_count count;
	int64_t url;        /* each URL counts so much; 0: what it has */
	bool mention_local; /* of @name@host only @name counts */
	int64_t bytes;      /* a second limit; 0: none */
};

/* A URL, a mention, or else one grapheme cluster: nothing of it can stand alone. */
struct text_atom {
	struct slice s;
	int64_t length; /* as LIMIT counts */
};

/* Walk a text, which is UTF-8: begin with {text, limit}. */
struct text_atoms {
	struct slice rest;
	const struct text_limit *limit;
	bool in_word; /* what was last is a letter, digit, _, @ or /: no URL and no mention begins here */
};

/* The next one; false at the end. */
bool text_atom_next(struct text_atoms *it, struct text_atom *atom);

/* How long TEXT is. */
int64_t text_length(struct slice text, const struct text_limit *limit);

/* Is TEXT within both limits? */
bool text_fits(struct slice text, const struct text_limit *limit);

#endif
