#include "outbox/person.h"

#include <stdio.h>
#include <string.h>

#include "core/rfc3339.h"
#include "outbox/job.h"
#include "stream/thread.h"

static int
closed(struct gate_verdict *v, const char *fmt, struct slice what, const char *more)
{
	v->gate = "person";
	v->until = PART_NEVER;
	snprintf(v->reason, sizeof v->reason, fmt, SLICE_ARG(what), more);
	return 0;
}

/* The first column of the only row, if there is one: 1, 0, or -1 with ERR. */
static int
one_number(struct ledger *l, struct sqlite3_stmt *st, int64_t *n, struct sme_err *err)
{
	int r = st ? db_step(ledger_db(l), st, err) : -1;

	if (r == 1) {
		*n = db_int(st, 0);
		db_done(st);
	}
	return r;
}

/* Does somebody at the desk hold the case KEY? */
static int
held_open(struct ledger *l, const struct reply_row *r, struct slice key, int64_t now, struct gate_verdict *v,
    struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(ledger_db(l), "SELECT holder FROM case_file WHERE tenant = ? AND key = ?"
	    " AND holder IS NOT NULL AND lease > ?", err, "tti", r->id.tenant, key, now);
	int found = st ? db_step(ledger_db(l), st, err) : -1;

	if (found != 1)
		return found < 0 ? -1 : 1;
	closed(v, "%.*s is at work on it%s", db_text(st, 0), "");
	db_done(st);
	return 0;
}

/* When one of ours last wrote where O is to go; TIME_NONE. */
static int
last_written(struct ledger *l, const struct outgoing *o, int64_t *at, struct sme_err *err)
{
	const struct json_node *m = node_get(o->job, "mention");
	const struct reply_row *r = o->reply;
	struct slice none = {NULL, 0}, thread = node_text(m, "thread");
	int64_t plain = job_thread(false, none, none, thread, r->mention);
	int64_t direct = job_thread(node_bool(m, "direct", false), r->channel, thread, thread, r->mention);
	int64_t alone = job_thread(false, none, none, none, r->mention);
	int found = one_number(l, db_query(ledger_db(l), "SELECT max(at) FROM (SELECT at FROM outbox_person WHERE"
	    " tenant = ?1 AND thread IN (?2, ?3, ?4, ?5) UNION ALL SELECT r.changed FROM outbox_reply AS r WHERE"
	    " r.tenant = ?1 AND r.thread = ?2 AND r.kind = 'reply' AND r.auto = 0 AND EXISTS (SELECT 1 FROM outbox_part"
	    " AS p WHERE p.tenant = r.tenant AND p.key = r.key AND p.state IN (1, 2, 3))) HAVING max(at) IS NOT NULL",
	    err, "tiiii", r->id.tenant, r->thread, plain, direct, alone), at, err);

	if (found == 0)
		*at = TIME_NONE;
	return found < 0 ? -1 : 0;
}

/* Was the case KEY closed after AT?  Then it has been handed back. */
static int
handed_back(struct ledger *l, const struct reply_row *r, struct slice key, int64_t at, struct sme_err *err)
{
	int64_t n;

	return one_number(l, db_query(ledger_db(l), "SELECT closed FROM case_file WHERE tenant = ? AND key = ? AND"
	    " status = 'closed' AND closed >= ?", err, "tti", r->id.tenant, key, at), &n, err);
}

int
person_open(struct ledger *l, const struct gate_rules *rules, const struct outgoing *o, int64_t now,
    struct gate_verdict *v, struct sme_err *err)
{
	const struct json_node *m = node_get(o->job, "mention");
	const struct reply_row *r = o->reply;
	struct buf key = BUF_INIT, pause = BUF_INIT;
	char when[RFC3339_SIZE];
	int64_t at = TIME_NONE;
	int open, back = 0;

	if (!r->automatic || o->part > 0 || !slice_is(r->kind, "reply"))
		return 1;
	thread_put(&key, node_bool(m, "direct", false), r->channel, r->author, node_text(m, "thread"), r->mention);
	open = held_open(l, r, buf_slice(&key), now, v, err);
	if (open == 1 && last_written(l, o, &at, err) < 0)
		open = -1;
	if (open == 1 && at != TIME_NONE && now < at + rules->person)
		back = handed_back(l, r, buf_slice(&key), at, err);
	if (back < 0)
		open = -1;
	else if (open == 1 && back == 0 && at != TIME_NONE && now < at + rules->person) {
		duration_put(&pause, rules->person);
		open = closed(v, "a person wrote there at %.*s; automatic answers pause for %s, or until the case is "
		    "closed", slice_of(rfc3339_format(at, when)), buf_str(&pause));
	}
	buf_release(&key);
	buf_release(&pause);
	return open;
}

int
person_note(struct ledger *l, struct slice tenant, int64_t thread, int64_t at, struct sme_err *err)
{
	return db_run(ledger_db(l), "INSERT INTO outbox_person (tenant, thread, at) VALUES (?1, ?2, ?3)"
	    " ON CONFLICT DO UPDATE SET at = max(at, ?3)", err, "tii", tenant, thread, at);
}

/* What the network calls it. */
static struct slice
native_id(struct slice id)
{
	struct slice part;

	slice_cut(&id, ':', &part);
	slice_cut(&id, ':', &part);
	return id;
}

/* "KEY-0" is the first part of the reply KEY. */
static struct slice
key_of_part(struct slice part_key)
{
	while (part_key.n && part_key.p[part_key.n - 1] != '-')
		part_key.n--;
	part_key.n -= part_key.n > 0;
	return part_key;
}

int
person_is_ours(struct ledger *l, struct slice tenant, struct slice id, struct slice part_key,
    struct sme_err *err)
{
	struct slice native = native_id(id), key = key_of_part(part_key);
	int64_t n;

	return one_number(l, db_query(ledger_db(l), "SELECT 1 WHERE EXISTS (SELECT 1 FROM outbox_part WHERE tenant = ?1"
	    " AND sent_id = ?2) OR EXISTS (SELECT 1 FROM outbox_reply WHERE tenant = ?1 AND key = ?3)", err, "ttt",
	    tenant, native.n ? native : (struct slice){NULL, 0}, key.n ? key : (struct slice){NULL, 0}), &n, err);
}
