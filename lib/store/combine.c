/*
 * Small changes of many processes in one transaction: each puts its request into its place in shared memory, and
 * whoever gets the lock to write does all that is there, commits and syncs once and leaves the answers
 * (flat combining: Hendler, Incze, Shavit and Tzafrir, SPAA 2010).
 *
 *	FREE -> POSTED -> TAKEN -> COMMITTED -> DONE -> FREE
 *
 * TAKEN and what follows carry the number of the transaction, which the transaction writes into store_batch,
 * too: when the process that has taken requests is killed, the next one with the lock sees there whether they
 * were done.  Who waits too long for a sync does it itself.
 */
#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/rfc3339.h"
#include "store/db_int.h"

enum place_state {
	FREE,
	POSTED,
	CALLED, /* POSTED, and asked to take the lock */
	TAKEN,
	COMMITTED, /* to the write-ahead log, not synced */
	DONE,
	LOST, /* the sync failed */
};

/* The answer does not fit: whoever asks must do it alone. */
#define TOO_LARGE (-2)

/* How long a process waits for the one that works for it before it looks whether that one lives, in ns. */
#define PATIENCE 500000000

/* So many transactions are done in a row by one process. */
#define ROUNDS 16

#define STATE(kind, batch) ((uint32_t)(kind) | (uint32_t)(batch) << 3)
#define KIND(state)        ((enum place_state)((state) & 7))

void
db_serve(struct db *db, db_service *service, void *ctx)
{
	db->serve = service;
	db->serve_ctx = ctx;
}

/* ---- waiting and waking ---- */

static bool
change(struct group_place *p, uint32_t from, uint32_t to)
{
	return atomic_compare_exchange_strong(&p->state, &from, to);
}

static void
sleep_while(struct group_place *p, uint32_t state)
{
	struct timespec patience = {0, PATIENCE};

	syscall(SYS_futex, &p->state, FUTEX_WAIT, state, &patience, NULL, 0);
}

