/* What the in-app channel takes: bodies of POST requests, checked. */
#ifndef SME_HOOK_CHAT_BODY_H
#define SME_HOOK_CHAT_BODY_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "stream/tree.h"

/* What a key or an id may be long, in bytes; and how many attachments a message may have. */
#define CHAT_KEY_MAX 200
#define CHAT_MEDIA_MAX 10

struct chat_body {
	struct slice key;  /* "id" of a message, "key" of an answer */
	struct slice text;
	const struct json_node *media; /* or NULL */
	/* Of answers. */
	struct slice user;
	struct slice author;      /* p == NULL: it has no name */
	struct slice in_reply_to; /* p == NULL: nothing in particular */
	struct slice edits, deletes; /* the id of an answer; p == NULL: it is a new one */
};

/* {"id":..,"text":..,"media":[{"type","url","alt"}]}, of at most TEXT_MAX characters.  What BODY
 * points to is A's.  -1 with ERR (SME_DATA), in words for the one who sent it. */
int chat_body_message(struct slice json, unsigned text_max, struct arena *a,
    struct chat_body *body, struct sme_err *err);

/* {"key":..,"user":..,"text":..,"author":..,"in_reply_to":..}, or with "edits" or "deletes". */
int chat_body_reply(struct slice json, struct arena *a, struct chat_body *body,
    struct sme_err *err);

/* Append ,"media":[...] when there is any. */
void chat_body_media(struct buf *out, const struct chat_body *body);

#endif
