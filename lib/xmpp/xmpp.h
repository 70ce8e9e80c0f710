/*
 * A small XMPP client (RFC 6120, 6121): log in, read the archive (XEP-0313), send a message.  It
 * never says that it is there, so what comes in goes to the archive and to the user's other
 * clients. All functions return -1 or NULL with ERR: SME_NOPERM the login is refused, SME_CONFIG
 * what needs a person, SME_NOINPUT there is no such thing, SME_DATA what the server says is no XMPP
 * or refused, SME_UNAVAILABLE and SME_TEMPFAIL what may work later.
 */
#ifndef SME_XMPP_XMPP_H
#define SME_XMPP_XMPP_H

#include "xmpp/link.h"

struct xmpp;

/* JID: user@domain, perhaps with a resource; it, S and its texts must outlive the client. */
struct xmpp *xmpp_open(
    const struct xmpp_server *s, struct slice jid, struct slice password, struct sme_err *err);
void xmpp_close(struct xmpp *x);

/* Is the connection of no use any more, after an error? */
bool xmpp_lost(const struct xmpp *x);

/* Does the server still answer? */
bool xmpp_alive(struct xmpp *x);

struct xmpp_query {
	struct slice after; /* archive id; empty: from the start, or from `start` */
	struct slice start; /* RFC 3339; empty: the oldest */
	struct slice with;  /* only messages with this JID; empty: all */
	size_t max;
};

/*
 * Append a page of the archive, oldest first:
 *
 *	{"messages": [{"archive": id, "stamp": "...", "id", "origin_id", "stanza_id", "from", "to",
 * "type", "body", "subject", "thread", "reply_to": id it answers, "replace": id it corrects,
 *	  "retract": id it takes back, "nick"}, ...],
 *	 "last": archive id or null, "complete": bool}
 *
 * What a message has not is null.  Only messages with a body or a retraction are given. SME_NOINPUT
 * when the archive does not know `after` any more.
 */
int xmpp_archive(struct xmpp *x, const struct xmpp_query *q, struct buf *out, struct sme_err *err);

struct xmpp_message {
	struct slice to, id, body;
	struct slice thread;   /* or empty */
	struct slice reply_id; /* XEP-0461: the message that is answered, or empty */
	struct slice reply_to; /* its author */
};

/*
 * Send a message and wait until the server has dealt with it.  *MAYBE_SENT tells, on failure, that
 * it may have arrived all the same.  SME_DATA when it came back with an error, which ERR names.
 */
int xmpp_send(struct xmpp *x, const struct xmpp_message *m, bool *maybe_sent, struct sme_err *err);

#endif
