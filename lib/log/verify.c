#include "log/verify.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "core/rfc3339.h"
#include "log/ident.h"
#include "log/log.h"

/* More than this many messages help nobody. */
#define MESSAGES 20

struct verify {
	struct log_dir log;
	struct ident_plan plan;
	struct scanner *scanner;
	struct ident_scratch scratch;
	struct seg_list segs;
	struct buf path;
	void (*say)(const char *text);
	bool index; /* there is one to compare with */
	uint64_t problems, covered, tail, events, erased, bytes;
	size_t tenants;
	const char *tenant;
	int32_t first_day, last_day;
};

/* One segment while it is checked. */
struct checked {
	struct seg_reader seg;
	const struct seg_ref *ref;
	uint64_t cover; /* so much of it is in the runs of the index */
	bool rewritten; /* by an erasure that was interrupted: not covered, but in the runs */
	uint64_t seq;
	int64_t time;
	uint32_t blocks;
	bool any;
};

static void __attribute__((format(printf, 2, 3))) problem(struct verify *v, const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (v->problems++ < MESSAGES)
		v->say(b.p);
	else if (v->problems == MESSAGES + 1)
		v->say("more like this");
	buf_release(&b);
}

static void
check_order(struct verify *v, struct checked *c, const struct record *r)
{
	const char *wrong = NULL;

	if (names_day(r->time) != c->ref->day)
		wrong = "of another day";
	else if (c->any && !c->ref->closed && r->seq <= c->seq)
		wrong = "out of sequence";
	else if (c->any && c->ref->closed &&
		 (r->time < c->time || (r->time == c->time && r->seq <= c->seq)))
		wrong = "out of order";
	if (wrong)
		problem(v, "%s: byte %llu: event %llu is %s", c->seg.path,
		    (unsigned long long)c->seg.at, (unsigned long long)r->seq, wrong);
	c->any = true;
	c->seq = r->seq;
	c->time = r->time;
}

static void
check_identity(struct verify *v, struct checked *c, const struct record *r)
{
	struct slice line = {r->line.p, r->line.n - 1};
	struct ident id;

	if (scanner_scan(v->scanner, line.p, line.n) < 0) {
		problem(v, "%s: byte %llu: event %llu: %s", c->seg.path,
		    (unsigned long long)c->seg.at, (unsigned long long)r->seq, v->scanner->error);
		return;
	}
	ident_of(&v->plan, v->scanner, line, &v->log.key, &v->scratch, &id);
	if (hash128_cmp(id.id, r->id) != 0)
		problem(v, "%s: byte %llu: event %llu has the hash of another", c->seg.path,
		    (unsigned long long)c->seg.at, (unsigned long long)r->seq);
}

static void
check_index(struct verify *v, struct checked *c, const struct record *r)
{
	if (c->seg.at < c->cover) {
		v->covered++;
		if (v->index && !seen_in_runs(&v->log.seen, r->id))
			problem(v, "%s: byte %llu: event %llu is not in the index", c->seg.path,
			    (unsigned long long)c->seg.at, (unsigned long long)r->seq);
	} else {
		v->tail++;
		if (!idset_add(&v->log.seen.memory, r->id) ||
		    (!c->rewritten && seen_in_runs(&v->log.seen, r->id)))
			problem(v, "%s: byte %llu: event %llu is there twice", c->seg.path,
			    (unsigned long long)c->seg.at, (unsigned long long)r->seq);
	}
}

static void
check_block(struct verify *v, struct checked *c)
{
	const char *row = c->seg.index + 24 * (size_t)c->blocks;
	struct block_walk walk = {0};
	struct record r;

	while (block_next(&c->seg.head, c->seg.stored, c->seg.body, &walk, &r)) {
		check_order(v, c, &r);
		check_index(v, c, &r);
		if (r.kind == RECORD_EVENT) {
			check_identity(v, c, &r);
			v->events++;
			v->bytes += r.line.n;
		} else if (r.kind == RECORD_ERASED) {
			v->erased++;
		}
	}
	if (c->ref->closed && (c->blocks >= c->seg.blocks || get64(row) != c->seg.at ||
				  (int64_t)get64(row + 8) != c->seg.head.first ||
				  (int64_t)get64(row + 16) != c->seg.head.last))
		problem(v, "%s: byte %llu: not as the segment's index says", c->seg.path,
		    (unsigned long long)c->seg.at);
	c->blocks++;
}

/* How much of the open segment is covered by the index; a closed one is as a whole. */
static void
find_cover(struct verify *v, const struct seg_ref *ref, struct checked *out)
{
	const char *path = seg_path(&v->path, v->log.dir, ref, false);
	const char *name = path + strlen(v->log.dir) + sizeof "/events/" - 1;
	const struct seen_cover *c;
	struct stat st;

	out->cover = ref->closed ? UINT64_MAX : 0;
	if (ref->closed)
		return;
	c = seen_cover_get(&v->log.seen, (struct slice){name, strlen(name) - 4});
	if (!c || stat(path, &st) < 0)
		return;
	out->rewritten = st.st_ino != c->inode;
	if (out->rewritten)
		return;
	out->cover = c->length;
	if ((uint64_t)st.st_size < c->length)
		problem(v, "%s: %lld bytes, but %llu were durable", path, (long long)st.st_size,
		    (unsigned long long)c->length);
}

