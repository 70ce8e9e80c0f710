/*
 * A connection to an XMPP server.  libcurl makes it, for names, addresses and TLS; what goes over
 * it is spoken here.  TLS begins with the first byte (XEP-0368), for libcurl knows no STARTTLS of
 * XMPP.
 */
#ifndef SME_XMPP_LINK_H
#define SME_XMPP_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "net/address.h"

struct xmpp_server {
	struct slice host, port; /* port: empty for 5223, without TLS 5222 */
	bool tls;                /* without it only addresses of `allowed` are reached */
	const char *ca;          /* file of certificates to trust; NULL: those of the system */
	const struct address_list *allowed;
	int64_t connect_timeout, timeout; /* ms; 0: 10 s and 60 s.  timeout: for each answer */
	int stop_fd;                      /* > 0: what is under way ends when it can be read */
};

struct xmpp_link;

/* Connect.  S's texts must outlive it.  SME_CONFIG: what will not change by itself (certificate,
 * address); SME_UNAVAILABLE the rest; SME_TEMPFAIL when it was to end. */
struct xmpp_link *xmpp_link_open(const struct xmpp_server *s, struct sme_err *err);
void xmpp_link_close(struct xmpp_link *l);

/* The time-out of what follows begins now. */
void xmpp_link_begin(struct xmpp_link *l);

/* Send all of S; append what has come to IN, at least a byte.  After an error it is of no use. */
int xmpp_link_send(struct xmpp_link *l, struct slice s, struct sme_err *err);
int xmpp_link_receive(struct xmpp_link *l, struct buf *in, struct sme_err *err);

#endif
