#include "outbox/gate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/accounts.h"
#include "config/config.h"
#include "core/rfc3339.h"
#include "outbox/person.h"
#include "reply/machine.h"
#include "text/length.h"

#define DAY_MS INT64_C(86400000)
#define SAME_TEXT INT64_C(600000)
#define LOOP_ANSWERS 10

struct attempt {
	const struct channel *c;
	const struct outgoing *o;
	int64_t last_inbound, now;
	struct gate_verdict *v;
};

/* Close the gate until UNTIL; returns false, for the callers. */
static bool __attribute__((format(printf, 4, 5)))
closed(struct gate_verdict *v, const char *gate, int64_t until, const char *fmt, ...)
{
	va_list ap;

	v->gate = gate;
	v->until = until;
	va_start(ap, fmt);
	vsnprintf(v->reason, sizeof v->reason, fmt, ap);
	va_end(ap);
	return false;
}

static const struct json_node *
rule(const struct attempt *t, const char *key)
{
	return node_get(node_get(t->c->facts->root, "reply"), key);
}

static const struct json_node *
mention(const struct attempt *t)
{
	const struct json_node *m = node_get(t->o->job, "mention");

	return m && m->type == JSON_OBJECT ? m : NULL;
}

static bool
tenant_open(const struct attempt *t)
{
	if (slice_eq(t->o->reply->id.tenant, t->c->tenant))
		return true;
	return closed(t->v, "tenant", PART_NEVER, "the account %.*s belongs to another tenant",
	    SLICE_ARG(t->c->name));
}

/* What is not approved never gets here; an approval may have an end. */
static bool
approval_open(const struct attempt *t)
{
	struct slice until = node_text(t->o->job, "expires_at");
	int64_t ms;

	if (!until.p || !rfc3339_parse(until, &ms) || t->now < ms)
		return true;
	return closed(t->v, "approval", PART_NEVER, "the approval ended at %.*s", SLICE_ARG(until));
}

static bool
able(const struct attempt *t)
{
	const struct meta *facts = t->c->facts;
	struct slice kind = t->o->reply->kind;
	const char *what = slice_is(kind, "reply") ? "reply"
	                   : slice_is(kind, "edit") ? "edit"
	                   : slice_is(kind, "post") ? "post"
	                                            : "delete";

	if (slice_is(kind, "reply") && t->o->reply->private && !node_bool(mention(t), "direct", false))
		what = "reply.private";
	if (node_text(t->o->job, "of").p && !t->o->sent.id.p)
		return closed(t->v, "rule", PART_NEVER, "what it would %.*s is not out", SLICE_ARG(kind));
	if (meta_can(facts, what))
		return true;
	return closed(t->v, "rule", PART_NEVER, "%.*s: its connector cannot do \"%s\"",
	    SLICE_ARG(t->c->network), what);
}

/* What was said in private is answered in private, and where that cannot be done not at all. */
static bool
private_stays_private(const struct attempt *t)
{
	const struct meta *facts = t->c->facts;

	if (!node_bool(mention(t), "direct", false))
		return true;
	if (!t->o->reply->private)
		return closed(t->v, "rule", PART_NEVER, "a private message is answered in private only");
	if (meta_can(facts, "reply.private") || meta_can(facts, "read.direct"))
		return true;
	return closed(t->v, "rule", PART_NEVER, "%.*s: its connector cannot answer in private",
	    SLICE_ARG(t->c->network));
}

static bool
summoned(const struct attempt *t)
{
	const struct json_node *must = rule(t, "summoned");

	if (!must || must->type != JSON_TRUE || t->o->reply->private ||
	    node_bool(t->o->job, "summoned", false))
		return true;
	return closed(t->v, "rule", PART_NEVER,
	    "%.*s: only those who mentioned or quoted the account may be answered",
	    SLICE_ARG(t->c->network));
}

/* For how long after the person's last message this reply may go; 0: for ever. */
static int64_t
window(const struct attempt *t)
{
	const struct json_node *rules = node_get(t->c->facts->root, "reply");
	int64_t all = config_duration(rules, "window", 0);
	int64_t direct = config_duration(rules, "window_direct", all);
	int64_t tagged = config_duration(rules, "tag_window", 0);
	int64_t w = t->o->reply->private ? direct : all;

	/* A person may answer later than a machine. */
	if (w && !t->o->reply->automatic && tagged > w)
		return tagged;
	return w;
}

