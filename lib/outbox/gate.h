/*
 * The gates that a reply passes before each attempt: tenant, claim, person, approval, rule (of the
 * network: windows, who may be answered, private stays private), length, budget, duplicate (and
 * loops).  The first that is closed says why.  It opens by itself at a time (the reply waits), or a
 * person has to decide (the reply is held).
 */
#ifndef SME_OUTBOX_GATE_H
#define SME_OUTBOX_GATE_H

#include "outbox/channel.h"

/* Money that may be spent, see publish.budget in sme.jq(5); < 0: no limit. */
struct budget {
	double day, month;
};

struct gate_rules {
	struct budget all;              /* all accounts together */
	const struct json_node *budgets; /* of single accounts by name; NULL: none */
	int64_t same_text; /* the same text goes to the same person once in so long, ms */
	/* More automatic answers to one person within so long, in ms, may be a loop of two machines. */
	int64_t loop_within, loop_answers;
	int64_t person; /* automatic answers pause for so long where a person of ours has written, ms */
};

/* Of `publish` in the configuration, which may be NULL. */
void gate_rules_load(struct gate_rules *rules, const struct json_node *publish);

/* Does B limit what is sent under the name BUCKET?  "write" is limited by "write" and by "write_day". */
bool gate_bucket_counts(const struct meta_bucket *b, struct slice bucket);

/* Why an automatic answer is not the first of its author, thread and closed period. */
#define GATE_ANSWERED "this person got an automatic answer already in this thread while it is closed"

struct gate_verdict {
	const char *gate; /* NULL: all are open */
	int64_t until;    /* when it opens; PART_NEVER: by a person */
	char reason[240];
};

/* The gates that depend on nothing but the reply and its network.  True: open. */
bool gates_pass(const struct channel *c, const struct outgoing *o, int64_t last_inbound, int64_t now,
    struct gate_verdict *v);

/*
 * Those that depend on what else happens: the claim at the desk, whether a person is at it, budget and
 * duplicate.  Inside of the
 * transaction that writes the intent, so that two publishers cannot both be the last to fit.  1: open,
 * and the call is booked as *BOOKED; 0: closed; -1 with ERR.
 */
int gates_book(struct ledger *l, const struct gate_rules *rules, const struct channel *c,
    const struct outgoing *o, const struct prepared *p, int64_t now, struct gate_verdict *v,
    int64_t *booked, struct sme_err *err);

/*
 * The claim alone: the reply was written for the case FILE at the desk under the token FENCE; p == NULL or below 0:
 * under none.  Whoever claims waits while DB has a transaction.  1: open, 0: closed, -1 with ERR.
 */
int gate_claim(struct db *db, struct slice tenant, struct slice file, double fence, struct gate_verdict *v,
    struct sme_err *err);

/* The call that was BOOKED had surely no effect: it cost no money. */
int gate_refund(struct ledger *l, int64_t booked, struct sme_err *err);

/* When AUTHOR last wrote, as far as it was noted; TIME_NONE. */
int gate_inbound(struct ledger *l, const struct reply_row *r, int64_t *at, struct sme_err *err);

/* Note that AUTHOR wrote at AT. */
int gate_note_inbound(struct ledger *l, struct slice tenant, struct slice network,
    struct slice author, int64_t at, struct sme_err *err);

#endif
