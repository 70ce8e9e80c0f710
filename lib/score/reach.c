#include "score/reach.h"

#include <math.h>
#include <stdlib.h>

#include "core/map.h"
#include "core/mem.h"
#include "score/table.h"

#define MARKS 4

static const double mark_points[MARKS] = {40, 70, 90, 100};
static const char *const field_names[REACH_FIELDS] = {
    "followers", "likes", "shares", "replies", "views"};

/* Of one network: the counts at the marks, as log10(1 + count), rising from above 0. */
struct row {
	double at[REACH_FIELDS][MARKS];
	bool given[REACH_FIELDS];
};

struct reach_table {
	struct row general;
	struct map networks; /* struct row * */
	struct arena arena;
};

/*
 * Orders of magnitude, set by hand from what the networks and studies of them have published;
 * whoever has an export of their own should put its percentiles into a table.
 */
static const struct {
	const char *network;
	enum reach_field field;
	double counts[MARKS];
} built_in[] = {
    {"*", REACH_FOLLOWERS, {200, 3000, 60000, 1000000}},
    {"*", REACH_LIKES, {2, 30, 800, 20000}},
    {"*", REACH_SHARES, {1, 8, 200, 5000}},
    {"*", REACH_REPLIES, {1, 8, 150, 3000}},
    {"*", REACH_VIEWS, {200, 5000, 150000, 3000000}},
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
};

/* False when the counts do not rise. */
static bool
set_row(
    struct reach_table *t, struct slice network, enum reach_field field, const double counts[MARKS])
{
	struct row *row = &t->general;

	if (!slice_is(network, "*")) {
		union map_value *v = map_put(&t->networks, network);

		if (!v->ptr)
			v->ptr = arena_zalloc(&t->arena, sizeof *row);
		row = v->ptr;
	}
	for (int i = 0; i < MARKS; i++) {
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

	for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
		set_row(t, slice_of(built_in[i].network), built_in[i].field, built_in[i].counts);
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
	free(t);
}

static int
take_row(struct reach_table *t, const struct table *in, struct sme_err *err)
{
	double counts[MARKS];
	int field = 0;

	while (field < REACH_FIELDS && !slice_is(in->fields[1], field_names[field]))
		field++;
	if (field == REACH_FIELDS)
		return err_set(err, SME_CONFIG,
		    "%s:%zu: expected followers, likes, shares, replies or "
		    "views, got \"%.*s\"",
		    in->path, in->line, SLICE_ARG(in->fields[1]));
	for (size_t i = 0; i < MARKS; i++)
		if (table_number(in, i + 2, 1e15, &counts[i], err) < 0)
			return -1;
	if (!set_row(t, in->fields[0], (enum reach_field)field, counts))
		return err_set(err, SME_CONFIG, "%s:%zu: the four counts must rise from above 0",
		    in->path, in->line);
	return 0;
}

static int
load(struct reach_table *t, struct table *in, struct sme_err *err)
{
	int r;

	while ((r = table_row(in, 2 + MARKS, err)) > 0)
		if (take_row(t, in, err) < 0)
			return -1;
	for (int f = 0; r == 0 && f < REACH_FIELDS; f++)
		if (!t->general.given[f])
			return err_set(err, SME_CONFIG,
			    "%s: the general row \"*\" of %s is missing", in->path, field_names[f]);
	inherit(t);
	return r;
}

struct reach_table *
reach_table_load(const char *path, struct sme_err *err)
{
	struct reach_table *t = xcalloc(1, sizeof *t);
	struct table in;
	int r = table_open(&in, path, err);

	if (r == 0) {
		r = load(t, &in, err);
		table_close(&in);
	}
	if (r < 0) {
		reach_table_free(t);
		t = NULL;
	}
	return t;
}

static double
points(const double at[MARKS], double count)
{
	double x = log10(1 + count), x0 = 0, p0 = 0;

	for (int i = 0; i < MARKS; i++) {
		if (x < at[i])
			return p0 + (mark_points[i] - p0) * (x - x0) / (at[i] - x0);
		x0 = at[i];
		p0 = mark_points[i];
	}
	return 100;
}

double
reach_points(const struct reach_table *t, struct slice network, const double counts[REACH_FIELDS])
{
	const struct row *row = map_ptr(&t->networks, network);
	double audience = -1, engagement = -1;

	if (!row)
		row = &t->general;
	if (counts[REACH_FOLLOWERS] >= 0)
		audience = points(row->at[REACH_FOLLOWERS], counts[REACH_FOLLOWERS]);
	for (int f = REACH_LIKES; f < REACH_FIELDS; f++) {
		double p = counts[f] > 0 ? points(row->at[f], counts[f]) : counts[f] == 0 ? 0 : -1;

		engagement = p > engagement ? p : engagement;
	}
	if (audience < 0)
		return engagement;
	if (engagement <= 0)
		return audience;
	return 100 - (100 - audience) * (1 - engagement / 200);
}
