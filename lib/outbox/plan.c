#include "outbox/plan.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

#include "connector/account.h"
#include "connector/program.h"
#include "connector/value.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "outbox/gate.h"
#include "outbox/network.h"

#define DAY_MS 86400000.0

struct planner {
	const struct config *config;
	struct gate_rules rules;
	size_t channels, not_served;
	double read, reply; /* money */
};

/* One channel under way. */
struct plan {
	const struct volume *v;
	struct account account; /* one of those that serve it */
	bool has_account;
	struct connector *connector; /* NULL: none */
	size_t accounts;
	const struct meta *facts;
	double read, reply; /* money */
	double fits;        /* so many replies a day, at most those that are wanted */
	double needed;      /* accounts */
	struct buf limit, reason;
};

struct planner *
planner_new(const struct config *config)
{
	struct planner *p = xcalloc(1, sizeof *p);

	p->config = config;
	gate_rules_load(&p->rules, node_get(config->root, "publish"));
	return p;
}

void
planner_free(struct planner *p)
{
	free(p);
}

static void __attribute__((format(printf, 2, 3)))
because(struct plan *p, const char *fmt, ...)
{
	va_list ap;

	if (p->reason.n)
		buf_puts(&p->reason, "; ");
	va_start(ap, fmt);
	buf_vprintf(&p->reason, fmt, ap);
	va_end(ap);
}

/* Does the source A serve the channel of V?  Its network must be known by now. */
static bool
serves(const struct account *a, const struct volume *v)
{
	struct slice name = a->channel.n ? a->channel : a->name;

	return slice_eq(a->network, v->network) && (!v->tenant.p || slice_eq(a->tenant, v->tenant)) &&
	       (!v->channel.p || slice_eq(name, v->channel));
}

/* Take one source if it serves the channel: the first stays open. */
static int
try_source(struct planner *pl, struct plan *p, const struct json_node *source, struct sme_err *err)
{
	struct account a;
	struct connector *c;

	if (!account_is(source))
		return 0;
	if (account_load(&a, pl->config, source, err) < 0)
		return -1;
	c = connector_open(a.connector.p, a.dir, err);
	if (!c) {
		account_release(&a);
		return -1;
	}
	account_complete(&a, connector_meta(c));
	if (!serves(&a, p->v) || p->connector) {
		p->accounts += serves(&a, p->v);
		account_release(&a);
		connector_close(c);
		return 0;
	}
	p->accounts = 1;
	p->account = a;
	p->has_account = true;
	p->connector = c;
	return 0;
}

/* The accounts of the channel, or else a connector of the network's name. */
static int
open_plan(struct planner *pl, struct plan *p, struct sme_err *err)
{
	struct sme_err none;

	for (NODE_EACH(it, node_get(pl->config->root, "sources")))
		if (try_source(pl, p, it, err) < 0)
			return -1;
	if (!p->connector && !slice_ends(p->v->network, SLICE(".jq")))
		p->connector = connector_open(p->v->network.p, NULL, &none);
	if (p->connector)
		p->facts = connector_facts(p->connector);
	else
		because(p, "no connector for this network");
	return 0;
}

static void
close_plan(struct plan *p)
{
	if (p->has_account)
		account_release(&p->account);
	connector_close(p->connector);
	buf_release(&p->limit);
	buf_release(&p->reason);
}

