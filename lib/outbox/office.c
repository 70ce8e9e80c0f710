#include "outbox/office_int.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "outbox/outbox.h"
#include "outbox/tell.h"
#include "reply/split.h"

/* Somebody else is at work on what is due: look again after so long, in ms. */
#define BUSY_PAUSE 50

int64_t
office_clock(void *ctx)
{
	struct office *o = ctx;

	return o->options.now == TIME_NONE ? time_now_ms() : o->options.now + o->waited;
}

static struct channel *
office_channel(void *ctx, struct slice name)
{
	struct office *o = ctx;
	struct channel *c;

	if (channels_get(o->channels, name, &c, &o->channel_err) < 0) {
		sme_warn("%s", o->channel_err.text);
		return NULL;
	}
	return c;
}

static int
open_ledger(struct office *o, struct sme_err *err)
{
	if (o->options.dry_run)
		return ledger_open_to_look(o->options.db, &o->ledger, err);
	o->ledger = ledger_open(o->options.db, err);
	return o->ledger ? 0 : -1;
}

int
office_open(const struct office_options *options, struct scan_plan *plan, struct office **office,
    struct sme_err *err)
{
	const struct json_node *publish = node_get(options->config->root, "publish");
	struct http_options http = {.tries = 1};
	struct office *o = xcalloc(1, sizeof *o);

	*office = NULL;
	o->options = *options;
	o->channels = channels_open(options->config, &http, options->now, err);
	if (!o->channels || (channels_count(o->channels) && open_ledger(o, err) < 0)) {
		office_close(o);
		return -1;
	}
	if (!channels_count(o->channels)) {
		office_close(o);
		return 0;
	}
	job_plan(plan, o->fields);
	o->deliverer = (struct deliverer){
	    .ledger = o->ledger, .channel = office_channel, .clock = office_clock, .ctx = o};
	gate_rules_load(&o->deliverer.rules, publish);
	*office = o;
	return 0;
}

void
office_close(struct office *o)
{
	if (!o)
		return;
	channels_close(o->channels);
	ledger_close(o->ledger);
	map_release(&o->told);
	map_release(&o->seen);
	map_release(&o->persons);
	free(o);
}

/* ---- a new one ---- */

static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_';
}

/* Does TEXT hold "@HANDLE"? */
static bool
mentions(struct slice text, struct slice handle)
{
	if (handle.n && handle.p[0] == '@')
		handle = (struct slice){handle.p + 1, handle.n - 1};
	for (size_t i = 0; handle.n && i + handle.n < text.n; i++)
		if (text.p[i] == '@' &&
		    slice_eq_nocase((struct slice){text.p + i + 1, handle.n}, handle) &&
		    (i + 1 + handle.n == text.n || !is_word(text.p[i + 1 + handle.n])))
			return true;
	return false;
}

static bool
is_summoned(struct office *o, const struct event *ev, const struct channel *c)
{
	const struct json_value *ref = office_value(o, ev, J_REF);
	struct json_value said = ref->type == JSON_OBJECT ? json_member(ref, SLICE("summoned")) : *ref;
	struct buf scratch = BUF_INIT;
	bool yes = said.type == JSON_TRUE;

	if (said.type != JSON_TRUE && said.type != JSON_FALSE)
		yes = mentions(json_string(office_value(o, ev, J_TEXT), &scratch), c->handle);
	buf_release(&scratch);
	return yes;
}

/* The parts as the network takes them: those that are too long are cut anew. */
static void
fit(struct job *job, const struct text_limit *limit, struct arena *a)
{
	struct slice *texts = NULL;
	size_t n = 0, cap = 0;

	for (int64_t i = 0; i < job->row.parts; i++) {
		struct slice rest = job->texts[i];
		bool whole = text_fits(rest, limit);

		do {
			texts = xgrow(texts, n, &cap, sizeof *texts);
			texts[n++] = whole ? rest : text_split(&rest, limit);
		} while (!whole && rest.n);
	}
	job->texts = arena_alloc(a, n * sizeof *texts);
	memcpy(job->texts, texts, n * sizeof *texts);
	job->row.parts = (int64_t)n;
	free(texts);
}

/* A reply is removed part by part: as many as it has. */
static int
parts_to_delete(struct office *o, struct job *job, const struct event *ev, struct arena *a,
    struct sme_err *err)
{
	struct json_value of = json_member(office_value(o, ev, J_REPLY), SLICE("of"));
	struct buf scratch = BUF_INIT;
	struct reply_key id = {job->row.id.tenant, json_string(&of, &scratch)};
	struct reply_row old;
	int found = o->ledger ? ledger_find(o->ledger, &id, a, &old, err) : 0;

	if (found == 1) {
		job->row.parts = old.parts;
		job->texts = arena_alloc(a, (size_t)old.parts * sizeof *job->texts);
		for (int64_t i = 0; i < old.parts; i++)
			job->texts[i] = SLICE("");
	}
	buf_release(&scratch);
	return found < 0 ? -1 : 0;
}

