/* Erasing a person and all that is known of them; the hashes stay. */
#include <stdlib.h>

#include "cases/cases_int.h"
#include "core/mem.h"
#include "core/rfc3339.h"

#define PERSON                                                                                     \
	"WITH RECURSIVE person (id) AS (VALUES (?2) UNION SELECT CASE l.a WHEN p.id THEN l.b ELSE l.a END FROM " \
	"case_link l, person p WHERE l.tenant = ?1 AND (l.a = p.id OR l.b = p.id)) "
#define THEM     "(SELECT id FROM person)"
#define FILES    "(SELECT id FROM case_file WHERE tenant = ?1 AND author IN " THEM ")"
#define MENTIONS "(SELECT event FROM case_message WHERE tenant = ?1 AND author IN " THEM ")"

/* What they wrote, all of their own cases, and what they were answered in those of others. */
#define OF_MESSAGE "tenant = ?1 AND (author IN " THEM " OR file IN " FILES " OR answers IN " MENTIONS ")"

/* Who was linked with whom says something about both; a correction and an answer, about what was written. */
#define OF_EVENT                                                                                   \
	"tenant = ?1 AND (author IN " THEM " OR (action IN ('link', 'unlink') AND (data ->> 'a' IN " THEM \
	" OR data ->> 'b' IN " THEM ")) OR data ->> 'mention' IN " MENTIONS ")"

/* The hashes of the events whose content goes, for the log. */
static int
collect_stubs(struct cases *c, struct slice tenant, struct slice author, struct buf *data,
    struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, PERSON
	    "SELECT json_object('stubs', json_group_array(json_array(seq, content, hash))) FROM case_event WHERE " OF_EVENT,
	    err, "tt", tenant, author);
	int r = st ? db_step(c->db, st, err) : -1;

	if (r <= 0)
		return -1;
	buf_adds(data, db_text(st, 0));
	db_done(st);
	return 0;
}

/* The cases of others in which they wrote, or were answered. */
struct touched {
	int64_t *files;
	size_t n, cap;
};

static int
find_touched(struct cases *c, struct slice tenant, struct slice author, struct touched *t, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, PERSON
	    "SELECT DISTINCT file FROM case_message WHERE " OF_MESSAGE " AND file NOT IN " FILES, err, "tt",
	    tenant, author);
	int r = -1;

	while (st && (r = db_step(c->db, st, err)) > 0) {
		t->files = xgrow(t->files, t->n, &t->cap, sizeof *t->files);
		t->files[t->n++] = db_int(st, 0);
	}
	return r;
}

/* How many cases went; -1 with ERR. */
static int64_t
erase_rows(struct cases *c, struct slice tenant, struct slice author, struct sme_err *err)
{
	/* In this order: each asks what the next takes away. */
	static const char *const gone[] = {
	    PERSON "UPDATE case_event SET key = NULL, author = NULL, at = NULL, actor = NULL, action = NULL, data = NULL, "
		   "salt = NULL WHERE " OF_EVENT,
	    PERSON "DELETE FROM outbox_inbound WHERE tenant = ?1 AND author IN " THEM,
	    PERSON "DELETE FROM outbox_reply WHERE tenant = ?1 AND (author IN " THEM " OR mention IN " MENTIONS ")",
	    PERSON "DELETE FROM case_search WHERE rowid IN (SELECT id FROM case_message WHERE " OF_MESSAGE ")",
	    PERSON "DELETE FROM case_message WHERE " OF_MESSAGE,
	    PERSON "DELETE FROM case_file WHERE id IN " FILES,
	};
	int64_t files;

	for (size_t i = 0; i < sizeof gone / sizeof *gone; i++)
		if (db_run(c->db, gone[i], err, "tt", tenant, author) < 0)
			return -1;
	files = db_changes(c->db);
	if (db_run(c->db, PERSON "DELETE FROM case_link WHERE tenant = ?1 AND (a IN " THEM " OR b IN " THEM ")", err,
	        "tt", tenant, author) < 0)
		return -1;
	return files;
}

static int
list_accounts(struct cases *c, struct slice tenant, struct slice author, cases_account *account, void *ctx,
    struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, PERSON "SELECT id FROM person", err, "tt", tenant, author);
	int r = -1;

	while (st && (r = db_step(c->db, st, err)) > 0)
		account(ctx, db_text(st, 0));
	return r;
}

/* Inside a transaction. */
static int64_t
erase(struct cases *c, struct slice tenant, struct slice author, cases_account *account, void *ctx,
    struct sme_err *err)
{
	struct case_action a = {.tenant = tenant, .action = SLICE("erase"), .at = TIME_NONE};
	struct touched t = {0};
	struct buf data = BUF_INIT;
	int64_t files = -1, seq;

	if (list_accounts(c, tenant, author, account, ctx, err) == 0 &&
	    find_touched(c, tenant, author, &t, err) == 0 &&
	    collect_stubs(c, tenant, author, &data, err) == 0) {
		a.data = buf_slice(&data);
		if (case_record(c, &a, &seq, err) == 0)
			files = erase_rows(c, tenant, author, err);
	}
	/* Their subject may have been what this person wrote. */
	for (size_t i = 0; files >= 0 && i < t.n; i++)
		if (case_refresh(c, t.files[i], err) < 0)
			files = -1;
	buf_release(&data);
	free(t.files);
	return files;
}

int64_t
cases_erase(struct cases *c, struct slice tenant, struct slice author, cases_account *account, void *ctx,
    struct sme_err *err)
{
	int64_t files;

	if (db_begin(c->db, err) < 0)
		return -1;
	files = erase(c, tenant, author, account, ctx, err);
	if (files < 0) {
		db_rollback(c->db);
		return -1;
	}
	if (cases_commit(c, err) < 0 || db_scrub(c->db, err) < 0)
		return -1;
	return files;
}
