#include "outbox/outbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"

/* What a file is called while it is written.  Readers of the directory take "*.json". */
#define UNFINISHED ".unfinished-"

/* Left by a crash, when it is older than this; in seconds. */
#define UNFINISHED_AGE 3600

struct outbox {
	char *dir;
	int fd;
	pthread_mutex_t lock; /* of what follows */
	bool ready;           /* see prepare */
	time_t synced;        /* all names that were there before are on disk */
};

/* Names younger than this before `synced` are not trusted to be on disk; in seconds. */
#define SYNC_MARGIN 2

bool
outbox_key_ok(struct slice key)
{
	for (size_t i = 0; i < key.n; i++) {
		char c = key.p[i];

		if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '_' ||
		        c == '-'))
			return false;
	}
	return key.n >= 8 && key.n <= 64;
}

static void
file_name(char name[80], struct slice key)
{
	snprintf(name, 80, "%.*s.json", (int)key.n, key.p);
}

const char *
outbox_dir(const struct outbox *o)
{
	return o->dir;
}

bool
outbox_has(const char *dir, struct slice key)
{
	struct buf path = BUF_INIT;
	char name[80];
	bool there;

	file_name(name, key);
	buf_printf(&path, "%s/%s", dir, name);
	there = access(path.p, F_OK) == 0;
	buf_release(&path);
	return there;
}

/* Remove what killed processes left behind; nothing depends on it. */
static void
tidy(int fd)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	time_t now = time(NULL);
	struct dirent *e;
	struct stat st;

	if (!d) {
		if (copy >= 0)
			close(copy);
		return;
	}
	while ((e = readdir(d)))
		if (strncmp(e->d_name, UNFINISHED, sizeof UNFINISHED - 1) == 0 &&
		    fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtime < now - UNFINISHED_AGE)
			unlinkat(fd, e->d_name, 0);
	closedir(d);
}

/* Make the names in the directory durable.  Some file systems cannot and need not. */
static int
sync_names(const struct outbox *o, struct sme_err *err)
{
	if (fsync(o->fd) == 0 || errno == EINVAL)
		return 0;
	return err_sys(err, SME_IOERR, "outbox %s", o->dir);
}

struct outbox *
outbox_open(const char *dir, struct sme_err *err)
{
	struct outbox *o;
	int fd;

	if (file_mkdirs(dir, err) < 0)
		return NULL;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || faccessat(fd, ".", W_OK | X_OK, 0) < 0) {
		err_sys(err, SME_CANTCREAT, "outbox %s", dir);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	o = xcalloc(1, sizeof *o);
	o->dir = xstrdup(dir);
	o->fd = fd;
	pthread_mutex_init(&o->lock, NULL);
	return o;
}

struct outbox *
outbox_open_in(const struct outbox *o, const char *name, struct sme_err *err)
{
	struct buf path = BUF_INIT;
	struct outbox *in;

	buf_printf(&path, "%s/%s", o->dir, name);
	in = outbox_open(path.p, err);
	buf_release(&path);
	return in;
}

void
outbox_close(struct outbox *o)
{
	if (!o)
		return;
	close(o->fd);
	pthread_mutex_destroy(&o->lock);
	free(o->dir);
	free(o);
}

