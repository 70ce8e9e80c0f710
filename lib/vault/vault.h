/*
 * The vault: the credentials of all tenants in one sealed file (seal.h), see sme-vault(1).
 *
 * A handle keeps only the key; the file is read anew for each access, so that what another process
 * changed is seen, and nothing but the entry that was asked for stays in memory.  Every access adds
 * a line to PATH.audit, or does not take place.  Files beside it: PATH.key, PATH.lock, PATH.audit.
 *
 * All functions return -1 with ERR set on failure: SME_NOINPUT no such vault or entry, SME_NOPERM
 * wrong key or another tenant's entry, SME_DATA an altered or truncated file, and those of files.
 * A handle may be used by several threads.  Programs call secret_protect first.
 */
#ifndef SME_VAULT_VAULT_H
#define SME_VAULT_VAULT_H

#include "config/config.h"
#include "vault/key.h"
#include "vault/secret.h"

struct vault;

struct vault_options {
	const char *path;     /* NULL: $SME_HOME/vault */
	const char *key_file; /* NULL: where key_find looks */
	int key_fd;           /* a line is read from it when `use_key_fd` */
	bool use_key_fd;
	bool ask;         /* a passphrase may be asked for at the terminal */
	const char *tool; /* for the audit line; NULL: sme_tool.  Static. */
};

/* Open it and try the key.  The texts of O are copied. */
struct vault *vault_open(const struct vault_options *o, struct sme_err *err);
void vault_close(struct vault *v); /* wipes the key */

/* As sme.jq says: .vault.path and .vault.key_file, relative to it.  A passphrase is asked for. */
struct vault *vault_open_config(const struct config *c, struct sme_err *err);

/* Is there a vault at the place that C says?  For tools whose sources need no credentials. */
bool vault_exists(const struct config *c);

/* The path of the vault, as long as V. */
const char *vault_path(const struct vault *v);

/*
 * The entry NAME of TENANT, released with secret_release.  What is not there, and what only another
 * tenant has, are different errors.  *S is SECRET_INIT or used up; on failure it is as released.
 */
int vault_get(
    struct vault *v, struct slice tenant, struct slice name, struct secret *s, struct sme_err *err);

/*
 * Change fields of an entry, or make it.  Merges: other fields stay, and an empty value never
 * replaces one that is there.  When it returns the change is durable; after a crash the old vault
 * or the new one is there.  The fields "expires_at" and "..._expires_at" must be RFC 3339.
 */
int vault_update(struct vault *v, struct slice tenant, struct slice name,
    const struct vault_field *fields, size_t n, struct sme_err *err);

/* Remove FIELD of an entry, or with p == NULL all of the entry. */
int vault_remove(struct vault *v, struct slice tenant, struct slice name, struct slice field,
    struct sme_err *err);

/*
 * What there is, without the secrets: called once an entry, in order of tenant and name.  In S
 * every value but those of expiry times is empty.  With TENANT.p == NULL all tenants.
 */
typedef void vault_list_fn(
    void *ctx, struct slice tenant, struct slice name, const struct secret *s);
int vault_list(
    struct vault *v, struct slice tenant, vault_list_fn *fn, void *ctx, struct sme_err *err);

/*
 * Only one process at a time renews a session: claim the entry, read it again with vault_get
 * (somebody else may have renewed it meanwhile), renew, vault_update, and give the claim back.
 * Waits while another has it, thread or process.  A killed process's claim is free.  The claim, or
 * -1.
 */
int vault_claim(struct vault *v, struct slice tenant, struct slice name, struct sme_err *err);
void vault_unclaim(int claim);

/* ---- for sme-vault ---- */

/* The file that .vault.KEY of C names ("path", "key_file"), or NULL.  The caller frees. */
char *vault_config_path(const struct config *c, const char *key);

/*
 * Make the vault O->path; TEXT is its key as key_find gives it, or empty: then it is in the file
 * beside the vault, which is made if need be.  Fails when there is a vault.
 */
int vault_create(const struct vault_options *o, enum seal_kdf kdf, const struct locked *text,
    struct sme_err *err);

/* Seal it anew under another key. */
int vault_rotate(
    struct vault *v, enum seal_kdf kdf, const struct locked *text, struct sme_err *err);

/*
 * The same for a vault whose key is in a file: a new key replaces it.  The new one lies in FILE.new
 * until the vault is sealed with it; vault_open finishes what a crash left.
 */
int vault_rotate_file(struct vault *v, struct sme_err *err);

/* The file that the key was read from, or NULL when it came from elsewhere. */
const char *vault_key_file(const struct vault *v);

/* A copy at PATH under another key, of all tenants or one.  Fails when there is such a file. */
int vault_export(struct vault *v, const char *path, struct slice tenant, enum seal_kdf kdf,
    const struct locked *text, struct sme_err *err);

#endif
