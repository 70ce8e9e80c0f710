#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "net/intake_int.h"

/* Records of other programs nest what we look for this deep: user.public_metrics.followers_count. */
#define PATH_DEPTH 3

/* Member names that are remembered; a stream with more makes them up. */
#define RANKS_MAX 4096

void
intake_ndjson_open(struct intake *in)
{
	in->plan = scan_plan_new();
	in->type_slot = scan_plan_add(in->plan, "type");
	in->id_slot = scan_plan_add(in->plan, "id");
	in->scanner = scanner_new(in->plan);
	in->lineno = 1;
}

/* Is it one of ours already?  Then its id has parts, which tells it from records of networks that
 * also say "type":"post". */
static bool
is_event(const struct intake *in)
{
	static const char *const types[] = {"mention", "delete", "reply", "post", "alert", "case"};
	const struct json_value *type = &in->scanner->values[in->type_slot];
	const struct json_value *id = &in->scanner->values[in->id_slot];

	if (id->type != JSON_STRING || !memchr(id->p, ':', id->n))
		return false;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (json_is(type, slice_of(types[i])))
			return true;
	return false;
}

struct gather {
	struct intake *in;
	struct record record;
	int best[TO_MAX];
	struct buf path;
	struct buf text; /* decoded strings; grown before use so that slices into it stay */
};

/* The strings of an array, one after the other: lists of links and pictures. */
static struct slice
join(struct gather *g, const struct json_value *v)
{
	struct json_iter it = json_each(v);
	struct json_value item;
	size_t from = g->text.n;

	while (json_next(&it, NULL, &item)) {
		struct buf b = BUF_INIT;
		struct json_value url = item.type == JSON_OBJECT ? json_member(&item, SLICE("url")) : item;

		if (g->text.n > from)
			buf_addc(&g->text, ' ');
		buf_adds(&g->text, json_string(&url, &b));
		buf_release(&b);
	}
	return (struct slice){buf_str(&g->text) + from, g->text.n - from};
}

/* mapping_rank looks at some two hundred names; members are few and come again in every record. */
static int
rank_of(struct intake *in, struct slice path, enum target *to)
{
	union map_value *known = map_get(&in->ranks, path);
	int rank;

	if (!known && in->ranks.n >= RANKS_MAX)
		return mapping_rank(&in->src->map, path, to);
	if (!known) {
		rank = mapping_rank(&in->src->map, path, to);
		known = map_put(&in->ranks, path);
		known->i = rank < 0 ? -1 : rank * TO_MAX + (int)*to;
	}
	if (known->i < 0)
		return -1;
	*to = (enum target)(known->i % TO_MAX);
	return (int)(known->i / TO_MAX);
}

static void
take_value(struct gather *g, const struct json_value *v)
{
	enum target to = TO_MAX;
	int rank = rank_of(g->in, buf_slice(&g->path), &to);

	if (rank < 0 || v->type == JSON_NULL || v->type == JSON_OBJECT ||
	    (g->best[to] >= 0 && g->best[to] <= rank))
		return;
	if (v->type == JSON_ARRAY && to != TO_MEDIA && to != TO_LINKS)
		return;
	g->best[to] = rank;
	g->record.value[to] = v->type == JSON_STRING  ? json_string(v, &g->text)
	                      : v->type == JSON_ARRAY ? join(g, v)
	                                              : json_raw(v);
}

static void
walk(struct gather *g, const struct json_value *object, int depth)
{
	struct json_iter it = json_each(object);
	struct json_value key, v;

	while (json_next(&it, &key, &v)) {
		size_t from = g->path.n;

		if (from)
			buf_addc(&g->path, '.');
		if (key.n > 2)
			buf_add(&g->path, key.p + 1, key.n - 2);
		take_value(g, &v);
		if (v.type == JSON_OBJECT && depth < PATH_DEPTH)
			walk(g, &v, depth + 1);
		g->path.n = from;
	}
}

static void
map_record(struct intake *in, size_t line, struct slice raw, const struct json_value *object)
{
	struct gather g = {.in = in, .path = BUF_INIT, .text = BUF_INIT};
	struct sme_err why;

	for (size_t t = 0; t < TO_MAX; t++)
		g.best[t] = -1;
	buf_reserve(&g.text, raw.n + 64); /* decoding never makes text longer */
	walk(&g, object, 1);
	if (g.best[TO_TEXT] < 0 && g.best[TO_TITLE] < 0)
		intake_reject(in, line, "no event, and no member for the text; see --map", raw);
	else if (record_put(&g.record, &in->src->map, &in->record, &in->event, &why) < 0)
		intake_reject(in, line, why.text, raw);
	else
		intake_emit(in, 1);
	buf_release(&g.path);
	buf_release(&g.text);
}

