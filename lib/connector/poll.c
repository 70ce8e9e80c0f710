#include "connector/poll.h"

#include <stdlib.h>

#include "connector/poll_int.h"
#include "connector/value.h"
#include "core/mem.h"
#include "core/rfc3339.h"

/* Between two polls of an account that fails, in ms. */
#define BACKOFF_MIN INT64_C(15000)
#define BACKOFF_MAX INT64_C(1800000)

/* How often what was read is remembered within a poll, in ms. */
#define KEEP_EVERY 1000

struct poll *
poll_open(const struct account *a, struct connector *c, struct vault *v, unsigned requests_max)
{
	struct poll *p = xcalloc(1, sizeof *p);

	p->account = a;
	p->connector = c;
	p->vault = v;
	p->requests_max = requests_max ? requests_max : POLL_REQUESTS_MAX;
	p->cursor = p->stack = p->later = p->request = p->gaps = p->made = jv_null();
	p->seen_to = TIME_NONE;
	return p;
}

void
poll_close(struct poll *p)
{
	if (!p)
		return;
	exchange_close(p->x);
	record_sink_release(&p->sink);
	jv_free(p->cursor);
	jv_free(p->stack);
	jv_free(p->later);
	jv_free(p->request);
	jv_free(p->gaps);
	jv_free(p->made);
	free(p);
}

void
poll_alone(struct poll *p)
{
	p->alone = true;
}

static void next(struct poll *p);

static int64_t
clock_of(const struct poll *p)
{
	return p->d->now == TIME_NONE ? time_now_ms() / 1000 * 1000 : p->d->now;
}

/* ---- the end ---- */

static void
add_gap(struct poll *p, const char *reason)
{
	char text[RFC3339_SIZE];
	jv gap = jv_object();

	gap = jv_object_set(gap, jv_string("from"),
	    p->seen_to == TIME_NONE ? jv_null() : jv_string(rfc3339_format(p->seen_to, text)));
	gap = jv_object_set(gap, jv_string("to"), jv_string(rfc3339_format(p->began, text)));
	gap = jv_object_set(gap, jv_string("reason"), jv_string(reason));
	p->gaps = jv_array_append(p->gaps, gap);
}

/* The first reason is the one that is told. */
static void
not_all(struct poll *p, const char *reason)
{
	if (!*p->reason)
		snprintf(p->reason, sizeof p->reason, "%s", reason);
}

static void
count(struct poll *p)
{
	drive_count(p->d, p->sink.events - p->counted, p->sink.rejected - p->counted_rejected);
	p->counted = p->sink.events;
	p->counted_rejected = p->sink.rejected;
}

/* An account that fails is left alone for longer and longer, in a run that stays on. */
static void
back_off(struct poll *p)
{
	int64_t wait = BACKOFF_MIN;

	if (strcmp(p->reason, "error") != 0) {
		p->failures = 0;
		return;
	}
	for (unsigned i = 0; i < p->failures && wait < BACKOFF_MAX; i++)
		wait *= 2;
	p->failures++;
	if (wait > p->wait)
		p->wait = wait < BACKOFF_MAX ? wait : BACKOFF_MAX;
}

#define DAY (INT64_C(24) * 3600 * 1000)

/* Two weeks before the credentials end, and then once a day. */
static void
warn_of_end(struct poll *p)
{
	int64_t now = clock_of(p), ends = exchange_ends(p->x);
	char at[RFC3339_SIZE], text[300];

	if (ends == TIME_NONE || ends - now >= 14 * DAY || (p->warned && now - p->warned < DAY))
		return;
	p->warned = now;
	snprintf(text, sizeof text, "the credentials %s at %s; bring new ones to entry %.100s of the vault",
	    ends < now ? "ended" : "end", rfc3339_format(ends, at), p->account->secret.p);
	drive_warn(p->d, text);
}

/* Where no event can tell of them. */
static void
tell_gaps(struct poll *p)
{
	jv_array_foreach(p->gaps, i, gap) {
		jv reason = value_get(gap, "reason");
		struct sme_err err;

		err_set(&err, SME_DATA, "%s", value_text(reason).p ? value_text(reason).p : "not all was read");
		drive_fail(p->d, &err);
		jv_free(reason);
		jv_free(gap);
	}
}

static void
finish(struct poll *p)
{
	struct drive *d = p->d;
	char text[120];

	if (!p->requests && !*p->reason) { /* so nothing was seen, either */
		drive_note(d, "there is nothing to ask its network for; what is pushed comes by sme-hook");
		drive_done(d, 0);
		return;
	}
	back_off(p);
	if (*p->reason && !p->alone) {
		add_gap(p, p->reason);
		snprintf(text, sizeof text, "not all was seen (%s), the next poll goes on", p->reason);
		drive_note(d, text);
	} else {
		p->seen_to = p->began;
	}
	warn_of_end(p);
	p->sink.now = clock_of(p);
	if (p->alone)
		tell_gaps(p);
	else
		poll_put_coverage(p);
	record_alerts(&p->sink, p->account);
	poll_store(p);
	count(p);
	drive_commit(d);
	drive_done(d, p->wait);
}

