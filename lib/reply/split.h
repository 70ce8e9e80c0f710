/* Texts that are too long for a network, cut where a reader expects it. */
#ifndef SME_REPLY_SPLIT_H
#define SME_REPLY_SPLIT_H

#include <stddef.h>

#include "core/slice.h"

/* How a network counts. */
enum text_count {
	COUNT_POINTS,    /* Unicode code points */
	COUNT_UTF16,     /* UTF-16 code units */
	COUNT_GRAPHEMES, /* what a reader takes for one character */
	COUNT_WEIGHTED,  /* as X does: 2 outside of a few ranges; a URL is at least 23 */
	COUNT_BYTES
};

/* How long TEXT, which is UTF-8, is when counted like that. */
size_t text_length(struct slice text, enum text_count count);

/*
 * Cut from the front of *REST a part of at most LIMIT (0: without limit) and return it, without white
 * space at both ends; *REST becomes what is left, and empty at the end.  The cut is at the end of a
 * sentence, otherwise between words, and only inside a word that does not fit, between graphemes.
 */
struct slice text_split(struct slice *rest, size_t limit, enum text_count count);

#endif
