#include "outbox/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "stream/thread.h"

enum field {
	F_ID,
	F_TENANT,
	F_NETWORK,
	F_CHANNEL,
	F_THREAD,
	F_URL,
	F_DIRECT,
	F_AUTHOR_ID,
	F_HANDLE,
	F_STATE,
	F_TEXT,
	F_SOURCE,
	F_KEY,
	F_CASE,
	F_FENCE,
	F_AUTO,
	F_BY,
	F_EXPIRES,
	F_AFTER_HOURS,
	F_OPENS,
	F_COUNT
};

static const char *const field_paths[F_COUNT] = {
    [F_ID] = "id",
    [F_TENANT] = "tenant",
    [F_NETWORK] = "network",
    [F_CHANNEL] = "channel",
    [F_THREAD] = "thread",
    [F_URL] = "url",
    [F_DIRECT] = "direct",
    [F_AUTHOR_ID] = "author.id",
    [F_HANDLE] = "author.handle",
    [F_STATE] = "reply.state",
    [F_TEXT] = "reply.text",
    [F_SOURCE] = "reply.source",
    [F_KEY] = "reply.key",
    [F_CASE] = "reply.case",
    [F_FENCE] = "reply.fence",
    [F_AUTO] = "reply.auto",
    [F_BY] = "reply.by",
    [F_EXPIRES] = "reply.expires_at",
    [F_AFTER_HOURS] = "route.after_hours",
    [F_OPENS] = "route.opens_at",
};

/* What is read back from a stored reply event. */
enum stored_field { S_TYPE, S_TENANT, S_IN_REPLY_TO, S_COUNT };

static const char *const stored_paths[S_COUNT] = {
    [S_TYPE] = "type",
    [S_TENANT] = "tenant",
    [S_IN_REPLY_TO] = "in_reply_to",
};

struct publisher {
	int fields[F_COUNT];
	struct scan_plan *stored_plan;
	int stored[S_COUNT];
};

struct publisher_run {
	struct scanner *scanner; /* of stored events */
	struct buf line, stored, id, other;
	struct outbox *once; /* inside of the directory, made when first needed: marks for what goes once */
};

struct publisher *
publisher_new(struct scan_plan *plan)
{
	struct publisher *p = xcalloc(1, sizeof *p);

	for (int i = 0; i < F_COUNT; i++)
		p->fields[i] = scan_plan_add(plan, field_paths[i]);
	p->stored_plan = scan_plan_new();
	for (int i = 0; i < S_COUNT; i++)
		p->stored[i] = scan_plan_add(p->stored_plan, stored_paths[i]);
	return p;
}

void
publisher_free(struct publisher *p)
{
	if (!p)
		return;
	scan_plan_free(p->stored_plan);
	free(p);
}

struct publisher_run *
publisher_run_new(const struct publisher *p)
{
	struct publisher_run *run = xcalloc(1, sizeof *run);

	run->scanner = scanner_new(p->stored_plan);
	run->line = run->stored = run->id = run->other = (struct buf)BUF_INIT;
	return run;
}

void
publisher_run_free(struct publisher_run *run)
{
	if (!run)
		return;
	scanner_free(run->scanner);
	outbox_close(run->once);
	buf_release(&run->line);
	buf_release(&run->stored);
	buf_release(&run->id);
	buf_release(&run->other);
	free(run);
}

static const struct json_value *
field(const struct publisher *p, const struct event *ev, enum field f)
{
	return &ev->values[p->fields[f]];
}

/* What stands between the quotes of a string, escapes as they are. */
static struct slice
inside(const struct json_value *v)
{
	return (struct slice){v->p + 1, v->n - 2};
}

static void
put_member(struct buf *b, const char *name, const struct json_value *v)
{
	buf_printf(b, ",\"%s\":", name);
	if (v->type == JSON_MISSING)
		buf_puts(b, "null");
	else
		buf_adds(b, json_raw(v));
}

static void
put_string_member(struct buf *b, const char *name, const struct json_value *v)
{
	static const struct json_value missing = {.type = JSON_MISSING};

	put_member(b, name, v->type == JSON_STRING ? v : &missing);
}

/* All parts as one text, and as a list when there are several. */
static void
put_text(struct buf *b, const struct json_value *text, bool as_list)
{
	struct json_iter it = json_each(text);
	struct json_value part;
	bool first = true;

	buf_puts(b, as_list ? "[" : "\"");
	while (json_next(&it, NULL, &part)) {
		if (!first)
			buf_addc(b, as_list ? ',' : ' ');
		first = false;
		buf_adds(b, as_list ? json_raw(&part) : inside(&part));
	}
	buf_puts(b, as_list ? "]" : "\"");
}

