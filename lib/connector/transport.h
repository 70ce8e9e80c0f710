/*
 * Ways to a network other than HTTP, chosen by the scheme of a request's URL ("imaps", "file").  To
 * add one: a function, and a row in transport.c for each scheme.
 */
#ifndef SME_CONNECTOR_TRANSPORT_H
#define SME_CONNECTOR_TRANSPORT_H

#include "connector/account.h"
#include "connector/answer.h"
#include "net/http.h"

/*
 * One request.  The function runs on a thread of its own and may block, but for no longer than the
 * options' time-outs allow it step by step.  Nothing else looks at the call meanwhile; the values are
 * shared with nobody, for libjq counts references without locks.  Two calls of one account never run
 * at the same time.
 */
struct transport_call {
	const struct account *account;
	const struct http_options *options; /* time-outs, body_max */
	jv request;  /* the request object, templates unfilled; {secret:x} in `url` is unusual */
	int64_t now; /* ms since 1970 */
	/* The secret NAME of the account, p == NULL when there is none; valid during the call. */
	struct slice (*secret)(void *ctx, struct slice name);
	void *ctx;
	/*
	 * What the transport leaves here, such as a connection, is there again in the account's next call;
	 * DROP frees it in the end.
	 */
	void *kept;
	void (*drop)(void *kept);

	/*
	 * To be filled; comes as ANSWER_TRANSIENT with status 0, and `body` null.  `status` as HTTP has it
	 * (200 done, 401 credentials, 404 not there ...): classes follow from it and meta.errors unless
	 * `class_known`.  `maybe_done` when it is not known whether something that was to be sent was.
	 */
	struct answer answer;
	bool class_known;
	jv body; /* becomes response.body */
};

typedef void transport_fn(struct transport_call *call);

/* The transport for SCHEME, or NULL: none. */
transport_fn *transport_find(struct slice scheme);

#endif