/* LINE is followed by SCAN_PADDING readable bytes. */
static void
take_line(struct intake *in, size_t lineno, struct slice line)
{
	char error[160];

	while (line.n && strchr(" \t\r", line.p[line.n - 1]))
		line.n--;
	if (!line.n)
		return;
	if (scanner_scan(in->scanner, line.p, line.n) < 0) {
		snprintf(error, sizeof error, "byte %zu: %s", in->scanner->error_at + 1,
		    in->scanner->error);
		intake_reject(in, lineno, error, line);
	} else if (in->scanner->root.type != JSON_OBJECT) {
		intake_reject(in, lineno, "not an object", line);
	} else if (is_event(in)) {
		buf_adds(&in->event, line);
		buf_addc(&in->event, '\n');
		intake_emit(in, 1);
	} else {
		map_record(in, lineno, line, &in->scanner->root);
	}
}

/* A line that is not followed by enough bytes to scan it where it stands. */
static void
take_copy(struct intake *in, struct slice line)
{
	struct buf b = BUF_INIT;

	buf_reserve(&b, line.n + SCAN_PADDING);
	buf_adds(&b, line);
	memset(b.p + b.n, 0, SCAN_PADDING);
	take_line(in, in->lineno, buf_slice(&b));
	buf_release(&b);
}

/* The line in `held` and what follows is too long. */
static void
give_up_line(struct intake *in, struct slice piece, bool last)
{
	static const char why[] = "longer than 16 MiB";

	if (!in->oversize)
		in->count.rejected++;
	in->oversize = !last;
	if (in->held.n)
		rejects_piece(in->run->rejects, in->file, in->lineno, why, buf_slice(&in->held), false);
	buf_clear(&in->held);
	rejects_piece(in->run->rejects, in->file, in->lineno, why, piece, last);
}

static void
end_line(struct intake *in, struct slice line, size_t behind)
{
	if (in->oversize || in->held.n + line.n > SCAN_LINE_MAX) {
		give_up_line(in, line, true);
	} else if (in->held.n) {
		struct buf held = in->held;

		in->held = (struct buf)BUF_INIT_MAX(in->held.max);
		buf_adds(&held, line);
		take_copy(in, buf_slice(&held));
		buf_release(&held);
	} else if (behind >= SCAN_PADDING) {
		take_line(in, in->lineno, line);
	} else {
		take_copy(in, line);
	}
	in->lineno++;
}

void
intake_ndjson_push(struct intake *in, struct slice s)
{
	const char *nl;

	if (in->array) {
		buf_adds(&in->held, s);
		return;
	}
	if (in->lineno == 1 && !in->held.n && slice_starts(s, SLICE("\xef\xbb\xbf")))
		s = (struct slice){s.p + 3, s.n - 3};
	while (s.n && (nl = memchr(s.p, '\n', s.n))) {
		size_t n = (size_t)(nl - s.p);

		end_line(in, (struct slice){s.p, n}, s.n - n);
		s = (struct slice){nl + 1, s.n - n - 1};
	}
	if (!s.n)
		return;
	if (in->oversize || in->held.n + s.n > SCAN_LINE_MAX)
		give_up_line(in, s, false);
	else
		buf_adds(&in->held, s);
}

/* [{...}, {...}]: each element is a record.  Its line ends stand outside strings, or it were no
 * JSON, so they may become blanks. */
static int
take_array(struct intake *in, struct sme_err *err)
{
	struct scan_plan *plan = scan_plan_new();
	struct scanner *s = scanner_new(plan);
	struct json_value item;
	int r = 0;

	if (in->held.over || !buf_reserve(&in->held, SCAN_PADDING)) {
		r = err_set(err, SME_DATA, "an array larger than %zu MiB; make it one object a line",
		    FEED_MAX >> 20);
	} else if (scanner_scan(s, in->held.p, in->held.n) < 0) {
		r = err_set(err, SME_DATA, "byte %zu: %s", s->error_at + 1, s->error);
	} else {
		struct json_iter it = json_each(&s->root);

		for (in->lineno = 1; json_next(&it, NULL, &item); in->lineno++) {
			for (char *p = (char *)(size_t)item.p; p < item.p + item.n; p++)
				if (*p == '\n' || *p == '\r')
					*p = ' ';
			take_copy(in, json_raw(&item));
		}
	}
	scanner_free(s);
	scan_plan_free(plan);
	return r;
}

int
intake_ndjson_finish(struct intake *in, struct sme_err *err)
{
	if (in->array)
		return take_array(in, err);
	if (in->held.n || in->oversize)
		end_line(in, (struct slice){NULL, 0}, 0);
	return 0;
}
