#include "outbox/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/rfc3339.h"

/* Numbers of publishers, and what calls cost, are kept for so long: two months, in ms. */
#define KEPT INT64_C(5356800000)

struct ledger {
	struct db *db;
	int64_t self;
	int lock; /* the file of the locks: byte N belongs to the publisher N */
};

static struct flock
lock_of(int64_t owner)
{
	return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = owner, .l_len = 1};
}

/* The lock first belongs to the open file and thus to the process, unlike those of fcntl's F_SETLK,
 * which go when any descriptor of the file is closed. */
static int
take_lock(struct ledger *l, const char *path, struct sme_err *err)
{
	struct buf name = BUF_INIT;
	struct flock lock = lock_of(l->self);
	int r = 0;

	buf_printf(&name, "%s.owners", path);
	l->lock = open(name.p, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->lock < 0)
		r = err_sys(err, SME_CANTCREAT, "%s", name.p);
	else if (fcntl(l->lock, F_OFD_SETLK, &lock) < 0)
		r = err_sys(err, SME_OSERR, "%s: cannot lock it, and without locks nothing can be sent "
		    "safely", name.p);
	buf_release(&name);
	return r;
}

/* The number is nowhere else before this returns, so nobody can take us for dead. */
static int
sign_in(struct ledger *l, const char *path, struct sme_err *err)
{
	int64_t now = time_now_ms();

	if (db_begin(l->db, err) < 0)
		return -1;
	if (db_run(l->db, "DELETE FROM outbox_owner WHERE started < ?", err, "i", now - KEPT) < 0 ||
	    db_run(l->db, "DELETE FROM outbox_call WHERE at < ?", err, "i", now - KEPT) < 0 ||
	    db_run(l->db, "INSERT INTO outbox_owner (pid, started) VALUES (?, ?)", err, "ii",
	        (int64_t)getpid(), now) < 0) {
		db_rollback(l->db);
		return -1;
	}
	l->self = db_last_id(l->db);
	if (db_commit(l->db, err) < 0)
		return -1;
	return take_lock(l, path, err);
}

struct ledger *
ledger_open(const char *path, struct sme_err *err)
{
	struct ledger *l = xcalloc(1, sizeof *l);

	l->lock = -1;
	l->db = db_open(path, err);
	if (!l->db || sign_in(l, path, err) < 0) {
		ledger_close(l);
		return NULL;
	}
	return l;
}

int
ledger_open_to_look(const char *path, struct ledger **l, struct sme_err *err)
{
	struct db *db;

	*l = NULL;
	if (db_open_existing(path, &db, err) < 0)
		return -1;
	if (db) {
		*l = xcalloc(1, sizeof **l);
		(*l)->db = db;
		(*l)->lock = -1;
	}
	return 0;
}

void
ledger_close(struct ledger *l)
{
	if (!l)
		return;
	if (l->db && l->self)
		db_run(l->db, "DELETE FROM outbox_owner WHERE id = ?", NULL, "i", l->self);
	db_close(l->db);
	if (l->lock >= 0)
		close(l->lock);
	free(l);
}

struct db *
ledger_db(struct ledger *l)
{
	return l->db;
}

int64_t
ledger_self(const struct ledger *l)
{
	return l->self;
}

