/* Records that the log writes on its own account, such as receipts. */
#include <errno.h>
#include <unistd.h>

#include "log/log.h"

static int
sync_new(struct log_dir *l, const char *tenant, struct sme_err *err)
{
	struct buf path = BUF_INIT;
	int r = seg_sync_dir(names_tenant_dir(&path, l->dir, tenant), false, err);

	if (r == 0)
		r = seg_sync_dir(path.p, true, err);
	if (r == 0)
		r = seg_sync_dir(l->dir, false, err);
	buf_release(&path);
	return r;
}

int
log_put(
    struct log_dir *l, const char *tenant, const struct record *recs, size_t n, struct sme_err *err)
{
	struct log_day *d = log_day_of(l, tenant, recs[0].time);
	struct block_maker m;
	struct buf out = BUF_INIT;
	struct block_head h;
	struct log_open *o;
	bool made;
	int r = -1;

	block_maker_init(&m);
	o = log_writable(l, d, &made, err);
	if (!o)
		goto out;
	for (size_t i = 0; i < n; i++) {
		struct record rec = recs[i];

		rec.seq = l->state.next_seq + i;
		block_add(&m, &rec);
		if (m.count == BLOCK_RECORDS_MAX || i + 1 == n)
			block_finish(&m, 0, o->length, &out, &h);
	}
	if (pwrite(o->fd, out.p, out.n, (off_t)o->length) != (ssize_t)out.n || fsync(o->fd) < 0) {
		r = err_sys(err, SME_IOERR, "%s/events/%s.seg", l->dir, o->name);
		if (ftruncate(o->fd, (off_t)o->length) < 0)
			o->damaged = true; /* who locks the log next cuts it */
		goto out;
	}
	if (made && sync_new(l, tenant, err) < 0)
		goto out;
	o->length += out.n;
	for (size_t i = 0; i < n; i++)
		seen_add(&l->seen, recs[i].id);
	l->state.next_seq += n;
	l->state.records += n;
	r = 0;
out:
	block_maker_release(&m);
	buf_release(&out);
	return r;
}
