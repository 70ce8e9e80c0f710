/*
 * What may happen to a case, and what it does to the tables.
 *
 *	open      network channel author handle name direct lang, and what "route" has
 *	route     queue skills relax overflow priority due sla
 *	claim     lease; the actor holds the case        release   nobody does
 *	assign    agent, or null                         wait, close, reopen
 *	note      id text                                tag, untag  tag
 *	forward   department due                         return
 *	reply     text key fence; approve  key           (the answer itself is a `reply` event)
 *	correct   a head and its right label, for sme-train
 *	link      a b evidence confidence; unlink  a b   agent  id name skills queues capacity networks online
 *	erase     stubs: [seq, content, hash] of the events whose content is gone
 */
#include <stdio.h>
#include <string.h>

#include "cases/cases_int.h"
#include "core/mem.h"
#include "core/rfc3339.h"

/* Of every statement: ?1 tenant, ?2 key, ?3 at, ?4 actor, ?5 data, ?6 seq. */
struct apply {
	const char *action;
	const char *sql[3]; /* one after the other */
};

/* A priority that is out of all reason is the highest one, so that the rank stays a whole number. */
#define ROUTE                                                                                      \
	"queue = coalesce(?5 ->> 'queue', queue), skills = CASE json_type(?5, '$.skills') WHEN 'array' THEN " \
	"?5 -> 'skills' ELSE skills END, "                                                         \
	"relax = CASE json_type(?5, '$.relax') WHEN 'array' THEN ?5 -> 'relax' END, overflow = CASE " \
	"json_type(?5, '$.overflow') WHEN 'object' THEN ?5 -> 'overflow' END, "                     \
	"need = CASE json_type(?5, '$.skills') WHEN 'array' THEN ?5 -> 'skills' ELSE skills END, "  \
	"step = CASE WHEN json_type(?5, '$.relax') = 'array' OR json_type(?5, '$.overflow') = 'object' THEN 0 END, " \
	"priority = min(1e9, max(-1e9, coalesce(CAST(?5 ->> 'priority' AS REAL), priority))), "    \
	"due = CAST(?5 ->> 'due' AS INTEGER), sla = ?5 ->> 'sla' "
#define CASE "WHERE tenant = ?1 AND key = ?2"
#define SET  "UPDATE case_file SET changed = ?6, "
#define TOUCH "UPDATE case_file SET changed = ?6 " CASE
#define FILE "(SELECT id FROM case_file " CASE ")"

static const struct apply applies[] = {
    {"open",
	{"INSERT INTO case_file (tenant, key, network, channel, author, handle, name, direct, lang, "
	 "changed) VALUES (?1, ?2, ?5 ->> 'network', ?5 ->> 'channel', ?5 ->> 'author', ?5 ->> 'handle', "
	 "?5 ->> 'name', coalesce(?5 ->> 'direct', 0), ?5 ->> 'lang', ?6)",
	    SET ROUTE CASE}},
    {"route", {SET ROUTE CASE}},
    {"claim",
	{SET "holder = ?4, lease = ?5 ->> 'lease', fence = fence + 1, agent = ?4 " CASE,
	    "UPDATE case_agent SET turn = ?6 WHERE tenant = ?1 AND id = ?4 AND ?2 = ?2"}},
    {"release",
	{SET "agent = nullif(agent, holder), holder = NULL, lease = 0 " CASE}},
    {"assign",
	{SET "agent = ?5 ->> 'agent', holder = NULL, lease = 0, fence = fence + 1 " CASE,
	    "UPDATE case_agent SET turn = ?6, served = served + 1 WHERE tenant = ?1 AND id = ?5 ->> 'agent' "
	    "AND ?2 = ?2"}},
    {"wait", {SET "status = 'waiting' " CASE}},
    {"close",
	{SET "status = 'closed', closed = ?3, holder = NULL, lease = 0, department = NULL, department_due = NULL " CASE}},
    {"reopen", {SET "status = 'open', closed = NULL " CASE}},
    {"note",
	{"INSERT INTO case_message (file, tenant, event, type, at, author, text) VALUES (" FILE
	 ", ?1, ?5 ->> 'id', 'note', ?3, ?4, ?5 ->> 'text')",
	    "INSERT INTO case_search (rowid, text) SELECT id, text FROM case_message WHERE tenant = ?1 AND "
	    "event = ?5 ->> 'id' AND ?2 = ?2",
	    TOUCH}},
    {"tag",
	{"INSERT OR IGNORE INTO case_tag (file, tag) VALUES (" FILE ", ?5 ->> 'tag')",
	    TOUCH}},
    {"untag", {"DELETE FROM case_tag WHERE file = " FILE " AND tag = ?5 ->> 'tag'", TOUCH}},
    {"forward",
	{SET "department = ?5 ->> 'department', department_due = ?5 ->> 'due' " CASE}},
    {"return", {SET "department = NULL, department_due = NULL " CASE}},
    {"reply", {TOUCH}},
    {"approve", {TOUCH}},
    {"correct", {TOUCH}},
    {"link",
	{"INSERT OR REPLACE INTO case_link (tenant, a, b, evidence, confidence, actor, at) VALUES (?1, "
	 "min(?5 ->> 'a', ?5 ->> 'b'), max(?5 ->> 'a', ?5 ->> 'b'), coalesce(?5 ->> 'evidence', ''), "
	 "coalesce(CAST(?5 ->> 'confidence' AS REAL), 1), ?4, ?3)"}},
    {"unlink",
	{"DELETE FROM case_link WHERE tenant = ?1 AND a = min(?5 ->> 'a', ?5 ->> 'b') AND "
	 "b = max(?5 ->> 'a', ?5 ->> 'b')"}},
    {"agent",
	{"INSERT INTO case_agent (tenant, id, name, skills, queues, capacity, networks, online) VALUES (?1, "
	 "?5 ->> 'id', ?5 ->> 'name', coalesce(?5 -> 'skills', '[]'), coalesce(?5 -> 'queues', '[]'), "
	 "coalesce(?5 ->> 'capacity', 5), coalesce(?5 -> 'networks', '{}'), coalesce(?5 ->> 'online', 0)) "
	 "ON CONFLICT (tenant, id) DO UPDATE SET name = coalesce(excluded.name, name), "
	 "skills = coalesce(?5 -> 'skills', skills), queues = coalesce(?5 -> 'queues', queues), "
	 "capacity = coalesce(?5 ->> 'capacity', capacity), networks = coalesce(?5 -> 'networks', networks), "
	 "online = coalesce(?5 ->> 'online', online)"}},
    {"erase", {NULL}},
};

