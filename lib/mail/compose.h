/* A mail to be sent, as the bytes of RFC 5322, from a description that a connector gives. */
#ifndef SME_MAIL_COMPOSE_H
#define SME_MAIL_COMPOSE_H

#include "core/err.h"
#include "stream/tree.h"

struct draft {
	struct buf raw;   /* with CRLF line ends */
	char *from;       /* of the envelope */
	char **to;        /* of the envelope: to, cc and bcc, NULL-terminated */
	size_t nto, cap;
};

#define DRAFT_INIT {.raw = BUF_INIT}

/*
 * Make D, which is DRAFT_INIT, of MAIL:
 *
 *	{"from": {"address","name"}, "to": [{"address","name"}], "cc"?, "bcc"?, "reply_to"?: likewise,
 *	 "subject": text, "text": text, "date": RFC3339, "message_id": "a@b",
 *	 "in_reply_to"?: "c@d", "references"?: ["e@f", ...], "auto"?: true for an automatic answer,
 *	 "lang"?: "de"}
 *
 * The same MAIL gives the same bytes.  Nothing in it can add a header or a line to one.  -1 with ERR
 * (SME_DATA) when an address or a message id is none.
 */
int draft_make(struct draft *d, const struct json_node *mail, struct sme_err *err);
void draft_release(struct draft *d);

#endif
