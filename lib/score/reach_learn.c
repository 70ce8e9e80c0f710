#include "score/reach_learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/map.h"
#include "core/mem.h"

static const double shares[REACH_MARKS] = {0.5, 0.9, 0.99, 0.999};

/* The counts of one account or post; below 0: unknown. */
struct sighting {
	size_t network;
	double counts[REACH_FIELDS];
};

struct reach_sample {
	struct map networks; /* → number + 1 */
	struct map seen;     /* "a", "p" or "h", the network's number, the id → number + 1 of the sighting */
	struct sighting *sightings;
	size_t n, cap;
	struct buf key;
};

struct reach_sample *
reach_sample_new(void)
{
	struct reach_sample *s = xcalloc(1, sizeof *s);

	s->key = (struct buf)BUF_INIT;
	return s;
}

void
reach_sample_free(struct reach_sample *s)
{
	if (!s)
		return;
	map_release(&s->networks);
	map_release(&s->seen);
	free(s->sightings);
	buf_release(&s->key);
	free(s);
}

/* What could stand in a table, and is not the general row. */
static bool
is_network(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
		        (i && memchr("._-", c, 3))))
			return false;
	}
	return s.n > 0;
}

/* The sighting of the account or post, as KIND says, with ID; NULL when it cannot be used. */
static struct sighting *
sight(struct reach_sample *s, char kind, struct slice network, struct slice id)
{
	union map_value *v;
	size_t number;

	if (!is_network(network) || !id.n)
		return NULL;
	v = map_put(&s->networks, network);
	if (!v->u)
		v->u = s->networks.n;
	number = v->u - 1;
	buf_clear(&s->key);
	buf_printf(&s->key, "%c%zu:", kind, number);
	buf_adds(&s->key, id);
	v = map_put(&s->seen, buf_slice(&s->key));
	if (!v->u) {
		s->sightings = xgrow(s->sightings, s->n, &s->cap, sizeof *s->sightings);
		s->sightings[s->n] = (struct sighting){number, {-1, -1, -1, -1, -1, -1}};
		v->u = ++s->n;
	}
	return &s->sightings[v->u - 1];
}

static void
note(struct sighting *g, int field, double count)
{
	if (count >= 0 && count <= REACH_COUNT_MAX)
		g->counts[field] = floor(count);
}

void
reach_sample_account(struct reach_sample *s, struct slice network, struct slice id, double followers)
{
	struct sighting *g = followers >= 0 ? sight(s, 'a', network, id) : NULL;

	if (g)
		note(g, REACH_FOLLOWERS, followers);
}

void
reach_sample_post(struct reach_sample *s, struct slice network, struct slice id,
    const double counts[REACH_FIELDS])
{
	struct sighting *g = sight(s, 'p', network, id);

	for (int f = REACH_LIKES; g && f < REACH_TOLD; f++)
		note(g, f, counts[f]);
}

void
reach_sample_h(struct reach_sample *s, struct slice network, struct slice id, double h)
{
	struct sighting *g = sight(s, 'h', network, id);

	if (g)
		note(g, REACH_H, h);
}

/* ---- the marks ---- */

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Where SHARE of the N sorted COUNTS lie below, those of the same count spread up to the next. */
static double
mark(const double *counts, size_t n, double share)
{
	double at = share * (double)n;
	size_t i = (size_t)at, first, end;

	if (i >= n)
		i = n - 1;
	for (first = i; first > 0 && counts[first - 1] == counts[i];)
		first--;
	for (end = i + 1; end < n && counts[end] == counts[i];)
		end++;
	return counts[i] + (at - (double)first) / (double)(end - first);
}

static void
put_count(struct buf *out, double count)
{
	buf_printf(out, "\t%.3f", count);
	while (out->p[out->n - 1] == '0')
		out->n--;
	if (out->p[out->n - 1] == '.')
		out->n--;
}

static void
put_row(struct buf *out, struct slice network, int field, const double marks[REACH_MARKS])
{
	buf_adds(out, network);
	buf_printf(out, "\t%s", reach_field_names[field]);
	for (int i = 0; i < REACH_MARKS; i++)
		put_count(out, marks[i]);
}

/* Of one network: its sightings stand together. */
struct part {
	const struct sighting *first;
	size_t n;
};

static int
by_network(const void *a, const void *b)
{
	const struct sighting *x = a, *y = b;

	return (x->network > y->network) - (x->network < y->network);
}

/* The part of each network, by its number.  The caller frees. */
static struct part *
split(struct reach_sample *s)
{
	struct part *parts = xcalloc(s->networks.n, sizeof *parts);

	if (s->n)
		qsort(s->sightings, s->n, sizeof *s->sightings, by_network);
	for (size_t i = 0; i < s->n; i++) {
		struct part *p = &parts[s->sightings[i].network];

		if (!p->n++)
			p->first = &s->sightings[i];
	}
	return parts;
}

/* The row of FIELD on NETWORK, when enough is known; else false. */
static bool
put_learned(struct slice network, struct part part, int field, size_t least, struct buf *out)
{
	double *counts, marks[REACH_MARKS];
	size_t n = 0;

	counts = xcalloc(part.n + 1, sizeof *counts);
	for (size_t i = 0; i < part.n; i++)
		if (part.first[i].counts[field] >= 0)
			counts[n++] = part.first[i].counts[field];
	if (n && n >= least) {
		qsort(counts, n, sizeof *counts, by_size);
		for (int i = 0; i < REACH_MARKS; i++)
			marks[i] = mark(counts, n, shares[i]);
		put_row(out, network, field, marks);
		buf_printf(out, "\t%zu\n", n);
	}
	free(counts);
	return n && n >= least;
}

static void
put_built_in(struct slice network, int field, struct buf *out)
{
	for (const struct reach_row *r = reach_built_in; r->network; r++)
		if (r->field == (enum reach_field)field && slice_is(network, r->network)) {
			put_row(out, network, field, r->counts);
			buf_addc(out, '\n');
		}
}

static int
by_name(const void *a, const void *b)
{
	const struct map_item *x = a, *y = b;

	return slice_cmp(x->key, y->key);
}

size_t
reach_sample_put(struct reach_sample *s, size_t least, struct buf *out)
{
	struct map_item *names;
	struct part *parts;
	size_t n, learned = 0;

	/* All that have a row: those of the log, and those that are built in. */
	for (const struct reach_row *r = reach_built_in; r->network; r++)
		if (!map_put(&s->networks, slice_of(r->network))->u)
			map_get(&s->networks, slice_of(r->network))->u = s->networks.n;
	n = s->networks.n;
	parts = split(s);
	names = xcalloc(n, sizeof *names);
	memcpy(names, s->networks.items, n * sizeof *names);
	qsort(names, n, sizeof *names, by_name); /* "*" comes before all letters and digits */
	for (size_t i = 0; i < n; i++)
		for (int f = 0; f < REACH_FIELDS; f++) {
			if (put_learned(names[i].key, parts[names[i].value.u - 1], f, least, out))
				learned++;
			else
				put_built_in(names[i].key, f, out);
		}
	free(names);
	free(parts);
	return learned;
}