static bool
has_mark(jv request, const char *mark)
{
	return !value_is_nothing(value_get(request, mark));
}

/*
 * Nothing more can be asked in this look; the requests are kept for the next.  After an error those of
 * `start` are not, for it will make them again.
 */
static void
stop(struct poll *p, const char *reason)
{
	bool error = strcmp(reason, "error") == 0;

	jv_array_foreach(p->stack, i, request) {
		if (error && has_mark(request, "first"))
			jv_free(request);
		else
			p->later = jv_array_append(p->later, request);
	}
	jv_free(p->stack);
	p->stack = jv_array();
	not_all(p, reason);
	finish(p);
}

/* ---- a page ---- */

/* What a connector could not read is kept for a person. */
static void
reject_answer(struct poll *p, jv response, const struct sme_err *err)
{
	struct buf raw = BUF_INIT;

	value_dump(&raw, value_get(response, "body"));
	rejects_add(p->d->rejects, p->account->name.p, 0, err->text, buf_slice(&raw));
	drive_count(p->d, 0, 1);
	buf_release(&raw);
	not_all(p, "error");
}

static bool
was_made(const struct poll *p, jv request)
{
	bool was = false;

	jv_array_foreach(p->made, i, one)
		was = jv_equal(one, jv_copy(request)) || was;
	return was;
}

/* The requests of LIST, the first one on top; FIRST: of `start`.  Consumes LIST. */
static void
push(struct poll *p, jv list, bool first)
{
	int n = jv_get_kind(list) == JV_KIND_ARRAY ? jv_array_length(jv_copy(list)) : 0;

	while (n-- > 0) {
		jv request = jv_array_get(jv_copy(list), n);

		if (first && jv_get_kind(request) == JV_KIND_OBJECT)
			request = jv_object_set(request, jv_string("first"), jv_true());
		if (first && was_made(p, request))
			jv_free(request);
		else
			p->stack = jv_array_append(p->stack, request);
	}
	jv_free(list);
}

static void
take_coverage(struct poll *p, jv coverage)
{
	jv from = value_get(coverage, "from"), gaps = value_get(coverage, "gaps");
	int64_t at;

	if (p->seen_to == TIME_NONE && rfc3339_parse(value_text(from), &at) &&
	    (p->from == TIME_NONE || at < p->from))
		p->from = at;
	if (jv_get_kind(gaps) == JV_KIND_ARRAY)
		p->gaps = jv_array_concat(p->gaps, exchange_plain(gaps));
	else
		jv_free(gaps);
	jv_free(from);
	jv_free(coverage);
}

/* One output of `page`, consumed. */
static int
take_output(struct poll *p, jv response, jv output, struct sme_err *err)
{
	jv cursor = exchange_plain(value_get(output, "cursor"));
	int rc = record_events(p->connector, p->account, exchange_account_jv(p->x),
	    exchange_plain(value_get(output, "records")), value_get(response, "request"), &p->sink, err);

	if (rc == 0) {
		push(p, value_get(output, "next"), false);
		if (jv_get_kind(cursor) == JV_KIND_OBJECT)
			p->cursor = jv_object_merge(p->cursor, jv_copy(cursor));
		take_coverage(p, value_get(output, "coverage"));
	}
	jv_free(cursor);
	jv_free(output);
	return rc;
}

static int
take_page(struct poll *p, jv response, struct sme_err *err)
{
	jv outputs;
	int rc = 0;

	p->sink.now = clock_of(p);
	if (exchange_call(p->x, CALL_PAGE, jv_copy(p->cursor), jv_copy(response), &outputs, err) < 0)
		return -1;
	jv_array_foreach(outputs, i, output) {
		if (rc == 0)
			rc = take_output(p, response, output, err);
		else
			jv_free(output);
	}
	jv_free(outputs);
	return rc;
}

/* ---- requests ---- */

static void
set_aside(struct poll *p)
{
	p->later = jv_array_append(p->later, jv_copy(p->request));
}

/*
 * What failed is asked for once more by the next poll, which then goes on from there.  A request that
 * fails again is given up: the connector's cursor has not moved on, so what it would have told comes
 * with the next `start`.
 */
static void
set_aside_failed(struct poll *p, bool again)
{
	if (!has_mark(p->request, "first") && (again || !has_mark(p->request, "again")))
		set_aside(p);
}