static void
wake(struct group_place *p)
{
	syscall(SYS_futex, &p->state, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void
db_pass_on(struct db *db)
{
	size_t n;
	struct group_place *places = group_places(db->group, &n);

	group_leave(db->group);
	for (size_t i = 0; i < n; i++)
		if (change(&places[i], POSTED, CALLED)) {
			wake(&places[i]);
			return;
		}
}

/* ---- doing requests, with the lock ---- */

/* Is it still to be done, or was it taken by somebody who died? */
static bool
is_waiting(const struct group_place *p)
{
	enum place_state kind = KIND(atomic_load(&p->state));

	return kind == POSTED || kind == CALLED || kind == TAKEN;
}

static bool
somebody_waits(struct db *db)
{
	size_t n;
	const struct group_place *places = group_places(db->group, &n);

	for (size_t i = 0; i < n; i++)
		if (is_waiting(&places[i]))
			return true;
	return false;
}

/* The number of the last transaction that was committed, cut as it is in a state; -1 with ERR. */
static int64_t
last_batch(struct db *db, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(db, "SELECT n FROM store_batch", err, "");
	int r = st ? db_step(db, st, err) : -1;
	int64_t n;

	if (r <= 0)
		return r;
	n = db_int(st, 0);
	db_done(st);
	return (uint32_t)n & (UINT32_MAX >> 3);
}

/* Somebody died with the lock: were the requests done that were taken? */
static int
mend(struct db *db, struct sme_err *err)
{
	int64_t last = last_batch(db, err);
	size_t n;
	struct group_place *places = group_places(db->group, &n);

	if (last < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		uint32_t state = atomic_load(&places[i].state);

		if (KIND(state) == TAKEN)
			change(&places[i], state, state >> 3 == (uint32_t)last ? STATE(COMMITTED, last) : POSTED);
	}
	group_mended(db->group);
	return 0;
}

static void
leave_answer(struct group_place *p, int result, struct slice bytes, const struct sme_err *err)
{
	p->result = result;
	p->status = result == -1 ? err->status : SME_OK;
	p->answer_size = (uint32_t)bytes.n;
	if (bytes.n)
		memcpy(p->answer, bytes.p, bytes.n);
}

/* Undone to its start when it does not return 1. */
static int
serve_in_savepoint(struct db *db, struct slice request, struct buf *answer, struct sme_err *err)
{
	int r;

	if (db_run(db, "SAVEPOINT request", err, "") < 0)
		return -1;
	r = db->serve(db->serve_ctx, request, answer, err);
	if (r > 0 && answer->n > GROUP_BYTES)
		r = TOO_LARGE;
	if (sqlite3_get_autocommit(db->handle))
		return r;
	/* What cannot be undone must not be committed with the requests of others. */
	if ((r <= 0 && db_run(db, "ROLLBACK TO request", err, "") < 0) || db_run(db, "RELEASE request", err, "") < 0) {
		db_exec(db, "ROLLBACK", NULL);
		return -1;
	}
	return r;
}

/* All that is TAKEN for BATCH.  -1 with ERR when the whole transaction is gone. */
static int
serve_taken(struct db *db, uint64_t batch, struct sme_err *err)
{
	struct buf request = BUF_INIT, answer = BUF_INIT;
	size_t n;
	struct group_place *places = group_places(db->group, &n);
	int r = db_run(db, "UPDATE store_batch SET n = ?", err, "i", (int64_t)batch);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct group_place *p = &places[i];
		int result;

		if (atomic_load(&p->state) != STATE(TAKEN, batch))
			continue;
		buf_clear(&request);
		buf_clear(&answer);
		buf_add(&request, p->request, p->request_size);
		result = serve_in_savepoint(db, buf_slice(&request), &answer, err);
		if (result == TOO_LARGE)
			buf_clear(&answer);
		leave_answer(p, result, result == -1 ? slice_of(err->text) : buf_slice(&answer), err);
		if (sqlite3_get_autocommit(db->handle))
			r = -1;
	}
	buf_release(&request);
	buf_release(&answer);
	return r;
}

/* What waits becomes TAKEN for BATCH. */
static void
take_posted(struct db *db, uint64_t batch)
{
	size_t n;
	struct group_place *places = group_places(db->group, &n);

	for (size_t i = 0; i < n; i++) {
		uint32_t state = atomic_load(&places[i].state);

		if (state == POSTED || state == CALLED)
			change(&places[i], state, STATE(TAKEN, batch));
	}
}

/* All requests of BATCH go from one state to another. */
static void
advance(struct db *db, uint64_t batch, enum place_state from, enum place_state to)
{
	size_t n;
	struct group_place *places = group_places(db->group, &n);

	for (size_t i = 0; i < n; i++)
		if (change(&places[i], STATE(from, batch), STATE(to, batch)) && to != COMMITTED)
			wake(&places[i]);
}

/* The whole transaction failed: everyone gets its error. */
static void
fail_batch(struct db *db, uint64_t batch, const struct sme_err *err)
{
	size_t n;
	struct group_place *places = group_places(db->group, &n);

	for (size_t i = 0; i < n; i++)
		if (atomic_load(&places[i].state) == STATE(TAKEN, batch))
			leave_answer(&places[i], -1, slice_of(err->text), err);
	advance(db, batch, TAKEN, DONE);
}

/* One transaction for all that waits, on disk.  -1 when it failed: all know it then. */
static int
serve_batch(struct db *db)
{
	uint64_t batch = group_number(db->group);
	struct sme_err err;
	int r = db_start(db, &err);

	if (r == 0 && group_is_torn(db->group))
		r = mend(db, &err);
	take_posted(db, batch);
	if (r == 0)
		r = serve_taken(db, batch, &err);
	if (r == 0)
		r = db_exec(db, "COMMIT", &err);
	if (r < 0) {
		fail_batch(db, batch, &err);
		return -1;
	}
	advance(db, batch, TAKEN, COMMITTED);
	advance(db, batch, COMMITTED, group_sync(db->group, &err) == 0 ? DONE : LOST);
	return 0;
}

/*
 * With the lock, which is passed on.  While others bring requests the same process goes on for some rounds:
 * what it has read of the database is still good then, and another would have to read it again.
 */
static void
serve_all(struct db *db)
{
	for (int round = 0; round < ROUNDS && somebody_waits(db); round++)
		if (serve_batch(db) < 0)
			break;
	db_rollback(db);
}

/* ---- asking ---- */

/* Do it, with all others, when nobody else is at it.  -1 with ERR. */
static int
try_serving(struct db *db, const struct group_place *p, struct sme_err *err)
{
	int r = group_try(db->group, err);

	if (r > 0 && is_waiting(p))
		serve_all(db);
	else if (r > 0)
		db_pass_on(db);
	return r;
}

static bool
take_back(struct group_place *p)
{
	return change(p, POSTED, FREE) || change(p, CALLED, FREE);
}

/* Until the request in P is done.  -1 with ERR when the lock cannot be had. */
static int
wait_for(struct db *db, struct group_place *p, struct sme_err *err)
{
	int64_t end = time_now_ms() + DB_BUSY_MS;
	uint32_t state;

	while (KIND(state = atomic_load(&p->state)) != DONE && KIND(state) != LOST) {
		int r = 0;

		/* Whoever has the lock was stopped.  What is TAKEN may have been done: there is nothing but to wait. */
		if (time_now_ms() > end && take_back(p))
			return err_set(err, SME_TEMPFAIL, "%s: another process keeps it locked; try again", db->path);
		if (state == CALLED && change(p, CALLED, POSTED))
			state = POSTED;
		if (KIND(state) != COMMITTED)
			r = try_serving(db, p, err);
		if (r < 0 && take_back(p))
			return -1;
		if (r > 0)
			continue;
		sleep_while(p, state);
		/* Still the same: whoever committed it may be dead. */
		if (KIND(state) == COMMITTED && atomic_load(&p->state) == state)
			change(p, state, STATE(group_sync(db->group, err) == 0 ? DONE : LOST, state >> 3));
	}
	return 0;
}

static int
collect(struct db *db, const struct group_place *p, struct buf *answer, struct sme_err *err)
{
	if (KIND(atomic_load(&p->state)) == LOST)
		return err_set(err, SME_IOERR, "%s: could not be brought to disk; sme-case verify shows whether all is well",
		    db->path);
	if (p->result == -1)
		return err_set(err, (enum sme_status)p->status, "%.*s", (int)p->answer_size, p->answer);
	buf_add(answer, p->answer, p->answer_size);
	return p->result;
}

/* In a transaction of its own, with the lock, if there is one. */
static int
do_alone(struct db *db, struct slice request, struct buf *answer, struct sme_err *err)
{
	int r = db_start(db, err);

	if (r == 0)
		r = db->serve(db->serve_ctx, request, answer, err);
	if (r > 0)
		return db_commit(db, err) < 0 ? -1 : r;
	db_rollback(db);
	return r;
}

static int
call_alone(struct db *db, struct slice request, struct buf *answer, struct sme_err *err)
{
	if (db->group && group_enter(db->group, err) < 0)
		return -1;
	return do_alone(db, request, answer, err);
}

/* Through the place P. */
static int
call_together(struct db *db, struct group_place *p, struct slice request, struct buf *answer, struct sme_err *err)
{
	int r;

	/* Whoever had the place before died while it waited. */
	if (atomic_load(&p->state) != FREE && wait_for(db, p, err) < 0)
		return -1;
	memcpy(p->request, request.p, request.n);
	p->request_size = (uint32_t)request.n;
	atomic_store(&p->state, POSTED);
	if (wait_for(db, p, err) < 0)
		return -1;
	r = collect(db, p, answer, err);
	atomic_store(&p->state, FREE);
	return r == TOO_LARGE ? call_alone(db, request, answer, err) : r;
}

int
db_call(struct db *db, struct slice request, struct buf *answer, struct sme_err *err)
{
	struct group_place *p = db->group && request.n <= GROUP_BYTES ? group_own_place(db->group) : NULL;
	int r = p ? group_try(db->group, err) : 0;

	if (r < 0)
		return -1;
	if (!p)
		return call_alone(db, request, answer, err);
	if (r > 0 && !somebody_waits(db))
		return do_alone(db, request, answer, err);
	if (r > 0)
		group_leave(db->group);
	return call_together(db, p, request, answer, err);
}
