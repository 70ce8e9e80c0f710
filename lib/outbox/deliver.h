/*
 * Bring a reply that is in the ledger as far as it goes now: part by part, each claimed, passed
 * through the gates, its intent written down, called, its outcome written down; or, after a crash,
 * asked after first.  See machine.h for the states, and for what each crash leads to.
 */
#ifndef SME_OUTBOX_DELIVER_H
#define SME_OUTBOX_DELIVER_H

#include "outbox/gate.h"

struct deliverer {
	struct ledger *ledger;
	struct gate_rules rules;
	/* The account NAME; NULL when it is not configured (any more). */
	struct channel *(*channel)(void *ctx, struct slice name);
	/* The time, in ms since 1970. */
	int64_t (*clock)(void *ctx);
	void *ctx;
};

/* 0, whatever came of it: ledger_find says what.  -1 with ERR when the ledger cannot be used. */
int deliver(const struct deliverer *d, const struct reply_key *id, struct sme_err *err);

#endif
