/* The secrets of one account, as they are in the vault. */
#ifndef SME_CONNECTOR_CREDENTIALS_H
#define SME_CONNECTOR_CREDENTIALS_H

#include "connector/account.h"
#include "core/buf.h"
#include "vault/vault.h"

struct credentials {
	struct vault *vault; /* NULL: there is none */
	const struct account *account;
	struct secret secret;
	bool loaded;
};

/* Read the entry, unless it has been read; with AGAIN in any case.  -1 with ERR. */
int credentials_load(struct credentials *c, bool again, struct sme_err *err);

/* The field NAME, for struct filler; p == NULL: there is none.  Valid until the next load. */
struct slice credentials_field(void *credentials, struct slice name);

/*
 * A server may say back what it was sent.  When a secret stands in TEXT: true, and OUT becomes TEXT with
 * "***" in the place of each.  Values shorter than SHORTEST bytes are left, for they may be words, and
 * so is what is no secret: what a login told (public.*), names, ids, URLs and times.
 */
bool credentials_mask(const struct credentials *c, struct slice text, size_t shortest, struct buf *out);

/* Change fields in the vault, and read the entry again. */
int credentials_update(struct credentials *c, const struct vault_field *fields, size_t n,
    struct sme_err *err);

void credentials_release(struct credentials *c);

#endif
