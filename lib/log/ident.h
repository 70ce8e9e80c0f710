/*
 * What an event is to the log: its identity, its tenant and its time.
 *
 * Two events are the same when these are: tenant, type, `id`, `revision` (a missing one counts as
 * 0), and, for types other than "mention" and "delete", the text of `state`, so that a reply that
 * was suggested and then sent is two events.  An event without `id` (a string or a number) is the
 * same as another when the whole line is.
 *
 * The identity is hashed to 128 bits under the log's secret key, and the hash stands for it: that
 * two different ones among 100 million agree has a probability of 2^-75, below that of an
 * undetected error of memory or disk.
 */
#ifndef SME_LOG_IDENT_H
#define SME_LOG_IDENT_H

#include "core/buf.h"
#include "log/siphash.h"
#include "stream/scan.h"

/* Times before 1990 or more than a day ahead are taken for mistakes. */
#define IDENT_EARLIEST INT64_C(631152000000)
#define IDENT_AHEAD INT64_C(86400000)

/* The paths that are needed; made by ident_plan. */
struct ident_plan {
	struct scan_plan *plan;
	int type, id, tenant, revision, state, created_at, at, author, to, in_reply_to, mention;
};

struct ident {
	struct hash128 id;
	struct hash128 bar;  /* of tenant and id alone: what erasing an id puts on the list */
	bool has_bar;        /* there is an id */
	struct slice tenant; /* "default" when the event names none */
};

/* Scratch memory of one thread. */
struct ident_scratch {
	struct buf text, tenant, id;
};

#define IDENT_SCRATCH_INIT                                                                         \
	{                                                                                          \
		BUF_INIT, BUF_INIT, BUF_INIT                                                       \
	}

void ident_plan_init(struct ident_plan *p);
void ident_plan_release(struct ident_plan *p);
void ident_scratch_release(struct ident_scratch *s);

/* The identity of LINE, which SC has just scanned; the tenant lives in S until the next call. */
void ident_of(const struct ident_plan *p, const struct scanner *sc, struct slice line,
    const struct siphash_key *key, struct ident_scratch *s, struct ident *out);

/* The list entry for ID (decoded) of TENANT. */
struct hash128 ident_bar(
    const struct siphash_key *key, struct slice tenant, struct slice id, struct buf *scratch);

/*
 * When it happened: `created_at`, or else `at`, when that is a time between 1990 and a day after
 * NOW; otherwise NOW, the time of its arrival.
 */
int64_t ident_time(
    const struct ident_plan *p, const struct scanner *sc, int64_t now, struct ident_scratch *s);

/* The tenant of the scanned event: text, or the raw value when it is no string. */
struct slice ident_tenant(
    const struct ident_plan *p, const struct scanner *sc, struct buf *scratch);

/* The id of the scanned event decoded (a number as written); p == NULL when there is none. */
struct slice ident_id(const struct ident_plan *p, const struct scanner *sc, struct buf *scratch);

#endif
