/* Reading a spool again, behind its writer, past what a crash or a disk left behind. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "hook/spool_int.h"

/* Looking for the next whole record reads so much at a time. */
#define LOOK ((size_t)1 << 20)

static void
say(struct spool *s, const char *fmt, uint64_t segment, uint64_t offset, uint64_t bytes)
{
	char text[400];

	if (!s->say)
		return;
	snprintf(text, sizeof text, fmt, s->dir, segment, offset, bytes);
	s->say(text);
}

/* N bytes at OFFSET; false when there are not so many. */
static bool
read_at(int fd, void *p, size_t n, uint64_t offset)
{
	char *at = p;

	while (n) {
		ssize_t got = pread(fd, at, n, (off_t)offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		n -= (size_t)got;
		offset += (uint64_t)got;
	}
	return true;
}

/* The first segment from number N on, 0 when there is none; *CURRENT: is it being written? */
static uint64_t
find_segment(struct spool *s, uint64_t n, bool *current, uint64_t *length)
{
	uint64_t found = 0;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->n && !found; i++)
		if (s->segments[i] >= n)
			found = s->segments[i];
	*current = found && found == s->current;
	*length = s->length;
	pthread_mutex_unlock(&s->lock);
	return found;
}

struct spool_reader *
spool_reader_open(struct spool *s)
{
	struct spool_reader *r = xcalloc(1, sizeof *r);

	r->spool = s;
	r->fd = -1;
	return r;
}

static void
close_segment(struct spool_reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
	r->segment = 0;
}

void
spool_reader_close(struct spool_reader *r)
{
	if (!r)
		return;
	close_segment(r);
	free(r);
}

static void
add_damaged(struct spool *s, uint64_t bytes)
{
	pthread_mutex_lock(&s->lock);
	s->damaged += bytes;
	pthread_mutex_unlock(&s->lock);
}

/* Keep the file under another name, for whoever wants to see what is left. */
static void
set_aside(struct spool *s, uint64_t segment)
{
	char name[SPOOL_NAME], aside[SPOOL_NAME + 10];

	spool_name(segment, name);
	snprintf(aside, sizeof aside, "%s.damaged", name);
	if (linkat(s->dirfd, name, s->dirfd, aside, 0) < 0 && errno != EEXIST)
		say(s, "%s: segment %" PRIu64 " is damaged and cannot be set aside", segment, 0, 0);
}

