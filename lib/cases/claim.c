/* Who works on what: claims with a lease and a token, and the next case for an agent. */
#include <string.h>

#include "cases/cases_int.h"
#include "core/rfc3339.h"

static int
read_claim(struct cases *c, struct slice tenant, struct slice key, struct case_claim *claim,
    struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT id, fence, lease FROM case_file WHERE tenant = ? AND key = ?",
	    err, "tt", tenant, key);
	int r = st ? db_step(c->db, st, err) : -1;

	if (r <= 0)
		return -1;
	claim->id = db_int(st, 0);
	claim->fence = db_int(st, 1);
	claim->lease = db_int(st, 2);
	db_done(st);
	return 0;
}

/* ---- the next one ---- */

/* Candidates so far. */
struct candidate {
	struct buf key;
	int64_t rank, id;
	bool any;
};

/* Take the row of ST when it comes before the one that is there. */
static void
consider(struct candidate *best, struct sqlite3_stmt *st)
{
	int64_t rank = db_int(st, 1), id = db_int(st, 2);

	if (best->any && (rank > best->rank || (rank == best->rank && id > best->id)))
		return;
	buf_clear(&best->key);
	buf_adds(&best->key, db_text(st, 0));
	best->rank = rank;
	best->id = id;
	best->any = true;
}

/* ?1 tenant, ?2 agent, ?3 queue, ?4 now; the first row that a query gives is its best. */
#define COLUMNS "SELECT f.key, f.rank, f.id FROM "
#define FIRST   " ORDER BY f.rank, f.id LIMIT 1"
#define ME      "a.tenant = ?1 AND a.id = ?2 "
#define MINE    "f.unanswered IS NOT NULL AND (a.queues = '[]' OR f.queue IN (SELECT value FROM json_each(a.queues))) "

static const char own_cases[] = COLUMNS
    "case_agent a, case_file f INDEXED BY case_file_agent WHERE " ME "AND f.tenant = ?1 AND f.agent = ?2 AND "
    "f.status = 'open' AND f.unanswered IS NOT NULL AND (f.holder IS NULL OR f.lease <= ?4) AND ?3 = ?3" FIRST;
static const char free_cases[] = COLUMNS
    "case_agent a, case_file f INDEXED BY case_file_free WHERE " ME "AND f.tenant = ?1 AND f.queue = ?3 AND "
    "f.status = 'open' AND f.agent IS NULL AND f.unanswered IS NOT NULL AND " CASE_SKILLED(CASE_NEEDED("?4")) FIRST;
static const char expired_cases[] = COLUMNS
    "case_agent a, case_file f INDEXED BY case_file_lease WHERE " ME "AND f.tenant = ?1 AND f.holder IS NOT NULL "
    "AND f.lease <= ?4 AND f.status = 'open' AND ?3 = ?3 AND " MINE "AND " CASE_SKILLED(CASE_NEEDED("?4")) FIRST;

static int
best_of(struct cases *c, const char *sql, struct slice tenant, struct slice agent, struct slice queue,
    struct candidate *best, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, sql, err, "ttti", tenant, agent, queue, cases_now(c));
	int r = st ? db_step(c->db, st, err) : -1;

	if (r > 0) {
		consider(best, st);
		db_done(st);
	}
	return r < 0 ? -1 : 0;
}

/* The queues in which something is free and that AGENT may take from, one name after the other with a NUL
 * behind each.  A recursive query jumps from one to the next in the index. */
static int
free_queues(struct cases *c, struct slice tenant, struct slice agent, struct buf *names,
    struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db,
	    "WITH RECURSIVE q (queue) AS (SELECT min(queue) FROM case_file WHERE tenant = ?1 AND status = 'open' AND "
	    "agent IS NULL AND unanswered IS NOT NULL UNION ALL SELECT (SELECT min(f.queue) FROM case_file f WHERE f.tenant = ?1 AND f.status = 'open' "
	    "AND f.agent IS NULL AND f.unanswered IS NOT NULL AND f.queue > q.queue) FROM q WHERE q.queue IS NOT NULL) "
	    "SELECT q.queue FROM q, case_agent a WHERE q.queue IS NOT NULL AND a.tenant = ?1 AND a.id = ?2 AND "
	    "(a.queues = '[]' OR q.queue IN (SELECT value FROM json_each(a.queues)))",
	    err, "tt", tenant, agent);
	int r = -1;

	while (st && (r = db_step(c->db, st, err)) > 0) {
		buf_adds(names, db_text(st, 0));
		buf_addc(names, '\0');
	}
	return r;
}

