/* Texts that are too long for a network, cut where a reader expects it. */
#ifndef SME_REPLY_SPLIT_H
#define SME_REPLY_SPLIT_H

#include "text/length.h"

/*
 * Cut from the front of *REST a part within LIMIT and return it, without white space at both ends;
 * *REST becomes what is left, and empty at the end.  The cut is at the end of a sentence, otherwise
 * between words, and only inside a word that does not fit, between graphemes; never inside a URL or a
 * mention.  One of these, or a grapheme, that does not fit alone is a part that is too long.
 */
struct slice text_split(struct slice *rest, const struct text_limit *limit);

#endif
