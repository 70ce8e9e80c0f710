/*
 * Lists of cases, a page at a time.  A page that begins behind a case that is known is found by the index of its
 * order, however far it is from the start; one that is asked for by its number is counted off.
 */
#include <string.h>

#include "cases/rows.h"

/*
 * Of all lists: ?1 tenant, ?2 queue, ?3 status, ?4 agent, ?5 tag, ?6 author, ?7 late, ?8 unassigned, ?9 now; ?10 how
 * many, ?11 how many to leave out; ?12, ?13 where the case stands that the page begins behind.
 */
#define FILTER_TYPES "ttttttiii"
#define LIST_TYPES   FILTER_TYPES "iiii"
#define FILTER_VALUES(c, f)                                                                        \
	(f)->tenant, (f)->queue, (f)->status, (f)->agent, (f)->tag, (f)->author, (int64_t)(f)->late,  \
	    (int64_t)(f)->unassigned, cases_now(c)

enum list_order { BY_PRIORITY, BY_DUE, BY_LAST, ORDERS };

/* A case without a time comes behind all others. */
#define DUE  "coalesce(f.due, 9223372036854775807)"
#define LAST "coalesce(f.last, 0)"

/* How rows stand one behind the other, and what stands behind ?12, ?13: put so that an index is searched for it. */
#define RANK_ORDER  "f.rank, f.id"
#define RANK_BEHIND "f.rank >= ?12 AND (f.rank > ?12 OR f.id > ?13)"
#define DUE_ORDER   DUE ", f.id"
#define DUE_BEHIND  DUE " >= ?12 AND (" DUE " > ?12 OR f.id > ?13)"
#define LAST_ORDER  LAST " DESC, f.id"
#define LAST_BEHIND LAST " <= ?12 AND (" LAST " < ?12 OR f.id > ?13)"

#define FILTER                                                                                     \
	"f.tenant = ?1 AND (?2 IS NULL OR f.queue = ?2) AND f.status = coalesce(?3, 'open') AND (?4 IS NULL OR " \
	"f.agent = ?4) AND (?5 IS NULL OR EXISTS (SELECT 1 FROM case_tag t WHERE t.file = f.id AND t.tag = ?5)) " \
	"AND (?6 IS NULL OR f.author = ?6) AND (?7 = 0 OR " LATE("?9") ") AND (?8 = 0 OR f.agent IS NULL) "

#define LIST(from, where, order)                                                                   \
	"SELECT " CASE_OBJECT " FROM " from " WHERE " FILTER "AND " where " ORDER BY " order " LIMIT ?10 OFFSET ?11"

/* One statement for each order, so that an index gives it. */
#define LISTS(from)                                                                                \
	{                                                                                          \
		LIST(from, RANK_BEHIND, RANK_ORDER), LIST(from, DUE_BEHIND, DUE_ORDER),            \
		    LIST(from, LAST_BEHIND, LAST_ORDER)                                            \
	}
static const char *const in_order[ORDERS] = LISTS("case_file f");

static const char queue_by_priority[] = LIST("case_file f INDEXED BY case_file_queue",
    "f.status = 'open' AND f.queue = ?2 AND " RANK_BEHIND, RANK_ORDER);

/*
 * Without a filter what stands before a page is counted off in the index alone, from whichever end is nearer.
 */
#define UNFILTERED(index, count_off, order)                                                        \
	"SELECT " CASE_OBJECT " FROM (SELECT f.id FROM case_file f INDEXED BY " index " WHERE f.tenant = ?1 AND " \
	"f.status = coalesce(?3, 'open') ORDER BY " count_off " LIMIT ?10 OFFSET ?11) k CROSS JOIN case_file f ON " \
	"f.id = k.id WHERE ?12 IS ?12 AND ?13 IS ?13 ORDER BY " order
static const char *const unfiltered[ORDERS] = {UNFILTERED("case_file_work", RANK_ORDER, RANK_ORDER),
    UNFILTERED("case_file_due", DUE_ORDER, DUE_ORDER), UNFILTERED("case_file_last", LAST_ORDER, LAST_ORDER)};
static const char *const from_end[ORDERS] = {UNFILTERED("case_file_work", "f.rank DESC, f.id DESC", RANK_ORDER),
    UNFILTERED("case_file_due", DUE " DESC, f.id DESC", DUE_ORDER),
    UNFILTERED("case_file_last", LAST ", f.id DESC", LAST_ORDER)};

