/* Private to lib/store: what sme.db holds. */
#ifndef SME_STORE_SCHEMA_H
#define SME_STORE_SCHEMA_H

/*
 * Step I brings a file from version I to I + 1 (user_version).  A step that was released is never
 * changed; new tables are a new step at the end.  NULL ends the list.
 */
extern const char *const db_steps[];

#endif
