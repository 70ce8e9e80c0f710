#include "log/append.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "log/ident.h"
#include "log/log.h"

/* With more files than this in a group, one syncfs(2) costs less than so many fsync(2). */
#define FSYNC_FILES 8
/* Files that stay open from one group to the next. */
#define KEEP_FDS 128
/* Ids that may be left without a run at the end: a tail of some 20 MB to read next time. */
#define TAIL_IDS ((size_t)32 << 10)

#define NONE UINT32_MAX

struct pending {
	struct hash128 id, bar;
	int64_t time;
	struct log_day *day; /* NULL: only handed on */
	size_t at;           /* of the line in `lines` */
	uint32_t n;          /* with its newline */
	uint32_t next;       /* of the same day */
	bool has_bar, drop;
};

/* A file that the group at hand writes to, and what it was before. */
struct touched {
	struct log_open *file;
	uint64_t length;
};

struct append {
	struct log_dir log;
	struct ident_plan plan;
	struct scanner *scanner;
	struct ident_scratch scratch;
	const char *tenant; /* NULL: all */
	struct buf name;    /* directory name of a tenant */
	struct idset batch; /* ids of the group */
	struct buf lines;
	struct pending *pending;
	uint32_t n;
	struct log_day **days; /* of the group */
	size_t ndays, days_cap;
	struct touched *touched;
	size_t ntouched, touched_cap;
	bool made; /* a file was made, so directories must be synced */
	struct block_maker maker;
	struct buf out;
	struct append_stats stats;
	bool failed;
};

struct append *
append_open(const char *dir, const char *tenant, void (*say)(const char *text), struct sme_err *err)
{
	struct append *a = xcalloc(1, sizeof *a);

	if (log_open(&a->log, dir, LOG_CREATE, say, err) < 0) {
		free(a);
		return NULL;
	}
	ident_plan_init(&a->plan);
	a->scanner = scanner_new(a->plan.plan);
	a->scratch = (struct ident_scratch)IDENT_SCRATCH_INIT;
	a->tenant = tenant;
	a->name = (struct buf)BUF_INIT;
	a->lines = (struct buf)BUF_INIT_MAX((size_t)64 << 20);
	a->out = (struct buf)BUF_INIT_MAX((size_t)128 << 20);
	a->pending = xcalloc(APPEND_LINES, sizeof *a->pending);
	block_maker_init(&a->maker);
	/* Whatever a crash left is dealt with before the first line is taken. */
	if (log_lock(&a->log, NULL, err) < 0) {
		append_close(a);
		return NULL;
	}
	log_unlock(&a->log);
	return a;
}

void
append_close(struct append *a)
{
	log_close(&a->log);
	scanner_free(a->scanner);
	ident_plan_release(&a->plan);
	ident_scratch_release(&a->scratch);
	idset_release(&a->batch);
	block_maker_release(&a->maker);
	buf_release(&a->name);
	buf_release(&a->lines);
	buf_release(&a->out);
	free(a->pending);
	free(a->days);
	free(a->touched);
	free(a);
}

const struct append_stats *
append_stats(const struct append *a)
{
	return &a->stats;
}

bool
append_pending(const struct append *a)
{
	return a->n > 0;
}

/* Is this event known, or one that was erased and comes again? */
static bool
known(struct append *a, const struct ident *id)
{
	if (seen_has(&a->log.seen, id->id) || idset_has(&a->batch, id->id)) {
		a->stats.duplicates++;
		return true;
	}
	if (id->has_bar && seen_has(&a->log.seen, id->bar)) {
		a->stats.barred++;
		return true;
	}
	return false;
}

static enum append_verdict
keep(struct append *a, struct slice line, const struct ident *id, struct log_day *day, int64_t time)
{
	struct pending *p = &a->pending[a->n++];

	*p = (struct pending){
	    .time = time, .day = day, .at = a->lines.n, .n = (uint32_t)line.n + 1, .next = NONE};
	if (id) {
		p->id = id->id;
		p->bar = id->bar;
		p->has_bar = id->has_bar;
	}
	buf_adds(&a->lines, line);
	buf_addc(&a->lines, '\n');
	return a->n == APPEND_LINES || a->lines.n >= APPEND_BYTES ? APPEND_FULL : APPEND_TAKEN;
}

