/* Private to lib/config: what must agree inside one tenant. */
#ifndef SME_CONFIG_TENANT_H
#define SME_CONFIG_TENANT_H

#include "config/schema.h"

/*
 * Queues and calendars that are named exist, hours do not overlap, no mention can overflow in a circle, and
 * no rule stands where it can never be reached.
 */
void tenant_cross(struct schema_check *c, const struct json_node *tenant);

#endif
