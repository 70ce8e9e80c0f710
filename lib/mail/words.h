/*
 * Encoded words in headers (RFC 2047).  GMime 3.2.13 decodes them too, but loses all but the first
 * of several padded base64 words that follow one another, which is how long subjects are written.
 */
#ifndef SME_MAIL_WORDS_H
#define SME_MAIL_WORDS_H

#include "core/buf.h"
#include "core/slice.h"

/*
 * Append the raw value of a header as UTF-8.  White space between two encoded words goes; characters
 * that were cut in two between words are put together; bytes beyond ASCII outside of them are
 * UTF-8 or windows-1252; what is no proper encoded word stays as it is.
 */
void words_decode(struct slice raw, struct buf *out);

#endif