enum append_verdict
append_line(struct append *a, struct slice line, int64_t now, struct sme_err *err)
{
	struct ident id;

	if (scanner_scan(a->scanner, line.p, line.n) < 0) {
		err_set(err, SME_DATA, "byte %zu: %s", a->scanner->error_at + 1, a->scanner->error);
		return APPEND_REJECT;
	}
	if (a->scanner->root.type != JSON_OBJECT) {
		err_set(err, SME_DATA, "not a JSON object");
		return APPEND_REJECT;
	}
	a->stats.events++;
	ident_of(&a->plan, a->scanner, line, &a->log.key, &a->scratch, &id);
	if (a->tenant && !slice_is(id.tenant, a->tenant)) {
		a->stats.passed++;
		return keep(a, line, NULL, NULL, 0);
	}
	if (known(a, &id))
		return APPEND_TAKEN;
	buf_clear(&a->name);
	names_tenant(&a->name, id.tenant);
	idset_add(&a->batch, id.id);
	int64_t time = ident_time(&a->plan, a->scanner, now, &a->scratch);
	return keep(a, line, &id, log_day_of(&a->log, a->name.p, time), time);
}

/* Others have written since the group was gathered: drop what is no longer new. */
static void
check_again(struct append *a)
{
	for (uint32_t i = 0; i < a->n; i++) {
		struct pending *p = &a->pending[i];

		if (!p->day)
			continue;
		p->drop = seen_has(&a->log.seen, p->id);
		a->stats.duplicates += p->drop;
		if (!p->drop && p->has_bar && seen_has(&a->log.seen, p->bar)) {
			p->drop = true;
			a->stats.barred++;
		}
	}
}

/* Sort the group by day: a chain of events for each. */
static void
chain(struct append *a)
{
	a->ndays = 0;
	for (uint32_t i = 0; i < a->n; i++) {
		struct pending *p = &a->pending[i];
		struct log_day *d = p->day;

		if (!d || p->drop)
			continue;
		if (d->pending++ == 0) {
			a->days = xgrow(a->days, a->ndays, &a->days_cap, sizeof *a->days);
			a->days[a->ndays++] = d;
			d->head = i;
		} else {
			a->pending[d->tail].next = i;
		}
		d->tail = i;
	}
}

static int
write_at(int fd, const char *p, size_t n, uint64_t at)
{
	while (n) {
		ssize_t w = pwrite(fd, p, n, (off_t)at);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -1;
		p += w;
		n -= (size_t)w;
		at += (uint64_t)w;
	}
	return 0;
}

/* The blocks of D's events into a->out. */
static void
make_blocks(struct append *a, struct log_day *d, uint64_t synced)
{
	struct block_head h;

	buf_clear(&a->out);
	for (uint32_t i = d->head; i != NONE; i = a->pending[i].next) {
		struct pending *p = &a->pending[i];
		struct record rec = {p->id, p->time, a->log.state.next_seq + i, RECORD_EVENT,
		    {a->lines.p + p->at, p->n}};

		if (a->maker.count && block_raw(&a->maker) + rec.line.n > APPEND_BYTES)
			block_finish(&a->maker, 0, synced, &a->out, &h);
		block_add(&a->maker, &rec);
	}
	block_finish(&a->maker, 0, synced, &a->out, &h);
}

static int
write_day(struct append *a, struct log_day *d, struct sme_err *err)
{
	bool made;
	struct log_open *o = log_writable(&a->log, d, &made, err);

	if (!o)
		return -1;
	a->made |= made;
	a->touched = xgrow(a->touched, a->ntouched, &a->touched_cap, sizeof *a->touched);
	a->touched[a->ntouched++] = (struct touched){o, o->length};
	make_blocks(a, d, o->length);
	if (write_at(o->fd, a->out.p, a->out.n, o->length) < 0)
		return err_sys(err, SME_IOERR, "%s/events/%s.seg", a->log.dir, o->name);
	o->length += a->out.n;
	if (a->ndays > KEEP_FDS) {
		close(o->fd); /* syncfs(2) needs it no more */
		o->fd = -1;
		a->log.nfds--;
	}
	return 0;
}

