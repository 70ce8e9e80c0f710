#include "route/route.h"

#include <stdlib.h>

#include "config/accounts.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "route/policy.h"
#include "route/trace.h"

/* Rules whose skills and names are kept when all that hit count; a priority counts beyond it. */
#define HITS_MAX 64

enum field {
	F_ID,
	F_TENANT,
	F_CHANNEL,
	F_CREATED,
	F_FETCHED,
	F_HANDLE,
	F_LANG,
	F_LANG_HINT,
	F_PRIORITY,
	F_COUNT
};

static const char *const field_paths[F_COUNT] = {
    [F_ID] = "id",
    [F_TENANT] = "tenant",
    [F_CHANNEL] = "channel",
    [F_CREATED] = "created_at",
    [F_FETCHED] = "fetched_at",
    [F_HANDLE] = "author.handle",
    [F_LANG] = "class.lang.code",
    [F_LANG_HINT] = "lang_hint",
    [F_PRIORITY] = "score.priority",
};

struct router {
	struct policies policies;
	int fields[F_COUNT]; /* indexes into the values of an event */
};

struct router_run {
	struct expr_run **rules; /* by rule id; made when first needed */
	struct buf scratch;
	size_t n;
};

/* What is known about one mention while its rules are tried. */
struct mention {
	const struct event *ev;
	const struct policy *policy;
	struct slice lang; /* p == NULL: unknown */
	int64_t arrived;   /* TIME_NONE: unknown */
	const struct hours *hours; /* of its channel; NULL: always open */
};

/* What the rules that hit have said so far; what was said first stays. */
struct decision {
	const struct queue *queue;
	const struct rule *hits[HITS_MAX];
	size_t nhits;
	struct sla sla;
	enum sla_clock clock;
	const struct hours *hours; /* by which the clock runs and after hours are told */
	double priority;
	struct slice action;
	struct slice skills[ROUTE_SKILLS_MAX];
	size_t nskills;
};

struct router *
router_open(const struct config *config, struct scan_plan *plan, struct sme_err *err)
{
	struct router *r = xcalloc(1, sizeof *r);

	for (int i = 0; i < F_COUNT; i++)
		r->fields[i] = scan_plan_add(plan, field_paths[i]);
	if (policies_open(&r->policies, config, plan, err) < 0) {
		router_close(r);
		return NULL;
	}
	return r;
}

void
router_close(struct router *r)
{
	if (!r)
		return;
	policies_close(&r->policies);
	free(r);
}

struct router_run *
router_run_new(const struct router *r)
{
	struct router_run *run = xcalloc(1, sizeof *run);

	run->scratch = (struct buf)BUF_INIT;
	run->n = r->policies.nrules;
	run->rules = xcalloc(run->n + 1, sizeof *run->rules);
	return run;
}

void
router_run_free(struct router_run *run)
{
	if (!run)
		return;
	for (size_t i = 0; i < run->n; i++)
		expr_run_free(run->rules[i]);
	free(run->rules);
	buf_release(&run->scratch);
	free(run);
}

static const struct json_value *
field(const struct router *r, const struct event *ev, enum field f)
{
	return &ev->values[r->fields[f]];
}

/* A language code such as "de" or the first part of "de-AT"; "und" and the like say nothing. */
static struct slice
language(const struct json_value *v)
{
	static const struct slice none = {NULL, 0};
	struct slice s = v->type == JSON_STRING && !v->escaped ?
	    (struct slice){v->p + 1, v->n - 2} : none;
	size_t n = 0;

	while (n < s.n && s.p[n] >= 'a' && s.p[n] <= 'z')
		n++;
	if (n < 2 || n > 3 || (n < s.n && s.p[n] != '-' && s.p[n] != '_'))
		return none;
	s.n = n;
	if (slice_is(s, "und") || slice_is(s, "mul") || slice_is(s, "zxx"))
		return none;
	return s;
}

static bool
lists(const struct json_node *list, struct slice name)
{
	for (NODE_EACH(it, list))
		if (slice_eq(it->text, name))
			return true;
	return false;
}

/* The language as a skill; one that the tenant does not answer in would find nobody. */
static struct slice
language_skill(const struct router *r, const struct mention *m)
{
	const struct json_node *spoken = node_get(m->policy->tenant, "languages");
	struct slice lang = language(field(r, m->ev, F_LANG));

	if (!lang.p)
		lang = language(field(r, m->ev, F_LANG_HINT));
	return lang.p && spoken && !lists(spoken, lang) ? (struct slice){NULL, 0} : lang;
}

static int64_t
time_of(const struct json_value *v, struct buf *scratch)
{
	int64_t ms;

	buf_clear(scratch);
	return rfc3339_parse(json_string(v, scratch), &ms) ? ms : TIME_NONE;
}

