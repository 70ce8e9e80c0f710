/* The real network behind a channel: the connector's functions, called over an exchange. */
#ifndef SME_OUTBOX_NETWORK_H
#define SME_OUTBOX_NETWORK_H

#include "connector/exchange.h"
#include "outbox/channel.h"

struct network_way; /* one account's */

/* X, A and C outlive it.  C is the connector of X. */
struct network_way *network_open(struct exchange *x, const struct account *a, struct connector *c);
void network_close(struct network_way *w);

extern const struct channel_ops network_ops; /* their ctx is a struct network_way */

/* What the network offers, from `meta.publish`.  BACKOFF as in struct part_net. */
struct part_net network_offers(const struct connector *c, int64_t backoff);

/* What a call for a reply of KIND costs, from `meta.limits.price`. */
double network_price(const struct meta *facts, struct slice kind, bool private, struct slice text);

#endif