static bool
within_window(const struct attempt *t)
{
	int64_t w = window(t), wrote = t->last_inbound, ms;
	struct slice created = node_text(mention(t), "created_at");
	struct buf length = BUF_INIT;
	char end[RFC3339_SIZE];

	if (!w)
		return true;
	if (rfc3339_parse(created, &ms) && ms > wrote)
		wrote = ms;
	if (wrote == TIME_NONE)
		return closed(t->v, "rule", PART_NEVER, "%.*s: when the person wrote last is not known",
		    SLICE_ARG(t->c->network));
	if (t->now < wrote + w)
		return true;
	duration_put(&length, w);
	closed(t->v, "rule", PART_NEVER, "%.*s: the reply window of %s ended at %s",
	    SLICE_ARG(t->c->network), buf_str(&length), rfc3339_format(wrote + w, end));
	buf_release(&length);
	return false;
}

static bool
rule_open(const struct attempt *t)
{
	if (!able(t))
		return false;
	if (!slice_is(t->o->reply->kind, "reply"))
		return true;
	return private_stays_private(t) && summoned(t) && within_window(t);
}

static bool
length_open(const struct attempt *t)
{
	const struct text_limit *limit =
	    t->o->reply->private ? &t->c->facts->direct : &t->c->facts->text;

	if (slice_is(t->o->reply->kind, "delete") || text_fits(t->o->text, limit))
		return true;
	return closed(t->v, "length", PART_NEVER,
	    "part %lld is too long for %.*s and cannot be cut there (%lld, at most %lld)",
	    (long long)t->o->part + 1, SLICE_ARG(t->c->network),
	    (long long)text_length(t->o->text, limit), (long long)limit->limit);
}

bool
gates_pass(const struct channel *c, const struct outgoing *o, int64_t last_inbound, int64_t now,
    struct gate_verdict *v)
{
	struct attempt t = {c, o, last_inbound, now, v};

	v->gate = NULL;
	/* The rules of the network were kept when the first part went; the rest belongs to it. */
	if (!tenant_open(&t) || !length_open(&t))
		return false;
	return o->part > 0 || (approval_open(&t) && rule_open(&t));
}

void
gate_rules_load(struct gate_rules *rules, const struct json_node *publish)
{
	const struct json_node *budget = node_get(publish, "budget");

	rules->all.day = node_number(budget, "day", -1);
	rules->all.month = node_number(budget, "month", -1);
	rules->budgets = node_get(budget, "accounts");
	rules->same_text = config_duration(publish, "same_text", SAME_TEXT);
	rules->person = config_duration(publish, "person", DAY_MS);
	rules->loop_answers = (int64_t)node_number(node_get(publish, "loop"), "answers", LOOP_ANSWERS);
	rules->loop_within = config_duration(node_get(publish, "loop"), "within", DAY_MS);
}

/* What was spent since SINCE, of one account or (p == NULL) of all. */
static int
spent(struct ledger *l, struct slice account, int64_t since, double *sum, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(ledger_db(l), "SELECT coalesce(sum(price), 0.0)"
	    " FROM outbox_call WHERE at >= ?1 AND (?2 IS NULL OR account = ?2)", err, "it", since,
	    account);

	if (!st || db_step(ledger_db(l), st, err) < 0)
		return -1;
	*sum = db_real(st, 0);
	db_done(st);
	return 0;
}

static int64_t
month_begins(int64_t now, int ahead)
{
	int year, month, day;

	civil_from_days(now / DAY_MS, &year, &month, &day);
	month += ahead;
	return days_from_civil(year + (month > 12), month > 12 ? month - 12 : month, 1) * DAY_MS;
}

/* Is PRICE more than what is left of LIMIT since SINCE? */
static int
within(struct ledger *l, struct slice account, double limit, int64_t since, int64_t next,
    const char *what, double price, struct gate_verdict *v, struct sme_err *err)
{
	double sum;

	if (limit < 0 || price <= 0)
		return 1;
	if (spent(l, account, since, &sum, err) < 0)
		return -1;
	if (sum + price <= limit + 1e-9)
		return 1;
	closed(v, "budget", next, "%s: %.4g of %.4g spent, this one costs %.4g",
	    what, sum, limit, price);
	return 0;
}