/*
 * The closed period is the one in which the mention came, not the one in which its answer goes: sweeps may
 * be late.  The route knows the calendar; without one it is that of the tenant.
 */
static int64_t
closed_until(const struct office *o, const struct event *ev, const struct channel *c, int64_t now)
{
	const struct json_value *after_hours = office_value(o, ev, J_AFTER_HOURS);
	int64_t at, opens;

	if (after_hours->type == JSON_FALSE)
		return 0;
	if (after_hours->type == JSON_TRUE) {
		opens = office_time(o, ev, J_OPENS_AT);
		return opens == TIME_NONE ? INT64_MAX : opens;
	}
	at = office_time(o, ev, J_CREATED);
	if (at == TIME_NONE || at > now)
		at = now;
	if (!c->hours || hours_is_open(c->hours, at))
		return 0;
	opens = hours_next_open(c->hours, at);
	return opens == TIME_NONE ? INT64_MAX : opens;
}

/* What the event alone does not say. */
static int
fill_row(struct office *o, const struct event *ev, const struct channel *c, struct job *job,
    struct buf *json, struct arena *a, struct sme_err *err)
{
	struct reply_row *row = &job->row;
	int64_t now = office_clock(o);

	row->account = c->name;
	if (slice_is(row->kind, "delete")) {
		if (parts_to_delete(o, job, ev, a, err) < 0)
			return -1;
	} else {
		fit(job, row->private ? &c->facts->direct : &c->facts->text, a);
	}
	row->closed_until = closed_until(o, ev, c, now);
	row->created = now;
	row->channel = row->channel.p ? row->channel : SLICE("");
	job_put(o->fields, ev, is_summoned(o, ev, c), json);
	row->job = buf_slice(json);
	return 0;
}

/* Is the reply that has this key this one? */
static bool
is_same(const struct reply_row *a, const struct reply_row *b)
{
	return slice_eq(a->kind, b->kind) && slice_eq(a->mention, b->mention) &&
	       a->text_hash == b->text_hash;
}

/* ---- what became of it ---- */

static union map_value *
told_of(struct office *o, const struct reply_key *id)
{
	struct buf key = BUF_INIT;
	union map_value *v;

	buf_adds(&key, id->tenant);
	buf_addc(&key, '\0');
	buf_adds(&key, id->key);
	v = map_put(&o->told, buf_slice(&key));
	buf_release(&key);
	return v;
}

/* Unless this run has said so already. */
static int
say(struct office *o, const struct reply_key *id, struct buf *out, struct sme_err *err)
{
	struct arena a = ARENA_INIT;
	union map_value *told = told_of(o, id);
	struct reply_row r;
	int found = ledger_find(o->ledger, id, &a, &r, err);

	if (found == 1 && r.revision > told->i) {
		found = tell(o->ledger, &r, channels_instance(o->channels, r.account), out, err);
		told->i = r.revision;
	}
	arena_release(&a);
	return found < 0 ? -1 : 0;
}

static bool
is_over(const struct reply_row *r)
{
	return slice_is(r->state, "sent") || slice_is(r->state, "failed") || slice_is(r->state, "held");
}

static enum office_result
take_new(struct office *o, const struct event *ev, struct job *job, struct arena *a,
    struct buf *after, struct sme_err *err)
{
	struct buf json = BUF_INIT;
	struct channel *c;
	enum office_result r = OFFICE_TAKEN;

	if (outbox_has(o->options.outbox, job->row.id.key))
		return OFFICE_NOT_OURS;
	if (channels_find(o->channels, job->row.id.tenant, job->row.network, job->row.channel,
	        job->row.mention, &c, err) < 0)
		return OFFICE_FAILED;
	if (!c)
		return OFFICE_NOT_OURS;
	if (fill_row(o, ev, c, job, &json, a, err) < 0)
		r = OFFICE_FAILED;
	else if (o->options.dry_run)
		r = office_describe(o, c, job, a, after, err);
	else if (ledger_add(o->ledger, &job->row, job->texts, job->row.created, err) < 0)
		r = OFFICE_FAILED;
	buf_release(&json);
	return r;
}

static enum office_result
take(struct office *o, const struct event *ev, struct job *job, struct arena *a,
    struct buf *after, struct sme_err *err)
{
	struct reply_row there = {0};
	int found = o->ledger ? ledger_find(o->ledger, &job->row.id, a, &there, err) : 0;
	enum office_result r;

	if (found < 0)
		return OFFICE_FAILED;
	if (found && !is_same(&there, &job->row)) {
		err_set(err, SME_DATA, "reply.key: %.*s is in sme.db for another reply",
		    SLICE_ARG(job->row.id.key));
		return OFFICE_BAD;
	}
	if (!found) {
		r = take_new(o, ev, job, a, after, err);
		if (r != OFFICE_TAKEN)
			return r;
	}
	if (o->options.dry_run)
		return OFFICE_TAKEN;
	if (office_keep_seen(o, err) < 0 ||
	    (!is_over(&there) && deliver(&o->deliverer, &job->row.id, err) < 0) ||
	    say(o, &job->row.id, after, err) < 0)
		return OFFICE_FAILED;
	return OFFICE_TAKEN;
}