/*
 * The clock starts when the customer wrote.  Authors' clocks may be wrong, so a time behind the one
 * at which we fetched the mention is not believed.
 */
static int64_t
arrival(const struct router *r, const struct event *ev, struct buf *scratch)
{
	int64_t created = time_of(field(r, ev, F_CREATED), scratch);
	int64_t fetched = time_of(field(r, ev, F_FETCHED), scratch);

	if (created == TIME_NONE || (fetched != TIME_NONE && created > fetched))
		return fetched;
	return created;
}

/* Not zeroed as a whole: the lists are long, and mostly hold two or three. */
static void
decision_init(struct decision *d)
{
	d->queue = NULL;
	d->nhits = d->nskills = 0;
	d->sla = (struct sla){0, {NULL, 0}};
	d->clock = CLOCK_UNSAID;
	d->priority = 0;
	d->action = (struct slice){NULL, 0};
}

static void
add_skill(struct decision *d, struct slice skill)
{
	for (size_t i = 0; i < d->nskills; i++)
		if (slice_eq(d->skills[i], skill))
			return;
	if (skill.n && d->nskills < ROUTE_SKILLS_MAX)
		d->skills[d->nskills++] = skill;
}

static void
add_skills(struct decision *d, const struct json_node *list)
{
	for (NODE_EACH(it, list))
		add_skill(d, it->text);
}

/* Of several rules that hit, the first that says something about a thing decides it; priorities
 * add up and skills gather. */
static void
hit(struct decision *d, const struct rule *rule)
{
	if (d->nhits < HITS_MAX)
		d->hits[d->nhits++] = rule;
	if (!d->queue)
		d->queue = rule->queue;
	if (!d->sla.text.p)
		d->sla = rule->sla;
	if (!d->action.p)
		d->action = rule->action;
	d->priority += rule->priority;
}

static enum expr_result
try_rule(struct router_run *run, const struct rule *rule, const struct event *ev,
    struct sme_err *err)
{
	if (!rule->when)
		return EXPR_TRUE;
	if (!run->rules[rule->id])
		run->rules[rule->id] = expr_run_new(rule->when);
	return expr_eval(rule->when, run->rules[rule->id], ev->line, ev->values, err);
}

static void
try_rules(struct router_run *run, const struct mention *m, struct decision *d, struct buf *trace)
{
	const struct policy *p = m->policy;
	bool done = false;

	for (size_t i = 0; i < p->nrules; i++) {
		const struct rule *rule = &p->rules[i];
		enum expr_result result = EXPR_FALSE;
		struct sme_err err;

		err.text[0] = '\0';
		if (!done)
			result = try_rule(run, rule, m->ev, &err);
		if (trace)
			trace_rule(trace, rule, done, result, err.text);
		if (result == EXPR_TRUE) {
			hit(d, rule);
			done = !p->all;
		}
		if (done && !trace)
			return;
	}
}

/* The hours and the clock: what a rule says, else its queue, else the channel and the tenant. */
static void
settle_clock(struct decision *d, const struct mention *m)
{
	const struct calendar *calendar = NULL;

	for (size_t i = 0; i < d->nhits && !calendar; i++)
		calendar = d->hits[i]->calendar;
	if (!calendar)
		calendar = d->queue->calendar;
	d->hours = calendar ? calendar->hours : m->hours;
	for (size_t i = 0; i < d->nhits && d->clock == CLOCK_UNSAID; i++)
		d->clock = d->hits[i]->clock;
	if (d->clock == CLOCK_UNSAID)
		d->clock = d->queue->clock;
	if (d->clock == CLOCK_UNSAID)
		d->clock = m->policy->clock;
}

/* The queue's own skills first, then the rules', then the language. */
static void
settle(struct decision *d, const struct mention *m)
{
	if (!d->queue)
		d->queue = m->policy->queues;
	if (!d->sla.text.p)
		d->sla = d->queue->sla;
	settle_clock(d, m);
	add_skills(d, d->queue->skills);
	for (size_t i = 0; i < d->nhits; i++)
		add_skills(d, d->hits[i]->skills);
	add_skill(d, m->lang);
}

static void
put_text(struct buf *b, struct slice s)
{
	if (s.p)
		json_put_string(b, s);
	else
		buf_puts(b, "null");
}

/* The instant MS behind the arrival, by the clock that was chosen. */
static int64_t
later(const struct decision *d, const struct mention *m, int64_t ms)
{
	if (m->arrived == TIME_NONE)
		return TIME_NONE;
	return hours_after(d->clock == CLOCK_BUSINESS ? d->hours : NULL, m->arrived, ms);
}

static void
put_time(struct buf *b, int64_t at)
{
	if (at == TIME_NONE) {
		buf_puts(b, "null");
		return;
	}
	buf_addc(b, '"');
	rfc3339_put(b, at);
	buf_addc(b, '"');
}

