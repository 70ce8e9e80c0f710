/* Private to lib/cases. */
#ifndef SME_CASES_CASES_INT_H
#define SME_CASES_CASES_INT_H

#include "cases/cases.h"
#include "store/db.h"

#define CASE_HASH_SIZE 65 /* hexadecimal, with its NUL */

/*
 * SQL: the skills that the case f asks for at the time NOW (what suffices later is in relax), and
 * whether the skills of the agent a, a list such as ["network:2","de"], have all of NEEDED.  One without
 * a level is of level 1.
 */
#define CASE_NEEDED(now)                                                                           \
	"coalesce((SELECT r.value -> 'skills' FROM json_each(f.relax) r WHERE CASE r.type WHEN 'object' THEN " \
	"unixepoch(r.value ->> 'at') * 1000 <= " now " AND json_type(r.value, '$.skills') = 'array' END " \
	"ORDER BY r.key DESC LIMIT 1), f.skills)"
#define SKILL_LEVEL(x) "CASE instr(" x ", ':') WHEN 0 THEN 1 ELSE CAST(substr(" x ", instr(" x ", ':') + 1) AS INTEGER) END"
#define SKILL_NAME(x)  "CASE instr(" x ", ':') WHEN 0 THEN " x " ELSE substr(" x ", 1, instr(" x ", ':') - 1) END"
#define CASE_SKILLED(needed)                                                                       \
	"NOT EXISTS (SELECT 1 FROM json_each(" needed ") n WHERE NOT EXISTS (SELECT 1 FROM json_each(a.skills) h " \
	"WHERE " SKILL_NAME("h.value") " = " SKILL_NAME("n.value") " AND " SKILL_LEVEL("h.value") " >= " \
	SKILL_LEVEL("n.value") "))"

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

/* ---- action.c ---- */

/* Write the event A and apply it, inside a transaction. */
int case_record(struct cases *c, const struct case_action *a, int64_t *seq, struct sme_err *err);

/* Apply E to the tables. */
int case_apply(struct cases *c, const struct case_event *e, struct sme_err *err);

/* Write E, a row that comes from elsewhere, as it is. */
int case_event_put(struct cases *c, const struct case_event *e, struct sme_err *err);

/* The row of case_file, 0 when there is none, -1 with ERR. */
int64_t case_find(struct cases *c, struct slice tenant, struct slice key, struct sme_err *err);

/* Bring what follows from the messages of a case up to date: when it was opened, answered, last written to. */
int case_refresh(struct cases *c, int64_t file, struct sme_err *err);

#endif
