#include "outbox/deliver.h"

#include <stdio.h>

#include "core/rfc3339.h"

/* One reply being delivered. */
struct delivery {
	const struct deliverer *d;
	struct channel *channel;
	struct reply_row reply;
	const struct json_node *job;
	struct part_net net; /* that of the channel, for this kind */
	struct arena a;
	struct sme_err *err;
};

/* One step of a part; what a transition needs to know. */
struct step {
	struct delivery *y;
	const struct outgoing *out;
	const struct prepared *prepared;
	const struct gate_verdict *verdict;
	const struct call_result *result;
	struct gate_verdict *closed;
	int64_t booked; /* see gates_book; 0: not */
	int64_t fence, now;
	enum part_claim claim;
	bool failed; /* the database could not be read: y->err */
};

static int64_t
now_of(const struct delivery *y)
{
	return y->d->clock(y->d->ctx);
}

static struct slice
text(const char *s)
{
	return slice_of(s);
}

static void
why(struct part_row *row, const char *gate, struct slice reason)
{
	row->gate = text(gate);
	row->reason = reason;
}

static bool
step_claim(struct part_row *row, void *ctx)
{
	struct step *s = ctx;
	struct part before = row->p;

	s->claim = part_claim(&row->p, ledger_self(s->y->d->ledger),
	    ledger_alive(s->y->d->ledger, row->p.owner), &s->y->net, s->now);
	if (before.state == PART_INTENT && row->p.state == PART_UNKNOWN)
		why(row, NULL, SLICE("the publisher ended before the outcome was known"));
	return s->claim == CLAIM_OURS || before.state != row->p.state ||
	       before.owner != row->p.owner;
}

static bool
step_hold(struct part_row *row, void *ctx)
{
	struct step *s = ctx;
	bool ok = s->verdict->until == PART_NEVER ? part_hold(&row->p, s->fence)
						  : part_put_off(&row->p, s->fence, s->verdict->until);

	if (ok)
		why(row, s->verdict->gate, text(s->verdict->reason));
	return ok && part_release(&row->p, s->fence);
}

/* The gates that look at what else is sent, and the intent, are one. */
static bool
step_intent(struct part_row *row, void *ctx)
{
	struct step *s = ctx;
	int open = 1;

	if (row->p.state == PART_READY)
		open = gates_book(s->y->d->ledger, &s->y->d->rules, s->y->channel, s->out, s->prepared,
		    s->now, s->closed, &s->booked, s->y->err);
	if (open < 0) {
		s->failed = true;
		return false;
	}
	if (open == 0) {
		s->verdict = s->closed;
		return step_hold(row, s);
	}
	row->request_hash = s->prepared->hash;
	return part_intent(&row->p, s->fence, s->now);
}

static void
keep_sent(struct part_row *row, const struct call_result *r, int64_t now)
{
	row->id = r->sent.id;
	row->url = r->sent.url;
	row->ref = r->sent.ref;
	row->sent_at = now;
	why(row, NULL, (struct slice){NULL, 0});
}

static bool
step_done(struct part_row *row, void *ctx)
{
	struct step *s = ctx;
	const struct call_result *r = s->result;

	if (!part_done(&row->p, s->fence, r->outcome, r->wait, &s->y->net, s->now))
		return false;
	if (s->booked && r->outcome != OUTCOME_SENT && r->outcome != OUTCOME_MAYBE &&
	    gate_refund(s->y->d->ledger, s->booked, s->y->err) < 0) {
		s->failed = true;
		return false;
	}
	if (row->p.state == PART_SENT)
		keep_sent(row, r, s->now);
	else
		why(row, NULL, r->reason);
	return part_release(&row->p, s->fence);
}

static bool
step_looked(struct part_row *row, void *ctx)
{
	struct step *s = ctx;
	const struct call_result *r = s->result;

	if (!part_looked(&row->p, s->fence, r->look, r->wait, &s->y->net, s->now))
		return false;
	if (row->p.state == PART_SENT)
		keep_sent(row, r, s->now);
	else
		why(row, NULL, row->p.state == PART_READY ? SLICE("the network says that it is not there")
		                                          : r->reason);
	return part_release(&row->p, s->fence);
}

static bool
step_wait(struct part_row *row, void *ctx)
{
	struct step *s = ctx;

	return part_put_off(&row->p, s->fence, row->p.unknown + s->y->net.delay) &&
	       part_release(&row->p, s->fence);
}

