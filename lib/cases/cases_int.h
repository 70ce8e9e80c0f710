/* Private to lib/cases. */
#ifndef SME_CASES_CASES_INT_H
#define SME_CASES_CASES_INT_H

#include "cases/cases.h"
#include "store/db.h"

#define CASE_HASH_SIZE 65 /* hexadecimal, with its NUL */

struct cases {
	struct db *db;
	struct cases_options o;
	char *path, *log;
	struct buf text; /* scratch */
	bool replaying;  /* events come from the log: they are applied as they are */
};

/* One row of case_event. */
struct case_event {
	int64_t seq, at;
	struct slice tenant, key, author, actor, action, data, salt;
	char content[CASE_HASH_SIZE], hash[CASE_HASH_SIZE];
};

/* ---- chain.c ---- */

/* The hash over everything that E says, and the next one of the chain behind PREV. */
void chain_content(const struct case_event *e, char out[CASE_HASH_SIZE]);
void chain_hash(const char *prev, int64_t seq, const char *content, char out[CASE_HASH_SIZE]);
void chain_salt(char out[33]);

/* ---- request.c ---- */

/* The db_service of the desk. */
int case_serve(void *cases, struct slice request, struct buf *answer, struct sme_err *err);

/* ---- cases.c ---- */

/* Is there anything for the log?  1, 0, or -1 with ERR. */
int case_waits_for_log(struct cases *c, struct sme_err *err);

/* ---- skills.c ---- */

/* Has HAVE all skills of NEEDED?  Both are JSON lists.  Has QUEUES, a JSON list, QUEUE?  [] are all. */
bool skills_cover(struct slice have, struct slice needed);
bool queues_have(struct slice queues, struct slice queue);

/* ---- claim.c ---- */

/* As cases_claim, inside a transaction; CLAIM's key is empty before. */
int case_claim(struct cases *c, struct slice tenant, struct slice key, struct slice agent, int64_t lease,
    struct case_claim *claim, struct sme_err *err);

/* ---- action.c ---- */

/* As cases_do, inside a transaction. */
int case_do(struct cases *c, const struct case_action *a, struct sme_err *err);

/* Write the event A and apply it, inside a transaction. */
int case_record(struct cases *c, const struct case_action *a, int64_t *seq, struct sme_err *err);

/* What the queues of TENANT said that should happen by NOW if nobody took a case: fewer skills suffice, another
 * queue takes over.  Events do it for their own time, so that it comes out the same from the log. */
int case_step(struct cases *c, struct slice tenant, int64_t now, struct sme_err *err);

/* Apply E to the tables. */
int case_apply(struct cases *c, const struct case_event *e, struct sme_err *err);

/* Write E, a row that comes from elsewhere, as it is. */
int case_event_put(struct cases *c, const struct case_event *e, struct sme_err *err);

/* The row of case_file, 0 when there is none, -1 with ERR. */
int64_t case_find(struct cases *c, struct slice tenant, struct slice key, struct sme_err *err);

/* There is no such case: -1 with ERR, SME_NOINPUT. */
int case_unknown(struct slice tenant, struct slice key, struct sme_err *err);

/* Bring what follows from the messages of a case up to date: when it was opened, answered, last written to. */
int case_refresh(struct cases *c, int64_t file, struct sme_err *err);

#endif
