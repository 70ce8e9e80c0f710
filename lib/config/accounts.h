/* The tenant's own accounts: what they write is nobody's work and is never answered. */
#ifndef SME_CONFIG_ACCOUNTS_H
#define SME_CONFIG_ACCOUNTS_H

#include <stdbool.h>

#include "stream/tree.h"

/*
 * Does HANDLE, an author's, stand in TENANT's `accounts`?  An "@" in front does not matter on either
 * side, nor does ASCII case.  TENANT may be NULL.
 */
bool config_own_account(const struct json_node *tenant, struct slice handle);

#endif