static bool
step_ask(struct part_row *row, void *ctx)
{
	struct step *s = ctx;

	if (!part_ask(&row->p, s->fence))
		return false;
	why(row, NULL, SLICE("it may be out or not, and the network does not tell: "
			     "sme-publish --resolve"));
	return part_release(&row->p, s->fence);
}

/* 1: done; 0: the claim was lost, or there was nothing to do; -1 with an error. */
static int
change(struct delivery *y, int64_t part, ledger_fn *fn, struct step *s, struct part_row *row)
{
	int r;

	s->y = y;
	s->now = now_of(y);
	r = ledger_change(y->d->ledger, &y->reply.id, part, fn, s, s->now, &y->a, row, y->err);
	return s->failed ? -1 : r;
}

/* What part N of the reply OF was called by the network. */
static int
sent_part_of(struct delivery *y, const struct reply_key *of, int64_t n, struct sent_part *out)
{
	struct part_row row;
	int found = ledger_part(y->d->ledger, of, n, &y->a, &row, y->err);

	if (found == 1 && row.p.state == PART_SENT)
		*out = (struct sent_part){row.id, row.url, row.ref};
	return found < 0 ? -1 : 0;
}

static int
fill_outgoing(struct delivery *y, int64_t part, const struct part_row *row, struct outgoing *o)
{
	struct reply_key of = {y->reply.id.tenant, node_text(y->job, "of")};

	*o = (struct outgoing){
	    .reply = &y->reply,
	    .job = y->job,
	    .part = part,
	    .text = row->text,
	    .created = row->p.created,
	};
	if (part > 0 && sent_part_of(y, &y->reply.id, part - 1, &o->previous) < 0)
		return -1;
	return of.key.p && sent_part_of(y, &of, part, &o->sent) < 0 ? -1 : 0;
}

static int
refuse(struct delivery *y, const struct outgoing *o, int64_t fence, const struct gate_verdict *v)
{
	struct step s = {.verdict = v, .fence = fence};
	struct part_row row;

	return change(y, o->part, step_hold, &s, &row) < 0 ? -1 : 0;
}

/* The gates before the request is made. */
static int
first_gates(struct delivery *y, const struct outgoing *o, const struct part_row *row, bool *open)
{
	struct gate_verdict v;
	int64_t inbound;

	*open = true;
	if (row->p.state != PART_READY)
		return 0;
	if (gate_inbound(y->d->ledger, &y->reply, &inbound, y->err) < 0)
		return -1;
	if (y->channel->closed) {
		v.gate = NULL;
		v.until = now_of(y) + PART_BACKOFF_MAX;
		snprintf(v.reason, sizeof v.reason, "%s", y->channel->closed_why);
	} else if (gates_pass(y->channel, o, inbound, now_of(y), &v)) {
		return 0;
	}
	*open = false;
	return refuse(y, o, row->p.fence, &v);
}

static void
close_channel(struct delivery *y, const struct call_result *r)
{
	if (!r->closed || y->channel->closed)
		return;
	y->channel->closed = true;
	snprintf(y->channel->closed_why, sizeof y->channel->closed_why, "%.*s",
	    SLICE_ARG(r->reason.p ? r->reason : SLICE("its credentials are not accepted")));
	sme_warn("%.*s: nothing more is sent in this run: %s", SLICE_ARG(y->channel->name),
	    y->channel->closed_why);
}

/* Intent, call, outcome. */
static int
attempt(struct delivery *y, const struct outgoing *o, const struct prepared *p, struct part_row *row)
{
	struct gate_verdict closed;
	struct call_result result = {.outcome = OUTCOME_NOT_DONE};
	struct step s = {
	    .out = o, .prepared = p, .closed = &closed, .result = &result, .fence = row->p.fence};
	int r = change(y, o->part, step_intent, &s, row);

	if (r != 1 || row->p.state != PART_INTENT)
		return r < 0 ? -1 : 0;
	if (part_may_send(&row->p, s.fence, now_of(y)))
		y->channel->ops->send(y->channel->ctx, &y->a, &result);
	else
		result.reason = SLICE("the machine slept; tried again");
	close_channel(y, &result);
	return change(y, o->part, step_done, &s, row) < 0 ? -1 : 0;
}

