/* Making a vault, giving it another key, and copies of it: what only sme-vault does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "vault/vault_int.h"

static const struct slice none = {NULL, 0};

/* A header for KDF and the key that TEXT is under it. */
static int
new_key(enum seal_kdf kdf, const struct locked *text, struct seal_header *h, struct locked *key,
    struct sme_err *err)
{
	*h = seal_header_new(kdf);
	return key_make(h, text, "the new key", key, err);
}

static int
make_directory(const char *path, struct sme_err *err)
{
	char *dir = xstrdup(path), *slash = strrchr(dir, '/');
	int r = 0;

	if (slash && slash != dir) {
		*slash = '\0';
		r = file_mkdirs(dir, err);
	}
	free(dir);
	return r;
}

static int
refuse_existing(const char *path, struct sme_err *err)
{
	if (access(path, F_OK) == 0)
		return err_set(
		    err, SME_CANTCREAT, "%s: is there already, and is left as it is", path);
	return 0;
}

/* The key in the file beside V, which is made when it is not there. */
static int
key_beside(const struct vault *v, struct locked *text, struct sme_err *err)
{
	if (access(v->beside, F_OK) == 0)
		return key_read_file(v->beside, text, err);
	*text = key_random();
	return key_write_file(v->beside, text, err);
}

/* The lock is held. */
static int
create(const struct vault *v, enum seal_kdf kdf, const struct locked *given, struct sme_err *err)
{
	struct seal_header h;
	struct locked key = {NULL, 0}, beside = {NULL, 0};
	int r = refuse_existing(v->path, err);

	if (r == 0 && !given->n)
		r = key_beside(v, &beside, err);
	if (r == 0)
		r = new_key(kdf, given->n ? given : &beside, &h, &key, err);
	if (r == 0)
		r = vault_audit(v, "init", none, none, "ok", err);
	if (r == 0)
		r = vault_store(v->path, &h, &key, SLICE(""), err);
	locked_release(&beside);
	locked_release(&key);
	return r;
}

int
vault_create(const struct vault_options *o, enum seal_kdf kdf, const struct locked *text,
    struct sme_err *err)
{
	struct vault *v = vault_new(o);
	int r = make_directory(v->path, err), lock;

	if (r == 0) {
		lock = vault_lock(v, err);
		r = lock < 0 ? -1 : create(v, kdf, text, err);
		if (lock >= 0)
			close(lock);
	}
	vault_close(v);
	return r;
}

/* Seal anew with what NEW_KEY makes.  Lock and mutex are held. */
static int
reseal(struct vault *v, enum seal_kdf kdf, const struct locked *text, struct sme_err *err)
{
	struct seal_header old, h;
	struct locked content, key = {NULL, 0};
	int r = vault_load(v, &old, &content, err);

	if (r < 0)
		return -1;
	r = new_key(kdf, text, &h, &key, err);
	if (r == 0)
		r = vault_audit(v, "rotate", none, none, "ok", err);
	if (r == 0)
		r = vault_store(v->path, &h, &key, locked_slice(&content), err);
	locked_release(&content);
	if (r < 0) {
		locked_release(&key);
		return -1;
	}
	locked_release(&v->key);
	v->key = key;
	return 0;
}

int
vault_rotate(struct vault *v, enum seal_kdf kdf, const struct locked *text, struct sme_err *err)
{
	int lock = vault_lock(v, err), r;

	if (lock < 0)
		return -1;
	pthread_mutex_lock(&v->mutex);
	r = reseal(v, kdf, text, err);
	pthread_mutex_unlock(&v->mutex);
	close(lock);
	return r;
}

/* Without the lock's holder nobody writes FRESH, so what lies there is of no use: vault_load has
 * just tried it. */
static int
replace_key_file(struct vault *v, const char *file, struct sme_err *err)
{
	char *fresh = vault_with_end(file, ".new");
	struct locked text = key_random();
	struct seal_header h;
	struct locked content;
	int r = vault_load(v, &h, &content, err);

	locked_release(&content);
	if (r == 0) {
		unlink(fresh);
		r = key_write_file(fresh, &text, err);
	}
	if (r == 0)
		r = reseal(v, SEAL_GIVEN, &text, err);
	if (r == 0 && rename(fresh, file) < 0 && errno != ENOENT)
		r = err_sys(err, SME_IOERR, "%s: the new key stays in %s", file, fresh);
	if (r == 0 && file_sync_parent(file) < 0)
		r = err_sys(err, SME_IOERR, "%s", file);
	locked_release(&text);
	free(fresh);
	return r;
}

int
vault_rotate_file(struct vault *v, struct sme_err *err)
{
	const char *file = vault_key_file(v);
	int lock, r;

	if (!file)
		return err_set(err, SME_USAGE,
		    "the key comes from %s: say where the new one goes, --new-key-file FILE, or "
		    "--passphrase",
		    v->from);
	lock = vault_lock(v, err);
	if (lock < 0)
		return -1;
	pthread_mutex_lock(&v->mutex);
	r = replace_key_file(v, file, err);
	pthread_mutex_unlock(&v->mutex);
	close(lock);
	return r;
}

/* The records of TENANT alone; they stand side by side. */
static struct slice
of_tenant(struct slice content, struct slice tenant)
{
	struct slice rest = content, out = {content.p, 0};
	const char *at = rest.p;
	struct item it;

	while (item_next(&rest, &it)) {
		if (slice_eq(it.tenant, tenant)) {
			if (!out.n)
				out.p = at;
			out.n = (size_t)(rest.p - out.p);
		}
		at = rest.p;
	}
	return out;
}

int
vault_export(struct vault *v, const char *path, struct slice tenant, enum seal_kdf kdf,
    const struct locked *text, struct sme_err *err)
{
	struct seal_header old, h;
	struct locked content, key = {NULL, 0};
	struct slice part;
	int r;

	if (refuse_existing(path, err) < 0)
		return -1;
	pthread_mutex_lock(&v->mutex);
	r = vault_load(v, &old, &content, err);
	pthread_mutex_unlock(&v->mutex);
	if (r < 0)
		return -1;
	part = tenant.p ? of_tenant(locked_slice(&content), tenant) : locked_slice(&content);
	if (tenant.p && !part.n)
		r = err_set(err, SME_NOINPUT, "%s: tenant \"%.*s\" has no entries", v->path,
		    SLICE_ARG(tenant));
	if (r == 0)
		r = new_key(kdf, text, &h, &key, err);
	if (r == 0)
		r = vault_audit(v, "export", tenant, none, "ok", err);
	if (r == 0)
		r = vault_store(path, &h, &key, part, err);
	locked_release(&key);
	locked_release(&content);
	return r;
}
