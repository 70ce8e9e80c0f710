/* One case, and what was written, as rows of JSON. */
#include <string.h>

#include "cases/rows.h"
#include "core/rfc3339.h"

int
case_rows(struct cases *c, struct sqlite3_stmt *st, case_row *row, void *ctx, struct sme_err *err)
{
	int r = -1;

	while (st && (r = db_step(c->db, st, err)) > 0)
		row(ctx, db_text(st, 0));
	return r;
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

	if (case_rows(c, db_query(c->db, one_case, err, "ttttttiii", tenant, key, no, no, no, no, (int64_t)0,
	                (int64_t)0, cases_now(c)), keep, out, err) < 0)
		return -1;
	if (out->n == start)
		return case_unknown(tenant, key, err);
	out->n--; /* the closing brace */
	buf_puts(out, ",\"messages\":[");
	if (case_rows(c, db_query(c->db, its_messages, err, "tt", tenant, key), keep_list, out, err) < 0)
		return -1;
	buf_puts(out, "],\"events\":[");
	if (case_rows(c, db_query(c->db, its_events, err, "tt", tenant, key), keep_list, out, err) < 0)
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
	r = case_rows(c, db_query(c->db,
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
	return case_rows(c, db_query(c->db,
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
	return case_rows(c, db_query(c->db,
	    "SELECT json_object('agent', a.id, 'name', a.name, 'online', json(CASE a.online WHEN 1 THEN 'true' ELSE 'false' "
	    "END), 'capacity', a.capacity, 'open', (SELECT count(*) FROM case_file f WHERE f.tenant = ?1 AND f.agent = a.id "
	    "AND f.status = 'open'), 'served', a.served, 'skills', json(a.skills), 'queues', json(a.queues)) "
	    "FROM case_agent a WHERE a.tenant = ?1 ORDER BY a.id", err, "t", tenant), row, ctx, err);
}

int
cases_queues(struct cases *c, struct slice tenant, case_row *row, void *ctx, struct sme_err *err)
{
	return case_rows(c, db_query(c->db,
	    "SELECT json_object('queue', queue, 'open', count(*), 'unassigned', sum(agent IS NULL), 'unanswered', "
	    "sum(unanswered IS NOT NULL), 'late', count(*) FILTER (WHERE " LATE("?2") "), 'forwarded', count(department), "
	    "'oldest', "
	    TIME("min(unanswered)") ", 'next_due', " TIME("min(CASE WHEN unanswered IS NOT NULL THEN due END)") ") "
	    "FROM case_file f WHERE tenant = ?1 AND status = 'open' GROUP BY queue ORDER BY queue",
	    err, "ti", tenant, cases_now(c)), row, ctx, err);
}