static void
put_state(struct buf *b, const struct gate_verdict *held)
{
	if (!held) {
		buf_puts(b, ",\"state\":\"sent\"");
		return;
	}
	buf_printf(b, ",\"state\":\"held\",\"gate\":\"%s\",\"reason\":", held->gate);
	json_put_string(b, slice_of(held->reason));
}

/* The reply event; HELD: why it is not out, or NULL.  Strings go over as they were written: nothing is
 * lost, and they are valid. */
static void
put_event(const struct publisher *p, const struct event *ev, int64_t now, const struct gate_verdict *held,
    struct buf *b)
{
	const struct json_value *tenant = field(p, ev, F_TENANT);
	struct slice name = tenant->type == JSON_STRING ? inside(tenant) : SLICE("default");
	struct slice key = inside(field(p, ev, F_KEY));

	buf_printf(b, "{\"type\":\"reply\",\"id\":\"outbox:%.*s:%.*s\",\"tenant\":\"%.*s\"",
	    SLICE_ARG(name), SLICE_ARG(key), SLICE_ARG(name));
	put_string_member(b, "network", field(p, ev, F_NETWORK));
	put_string_member(b, "channel", field(p, ev, F_CHANNEL));
	put_member(b, "in_reply_to", field(p, ev, F_ID));
	buf_puts(b, ",\"created_at\":\"");
	rfc3339_put(b, now);
	buf_puts(b, "\",\"text\":");
	put_text(b, field(p, ev, F_TEXT), false);
	put_state(b, held);
	buf_printf(b, ",\"key\":\"%.*s\",\"via\":\"outbox\",\"parts\":", SLICE_ARG(key));
	put_text(b, field(p, ev, F_TEXT), true);
	put_string_member(b, "source", field(p, ev, F_SOURCE));
	put_string_member(b, "thread", field(p, ev, F_THREAD));
	put_string_member(b, "url", field(p, ev, F_URL));
	buf_puts(b, json_bool(field(p, ev, F_DIRECT)) ? ",\"direct\":true" : ",\"direct\":false");
	buf_puts(b, ",\"to\":{\"id\":");
	buf_adds(b, field(p, ev, F_AUTHOR_ID)->type == JSON_STRING ?
	    json_raw(field(p, ev, F_AUTHOR_ID)) : SLICE("null"));
	put_string_member(b, "handle", field(p, ev, F_HANDLE));
	buf_puts(b, "}}\n");
}

/* At least one part, and each a text that is not empty. */
static bool
text_ok(const struct json_value *text)
{
	struct json_iter it = json_each(text);
	struct json_value part;
	size_t n = 0;

	if (text->type != JSON_ARRAY)
		return false;
	for (; json_next(&it, NULL, &part); n++)
		if (part.type != JSON_STRING || part.n <= 2)
			return false;
	return n > 0;
}

static enum publish_result
check(const struct publisher *p, const struct event *ev, struct slice *key, struct sme_err *err)
{
	const struct json_value *k = field(p, ev, F_KEY), *id = field(p, ev, F_ID);

	if (!json_is(field(p, ev, F_STATE), SLICE("approved")))
		return PUBLISH_NOTHING;
	*key = k->type == JSON_STRING ? inside(k) : (struct slice){NULL, 0};
	if (!outbox_key_ok(*key))
		err_set(err, SME_DATA, "reply.key: expected 8 to 64 letters and digits");
	else if (!text_ok(field(p, ev, F_TEXT)))
		err_set(err, SME_DATA, "reply.text: expected a list of texts");
	else if (id->type != JSON_STRING || id->n <= 2)
		err_set(err, SME_DATA, "id: expected the id of the mention that is answered");
	else
		return PUBLISH_SENT;
	return PUBLISH_BAD;
}

/* Are both the same string, however it is escaped? */
static bool
same_string(struct publisher_run *run, const struct json_value *a, const struct json_value *b)
{
	buf_clear(&run->id);
	buf_clear(&run->other);
	return a->type == JSON_STRING && b->type == JSON_STRING &&
	       slice_eq(json_string(a, &run->id), json_string(b, &run->other));
}

