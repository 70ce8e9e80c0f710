#include "log/cat.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "log/names.h"
#include "log/segment.h"

/* Lines longer than this do not exist: see SCAN_LINE_MAX, and the newline. */
#define LENGTH_BITS 25

/* An event of an open segment: 24 bytes, since a day may have millions. */
struct entry {
	int64_t time;
	uint64_t seq;
	uint64_t where; /* offset of the line << LENGTH_BITS | its length */
};

/* A segment on its way through the merge. */
struct source {
	struct seg_reader seg;
	bool sorted; /* a closed segment: blocks as they come; otherwise by `entries` */
	struct block_walk walk;
	struct entry *entries;
	size_t n, cap, at;
	struct record now; /* what it has to offer; now.kind is RECORD_EVENT */
};

struct cat {
	const char *dir;
	const struct cat_options *o;
	struct writer *w;
	void (*say)(const char *text);
	struct sme_err *err;
	struct scan_plan *plan;
	struct scanner *scanner;
	int type;
	struct buf path;
	bool damaged;
};

static bool
in_range(const struct cat *c, int64_t time)
{
	return (c->o->since == TIME_NONE || time >= c->o->since) &&
	       (c->o->until == TIME_NONE || time < c->o->until);
}

static void
note_damage(struct cat *c)
{
	c->damaged = true;
	if (c->say)
		c->say(c->err->text);
}

static int
entry_cmp(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static void
take_entries(struct cat *c, struct source *s)
{
	struct block_walk walk = {0};
	struct record r;

	while (block_next(&s->seg.head, s->seg.stored, s->seg.body, &walk, &r)) {
		uint64_t at = s->seg.at + BLOCK_HEADER + (uint64_t)(r.line.p - s->seg.stored);

		if (r.kind != RECORD_EVENT || !in_range(c, r.time))
			continue;
		s->entries = xgrow(s->entries, s->n, &s->cap, sizeof *s->entries);
		s->entries[s->n++] = (struct entry){r.time, r.seq, at << LENGTH_BITS | r.line.n};
	}
}

/* The places of all events of an open segment, in order. */
static void
sort_source(struct cat *c, struct source *s)
{
	enum seg_state st;
	bool sorted = true;

	while ((st = seg_next(&s->seg, true, c->err)) != SEG_END && st != SEG_TORN)
		if (st == SEG_BLOCK)
			take_entries(c, s);
		else
			note_damage(c);
	for (size_t i = 1; i < s->n && sorted; i++)
		sorted = entry_cmp(&s->entries[i - 1], &s->entries[i]) < 0;
	if (!sorted)
		qsort(s->entries, s->n, sizeof *s->entries, entry_cmp);
}

/* Start a closed segment at the first block that reaches `since`. */
static void
seek_source(struct cat *c, struct source *s)
{
	uint32_t lo = 0, hi = s->seg.blocks;

	while (c->o->since != TIME_NONE && lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if ((int64_t)get64(s->seg.index + 24 * (size_t)mid + 16) < c->o->since)
			lo = mid + 1;
		else
			hi = mid;
	}
	s->seg.next = lo < s->seg.blocks ? get64(s->seg.index + 24 * (size_t)lo) : s->seg.end;
}

/* The next event of an open segment. */
static bool
next_entry(struct cat *c, struct source *s)
{
	while (s->at < s->n) {
		const struct entry *e = &s->entries[s->at++];
		uint64_t offset = e->where >> LENGTH_BITS;
		size_t n = e->where & ((1u << LENGTH_BITS) - 1);
		const struct seg_window *w = &s->seg.window;
		bool on = offset >= w->at && offset - w->at <= w->buf.n + (64 << 10);

		s->now.time = e->time;
		s->now.seq = e->seq;
		s->now.line.p = seg_window(&s->seg.window, offset, n, on ? 64 << 10 : 4 << 10);
		s->now.line.n = n;
		if (s->now.line.p)
			return true;
		err_set(c->err, SME_DATA, "%s: byte %llu: became unreadable", s->seg.path,
		    (unsigned long long)offset);
		note_damage(c);
	}
	return false;
}

/* The next event of a closed one. */
static bool
next_sorted(struct cat *c, struct source *s)
{
	for (;;) {
		enum seg_state st;

		while (s->seg.body &&
		       block_next(&s->seg.head, s->seg.stored, s->seg.body, &s->walk, &s->now)) {
			if (c->o->until != TIME_NONE && s->now.time >= c->o->until)
				return false;
			if (s->now.kind == RECORD_EVENT && in_range(c, s->now.time))
				return true;
		}
		st = seg_next(&s->seg, true, c->err);
		if (st == SEG_END)
			return false;
		s->walk = (struct block_walk){0, 0};
		if (st != SEG_BLOCK) {
			s->seg.body = NULL;
			note_damage(c);
		}
	}
}

static bool
next_event(struct cat *c, struct source *s)
{
	return s->sorted ? next_sorted(c, s) : next_entry(c, s);
}

static void
close_source(struct source *s)
{
	seg_close(&s->seg);
	free(s->entries);
	free(s);
}

/* Open the segment REF; NULL when it has nothing for us, or cannot be read, which is noted or, when
 * it is not the file's fault, leaves err->status set. */
static struct source *
open_source(struct cat *c, const struct seg_ref *ref)
{
	struct source *s = xcalloc(1, sizeof *s);
	int r;

	s->sorted = ref->closed;
	r = seg_open(&s->seg, seg_path(&c->path, c->dir, ref, s->sorted), s->sorted, c->err);
	if (r < 0 && errno == ENOENT && !s->sorted) {
		/* It has been closed since the directory was read. */
		s->sorted = true;
		r = seg_open(&s->seg, seg_path(&c->path, c->dir, ref, true), true, c->err);
	}
	if (r < 0) {
		free(s);
		if (c->err->status == SME_DATA) {
			note_damage(c);
			c->err->status = SME_OK;
		}
		return NULL;
	}
	if (s->sorted)
		seek_source(c, s);
	else
		sort_source(c, s);
	c->err->status = SME_OK;
	if (next_event(c, s))
		return s;
	close_source(s);
	return NULL;
}

static bool
earlier(const struct source *a, const struct source *b)
{
	if (a->now.time != b->now.time)
		return a->now.time < b->now.time;
	return a->now.seq < b->now.seq;
}

/* Sources in a heap, the earliest on top. */
static void
sift_down(struct source **heap, size_t n, size_t at)
{
	for (;;) {
		size_t kid = 2 * at + 1;
		struct source *s = heap[at];

		if (kid >= n)
			return;
		if (kid + 1 < n && earlier(heap[kid + 1], heap[kid]))
			kid++;
		if (!earlier(heap[kid], s))
			return;
		heap[at] = heap[kid];
		heap[kid] = s;
		at = kid;
	}
}

static void
put_event(struct cat *c, const struct source *s)
{
	if (c->o->type) {
		/* What is in the log was valid when it came. */
		if (scanner_scan(c->scanner, s->now.line.p, s->now.line.n - 1) < 0 ||
		    !json_is(&c->scanner->values[c->type], slice_of(c->o->type)))
			return;
	}
	writer_put(c->w, s->now.line);
}

/* Write the whole block that S has just begun, when nothing of the others comes in between. */
static bool
put_block(struct cat *c, struct source *s, struct source **heap, size_t n)
{
	const struct block_head *h = &s->seg.head;
	size_t heads = (size_t)h->count * BLOCK_HEAD;

	if (!s->sorted || c->o->type || s->walk.i != 1 || !in_range(c, h->first) ||
	    !in_range(c, h->last))
		return false;
	for (size_t kid = 1; kid < n && kid <= 2; kid++)
		if (heap[kid]->now.time <= h->last)
			return false;
	writer_put(c->w, (struct slice){s->seg.body + heads, h->raw - heads});
	s->walk.i = h->count;
	return true;
}

static void
merge(struct cat *c, struct source **heap, size_t n)
{
	for (size_t i = n; i-- > 0;)
		sift_down(heap, n, i);
	while (n) {
		struct source *s = heap[0];

		if (!put_block(c, s, heap, n))
			put_event(c, s);
		if (!next_event(c, s)) {
			close_source(s);
			heap[0] = heap[--n];
		}
		sift_down(heap, n, 0);
	}
}

/* All segments of one day: refs[0..n). */
static int
cat_day(struct cat *c, const struct seg_ref *const *refs, size_t n)
{
	struct source **heap = xcalloc(n, sizeof *heap);
	size_t have = 0;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		heap[have] = open_source(c, refs[i]);
		if (heap[have])
			have++;
		else if (c->err->status != SME_OK)
			r = -1;
	}
	if (r == 0)
		merge(c, heap, have);
	else
		while (have)
			close_source(heap[--have]);
	free(heap);
	return r;
}

