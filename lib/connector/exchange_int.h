/* One exchange: what exchange.c, exchange_http.c and exchange_login.c share. */
#ifndef SME_CONNECTOR_EXCHANGE_INT_H
#define SME_CONNECTOR_EXCHANGE_INT_H

#include "connector/auth.h"
#include "connector/exchange.h"
#include "connector/limits.h"
#include "connector/request.h"
#include "connector/transport.h"

struct exchange {
	const struct account *account;
	struct connector *connector;
	const struct meta *meta;
	struct exchange_run run;
	struct credentials credentials;
	struct auth auth;
	struct limits limits;
	struct call *calls; /* all that are under way */
	void *kept;         /* by a transport, see transport.h */
	void (*drop)(void *kept);

	/* Logging in. */
	struct call *waiting; /* those that need a new token; linked by `wait` */
	bool renewing, refreshing; /* at all; with a refresh token */
	bool early_failed; /* getting a new token before the old one ended */
	int claim;
	uint64_t old_token; /* hash of the token that is to be replaced; 0: none */
	struct sme_err claim_err;
};

struct call {
	struct exchange *x;
	struct call *next, *wait;
	jv request;
	exchange_done *done;
	void *ctx;
	bool login;   /* it gets a token and needs none */
	bool only_login; /* nothing is to be sent but what login that takes */
	bool once;    /* what changes something is not sent again */
	bool renewed; /* a new token was got for it */
	bool early;   /* and would do without */
	bool lasting; /* why it failed will not pass by itself: a certificate, an endless answer */
	bool sent;    /* once, without an answer that says it was not done */
	bool reads;
	unsigned tries;
	struct slice bucket; /* memory of the request */
	double cost;
	struct transport_call *transport;
	struct answer answer;
};

int64_t exchange_now(const struct exchange *x);

struct call *exchange_new_call(struct exchange *x, jv request, exchange_done *done, void *ctx);

/* Send it, or first see to its token. */
void exchange_begin(struct call *c);
void exchange_send(struct call *c);

/* The end of C: its answer is handed over. */
void exchange_end(struct call *c);

/* It ends without an answer. */
void exchange_fail(struct call *c, enum answer_class class, const struct sme_err *err);

/* An answer with its class is there: again, with a new token, or the end. */
void exchange_answered(struct call *c, int64_t retry_after);

/* Over HTTP, see exchange_http.c. */
void exchange_send_http(struct call *c);

/* Get a new token, then go on with C. */
void exchange_renew(struct call *c);

/* The response as a connector reads it, but for `headers`.  Consumes BODY. */
jv exchange_response(const struct call *c, long status, jv headers, jv body);

/* "GET URL", as the connector wrote it. */
void exchange_put_place(struct buf *b, const struct call *c);

/* Does C need the account's credentials? */
bool exchange_wants_auth(const struct call *c);

#endif
