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

/* An agent who asks for work, and the best case so far. */
struct search {
	struct cases *c;
	struct slice tenant, agent;
	struct buf queues, skills; /* JSON lists: [] of queues are all */
	int64_t rank, id; /* id 0: none yet */
	struct sme_err *err;
};

static void
consider(struct search *s, int64_t rank, int64_t id)
{
	if (s->id && (rank > s->rank || (rank == s->rank && id > s->id)))
		return;
	s->rank = rank;
	s->id = id;
}

/* 1 when there is such an agent, 0, -1. */
static int
load_agent(struct search *s)
{
	struct sqlite3_stmt *st = db_query(s->c->db, "SELECT queues, skills FROM case_agent WHERE tenant = ? AND id = ?",
	    s->err, "tt", s->tenant, s->agent);
	int r = st ? db_step(s->c->db, st, s->err) : -1;

	if (r > 0) {
		buf_adds(&s->queues, db_text(st, 0));
		buf_adds(&s->skills, db_text(st, 1));
		db_done(st);
	}
	return r;
}

/* The cases that the agent has already. */
static int
look_at_own(struct search *s)
{
	struct sqlite3_stmt *st = db_query(s->c->db, "SELECT rank, id FROM case_file INDEXED BY case_file_agent WHERE "
	    "tenant = ?1 AND agent = ?2 AND status = 'open' AND unanswered IS NOT NULL AND (holder IS NULL OR lease <= ?3) "
	    "ORDER BY rank, id LIMIT 1", s->err, "tti", s->tenant, s->agent, cases_now(s->c));
	int r = st ? db_step(s->c->db, st, s->err) : -1;

	if (r > 0) {
		consider(s, db_int(st, 0), db_int(st, 1));
		db_done(st);
	}
	return r < 0 ? -1 : 0;
}

/* Behind all lists of skills. */
#define LAST_NEED "\x7f"

#define FREE_CASE(behind, order)                                                                   \
	"SELECT * FROM (SELECT queue, need, rank, id FROM case_file INDEXED BY case_file_free WHERE tenant = ?1 AND " \
	"status = 'open' AND agent IS NULL AND unanswered IS NOT NULL AND " behind " ORDER BY " order " LIMIT 1)"

/* The first of the group behind ?2, ?3: of the same queue, or else of the next one. */
static const char next_group[] = FREE_CASE("queue = ?2 AND need > ?3", "need, rank, id") " UNION ALL "
    FREE_CASE("queue > ?2", "queue, need, rank, id");

/*
 * The free cases.  Those that ask for the same skills in the same queue stand together in the index, the best
 * one first: one look at each such group.
 */
static int
look_at_free(struct search *s)
{
	struct buf queue = BUF_INIT, need = BUF_INIT;
	int r;

	for (;;) {
		struct sqlite3_stmt *st = db_query(s->c->db, next_group, s->err, "ttt", s->tenant,
		    slice_of(buf_str(&queue)), slice_of(buf_str(&need)));

		r = st ? db_step(s->c->db, st, s->err) : -1;
		if (r <= 0)
			break;
		buf_clear(&queue);
		buf_clear(&need);
		buf_adds(&queue, db_text(st, 0));
		if (!queues_have(buf_slice(&s->queues), db_text(st, 0))) {
			buf_puts(&need, LAST_NEED);
		} else {
			buf_adds(&need, db_text(st, 1));
			if (skills_cover(buf_slice(&s->skills), db_text(st, 1)))
				consider(s, db_int(st, 2), db_int(st, 3));
		}
		db_done(st);
	}
	buf_release(&queue);
	buf_release(&need);
	return r;
}

/* Those whose holder let the lease run out. */
static int
look_at_expired(struct search *s)
{
	struct sqlite3_stmt *st = db_query(s->c->db, "SELECT queue, need, rank, id FROM case_file INDEXED BY case_file_lease "
	    "WHERE tenant = ?1 AND holder IS NOT NULL AND lease <= ?2 AND status = 'open' AND unanswered IS NOT NULL "
	    "ORDER BY rank, id", s->err, "ti", s->tenant, cases_now(s->c));
	int r = -1;

	while (st && (r = db_step(s->c->db, st, s->err)) > 0)
		if (queues_have(buf_slice(&s->queues), db_text(st, 0)) &&
		    skills_cover(buf_slice(&s->skills), db_text(st, 1))) {
			consider(s, db_int(st, 2), db_int(st, 3));
			db_done(st);
			break;
		}
	return r < 0 ? -1 : 0;
}

static int
key_of(struct search *s, struct buf *key)
{
	struct sqlite3_stmt *st = db_query(s->c->db, "SELECT key FROM case_file WHERE id = ?", s->err, "i", s->id);
	int r = st ? db_step(s->c->db, st, s->err) : -1;

	if (r > 0) {
		buf_adds(key, db_text(st, 0));
		db_done(st);
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
	struct search s = {.c = c, .tenant = tenant, .agent = agent, .queues = BUF_INIT, .skills = BUF_INIT, .err = err};
	int r = case_step(c, tenant, cases_now(c), err) < 0 ? -1 : load_agent(&s);

	if (r > 0) {
		r = look_at_own(&s);
		if (r == 0 && !s.id)
			r = look_at_free(&s);
		if (r == 0 && !s.id)
			r = look_at_expired(&s);
		if (r == 0 && s.id)
			r = key_of(&s, key);
	}
	buf_release(&s.queues);
	buf_release(&s.skills);
	return r;
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
		return case_unknown(tenant, key, err);
	if (r < 0)
		return -1;
	holder = db_text(st, 0);
	if (slice_is(db_text(st, 2), "closed"))
		r = err_set(err, SME_TEMPFAIL, "the case is closed; reopen it first");
	else if (holder.p && db_int(st, 1) > cases_now(c) && !slice_eq(holder, agent))
		r = err_set(err, SME_TEMPFAIL, "%.*s holds the case until %s; assigning it to somebody else ends that",
		    SLICE_ARG(holder), rfc3339_format(db_int(st, 1), until));
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
case_claim(struct cases *c, struct slice tenant, struct slice key, struct slice agent, int64_t lease,
    struct case_claim *claim, struct sme_err *err)
{
	int r;

	if (key.p) {
		buf_adds(&claim->key, key);
		r = check_free(c, tenant, key, agent, err);
	} else {
		r = find_next(c, tenant, agent, &claim->key, err);
	}
	return r > 0 ? claim_key(c, tenant, buf_slice(&claim->key), agent, lease, claim, err) : r;
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