/* SQLite counts the parameters of a statement by the highest one: so many are bound. */
static const char *
types_for(const char *sql, char types[8])
{
	static const char all[] = "ttitti";
	int n = 0;

	for (int i = 1; i <= 6; i++) {
		char name[3] = {'?', (char)('0' + i), '\0'};

		if (strstr(sql, name))
			n = i;
	}
	memcpy(types, all, (size_t)n);
	types[n] = '\0';
	return types;
}

static int
apply_sql(struct cases *c, const char *sql, const struct case_event *e, struct sme_err *err)
{
	char types[8];
	struct slice data = e->data.p ? e->data : SLICE("{}");

	return db_run(c->db, sql, err, types_for(sql, types), e->tenant, e->key, e->at, e->actor, data,
	    e->seq);
}

static const struct apply *
find_action(struct slice name)
{
	for (size_t i = 0; i < sizeof applies / sizeof *applies; i++)
		if (slice_is(name, applies[i].action))
			return &applies[i];
	return NULL;
}

/* ---- what happens by itself ---- */

#define MS(time)       "unixepoch(" time ") * 1000"
#define OVERFLOW_AT    MS("f.overflow ->> 'at'")
#define RELAXED(when)                                                                              \
	"FROM json_each(f.relax) r WHERE CASE r.type WHEN 'object' THEN " MS("r.value ->> 'at'") " " when \
	" AND json_type(r.value, '$.skills') = 'array' END "

static const char has_steps[] = "SELECT 1 FROM case_file INDEXED BY case_file_step WHERE tenant = ? AND step <= ? LIMIT 1";

static const char take_steps[] = "UPDATE case_file AS f SET "
    "need = coalesce((SELECT r.value -> 'skills' " RELAXED("<= ?2") "ORDER BY r.key DESC LIMIT 1), f.skills), "
    "queue = CASE WHEN " OVERFLOW_AT " <= ?2 AND f.agent IS NULL AND f.status = 'open' THEN "
    "coalesce(nullif(f.overflow ->> 'queue', ''), f.queue) ELSE f.queue END, "
    "overflow = CASE WHEN " OVERFLOW_AT " <= ?2 THEN NULL ELSE f.overflow END, "
    "step = (SELECT min(at) FROM (SELECT " MS("r.value ->> 'at'") " AS at " RELAXED("> ?2") "UNION ALL SELECT "
    OVERFLOW_AT " WHERE " OVERFLOW_AT " > ?2)) WHERE tenant = ?1 AND step <= ?2";

