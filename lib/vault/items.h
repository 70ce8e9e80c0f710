/*
 * The content of a vault in memory: one record for each field, in order of tenant, entry and field.
 * A record is four lengths (tenant, name, field: 2 bytes each; value: 4), the time of its last
 * change (8 bytes, ms since 1970), all little-endian, and the four texts.
 */
#ifndef SME_VAULT_ITEMS_H
#define SME_VAULT_ITEMS_H

#include "vault/secret.h"

/* The longest name of a tenant, an entry or a field, and the longest value, in bytes. */
#define ITEM_NAME_MAX 255
#define ITEM_VALUE_MAX ((size_t)64 << 10)

struct item {
	struct slice tenant, name, field;
	struct slice value; /* as a change: empty leaves what there is; p == NULL removes it */
	int64_t updated_at;
};

/* Is FIELD a time, "expires_at" or "..._expires_at"?  Such are no secret. */
bool item_is_expiry(struct slice field);

/* The next record of REST, which moves on; false at the end.  CONTENT was checked. */
bool item_next(struct slice *rest, struct item *it);

/* Is CONTENT whole and in order?  PATH is for the message. */
int items_check(struct slice content, const char *path, struct sme_err *err);

/* May the texts of IT stand in a vault? */
int item_check(const struct item *it, struct sme_err *err);

/*
 * CONTENT with CHANGES, which are put in order here; *CHANGED says whether anything is different,
 * else OUT is a mere copy.  A change that is there twice, or that item_check refuses, is an error.
 */
int items_merge(struct slice content, struct item *changes, size_t n, struct locked *out,
    bool *changed, struct sme_err *err);

#endif