static int
money_left(struct ledger *l, const struct gate_rules *rules, const struct channel *c, double price,
    int64_t now, struct gate_verdict *v, struct sme_err *err)
{
	const struct json_node *own = rules->budgets ? node_get(rules->budgets, c->name.p) : NULL;
	int64_t day = now - now % DAY_MS, month = month_begins(now, 0), next = month_begins(now, 1);
	struct slice all = {NULL, 0};
	int r = within(l, all, rules->all.day, day, day + DAY_MS, "budget of the day", price, v, err);

	if (r == 1)
		r = within(l, all, rules->all.month, month, next, "budget of the month", price, v, err);
	if (r == 1)
		r = within(l, c->name, node_number(own, "day", -1), day, day + DAY_MS,
		    "the account's budget of the day", price, v, err);
	if (r == 1)
		r = within(l, c->name, node_number(own, "month", -1), month, next,
		    "the account's budget of the month", price, v, err);
	return r;
}

/* Would the call be more than a bucket takes?  Until then it may not go: the time at which enough of
 * what was taken is older than the bucket. */
static int
bucket_left(struct ledger *l, const struct channel *c, const struct meta_bucket *b,
    const struct prepared *p, int64_t now, struct gate_verdict *v, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(ledger_db(l), "SELECT at, cost FROM outbox_call"
	    " WHERE account = ? AND bucket = ? AND at > ? ORDER BY at DESC", err, "tti", c->name,
	    p->bucket, now - b->per);
	struct buf per = BUF_INIT;
	double taken = p->cost;
	int r = st ? 1 : -1, more = 0;

	while (r == 1 && (more = db_step(ledger_db(l), st, err)) == 1) {
		taken += db_real(st, 1);
		if (taken <= b->n)
			continue;
		duration_put(&per, b->per);
		closed(v, "budget", db_int(st, 0) + b->per, "%.*s: \"%.*s\" takes %.4g in %s",
		    SLICE_ARG(c->network), SLICE_ARG(b->name), b->n, buf_str(&per));
		db_done(st);
		r = 0;
	}
	buf_release(&per);
	return more < 0 ? -1 : r;
}

bool
gate_bucket_counts(const struct meta_bucket *b, struct slice bucket)
{
	return slice_starts(b->name, bucket) &&
	       (b->name.n == bucket.n || b->name.p[bucket.n] == '_');
}

static int
budget_open(struct ledger *l, const struct gate_rules *rules, const struct channel *c,
    const struct prepared *p, int64_t now, struct gate_verdict *v, struct sme_err *err)
{
	for (size_t i = 0; i < c->facts->nbuckets; i++) {
		const struct meta_bucket *b = &c->facts->buckets[i];
		int r = gate_bucket_counts(b, p->bucket) ?
		            bucket_left(l, c, b, p, now, v, err) : 1;

		if (r != 1)
			return r;
	}
	return money_left(l, rules, c, p->price, now, v, err);
}

/* Has a query that is about other replies a row? */
static int
any_row(struct ledger *l, struct sqlite3_stmt *st, struct sme_err *err)
{
	int r = st ? db_step(ledger_db(l), st, err) : -1;

	if (r == 1)
		db_done(st);
	return r;
}

/* Other replies to the same person of which something is out, or may be. */
#define OTHERS_AS(what, author)                                                                    \
	"SELECT " what " FROM outbox_reply AS r WHERE r.tenant = ?1 AND r.key <> ?2 AND r.author " author \
	" AND r.kind = 'reply' AND EXISTS (SELECT 1 FROM outbox_part AS p WHERE p.tenant = r.tenant" \
	" AND p.key = r.key AND p.state IN (1, 2, 3)) AND "
#define OTHERS OTHERS_AS("1", "= ?3")

/*
 * One automatic answer an author, thread and closed period.  Somebody without an id is the same as others
 * without one in the thread, and a reply whose thread was not kept counts for all.
 */
