#include "hook/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "hook/spool_int.h"

/* What is copied together for one write; a longer batch takes several. */
#define BATCH ((size_t)4 << 20)

void
spool_name(uint64_t n, char out[SPOOL_NAME])
{
	snprintf(out, SPOOL_NAME, "%016" PRIu64 ".seg", n);
}

uint64_t
spool_sum(uint64_t seed, struct slice record)
{
	return hash64(record.p, record.n, hash_mix(seed ^ record.n));
}

void
spool_put_head(unsigned char head[SPOOL_RECORD], uint64_t seed, struct slice record)
{
	spool_put(head, SPOOL_MARK, 4);
	spool_put(head + 4, record.n, 4);
	spool_put(head + 8, spool_sum(seed, record), 8);
}

/* The number of a segment file, 0 when NAME is none. */
static uint64_t
number(const char *name)
{
	unsigned long long n;

	if (strlen(name) != 20 || strcmp(name + 16, ".seg") != 0)
		return 0;
	return slice_u64((struct slice){name, 16}, &n) ? n : 0;
}

static int
ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
add_segment(struct spool *s, uint64_t n)
{
	s->segments = xgrow(s->segments, s->n, &s->cap, sizeof *s->segments);
	s->segments[s->n++] = n;
	if (n > s->last)
		s->last = n;
}

/* Numbers are never given twice, so that a position means the same for ever: those of damaged files
 * that were set aside count as well. */
static int
list(struct spool *s, struct sme_err *err)
{
	DIR *d = opendir(s->dir);
	struct dirent *e;

	if (!d)
		return err_sys(err, SME_IOERR, "%s", s->dir);
	while ((e = readdir(d))) {
		uint64_t n = number(e->d_name);
		char name[SPOOL_NAME] = "";

		if (n)
			add_segment(s, n);
		else if (strlen(e->d_name) == 28 &&
			 slice_ends(slice_of(e->d_name), SLICE(".damaged"))) {
			memcpy(name, e->d_name, 20);
			n = number(name);
			s->last = n > s->last ? n : s->last;
		}
	}
	closedir(d);
	if (s->n)
		qsort(s->segments, s->n, sizeof *s->segments, ascending);
	return 0;
}

struct spool *
spool_open(
    const char *dir, struct spool_pos pos, void (*say)(const char *text), struct sme_err *err)
{
	struct spool *s;

	if (file_mkdirs(dir, err) < 0)
		return NULL;
	s = xcalloc(1, sizeof *s);
	s->dir = xstrdup(dir);
	s->say = say;
	s->last = pos.segment;
	s->fd = -1;
	s->batch = (struct buf)BUF_INIT_MAX(SPOOL_RECORD_MAX + 2 * BATCH);
	pthread_mutex_init(&s->lock, NULL);
	s->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dirfd < 0)
		err_sys(err, SME_NOPERM, "%s", dir);
	else if (list(s, err) == 0)
		return s;
	spool_close(s);
	return NULL;
}

void
spool_close(struct spool *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	if (s->dirfd >= 0)
		close(s->dirfd);
	pthread_mutex_destroy(&s->lock);
	buf_release(&s->batch);
	free(s->segments);
	free(s->dir);
	free(s);
}

/* ---- the writer ---- */

/* The next append makes a new segment. */
static void
leave(struct spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	pthread_mutex_lock(&s->lock);
	s->current = 0;
	pthread_mutex_unlock(&s->lock);
}

static void
set_busy(struct spool *s, bool busy)
{
	pthread_mutex_lock(&s->lock);
	s->busy = busy;
	pthread_mutex_unlock(&s->lock);
}

static int
failed(struct spool *s, const char *what, struct sme_err *err)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return err_set(
		    err, SME_IOERR, "%s: the disk is full; senders are asked to try again", s->dir);
	return err_sys(err, SME_IOERR, "%s: %s", s->dir, what);
}