/* Is the stored line a whole reply event to this mention of this tenant? */
static bool
is_ours(const struct publisher *p, struct publisher_run *run, const struct event *ev)
{
	const struct json_value *tenant = field(p, ev, F_TENANT), *values;
	struct slice line = buf_slice(&run->stored);

	if (!line.n || memchr(line.p, '\n', line.n) != line.p + line.n - 1)
		return false;
	if (!buf_reserve(&run->stored, SCAN_PADDING) ||
	    scanner_scan(run->scanner, run->stored.p, run->stored.n - 1) < 0)
		return false;
	values = run->scanner->values;
	if (tenant->type == JSON_STRING ? !same_string(run, tenant, &values[p->stored[S_TENANT]])
					: !json_is(&values[p->stored[S_TENANT]], SLICE("default")))
		return false;
	return json_is(&values[p->stored[S_TYPE]], SLICE("reply")) &&
	       same_string(run, field(p, ev, F_ID), &values[p->stored[S_IN_REPLY_TO]]);
}

bool
publish_is_claimed(const struct publisher *p, const struct event *ev)
{
	return json_is(field(p, ev, F_STATE), SLICE("approved")) &&
	       field(p, ev, F_CASE)->type == JSON_STRING && field(p, ev, F_FENCE)->type == JSON_NUMBER;
}

enum publish_result
publish_claim(const struct publisher *p, struct publisher_run *run, struct db *desk,
    const struct event *ev, struct gate_verdict *v, struct sme_err *err)
{
	struct slice tenant = SLICE("default");
	int open;

	v->gate = NULL;
	if (!desk || !publish_is_claimed(p, ev))
		return PUBLISH_SENT;
	buf_clear(&run->id);
	buf_clear(&run->other);
	if (field(p, ev, F_TENANT)->type == JSON_STRING)
		tenant = json_string(field(p, ev, F_TENANT), &run->id);
	open = gate_claim(desk, tenant, json_string(field(p, ev, F_CASE), &run->other),
	    json_number(field(p, ev, F_FENCE), -1), v, err);
	return open < 0 ? PUBLISH_FAILED : open ? PUBLISH_SENT : PUBLISH_HELD;
}

/* Put the line of RUN into the outbox, where EV may have sent it before. */
static enum publish_result
put(const struct publisher *p, struct publisher_run *run, struct outbox *outbox, const struct event *ev,
    struct slice key, struct sme_err *err)
{
	if (outbox_put(outbox, key, buf_slice(&run->line), &run->stored, err) < 0)
		return PUBLISH_FAILED;
	if (is_ours(p, run, ev))
		return PUBLISH_SENT;
	err_set(err, SME_DATA, "reply.key: %.*s.json in the outbox is damaged or answers another "
	    "mention", SLICE_ARG(key));
	return PUBLISH_BAD;
}

/* The same under a claim.  Inside of a transaction of the desk, so that nobody can claim meanwhile; it
 * writes nothing there. */
static enum publish_result
put_claimed(const struct publisher *p, struct publisher_run *run, struct outbox *outbox, struct db *desk,
    const struct event *ev, struct slice key, struct gate_verdict *v, struct sme_err *err)
{
	enum publish_result r;

	if (db_begin(desk, err) < 0)
		return PUBLISH_FAILED;
	r = publish_claim(p, run, desk, ev, v, err);
	if (r == PUBLISH_SENT)
		r = put(p, run, outbox, ev, key, err);
	db_rollback(desk);
	return r;
}

/* ---- what does not go ---- */

static int64_t
time_in(struct publisher_run *run, const struct json_value *v)
{
	int64_t at;

	buf_clear(&run->other);
	return rfc3339_parse(json_string(v, &run->other), &at) ? at : TIME_NONE;
}

static bool
is_automatic(const struct publisher *p, const struct event *ev)
{
	enum json_type said = field(p, ev, F_AUTO)->type;
	const struct json_value *by = field(p, ev, F_BY);

	if (said == JSON_TRUE || said == JSON_FALSE)
		return said == JSON_TRUE;
	return !(by->type == JSON_STRING && by->n > 2);
}

