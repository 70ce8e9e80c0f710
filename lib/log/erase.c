#include "log/erase.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "log/ident.h"
#include "log/log.h"

/* Stubs in one event. */
#define STUBS_MAX 1000

/* What is erased of one tenant. */
struct victim {
	const char *dir; /* its directory name */
	struct record *bars;
	size_t nbars, cap;
	struct buf stubs; /* a line each: what keeps the chain of the desk whole, see put_stubs */
	uint64_t events, segments;
	bool in_segment; /* counted for the segment at hand */
};

struct erase {
	const struct erase_request *q;
	struct log_dir log;
	struct ident_plan plan;
	int link_a, link_b, about, seq, content, hash; /* of case events */
	struct scanner *scanner;
	struct ident_scratch scratch;
	struct buf text, bar;
	struct idset targets; /* the list entries of all ids that go */
	struct map victims;   /* tenant → struct victim * */
	struct arena arena;
	struct seg_list segs;
	struct buf path;
};

static bool
scan(struct erase *e, const struct record *r, struct ident *id)
{
	struct slice line = {r->line.p, r->line.n - 1};

	if (scanner_scan(e->scanner, line.p, line.n) < 0)
		return false;
	ident_of(&e->plan, e->scanner, line, &e->log.key, &e->scratch, id);
	return !e->q->tenant || slice_is(id->tenant, e->q->tenant);
}

static bool
is_type(const struct erase *e, const char *type)
{
	return json_is(&e->scanner->values[e->plan.type], slice_of(type));
}

/* Does the request name this event?  The links of accounts name two of them, and have no author. */
static bool
named(struct erase *e)
{
	const struct json_value *v = e->scanner->values;
	struct slice id;

	if (e->q->author) {
		id = slice_of(e->q->author);
		return json_is(&v[e->plan.author], id) ||
		       (is_type(e, "case") && (json_is(&v[e->link_a], id) || json_is(&v[e->link_b], id)));
	}
	id = ident_id(&e->plan, e->scanner, &e->text);
	return id.p && slice_is(id, e->q->id);
}

/* Does the scanned event answer, or tell about, one that goes? */
static bool
refers(struct erase *e, const struct ident *id, int path)
{
	const struct json_value *v = &e->scanner->values[path];

	buf_clear(&e->text);
	if (v->type != JSON_STRING)
		return false;
	return idset_has(
	    &e->targets, ident_bar(&e->log.key, id->tenant, json_string(v, &e->text), &e->bar));
}

static bool
goes(struct erase *e, const struct ident *id)
{
	if (named(e) || (id->has_bar && idset_has(&e->targets, id->bar)))
		return true;
	if (!is_type(e, "reply") && !is_type(e, "case"))
		return false;
	if (e->q->author && json_is(&e->scanner->values[e->plan.to], slice_of(e->q->author)))
		return true;
	return refers(e, id, e->plan.in_reply_to) || refers(e, id, e->plan.mention) ||
	       refers(e, id, e->about);
}

static struct victim *
victim_of(struct erase *e, struct slice tenant)
{
	union map_value *v = map_put(&e->victims, tenant);

	if (!v->ptr) {
		struct victim *new = arena_zalloc(&e->arena, sizeof *new);

		buf_clear(&e->text);
		names_tenant(&e->text, tenant);
		new->dir = arena_strdup(&e->arena, e->text.p);
		new->stubs = (struct buf)BUF_INIT;
		v->ptr = new;
	}
	return v->ptr;
}

/* Put the id of the event on the list of what must not come back. */
static void
add_target(struct erase *e, const struct ident *id)
{
	struct victim *v = victim_of(e, id->tenant);

	if (!id->has_bar || !idset_add(&e->targets, id->bar) || seen_has(&e->log.seen, id->bar))
		return;
	v->bars = xgrow(v->bars, v->nbars, &v->cap, sizeof *v->bars);
	v->bars[v->nbars++] =
	    (struct record){.id = id->bar, .time = e->q->now, .kind = RECORD_BARRED};
}

/* Call FN for every event of the segment; -1 when it is damaged. */
static int
each_event(struct erase *e, const struct seg_ref *ref,
    int (*fn)(struct erase *e, const struct record *r, void *ctx, struct sme_err *err), void *ctx,
    struct sme_err *err)
{
	struct seg_reader s;
	enum seg_state st;
	int r = 0;

	if (seg_open(&s, seg_path(&e->path, e->log.dir, ref, ref->closed), ref->closed, err) < 0)
		return -1;
	while (r == 0 && (st = seg_next(&s, true, err)) != SEG_END) {
		struct block_walk walk = {0};
		struct record rec;

		if (st != SEG_BLOCK)
			r = err_set(err, SME_DATA,
			    "%s: damaged: nothing was erased, see sme-log verify", s.path);
		while (r == 0 && block_next(&s.head, s.stored, s.body, &walk, &rec))
			r = fn(e, &rec, ctx, err);
	}
	seg_close(&s);
	return r;
}