static int
look(struct delivery *y, const struct outgoing *o, struct part_row *row)
{
	struct call_result result = {.look = LOOK_FAILED};
	struct step s = {.result = &result, .fence = row->p.fence};

	y->channel->ops->look(y->channel->ctx, o, &y->a, &result);
	close_channel(y, &result);
	return change(y, o->part, step_looked, &s, row) < 0 ? -1 : 0;
}

/* A request that cannot be made is a matter for a person. */
static int
cannot_make(struct delivery *y, const struct outgoing *o, struct part_row *row,
    const struct sme_err *why_not)
{
	struct gate_verdict v = {.gate = NULL, .until = PART_NEVER};
	struct step s = {.fence = row->p.fence};

	snprintf(v.reason, sizeof v.reason, "%.*s", (int)sizeof v.reason - 1, why_not->text);
	if (row->p.state == PART_READY)
		return refuse(y, o, row->p.fence, &v);
	return change(y, o->part, step_ask, &s, row) < 0 ? -1 : 0;
}

/* The account cannot speak with its network now. */
static int
not_ready(struct delivery *y, const struct outgoing *o, struct part_row *row,
    const struct call_result *r)
{
	struct gate_verdict v = {.gate = NULL, .until = now_of(y) + r->wait};

	close_channel(y, r);
	snprintf(v.reason, sizeof v.reason, "%.*s", SLICE_ARG(r->reason));
	return refuse(y, o, row->p.fence, &v);
}

static int
work_on(struct delivery *y, const struct outgoing *o, struct part_row *row)
{
	struct prepared p = {.cost = 1};
	struct call_result result = {0};
	struct step s = {.fence = row->p.fence};
	struct sme_err why_not;
	bool open;

	if (first_gates(y, o, row, &open) < 0)
		return -1;
	if (!open)
		return 0;
	if (!y->channel->ops->ready(y->channel->ctx, &y->a, &result))
		return not_ready(y, o, row, &result);
	if (y->channel->ops->prepare(y->channel->ctx, o, &p, &why_not) < 0)
		return cannot_make(y, o, row, &why_not);
	switch (part_todo(&row->p, &y->net, p.hash == row->request_hash, now_of(y))) {
	case TODO_SEND:
	case TODO_REPEAT:
		return attempt(y, o, &p, row);
	case TODO_LOOK:
		return look(y, o, row);
	case TODO_WAIT:
		return change(y, o->part, step_wait, &s, row) < 0 ? -1 : 0;
	case TODO_ASK:
		break;
	}
	return change(y, o->part, step_ask, &s, row) < 0 ? -1 : 0;
}

/* Part N until it is over or cannot go on now.  1: it is sent. */
static int
deliver_part(struct delivery *y, int64_t n)
{
	for (;;) {
		struct step s = {0};
		struct part_row row;
		struct outgoing o;
		int r = change(y, n, step_claim, &s, &row);

		if (r < 0)
			return -1;
		if (s.claim == CLAIM_OVER)
			return row.p.state == PART_SENT;
		if (s.claim != CLAIM_OURS)
			return 0;
		if (fill_outgoing(y, n, &row, &o) < 0 || work_on(y, &o, &row) < 0)
			return -1;
	}
}

static int
begin(struct delivery *y, const struct reply_key *id)
{
	int found = ledger_find(y->d->ledger, id, &y->a, &y->reply, y->err);

	if (found != 1)
		return found;
	y->channel = y->d->channel(y->d->ctx, y->reply.account);
	if (!y->channel)
		return ledger_put_off(y->d->ledger, id, now_of(y) + PART_BACKOFF_MAX,
		    SLICE("its account is not in the configuration"), now_of(y), y->err);
	y->job = json_tree(&y->a, y->reply.job, y->err);
	if (!y->job)
		return err_prefix(y->err, "sme.db: %.*s", SLICE_ARG(id->key));
	y->net = y->channel->net;
	/* To change or remove the same thing twice is to do it once. */
	if (slice_is(y->reply.kind, "edit") || slice_is(y->reply.kind, "delete"))
		y->net.repeat = PART_NEVER;
	return 1;
}

int
deliver(const struct deliverer *d, const struct reply_key *id, struct sme_err *err)
{
	struct delivery y = {.d = d, .a = ARENA_INIT, .err = err};
	int r = begin(&y, id);

	for (int64_t n = 0; r == 1 && n < y.reply.parts; n++)
		r = deliver_part(&y, n);
	arena_release(&y.a);
	return r < 0 ? -1 : 0;
}