/* What sending one reply takes: the connector is asked for a request, as for a real one. */
static void
ask_connector(const struct plan *p, bool private, struct buf *bucket, double *cost)
{
	static const char reply[] = "{\"key\":\"00000000\",\"part_key\":\"00000000-0\",\"part\":0,\"parts\":1,"
	    "\"text\":\"x\",\"kind\":\"reply\",\"private\":%s,\"mention\":{\"id\":\"n:i:1\",\"native\":\"1\","
	    "\"kind\":\"comment\",\"created_at\":\"2026-01-01T00:00:00Z\",\"thread\":\"1\",\"in_reply_to\":null,"
	    "\"url\":null,\"direct\":%s,\"author\":{\"native\":\"2\",\"handle\":\"x\",\"name\":\"x\"},"
	    "\"ref\":{}},\"previous\":null,\"sent\":null,\"created_at\":\"2026-01-01T00:00:00Z\","
	    "\"lang\":null,\"now\":\"2026-01-01T00:00:00Z\"}";
	struct buf text = BUF_INIT;
	struct sme_err err;
	jv account = p->has_account ? account_jv(&p->account, 0)
				    : jv_parse("{\"settings\":{},\"public\":{},\"handle\":\"x\"}");
	jv out, request, said;

	*cost = 1;
	buf_clear(bucket);
	buf_printf(&text, reply, private ? "true" : "false", private ? "true" : "false");
	if (connector_run(p->connector, CALL_PUBLISH, account, connector_parse(buf_slice(&text), &err),
	        jv_null(), &out, &err) == 0) {
		request = jv_array_get(out, 0);
		value_put(bucket, value_get(request, "bucket"));
		said = value_get(request, "cost");
		if (jv_get_kind(said) == JV_KIND_NUMBER)
			*cost = jv_number_value(said);
		jv_free(said);
		jv_free(request);
	}
	if (!bucket->n)
		buf_puts(bucket, "write");
	buf_release(&text);
}

/* How many units a day may be taken from B. */
static double
daily(const struct meta_bucket *b)
{
	return b->per > 0 && (double)b->per < DAY_MS ? b->n * floor(DAY_MS / (double)b->per) : b->n;
}

/* WANTED units, by REPLIES of all, of a limit that gives GIVEN an account and day.  What does not use
 * the limit is not held up by it. */
static void __attribute__((format(printf, 5, 6)))
apply(struct plan *p, double wanted, double given, double replies, const char *fmt, ...)
{
	double accounts = p->accounts ? (double)p->accounts : 1, needed, fits = p->v->replies;
	va_list ap;

	if (wanted <= 0 || given <= 0)
		return;
	needed = ceil(wanted / given - 1e-9);
	if (wanted > given * accounts)
		fits -= ceil(replies - replies * given * accounts / wanted - 1e-9);
	if (needed > p->needed)
		p->needed = needed;
	if (fits >= p->fits)
		return;
	p->fits = fits;
	buf_clear(&p->limit);
	va_start(ap, fmt);
	buf_vprintf(&p->limit, fmt, ap);
	va_end(ap);
}

static void
apply_limits(struct plan *p)
{
	struct buf bucket[2] = {BUF_INIT, BUF_INIT}, per = BUF_INIT;
	double count[2] = {p->v->replies - p->v->direct, p->v->direct}, cost[2];

	for (int private = 0; private < 2; private++)
		ask_connector(p, private, &bucket[private], &cost[private]);
	for (size_t i = 0; i < p->facts->nbuckets; i++) {
		const struct meta_bucket *b = &p->facts->buckets[i];
		double wanted = 0, replies = 0;

		for (int private = 0; private < 2; private++)
			if (gate_bucket_counts(b, buf_slice(&bucket[private]))) {
				wanted += count[private] * cost[private];
				replies += count[private];
			}
		buf_clear(&per);
		duration_put(&per, b->per);
		apply(p, wanted, daily(b), replies, "%.*s: %.10g in %s", SLICE_ARG(b->name), b->n,
		    buf_str(&per));
	}
	if (p->facts->interval > 0) {
		buf_clear(&per);
		duration_put(&per, p->facts->interval);
		apply(p, p->v->replies, floor(DAY_MS / (double)p->facts->interval), p->v->replies,
		    "one request in %s", buf_str(&per));
	}
	for (int private = 0; private < 2; private++)
		buf_release(&bucket[private]);
	buf_release(&per);
}

