/*
 * A mail (RFC 5322 with MIME) into JSON.  Nothing in it is trusted: whatever the bytes, something
 * comes out, and what is larger or deeper than a person would write is cut and named in "cut".
 *
 *	{"message_id": "a@b" | null, "in_reply_to": "a@b" | null, "references": ["a@b", ...],
 *	 "from": [{"address": "kim@example.org", "name": "Kim"}], "sender", "to", "cc", "reply_to": ...,
 *	 "subject": "text", "date": RFC3339 | null, "received_at": RFC3339 | null,
 *	 "return_path": "kim@example.org" | "" (a bounce must never be answered) | null (not there),
 *	 "auto_submitted": "no" | "auto-replied" | ... | null, "precedence", "list_id",
 *	 "auto_response_suppress": text | null, "autoreply": name of a header that only automatic
 *	 answers have | null, "bulk": true when List-Unsubscribe or a Feedback-ID is there,
 *	 "report": null | {"type": "delivery-status" | "disposition-notification" | ...,
 *	     "original": message id | null, "recipients": [{"address","action","status","diagnostic"}]},
 *	 "text": what the author wrote, "quoted", "signature", "format": "plain" | "html" | "none",
 *	 "encrypted": true, "links": [URL, ...] of HTML,
 *	 "attachments": [{"name","type","size","sha256","inline","content_id"}],
 *	 "size": bytes, "hash": of date, from, to, subject and body, for mails without a Message-ID,
 *	 "cut": ["size" | "headers" | "parts" | "text" | "attachments" ...]}
 */
#ifndef SME_MAIL_MIME_H
#define SME_MAIL_MIME_H

#include <stdint.h>

#include "core/buf.h"
#include "core/slice.h"

/* What is read of one mail, in bytes; of a larger one the rest is left out. */
#define MIME_MAX ((size_t)32 << 20)

/* One reader for many mails, of one thread. */
struct mime;

struct mime *mime_open(void);
void mime_close(struct mime *m);

struct mime_origin {
	int64_t received_at; /* by the clock of who took it in; TIME_NONE: not known */
	uint64_t size;       /* of the whole mail; 0: RAW is all of it */
	struct slice extra;  /* members to put first, as JSON with a comma behind each */
};

/* Append the mail RAW as an object. */
void mime_put(struct mime *m, struct slice raw, const struct mime_origin *o, struct buf *out);

/*
 * The next message id of *S, without its angle brackets and without white space: what stands between
 * "<" and ">", or where there is no bracket at all, a word with an "@".  False when there is none.
 */
bool mime_next_id(struct slice *s, struct buf *id);

#endif
