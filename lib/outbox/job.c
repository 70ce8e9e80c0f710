#include "outbox/job.h"

#include <stdio.h>

#include "core/hash.h"
#include "core/rfc3339.h"
#include "outbox/outbox.h"
#include "reply/machine.h"
#include "stream/thread.h"

static const char *const paths[J_COUNT] = {
    [J_ID] = "id",
    [J_TENANT] = "tenant",
    [J_NETWORK] = "network",
    [J_CHANNEL] = "channel",
    [J_KIND] = "kind",
    [J_CREATED] = "created_at",
    [J_THREAD] = "thread",
    [J_IN_REPLY_TO] = "in_reply_to",
    [J_URL] = "url",
    [J_DIRECT] = "direct",
    [J_AFTER_HOURS] = "route.after_hours",
    [J_OPENS_AT] = "route.opens_at",
    [J_AUTO] = "auto",
    [J_AUTHOR] = "author",
    [J_AUTHOR_ID] = "author.id",
    [J_AUTHOR_BOT] = "author.bot",
    [J_SCORE_BOT] = "score.bot",
    [J_REF] = "ref",
    [J_TEXT] = "text",
    [J_LANG] = "class.lang.code",
    [J_LANG_HINT] = "lang_hint",
    [J_STATE] = "state",
    [J_AT] = "at",
    [J_KEY] = "key",
    [J_SOURCE] = "source",
    [J_BY] = "by",
    [J_EXPIRES] = "expires_at",
    [J_TO_ID] = "to.id",
    [J_PART_KEY] = "part_key",
    [J_REPLY] = "reply",
    [J_REPLY_STATE] = "reply.state",
};

void
job_plan(struct scan_plan *plan, int fields[J_COUNT])
{
	for (int i = 0; i < J_COUNT; i++)
		fields[i] = scan_plan_add(plan, paths[i]);
}

/* One event being read. */
struct reader {
	const int *fields;
	const struct event *ev;
	struct arena *a;
	bool post;
};

static const struct json_value *
value(const struct reader *r, enum job_field f)
{
	return &r->ev->values[r->fields[f]];
}

/* The value that the reply of a mention, or a post itself, has under NAME. */
static struct json_value
said(const struct reader *r, enum job_field of_post, const char *name)
{
	static const struct json_value missing = {.type = JSON_MISSING};
	const struct json_value *reply = value(r, J_REPLY);

	if (r->post)
		return *value(r, of_post);
	return reply->type == JSON_OBJECT ? json_member(reply, slice_of(name)) : missing;
}

static struct slice
text_of(const struct reader *r, const struct json_value *v)
{
	struct buf scratch = BUF_INIT;
	struct slice s = json_string(v, &scratch);

	if (s.p)
		s = arena_dup(r->a, s);
	buf_release(&scratch);
	return s;
}

static struct slice
field_text(const struct reader *r, enum job_field f)
{
	return text_of(r, value(r, f));
}

static struct reader
reader_of(const int *fields, const struct event *ev, struct arena *a)
{
	return (struct reader){fields, ev, a, event_is(ev, "post")};
}

bool
job_is(const int fields[J_COUNT], const struct event *ev)
{
	if (event_is(ev, "mention"))
		return json_is(&ev->values[fields[J_REPLY_STATE]], SLICE("approved"));
	return event_is(ev, "post") && json_is(&ev->values[fields[J_STATE]], SLICE("approved"));
}

