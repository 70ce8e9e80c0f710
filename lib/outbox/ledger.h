/*
 * The outbox in sme.db: replies and their parts, who is at work on them, what was spent.  Every change
 * of a part is a transition of machine.h inside of one transaction that is on disk when the call returns.
 *
 * A ledger is a publisher: it gets a number that no other ever had, and holds a lock under that number
 * (FILE.owners beside sme.db) that the kernel drops when the process ends, however it ends.
 */
#ifndef SME_OUTBOX_LEDGER_H
#define SME_OUTBOX_LEDGER_H

#include "core/arena.h"
#include "core/buf.h"
#include "outbox/machine.h"
#include "store/db.h"

struct ledger;

/* PATH is sme.db.  NULL with ERR. */
struct ledger *ledger_open(const char *path, struct sme_err *err);

/* Only to look at what is there: it is no publisher.  *L is NULL, with 0, when there is no sme.db. */
int ledger_open_to_look(const char *path, struct ledger **l, struct sme_err *err);
void ledger_close(struct ledger *l);

/* For what reads more of it than is here. */
struct db *ledger_db(struct ledger *l);

/* Which reply. */
struct reply_key {
	struct slice tenant, key;
};

/* A reply or post as it is kept. */
struct reply_row {
	struct reply_key id;
	struct slice kind; /* "reply", "post", "edit", "delete" */
	struct slice network, channel, account;
	struct slice mention, author; /* p == NULL: a post */
	struct slice job;             /* JSON, see job.h */
	int64_t text_hash;
	bool automatic, private;
	int64_t closed_until; /* the end of the closed period it came in; 0: it was open */
	int64_t thread;       /* hash of the key of its thread; 0: a post */
	int64_t parts;
	int64_t created;
	/* What came of it; of a new one nothing. */
	struct slice state; /* "sent", "failed", "held", "unknown" or "waiting" */
	struct slice gate, reason;
	int64_t due, changed, revision, told;
};

struct part_row {
	struct part p;
	struct slice text, gate, reason; /* p == NULL: none */
	struct slice id, url, ref;       /* of what was sent; ref is JSON */
	int64_t sent_at;
	int64_t request_hash;
};

/* The row of ID: 1, its texts in A; 0 when there is none; -1 with ERR. */
int ledger_find(struct ledger *l, const struct reply_key *id, struct arena *a, struct reply_row *r,
    struct sme_err *err);

/* Add ROW with its TEXTS, waiting, unless there is one under its key already. */
int ledger_add(struct ledger *l, const struct reply_row *row, const struct slice *texts, int64_t now,
    struct sme_err *err);

/* Part N: 1, 0 or -1 as above. */
int ledger_part(struct ledger *l, const struct reply_key *id, int64_t n, struct arena *a,
    struct part_row *row, struct sme_err *err);

/* A transition.  False: nothing is stored.  It may read and write the database of the ledger. */
typedef bool ledger_fn(struct part_row *row, void *ctx);

/*
 * Load part N into ROW (texts in A), let FN change it, store it, and bring the row of the reply up to
 * date, all in one transaction.  1: done and on disk; 0: FN said no; -1 with ERR: nothing of it happened.
 */
int ledger_change(struct ledger *l, const struct reply_key *id, int64_t n, ledger_fn *fn, void *ctx,
    int64_t now, struct arena *a, struct part_row *row, struct sme_err *err);

/* This ledger's number, and whether the publisher of another number is still there. */
int64_t ledger_self(const struct ledger *l);
bool ledger_alive(const struct ledger *l, int64_t owner);

/* The oldest reply after AFTER (all zero at first) with something to do at NOW, as ledger_find; of one
 * TENANT or (p == NULL) of all.  Posts come behind all replies: nobody waits for them. */
int ledger_next_due(struct ledger *l, struct slice tenant, const struct reply_row *after, int64_t now,
    struct arena *a, struct reply_row *r, struct sme_err *err);

/* When the next one has; PART_NEVER: none.  -1 with ERR on failure. */
int ledger_wake(struct ledger *l, struct slice tenant, int64_t *due, struct sme_err *err);

/* The next reply after AFTER (all zero at first) whose state has not come out yet, as ledger_find. */
int ledger_next_untold(struct ledger *l, struct slice tenant, const struct reply_key *after,
    struct arena *a, struct reply_row *r, struct sme_err *err);

/* The next reply after AFTER that waits for a person, being UNKNOWN, as ledger_find. */
int ledger_next_unknown(struct ledger *l, struct slice tenant, const struct reply_key *after,
    struct arena *a, struct reply_row *r, struct sme_err *err);

/* Nothing can be done with it before DUE, for REASON. */
int ledger_put_off(struct ledger *l, const struct reply_key *id, int64_t due, struct slice reason,
    int64_t now, struct sme_err *err);

/* REVISION of it has come out. */
int ledger_told(struct ledger *l, const struct reply_key *id, int64_t revision, struct sme_err *err);

#endif
