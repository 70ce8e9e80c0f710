#include "log/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"

#define TRAILER 16
#define TRAILER_MAGIC "SMEend1\n"
#define INDEX_ROW 24

/* Read ahead while walking blocks, and while looking for one behind damage. */
#define WALK_AHEAD ((size_t)64 << 10)

const char *
seg_window(struct seg_window *w, uint64_t offset, size_t n, size_t ahead)
{
	size_t have = 0;

	if (offset >= w->at && offset - w->at <= w->buf.n) {
		have = w->buf.n - (size_t)(offset - w->at);
		if (have >= n)
			return w->buf.p + (offset - w->at);
	}
	if (have)
		memmove(w->buf.p, w->buf.p + (w->buf.n - have), have);
	w->buf.n = have;
	w->buf.over = false;
	w->at = offset;
	if (!buf_reserve(&w->buf, n - have + ahead + SCAN_PADDING))
		return NULL;
	while (w->buf.n < n + ahead) {
		ssize_t got = pread(
		    w->fd, w->buf.p + w->buf.n, n + ahead - w->buf.n, (off_t)(offset + w->buf.n));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		w->buf.n += (size_t)got;
	}
	/* Lines are scanned where they are. */
	memset(w->buf.p + w->buf.n, 0, SCAN_PADDING);
	return w->buf.n >= n ? w->buf.p : NULL;
}

/* The trailer and the index block of a closed segment. */
static bool
read_index(struct seg_reader *r, uint64_t size)
{
	const char *p = size < TRAILER ? NULL : seg_window(&r->window, size - TRAILER, TRAILER, 0);
	struct block_head h;
	uint64_t at;

	if (!p || memcmp(p + 8, TRAILER_MAGIC, 8) != 0)
		return false;
	at = get64(p);
	if (at > size - TRAILER || size - TRAILER - at < BLOCK_HEADER)
		return false;
	p = seg_window(&r->window, at, (size_t)(size - TRAILER - at), 0);
	if (!p || !block_head_parse(p, &h) || !(h.flags & BLOCK_INDEX) ||
	    at + BLOCK_HEADER + h.stored != size - TRAILER || !block_crc_ok(&h, p + BLOCK_HEADER))
		return false;
	r->end = at;
	r->blocks = h.count;
	r->index = xslicedup((struct slice){p + BLOCK_HEADER, h.stored});
	return true;
}

int
seg_open(struct seg_reader *r, const char *path, bool closed, struct sme_err *err)
{
	struct stat st;

	*r = (struct seg_reader){.closed = closed, .scratch = BUF_INIT};
	r->window.buf = (struct buf)BUF_INIT_MAX((size_t)96 << 20);
	snprintf(r->path, sizeof r->path, "%s", path);
	r->window.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r->window.fd < 0)
		return err_sys(err, errno == EACCES ? SME_NOPERM : SME_NOINPUT, "%s", path);
	if (fstat(r->window.fd, &st) < 0) {
		err_sys(err, SME_IOERR, "%s", path);
		seg_close(r);
		return -1;
	}
	r->end = (uint64_t)st.st_size;
	if (closed && !read_index(r, r->end)) {
		seg_close(r);
		errno = EINVAL;
		return err_set(err, SME_DATA, "%s: the end of a closed segment is damaged", path);
	}
	return 0;
}

void
seg_close(struct seg_reader *r)
{
	if (r->window.fd >= 0)
		close(r->window.fd);
	r->window.fd = -1;
	buf_release(&r->window.buf);
	buf_release(&r->scratch);
	free(r->index);
	r->index = NULL;
}

/* A sound block at AT?  Sets head and stored. */
static bool
block_at(struct seg_reader *r, uint64_t at)
{
	const char *p;

	if (at > r->end || r->end - at < BLOCK_HEADER)
		return false;
	p = seg_window(&r->window, at, BLOCK_HEADER, WALK_AHEAD);
	if (!p || !block_head_parse(p, &r->head) || (r->head.flags & BLOCK_INDEX) ||
	    r->head.stored > r->end - at - BLOCK_HEADER)
		return false;
	p = seg_window(&r->window, at, BLOCK_HEADER + (size_t)r->head.stored, 0);
	if (!p || !block_crc_ok(&r->head, p + BLOCK_HEADER))
		return false;
	r->stored = p + BLOCK_HEADER;
	return true;
}

/* Look behind BAD for a sound block that was written when the one at BAD was durable; false when
 * there is none, and what is at BAD may never have been. */
static bool
find_block(struct seg_reader *r, uint64_t bad)
{
	uint64_t at = bad + 1;

	while (at < r->end && r->end - at > BLOCK_HEADER) {
		size_t n = r->end - at > WALK_AHEAD ? WALK_AHEAD : (size_t)(r->end - at);
		const char *p = seg_window(&r->window, at, n, 0), *hit;

		if (!p)
			return false;
		hit = memmem(p, n, BLOCK_MAGIC, 4);
		if (!hit) {
			at += n - 3;
			continue;
		}
		at += (uint64_t)(hit - p);
		if (block_at(r, at) && r->head.synced > bad) {
			r->next = at;
			return true;
		}
		at++;
	}
	return false;
}