/*
 * The key of what AGENT should do next: its own cases, then free ones, then those whose holder let the
 * lease run out.  A point of priority is worth a minute of waiting, so that within a priority what came
 * first goes first, and nothing waits for ever.  1, 0 when there is nothing, -1.
 */
static int
find_next(struct cases *c, struct slice tenant, struct slice agent, struct buf *key, struct sme_err *err)
{
	struct candidate best = {.key = BUF_INIT};
	struct buf names = BUF_INIT;
	int r = best_of(c, own_cases, tenant, agent, SLICE(""), &best, err);

	if (r == 0 && !best.any)
		r = free_queues(c, tenant, agent, &names, err);
	for (size_t at = 0; r == 0 && at < names.n; at += strlen(names.p + at) + 1)
		r = best_of(c, free_cases, tenant, agent, slice_of(names.p + at), &best, err);
	if (r == 0 && !best.any)
		r = best_of(c, expired_cases, tenant, agent, SLICE(""), &best, err);
	if (best.any)
		buf_adds(key, buf_slice(&best.key));
	buf_release(&best.key);
	buf_release(&names);
	return r < 0 ? -1 : best.any;
}

/* 1 when the case may be claimed, -1 with ERR. */
static int
check_free(struct cases *c, struct slice tenant, struct slice key, struct slice agent,
    struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT holder, lease, status FROM case_file WHERE tenant = ? AND key = ?",
	    err, "tt", tenant, key);
	int r = st ? db_step(c->db, st, err) : -1;
	char until[RFC3339_SIZE];
	struct slice holder;

	if (r == 0)
		return err_set(err, SME_NOINPUT, "tenant %.*s has no case \"%.*s\"; sme-case list shows them",
		    SLICE_ARG(tenant), SLICE_ARG(key));
	if (r < 0)
		return -1;
	holder = db_text(st, 0);
	if (slice_is(db_text(st, 2), "closed"))
		r = err_set(err, SME_TEMPFAIL, "the case is closed; reopen it first");
	else if (holder.p && db_int(st, 1) > cases_now(c) && !slice_eq(holder, agent))
		r = err_set(err, SME_TEMPFAIL, "%.*s holds the case until %s", SLICE_ARG(holder),
		    rfc3339_format(db_int(st, 1), until));
	db_done(st);
	return r;
}

static int
claim_key(struct cases *c, struct slice tenant, struct slice key, struct slice agent, int64_t lease,
    struct case_claim *claim, struct sme_err *err)
{
	struct case_action a = {.tenant = tenant, .key = key, .actor = agent, .action = SLICE("claim"),
	    .at = TIME_NONE};
	struct buf data = BUF_INIT;
	int64_t seq;
	int r;

	buf_printf(&data, "{\"lease\":%lld}", (long long)(cases_now(c) + lease));
	a.data = buf_slice(&data);
	r = case_record(c, &a, &seq, err) < 0 || read_claim(c, tenant, key, claim, err) < 0 ? -1 : 1;
	buf_release(&data);
	return r;
}

int
cases_claim(struct cases *c, struct slice tenant, struct slice key, struct slice agent, int64_t lease,
    struct case_claim *claim, struct sme_err *err)
{
	int r;

	claim->key = (struct buf)BUF_INIT;
	if (db_begin(c->db, err) < 0)
		return -1;
	if (key.p) {
		buf_adds(&claim->key, key);
		r = check_free(c, tenant, key, agent, err);
	} else {
		r = find_next(c, tenant, agent, &claim->key, err);
	}
	if (r > 0)
		r = claim_key(c, tenant, buf_slice(&claim->key), agent, lease, claim, err);
	if (r <= 0) {
		db_rollback(c->db);
		return r;
	}
	return cases_commit(c, err) < 0 ? -1 : 1;
}

int
cases_fence_ok(struct cases *c, struct slice tenant, struct slice key, int64_t fence, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT fence = ?3 FROM case_file WHERE tenant = ?1 AND key = ?2",
	    err, "tti", tenant, key, fence);
	int r = st ? db_step(c->db, st, err) : -1;

	if (r > 0) {
		r = (int)db_int(st, 0);
		db_done(st);
	}
	return r;
}