static int
find_target(struct erase *e, const struct record *r, void *unused, struct sme_err *err)
{
	struct ident id;

	(void)unused, (void)err;
	if (r->kind == RECORD_EVENT && scan(e, r, &id) && named(e))
		add_target(e, &id);
	return 0;
}

/* Note the number and the hashes of a case event, by which the chain can be checked without it. */
static void
add_stub(struct erase *e, struct slice tenant)
{
	const struct json_value *v = e->scanner->values;
	struct buf *b;

	if (!is_type(e, "case") || v[e->seq].type != JSON_NUMBER || v[e->content].type != JSON_STRING ||
	    v[e->hash].type != JSON_STRING)
		return;
	b = &victim_of(e, tenant)->stubs;
	buf_addc(b, '[');
	buf_adds(b, json_raw(&v[e->seq]));
	buf_addc(b, ',');
	buf_adds(b, json_raw(&v[e->content]));
	buf_addc(b, ',');
	buf_adds(b, json_raw(&v[e->hash]));
	buf_puts(b, "]\n");
}

static int
find_affected(struct erase *e, const struct record *r, void *affected, struct sme_err *err)
{
	struct ident id;

	(void)err;
	if (r->kind != RECORD_EVENT || !scan(e, r, &id) || !goes(e, &id))
		return 0;
	*(bool *)affected = true;
	add_stub(e, id.tenant);
	return 0;
}

/* Copy the record, or only its identity. */
static int
copy_record(struct erase *e, const struct record *r, void *writer, struct sme_err *err)
{
	struct record out = *r;
	struct ident id;

	if (r->kind == RECORD_EVENT && scan(e, r, &id) && goes(e, &id)) {
		struct victim *v = victim_of(e, id.tenant);

		v->events++;
		v->segments += !v->in_segment;
		v->in_segment = true;
		out.kind = RECORD_ERASED;
		out.line.n = 0;
	}
	return seg_writer_add(writer, &out, err);
}

static int
rewrite(struct erase *e, const struct seg_ref *ref, struct sme_err *err)
{
	struct seg_writer w;
	int r = seg_writer_open(
	    &w, seg_path(&e->path, e->log.dir, ref, ref->closed), ref->closed ? SEG_LEVEL : 0, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < e->victims.n; i++)
		((struct victim *)e->victims.items[i].value.ptr)->in_segment = false;
	r = each_event(e, ref, copy_record, &w, err);
	if (r == 0)
		r = seg_writer_finish(&w, err);
	seg_writer_release(&w);
	return r;
}

/* Append LINE, an event without its newline, which it gets. */
static int
put_event(struct erase *e, const struct victim *v, struct buf *line, struct sme_err *err)
{
	struct record rec = {.time = e->q->now, .kind = RECORD_EVENT};
	struct slice bare = buf_slice(line);
	struct ident id;

	buf_reserve(line, SCAN_PADDING);
	bare.p = line->p;
	if (scanner_scan(e->scanner, bare.p, bare.n) < 0)
		return err_set(err, SME_BUG, "a receipt is not JSON");
	ident_of(&e->plan, e->scanner, bare, &e->log.key, &e->scratch, &id);
	buf_addc(line, '\n');
	rec.id = id.id;
	rec.line = buf_slice(line);
	return log_put(&e->log, v->dir, &rec, 1, err);
}

static void
begin_event(struct erase *e, struct slice tenant, struct buf *b)
{
	buf_clear(b);
	buf_printf(b, "{\"type\":\"erase\",\"id\":\"erase:%llu\",\"tenant\":",
	    (unsigned long long)e->log.state.next_seq);
	json_put_string(b, tenant);
	buf_puts(b, ",\"created_at\":\"");
	rfc3339_put(b, e->q->now);
	buf_addc(b, '"');
}

/*
 * The hashes that stand for the case events that go: sme-case rebuild goes by them.  They are there
 * before the content is gone, so that a request that is stopped leaves no gap in the chain.
 */
static int
put_stubs(struct erase *e, struct slice tenant, const struct victim *v, struct sme_err *err)
{
	struct slice rest = buf_slice(&v->stubs), stub;
	struct buf b = BUF_INIT;
	int r = 0;

	while (r == 0 && rest.n) {
		begin_event(e, tenant, &b);
		buf_puts(&b, ",\"stubs\":[");
		for (int n = 0; n < STUBS_MAX && rest.n && slice_cut(&rest, '\n', &stub); n++) {
			buf_puts(&b, n ? "," : "");
			buf_adds(&b, stub);
		}
		buf_puts(&b, "]}");
		r = put_event(e, v, &b, err);
	}
	buf_release(&b);
	return r;
}

/* The receipt for one tenant: what was asked is only there as a hash under the log's key. */
static int
put_receipt(struct erase *e, struct slice tenant, const struct victim *v, struct buf *receipts,
    struct sme_err *err)
{
	const char *what = e->q->author ? e->q->author : e->q->id;
	struct buf b = BUF_INIT;
	struct hash128 h;
	int r;