static int
acknowledged_already(struct ledger *l, const struct reply_row *r, struct gate_verdict *v, struct sme_err *err)
{
	int found;

	if (!r->automatic || !r->closed_until)
		return 0;
	found = any_row(l, db_query(ledger_db(l), OTHERS_AS("1", "IS ?3")
	    "r.auto = 1 AND r.closed_until = ?4 AND r.thread IN (0, ?5)", err, "tttii", r->id.tenant,
	    r->id.key, r->author, r->closed_until, r->thread), err);
	if (found == 1)
		closed(v, "duplicate", PART_NEVER, GATE_ANSWERED);
	return found;
}

/* Two machines that do not say what they are are told by how often they answer each other. */
static int
too_many(struct ledger *l, const struct gate_rules *rules, const struct reply_row *r, int64_t now,
    struct gate_verdict *v, struct sme_err *err)
{
	struct buf length = BUF_INIT;
	struct sqlite3_stmt *st;
	int64_t n;

	if (!r->automatic || !r->author.p)
		return 0;
	st = db_query(ledger_db(l), OTHERS_AS("count(*)", "= ?3") "r.auto = 1 AND r.changed > ?4", err, "ttti",
	    r->id.tenant, r->id.key, r->author, now - rules->loop_within);
	if (!st || db_step(ledger_db(l), st, err) < 0)
		return -1;
	n = db_int(st, 0);
	db_done(st);
	if (n < rules->loop_answers)
		return 0;
	duration_put(&length, rules->loop_within);
	closed(v, "duplicate", PART_NEVER,
	    "%lld automatic answers went to this person within %s: it may be a machine that answers them",
	    (long long)n, buf_str(&length));
	buf_release(&length);
	return 1;
}

static int
answered_already(struct ledger *l, const struct gate_rules *rules, const struct reply_row *r,
    int64_t now, struct gate_verdict *v, struct sme_err *err)
{
	struct buf length = BUF_INIT;
	int found = any_row(l, db_query(ledger_db(l), OTHERS "r.text_hash = ?4 AND r.changed > ?5", err,
	    "tttii", r->id.tenant, r->id.key, r->author, r->text_hash, now - rules->same_text), err);

	if (found == 1) {
		duration_put(&length, rules->same_text);
		closed(v, "duplicate", PART_NEVER, "the same text went to the same person within %s",
		    buf_str(&length));
		buf_release(&length);
	}
	if (found == 0)
		found = acknowledged_already(l, r, v, err);
	return found ? found : too_many(l, rules, r, now, v, err);
}

/* Of what a network allows once for each mention. */
static int
private_already(struct ledger *l, const struct channel *c, const struct outgoing *o,
    struct gate_verdict *v, struct sme_err *err)
{
	const struct json_node *direct = node_get(node_get(o->job, "mention"), "direct");
	struct slice how = node_text(node_get(c->facts->root, "reply"), "private");
	const struct reply_row *r = o->reply;
	int found;

	if (!r->private || (direct && direct->type == JSON_TRUE) || !slice_is(how, "once"))
		return 0;
	found = any_row(l, db_query(ledger_db(l), OTHERS "r.private = 1 AND r.mention = ?4", err, "tttt",
	    r->id.tenant, r->id.key, r->author, r->mention), err);
	if (found == 1)
		closed(v, "duplicate", PART_NEVER, "%.*s: one private answer to a comment, and it is out",
		    SLICE_ARG(c->network));
	return found;
}

/* Two machines that answer each other never stop by themselves. */
static bool
loops(const struct channel *c, const struct outgoing *o, struct gate_verdict *v)
{
	const struct json_node *m = node_get(o->job, "mention"), *author = node_get(m, "author");
	struct slice handle = node_text(author, "handle");
	bool own = config_own_account(c->tenant_config, handle);

	if (!own && handle.n && handle.p[0] == '@')
		handle = (struct slice){handle.p + 1, handle.n - 1};
	if (own || (handle.n && slice_eq_nocase(handle, c->handle)))
		return !closed(v, "duplicate", PART_NEVER, "the author is one of our own accounts");
	if (!o->reply->automatic)
		return false;
	if (node_bool(m, "auto", false))
		return !closed(v, "duplicate", PART_NEVER,
		    "what a machine sent is not answered by a machine");
	if (node_bool(o->job, "bot", false))
		return !closed(v, "duplicate", PART_NEVER, "the author is a bot");
	if (machine_address(handle) || machine_address(node_text(author, "id")))
		return !closed(v, "duplicate", PART_NEVER, "nobody reads what is sent to the author");
	return false;
}

