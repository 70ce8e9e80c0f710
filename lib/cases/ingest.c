/* Mentions, replies and deletes of the stream. */
#include <inttypes.h>

#include "cases/cases_int.h"
#include "config/config.h"
#include "core/rfc3339.h"
#include "stream/thread.h"

static int64_t
time_of(const struct json_node *n, const char *key)
{
	int64_t ms;

	return rfc3339_parse(node_text(n, key), &ms) ? ms : TIME_NONE;
}

static struct slice
tenant_of(const struct json_node *n)
{
	struct slice t = node_text(n, "tenant");

	return t.n ? t : SLICE("default");
}

static void
put_key(struct buf *b, const struct json_node *event)
{
	thread_put(b, node_bool(event, "direct", false), node_text(event, "channel"),
	    node_text(node_get(event, "author"), "id"), node_text(event, "thread"), node_text(event, "id"));
}

static void
put_text_member(struct buf *b, const char *key, struct slice s)
{
	if (!s.p)
		return;
	buf_printf(b, "%s\"%s\":", b->n > 1 ? "," : "", key);
	json_put_string(b, s);
}

static void
put_time_member(struct buf *b, const char *key, int64_t ms)
{
	if (ms != TIME_NONE)
		buf_printf(b, "%s\"%s\":%" PRId64, b->n > 1 ? "," : "", key, ms);
}

static void
put_node_member(struct buf *b, const char *key, const struct json_node *n)
{
	if (!n)
		return;
	buf_printf(b, "%s\"%s\":", b->n > 1 ? "," : "", key);
	node_put(b, n);
}

/* What sme-route and sme-score found, times as numbers. */
static void
put_route(struct buf *b, const struct json_node *event)
{
	const struct json_node *route = node_get(event, "route"), *score = node_get(event, "score");
	const struct json_node *priority = node_get(route, "priority");

	put_text_member(b, "queue", node_text(route, "queue"));
	put_node_member(b, "skills", node_get(route, "skills"));
	put_node_member(b, "relax", node_get(route, "relax"));
	put_node_member(b, "overflow", node_get(route, "overflow"));
	put_node_member(b, "priority", priority ? priority : node_get(score, "priority"));
	put_time_member(b, "due", time_of(route, "due_at"));
	put_text_member(b, "sla", node_text(route, "sla"));
}

static void
put_open(struct buf *b, const struct json_node *event)
{
	const struct json_node *author = node_get(event, "author");
	struct slice lang = node_text(node_get(node_get(event, "class"), "lang"), "code");

	buf_addc(b, '{');
	put_text_member(b, "network", node_text(event, "network"));
	put_text_member(b, "channel", node_text(event, "channel"));
	put_text_member(b, "author", node_text(author, "id"));
	put_text_member(b, "handle", node_text(author, "handle"));
	put_text_member(b, "name", node_text(author, "name"));
	put_text_member(b, "lang", lang.p ? lang : node_text(event, "lang_hint"));
	buf_printf(b, "%s\"direct\":%d", b->n > 1 ? "," : "", node_bool(event, "direct", false));
	put_route(b, event);
	buf_addc(b, '}');
}

static int
record(struct cases *c, const struct json_node *event, struct slice key, const char *action,
    struct slice data, struct sme_err *err)
{
	struct case_action a = {.tenant = tenant_of(event),
	    .key = key,
	    .action = slice_of(action),
	    .data = data,
	    .author = node_text(node_get(event, "author"), "id"),
	    .at = TIME_NONE};
	int64_t seq;

	return case_record(c, &a, &seq, err);
}

/* ---- messages ---- */

/* The words of a message for the search. */
static int
index_message(struct cases *c, const struct json_node *event, struct sme_err *err)
{
	struct slice tenant = tenant_of(event), id = node_text(event, "id");

	if (db_run(c->db, "DELETE FROM case_search WHERE rowid = (SELECT id FROM case_message WHERE tenant = ? AND event = ?)",
	        err, "tt", tenant, id) < 0)
		return -1;
	return db_run(c->db, "INSERT INTO case_search (rowid, text) SELECT id, text FROM case_message WHERE tenant = ? AND "
	    "event = ? AND text IS NOT NULL", err, "tt", tenant, id);
}

static int64_t
revision_of(const struct json_node *event)
{
	double n = node_number(event, "revision", 0);

	return n >= 0 && n <= 9007199254740992.0 ? (int64_t)n : 0;
}

/* The mention that a reply is for. */
static struct slice
answered(const struct json_node *reply)
{
	struct slice to = node_text(reply, "in_reply_to");

	return to.p ? to : node_text(reply, "mention");
}

/* 1: new or a later revision, 0: known, -1 with ERR. */
static int
put_message(struct cases *c, int64_t file, const struct json_node *event, const char *type, bool automatic,
    struct sme_err *err)
{
	int64_t at = time_of(event, "created_at"), fetched = time_of(event, "fetched_at");
	bool mention = slice_is(slice_of(type), "mention");
	struct slice none = {NULL, 0};

