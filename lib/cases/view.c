/* Cases to look at: each row is a JSON object that SQLite puts together. */
#include <string.h>

#include "cases/cases_int.h"
#include "core/rfc3339.h"

/* A time as RFC 3339, or null. */
#define TIME(x) "CASE WHEN " x " IS NULL THEN NULL ELSE strftime('%Y-%m-%dT%H:%M:%SZ', " x " / 1000, 'unixepoch') END"

/* The customer waits too long for an answer, or we for the department. */
#define LATE(now) "((f.unanswered IS NOT NULL AND f.due < " now ") OR f.department_due < " now ")"

#define CASE_OBJECT                                                                                \
	"json_object('case', f.key, 'tenant', f.tenant, 'status', f.status, 'queue', f.queue, "     \
	"'priority', f.priority, 'due_at', " TIME("f.due") ", 'late', json(CASE WHEN " LATE("?9") " THEN 'true' ELSE " \
	"'false' END), 'agent', f.agent, "                              \
	"'holder', CASE WHEN f.lease > ?9 THEN f.holder END, 'fence', f.fence, 'network', f.network, " \
	"'channel', f.channel, 'author', f.author, 'handle', f.handle, 'name', f.name, "            \
	"'subject', f.subject, 'lang', f.lang, 'skills', json(f.skills), 'department', f.department, " \
	"'department_due_at', " TIME("f.department_due") ", 'department_late', json(CASE WHEN f.department_due < ?9 " \
	"THEN 'true' ELSE 'false' END), "                                                           \
	"'opened_at', " TIME("f.opened") ", 'last_at', " TIME("f.last") ", 'first_answer_at', "      \
	TIME("f.first_answer") ", 'waiting_since', " TIME("f.unanswered") ", 'closed_at', "           \
	TIME("f.closed") ", 'tags', (SELECT json_group_array(tag) FROM (SELECT tag FROM case_tag WHERE " \
	"file = f.id ORDER BY tag)))"

static int
each(struct cases *c, struct sqlite3_stmt *st, case_row *row, void *ctx, struct sme_err *err)
{
	int r = -1;

	while (st && (r = db_step(c->db, st, err)) > 0)
		row(ctx, db_text(st, 0));
	return r;
}

/* Of all lists: ?1 tenant, ?2 queue, ?3 status, ?4 agent, ?5 tag, ?6 author, ?7 late, ?8 unassigned, ?9 now. */
#define LIST_TYPES "ttttttiii"
#define LIST_VALUES(c, f)                                                                          \
	(f)->tenant, (f)->queue, (f)->status, (f)->agent, (f)->tag, (f)->author, (int64_t)(f)->late,  \
	    (int64_t)(f)->unassigned, cases_now(c)

#define LIST(from, order) LIST_WHERE(from, "", order)
#define LIST_WHERE(from, where, order)                                                             \
	"SELECT " CASE_OBJECT " FROM " from " WHERE " where "f.tenant = ?1 AND (?2 IS NULL OR f.queue = ?2) " \
	"AND f.status = coalesce(?3, 'open') AND (?4 IS NULL OR f.agent = ?4) "                     \
	"AND (?5 IS NULL OR EXISTS (SELECT 1 FROM case_tag t WHERE t.file = f.id AND t.tag = ?5)) " \
	"AND (?6 IS NULL OR f.author = ?6) AND (?7 = 0 OR " LATE("?9") ") "                         \
	"AND (?8 = 0 OR f.agent IS NULL) ORDER BY " order " LIMIT ?10 OFFSET ?11"

enum list_order { BY_PRIORITY, BY_DUE, BY_LAST, ORDERS };

/* One statement for each order, so that an index gives it. */
#define LISTS(from)                                                                                \
	{                                                                                          \
		LIST(from, "f.rank, f.id"), LIST(from, "f.due, f.id"), LIST(from, "f.last DESC, f.id") \
	}
static const char *const in_order[ORDERS] = LISTS("case_file f");

static const char queue_by_priority[] =
    LIST_WHERE("case_file f INDEXED BY case_file_queue", "f.status = 'open' AND f.queue = ?2 AND ", "f.rank, f.id");

/*
 * A filter that few cases pass: these are found first and sorted then.  Where there are more than FEW, going
 * through all in their order finds a page of them soon enough.
 */
#define FEW 2000
#define NARROW(ids)                                                                                \
	"SELECT count(*) FROM (SELECT 1 FROM (" ids ") WHERE ?9 IS ?9 LIMIT 2001)",                  \
	    LISTS("(" ids ") k CROSS JOIN case_file f ON f.id = k.id")

