#include "score/reach.h"

#include <math.h>
#include <stdlib.h>

#include "core/map.h"
#include "core/mem.h"
#include "score/table.h"

static const double mark_points[REACH_MARKS] = {40, 70, 90, 100};
const char *const reach_field_names[REACH_FIELDS] = {
    "followers", "likes", "shares", "replies", "views", "h"};

/* Of one network: the counts at the marks, as log10(1 + count), rising from above 0. */
struct row {
	double at[REACH_FIELDS][REACH_MARKS];
	bool given[REACH_FIELDS];
	double of[REACH_FIELDS]; /* how many accounts or posts said so; 0: nobody tells */
};

struct reach_table {
	struct row general;
	struct map networks; /* struct row * */
	struct arena arena;
	char *name; /* of the file; NULL: built in */
};

/*
 * Orders of magnitude, set by hand from what the networks and studies of them have published;
 * whoever has a log should learn a table from it.
 */
const struct reach_row reach_built_in[] = {
    {"*", REACH_FOLLOWERS, {200, 3000, 60000, 1000000}},
    {"*", REACH_LIKES, {2, 30, 800, 20000}},
    {"*", REACH_SHARES, {1, 8, 200, 5000}},
    {"*", REACH_REPLIES, {1, 8, 150, 3000}},
    {"*", REACH_VIEWS, {200, 5000, 150000, 3000000}},
    {"*", REACH_H, {1, 3, 8, 20}},
    {"x", REACH_FOLLOWERS, {250, 5000, 100000, 2000000}},
    {"mastodon", REACH_FOLLOWERS, {100, 1500, 15000, 100000}},
    {"mastodon", REACH_LIKES, {1, 12, 150, 2000}},
    {"mastodon", REACH_SHARES, {1, 6, 80, 1000}},
    {"mastodon", REACH_REPLIES, {1, 5, 40, 300}},
    {"bluesky", REACH_FOLLOWERS, {100, 2000, 30000, 300000}},
    {"bluesky", REACH_LIKES, {1, 20, 400, 8000}},
    {"instagram", REACH_FOLLOWERS, {300, 5000, 100000, 2000000}},
    {"instagram", REACH_LIKES, {10, 150, 4000, 100000}},
    {"facebook", REACH_FOLLOWERS, {300, 2000, 50000, 1000000}},
    {"youtube", REACH_FOLLOWERS, {100, 5000, 200000, 3000000}},
    {"youtube", REACH_VIEWS, {500, 20000, 700000, 10000000}},
    {"tiktok", REACH_FOLLOWERS, {200, 10000, 300000, 5000000}},
    {"tiktok", REACH_VIEWS, {400, 15000, 600000, 10000000}},
    {"tiktok", REACH_LIKES, {15, 700, 40000, 900000}},
    {"linkedin", REACH_FOLLOWERS, {500, 5000, 50000, 500000}},
    {NULL, REACH_FIELDS, {0}},
};

static struct row *
row_of(struct reach_table *t, struct slice network)
{
	union map_value *v;

	if (slice_is(network, "*"))
		return &t->general;
	v = map_put(&t->networks, network);
	if (!v->ptr)
		v->ptr = arena_zalloc(&t->arena, sizeof(struct row));
	return v->ptr;
}

/* False when the counts do not rise. */
static bool
set_marks(struct row *row, int field, const double counts[REACH_MARKS])
{
	for (int i = 0; i < REACH_MARKS; i++) {
		if (counts[i] <= (i ? counts[i - 1] : 0))
			return false;
		row->at[field][i] = log10(1 + counts[i]);
	}
	row->given[field] = true;
	return true;
}

/* A network that has no marks for a field takes the general ones. */
static void
inherit(struct reach_table *t)
{
	for (size_t i = 0; i < t->networks.n; i++) {
		struct row *row = t->networks.items[i].value.ptr;

		for (int f = 0; f < REACH_FIELDS; f++)
			if (!row->given[f])
				memcpy(row->at[f], t->general.at[f], sizeof row->at[f]);
	}
}

struct reach_table *
reach_table_new(void)
{
	struct reach_table *t = xcalloc(1, sizeof *t);

	for (const struct reach_row *r = reach_built_in; r->network; r++)
		set_marks(row_of(t, slice_of(r->network)), (int)r->field, r->counts);
	inherit(t);
	return t;
}

void
reach_table_free(struct reach_table *t)
{
	if (!t)
		return;
	map_release(&t->networks);
	arena_release(&t->arena);
	free(t->name);
	free(t);
}

/* -1 when the row names none. */
static int
find_field(const struct table *in, struct sme_err *err)
{
	for (int f = 0; f < REACH_FIELDS; f++)
		if (slice_is(in->fields[1], reach_field_names[f]))
			return f;
	return err_set(err, SME_CONFIG,
	    "%s:%zu: expected followers, likes, shares, replies, views or h, got \"%.*s\"", in->path,
	    in->line, SLICE_ARG(in->fields[1]));
}

static int
take_row(struct reach_table *t, const struct table *in, struct sme_err *err)
{
	double counts[REACH_MARKS];
	struct row *row;
	int field;

	if (!in->fields[0].n)
		return err_set(err, SME_CONFIG, "%s:%zu: the network is missing; \"*\" is all others",
		    in->path, in->line);
	if ((field = find_field(in, err)) < 0)
		return -1;
	for (size_t i = 0; i < REACH_MARKS; i++)
		if (table_number(in, i + 2, 2 * REACH_COUNT_MAX, &counts[i], err) < 0)
			return -1;
	row = row_of(t, in->fields[0]);
	if (row->given[field])
		return err_set(err, SME_CONFIG, "%s:%zu: %.*s has a line for %s already", in->path,
		    in->line, SLICE_ARG(in->fields[0]), reach_field_names[field]);
	if (in->n > 2 + REACH_MARKS &&
	    table_number(in, 2 + REACH_MARKS, REACH_COUNT_MAX, &row->of[field], err) < 0)
		return -1;
	if (!set_marks(row, field, counts))
		return err_set(err, SME_CONFIG, "%s:%zu: the four counts must rise from above 0",
		    in->path, in->line);
	return 0;
}