	buf_clear(&c->text);
	if (mention)
		node_put(&c->text, event);
	if (at == TIME_NONE || (fetched != TIME_NONE && at > fetched))
		at = fetched == TIME_NONE ? 0 : fetched;
	if (db_run(c->db, "INSERT INTO case_message (file, tenant, event, type, at, author, text, url, state, auto, "
	    "revision, raw, answers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, event) DO UPDATE SET "
	    "text = excluded.text, state = excluded.state, revision = excluded.revision, raw = excluded.raw "
	    "WHERE state IS NOT 'deleted' AND (excluded.revision > revision OR (excluded.revision = revision AND "
	    "excluded.state IS NOT state))", err, "itttittttiitt", file,
	    tenant_of(event), node_text(event, "id"), slice_of(type), at,
	    node_text(node_get(event, "author"), "id"), node_text(event, "text"), node_text(event, "url"),
	    node_text(event, "state"), (int64_t)automatic, revision_of(event),
	    mention ? buf_slice(&c->text) : none, mention ? none : answered(event)) < 0)
		return -1;
	if (db_changes(c->db) == 0)
		return 0;
	return index_message(c, event, err) < 0 ? -1 : 1;
}

/* Does the status of the case ask to be opened again by a message of the customer? */
static int
is_asleep(struct cases *c, int64_t file, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT status != 'open' FROM case_file WHERE id = ?", err,
	    "i", file);
	int r = st ? db_step(c->db, st, err) : -1;

	if (r > 0) {
		r = (int)db_int(st, 0);
		db_done(st);
	}
	return r;
}

/* A case that is there: what is new about it. */
static int
continue_case(struct cases *c, int64_t file, const struct json_node *event, struct slice key,
    struct sme_err *err)
{
	struct buf data = BUF_INIT;
	int r = is_asleep(c, file, err);

	if (r > 0)
		r = record(c, event, key, "reopen", (struct slice){NULL, 0}, err);
	if (r == 0 && node_get(event, "route")) {
		buf_addc(&data, '{');
		put_route(&data, event);
		buf_addc(&data, '}');
		r = record(c, event, key, "route", buf_slice(&data), err);
	}
	buf_release(&data);
	return r;
}

static int
open_case(struct cases *c, const struct json_node *event, struct slice key, struct sme_err *err)
{
	struct buf data = BUF_INIT;
	int r;

	put_open(&data, event);
	r = record(c, event, key, "open", buf_slice(&data), err);
	buf_release(&data);
	return r;
}

/* What sme-route gave to nobody: our own posts, and what is to be ignored. */
static bool
is_no_work(const struct json_node *event)
{
	const struct json_node *route = node_get(event, "route");

	return !route || slice_is(node_text(route, "action"), "ignore");
}

static int
take_mention(struct cases *c, const struct json_node *event, struct sme_err *err)
{
	struct buf key = BUF_INIT;
	int64_t file;
	int r = 0, fresh;

	put_key(&key, event);
	file = case_find(c, tenant_of(event), buf_slice(&key), err);
	/* However often a case is made again from the log. */
	if (is_no_work(event)) {
		buf_release(&key);
		return file < 0 ? -1 : 0;
	}
	if (file == 0 && !c->replaying) {
		r = open_case(c, event, buf_slice(&key), err);
		if (r == 0)
			file = case_find(c, tenant_of(event), buf_slice(&key), err);
		if (r == 0 && file > 0)
			r = put_message(c, file, event, "mention", false, err) < 0 ? -1 : 0;
	} else if (file > 0) {
		fresh = put_message(c, file, event, "mention", false, err);
		r = fresh < 0 ? -1 : 0;
		if (fresh > 0 && !c->replaying)
			r = continue_case(c, file, event, buf_slice(&key), err);
	}
	if (r == 0 && file > 0)
		r = case_refresh(c, file, err);
	buf_release(&key);
	return file < 0 ? -1 : r;
}

/* The case of the mention that is answered. */
static int64_t
file_of_message(struct cases *c, struct slice tenant, struct slice event, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT file FROM case_message WHERE tenant = ? AND event = ?",
	    err, "tt", tenant, event);
	int r = st ? db_step(c->db, st, err) : -1;
	int64_t file;

	if (r <= 0)
		return r;
	file = db_int(st, 0);
	db_done(st);
	return file;
}

static int
take_reply(struct cases *c, const struct json_node *event, struct sme_err *err)
{
	struct slice to = answered(event), source = node_text(event, "source");
	bool automatic = slice_starts(source, SLICE("snippet:")) && node_bool(event, "auto", false);
	int64_t file;

	if (!to.p || !slice_is(node_text(event, "state"), "sent"))
		return 0;
	file = file_of_message(c, tenant_of(event), to, err);
	if (file <= 0)
		return file < 0 ? -1 : 0;
	if (put_message(c, file, event, "reply", automatic, err) < 0)
		return -1;
	return case_refresh(c, file, err);
}

/* The words go; that there were some stays. */
static int
take_delete(struct cases *c, const struct json_node *event, struct sme_err *err)
{
	struct slice tenant = tenant_of(event), id = node_text(event, "id");
	int64_t file;

	if (db_run(c->db, "UPDATE case_message SET text = '', raw = NULL, state = 'deleted' WHERE tenant = ? AND event = ? "
	        "AND state IS NOT 'deleted'", err, "tt", tenant, id) < 0)
		return -1;
	if (!db_changes(c->db))
		return 0;
	file = file_of_message(c, tenant, id, err);
	return file < 0 || index_message(c, event, err) < 0 ? -1 : case_refresh(c, file, err);
}

int
cases_take(struct cases *c, const struct json_node *event, struct sme_err *err)
{
	struct slice type = node_text(event, "type");

	if (!node_text(event, "id").n)
		return 0;
	if (slice_is(type, "mention"))
		return take_mention(c, event, err);
	if (slice_is(type, "reply"))
		return take_reply(c, event, err);
	return slice_is(type, "delete") ? take_delete(c, event, err) : 0;
}