bool
ledger_alive(const struct ledger *l, int64_t owner)
{
	struct flock lock = lock_of(owner);

	if (owner == l->self)
		return true;
	if (owner == 0)
		return false;
	/* What cannot be found out is taken for alive: that is never dangerous. */
	return fcntl(l->lock, F_OFD_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

#define REPLY_COLUMNS                                                                              \
	"tenant, key, kind, network, channel, account, mention, author, job, text_hash, auto, private," \
	" closed_until, parts, created, state, gate, reason, due, changed, revision, told, thread"

static struct slice
kept_text(struct sqlite3_stmt *st, int column, struct arena *a)
{
	struct slice s = db_text(st, column);

	return s.p ? arena_dup(a, s) : s;
}

/* The row that ST yields, as ledger_find. */
static int
take_reply(struct ledger *l, struct sqlite3_stmt *st, struct arena *a, struct reply_row *r,
    struct sme_err *err)
{
	int found = st ? db_step(l->db, st, err) : -1;

	if (found != 1)
		return found;
	*r = (struct reply_row){
	    .id = {kept_text(st, 0, a), kept_text(st, 1, a)},
	    .kind = kept_text(st, 2, a),
	    .network = kept_text(st, 3, a),
	    .channel = kept_text(st, 4, a),
	    .account = kept_text(st, 5, a),
	    .mention = kept_text(st, 6, a),
	    .author = kept_text(st, 7, a),
	    .job = kept_text(st, 8, a),
	    .text_hash = db_int(st, 9),
	    .automatic = db_int(st, 10),
	    .private = db_int(st, 11),
	    .closed_until = db_int(st, 12),
	    .parts = db_int(st, 13),
	    .created = db_int(st, 14),
	    .state = kept_text(st, 15, a),
	    .gate = kept_text(st, 16, a),
	    .reason = kept_text(st, 17, a),
	    .due = db_int(st, 18),
	    .changed = db_int(st, 19),
	    .revision = db_int(st, 20),
	    .told = db_int(st, 21),
	    .thread = db_int(st, 22),
	};
	db_done(st);
	return 1;
}

int
ledger_find(struct ledger *l, const struct reply_key *id, struct arena *a, struct reply_row *r,
    struct sme_err *err)
{
	return take_reply(l, db_query(l->db, "SELECT " REPLY_COLUMNS " FROM outbox_reply WHERE tenant = ?"
	    " AND key = ?", err, "tt", id->tenant, id->key), a, r, err);
}

/* What stands before the first key. */
static struct slice
or_empty(struct slice s)
{
	return s.p ? s : SLICE("");
}

int
ledger_next_due(struct ledger *l, struct slice tenant, const struct reply_row *after, int64_t now,
    struct arena *a, struct reply_row *r, struct sme_err *err)
{
	return take_reply(l, db_query(l->db, "SELECT " REPLY_COLUMNS " FROM outbox_reply"
	    " WHERE state IN ('waiting', 'unknown') AND due <= ?1 AND (?5 IS NULL OR tenant = ?5)"
	    " AND (kind = 'post', created, tenant, key) > (?6, ?2, ?3, ?4)"
	    " ORDER BY kind = 'post', created, tenant, key LIMIT 1", err,
	    "iittti", now, after->created, or_empty(after->id.tenant), or_empty(after->id.key), tenant,
	    (int64_t)slice_is(after->kind, "post")),
	    a, r, err);
}

int
ledger_wake(struct ledger *l, struct slice tenant, int64_t *due, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(l->db, "SELECT coalesce(min(due), 9223372036854775807)"
	    " FROM outbox_reply WHERE state IN ('waiting', 'unknown') AND (?1 IS NULL OR tenant = ?1)",
	    err, "t", tenant);

	if (!st || db_step(l->db, st, err) < 0)
		return -1;
	*due = db_int(st, 0);
	db_done(st);
	return 0;
}

int
ledger_next_untold(struct ledger *l, struct slice tenant, const struct reply_key *after,
    struct arena *a, struct reply_row *r, struct sme_err *err)
{
	return take_reply(l, db_query(l->db, "SELECT " REPLY_COLUMNS " FROM outbox_reply"
	    " WHERE told < revision AND (?3 IS NULL OR tenant = ?3) AND (tenant, key) > (?1, ?2)"
	    " ORDER BY tenant, key LIMIT 1", err, "ttt", or_empty(after->tenant), or_empty(after->key),
	    tenant), a, r, err);
}

int
ledger_next_unknown(struct ledger *l, struct slice tenant, const struct reply_key *after,
    struct arena *a, struct reply_row *r, struct sme_err *err)
{
	return take_reply(l, db_query(l->db, "SELECT " REPLY_COLUMNS " FROM outbox_reply"
	    " WHERE state = 'unknown' AND (?3 IS NULL OR tenant = ?3) AND (tenant, key) > (?1, ?2)"
	    " ORDER BY tenant, key LIMIT 1", err, "ttt", or_empty(after->tenant), or_empty(after->key),
	    tenant), a, r, err);
}

int
ledger_put_off(struct ledger *l, const struct reply_key *id, int64_t due, struct slice reason,
    int64_t now, struct sme_err *err)
{
	return db_run(l->db, "UPDATE outbox_reply SET due = ?1, changed = ?2, gate = NULL,"
	    " revision = revision + (reason IS NOT ?3), reason = ?3 WHERE tenant = ?4 AND key = ?5", err,
	    "iittt", due, now, reason, id->tenant, id->key);
}

int
ledger_told(struct ledger *l, const struct reply_key *id, int64_t revision, struct sme_err *err)
{
	return db_run(l->db, "UPDATE outbox_reply SET told = ? WHERE tenant = ? AND key = ? AND told < ?",
	    err, "itti", revision, id->tenant, id->key, revision);
}

static int
add_rows(struct ledger *l, const struct reply_row *r, const struct slice *texts, int64_t now,
    struct sme_err *err)
{
	if (db_run(l->db, "INSERT INTO outbox_reply (" REPLY_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?,"
	    " ?, ?, ?, ?, ?, ?, ?, 'waiting', NULL, NULL, ?, ?, 0, 0, ?) ON CONFLICT DO NOTHING", err,
	        "tttttttttiiiiiiiii", r->id.tenant, r->id.key, r->kind, r->network, r->channel,
	        r->account, r->mention, r->author, r->job, r->text_hash, (int64_t)r->automatic,
	        (int64_t)r->private, r->closed_until, r->parts, now, r->due, now, r->thread) < 0)
		return -1;
	if (db_changes(l->db) == 0)
		return 0;
	for (int64_t i = 0; i < r->parts; i++)
		if (db_run(l->db, "INSERT INTO outbox_part (tenant, key, part, text, state, owner, fence,"
		    " lease, created, intent, unknown, due, tries, looks, doubt, spent, request_hash,"
		    " sent_at) VALUES (?, ?, ?, ?, 0, 0, 0, 0, 0, 0, 0, ?, 0, 0, 0, 0, 0, 0)", err,
		        "ttiti", r->id.tenant, r->id.key, i, texts[i], r->due) < 0)
			return -1;
	return 0;
}

int
ledger_add(struct ledger *l, const struct reply_row *row, const struct slice *texts, int64_t now,
    struct sme_err *err)
{
	if (db_begin(l->db, err) < 0)
		return -1;
	if (add_rows(l, row, texts, now, err) < 0) {
		db_rollback(l->db);
		return -1;
	}
	return db_commit(l->db, err);
}

int
ledger_part(struct ledger *l, const struct reply_key *id, int64_t n, struct arena *a,
    struct part_row *row, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(l->db, "SELECT state, owner, fence, lease, created, intent,"
	    " unknown, due, tries, looks, doubt, spent, request_hash, sent_at, text, gate, reason,"
	    " sent_id, sent_url, sent_ref FROM outbox_part WHERE tenant = ? AND key = ? AND part = ?",
	    err, "tti", id->tenant, id->key, n);
	int found = st ? db_step(l->db, st, err) : -1;

	if (found != 1)
		return found;
	*row = (struct part_row){
	    .p = {(enum part_state)db_int(st, 0), db_int(st, 1), db_int(st, 2), db_int(st, 3),
	        db_int(st, 4), db_int(st, 5), db_int(st, 6), db_int(st, 7), db_int(st, 8),
	        db_int(st, 9), db_int(st, 10), db_int(st, 11)},
	    .request_hash = db_int(st, 12),
	    .sent_at = db_int(st, 13),
	    .text = kept_text(st, 14, a),
	    .gate = kept_text(st, 15, a),
	    .reason = kept_text(st, 16, a),
	    .id = kept_text(st, 17, a),
	    .url = kept_text(st, 18, a),
	    .ref = kept_text(st, 19, a),
	};
	db_done(st);
	return 1;
}

static int
store_part(struct ledger *l, const struct reply_key *id, int64_t n, const struct part_row *row,
    struct sme_err *err)
{
	const struct part *p = &row->p;

	return db_run(l->db, "UPDATE outbox_part SET state = ?, owner = ?, fence = ?, lease = ?,"
	    " created = ?, intent = ?, unknown = ?, due = ?, tries = ?, looks = ?, doubt = ?, spent = ?,"
	    " request_hash = ?, sent_at = ?, gate = ?, reason = ?, sent_id = ?, sent_url = ?, sent_ref = ?"
	    " WHERE tenant = ? AND key = ? AND part = ?", err, "iiiiiiiiiiiiiittttttti",
	    (int64_t)p->state, p->owner, p->fence, p->lease, p->created, p->intent, p->unknown, p->due,
	    p->tries, p->looks, (int64_t)p->doubt, (int64_t)p->spent, row->request_hash, row->sent_at,
	    row->gate, row->reason, row->id, row->url, row->ref, id->tenant, id->key, n);
}

/* What the reply is, from the first part that is not out. */
static const char *
state_name(enum part_state s)
{
	switch (s) {
	case PART_SENT:
		return "sent";
	case PART_FAILED:
		return "failed";
	case PART_HELD:
		return "held";
	case PART_UNKNOWN:
		return "unknown";
	case PART_INTENT:
	case PART_READY:
		break;
	}
	return "waiting";
}

/* The state of the reply is that of its first part that is not sent; its revision grows when there is
 * something new to tell.  An attempt under way is nothing to tell. */
static int
sum_up(struct ledger *l, const struct reply_key *id, int64_t now, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(l->db, "SELECT state, due, gate, reason FROM outbox_part"
	    " WHERE tenant = ? AND key = ? ORDER BY state = 3, part LIMIT 1", err, "tt", id->tenant,
	    id->key);
	struct slice state, gate, reason;
	enum part_state s;
	int r = st ? db_step(l->db, st, err) : -1;

	if (r != 1)
		return r;
	s = (enum part_state)db_int(st, 0);
	state = slice_of(state_name(s));
	gate = db_text(st, 2);
	reason = db_text(st, 3);
	r = db_run(l->db, "UPDATE outbox_reply SET due = ? WHERE tenant = ? AND key = ?", err, "itt",
	    db_int(st, 1), id->tenant, id->key);
	if (r == 0 && s != PART_INTENT && !(s == PART_READY && !reason.p))
		r = db_run(l->db, "UPDATE outbox_reply SET state = ?1, gate = ?2, reason = ?3, changed = ?4,"
		    " revision = revision + 1 WHERE tenant = ?5 AND key = ?6 AND (state IS NOT ?1 OR"
		    " gate IS NOT ?2 OR reason IS NOT ?3)", err, "tttitt", state, gate, reason, now,
		    id->tenant, id->key);
	db_done(st);
	return r;
}

static int
change(struct ledger *l, const struct reply_key *id, int64_t n, ledger_fn *fn, void *ctx,
    int64_t now, struct arena *a, struct part_row *row, struct sme_err *err)
{
	int found = ledger_part(l, id, n, a, row, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return err_set(err, SME_DATA, "%.*s: part %lld is not in sme.db", SLICE_ARG(id->key),
		    (long long)n);
	if (!fn(row, ctx))
		return 0;
	return store_part(l, id, n, row, err) < 0 || sum_up(l, id, now, err) < 0 ? -1 : 1;
}

int
ledger_change(struct ledger *l, const struct reply_key *id, int64_t n, ledger_fn *fn, void *ctx,
    int64_t now, struct arena *a, struct part_row *row, struct sme_err *err)
{
	int r;

	if (db_begin(l->db, err) < 0)
		return -1;
	r = change(l, id, n, fn, ctx, now, a, row, err);
	if (r == 1)
		return db_commit(l->db, err) < 0 ? -1 : 1;
	db_rollback(l->db);
	return r;
}