static const struct narrow {
	const char *count, *lists[ORDERS];
} narrow_author = {NARROW("SELECT id FROM case_file INDEXED BY case_file_author WHERE tenant = ?1 AND author = ?6")},
  narrow_agent = {NARROW("SELECT id FROM case_file INDEXED BY case_file_agent WHERE tenant = ?1 AND agent = ?4 AND "
                         "status = 'open'")},
  narrow_queue = {NARROW("SELECT id FROM case_file INDEXED BY case_file_queue WHERE tenant = ?1 AND queue = ?2 AND "
                         "status = 'open'")},
  narrow_tag = {NARROW("SELECT file AS id FROM case_tag WHERE tag = ?5")},
  narrow_late = {NARROW("SELECT id FROM case_file INDEXED BY case_file_due WHERE tenant = ?1 AND status = "
                        "coalesce(?3, 'open') AND due < ?9 AND unanswered IS NOT NULL UNION ALL SELECT id FROM case_file "
                        "INDEXED BY case_file_department WHERE tenant = ?1 AND department_due < ?9 AND "
                        "(due < ?9 AND unanswered IS NOT NULL) IS NOT TRUE")};

/* 1 when few pass N, 0, or -1 with ERR. */
static int
is_narrow(struct cases *c, const struct case_filter *f, const struct narrow *n, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, n->count, err, LIST_TYPES, LIST_VALUES(c, f));
	int r = st ? db_step(c->db, st, err) : -1;

	if (r <= 0)
		return r;
	r = db_int(st, 0) <= FEW;
	db_done(st);
	return r;
}

static int
find_list(struct cases *c, const struct case_filter *f, enum list_order order, const char **sql, struct sme_err *err)
{
	bool open = !f->status.p || slice_is(f->status, "open");
	const struct narrow *narrow[] = {f->author.p ? &narrow_author : NULL,
	    f->agent.p && open ? &narrow_agent : NULL,
	    f->tag.p ? &narrow_tag : NULL,
	    f->late ? &narrow_late : NULL,
	    f->queue.p && open ? &narrow_queue : NULL};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof narrow / sizeof *narrow; i++)
		if (narrow[i] && (r = is_narrow(c, f, narrow[i], err)) > 0)
			*sql = narrow[i]->lists[order];
	if (r == 0)
		*sql = f->queue.p && open && order == BY_PRIORITY ? queue_by_priority : in_order[order];
	return r < 0 ? -1 : 0;
}

int
cases_list(struct cases *c, const struct case_filter *f, case_row *row, void *ctx, struct sme_err *err)
{
	enum list_order order = BY_PRIORITY;
	const char *sql;

	if (f->order && strcmp(f->order, "due") == 0)
		order = BY_DUE;
	else if (f->order && strcmp(f->order, "last") == 0)
		order = BY_LAST;
	if (find_list(c, f, order, &sql, err) < 0)
		return -1;
	return each(c, db_query(c->db, sql, err, LIST_TYPES "ii", LIST_VALUES(c, f), f->limit, f->after), row, ctx, err);
}

static void
keep(void *ctx, struct slice json)
{
	buf_adds(ctx, json);
}

static void
keep_list(void *ctx, struct slice json)
{
	struct buf *b = ctx;

	if (b->n && b->p[b->n - 1] != '[')
		buf_addc(b, ',');
	buf_adds(b, json);
}

static const char one_case[] = "SELECT " CASE_OBJECT
    " FROM case_file f WHERE f.tenant = ?1 AND f.key = ?2 AND ?3 = ?4 AND ?5 = ?6 AND ?7 = ?8";
static const char its_messages[] =
    "SELECT json_object('id', m.event, 'type', m.type, 'at', " TIME("m.at") ", 'author', m.author, 'text', m.text, "
    "'state', m.state, 'url', m.url) FROM case_message m, case_file f WHERE f.tenant = ?1 AND f.key = ?2 AND "
    "m.file = f.id ORDER BY m.at, m.id";
/* Counted within the case: their places in the chain would tell how much work others have. */
static const char its_events[] =
    "SELECT json_object('n', row_number() OVER (ORDER BY seq), 'at', " TIME("at") ", 'actor', actor, 'action', action, 'data', json(data)) "
    "FROM case_event WHERE tenant = ?1 AND key = ?2 ORDER BY seq";

int
cases_show(struct cases *c, struct slice tenant, struct slice key, struct buf *out, struct sme_err *err)
{
	struct slice no = SLICE("");
	size_t start = out->n;

	if (each(c, db_query(c->db, one_case, err, "ttttttiii", tenant, key, no, no, no, no, (int64_t)0,
	                (int64_t)0, cases_now(c)), keep, out, err) < 0)
		return -1;
	if (out->n == start)
		return err_set(err, SME_NOINPUT, "tenant %.*s has no case \"%.*s\"; sme-case list shows them",
		    SLICE_ARG(tenant), SLICE_ARG(key));
	out->n--; /* the closing brace */
	buf_puts(out, ",\"messages\":[");
	if (each(c, db_query(c->db, its_messages, err, "tt", tenant, key), keep_list, out, err) < 0)
		return -1;
	buf_puts(out, "],\"events\":[");
	if (each(c, db_query(c->db, its_events, err, "tt", tenant, key), keep_list, out, err) < 0)
		return -1;
	buf_puts(out, "]}");
	return 0;
}