/* The parts: a list of texts, or (of a post) one. */
static int
read_texts(const struct reader *r, struct job *job, struct sme_err *err)
{
	struct json_value text = said(r, J_TEXT, "text"), part;
	const char *name = r->post ? "text" : "reply.text";
	size_t n = 0;

	if (text.type == JSON_STRING && r->post) {
		job->texts = arena_alloc(r->a, sizeof *job->texts);
		job->texts[n++] = text_of(r, &text);
	} else if (text.type == JSON_ARRAY) {
		for (struct json_iter it = json_each(&text); json_next(&it, NULL, &part);)
			n++;
		job->texts = arena_alloc(r->a, (n + 1) * sizeof *job->texts);
		n = 0;
		for (struct json_iter it = json_each(&text); json_next(&it, NULL, &part);)
			job->texts[n++] = text_of(r, &part);
	}
	job->row.parts = (int64_t)n;
	for (size_t i = 0; i < n; i++)
		if (!slice_trim(job->texts[i]).n)
			n = 0;
	if (!n)
		return err_set(err, SME_DATA, "%s: expected a list of texts", name);
	return 0;
}

/* A text to say that two replies say the same. */
static int64_t
hash_texts(const struct job *job)
{
	uint64_t h = 0;

	for (int64_t i = 0; i < job->row.parts; i++)
		h = hash64(job->texts[i].p, job->texts[i].n, h);
	return (int64_t)(h >> 1);
}

int64_t
job_thread(bool direct, struct slice channel, struct slice author, struct slice thread, struct slice id)
{
	struct buf key = BUF_INIT;
	int64_t hash;

	thread_put(&key, direct, channel, author, thread, id);
	hash = (int64_t)(hash64(key.p, key.n, 0) >> 1);
	buf_release(&key);
	return hash ? hash : 1;
}

static bool
is_kind(struct slice kind)
{
	return slice_is(kind, "reply") || slice_is(kind, "edit") || slice_is(kind, "delete");
}

static int
read_kind(const struct reader *r, struct job *job, struct sme_err *err)
{
	struct json_value kind = said(r, J_KIND, "kind"), of;

	job->row.kind = r->post ? SLICE("post") : SLICE("reply");
	if (r->post || kind.type == JSON_MISSING || kind.type == JSON_NULL)
		return 0;
	job->row.kind = text_of(r, &kind);
	if (!is_kind(job->row.kind))
		return err_set(err, SME_DATA, "reply.kind: expected \"reply\", \"edit\" or \"delete\"");
	of = json_member(value(r, J_REPLY), SLICE("of"));
	if (!slice_is(job->row.kind, "reply") && of.type != JSON_STRING)
		return err_set(err, SME_DATA, "reply.of: expected the key of the reply to %.*s",
		    SLICE_ARG(job->row.kind));
	return 0;
}

/* An answer with a source is automatic unless it says that it is not, or whose it is. */
static bool
is_automatic(const struct reader *r)
{
	struct json_value automatic = said(r, J_AUTO, "auto"), by = said(r, J_BY, "by");

	if (automatic.type == JSON_TRUE)
		return true;
	return automatic.type != JSON_FALSE && !(by.type == JSON_STRING && by.n > 2);
}

static bool
is_private(const struct reader *r)
{
	struct json_value private = said(r, J_DIRECT, "private");

	if (private.type == JSON_TRUE || private.type == JSON_FALSE)
		return private.type == JSON_TRUE;
	return json_bool(value(r, J_DIRECT));
}

static int
read_time(const struct reader *r, struct job *job, struct sme_err *err)
{
	struct slice at = field_text(r, J_AT);

	job->row.due = 0;
	if (!r->post || value(r, J_AT)->type == JSON_MISSING || value(r, J_AT)->type == JSON_NULL)
		return 0;
	if (!at.p || !rfc3339_parse(at, &job->row.due))
		return err_set(err, SME_DATA, "at: expected a time such as 2026-11-22T09:30:00Z");
	return 0;
}

enum job_kind
job_read(const int fields[J_COUNT], const struct event *ev, struct arena *a, struct job *job,
    struct sme_err *err)
{
	struct reader r = reader_of(fields, ev, a);
	struct json_value key;
	struct reply_row *row = &job->row;

