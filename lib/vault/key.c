#include "vault/key.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/file.h"

/* The longest key or passphrase, in bytes. */
#define TEXT_MAX 1024

#define KEYRING_NAME "sme-vault"
#define CREDENTIAL "sme-vault.key"

/* Without the newline that an editor or echo puts there. */
static void
drop_newline(struct locked *text)
{
	while (text->n && (text->p[text->n - 1] == '\n' || text->p[text->n - 1] == '\r'))
		text->p[--text->n] = '\0';
}

static int
read_text(int fd, const char *name, struct locked *text, struct sme_err *err)
{
	if (locked_read(text, fd, name, TEXT_MAX, false, err) < 0)
		return -1;
	drop_newline(text);
	if (text->n)
		return 0;
	locked_release(text);
	return err_set(err, SME_NOPERM, "%s: holds no key", name);
}

/* The systemd credential may be readable by a group through its ACL; a key file must not be. */
static int
check_mode(int fd, const char *path, struct sme_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, SME_IOERR, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, SME_NOPERM, "%s: not a regular file", path);
	if (st.st_mode & 077)
		return err_set(
		    err, SME_NOPERM, "%s: others may read it; say: chmod 600 %s", path, path);
	if (st.st_uid != 0 && st.st_uid != geteuid() && geteuid() != 0)
		return err_set(err, SME_NOPERM, "%s: belongs to another user", path);
	return 0;
}

int
key_read_file(const char *path, struct locked *text, struct sme_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r;

	*text = (struct locked){NULL, 0};
	if (fd < 0)
		return err_sys(err, errno == ENOENT ? SME_NOINPUT : SME_NOPERM, "%s", path);
	r = check_mode(fd, path, err);
	if (r == 0)
		r = read_text(fd, path, text, err);
	close(fd);
	return r;
}

/* 1: found; 0: there is none. */
static int
from_credential(struct locked *text, struct sme_err *err)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	struct buf path = BUF_INIT;
	int fd, r = 0;

	if (!dir || !*dir)
		return 0;
	buf_printf(&path, "%s/" CREDENTIAL, dir);
	fd = open(path.p, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		r = read_text(fd, path.p, text, err) < 0 ? -1 : 1;
		close(fd);
	} else if (errno != ENOENT) {
		r = err_sys(err, SME_NOPERM, "%s", path.p);
	}
	buf_release(&path);
	return r;
}

/* By system calls: libkeyutils would add nothing.  A kernel without keys, or a container that
 * forbids the calls, is one without this key. */
static int
from_keyring(struct locked *text, struct sme_err *err)
{
	long id = syscall(SYS_request_key, "user", KEYRING_NAME, NULL, 0), n;

	if (id < 0)
		id = syscall(
		    SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", KEYRING_NAME, 0);
	if (id < 0)
		return 0;
	*text = locked_new(TEXT_MAX + 1);
	n = syscall(SYS_keyctl, KEYCTL_READ, id, text->p, TEXT_MAX);
	if (n > 0 && n <= TEXT_MAX) {
		text->n = (size_t)n;
		drop_newline(text);
		return 1;
	}
	if (n < 0)
		err_sys(err, SME_NOPERM, "key \"" KEYRING_NAME "\" of the kernel's keyring");
	else
		err_set(err, SME_NOPERM,
		    "key \"" KEYRING_NAME "\" of the kernel's keyring: its length");
	locked_release(text);
	return -1;
}

/* What may be there without having been named. */
static int
find_unnamed(
    const struct key_places *p, struct locked *text, const char **from, struct sme_err *err)
{
	int r = from_credential(text, err);

	*from = "the credential " CREDENTIAL;
	if (r)
		return r;
	*from = "the kernel's keyring";
	r = from_keyring(text, err);
	if (r || !p->beside || access(p->beside, F_OK) < 0)
		return r;
	*from = p->beside;
	return key_read_file(p->beside, text, err) < 0 ? -1 : 1;
}

int
key_find(const struct key_places *p, bool passphrase, struct locked *text, const char **from,
    struct sme_err *err)
{
	int r;

	*text = (struct locked){NULL, 0};
	if (p->file) {
		*from = p->file;
		return key_read_file(p->file, text, err);
	}
	if (p->use_fd) {
		*from = "the key from the descriptor";
		r = locked_read(text, p->fd, *from, TEXT_MAX, true, err);
		if (r == 0 && !text->n) {
			locked_release(text);
			return err_set(err, SME_NOPERM, "%s: an empty line", *from);
		}
		return r;
	}
	r = find_unnamed(p, text, from, err);
	if (r)
		return r < 0 ? -1 : 0;
	*from = "the passphrase";
	if (passphrase && p->ask)
		return locked_ask(text, "passphrase of the vault: ", false, err);
	return err_set(err, SME_NOPERM,
	    "no key for the vault: neither vault.key_file in sme.jq, nor the credential " CREDENTIAL
	    ", nor \"" KEYRING_NAME "\" in the kernel's keyring, nor %s",
	    p->beside ? p->beside : "a file beside it");
}

struct locked
key_random(void)
{
	struct locked raw = locked_new(SEAL_KEY), text = locked_new(2 * SEAL_KEY + 1);

	randombytes_buf(raw.p, raw.n);
	sodium_bin2hex(text.p, text.n, (const unsigned char *)raw.p, raw.n);
	text.n--;
	locked_release(&raw);
	return text;
}

int
key_write_file(const char *path, const struct locked *text, struct sme_err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return err_sys(err, SME_CANTCREAT, "%s", path);
	file_adopt(fd, path);
	r = file_write_all(fd, text->p, text->n) | file_write_all(fd, "\n", 1) | fsync(fd);
	r |= close(fd);
	if (r == 0)
		r = file_sync_parent(path);
	if (r < 0) {
		r = err_sys(err, SME_IOERR, "%s", path);
		unlink(path);
	}
	return r;
}

static int
given_key(const struct locked *text, const char *from, struct locked *key, struct sme_err *err)
{
	size_t n;

	*key = locked_new(SEAL_KEY);
	if (text->n == 2 * SEAL_KEY &&
	    sodium_hex2bin((unsigned char *)key->p, SEAL_KEY, text->p, text->n, NULL, &n, NULL) ==
		0 &&
	    n == SEAL_KEY)
		return 0;
	locked_release(key);
	return err_set(
	    err, SME_NOPERM, "%s: not a key, which is %d hexadecimal digits", from, 2 * SEAL_KEY);
}

int
key_make(const struct seal_header *h, const struct locked *text, const char *from,
    struct locked *key, struct sme_err *err)
{
	if (h->kdf == SEAL_GIVEN)
		return given_key(text, from, key, err);
	*key = locked_new(SEAL_KEY);
	if (crypto_pwhash((unsigned char *)key->p, SEAL_KEY, text->p, text->n, h->salt, h->passes,
		(size_t)h->memory << 10, crypto_pwhash_ALG_ARGON2ID13) == 0)
		return 0;
	locked_release(key);
	return err_set(err, SME_TEMPFAIL, "not enough memory for the passphrase: it takes %u MiB",
	    h->memory >> 10);
}
