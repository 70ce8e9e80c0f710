#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "stats/collector.h"

/* Tenants with a section of their own; there may be more. */
#define TENANTS_MAX 50

/* Records by tenant: those of tenant t stand in order[starts[t]] up to order[starts[t + 1]]. */
struct grouping {
	uint32_t *order;
	size_t *starts;
	uint64_t *own;
};

static bool
counts(const struct stats_rec *rec)
{
	return !(rec->flags & (STATS_OWN | STATS_OUTSIDE));
}

static void
group(const struct stats_collector *c, struct grouping *g)
{
	size_t *next = xcalloc(c->ntenants + 1, sizeof *next);

	g->order = xcalloc(c->store.n + 1, sizeof *g->order);
	g->starts = xcalloc(c->ntenants + 1, sizeof *g->starts);
	g->own = xcalloc(c->ntenants + 1, sizeof *g->own);
	for (size_t i = 0; i < c->store.n; i++) {
		const struct stats_rec *rec = &c->store.recs[i];

		if (counts(rec))
			g->starts[rec->tenant + 1]++;
		else if (!(rec->flags & STATS_OUTSIDE))
			g->own[rec->tenant]++;
	}
	for (size_t t = 0; t < c->ntenants; t++)
		g->starts[t + 1] += g->starts[t];
	memcpy(next, g->starts, (c->ntenants + 1) * sizeof *next);
	for (size_t i = 0; i < c->store.n; i++)
		if (counts(&c->store.recs[i]))
			g->order[next[c->store.recs[i].tenant]++] = (uint32_t)i;
	free(next);
}

static void
count_mention(struct stats_section *s, const struct stats_rec *rec)
{
	stats_count_add(&s->count, rec);
	s->edited += rec->revision > 0;
	s->deleted += !!(rec->flags & STATS_DELETED);
	s->direct += !!(rec->flags & STATS_DIRECT);
	if (rec->score != STATS_SCORE_NONE) {
		s->scores++;
		s->score_sum += rec->score;
	}
	if (rec->reach >= 0) {
		s->reaches++;
		s->reach_sum += (uint64_t)rec->reach;
	}
	s->drafts[rec->draft]++;
	if (rec->time == TIME_NONE) {
		s->undated++;
		return;
	}
	if (s->first == TIME_NONE || rec->time < s->first)
		s->first = rec->time;
	if (s->last == TIME_NONE || rec->time > s->last)
		s->last = rec->time;
	if ((rec->flags & STATS_OPEN) &&
	    (s->oldest_open == TIME_NONE || rec->time < s->oldest_open))
		s->oldest_open = rec->time;
}

/* Those of the N mentions in ORDER that were answered; S has counted them. */
static uint32_t *
answered_of(
    const struct stats_collector *c, const struct stats_section *s, const uint32_t *order, size_t n)
{
	uint32_t *answered = xcalloc(s->count.answered + 1, sizeof *answered);
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		if (c->store.recs[order[i]].flags & STATS_ANSWERED)
			answered[found++] = order[i];
	return answered;
}

static void
fill(struct stats_collector *c, struct stats_ranker *r, struct stats_section *s,
    const uint32_t *order, size_t n, struct arena *arena)
{
	uint32_t *answered;

	s->first = s->last = s->oldest_open = TIME_NONE;
	for (size_t i = 0; i < n; i++)
		count_mention(s, &c->store.recs[order[i]]);
	stats_series(c, s, order, n, arena);
	stats_rank(r, s, order, n, arena);
	answered = answered_of(c, s, order, n);
	stats_answer_times(c, s, answered, s->count.answered);
	stats_rank_medians(r, s, answered, s->count.answered);
	free(answered);
}

struct share {
	uint32_t tenant;
	size_t mentions;
	struct slice id;
};

static int
compare_shares(const void *pa, const void *pb)
{
	const struct share *a = pa, *b = pb;

	if (a->mentions != b->mentions)
		return a->mentions > b->mentions ? -1 : 1;
	return slice_cmp(a->id, b->id);
}

/* Tenants that have mentions, the busiest first; returns how many. */
static size_t
list_tenants(const struct stats_collector *c, const struct grouping *g, struct share *shares)
{
	size_t n = 0;

	for (uint32_t t = 0; t < c->ntenants; t++) {
		size_t mentions = g->starts[t + 1] - g->starts[t];

		if (mentions || g->own[t])
			shares[n++] = (struct share){t, mentions, c->tenants[t].id};
	}
	if (n)
		qsort(shares, n, sizeof *shares, compare_shares);
	return n;
}

/* The zone that all tenants in SHARES have, or else UTC; --timezone has set them all already. */
static void
common_zone(
    const struct stats_collector *c, struct stats_section *s, const struct share *shares, size_t n)
{
	s->zone_name = c->zone_name;
	s->zone = c->zone;
	for (size_t i = 1; i < n; i++)
		if (!slice_eq(c->tenants[shares[i].tenant].zone_name,
			c->tenants[shares[0].tenant].zone_name))
			return;
	if (n) {
		s->zone_name = c->tenants[shares[0].tenant].zone_name;
		s->zone = c->tenants[shares[0].tenant].zone;
	}
}

static void
fill_tenant(struct stats_collector *c, struct stats_ranker *r, const struct grouping *g, uint32_t t,
    struct stats_section *s, struct arena *arena)
{
	const struct stats_tenant *tenant = &c->tenants[t];

	s->tenant = tenant->id;
	s->name = tenant->name;
	s->zone_name = tenant->zone_name;
	s->zone = tenant->zone;
	s->own = g->own[t];
	fill(c, r, s, g->order + g->starts[t], g->starts[t + 1] - g->starts[t], arena);
}

void
stats_figures(struct stats_collector *c, struct stats_figures *f)
{
	struct stats_ranker *r;
	struct grouping g;
	struct share *shares = xcalloc(c->ntenants + 1, sizeof *shares);
	size_t n;

	*f = (struct stats_figures){.now = c->options->now,
	    .since = c->options->since,
	    .until = c->options->until,
	    .outside = c->outside};
	memcpy(f->events, c->events, sizeof f->events);
	stats_settle(c);
	group(c, &g);
	r = stats_ranker_new(c);
	n = list_tenants(c, &g, shares);
	common_zone(c, &f->all, shares, n);
	f->ntenants = n < TENANTS_MAX ? n : TENANTS_MAX;
	f->tenants_more = n - f->ntenants;
	f->tenants = arena_zalloc(&f->arena, (f->ntenants + 1) * sizeof *f->tenants);
	for (size_t i = 0; i < f->ntenants; i++)
		fill_tenant(c, r, &g, shares[i].tenant, &f->tenants[i], &f->arena);
	if (n == 1) {
		f->all = f->tenants[0];
		f->all.tenant = (struct slice){NULL, 0};
	} else {
		for (size_t t = 0; t < c->ntenants; t++)
			f->all.own += g.own[t];
		fill(c, r, &f->all, g.order, g.starts[c->ntenants], &f->arena);
	}
	stats_ranker_free(r);
	free(shares);
	free(g.order);
	free(g.starts);
	free(g.own);
}

void
stats_figures_release(struct stats_figures *f)
{
	arena_release(&f->arena);
	*f = (struct stats_figures){0};
}
