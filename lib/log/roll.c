/* Which segment file is written, and when one is closed. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "log/log.h"

/* A later file of a day is closed when it has at least this size. */
#define LATE_SIZE ((uint64_t)1 << 20)

/* A segment in memory while it is sorted. */
struct entry {
	struct hash128 id;
	int64_t time;
	uint64_t seq, offset; /* of the line in the file */
	uint32_t n;
	enum record_kind kind;
};

struct entries {
	struct entry *p;
	size_t n, cap;
};

static int
entry_cmp(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static void
take_entries(struct entries *list, const struct seg_reader *r)
{
	struct block_walk walk = {0};
	struct record rec;

	while (block_next(&r->head, r->stored, r->body, &walk, &rec)) {
		list->p = xgrow(list->p, list->n, &list->cap, sizeof *list->p);
		list->p[list->n++] = (struct entry){rec.id, rec.time, rec.seq,
		    r->at + BLOCK_HEADER + (uint64_t)(rec.line.p - r->stored), (uint32_t)rec.line.n,
		    rec.kind};
	}
}

static int
write_sorted(
    const struct entries *list, struct seg_window *w, const char *path, struct sme_err *err)
{
	struct seg_writer out;
	int r = seg_writer_open(&out, path, SEG_LEVEL, err);

	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < list->n; i++) {
		const struct entry *e = &list->p[i];
		struct record rec = {e->id, e->time, e->seq, e->kind, {NULL, e->n}};
		bool on = e->offset >= w->at && e->offset <= w->at + w->buf.n;

		rec.line.p = seg_window(w, e->offset, e->n, on ? 64 << 10 : 4 << 10);
		r = rec.line.p ? seg_writer_add(&out, &rec, err)
		               : err_set(err, SME_IOERR, "%s: cannot be read again", path);
	}
	if (r == 0)
		r = seg_writer_finish(&out, err);
	seg_writer_release(&out);
	return r;
}

int
seg_compress(const char *open_path, const char *closed_path, struct sme_err *err)
{
	struct entries list = {NULL, 0, 0};
	struct seg_reader r;
	enum seg_state st;
	int rc = 0;

	if (seg_open(&r, open_path, false, err) < 0)
		return -1;
	while ((st = seg_next(&r, true, err)) == SEG_BLOCK)
		take_entries(&list, &r);
	if (st != SEG_END)
		rc =
		    st == SEG_TORN ? err_set(err, SME_DATA, "%s: unfinished write", open_path) : -1;
	if (rc == 0 && list.n) {
		qsort(list.p, list.n, sizeof *list.p, entry_cmp);
		rc = write_sorted(&list, &r.window, closed_path, err);
	}
	free(list.p);
	seg_close(&r);
	if (rc == 0 && unlink(open_path) < 0)
		rc = err_sys(err, SME_IOERR, "%s", open_path);
	return rc;
}

/* A new file for D.  Under the lock, so nobody else makes it. */
static struct log_open *
make_segment(struct log_dir *l, struct log_day *d, struct sme_err *err)
{
	struct seg_ref ref = {.tenant = d->tenant, .day = d->day, .n = d->last + 1, .open = true};
	struct buf path = BUF_INIT;
	struct log_open *o = NULL;
	struct stat st;
	int fd;

	if (file_mkdirs(names_tenant_dir(&path, l->dir, d->tenant), err) < 0)
		goto out;
	fd =
	    open(seg_path(&path, l->dir, &ref, false), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || fstat(fd, &st) < 0) {
		err_sys(err, SME_CANTCREAT, "%s", path.p);
		goto out;
	}
	o = log_open_add(l, d, ref.n, path.p);
	o->fd = fd;
	o->inode = st.st_ino;
	o->length = 0;
	o->listed = true;
	d->last = ref.n;
	d->current = o;
	l->nfds++;
out:
	buf_release(&path);
	return o;
}

struct log_open *
log_writable(struct log_dir *l, struct log_day *d, bool *made, struct sme_err *err)
{
	struct log_open *o = d->current;
	struct buf path = BUF_INIT;

	*made = false;
	if (!o || o->length >= LOG_ROLL) {
		*made = true;
		return make_segment(l, d, err);
	}
	if (o->fd >= 0)
		return o;
	o->fd = open(seg_path(&path, l->dir, &o->ref, false), O_RDWR | O_CLOEXEC);
	if (o->fd < 0)
		err_sys(err, SME_IOERR, "%s", path.p);
	else
		l->nfds++;
	buf_release(&path);
	return o->fd < 0 ? NULL : o;
}

static bool
due(const struct log_open *o, int64_t now)
{
	return o->listed && !o->damaged && o->length && now >= (o->ref.day + 2) * LOG_DAY_MS &&
	       (o->ref.n == 1 || o->length >= LATE_SIZE);
}

static struct log_open *
next_due(struct log_dir *l, int64_t now)
{
	for (size_t i = 0; i < l->opens.n; i++)
		if (due(l->opens.items[i].value.ptr, now))
			return l->opens.items[i].value.ptr;
	return NULL;
}

static int
compress_one(struct log_dir *l, struct log_open *o, struct sme_err *err)
{
	struct buf from = BUF_INIT, to = BUF_INIT;
	struct log_day *d = log_day_of(l, o->ref.tenant, o->ref.day * LOG_DAY_MS);
	int r;

	/* From here on nothing in the index may depend on the open file. */
	r = l->seen.memory.n ? log_checkpoint(l, err) : 0;
	if (r == 0) {
		l->state.commits += 2;
		r = log_state_write(l, err);
	}
	if (r == 0)
		r = seg_compress(seg_path(&from, l->dir, &o->ref, false),
		    seg_path(&to, l->dir, &o->ref, true), err);
	if (r == 0) {
		if (o->fd >= 0) {
			close(o->fd);
			l->nfds--;
		}
		o->fd = -1;
		o->listed = false;
		if (d->current == o)
			d->current = NULL;
	} else if (err->status == SME_DATA && l->say) {
		o->damaged = true; /* left as it is for verify to show */
		l->say(err->text);
		r = 0;
	}
	buf_release(&from);
	buf_release(&to);
	return r;
}

int
log_compress_due(struct log_dir *l, int64_t now, struct sme_err *err)
{
	int r = 0;

	while (r == 0 && l->loaded && next_due(l, now)) {
		struct log_open *o;

		if (log_lock(l, NULL, err) < 0)
			return -1;
		o = next_due(l, now);
		if (o)
			r = compress_one(l, o, err);
		log_unlock(l);
	}
	return r;
}