	buf_addc(&b, 'E');
	buf_puts(&b, what);
	h = siphash128(&e->log.key, b.p, b.n);
	begin_event(e, tenant, &b);
	buf_printf(&b, ",\"by\":\"%s\",\"hash\":\"%016llx%016llx\",\"events\":%llu,\"segments\":%llu}",
	    e->q->author ? "author" : "id", (unsigned long long)h.a, (unsigned long long)h.b,
	    (unsigned long long)v->events, (unsigned long long)v->segments);
	r = put_event(e, v, &b, err);
	if (r == 0)
		buf_adds(receipts, buf_slice(&b));
	buf_release(&b);
	return r;
}

static int
search(struct erase *e, bool *affected, struct sme_err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < e->segs.n; i++)
		r = each_event(e, &e->segs.refs[i], find_target, NULL, err);
	for (size_t i = 0; r == 0 && i < e->segs.n; i++)
		r = each_event(e, &e->segs.refs[i], find_affected, &affected[i], err);
	return r;
}

/* First the list of what must not come back, then the content, then the receipt: stopped anywhere,
 * the request can be made again. */
static int
change(struct erase *e, const bool *affected, struct buf *receipts, struct sme_err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < e->victims.n; i++) {
		struct victim *v = e->victims.items[i].value.ptr;

		if (v->nbars)
			r = log_put(&e->log, v->dir, v->bars, v->nbars, err);
		if (r == 0)
			r = put_stubs(e, e->victims.items[i].key, v, err);
	}
	if (r == 0)
		r = log_checkpoint(&e->log, err);
	/* The files at hand are the ones that were searched: what was put since has nothing to
	 * erase. */
	for (size_t i = 0; r == 0 && i < e->segs.n; i++)
		if (affected[i])
			r = rewrite(e, &e->segs.refs[i], err);
	if (r == 0)
		r = log_relist(&e->log, err);
	if (r == 0 && e->victims.n == 0)
		victim_of(e, e->q->tenant ? slice_of(e->q->tenant) : SLICE("default"));
	for (size_t i = 0; r == 0 && i < e->victims.n; i++)
		r = put_receipt(
		    e, e->victims.items[i].key, e->victims.items[i].value.ptr, receipts, err);
	return r == 0 ? log_checkpoint(&e->log, err) : r;
}

static int
erase_locked(struct erase *e, struct buf *receipts, struct sme_err *err)
{
	bool *affected;
	int r = names_sweep(e->log.dir, err);

	if (r == 0)
		r = seg_list_read(&e->segs, e->log.dir, err);
	affected = xcalloc(e->segs.n, sizeof *affected);
	if (r == 0)
		r = search(e, affected, err);
	if (r == 0) {
		e->log.state.commits++;
		r = log_state_write(&e->log, err);
	}
	if (r == 0)
		r = change(e, affected, receipts, err);
	if (r == 0) {
		e->log.state.commits++;
		r = log_state_write(&e->log, err);
	}
	free(affected);
	return r;
}

static void
add_paths(struct erase *e)
{
	e->link_a = scan_plan_add(e->plan.plan, "data.a");
	e->link_b = scan_plan_add(e->plan.plan, "data.b");
	e->about = scan_plan_add(e->plan.plan, "data.mention");
	e->seq = scan_plan_add(e->plan.plan, "seq");
	e->content = scan_plan_add(e->plan.plan, "content");
	e->hash = scan_plan_add(e->plan.plan, "hash");
}

static void
victims_release(struct erase *e)
{
	for (size_t i = 0; i < e->victims.n; i++) {
		struct victim *v = e->victims.items[i].value.ptr;

		free(v->bars);
		buf_release(&v->stubs);
	}
	map_release(&e->victims);
}

int
log_erase(const char *dir, const struct erase_request *q, void (*say)(const char *text),
    struct buf *receipts, struct sme_err *err)
{
	struct erase e = {.q = q,
	    .scratch = IDENT_SCRATCH_INIT,
	    .text = BUF_INIT,
	    .bar = BUF_INIT,
	    .path = BUF_INIT};
	int r;

	if (log_open(&e.log, dir, LOG_WRITE, say, err) < 0)
		return -1;
	ident_plan_init(&e.plan);
	add_paths(&e);
	e.scanner = scanner_new(e.plan.plan);
	r = log_lock(&e.log, NULL, err);
	if (r == 0)
		r = erase_locked(&e, receipts, err);
	log_unlock(&e.log);
	victims_release(&e);
	arena_release(&e.arena);
	idset_release(&e.targets);
	seg_list_release(&e.segs);
	ident_scratch_release(&e.scratch);
	buf_release(&e.text);
	buf_release(&e.bar);
	buf_release(&e.path);
	scanner_free(e.scanner);
	ident_plan_release(&e.plan);
	log_close(&e.log);
	return r;
}