static int
sync_group(struct append *a, struct sme_err *err)
{
	struct buf path = BUF_INIT;
	int r = 0;

	if (a->ntouched > FSYNC_FILES)
		return syncfs(a->log.lock) < 0 ? err_sys(err, SME_IOERR, "%s", a->log.dir) : 0;
	for (size_t i = 0; r == 0 && i < a->ntouched; i++) {
		struct log_open *o = a->touched[i].file;

		if (fdatasync(o->fd) < 0)
			r = err_sys(err, SME_IOERR, "%s/events/%s.seg", a->log.dir, o->name);
		/* Three levels may be new: the file, its tenant, and DIR/events. */
		if (r == 0 && a->made)
			r = seg_sync_dir(
			    names_tenant_dir(&path, a->log.dir, o->ref.tenant), false, err);
		if (r == 0 && a->made)
			r = seg_sync_dir(path.p, true, err);
	}
	if (r == 0 && a->made)
		r = seg_sync_dir(a->log.dir, false, err);
	buf_release(&path);
	return r;
}

/* Take back what was written of a group that could not be made durable. */
static void
take_back(struct append *a)
{
	struct buf path = BUF_INIT;

	for (size_t i = 0; i < a->ntouched; i++) {
		struct touched *t = &a->touched[i];

		if (truncate(seg_path(&path, a->log.dir, &t->file->ref, false), (off_t)t->length) < 0)
			continue; /* what is torn of it, the next process that locks the log cuts */
	}
	buf_release(&path);
	a->failed = true;
}

static void
group_done(struct append *a)
{
	for (uint32_t i = 0; i < a->n; i++) {
		struct pending *p = &a->pending[i];

		if (!p->day || p->drop)
			continue;
		idset_add(&a->log.seen.memory, p->id);
		a->stats.appended++;
		a->stats.bytes += p->n;
		a->log.state.records++;
	}
	a->log.state.next_seq += a->n;
}

/* Under the lock: write the group's events and make them durable. */
static int
write_group(struct append *a, struct sme_err *err)
{
	int r = 0;

	a->ntouched = 0;
	a->made = false;
	a->log.state.commits++;
	if (log_state_write(&a->log, err) < 0)
		return -1;
	/* Before the group, not behind it: a full disk must not keep back what is durable. */
	if (a->log.seen.memory.n >= SEEN_MEMORY)
		r = log_checkpoint(&a->log, err);
	if (a->log.nfds + a->ndays > KEEP_FDS)
		log_drop_fds(&a->log);
	for (size_t i = 0; r == 0 && i < a->ndays; i++)
		r = write_day(a, a->days[i], err);
	if (r == 0)
		r = sync_group(a, err);
	if (r < 0) {
		take_back(a);
		return r;
	}
	group_done(a);
	a->stats.groups++;
	a->log.state.commits++;
	/* The group is durable and must go on, whatever becomes of a number that is derived. */
	if (log_state_write(&a->log, err) < 0)
		a->log.loaded = false;
	return 0;
}

/* What goes on: all of the group but what was dropped under the lock. */
static struct slice
hand_on(struct append *a)
{
	size_t at = 0;

	for (uint32_t i = 0; i < a->n; i++) {
		struct pending *p = &a->pending[i];

		if (p->drop)
			continue;
		if (at != p->at)
			memmove(a->lines.p + at, a->lines.p + p->at, p->n);
		at += p->n;
	}
	return (struct slice){a->lines.p, at};
}

int
append_commit(struct append *a, struct slice *out, struct sme_err *err)
{
	bool changed;
	int r = 0;

	*out = (struct slice){NULL, 0};
	if (a->n == 0)
		return 0;
	if (a->failed)
		return err_set(err, SME_IOERR, "%s: an earlier write failed", a->log.dir);
	if (log_lock(&a->log, &changed, err) < 0)
		return -1;
	if (changed)
		check_again(a);
	chain(a);
	if (a->ndays)
		r = write_group(a, err);
	log_unlock(&a->log);
	for (size_t i = 0; i < a->ndays; i++)
		a->days[i]->pending = 0;
	if (r == 0)
		*out = hand_on(a);
	a->n = 0;
	a->lines.n = 0; /* not buf_clear: *out still points there */
	idset_clear(&a->batch);
	return r;
}

int
append_maintain(struct append *a, int64_t now, struct sme_err *err)
{
	int r;

	if (a->failed)
		return 0;
	r = log_compress_due(&a->log, now, err);
	if (r < 0 || a->log.seen.memory.n < TAIL_IDS)
		return r;
	if (log_lock(&a->log, NULL, err) < 0)
		return -1;
	a->log.state.commits += 2;
	r = log_checkpoint(&a->log, err);
	log_unlock(&a->log);
	return r;
}