/* Tables that were made before there was an h have no row of it. */
static void
take_built_in_h(struct reach_table *t)
{
	for (const struct reach_row *r = reach_built_in; r->network; r++)
		if (r->field == REACH_H && slice_is(SLICE("*"), r->network))
			set_marks(&t->general, REACH_H, r->counts);
}

static int
load(struct reach_table *t, struct table *in, struct sme_err *err)
{
	int r;

	while ((r = table_row_or_more(in, 2 + REACH_MARKS, err)) > 0)
		if (take_row(t, in, err) < 0)
			return -1;
	for (int f = 0; r == 0 && f < REACH_TOLD; f++)
		if (!t->general.given[f])
			return err_set(err, SME_CONFIG,
			    "%s: the general row \"*\" of %s is missing", in->path, reach_field_names[f]);
	if (!t->general.given[REACH_H])
		take_built_in_h(t);
	inherit(t);
	return r;
}

/* The table in IN, which is closed. */
static struct reach_table *
read_table(struct table *in, struct sme_err *err)
{
	struct reach_table *t = xcalloc(1, sizeof *t);
	const char *base = strrchr(in->path, '/');

	t->name = xstrdup(base ? base + 1 : in->path);
	if (load(t, in, err) < 0) {
		reach_table_free(t);
		t = NULL;
	}
	table_close(in);
	return t;
}

struct reach_table *
reach_table_load(const char *path, struct sme_err *err)
{
	struct table in;

	return table_open(&in, path, err) < 0 ? NULL : read_table(&in, err);
}

struct reach_table *
reach_table_text(struct slice text, const char *name, struct sme_err *err)
{
	struct table in;

	return table_open_text(&in, text, name, err) < 0 ? NULL : read_table(&in, err);
}

static double
points(const double at[REACH_MARKS], double count)
{
	double x = log10(1 + count), x0 = 0, p0 = 0;

	for (int i = 0; i < REACH_MARKS; i++) {
		if (x < at[i])
			return p0 + (mark_points[i] - p0) * (x - x0) / (at[i] - x0);
		x0 = at[i];
		p0 = mark_points[i];
	}
	return 100;
}

/* What the row of NETWORK says of FIELD; below 0 when the count is not known. */
static double
field_points(const struct row *row, const double counts[REACH_FIELDS], int field)
{
	double count = counts[field];

	return count > 0 ? points(row->at[field], count) : count == 0 ? 0 : -1;
}

static const struct row *
find_row(const struct reach_table *t, struct slice network)
{
	const struct row *row = map_ptr(&t->networks, network);

	return row ? row : &t->general;
}

/* The points of what earns most among the reactions, and which that is. */
static double
engagement_points(const struct row *row, const double counts[REACH_FIELDS], int *field)
{
	double best = -1;

	*field = REACH_LIKES;
	for (int f = REACH_LIKES; f < REACH_TOLD; f++) {
		double p = field_points(row, counts, f);

		if (p > best) {
			best = p;
			*field = f;
		}
	}
	return best;
}

double
reach_points(const struct reach_table *t, struct slice network, const double counts[REACH_FIELDS])
{
	const struct row *row = find_row(t, network);
	double audience = field_points(row, counts, REACH_FOLLOWERS), engagement, h;
	int field;

	engagement = engagement_points(row, counts, &field);
	h = field_points(row, counts, REACH_H);
	if (audience < 0)
		return fmax(engagement, h);
	if (engagement <= 0 && h <= 0)
		return audience;
	return 100 - (100 - audience) * (1 - fmax(engagement, 0) / 200) * (1 - fmax(h, 0) / 400);
}

static void
explain_field(const struct reach_table *t, const struct row *row, struct slice network,
    const double counts[REACH_FIELDS], int field, struct buf *out)
{
	const struct row *from = row->given[field] ? row : &t->general;

	buf_printf(out, "%s %.15g: %.3g (", reach_field_names[field], counts[field],
	    field_points(row, counts, field));
	buf_adds(out, from == &t->general ? SLICE("*") : network);
	if (from->of[field] > 0)
		buf_printf(out, ", of %.15g", from->of[field]);
	buf_addc(out, ')');
}

void
reach_explain(const struct reach_table *t, struct slice network, const double counts[REACH_FIELDS],
    struct buf *out)
{
	const struct row *row = find_row(t, network);
	int field;
	bool audience = counts[REACH_FOLLOWERS] >= 0, h = counts[REACH_H] >= 0;
	double engagement = engagement_points(row, counts, &field);

	if (audience)
		explain_field(t, row, network, counts, REACH_FOLLOWERS, out);
	if (engagement > 0 || (!audience && !(h && engagement < 0))) {
		buf_puts(out, audience ? ", " : "");
		explain_field(t, row, network, counts, field, out);
		audience = true;
	}
	if (h) {
		buf_puts(out, audience ? ", " : "");
		explain_field(t, row, network, counts, REACH_H, out);
	}
	buf_printf(out, "; %s", t->name ? t->name : "built in");
}