	*job = (struct job){0};
	if (!job_is(fields, ev))
		return JOB_NONE;
	key = said(&r, J_KEY, "key");
	row->id.key = text_of(&r, &key);
	row->id.tenant = field_text(&r, J_TENANT);
	if (!row->id.tenant.p)
		row->id.tenant = SLICE("default");
	row->network = field_text(&r, J_NETWORK);
	row->channel = field_text(&r, J_CHANNEL);
	if (!row->id.key.p || !outbox_key_ok(row->id.key)) {
		err_set(err, SME_DATA, "%s: expected 8 to 64 letters and digits",
		    r.post ? "key" : "reply.key");
		return JOB_BAD;
	}
	if (read_kind(&r, job, err) < 0 || read_time(&r, job, err) < 0)
		return JOB_BAD;
	if (slice_is(row->kind, "delete")) {
		job->texts = arena_zalloc(a, sizeof *job->texts);
		job->texts[0] = SLICE("");
		row->parts = 1;
	} else if (read_texts(&r, job, err) < 0) {
		return JOB_BAD;
	}
	if (!r.post) {
		row->mention = field_text(&r, J_ID);
		row->author = field_text(&r, J_AUTHOR_ID);
		if (!row->mention.n) {
			err_set(err, SME_DATA, "id: expected the id of the mention that is answered");
			return JOB_BAD;
		}
		row->thread = job_thread(json_bool(value(&r, J_DIRECT)), row->channel, row->author,
		    field_text(&r, J_THREAD), row->mention);
	}
	row->text_hash = hash_texts(job);
	row->automatic = is_automatic(&r);
	row->private = is_private(&r);
	job->mention_text = *value(&r, J_TEXT);
	return JOB_SEND;
}

static void
put(struct buf *out, const char *name, const struct json_value *v)
{
	if (v->type == JSON_MISSING)
		return;
	buf_printf(out, ",\"%s\":", name);
	buf_adds(out, json_raw(v));
}

static void
put_mention(const struct reader *r, struct buf *out)
{
	static const struct {
		const char *name;
		enum job_field field;
	} members[] = {
	    {"kind", J_KIND},
	    {"created_at", J_CREATED},
	    {"thread", J_THREAD},
	    {"in_reply_to", J_IN_REPLY_TO},
	    {"url", J_URL},
	    {"direct", J_DIRECT},
	    {"auto", J_AUTO},
	    {"author", J_AUTHOR},
	    {"ref", J_REF},
	};

	buf_puts(out, ",\"mention\":{\"id\":");
	buf_adds(out, json_raw(value(r, J_ID)));
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		put(out, members[i].name, value(r, members[i].field));
	buf_puts(out, "}");
}

void
job_put(const int fields[J_COUNT], const struct event *ev, bool summoned, struct buf *out)
{
	struct reader r = reader_of(fields, ev, NULL);
	struct json_value text = said(&r, J_TEXT, "text"), source = said(&r, J_SOURCE, "source"),
			  by = said(&r, J_BY, "by"), expires = said(&r, J_EXPIRES, "expires_at"),
			  of = said(&r, J_REPLY, "of"), file = said(&r, J_REPLY, "case"),
			  fence = said(&r, J_REPLY, "fence");
	const struct json_value *lang = value(&r, J_LANG);
	bool bot = json_bool(value(&r, J_AUTHOR_BOT)) ||
	           json_number(value(&r, J_SCORE_BOT), 0) >= REPLY_BOT;

	buf_printf(out, "{\"bot\":%s,\"summoned\":%s", bot ? "true" : "false",
	    summoned ? "true" : "false");
	put(out, "text", &text);
	put(out, "source", &source);
	put(out, "by", &by);
	put(out, "expires_at", &expires);
	put(out, "lang", lang->type == JSON_STRING ? lang : value(&r, J_LANG_HINT));
	if (!r.post) {
		put(out, "of", &of);
		put(out, "case", &file);
		put(out, "fence", &fence);
		put_mention(&r, out);
	}
	buf_addc(out, '}');
}
