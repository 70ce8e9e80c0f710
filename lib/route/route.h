/*
 * Who should do what by when: the rules, queues and service levels of each tenant, compiled once,
 * and what they say about a mention.  sme-route(1) has the meaning of every member.
 */
#ifndef SME_ROUTE_ROUTE_H
#define SME_ROUTE_ROUTE_H

#include <stdbool.h>

#include "config/config.h"
#include "core/buf.h"
#include "stream/event.h"
#include "stream/scan.h"

/* Skills that one mention may ask for; what goes beyond is left out. */
#define ROUTE_SKILLS_MAX 64

struct router;

/*
 * Compile what CONFIG says; the paths that are needed are added to PLAN.  CONFIG must outlive the
 * router.  NULL with ERR (SME_CONFIG) naming file and path.
 */
struct router *router_open(const struct config *config, struct scan_plan *plan, struct sme_err *err);
void router_close(struct router *r);

/* One thread's scratch memory. */
struct router_run;
struct router_run *router_run_new(const struct router *r);
void router_run_free(struct router_run *run);

/*
 * Append the `route` value of the mention EV to VALUE.  False, with nothing appended, when it is
 * not to be routed: it is from one of the tenant's own accounts.  TRACE, when it is not NULL, gets
 * a table for people of the rules that were tried.  A rule of one tenant never sees an event of
 * another.
 */
bool route_event(const struct router *r, struct router_run *run, const struct event *ev,
    struct buf *value, struct buf *trace);

#endif
