/* One mention, and its JSON with the keys in the order of sme-event(5). */
#ifndef SME_NET_MENTION_H
#define SME_NET_MENTION_H

#include <stdint.h>

#include "core/buf.h"
#include "net/html.h"

/* A number that is not known. */
#define COUNT_NONE (-1)

enum maybe { MAYBE_NO, MAYBE_YES, MAYBE_UNKNOWN };

struct mention_author {
	struct slice id, handle, name;
	int64_t followers, following, posts; /* COUNT_NONE */
	int64_t created_at;                  /* TIME_NONE */
	enum maybe verified, bot;
};

struct mention {
	struct slice id;
	int64_t revision; /* 0: the first, not written */
	struct slice tenant, network, channel, kind;
	int64_t created_at, fetched_at;
	int64_t indexed_at;      /* when the network took it in; TIME_NONE */
	struct slice claimed_at; /* JSON: the time that was no good for created_at; p == NULL: none */
	struct mention_author author;
	struct slice title, text, lang_hint, url, in_reply_to, thread;
	bool direct;
	int64_t likes, shares, replies, views; /* COUNT_NONE */
	const struct refs *refs;               /* NULL: none */
	bool automatic;                        /* no person wrote it; not written when false */
	struct slice ref;                      /* JSON object for the connector; p == NULL: none */
	struct slice label;                    /* for training data; not written when it is empty */
};

/* Nothing is known. */
void mention_init(struct mention *m);

/* The language code in TAG, such as "de" of "de-AT", into OUT with a NUL; false when there is none. */
bool mention_lang_code(struct slice tag, char out[9]);

/*
 * Append M as one line with its newline.  Always there: type, id, tenant, network, channel, kind,
 * created_at, fetched_at, author, text, lang_hint, url, in_reply_to, thread (the id itself when
 * nothing else is known), direct, media, links; of the others what is known.
 */
void mention_put(struct buf *out, const struct mention *m);

/* Append "NETWORK:INSTANCE:NATIVE", without what no id may hold: white space and control bytes of
 * the first two parts; a NATIVE with any of these, or longer than 200 bytes, becomes "h" and a hash. */
void mention_id(struct buf *out, struct slice network, struct slice instance, struct slice native);

#endif
