/*
 * A machine does not talk over a person.  Once one of ours has written in a thread, by whatever way (by
 * sme-publish, in the network's own app, at another desk), no automatic answer goes there, until the case
 * is closed at the desk or a time has passed; nor while somebody holds the case.
 */
#ifndef SME_OUTBOX_PERSON_H
#define SME_OUTBOX_PERSON_H

#include "outbox/gate.h"

/* The gate "person": 1 open, 0 closed with V, -1 with ERR.  Inside of the transaction of the intent. */
int person_open(struct ledger *l, const struct gate_rules *rules, const struct outgoing *o, int64_t now,
    struct gate_verdict *v, struct sme_err *err);

/* One of ours wrote in THREAD (job_thread) at AT. */
int person_note(struct ledger *l, struct slice tenant, int64_t thread, int64_t at, struct sme_err *err);

/* Is the message ID ("network:instance:native"), or one with PART_KEY (or p == NULL), of our own making?
 * 1, 0, or -1 with ERR. */
int person_is_ours(struct ledger *l, struct slice tenant, struct slice id, struct slice part_key,
    struct sme_err *err);

#endif