static int
by_day(const void *x, const void *y)
{
	const struct seg_ref *a = *(const struct seg_ref *const *)x,
			     *b = *(const struct seg_ref *const *)y;

	if (a->day != b->day)
		return a->day < b->day ? -1 : 1;
	return seg_ref_cmp(a, b);
}

static bool
wanted(const struct cat *c, const struct seg_ref *ref, const char *tenant)
{
	if (tenant && !slice_is(slice_of(tenant), ref->tenant))
		return false;
	return (c->o->since == TIME_NONE || ref->day >= names_day(c->o->since)) &&
	       (c->o->until == TIME_NONE || ref->day * LOG_DAY_MS < c->o->until);
}

static int
cat_all(struct cat *c, const struct seg_list *list, const char *tenant)
{
	const struct seg_ref **refs = xcalloc(list->n, sizeof *refs);
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < list->n; i++)
		if (wanted(c, &list->refs[i], tenant))
			refs[n++] = &list->refs[i];
	if (n)
		qsort(refs, n, sizeof *refs, by_day);
	for (size_t i = 0, end; i < n && r == 0; i = end) {
		for (end = i + 1; end < n && refs[end]->day == refs[i]->day;)
			end++;
		r = cat_day(c, refs + i, end - i);
	}
	free(refs);
	return r;
}

int
log_cat(const char *dir, const struct cat_options *o, struct writer *w,
    void (*say)(const char *text), struct sme_err *err)
{
	struct cat c = {.dir = dir, .o = o, .w = w, .say = say, .err = err, .path = BUF_INIT};
	struct seg_list list = SEG_LIST_INIT;
	struct buf tenant = BUF_INIT;
	int r;

	buf_printf(&c.path, "%s/lock", dir);
	if (access(c.path.p, F_OK) < 0) {
		buf_release(&c.path);
		return err_set(err, SME_NOINPUT, "%s: no log there", dir);
	}
	err->status = SME_OK;
	if (o->tenant)
		names_tenant(&tenant, slice_of(o->tenant));
	c.plan = scan_plan_new();
	c.type = scan_plan_add(c.plan, "type");
	c.scanner = scanner_new(c.plan);
	r = seg_list_read(&list, dir, err);
	if (r == 0)
		r = seg_list_read(&list, dir, err); /* see seg_list_read */
	if (r == 0)
		r = cat_all(&c, &list, o->tenant ? tenant.p : NULL);
	scanner_free(c.scanner);
	scan_plan_free(c.plan);
	seg_list_release(&list);
	buf_release(&tenant);
	buf_release(&c.path);
	return r < 0 ? -1 : c.damaged;
}
