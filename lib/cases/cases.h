/*
 * The desk: mentions become cases, and everything that happens to a case is an event.
 *
 * What was written (case_message) comes from mentions and replies; everything else about a case is
 * said by the rows of case_event, in their order.  Each is written, applied to the tables and made
 * part of a hash chain in one transaction, and goes to the log as a `case` event, so that sme.db can be
 * made again from the log.  Erasing a person removes the content of the events and leaves their
 * hashes, so that the chain still verifies.
 *
 * Times are milliseconds since 1970 in UTC.  Functions return -1 with ERR when they fail; nothing has
 * happened then.
 */
#ifndef SME_CASES_CASES_H
#define SME_CASES_CASES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "stream/tree.h"

struct cases;

struct cases_options {
	const char *path; /* sme.db */
	const char *log;  /* directory of the log that events go to; NULL: they wait */
	int64_t now;      /* TIME_NONE: the clock */
	void (*say)(const char *text); /* notes for the user */
};

/* What earlier runs could not bring to the log any more goes there first. */
struct cases *cases_open(const struct cases_options *o, struct sme_err *err);
void cases_close(struct cases *c);

/* Append the events that are not in the log yet to it.  They are safe without it; call it before the
 * end, and now and then. */
int cases_to_log(struct cases *c, struct sme_err *err);

int64_t cases_now(const struct cases *c);

/* Take NOW for the current time from here on. */
void cases_set_now(struct cases *c, int64_t now);

/* ---- what comes in ---- */

/*
 * Take one event of the stream: a mention opens or continues a case, a reply of ours is noted, a delete
 * takes the text away.  Others, and what is known already, change nothing.  Between cases_begin and
 * cases_commit, which makes it all durable.
 */
int cases_begin(struct cases *c, struct sme_err *err);
int cases_take(struct cases *c, const struct json_node *event, struct sme_err *err);
int cases_commit(struct cases *c, struct sme_err *err);
void cases_rollback(struct cases *c);

/* ---- what people do ---- */

/* One action, see cases/action.c for their names and what DATA (a JSON object) may hold. */
struct case_action {
	struct slice tenant, key; /* key: the case; p == NULL for what is about no case */
	struct slice actor, action;
	struct slice data;   /* JSON; p == NULL: {} */
	struct slice author; /* of the case; p == NULL: looked up */
	int64_t at;          /* TIME_NONE: now */
};

/* Do it, if it may be done now; in a transaction of its own.  SME_TEMPFAIL with a reason when it may
 * not (another holds the case), SME_NOINPUT when there is no such case. */
int cases_do(struct cases *c, const struct case_action *a, struct sme_err *err);

/* A claim: who holds a case may answer it, until the lease is over, with this token. */
struct case_claim {
	int64_t id, fence, lease;
	struct buf key; /* of the case; release it */
};

/*
 * Claim the case KEY for AGENT, or with KEY.p == NULL the one that AGENT should take next: of the cases
 * that are free and that the agent may have, the one with the highest priority, a point of which is
 * worth a minute of waiting.  1: claimed; 0: nothing to do; -1 with ERR, SME_TEMPFAIL when somebody else holds KEY.
 */
int cases_claim(struct cases *c, struct slice tenant, struct slice key, struct slice agent,
    int64_t lease, struct case_claim *claim, struct sme_err *err);

/* Is FENCE still the token of the case?  1, 0, or -1 with ERR; a case that is unknown has none. */
int cases_fence_ok(struct cases *c, struct slice tenant, struct slice key, int64_t fence,
    struct sme_err *err);

enum case_strategy { ASSIGN_ROUND_ROBIN, ASSIGN_LEAST_LOADED, ASSIGN_LONGEST_WAITING };

/*
 * Give free cases to agents who are online, have the skills and have room, the oldest of the highest
 * priority first; a customer comes back to the agent who had the last case, if that is possible.
 * Returns how many were given; -1 with ERR.
 */
int64_t cases_assign(struct cases *c, struct slice tenant, enum case_strategy how, struct sme_err *err);

/*
 * The answer TEXT to the oldest mention of the case that waits for one (else its last): append the mention
 * with its approved reply, a line for sme-publish, to OUT, and note it as "reply".  FENCE is the token of
 * the claim, -1 for that of the claim that AGENT has, if it has one.  SME_TEMPFAIL when the claim is stale.
 */
int cases_reply(struct cases *c, struct slice tenant, struct slice key, struct slice agent, int64_t fence,
    struct slice text, struct buf *out, struct sme_err *err);

/* ---- looking ---- */

/* Each row as a JSON object on a line. */
typedef void case_row(void *ctx, struct slice json);

struct case_filter {
	struct slice tenant, queue, status, agent, tag, author; /* p == NULL: any */
	bool late, unassigned;
	int64_t limit, after; /* after: so many rows are left out first */
	struct slice behind;  /* the key of the case that the page begins behind; p == NULL: from the start */
	const char *order;    /* "priority", "due", "last" */
};

/* -1 with ERR, SME_NOINPUT when there is no case F->behind. */
int cases_list(struct cases *c, const struct case_filter *f, case_row *row, void *ctx,
    struct sme_err *err);

/* The case, its messages and its events, as one object; SME_NOINPUT when there is none. */
int cases_show(struct cases *c, struct slice tenant, struct slice key, struct buf *out,
    struct sme_err *err);
int cases_search(struct cases *c, struct slice tenant, struct slice words, int64_t limit,
    case_row *row, void *ctx, struct sme_err *err);

/* All that AUTHOR and the accounts linked with it wrote, over all channels, in order of time. */
int cases_journey(struct cases *c, struct slice tenant, struct slice author, case_row *row, void *ctx,
    struct sme_err *err);
int cases_agents(struct cases *c, struct slice tenant, case_row *row, void *ctx, struct sme_err *err);

/* The queues with how much waits in them. */
int cases_queues(struct cases *c, struct slice tenant, case_row *row, void *ctx, struct sme_err *err);

/* ---- the whole ---- */

/* Check the chain.  0 with the number of events; -1 with ERR naming the first that is not right. */
int cases_verify(struct cases *c, int64_t *events, struct sme_err *err);

/* One of the accounts of a person. */
typedef void cases_account(void *ctx, struct slice id);

/* Erase what AUTHOR and linked accounts wrote, with their cases, the answers to them and the content of the
 * events about them; the file is rewritten so that nothing is left in it.  ACCOUNT gets AUTHOR and each
 * linked account, whose links are gone afterwards.  Returns how many cases. */
int64_t cases_erase(struct cases *c, struct slice tenant, struct slice author, cases_account *account, void *ctx,
    struct sme_err *err);

/*
 * Bring all that is not in the log there and, while nobody can write, rename the file to TO;
 * only cases_close may follow.  Others who have it open are told so at their next change.
 */
int cases_put_aside(struct cases *c, const char *to, struct sme_err *err);

/* Make the tables of an empty sme.db from the log, up to UNTIL (TIME_NONE: all). */
int cases_rebuild(struct cases *c, const char *log, int64_t until, struct sme_err *err);

#endif