enum seg_state
seg_next(struct seg_reader *r, bool body, struct sme_err *err)
{
	uint64_t at = r->next;
	bool found;

	r->body = NULL;
	r->at = at;
	if (at >= r->end)
		return SEG_END;
	if (block_at(r, at)) {
		r->next = at + BLOCK_HEADER + r->head.stored;
		if (!body)
			return SEG_BLOCK;
		r->body = block_body(&r->head, r->stored, &r->scratch);
		if (r->body)
			return SEG_BLOCK;
		err_set(err, SME_DATA, "%s: byte %llu: a block contradicts itself", r->path,
		    (unsigned long long)at);
		return SEG_DAMAGED;
	}
	found = find_block(r, at);
	if (!found)
		r->next = r->end;
	err_set(err, SME_DATA, "%s: byte %llu: damaged up to byte %llu", r->path,
	    (unsigned long long)at, (unsigned long long)r->next);
	return found || r->closed ? SEG_DAMAGED : SEG_TORN;
}

int
seg_sync_dir(const char *path, bool parent, struct sme_err *err)
{
	const char *slash = parent ? strrchr(path, '/') : NULL;
	char *dir =
	    slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(parent ? "." : path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 || fsync(fd) < 0 ? err_sys(err, SME_IOERR, "%s", dir) : 0;

	if (fd >= 0)
		close(fd);
	free(dir);
	return r;
}

int
seg_writer_open(struct seg_writer *w, const char *path, int level, struct sme_err *err)
{
	*w = (struct seg_writer){
	    .fd = -1, .level = level, .out = BUF_INIT_MAX((size_t)128 << 20), .index = BUF_INIT};
	block_maker_init(&w->maker);
	w->path = xstrdup(path);
	if (asprintf(&w->tmp, "%s.tmp", path) < 0)
		w->tmp = NULL;
	w->fd = open(w->tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (w->fd < 0) {
		err_sys(err, SME_CANTCREAT, "%s", w->tmp);
		seg_writer_release(w);
		return -1;
	}
	return 0;
}

void
seg_writer_release(struct seg_writer *w)
{
	if (w->fd >= 0) {
		close(w->fd);
		unlink(w->tmp);
	}
	w->fd = -1;
	block_maker_release(&w->maker);
	buf_release(&w->out);
	buf_release(&w->index);
	free(w->path);
	free(w->tmp);
	w->path = w->tmp = NULL;
}

static int
put_out(struct seg_writer *w, struct sme_err *err)
{
	if (file_write_all(w->fd, w->out.p, w->out.n) < 0)
		return err_sys(err, SME_IOERR, "%s", w->tmp);
	w->at += w->out.n;
	buf_clear(&w->out);
	return 0;
}

static int
end_block(struct seg_writer *w, struct sme_err *err)
{
	struct block_head h;
	char row[INDEX_ROW];

	block_finish(&w->maker, w->level, w->at, &w->out, &h);
	put64(row, w->at);
	put64(row + 8, (uint64_t)h.first);
	put64(row + 16, (uint64_t)h.last);
	buf_add(&w->index, row, sizeof row);
	return put_out(w, err);
}

int
seg_writer_add(struct seg_writer *w, const struct record *r, struct sme_err *err)
{
	if (w->maker.count && (block_raw(&w->maker) + r->line.n > SEG_BLOCK_SIZE ||
				  w->maker.count == BLOCK_RECORDS_MAX))
		if (end_block(w, err) < 0)
			return -1;
	block_add(&w->maker, r);
	if (w->count++ == 0 || r->time < w->first)
		w->first = r->time;
	if (w->count == 1 || r->time > w->last)
		w->last = r->time;
	if (w->count == 1 || r->seq > w->top)
		w->top = r->seq;
	return 0;
}

int
seg_writer_finish(struct seg_writer *w, struct sme_err *err)
{
	char trailer[TRAILER];
	int fd = w->fd;

	if (w->maker.count && end_block(w, err) < 0)
		return -1;
	if (w->level) {
		block_put_index(&w->out, buf_slice(&w->index), (uint32_t)(w->index.n / INDEX_ROW),
		    w->first, w->last, w->top);
		put64(trailer, w->at);
		memcpy(trailer + 8, TRAILER_MAGIC, 8);
		buf_add(&w->out, trailer, sizeof trailer);
		if (put_out(w, err) < 0)
			return -1;
	}
	if (fsync(fd) < 0)
		return err_sys(err, SME_IOERR, "%s", w->tmp);
	if (rename(w->tmp, w->path) < 0)
		return err_sys(err, SME_IOERR, "%s", w->path);
	close(fd);
	w->fd = -1;
	return seg_sync_dir(w->path, true, err);
}