int
case_step(struct cases *c, struct slice tenant, int64_t now, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, has_steps, err, "ti", tenant, now);
	int r = st ? db_step(c->db, st, err) : -1;

	if (r <= 0)
		return r;
	db_done(st);
	return db_run(c->db, take_steps, err, "ti", tenant, now);
}

int
case_apply(struct cases *c, const struct case_event *e, struct sme_err *err)
{
	const struct apply *a = find_action(e->action);

	if (!a)
		return err_set(err, SME_DATA, "there is no action \"%.*s\"", SLICE_ARG(e->action));
	if (case_step(c, e->tenant, e->at, err) < 0)
		return -1;
	for (int i = 0; i < 3 && a->sql[i]; i++)
		if (apply_sql(c, a->sql[i], e, err) < 0)
			return -1;
	/* What came late has steps behind it already. */
	return case_step(c, e->tenant, e->at, err);
}

int
case_event_put(struct cases *c, const struct case_event *e, struct sme_err *err)
{
	/* What is erased has neither salt nor time. */
	return db_run(c->db, "INSERT INTO case_event (seq, tenant, key, author, at, actor, action, data, salt, "
	    "content, hash) VALUES (?1, ?2, ?3, ?4, iif(?9 IS NULL, NULL, ?5), ?6, ?7, ?8, ?9, ?10, ?11)", err, "itttitttttt",
	    e->seq, e->tenant, e->key, e->author, e->at, e->actor, e->action, e->data, e->salt,
	    slice_of(e->content), slice_of(e->hash));
}

/* The end of the chain. */
static int
last_event(struct cases *c, int64_t *seq, char hash[CASE_HASH_SIZE], struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db,
	    "SELECT seq, hash FROM case_event ORDER BY seq DESC LIMIT 1", err, "");
	int r = st ? db_step(c->db, st, err) : -1;

	*seq = 0;
	hash[0] = '\0';
	if (r <= 0)
		return r;
	*seq = db_int(st, 0);
	snprintf(hash, CASE_HASH_SIZE, "%.*s", SLICE_ARG(db_text(st, 1)));
	db_done(st);
	return 0;
}

int64_t
case_find(struct cases *c, struct slice tenant, struct slice key, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT id FROM case_file WHERE tenant = ? AND key = ?",
	    err, "tt", tenant, key);
	int r = st ? db_step(c->db, st, err) : -1;
	int64_t id;

	if (r <= 0)
		return r;
	id = db_int(st, 0);
	db_done(st);
	return id;
}

/* Who wrote the case, copied into B: erasing a person in the log goes by it. */
static int
author_of(struct cases *c, struct slice tenant, struct slice key, struct buf *b, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT author FROM case_file WHERE tenant = ? AND key = ?",
	    err, "tt", tenant, key);
	int r = st ? db_step(c->db, st, err) : -1;

	if (r > 0) {
		buf_adds(b, db_text(st, 0));
		db_done(st);
	}
	return r < 0 ? -1 : 0;
}

int
case_record(struct cases *c, const struct case_action *a, int64_t *seq, struct sme_err *err)
{
	struct case_event e = {.tenant = a->tenant,
	    .key = a->key,
	    .author = a->author,
	    .at = a->at == TIME_NONE ? cases_now(c) : a->at,
	    .actor = a->actor,
	    .action = a->action,
	    .data = a->data.p ? a->data : SLICE("{}")};
	char prev[CASE_HASH_SIZE], salt[33];
	struct buf author = BUF_INIT;
	int r = last_event(c, &e.seq, prev, err);

	if (r == 0 && a->key.p && !a->author.p)
		r = author_of(c, a->tenant, a->key, &author, err);
	if (author.n)
		e.author = buf_slice(&author);
	if (r == 0) {
		chain_salt(salt);
		e.salt = slice_of(salt);
		e.seq++;
		chain_content(&e, e.content);
		chain_hash(prev, e.seq, e.content, e.hash);
		*seq = e.seq;
		r = case_event_put(c, &e, err) < 0 ? -1 : case_apply(c, &e, err);
	}
	buf_release(&author);
	return r;
}

/* ---- what follows from the messages ---- */