static void
put_clock(struct buf *b, const struct decision *d, const struct mention *m)
{
	buf_puts(b, ",\"due_at\":");
	put_time(b, d->sla.text.p ? later(d, m, d->sla.ms) : TIME_NONE);
	if (!d->sla.text.p) {
		buf_puts(b, ",\"sla\":null,\"clock\":null");
		return;
	}
	buf_puts(b, ",\"sla\":\"");
	buf_adds(b, d->sla.text);
	buf_puts(b, d->clock == CLOCK_BUSINESS ? "\",\"clock\":\"business\"" : "\",\"clock\":\"wall\"");
}

/* When less will do, and when another queue takes over; only where a queue says so. */
static void
put_later(struct buf *b, const struct decision *d, const struct mention *m)
{
	const struct json_node *overflow = d->queue->overflow;
	const char *comma = "";

	if (d->queue->relax) {
		buf_puts(b, ",\"relax\":[");
		for (NODE_EACH(it, d->queue->relax)) {
			buf_printf(b, "%s{\"at\":", comma);
			put_time(b, later(d, m, config_duration(it, "after", 0)));
			buf_puts(b, ",\"skills\":");
			node_put(b, node_get(it, "skills"));
			buf_addc(b, '}');
			comma = ",";
		}
		buf_addc(b, ']');
	}
	if (overflow) {
		buf_puts(b, ",\"overflow\":{\"at\":");
		put_time(b, later(d, m, config_duration(overflow, "after", 0)));
		buf_puts(b, ",\"queue\":");
		put_text(b, node_text(overflow, "queue"));
		buf_addc(b, '}');
	}
}

static void
put_decision(struct buf *b, const struct decision *d, const struct mention *m)
{
	bool closed = d->hours && m->arrived != TIME_NONE && !hours_is_open(d->hours, m->arrived);

	buf_puts(b, "{\"queue\":");
	put_text(b, d->queue->name);
	buf_puts(b, ",\"skills\":[");
	for (size_t i = 0; i < d->nskills; i++) {
		if (i)
			buf_addc(b, ',');
		put_text(b, d->skills[i]);
	}
	buf_puts(b, "],\"priority\":");
	json_put_fixed(b, d->priority, 4);
	buf_puts(b, ",\"rule\":");
	put_text(b, d->nhits ? d->hits[0]->name : (struct slice){NULL, 0});
	if (m->policy->all) {
		buf_puts(b, ",\"rules\":[");
		for (size_t i = 0; i < d->nhits; i++) {
			if (i)
				buf_addc(b, ',');
			put_text(b, d->hits[i]->name);
		}
		buf_addc(b, ']');
	}
	put_clock(b, d, m);
	buf_puts(b, closed ? ",\"after_hours\":true,\"opens_at\":" : ",\"after_hours\":false");
	if (closed)
		put_time(b, hours_next_open(d->hours, m->arrived));
	buf_puts(b, ",\"action\":");
	put_text(b, d->action);
	put_later(b, d, m);
	buf_addc(b, '}');
}

/* The calendar that the channel keeps, else the tenant's own hours. */
static const struct hours *
hours_of(const struct policy *p, struct slice channel)
{
	for (size_t i = 0; channel.n && i < p->ncalendars; i++)
		if (lists(p->calendars[i].channels, channel))
			return p->calendars[i].hours;
	return p->hours;
}

static const struct policy *
policy_of(const struct router *r, const struct json_value *tenant, struct buf *scratch)
{
	struct slice id;
	const struct policy *p;

	buf_clear(scratch);
	id = tenant->type == JSON_STRING ? json_string(tenant, scratch) : SLICE("default");
	p = map_ptr(&r->policies.by_tenant, id);
	return p ? p : &r->policies.fallback;
}

bool
route_event(const struct router *r, struct router_run *run, const struct event *ev,
    struct buf *value, struct buf *trace)
{
	struct mention m = {.ev = ev};
	struct decision d;

	decision_init(&d);
	m.policy = policy_of(r, field(r, ev, F_TENANT), &run->scratch);
	if (trace)
		trace_mention(trace, field(r, ev, F_ID), field(r, ev, F_TENANT));
	buf_clear(&run->scratch);
	if (config_own_account(m.policy->tenant,
	        json_string(field(r, ev, F_HANDLE), &run->scratch))) {
		if (trace)
			trace_own(trace);
		return false;
	}
	m.arrived = arrival(r, ev, &run->scratch);
	buf_clear(&run->scratch);
	m.hours = hours_of(m.policy, json_string(field(r, ev, F_CHANNEL), &run->scratch));
	m.lang = language_skill(r, &m);
	d.priority = json_number(field(r, ev, F_PRIORITY), 0);
	try_rules(run, &m, &d, trace);
	settle(&d, &m);
	put_decision(value, &d, &m);
	if (trace)
		trace_result(trace, buf_slice(value));
	return true;
}
