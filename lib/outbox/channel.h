/*
 * Where a reply goes: an account of ours and how to speak with its network.  The functions are behind
 * pointers so that everything above can be tried without a network; network.h has the real ones.
 */
#ifndef SME_OUTBOX_CHANNEL_H
#define SME_OUTBOX_CHANNEL_H

#include "clock/hours.h"
#include "connector/meta.h"
#include "outbox/ledger.h"

/* What a network gave a part as a name; p == NULL: not said. */
struct sent_part {
	struct slice id, url;
	struct slice ref; /* JSON */
};

/* One part on its way. */
struct outgoing {
	const struct reply_row *reply;
	const struct json_node *job; /* reply->job as a tree, see job.h */
	int64_t part;
	struct slice text;
	int64_t created;           /* the time in the request; the same for every attempt */
	struct sent_part previous; /* the part before */
	struct sent_part sent;     /* kind "edit" and "delete": what is changed */
};

/* The request for a part, made before it is allowed to go. */
struct prepared {
	int64_t hash; /* of all of it */
	struct slice bucket;
	double cost, price; /* what it takes of the bucket, and in money */
};

/* What came of a call.  Texts are the arena's that was given. */
struct call_result {
	enum part_outcome outcome; /* of send */
	enum part_look look;       /* of look */
	struct sent_part sent;     /* OUTCOME_SENT, LOOK_THERE */
	struct slice reason;       /* otherwise */
	int64_t wait;              /* what the network asks for, in ms; 0: nothing */
	bool closed; /* nothing can be sent by this account any more in this run: its credentials are bad */
};

struct channel_ops {
	/* Logged in, if that is needed.  False: not now; R says why, and how long to wait. */
	bool (*ready)(void *ctx, struct arena *a, struct call_result *r);
	/* Make the request; it is kept for send and describe until the next one.  -1 with ERR when the
	 * connector cannot make it. */
	int (*prepare)(void *ctx, const struct outgoing *o, struct prepared *p, struct sme_err *err);
	/* Make the call, once. */
	void (*send)(void *ctx, struct arena *a, struct call_result *r);
	/* Is the part there already? */
	void (*look)(void *ctx, const struct outgoing *o, struct arena *a, struct call_result *r);
	/* The prepared request as text, without secrets. */
	int (*describe)(void *ctx, struct buf *out, struct sme_err *err);
};

struct channel {
	struct slice name; /* of the account, the source of sme.jq */
	struct slice tenant, network, channel, instance, handle;
	const struct meta *facts;
	const struct json_node *tenant_config; /* NULL: none */
	const struct hours *hours;             /* of the tenant; NULL: always open */
	struct part_net net;
	const struct channel_ops *ops;
	void *ctx;
	bool closed; /* see call_result */
	char closed_why[240];
};

#endif
