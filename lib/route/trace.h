/* Private to lib/route: the table of rules tried, for people.  Control bytes of texts from outside
 * are shown as "?". */
#ifndef SME_ROUTE_TRACE_H
#define SME_ROUTE_TRACE_H

#include "core/buf.h"
#include "route/policy.h"

void trace_mention(struct buf *t, const struct json_value *id, const struct json_value *tenant);
void trace_rule(struct buf *t, const struct rule *rule, bool done, enum expr_result result,
    const char *error);
void trace_own(struct buf *t);
void trace_result(struct buf *t, struct slice value);

#endif