static bool
is_optional(const struct poll *p, const struct answer *a)
{
	return (a->status == 403 || a->status == 404) &&
	       !value_is_nothing(value_get(p->request, "optional"));
}

/* It did not work.  True when others may be asked all the same. */
static bool
take_failure(struct poll *p, const struct answer *a)
{
	if (is_optional(p, a)) {
		drive_note(p->d, a->err.text);
		return true;
	}
	if (a->class == ANSWER_TRANSIENT && a->retry_after > 0) {
		set_aside(p);
		not_all(p, "rate limit");
		drive_note(p->d, a->err.text);
		if (a->retry_after > p->wait)
			p->wait = a->retry_after;
		return true;
	}
	drive_fail(p->d, &a->err);
	not_all(p, "error");
	if (a->class == ANSWER_TRANSIENT || a->class == ANSWER_AUTH)
		set_aside_failed(p, a->class == ANSWER_AUTH || a->status == 0);
	return a->class != ANSWER_AUTH && a->status != 0;
}

/*
 * What was read is remembered once a second: a sync for each page would be most of the time of a poll.
 * After a kill the pages of the last second come again.  False: nobody takes the output.
 */
static bool
keep_page(struct poll *p)
{
	int64_t now = time_now_ms();

	if (now >= p->kept_at && now - p->kept_at < KEEP_EVERY) {
		writer_flush(p->d->out);
		return true;
	}
	p->kept_at = now;
	poll_store(p);
	return drive_commit(p->d) == 1;
}

static void
on_answer(void *ctx, struct answer *a)
{
	struct poll *p = ctx;
	struct sme_err err;

	if (a->class != ANSWER_OK) {
		if (take_failure(p, a))
			next(p);
		else
			stop(p, "error");
		return;
	}
	if (take_page(p, a->response, &err) < 0) {
		reject_answer(p, a->response, &err);
		next(p);
		return;
	}
	count(p);
	if (keep_page(p))
		next(p);
	else
		drive_done(p->d, 0);
}

static jv
without_mark(jv request, const char *mark)
{
	request = jv_copy(request);
	return jv_get_kind(request) == JV_KIND_OBJECT ? jv_object_delete(request, jv_string(mark))
	                                              : request;
}

static void
start(struct poll *p)
{
	struct sme_err err;
	jv outputs;

	p->started = true;
	if (exchange_call(p->x, CALL_START, jv_copy(p->cursor), jv_null(), &outputs, &err) < 0) {
		drive_fail(p->d, &err);
		stop(p, "error");
		return;
	}
	jv_array_foreach(outputs, i, list)
		push(p, list, true);
	jv_free(outputs);
	next(p);
}

static void
next(struct poll *p)
{
	int n = jv_array_length(jv_copy(p->stack));

	if (drive_stopped(p->d)) {
		drive_done(p->d, 0);
	} else if (!n && !p->started && (!*p->reason || strcmp(p->reason, "error") == 0)) {
		start(p);
	} else if (!n) {
		finish(p);
	} else if (p->requests >= p->requests_max) {
		stop(p, "page limit");
	} else {
		p->requests++;
		jv_free(p->request);
		p->request = jv_array_get(jv_copy(p->stack), n - 1);
		p->stack = jv_array_slice(p->stack, 0, n - 1);
		if (!p->started)
			p->made = jv_array_append(p->made, without_mark(p->request, "again"));
		exchange_submit(p->x, jv_copy(p->request), on_answer, p);
	}
}

static void
on_login(void *ctx, struct answer *a)
{
	struct poll *p = ctx;

	if (a->class == ANSWER_OK) {
		next(p);
		return;
	}
	drive_fail(p->d, &a->err);
	p->wait = a->retry_after;
	stop(p, "error");
}

static void
begin(void *state, struct drive *d)
{
	struct poll *p = state;
	const struct exchange_run run = {d->http, p->vault, d->now};
	struct sme_err err;

	p->d = d;
	if (!p->x)
		p->x = exchange_open(p->account, p->connector, &run);
	if (poll_load(p, &err) < 0) {
		drive_fail(d, &err);
		drive_done(d, 0);
		return;
	}
	p->sink.out = d->out;
	p->sink.rejects = d->rejects;
	p->sink.html = d->html;
	p->sink.events = p->sink.rejected = p->counted = p->counted_rejected = 0;
	p->began = d->now == TIME_NONE ? time_now_ms() : d->now;
	p->from = p->seen_to;
	p->requests = 0;
	p->kept_at = time_now_ms();
	p->started = false;
	p->wait = 0;
	p->reason[0] = '\0';
	jv_free(p->gaps);
	p->gaps = jv_array();
	jv_free(p->made);
	p->made = jv_array();
	exchange_submit_login(p->x, on_login, p);
}

const struct source_driver poll_driver = {.begin = begin};
