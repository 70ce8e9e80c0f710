/*
 * sme-route --sweep: what came in while nobody was there.  What needs a person now becomes an alert that
 * pages somebody, the rest is acknowledged, and a digest says what there was.
 */
#ifndef SME_ROUTE_SWEEP_H
#define SME_ROUTE_SWEEP_H

#include "config/config.h"
#include "core/buf.h"
#include "core/slice.h"

struct sweep;

/* NOW is when the sweep is made, in ms. */
struct sweep *sweep_new(const struct config *config, int64_t now);
void sweep_free(struct sweep *s);

/*
 * A mention that was routed to ROUTE: VALUE gets what becomes of its route, AFTER the alert that follows
 * it, if any.  LINE is the mention before.
 */
void sweep_mention(struct sweep *s, struct slice line, struct slice route, struct buf *value,
    struct buf *after);

/* Any other event; those that say what was covered are for the digest. */
void sweep_event(struct sweep *s, struct slice line);

/* Append the digest: a line for each mention that needs somebody, the most urgent first, at most a
 * screen, and one for each channel. */
void sweep_digest(const struct sweep *s, struct buf *out);

#endif
