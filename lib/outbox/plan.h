/*
 * Can a day's answers be given at all, and what do they cost?  From how many there are, by channel, and
 * from what the connectors say of limits and prices; nothing is asked of a network.
 */
#ifndef SME_OUTBOX_PLAN_H
#define SME_OUTBOX_PLAN_H

#include "config/config.h"
#include "core/buf.h"

/* What a day brings on one channel. */
struct volume {
	struct slice tenant, network, channel; /* p == NULL: not said */
	double mentions, replies;
	double links;  /* so many of the replies, public ones, have a link */
	double direct; /* so many are private */
};

struct planner;

/* CONFIG must outlive it. */
struct planner *planner_new(const struct config *config);
void planner_free(struct planner *p);

/* Append what is to be said of V, one JSON line.  -1 with ERR when the configuration or a connector is
 * wrong.  A network without a connector is no error but cannot be served. */
int plan_volume(struct planner *p, const struct volume *v, struct buf *out, struct sme_err *err);

/* Append the line of the total; how many channels cannot be served. */
size_t plan_total(struct planner *p, struct buf *out);

#endif
