/* The text of a mail: what its author wrote, apart from what he quoted and from his signature. */
#ifndef SME_MAIL_BODY_H
#define SME_MAIL_BODY_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/slice.h"

struct body {
	struct buf text, quoted, signature;
};

#define BODY_INIT {BUF_INIT, BUF_INIT, BUF_INIT}

void body_release(struct body *b);

/*
 * Append the text of format=flowed (RFC 3676) with its paragraphs on one line each; DELSP as in its
 * parameter.  Quoted lines begin with one ">" for each level and a space.
 */
void body_unflow(struct slice s, bool delsp, struct buf *out);

/* Append S with "> " before each line. */
void body_quote(struct slice s, struct buf *out);

/*
 * Cut S, which is UTF-8, into B.  Quoted are lines that begin with ">" and the line that introduces
 * them, and all that follows "-----Original Message-----" or the header block that Outlook puts
 * there; the signature follows a line "-- ".  White space is collapsed and control characters go.
 * When nothing else would be left, as of a forwarded mail, all of it is text.
 */
void body_split(struct slice s, struct body *b);

#endif
