/* The key, the file and the lock of a vault. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/file.h"
#include "core/hash.h"
#include "vault/vault_int.h"

int
vault_audit(const struct vault *v, const char *action, struct slice tenant, struct slice name,
    const char *outcome, struct sme_err *err)
{
	struct audit a = {v->tool, action, tenant, name, outcome};

	return audit_append(v->audit, &a, err);
}

/* A rotation that was killed between vault and key file left the new key beside the old one. */
static bool
finish_rotation(const char *file, const struct seal_header *h, struct locked *key)
{
	char *fresh = vault_with_end(file, ".new");
	struct locked text, made;
	bool found = false;

	if (key_read_file(fresh, &text, NULL) == 0) {
		if (key_make(h, &text, fresh, &made, NULL) == 0) {
			found = seal_is_key(h, &made);
			if (found) {
				locked_release(key);
				*key = made;
			} else {
				locked_release(&made);
			}
		}
		locked_release(&text);
	}
	/* Who may not rename it leaves that to the next one. */
	if (found && rename(fresh, file) == 0)
		file_sync_parent(file);
	free(fresh);
	return found;
}

static int
find_key(struct vault *v, const struct seal_header *h, struct sme_err *err)
{
	struct locked text, key;
	const char *file;
	int r;

	locked_release(&v->key);
	if (key_find(&v->places, h->kdf == SEAL_ARGON2ID, &text, &v->from, err) < 0)
		return -1;
	r = key_make(h, &text, v->from, &key, err);
	locked_release(&text);
	/* Asked and read once: a later access does not wait at a terminal. */
	v->places.ask = false;
	if (r < 0)
		return -1;
	file = vault_key_file(v);
	if (seal_is_key(h, &key) || (file && finish_rotation(file, h, &key))) {
		v->key = key;
		return 0;
	}
	locked_release(&key);
	return err_set(err, SME_NOPERM, "%s: %s does not open it", v->path, v->from);
}

static int
read_file(const struct vault *v, struct buf *file, struct sme_err *err)
{
	if (access(v->path, F_OK) < 0 && errno == ENOENT)
		return err_set(err, SME_NOINPUT, "%s: no vault there (make one with: sme-vault init)",
		    v->path);
	return file_read(v->path, file, err);
}

/* The key that V has, or, when there is none or the vault was given another, the one that is found
 * now. */
static int
have_key(struct vault *v, const struct seal_header *h, struct sme_err *err)
{
	if (v->key.p && seal_is_key(h, &v->key))
		return 0;
	if (v->key.p && v->places.use_fd)
		return err_set(err, SME_NOPERM, "%s: was sealed with another key meanwhile", v->path);
	if (find_key(v, h, err) == 0)
		return 0;
	if (err->status == SME_NOPERM)
		vault_audit(v, "open", (struct slice){NULL, 0}, (struct slice){NULL, 0}, "refused", NULL);
	return -1;
}

int
vault_load(struct vault *v, struct seal_header *h, struct locked *content, struct sme_err *err)
{
	struct buf file = BUF_INIT_MAX(SEAL_MAX + (128 << 10));
	int r = -1;

	*content = (struct locked){NULL, 0};
	if (read_file(v, &file, err) == 0 &&
	    seal_header_read(buf_slice(&file), v->path, h, err) == 0 && have_key(v, h, err) == 0 &&
	    seal_open(buf_slice(&file), &v->key, v->path, content, err) == 0)
		r = items_check(locked_slice(content), v->path, err);
	if (r < 0)
		locked_release(content);
	buf_release(&file);
	return r;
}

int
vault_store(const char *path, const struct seal_header *h, const struct locked *key,
    struct slice content, struct sme_err *err)
{
	struct buf file = BUF_INIT;
	int r;

	seal_close(h, key, content, &file);
	r = file_write_atomic(path, buf_slice(&file), 0600, err);
	buf_release(&file);
	return r;
}

/* Byte AT of the lock file, for this descriptor alone: also between threads. */
static int
lock_byte(const struct vault *v, int64_t at, struct sme_err *err)
{
	int fd = open(v->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};

	if (fd < 0)
		return err_sys(err, SME_CANTCREAT, "%s", v->lock);
	file_adopt(fd, v->lock);
	while (fcntl(fd, F_OFD_SETLKW, &l) < 0) {
		if (errno == EINTR)
			continue;
		err_sys(err, SME_IOERR, "%s", v->lock);
		close(fd);
		return -1;
	}
	return fd;
}

int
vault_lock(const struct vault *v, struct sme_err *err)
{
	return lock_byte(v, 0, err);
}

int
vault_claim(struct vault *v, struct slice tenant, struct slice name, struct sme_err *err)
{
	struct buf b = BUF_INIT;
	int64_t at;

	buf_printf(&b, "%zu:", tenant.n);
	buf_adds(&b, tenant);
	buf_adds(&b, name);
	at = 1 + (int64_t)(hash64(b.p, b.n, 0) >> 2);
	buf_release(&b);
	return lock_byte(v, at, err);
}

void
vault_unclaim(int claim)
{
	if (claim >= 0)
		close(claim);
}
