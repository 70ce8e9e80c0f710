/* What the files of the vault share: the handle, and reading and writing the file under its lock.
 */
#ifndef SME_VAULT_VAULT_INT_H
#define SME_VAULT_VAULT_INT_H

#include <pthread.h>

#include "vault/audit.h"
#include "vault/items.h"
#include "vault/vault.h"

struct vault {
	char *path, *lock, *audit, *beside, *key_file;
	const char *tool;
	struct key_places places;
	struct locked key;     /* empty: not found yet */
	const char *from;      /* where it was found */
	pthread_mutex_t mutex; /* over key and from */
};

/* PATH with END behind it.  The caller frees. */
char *vault_with_end(const char *path, const char *end);

/* All the texts of V from O; nothing is opened. */
struct vault *vault_new(const struct vault_options *o);

/* Read and unseal; H and CONTENT are the caller's on success.  V's mutex is held. */
int vault_load(struct vault *v, struct seal_header *h, struct locked *content, struct sme_err *err);

/* Replace the file by CONTENT sealed with KEY under H. */
int vault_store(const char *path, const struct seal_header *h, const struct locked *key,
    struct slice content, struct sme_err *err);

/* Wait for the right to write: a descriptor to close, or -1. */
int vault_lock(const struct vault *v, struct sme_err *err);

int vault_audit(const struct vault *v, const char *action, struct slice tenant, struct slice name,
    const char *outcome, struct sme_err *err);

#endif