static void
apply_prices(struct planner *pl, struct plan *p)
{
	const struct volume *v = p->v;
	const struct json_node *prices = node_get(node_get(p->facts->root, "limits"), "price"),
			       *own = p->has_account && pl->rules.budgets ?
			                  node_get(pl->rules.budgets, p->account.name.p) : NULL;
	double day = node_number(own, "day", -1);

	p->read = v->mentions * node_number(prices, "read", 0);
	p->reply = (v->replies - v->direct - v->links) *
	               network_price(p->facts, SLICE("reply"), false, SLICE("x")) +
	           v->links * network_price(p->facts, SLICE("reply"), false, SLICE("https://x.example")) +
	           v->direct * network_price(p->facts, SLICE("reply"), true, SLICE("x"));
	if (day >= 0 && p->reply > day * (double)p->accounts + 1e-9)
		because(p, "the account's budget of a day is %.6g", day);
	else if (pl->rules.all.day >= 0 && pl->reply + p->reply > pl->rules.all.day + 1e-9)
		because(p, "the budget of a day is %.6g", pl->rules.all.day);
}

static void
check_abilities(struct plan *p)
{
	const struct volume *v = p->v;

	if (v->replies - v->direct > 0 && !meta_can(p->facts, "reply"))
		because(p, "its connector cannot reply");
	if (v->direct > 0 && !meta_can(p->facts, "reply.private") && !meta_can(p->facts, "read.direct"))
		because(p, "its connector cannot answer in private");
}

static void
put_text(struct buf *b, const char *name, struct slice s)
{
	buf_printf(b, ",\"%s\":", name);
	if (s.p)
		json_put_string(b, s);
	else
		buf_puts(b, "null");
}

static void
put_money(struct buf *b, double read, double reply)
{
	buf_printf(b, ",\"cost\":{\"read\":%.10g,\"reply\":%.10g,\"total\":%.10g}", read, reply,
	    read + reply);
}

static void
put_plan(struct buf *b, const struct plan *p)
{
	const struct volume *v = p->v;

	buf_puts(b, "{\"network\":");
	json_put_string(b, v->network);
	put_text(b, "channel", v->channel);
	put_text(b, "tenant", v->tenant);
	buf_printf(b, ",\"accounts\":%zu,\"mentions\":%.10g,\"replies\":%.10g,\"served\":%s", p->accounts,
	    v->mentions, v->replies, p->reason.n ? "false" : "true");
	buf_printf(b, ",\"fits\":%.10g,\"left\":%.10g,\"accounts_needed\":", p->fits, v->replies - p->fits);
	if (p->connector)
		buf_printf(b, "%.10g", p->needed > 1 ? p->needed : 1);
	else
		buf_puts(b, "null");
	put_text(b, "limit", p->limit.n ? buf_slice(&p->limit) : (struct slice){NULL, 0});
	put_money(b, p->read, p->reply);
	put_text(b, "reason", p->reason.n ? buf_slice(&p->reason) : (struct slice){NULL, 0});
	buf_puts(b, "}\n");
}

int
plan_volume(struct planner *pl, const struct volume *v, struct buf *out, struct sme_err *err)
{
	struct plan p = {.v = v, .fits = v->replies, .limit = BUF_INIT, .reason = BUF_INIT};
	int r = open_plan(pl, &p, err);

	if (r == 0 && p.connector) {
		check_abilities(&p);
		apply_limits(&p);
		if (p.fits < v->replies)
			because(&p, "%.10g of %.10g replies fit into a day", p.fits, v->replies);
		apply_prices(pl, &p);
	} else if (r == 0) {
		p.fits = 0;
	}
	if (r == 0) {
		put_plan(out, &p);
		pl->channels++;
		pl->not_served += p.reason.n > 0;
		pl->read += p.read;
		pl->reply += p.reply;
	}
	close_plan(&p);
	return r;
}

size_t
plan_total(struct planner *pl, struct buf *out)
{
	buf_printf(out, "{\"total\":true,\"channels\":%zu,\"not_served\":%zu", pl->channels,
	    pl->not_served);
	put_money(out, pl->read, pl->reply);
	buf_puts(out, "}\n");
	return pl->not_served;
}