static void
check_segment(struct verify *v, const struct seg_ref *ref)
{
	struct checked c = {.ref = ref};
	enum seg_state st;
	struct sme_err err;

	find_cover(v, ref, &c);
	if (seg_open(&c.seg, seg_path(&v->path, v->log.dir, ref, ref->closed), ref->closed, &err) <
	    0) {
		problem(v, "%s", err.text);
		return;
	}
	while ((st = seg_next(&c.seg, true, &err)) != SEG_END) {
		if (st == SEG_BLOCK) {
			check_block(v, &c);
		} else if (st == SEG_DAMAGED || c.seg.at < c.cover) {
			problem(v, "%s", err.text);
		} else {
			struct buf b = BUF_INIT;

			buf_printf(&b,
			    "%s: byte %llu: %llu bytes of an unfinished write; the next append "
			    "cuts them",
			    c.seg.path, (unsigned long long)c.seg.at,
			    (unsigned long long)(c.seg.end - c.seg.at));
			v->say(b.p);
			buf_release(&b);
		}
		if (st == SEG_TORN)
			break;
	}
	if (ref->closed && c.blocks != c.seg.blocks)
		problem(v, "%s: %u blocks, should have %u", c.seg.path, c.blocks, c.seg.blocks);
	seg_close(&c.seg);
}

static void
check_counts(struct verify *v)
{
	struct log_state st;
	uint64_t runs = 0, all = v->covered + v->tail;
	struct sme_err err;

	for (size_t i = 0; i < v->log.seen.nruns; i++)
		runs += v->log.seen.runs[i].n;
	if (v->index && seen_verify(&v->log.seen, &err) < 0)
		problem(v, "%s", err.text);
	/* The index knows every record and has no id twice: so with more records one is double. */
	if (v->index && v->covered > runs)
		problem(v, "%s: %llu records for %llu ids in the index", v->log.dir,
		    (unsigned long long)v->covered, (unsigned long long)runs);
	if (v->index && all < runs)
		problem(v, "%s: %llu ids in the index, but only %llu records", v->log.dir,
		    (unsigned long long)runs, (unsigned long long)all);
	if (log_state_read(&v->log, &st) && st.records > all)
		problem(v, "%s: %llu records were written, %llu are there", v->log.dir,
		    (unsigned long long)st.records, (unsigned long long)all);
}

static void
summarize(struct verify *v, struct buf *b)
{
	char from[RFC3339_SIZE], to[RFC3339_SIZE];

	buf_printf(b, "%s: %llu events, %llu bytes, %zu segments, %zu tenants", v->log.dir,
	    (unsigned long long)v->events, (unsigned long long)v->bytes, v->segs.n, v->tenants);
	if (v->segs.n)
		buf_printf(b, ", %.10s to %.10s", rfc3339_format(v->first_day * LOG_DAY_MS, from),
		    rfc3339_format(v->last_day * LOG_DAY_MS, to));
	if (v->erased)
		buf_printf(b, ", %llu erased", (unsigned long long)v->erased);
	if (v->problems)
		buf_printf(b, ": %llu problems\n", (unsigned long long)v->problems);
	else
		buf_puts(b, ": all well\n");
}

static void
check_all(struct verify *v)
{
	for (size_t i = 0; i < v->segs.n; i++) {
		const struct seg_ref *ref = &v->segs.refs[i];

		if (i == 0 || ref->day < v->first_day)
			v->first_day = ref->day;
		if (i == 0 || ref->day > v->last_day)
			v->last_day = ref->day;
		if (!v->tenant || strcmp(v->tenant, ref->tenant) != 0)
			v->tenants++;
		v->tenant = ref->tenant;
		check_segment(v, ref);
	}
	check_counts(v);
}

int
log_verify(const char *dir, void (*say)(const char *text), struct buf *summary, struct sme_err *err)
{
	struct verify v = {.scratch = IDENT_SCRATCH_INIT, .path = BUF_INIT, .say = say};
	int r;

	if (log_open(&v.log, dir, LOG_READ, say, err) < 0)
		return -1;
	ident_plan_init(&v.plan);
	v.scanner = scanner_new(v.plan.plan);
	r = log_lock_shared(&v.log, err);
	if (r == 0)
		r = seg_list_read(&v.segs, dir, err);
	if (r == 0) {
		v.index = seen_load(&v.log.seen, err) == 0;
		if (!v.index)
			problem(&v, "%s; the next append makes the index again", err->text);
		check_all(&v);
		summarize(&v, summary);
	}
	log_unlock(&v.log);
	seg_list_release(&v.segs);
	ident_scratch_release(&v.scratch);
	buf_release(&v.path);
	scanner_free(v.scanner);
	ident_plan_release(&v.plan);
	log_close(&v.log);
	return r < 0 ? -1 : v.problems > 0;
}
