/* One client: what xmpp.c, login.c and archive.c share. */
#ifndef SME_XMPP_XMPP_INT_H
#define SME_XMPP_XMPP_INT_H

#include "xmpp/stanza.h"
#include "xmpp/xmpp.h"

#define NS_CLIENT "jabber:client"
#define NS_STREAM "http://etherx.jabber.org/streams"
#define NS_SASL "urn:ietf:params:xml:ns:xmpp-sasl"
#define NS_MAM "urn:xmpp:mam:2"
#define NS_SID "urn:xmpp:sid:0"

struct xmpp {
	const struct xmpp_server *server;
	struct slice bare, user, domain, password; /* of the JID */
	struct xmpp_link *link;
	struct stanzas *stanzas;
	struct buf in, out;
	unsigned long ids;
	bool lost;
};

/* Connection and parser are of no use any more. */
int xmpp_fail(struct xmpp *x, enum sme_status status, const char *why, struct sme_err *err);

/* The next stanza; waits. */
const xmlNode *xmpp_next(struct xmpp *x, struct sme_err *err);

/* Send what was put into X->out, and empty it. */
int xmpp_flush(struct xmpp *x, struct sme_err *err);

/* A new stream on the connection, up to its features. */
const xmlNode *xmpp_stream(struct xmpp *x, struct sme_err *err);

int xmpp_login(struct xmpp *x, struct sme_err *err);

/* A stanza that is not the answer that is waited for. */
typedef void xmpp_other(void *ctx, const xmlNode *stanza);

/*
 * Send an <iq> of TYPE to our own account with BODY in it, wait for its answer and return it; OTHER
 * (may be NULL) sees what comes before it.  An answer of type error is one.
 */
const xmlNode *xmpp_iq(struct xmpp *x, const char *type, struct slice body, xmpp_other *other,
    void *ctx, struct sme_err *err);

/* What an <error> says, in ERR: its condition and text. */
int xmpp_error(const xmlNode *stanza, const char *what, struct sme_err *err);

#endif