/* The name of the mark: author, thread and closed period. */
static void
put_mark(const struct publisher *p, struct publisher_run *run, const struct event *ev, struct buf *name)
{
	static const enum field parts[] = {F_TENANT, F_CHANNEL, F_AUTHOR_ID, F_THREAD, F_ID};
	struct buf text[5] = {BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT}, b = BUF_INIT;
	struct slice s[5];

	for (size_t i = 0; i < 5; i++)
		s[i] = json_string(field(p, ev, parts[i]), &text[i]);
	json_put_string(&b, s[0].p ? s[0] : SLICE("default"));
	json_put_string(&b, s[2].p ? s[2] : SLICE(""));
	buf_printf(&b, "%lld ", (long long)time_in(run, field(p, ev, F_OPENS)));
	thread_put(&b, json_bool(field(p, ev, F_DIRECT)), s[1], s[2], s[3], s[4]);
	buf_printf(name, "%016" PRIx64 "%016" PRIx64, hash64(b.p, b.n, 0), hash64(b.p, b.n, 1));
	for (size_t i = 0; i < 5; i++)
		buf_release(&text[i]);
	buf_release(&b);
}

/*
 * One automatic answer an author, thread and closed period, see sme-publish(1): whoever leaves the mark
 * first.  The mark is there before the answer, and says which it is for, so that a run that was killed
 * between the two is made good.  1: KEY is the one, 0: it is not, -1 with ERR.
 */
static int
is_first(const struct publisher *p, struct publisher_run *run, const struct outbox *outbox,
    const struct event *ev, struct slice key, struct sme_err *err)
{
	struct buf name = BUF_INIT, mark = BUF_INIT, there = BUF_INIT;
	int r = -1;

	if (!is_automatic(p, ev) || field(p, ev, F_AFTER_HOURS)->type != JSON_TRUE)
		return 1;
	put_mark(p, run, ev, &name);
	buf_printf(&mark, "{\"key\":\"%.*s\"}\n", SLICE_ARG(key));
	if (!run->once)
		run->once = outbox_open_in(outbox, "once", err);
	if (run->once)
		r = outbox_put(run->once, buf_slice(&name), buf_slice(&mark), &there, err);
	if (r == 0)
		r = slice_eq(buf_slice(&mark), buf_slice(&there));
	buf_release(&name);
	buf_release(&mark);
	buf_release(&there);
	return r;
}

/* The gates of the directory but for the claim: PUBLISH_SENT when they are open. */
static enum publish_result
gates(const struct publisher *p, struct publisher_run *run, const struct outbox *outbox,
    const struct event *ev, struct slice key, int64_t now, struct gate_verdict *v, struct sme_err *err)
{
	int64_t end = time_in(run, field(p, ev, F_EXPIRES));
	char text[RFC3339_SIZE];
	int first;

	if (end != TIME_NONE && now >= end) {
		v->gate = "approval";
		snprintf(v->reason, sizeof v->reason, "the approval ended at %s", rfc3339_format(end, text));
		return PUBLISH_HELD;
	}
	first = is_first(p, run, outbox, ev, key, err);
	if (first)
		return first < 0 ? PUBLISH_FAILED : PUBLISH_SENT;
	v->gate = "duplicate";
	snprintf(v->reason, sizeof v->reason, "%s", GATE_ANSWERED);
	return PUBLISH_HELD;
}

enum publish_result
publish_event(const struct publisher *p, struct publisher_run *run, struct outbox *outbox,
    struct db *desk, const struct event *ev, int64_t now, struct buf *after, struct sme_err *err)
{
	struct gate_verdict v;
	struct slice key;
	enum publish_result r = check(p, ev, &key, err);

	if (r != PUBLISH_SENT)
		return r;
	buf_clear(&run->line);
	put_event(p, ev, now, NULL, &run->line);
	if (run->line.n > SCAN_LINE_MAX) {
		err_set(err, SME_DATA, "reply.text: too long");
		return PUBLISH_BAD;
	}
	/* What is out is out, whoever has claimed the case since. */
	if (outbox_has(outbox_dir(outbox), key))
		r = put(p, run, outbox, ev, key, err);
	else if (desk && publish_is_claimed(p, ev))
		r = put_claimed(p, run, outbox, desk, ev, key, &v, err);
	else if ((r = gates(p, run, outbox, ev, key, now, &v, err)) == PUBLISH_SENT)
		r = put(p, run, outbox, ev, key, err);
	if (r == PUBLISH_SENT)
		buf_adds(after, buf_slice(&run->stored));
	else if (r == PUBLISH_HELD)
		put_event(p, ev, now, &v, after);
	return r;
}

enum publish_result
publish_preview(const struct publisher *p, const struct event *ev, int64_t now, struct slice *key,
    struct buf *line, struct sme_err *err)
{
	enum publish_result r = check(p, ev, key, err);

	if (r == PUBLISH_SENT)
		put_event(p, ev, now, NULL, line);
	return r;
}