enum office_result
office_take(struct office *o, const struct event *ev, struct buf *after, struct sme_err *err)
{
	struct arena a = ARENA_INIT;
	struct job job;
	enum office_result r = OFFICE_NOT_OURS;

	if (event_is(ev, "mention"))
		office_see(o, ev);
	switch (job_read(o->fields, ev, &a, &job, err)) {
	case JOB_NONE:
		break;
	case JOB_BAD:
		r = OFFICE_BAD;
		break;
	case JOB_SEND:
		r = take(o, ev, &job, &a, after, err);
		break;
	}
	arena_release(&a);
	return r;
}

static struct reply_key
key_of(const struct map_item *item)
{
	struct reply_key id;

	id.key = item->key;
	slice_cut(&id.key, '\0', &id.tenant);
	return id;
}

/* Of what an earlier run had no time to say. */
static int
say_untold(struct office *o, struct buf *out, struct sme_err *err)
{
	struct arena a = ARENA_INIT;
	struct reply_key after = {0};
	struct reply_row r;
	int found;

	while ((found = ledger_next_untold(o->ledger, slice_of(o->options.tenant), &after, &a, &r,
	            err)) == 1) {
		if (say(o, &r.id, out, err) < 0) {
			found = -1;
			break;
		}
		after = r.id;
	}
	arena_release(&a);
	return found;
}

/* Of what this run took, and another publisher was at. */
static int
say_rest(struct office *o, struct buf *out, struct sme_err *err)
{
	for (size_t i = 0; i < o->told.n; i++) {
		struct reply_key id = key_of(&o->told.items[i]);

		if (o->told.items[i].value.i == 0 && say(o, &id, out, err) < 0)
			return -1;
	}
	return 0;
}

int
office_resume(struct office *o, int64_t longest, struct buf *out, struct sme_err *err)
{
	struct arena a = ARENA_INIT;
	struct reply_row r = {0}, last;
	int64_t begin = time_now_ms();
	int found;

	if (o->options.dry_run)
		return 0;
	do {
		last = r;
		found = ledger_next_due(o->ledger, slice_of(o->options.tenant), &last, office_clock(o),
		    &a, &r, err);
		if (found == 1 && deliver(&o->deliverer, &r.id, err) < 0)
			found = -1;
	} while (found == 1 && time_now_ms() - begin < longest);
	arena_release(&a);
	if (found < 0 || say_untold(o, out, err) < 0 || say_rest(o, out, err) < 0)
		return -1;
	return found;
}

int
office_next(struct office *o, int64_t longest, int64_t *wait, struct sme_err *err)
{
	int64_t due, now = office_clock(o);

	*wait = 0;
	if (o->options.dry_run)
		return 0;
	if (ledger_wake(o->ledger, slice_of(o->options.tenant), &due, err) < 0)
		return -1;
	if (due == PART_NEVER || due - now > longest)
		return 0;
	*wait = due - now < BUSY_PAUSE ? BUSY_PAUSE : due - now;
	return 0;
}

void
office_waited(struct office *o, int64_t ms)
{
	o->waited += ms;
}

static int
store_told(struct office *o, struct sme_err *err)
{
	for (size_t i = 0; i < o->told.n; i++) {
		struct reply_key id = key_of(&o->told.items[i]);

		if (ledger_told(o->ledger, &id, o->told.items[i].value.i, err) < 0)
			return -1;
	}
	return 0;
}

int
office_told(struct office *o, struct sme_err *err)
{
	if (o->options.dry_run)
		return 0;
	if (office_keep_seen(o, err) < 0)
		return -1;
	if (!o->told.n)
		return 0;
	if (db_begin(ledger_db(o->ledger), err) < 0)
		return -1;
	if (store_told(o, err) < 0) {
		db_rollback(ledger_db(o->ledger));
		return -1;
	}
	return db_commit(ledger_db(o->ledger), err);
}

void
office_left(struct office *o, size_t *later, size_t *person)
{
	struct sme_err err;

	*later = *person = 0;
	for (size_t i = 0; !o->options.dry_run && i < o->told.n; i++) {
		struct reply_key id = key_of(&o->told.items[i]);
		struct arena a = ARENA_INIT;
		struct reply_row r;

		if (ledger_find(o->ledger, &id, &a, &r, &err) == 1 && !is_over(&r)) {
			/* A gate opens by itself, and a post has its time. */
			bool known = r.gate.p || (r.revision == 0 && r.due > office_clock(o));

			*later += r.due != PART_NEVER && !known;
			*person += r.due == PART_NEVER;
		}
		arena_release(&a);
	}
}