static int
duplicate_open(struct ledger *l, const struct gate_rules *rules, const struct channel *c,
    const struct outgoing *o, int64_t now, struct gate_verdict *v, struct sme_err *err)
{
	int found;

	if (o->part > 0 || !slice_is(o->reply->kind, "reply"))
		return 1;
	if (loops(c, o, v))
		return 0;
	found = answered_already(l, rules, o->reply, now, v, err);
	if (found == 0)
		found = private_already(l, c, o, v, err);
	return found < 0 ? -1 : !found;
}

/*
 * Whoever answers at the desk holds the case.  A claim that is older than the last one has no say any
 * more: two people would answer the same customer.
 */
int
gate_claim(struct db *db, struct slice tenant, struct slice file, double fence, struct gate_verdict *v,
    struct sme_err *err)
{
	struct sqlite3_stmt *st;
	int64_t last = -1;
	int r;

	v->gate = NULL;
	if (!file.p || fence < 0)
		return 1;
	st = db_query(db, "SELECT fence FROM case_file WHERE tenant = ? AND key = ?", err, "tt", tenant, file);
	r = st ? db_step(db, st, err) : -1;
	if (r == 1) {
		last = db_int(st, 0);
		db_done(st);
	}
	if (r < 0 || last < 0 || (double)last == fence)
		return r < 0 ? -1 : 1;
	closed(v, "claim", PART_NEVER, "the claim is stale: its token is %.0f, that of the case %lld", fence,
	    (long long)last);
	return 0;
}

/* What has begun to go out goes on. */
static int
claim_open(struct ledger *l, const struct outgoing *o, struct gate_verdict *v, struct sme_err *err)
{
	return o->part > 0 ? 1 : gate_claim(ledger_db(l), o->reply->id.tenant, node_text(o->job, "case"),
	    node_number(o->job, "fence", -1), v, err);
}

int
gates_book(struct ledger *l, const struct gate_rules *rules, const struct channel *c,
    const struct outgoing *o, const struct prepared *p, int64_t now, struct gate_verdict *v,
    int64_t *booked, struct sme_err *err)
{
	int r;

	v->gate = NULL;
	r = claim_open(l, o, v, err);
	if (r == 1)
		r = person_open(l, rules, o, now, v, err);
	if (r == 1)
		r = budget_open(l, rules, c, p, now, v, err);
	if (r == 1)
		r = duplicate_open(l, rules, c, o, now, v, err);
	if (r != 1)
		return r;
	r = db_run(ledger_db(l), "INSERT INTO outbox_call (account, bucket, at, cost, price)"
	    " VALUES (?, ?, ?, ?, ?)", err, "ttidd", c->name, p->bucket.p ? p->bucket : SLICE(""), now,
	    p->cost, p->price);
	*booked = db_last_id(ledger_db(l));
	return r < 0 ? -1 : 1;
}

int
gate_refund(struct ledger *l, int64_t booked, struct sme_err *err)
{
	return db_run(ledger_db(l), "UPDATE outbox_call SET price = 0.0 WHERE rowid = ?", err, "i", booked);
}

int
gate_inbound(struct ledger *l, const struct reply_row *r, int64_t *at, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(ledger_db(l), "SELECT at FROM outbox_inbound"
	    " WHERE tenant = ? AND network = ? AND author = ?", err, "ttt", r->id.tenant, r->network,
	    r->author);
	int found = st ? db_step(ledger_db(l), st, err) : -1;

	*at = found == 1 ? db_int(st, 0) : TIME_NONE;
	if (found == 1)
		db_done(st);
	return found < 0 ? -1 : 0;
}

int
gate_note_inbound(struct ledger *l, struct slice tenant, struct slice network,
    struct slice author, int64_t at, struct sme_err *err)
{
	return db_run(ledger_db(l), "INSERT INTO outbox_inbound (tenant, network, author, at)"
	    " VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET at = max(at, ?4)", err, "ttti", tenant,
	    network, author, at);
}