/* A new segment, empty and durable. */
static int
begin(struct spool *s, struct sme_err *err)
{
	unsigned char head[SPOOL_HEAD];
	char name[SPOOL_NAME];
	uint64_t n = s->last + 1;

	spool_name(n, name);
	randombytes_buf(&s->seed, sizeof s->seed);
	s->made = time_now_ms();
	memcpy(head, SPOOL_MAGIC, 8);
	spool_put(head + 8, s->seed, 8);
	s->fd = openat(s->dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return failed(s, "cannot make a segment", err);
	if (file_write_all(s->fd, head, sizeof head) < 0 || fsync(s->fd) < 0 ||
	    fsync(s->dirfd) < 0) {
		int e = errno;

		unlinkat(s->dirfd, name, 0);
		close(s->fd);
		s->fd = -1;
		errno = e;
		return failed(s, "cannot make a segment", err);
	}
	pthread_mutex_lock(&s->lock);
	add_segment(s, n);
	s->current = n;
	s->length = SPOOL_HEAD;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

static void
add_record(struct spool *s, struct slice record)
{
	unsigned char head[SPOOL_RECORD];

	spool_put_head(head, s->seed, record);
	buf_add(&s->batch, (const char *)head, sizeof head);
	buf_adds(&s->batch, record);
}

static int
write_batch(struct spool *s)
{
	int r = file_write_all(s->fd, s->batch.p, s->batch.n);

	buf_clear(&s->batch);
	return r;
}

static int
write_records(struct spool *s, const struct slice *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		add_record(s, records[i]);
		if ((s->batch.n >= BATCH || i + 1 == n) && write_batch(s) < 0)
			return -1;
	}
	/* After a failed fdatasync nothing is known of what was written before it either. */
	return fdatasync(s->fd);
}

static int
append(struct spool *s, const struct slice *records, size_t n, struct spool_pos *at,
    struct sme_err *err)
{
	off_t end;

	for (size_t i = 0; i < n; i++)
		if (records[i].n > SPOOL_RECORD_MAX)
			return err_set(err, SME_DATA, "%s: a record of %zu bytes is too long",
			    s->dir, records[i].n);
	if (!n)
		return 0;
	if (s->fd >= 0 && (s->length > SPOOL_SEGMENT || time_now_ms() - s->made > SPOOL_AGE))
		leave(s);
	if (s->fd < 0 && begin(s, err) < 0)
		return -1;
	if (write_records(s, records, n) < 0) {
		int r = failed(s, "cannot write", err);

		/* What lies behind the durable length is cut off; the reader does not look there.
		 */
		buf_clear(&s->batch);
		if (ftruncate(s->fd, (off_t)s->length) < 0 && s->say)
			s->say("cannot cut off what was not written whole; it may come twice");
		leave(s);
		return r;
	}
	end = lseek(s->fd, 0, SEEK_CUR);
	for (uint64_t i = 0, offset = s->length; at && i < n;
	     offset += SPOOL_RECORD + records[i++].n)
		at[i] = (struct spool_pos){s->current, offset};
	pthread_mutex_lock(&s->lock);
	s->length = (uint64_t)end;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

int
spool_append(struct spool *s, const struct slice *records, size_t n, struct spool_pos *at,
    struct sme_err *err)
{
	int r;

	set_busy(s, true);
	r = append(s, records, n, at, err);
	set_busy(s, false);
	return r;
}

/* ---- positions ---- */

/* What a crash left of a position that was being saved. */
static void
remove_unfinished(const char *path)
{
	struct buf pattern = BUF_INIT;
	glob_t found;

	buf_printf(&pattern, "%s.tmp??????", path);
	if (glob(buf_str(&pattern), GLOB_NOSORT, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			unlink(found.gl_pathv[i]);
		globfree(&found);
	}
	buf_release(&pattern);
}

int
spool_pos_load(const char *path, struct spool_pos *pos, struct sme_err *err)
{
	struct buf b = BUF_INIT_MAX((size_t)128 << 10);
	struct slice text, first, second;
	unsigned long long segment = 0, offset = 0;
	bool fine;

	*pos = (struct spool_pos){0};
	remove_unfinished(path);
	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	if (file_read(path, &b, err) < 0) {
		buf_release(&b);
		return -1;
	}
	text = slice_trim(buf_slice(&b));
	fine = slice_cut(&text, ' ', &first) && slice_cut(&text, ' ', &second) && !text.p &&
	       slice_u64(first, &segment) && slice_u64(second, &offset);
	buf_release(&b);
	if (!fine)
		return err_set(err, SME_DATA,
		    "%s: not a position; delete it to have everything in the spool mapped again",
		    path);
	*pos = (struct spool_pos){segment, offset};
	return 0;
}

int
spool_pos_save(const char *path, struct spool_pos pos, struct sme_err *err)
{
	char text[64];
	int n = snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 "\n", pos.segment, pos.offset);

	return file_write_atomic(path, (struct slice){text, (size_t)n}, 0600, err);
}