/* Words for FTS5: each in quotes, so that nothing in them is an operator; a "*" at the end of one stays. */
static void
put_match(struct buf *b, struct slice words)
{
	struct slice word;

	while (slice_cut(&words, ' ', &word)) {
		bool prefix = word.n > 1 && word.p[word.n - 1] == '*';

		if (prefix)
			word.n--;
		if (!word.n)
			continue;
		buf_puts(b, b->n ? " \"" : "\"");
		for (size_t i = 0; i < word.n; i++)
			buf_puts(b, word.p[i] == '"' ? "\"\"" : (char[]){word.p[i], '\0'});
		buf_puts(b, prefix ? "\"*" : "\"");
	}
}

int
cases_search(struct cases *c, struct slice tenant, struct slice words, int64_t limit, case_row *row,
    void *ctx, struct sme_err *err)
{
	struct buf match = BUF_INIT;
	int r;

	put_match(&match, words);
	if (!match.n)
		return err_set(err, SME_USAGE, "nothing to search for");
	r = each(c, db_query(c->db,
	    "SELECT json_object('case', f.key, 'status', f.status, 'at', " TIME("m.at") ", 'id', m.event, 'type', m.type, "
	    "'author', m.author, 'snippet', snippet(case_search, 0, '[', ']', ' ... ', 12)) FROM case_search, case_message m, "
	    "case_file f WHERE case_search MATCH ?2 AND m.id = case_search.rowid AND f.id = m.file AND m.tenant = ?1 "
	    "ORDER BY case_search.rank, m.id LIMIT ?3", err, "tti", tenant, buf_slice(&match), limit), row, ctx, err);
	buf_release(&match);
	return r;
}

int
cases_journey(struct cases *c, struct slice tenant, struct slice author, case_row *row, void *ctx,
    struct sme_err *err)
{
	return each(c, db_query(c->db,
	    "WITH RECURSIVE person (id) AS (VALUES (?2) UNION SELECT CASE l.a WHEN p.id THEN l.b ELSE l.a END FROM "
	    "case_link l, person p WHERE l.tenant = ?1 AND (l.a = p.id OR l.b = p.id)) "
	    "SELECT json_object('at', " TIME("m.at") ", 'network', f.network, 'channel', f.channel, 'case', f.key, 'status', "
	    "f.status, 'type', m.type, 'id', m.event, 'author', m.author, 'text', m.text) FROM case_message m, case_file f "
	    "WHERE m.id IN (SELECT m.id FROM case_file f, case_message m WHERE f.tenant = ?1 AND f.author IN (SELECT id FROM "
	    "person) AND m.file = f.id UNION SELECT m.id FROM case_message m WHERE m.tenant = ?1 AND m.author IN (SELECT id "
	    "FROM person)) AND f.id = m.file ORDER BY m.at, m.id",
	    err, "tt", tenant, author), row, ctx, err);
}

int
cases_agents(struct cases *c, struct slice tenant, case_row *row, void *ctx, struct sme_err *err)
{
	return each(c, db_query(c->db,
	    "SELECT json_object('agent', a.id, 'name', a.name, 'online', json(CASE a.online WHEN 1 THEN 'true' ELSE 'false' "
	    "END), 'capacity', a.capacity, 'open', (SELECT count(*) FROM case_file f WHERE f.tenant = ?1 AND f.agent = a.id "
	    "AND f.status = 'open'), 'served', a.served, 'skills', json(a.skills), 'queues', json(a.queues)) "
	    "FROM case_agent a WHERE a.tenant = ?1 ORDER BY a.id", err, "t", tenant), row, ctx, err);
}

int
cases_queues(struct cases *c, struct slice tenant, case_row *row, void *ctx, struct sme_err *err)
{
	return each(c, db_query(c->db,
	    "SELECT json_object('queue', queue, 'open', count(*), 'unassigned', sum(agent IS NULL), 'unanswered', "
	    "sum(unanswered IS NOT NULL), 'late', count(*) FILTER (WHERE " LATE("?2") "), 'forwarded', count(department), "
	    "'oldest', "
	    TIME("min(unanswered)") ", 'next_due', " TIME("min(CASE WHEN unanswered IS NOT NULL THEN due END)") ") "
	    "FROM case_file f WHERE tenant = ?1 AND status = 'open' GROUP BY queue ORDER BY queue",
	    err, "ti", tenant, cases_now(c)), row, ctx, err);
}
