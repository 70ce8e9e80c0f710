#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"

#ifndef SME_SHAREDIR
#define SME_SHAREDIR "/usr/local/share/sme"
#endif

int
file_write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t w = write(fd, at, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		at += w;
		n -= (size_t)w;
	}
	return 0;
}

static int
read_all(int fd, const char *path, struct buf *b, struct sme_err *err)
{
	for (;;) {
		ssize_t n;

		if (!buf_reserve(b, 64 << 10))
			return err_set(err, SME_DATA, "%s: larger than %zu bytes", path, b->max);
		n = read(fd, b->p + b->n, b->cap - b->n - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, SME_IOERR, "%s", path);
		if (n == 0)
			return 0;
		b->n += (size_t)n;
		b->p[b->n] = '\0';
	}
}

int
file_read(const char *path, struct buf *b, struct sme_err *err)
{
	int fd, r;

	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, "stdin", b, err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno == EACCES ? SME_NOPERM : SME_NOINPUT, "%s", path);
	r = read_all(fd, path, b, err);
	close(fd);
	return r;
}

/* The directory that PATH is in.  The caller frees. */
static char *
parent(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !slash ? xstrdup(".") : slash == path ? xstrdup("/") :
	    xstrndup(path, (size_t)(slash - path));
}

int
file_sync_parent(const char *path)
{
	char *dir = parent(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -1 : fsync(fd);

	if (fd >= 0)
		close(fd);
	free(dir);
	return r;
}

void
file_adopt(int fd, const char *path)
{
	struct stat own, like;
	char *dir;

	if (geteuid() != 0 || fstat(fd, &own) < 0)
		return;
	dir = parent(path);
	if (stat(path, &like) < 0 || (like.st_ino == own.st_ino && like.st_dev == own.st_dev))
		if ((own.st_uid | own.st_size) || stat(dir, &like) < 0)
			like = own; /* was there already */
	/* Where it may not be given away it stays root's, which harms nobody. */
	if ((like.st_uid != own.st_uid || like.st_gid != own.st_gid) &&
	    fchown(fd, like.st_uid, like.st_gid) < 0)
		errno = 0;
	free(dir);
}

/* A device, a pipe, /dev/stdout: there is nothing to keep whole, and its name is not ours to take. */
static bool
is_stream(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int
write_stream(const char *path, struct slice data, struct sme_err *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int r = fd < 0 ? -1 : file_write_all(fd, data.p, data.n);

	if (r < 0)
		err_sys(err, SME_IOERR, "%s", path);
	if (fd >= 0)
		close(fd);
	return r;
}

int
file_replace(const char *path, struct slice data, unsigned mode, struct sme_err *err)
{
	char *tmp;
	int fd, r;

	if (is_stream(path))
		return write_stream(path, data, err);
	tmp = xmalloc(strlen(path) + 16);
	sprintf(tmp, "%s.tmpXXXXXX", path);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		r = err_sys(err, SME_CANTCREAT, "%s", path);
		free(tmp);
		return r;
	}
	file_adopt(fd, path);
	r = fchmod(fd, mode) | file_write_all(fd, data.p, data.n) | fsync(fd);
	r |= close(fd);
	if (r == 0)
		r = rename(tmp, path);
	if (r < 0) {
		err_sys(err, SME_IOERR, "%s", path);
		unlink(tmp);
	}
	free(tmp);
	return r;
}

int
file_write_atomic(const char *path, struct slice data, unsigned mode, struct sme_err *err)
{
	if (file_replace(path, data, mode, err) < 0)
		return -1;
	if (is_stream(path))
		return 0;
	return file_sync_parent(path) < 0 ? err_sys(err, SME_IOERR, "%s", path) : 0;
}

int
file_mkdirs(const char *path, struct sme_err *err)
{
	char *copy = xstrdup(path);
	int r = 0;

	for (char *p = copy + 1; r == 0; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			r = err_sys(err, SME_CANTCREAT, "%s", copy);
		*p = c;
		if (c == '\0')
			break;
	}
	free(copy);
	return r;
}

char *
sme_home(void)
{
	const char *home = getenv("SME_HOME"), *state = getenv("XDG_STATE_HOME");
	struct buf b = BUF_INIT;

	if (home && *home)
		return xstrdup(home);
	if (state && *state) {
		buf_printf(&b, "%s/sme", state);
		return buf_detach(&b);
	}
	home = getenv("HOME");
	buf_printf(&b, "%s/.local/state/sme", home ? home : "");
	return buf_detach(&b);
}

/* share/ of the source tree, when the binary was not installed: build/sme-x -> ../share. */
static bool
share_beside_binary(struct buf *b)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
	char *slash;

	if (n <= 0)
		return false;
	exe[n] = '\0';
	slash = strrchr(exe, '/');
	if (!slash)
		return false;
	*slash = '\0';
	buf_printf(b, "%s/../share/sme", exe);
	if (access(b->p, R_OK) == 0)
		return true;
	buf_clear(b);
	buf_printf(b, "%s/../share", exe);
	char *mark = NULL;
	bool ours = asprintf(&mark, "%s/models", b->p) > 0 && access(mark, R_OK) == 0;
	free(mark);
	if (!ours)
		buf_clear(b);
	return ours;
}

char *
sme_share(const char *sub)
{
	const char *share = getenv("SME_SHARE");
	struct buf b = BUF_INIT;

	if (share && *share)
		buf_puts(&b, share);
	else if (!share_beside_binary(&b))
		buf_puts(&b, SME_SHAREDIR);
	buf_printf(&b, "/%s", sub);
	return buf_detach(&b);
}
