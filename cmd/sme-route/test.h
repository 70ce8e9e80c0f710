/* sme-route --test: do the rules do what is written beside them? */
#ifndef SME_ROUTE_TEST_H
#define SME_ROUTE_TEST_H

#include "config/config.h"
#include "route/route.h"

/*
 * Put the events of FILE to the ROUTER of CONFIG and compare: a line of FILE is an object with "event", a
 * mention, and "want", what its route must have.  PLAN is the router's.  Prints what differs and
 * which rules no event hit; returns the exit status.
 */
int route_test(const char *file, const struct config *config, const struct router *router,
    const struct scan_plan *plan);

#endif