/* The directories above the outbox: they may have been made a moment ago. */
static int
sync_parents(const struct outbox *o, struct sme_err *err)
{
	char *path = realpath(o->dir, NULL), *slash = NULL;
	int r = path ? 0 : err_sys(err, SME_IOERR, "outbox %s", o->dir);

	while (r == 0 && (slash = strrchr(path, '/'))) {
		int fd;

		slash[slash == path] = '\0';
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		/* One that we may not read was not made by us. */
		if (fd >= 0 && fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
			r = err_sys(err, SME_IOERR, "%s", path);
		if (fd >= 0)
			close(fd);
		if (slash == path)
			break;
	}
	free(path);
	return r;
}

/* Once, before the first message: what syncs cost is not paid by a run that sends nothing. */
static int
prepare(struct outbox *o, struct sme_err *err)
{
	int r = 0;

	pthread_mutex_lock(&o->lock);
	if (!o->ready) {
		tidy(o->fd);
		o->synced = time(NULL) - SYNC_MARGIN;
		r = sync_names(o, err) < 0 || sync_parents(o, err) < 0 ? -1 : 0;
		o->ready = r == 0;
	}
	pthread_mutex_unlock(&o->lock);
	return r;
}

static int
read_open(const struct outbox *o, int fd, const char *name, struct buf *stored,
    struct sme_err *err)
{
	struct stat st;
	size_t got = 0;
	ssize_t n = 1;

	if (fstat(fd, &st) < 0)
		return err_sys(err, SME_IOERR, "%s/%s", o->dir, name);
	if (!S_ISREG(st.st_mode) || (size_t)st.st_size > OUTBOX_MESSAGE_MAX)
		return err_set(err, SME_DATA, "%s/%s: not a message of the outbox", o->dir, name);
	/* Another process may have named it a moment ago (which sets ctime) and not synced the directory
	 * yet.  Older names were synced at the start. */
	if (st.st_ctime >= o->synced && sync_names(o, err) < 0)
		return -1;
	stored->max = OUTBOX_MESSAGE_MAX * 2;
	buf_clear(stored);
	if (!buf_reserve(stored, (size_t)st.st_size + 1))
		return err_set(err, SME_DATA, "%s/%s: too large", o->dir, name);
	while (got < (size_t)st.st_size && n != 0) {
		n = read(fd, stored->p + got, (size_t)st.st_size - got);
		if (n < 0 && errno != EINTR)
			return err_sys(err, SME_IOERR, "%s/%s", o->dir, name);
		got += n > 0 ? (size_t)n : 0;
	}
	stored->n = got;
	stored->p[got] = '\0';
	return 0;
}

/* 1 when the message NAME is there, and read and durable; 0 when it is not there. */
static int
read_stored(const struct outbox *o, const char *name, struct buf *stored, struct sme_err *err)
{
	int fd = openat(o->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), r;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(err, SME_IOERR, "%s/%s", o->dir, name);
	r = read_open(o, fd, name, stored, err);
	close(fd);
	return r < 0 ? -1 : 1;
}

/* A file with the content, on disk, that has no final name yet.  PATH gets its own. */
static int
write_unfinished(const struct outbox *o, struct slice message, struct buf *path,
    struct sme_err *err)
{
	int fd, r;

	buf_printf(path, "%s/" UNFINISHED "XXXXXX", o->dir);
	fd = mkostemp(path->p, O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno == ENOSPC || errno == EDQUOT ? SME_IOERR : SME_CANTCREAT,
		    "outbox %s", o->dir);
	r = file_write_all(fd, message.p, message.n);
	if (r == 0)
		r = fsync(fd);
	if (r < 0)
		err_sys(err, SME_IOERR, "outbox %s", o->dir);
	if (close(fd) < 0 && r == 0)
		r = err_sys(err, SME_IOERR, "outbox %s", o->dir);
	if (r < 0)
		unlink(path->p);
	return r;
}

/* Give the file its name, unless another one has it: then -1 with errno EEXIST. */
static int
take_name(const struct outbox *o, const char *unfinished, const char *name)
{
	if (renameat2(AT_FDCWD, unfinished, o->fd, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* NFS and others do not know RENAME_NOREPLACE; link(2) does not replace either. */
	if (linkat(AT_FDCWD, unfinished, o->fd, name, 0) < 0)
		return -1;
	unlink(unfinished);
	return 0;
}

int
outbox_put(struct outbox *o, struct slice key, struct slice message, struct buf *stored,
    struct sme_err *err)
{
	struct buf path = BUF_INIT;
	char name[80];
	int r;

	if (prepare(o, err) < 0)
		return -1;
	file_name(name, key);
	r = read_stored(o, name, stored, err);
	if (r)
		return r < 0 ? -1 : 0;
	if (write_unfinished(o, message, &path, err) < 0) {
		buf_release(&path);
		return -1;
	}
	if (take_name(o, path.p, name) == 0) {
		buf_clear(stored);
		buf_adds(stored, message);
		r = sync_names(o, err);
	} else {
		bool lost = errno == EEXIST;

		r = err_sys(err, SME_IOERR, "outbox %s", o->dir);
		unlink(path.p);
		if (lost)
			r = read_stored(o, name, stored, err) == 1 ? 0 : -1;
	}
	buf_release(&path);
	return r;
}