/*
 * A filter that few cases pass: these are found first and sorted then.  Where there are more than FEW, going
 * through all in their order finds a page of them soon enough.
 */
#define FEW 8000
#define NARROW(ids)                                                                                \
	"SELECT count(*) FROM (SELECT 1 FROM (" ids ") WHERE ?9 IS ?9 LIMIT 8001)",                  \
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
                        "coalesce(?3, 'open') AND coalesce(due, 9223372036854775807) < ?9 AND unanswered IS NOT NULL UNION ALL SELECT id FROM case_file "
                        "INDEXED BY case_file_department WHERE tenant = ?1 AND department_due < ?9 AND "
                        "(due < ?9 AND unanswered IS NOT NULL) IS NOT TRUE")};

/* 1 when few pass N, 0, or -1 with ERR. */
static int
is_narrow(struct cases *c, const struct case_filter *f, const struct narrow *n, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, n->count, err, FILTER_TYPES, FILTER_VALUES(c, f));
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

/* Where a case stands in an order. */
struct place {
	int64_t value, id;
};

static int
find_place(struct cases *c, const struct case_filter *f, enum list_order order, struct place *p, struct sme_err *err)
{
	struct sqlite3_stmt *st;
	int r;

	*p = (struct place){order == BY_LAST ? INT64_MAX : INT64_MIN, -1};
	if (!f->behind.p)
		return 0;
	st = db_query(c->db, "SELECT f.rank, " DUE ", " LAST ", f.id FROM case_file f WHERE f.tenant = ? AND f.key = ?", err,
	    "tt", f->tenant, f->behind);
	r = st ? db_step(c->db, st, err) : -1;
	if (r == 0)
		return case_unknown(f->tenant, f->behind, err);
	if (r > 0) {
		*p = (struct place){db_int(st, (int)order), db_int(st, 3)};
		db_done(st);
	}
	return r < 0 ? -1 : 0;
}

/* How many cases have the status of F; -1 with ERR. */
static int64_t
count_status(struct cases *c, const struct case_filter *f, struct sme_err *err)
{
	struct sqlite3_stmt *st = db_query(c->db, "SELECT n FROM case_count WHERE tenant = ?1 AND status = coalesce(?2, 'open')", err,
	    "tt", f->tenant, f->status);
	int r = st ? db_step(c->db, st, err) : -1;
	int64_t n;

	if (r <= 0)
		return r;
	n = db_int(st, 0);
	db_done(st);
	return n;
}

static int
run_list(struct cases *c, const char *sql, const struct case_filter *f, struct place behind, case_row *row, void *ctx,
    struct sme_err *err)
{
	return case_rows(c, db_query(c->db, sql, err, LIST_TYPES, FILTER_VALUES(c, f), f->limit, f->after, behind.value,
	                     behind.id), row, ctx, err);
}

/* A page by its number, of all cases of a status. */
static int
list_page(struct cases *c, const struct case_filter *f, enum list_order order, case_row *row, void *ctx, struct sme_err *err)
{
	struct case_filter turned = *f;
	int64_t all = count_status(c, f, err);

	if (all < 0 || f->after >= all)
		return all < 0 ? -1 : 0;
	if (f->limit > all - f->after)
		turned.limit = all - f->after;
	if (f->after <= all / 2)
		return run_list(c, unfiltered[order], f, (struct place){0, 0}, row, ctx, err);
	turned.after = all - f->after - turned.limit;
	return run_list(c, from_end[order], &turned, (struct place){0, 0}, row, ctx, err);
}

static bool
is_filtered(const struct case_filter *f)
{
	return f->author.p || f->agent.p || f->tag.p || f->late || f->queue.p || f->unassigned;
}

int
cases_list(struct cases *c, const struct case_filter *f, case_row *row, void *ctx, struct sme_err *err)
{
	enum list_order order = BY_PRIORITY;
	struct place behind;
	const char *sql;

	if (f->order && strcmp(f->order, "due") == 0)
		order = BY_DUE;
	else if (f->order && strcmp(f->order, "last") == 0)
		order = BY_LAST;
	if (f->after && !f->behind.p && !is_filtered(f))
		return list_page(c, f, order, row, ctx, err);
	if (find_place(c, f, order, &behind, err) < 0 || find_list(c, f, order, &sql, err) < 0)
		return -1;
	return run_list(c, sql, f, behind, row, ctx, err);
}