/* 1 when the segment is open for reading, 0 when there is nothing to be read in it. */
static int
open_segment(struct spool_reader *r, uint64_t segment, struct sme_err *err)
{
	struct spool *s = r->spool;
	unsigned char head[SPOOL_HEAD];
	char name[SPOOL_NAME];

	if (r->segment == segment)
		return 1;
	close_segment(r);
	spool_name(segment, name);
	r->fd = openat(s->dirfd, name, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		return err_sys(err, SME_IOERR, "%s/%s", s->dir, name);
	if (!read_at(r->fd, head, sizeof head, 0))
		return 0; /* made and killed */
	if (memcmp(head, SPOOL_MAGIC, 8) == 0) {
		r->segment = segment;
		r->seed = spool_u64(head + 8);
		return 1;
	}
	set_aside(s, segment);
	add_damaged(s, SPOOL_HEAD);
	say(s, "%s: segment %" PRIu64 " is no segment; it is kept as .damaged", segment, 0, 0);
	return 0;
}

/* The record at OFFSET, whole and within END. */
static bool
whole(struct spool_reader *r, uint64_t offset, uint64_t end, struct buf *out)
{
	unsigned char head[SPOOL_RECORD];
	uint32_t n;

	if (end < offset || end - offset < SPOOL_RECORD ||
	    !read_at(r->fd, head, sizeof head, offset))
		return false;
	n = spool_u32(head + 4);
	if (spool_u32(head) != SPOOL_MARK || n > SPOOL_RECORD_MAX ||
	    n > end - offset - SPOOL_RECORD)
		return false;
	buf_clear(out);
	if (!buf_reserve(out, n + 1) || !read_at(r->fd, out->p, n, offset + SPOOL_RECORD))
		return false;
	out->n = n;
	out->p[n] = '\0';
	return spool_sum(r->seed, buf_slice(out)) == spool_u64(head + 8);
}

/* Where the next whole record behind OFFSET begins; END when there is none. */
static uint64_t
look(struct spool_reader *r, uint64_t offset, uint64_t end, struct buf *out)
{
	static const unsigned char mark[4] = {
	    SPOOL_MARK & 0xff, SPOOL_MARK >> 8 & 0xff, SPOOL_MARK >> 16 & 0xff, SPOOL_MARK >> 24};
	char *p = xmalloc(LOOK);

	for (offset++; end > offset && end - offset >= SPOOL_RECORD;) {
		size_t n = end - offset < LOOK ? (size_t)(end - offset) : LOOK;
		char *at = p, *hit;

		if (!read_at(r->fd, p, n, offset))
			break;
		while ((hit = memmem(at, n - (size_t)(at - p), mark, sizeof mark))) {
			if (whole(r, offset + (uint64_t)(hit - p), end, out)) {
				offset += (uint64_t)(hit - p);
				free(p);
				return offset;
			}
			at = hit + 1;
		}
		offset += n > 3 ? n - 3 : n;
	}
	free(p);
	return end;
}

/* A write that a crash cut short: the beginning of a record, or zeros where blocks were not
 * written. */
static bool
unfinished(struct spool_reader *r, uint64_t offset, uint64_t end)
{
	unsigned char head[SPOOL_RECORD] = {0};
	uint64_t n = end - offset;
	char zero[4096];

	if (!read_at(r->fd, head, n < sizeof head ? (size_t)n : sizeof head, offset))
		return false;
	if (n < sizeof head ||
	    (spool_u32(head) == SPOOL_MARK && spool_u32(head + 4) > n - sizeof head))
		return true;
	for (; offset < end; offset += n) {
		n = end - offset < sizeof zero ? end - offset : sizeof zero;
		if (!read_at(r->fd, zero, (size_t)n, offset))
			return false;
		for (size_t i = 0; i < n; i++)
			if (zero[i])
				return false;
	}
	return true;
}

/* There is no whole record at POS: go to where there is one, or to END. */
static void
pass_over(struct spool_reader *r, struct spool_pos *pos, uint64_t end, struct buf *out)
{
	uint64_t next = look(r, pos->offset, end, out);

	if (next == end && unfinished(r, pos->offset, end)) {
		pos->offset = end;
		return;
	}
	add_damaged(r->spool, next - pos->offset);
	set_aside(r->spool, pos->segment);
	say(r->spool,
	    "%s: segment %" PRIu64 " is damaged at byte %" PRIu64 ": %" PRIu64
	    " bytes are passed over; the file is kept as .damaged",
	    pos->segment, pos->offset, next - pos->offset);
	pos->offset = next;
}

/* Where reading in the segment that is open ends. */
static int
segment_end(struct spool_reader *r, bool current, uint64_t *end, struct sme_err *err)
{
	struct stat sb;

	if (current)
		return 0;
	if (fstat(r->fd, &sb) < 0)
		return err_sys(err, SME_IOERR, "%s", r->spool->dir);
	*end = (uint64_t)sb.st_size;
	return 0;
}

int
spool_read(struct spool_reader *r, struct spool_pos *pos, struct buf *out, struct spool_pos *start,
    struct sme_err *err)
{
	for (;;) {
		uint64_t end, segment;
		bool current;
		int some;

		segment = find_segment(r->spool, pos->segment, &current, &end);
		if (!segment)
			return 0;
		if (segment != pos->segment || pos->offset < SPOOL_HEAD)
			*pos = (struct spool_pos){segment, SPOOL_HEAD};
		some = open_segment(r, segment, err);
		if (some < 0 || segment_end(r, current, &end, err) < 0)
			return -1;
		while (some && pos->offset < end) {
			if (start)
				*start = *pos;
			if (whole(r, pos->offset, end, out)) {
				pos->offset += SPOOL_RECORD + out->n;
				return 1;
			}
			pass_over(r, pos, end, out);
		}
		if (current)
			return 0;
		*pos = (struct spool_pos){segment + 1, 0};
	}
}

/* Under the lock: nobody writes, and all that was written has been read. */
static bool
at_end(const struct spool *s, struct spool_pos pos)
{
	return !s->busy && s->current && s->length > SPOOL_HEAD && pos.segment == s->current &&
	       pos.offset == s->length;
}

int
spool_forget(struct spool *s, struct spool_pos pos, bool current, struct sme_err *err)
{
	size_t gone = 0;
	int r = 0;

	pthread_mutex_lock(&s->lock);
	if (current && at_end(s, pos)) {
		close(s->fd);
		s->fd = -1;
		s->current = 0;
		pos.segment++;
	}
	for (; gone < s->n && r == 0 && s->segments[gone] < pos.segment &&
	       s->segments[gone] != s->current;
	     gone++) {
		char name[SPOOL_NAME];

		spool_name(s->segments[gone], name);
		if (unlinkat(s->dirfd, name, 0) < 0 && errno != ENOENT)
			r = err_sys(err, SME_IOERR, "%s/%s", s->dir, name);
	}
	if (gone)
		memmove(s->segments, s->segments + gone, (s->n - gone) * sizeof *s->segments);
	s->n -= gone;
	pthread_mutex_unlock(&s->lock);
	return r;
}

bool
spool_is_erased(struct slice record)
{
	return record.n >= 2 && record.p[0] == 'E' && record.p[1] == '1';
}

int
spool_erase(struct spool *s, struct spool_pos pos, size_t n, struct sme_err *err)
{
	char name[SPOOL_NAME], *bytes = xcalloc(1, SPOOL_RECORD + n);
	struct slice record = {bytes + SPOOL_RECORD, n};
	unsigned char head[SPOOL_HEAD];
	int fd, r = -1;

	spool_name(pos.segment, name);
	fd = openat(s->dirfd, name, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && n >= 2 && read_at(fd, head, sizeof head, 0)) {
		memcpy(bytes + SPOOL_RECORD, "E1", 2);
		spool_put_head((unsigned char *)bytes, spool_u64(head + 8), record);
		if (pwrite(fd, bytes, SPOOL_RECORD + n, (off_t)pos.offset) ==
		    (ssize_t)(SPOOL_RECORD + n))
			r = fdatasync(fd);
	}
	if (r < 0)
		err_sys(err, SME_IOERR, "%s/%s: cannot erase", s->dir, name);
	if (fd >= 0)
		close(fd);
	free(bytes);
	return r;
}

uint64_t
spool_behind(struct spool *s, struct spool_pos pos)
{
	uint64_t sum = 0;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < s->n; i++) {
		char name[SPOOL_NAME];
		struct stat sb;
		uint64_t from = SPOOL_HEAD, size;

		if (s->segments[i] < pos.segment)
			continue;
		spool_name(s->segments[i], name);
		if (s->segments[i] == s->current)
			size = s->length;
		else
			size = fstatat(s->dirfd, name, &sb, 0) < 0 ? 0 : (uint64_t)sb.st_size;
		if (s->segments[i] == pos.segment && pos.offset > from)
			from = pos.offset;
		sum += size > from ? size - from : 0;
	}
	pthread_mutex_unlock(&s->lock);
	return sum;
}

uint64_t
spool_damaged(struct spool *s)
{
	uint64_t n;

	pthread_mutex_lock(&s->lock);
	n = s->damaged;
	pthread_mutex_unlock(&s->lock);
	return n;
}