int
case_refresh(struct cases *c, int64_t file, struct sme_err *err)
{
	return db_run(c->db, "UPDATE case_file SET "
	    /* Not what was deleted since. */
	    "subject = (SELECT substr(coalesce(nullif(raw ->> 'title', ''), text), 1, 120) FROM case_message WHERE file = ?1 "
	    "AND type = 'mention' AND state IS NOT 'deleted' ORDER BY at, event LIMIT 1), "
	    "opened = (SELECT min(at) FROM case_message WHERE file = ?1 AND type = 'mention'), "
	    "last = (SELECT max(at) FROM case_message WHERE file = ?1 AND type != 'note'), "
	    "first_answer = (SELECT min(at) FROM case_message WHERE file = ?1 AND type = 'reply' AND auto = 0), "
	    "unanswered = (SELECT min(at) FROM case_message WHERE file = ?1 AND type = 'mention' AND at > "
	    "coalesce((SELECT max(at) FROM case_message WHERE file = ?1 AND type = 'reply' AND auto = 0), "
	    "-9223372036854775807)) WHERE id = ?1", err, "i", file);
}

/* ---- actions from outside ---- */

int
case_unknown(struct slice tenant, struct slice key, struct sme_err *err)
{
	return err_set(err, SME_NOINPUT, "tenant %.*s has no case \"%.*s\"; sme-case list shows them",
	    SLICE_ARG(tenant), SLICE_ARG(key));
}

/*
 * Has the department of A had the case since it last came back, but for the one that has it now, whose clock
 * may be set anew?  Then it goes round in a circle, and nobody answers.
 */
static int
check_circle(struct cases *c, const struct case_action *a, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT ?3 ->> 'department', f.department FROM case_file f WHERE "
	    "f.tenant = ?1 AND f.key = ?2 AND f.department != ?3 ->> 'department' AND EXISTS (SELECT 1 FROM case_event e "
	    "WHERE e.tenant = ?1 AND e.key = ?2 AND e.action = 'forward' AND e.data ->> 'department' = ?3 ->> 'department' "
	    "AND e.seq > coalesce((SELECT max(seq) FROM case_event WHERE tenant = ?1 AND key = ?2 AND action IN "
	    "('return', 'close')), 0))", err, "ttt", a->tenant, a->key, a->data);
	int r = st ? db_step(c->db, st, err) : -1;

	if (r <= 0)
		return r;
	r = err_set(err, SME_TEMPFAIL, "%.*s had the case already, and %.*s has it now; take it back with --return first",
	    SLICE_ARG(db_text(st, 0)), SLICE_ARG(db_text(st, 1)));
	db_done(st);
	return r;
}

/* What stands in the way; 0 when nothing does. */
static int
check_state(struct cases *c, const struct case_action *a, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT status, holder, lease, fence, ?3 ->> 'fence', department "
	    "FROM case_file WHERE tenant = ?1 AND key = ?2", err, "ttt", a->tenant, a->key,
	    a->data.p ? a->data : SLICE("{}"));
	int r = st ? db_step(c->db, st, err) : -1;
	struct slice holder;

	if (r <= 0)
		return r < 0 ? -1 : case_unknown(a->tenant, a->key, err);
	holder = db_text(st, 1);
	r = 0;
	if (slice_is(a->action, "wait") && slice_is(db_text(st, 0), "closed"))
		r = err_set(err, SME_TEMPFAIL, "the case is closed; reopen it first");
	else if (slice_is(a->action, "reopen") && slice_is(db_text(st, 0), "open"))
		r = err_set(err, SME_TEMPFAIL, "the case is open");
	else if (slice_is(a->action, "close") && slice_is(db_text(st, 0), "closed"))
		r = err_set(err, SME_TEMPFAIL, "the case is closed already");
	else if (slice_is(a->action, "return") && !db_text(st, 5).p)
		r = err_set(err, SME_TEMPFAIL, "no department has the case");
	else if (slice_is(a->action, "release") && !holder.p)
		r = err_set(err, SME_TEMPFAIL, "nobody holds the case");
	else if ((slice_is(a->action, "release") || slice_is(a->action, "reply") ||
	             slice_is(a->action, "close")) &&
	         holder.p && db_int(st, 2) > cases_now(c) && !slice_eq(holder, a->actor))
		r = err_set(err, SME_TEMPFAIL, "%.*s holds the case", SLICE_ARG(holder));
	else if (slice_is(a->action, "reply") && db_text(st, 4).p && db_int(st, 4) != db_int(st, 3))
		r = err_set(err, SME_TEMPFAIL, "the claim is stale: its token is %lld, that of the case %lld",
		    (long long)db_int(st, 4), (long long)db_int(st, 3));
	db_done(st);
	return r == 0 && slice_is(a->action, "forward") ? check_circle(c, a, err) : r;
}

int
case_do(struct cases *c, const struct case_action *a, struct sme_err *err)
{
	int64_t seq;

	if (a->key.p && check_state(c, a, err) < 0)
		return -1;
	return case_record(c, a, &seq, err);
}
