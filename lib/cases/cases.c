/* Opening, transactions, and the events' way to the log. */
#include "cases/cases.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>

#include "cases/cases_int.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "log/append.h"
#include "stream/scan.h"

/* Events that are brought to the log at once. */
#define EXPORT_MAX 1000

/* ---- the log ---- */

static void
put_member(struct buf *b, const char *key, struct slice text)
{
	buf_printf(b, ",\"%s\":", key);
	if (text.p)
		json_put_string(b, text);
	else
		buf_puts(b, "null");
}

/* A row of case_event as a line for the log, without its newline. */
/* The id has a part of the hash, for a database of a backup goes on with numbers that the log has already. */
static void
put_event(struct buf *b, struct sqlite3_stmt *st)
{
	buf_printf(b, "{\"type\":\"case\",\"id\":\"case:%.*s:%" PRId64 ":%.8s\"", SLICE_ARG(db_text(st, 10)),
	    db_int(st, 0), db_text(st, 9).p);
	put_member(b, "tenant", db_text(st, 1));
	put_member(b, "case", db_text(st, 2));
	buf_puts(b, ",\"author\":{\"id\":");
	if (db_text(st, 3).p)
		json_put_string(b, db_text(st, 3));
	else
		buf_puts(b, "null");
	buf_puts(b, "},\"created_at\":\"");
	rfc3339_put(b, db_int(st, 4));
	buf_addc(b, '"');
	put_member(b, "actor", db_text(st, 5));
	put_member(b, "action", db_text(st, 6));
	buf_puts(b, ",\"data\":");
	buf_adds(b, db_text(st, 7));
	if (slice_is(db_text(st, 6), "correct")) { /* where sme-train looks */
		put_member(b, "mention", db_text(st, 11));
		buf_puts(b, ",\"correct\":");
		buf_adds(b, db_text(st, 12).p ? db_text(st, 12) : SLICE("null"));
	}
	buf_printf(b, ",\"seq\":%" PRId64, db_int(st, 0));
	put_member(b, "salt", db_text(st, 8));
	put_member(b, "content", db_text(st, 13)); /* what sme-log erase leaves of the event */
	put_member(b, "hash", db_text(st, 9));
	buf_addc(b, '}');
}

/* Append up to EXPORT_MAX events; SEQ gets the last one, 0 when there is none. */
static int
append_some(struct cases *c, struct append *log, int64_t *seq, struct sme_err *err)
{
	/* The first hash names the chain, so that two databases do not give the same ids. */
	struct sqlite3_stmt *st = db_query(c->db,
	    "SELECT seq, tenant, key, author, at, actor, action, data, salt, hash, "
	    "(SELECT substr(hash, 1, 12) FROM case_event ORDER BY seq LIMIT 1), data ->> 'mention', "
	    "data -> 'labels', content FROM case_event WHERE seq > (SELECT seq FROM case_logged) AND salt IS NOT NULL ORDER BY seq LIMIT ?",
	    err, "i", (int64_t)EXPORT_MAX);
	int r = -1;

	*seq = 0;
	while (st && (r = db_step(c->db, st, err)) > 0) {
		buf_clear(&c->text);
		put_event(&c->text, st);
		*seq = db_int(st, 0);
		if (!buf_reserve(&c->text, SCAN_PADDING) ||
		    append_line(log, buf_slice(&c->text), cases_now(c), err) == APPEND_REJECT) {
			db_done(st);
			return -1;
		}
	}
	return r;
}

int
case_waits_for_log(struct cases *c, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT 1 FROM case_event WHERE seq > (SELECT seq FROM case_logged) AND "
	    "salt IS NOT NULL LIMIT 1", err, "");
	int r = st ? db_step(c->db, st, err) : -1;

	if (r > 0)
		db_done(st);
	return r;
}

/* All that waits, with the task of the log. */
static int
bring_to_log(struct cases *c, struct sme_err *err)
{
	struct append *log = append_open(c->log, NULL, c->o.say, err);
	struct slice out;
	int64_t seq;
	int r;

	if (!log)
		return -1;
	do {
		r = append_some(c, log, &seq, err);
		if (r < 0 || !seq)
			break;
		/* In the log first: a crash between the two brings them there again, and the log knows them. */
		r = append_commit(log, &out, err);
		if (r == 0)
			r = db_run(c->db, "UPDATE case_logged SET seq = max(seq, ?)", err, "i", seq);
	} while (r == 0);
	append_close(log);
	return r;
}

/* With WAIT it is in the log afterwards, whoever brought it there. */
static int
to_log(struct cases *c, bool wait, struct sme_err *err)
{
	int r = c->log && !c->replaying ? case_waits_for_log(c, err) : 0;

	if (r > 0)
		r = db_task_begin(c->db, wait, err);
	if (r <= 0)
		return r;
	/* Another may have done it while we waited. */
	r = case_waits_for_log(c, err);
	if (r > 0)
		r = bring_to_log(c, err);
	db_task_end(c->db);
	return r;
}

int
cases_to_log(struct cases *c, struct sme_err *err)
{
	return to_log(c, true, err);
}

/* ---- opening, transactions ---- */

struct cases *
cases_open(const struct cases_options *o, struct sme_err *err)
{
	struct cases *c;
	struct db *db;

	if (sodium_init() < 0) {
		err_set(err, SME_OSERR, "libsodium cannot start");
		return NULL;
	}
	db = db_open(o->path, err);
	if (!db)
		return NULL;
	c = xcalloc(1, sizeof *c);
	c->db = db;
	c->o = *o;
	c->path = xstrdup(o->path);
	c->log = o->log ? xstrdup(o->log) : NULL;
	c->text = (struct buf)BUF_INIT;
	db_serve(db, case_serve, c);
	if (db_share_syncs(db, err) < 0) {
		cases_close(c);
		return NULL;
	}
	/* A log that cannot be written to keeps nobody from looking, nor does another who is at it. */
	if (to_log(c, false, err) < 0 && c->o.say)
		c->o.say(err->text);
	return c;
}

void
cases_close(struct cases *c)
{
	if (!c)
		return;
	db_close(c->db);
	buf_release(&c->text);
	free(c->path);
	free(c->log);
	free(c);
}

int64_t
cases_now(const struct cases *c)
{
	return c->o.now == TIME_NONE ? time_now_ms() : c->o.now;
}

int
cases_begin(struct cases *c, struct sme_err *err)
{
	return db_begin(c->db, err);
}

int
cases_commit(struct cases *c, struct sme_err *err)
{
	return db_commit(c->db, err);
}

void
cases_rollback(struct cases *c)
{
	db_rollback(c->db);
}

void
cases_set_now(struct cases *c, int64_t now)
{
	c->o.now = now;
}
