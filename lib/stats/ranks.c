#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "stats/collector.h"

/* Networks, languages and queues are listed up to this many, whatever --top says. */
#define SHORT_LIST 30

struct entry {
	struct stats_count count;
	int16_t reach; /* 1 + the highest, so that zeroed memory means none */
};

/* Counts by name number.  Only what was touched is cleared for the next section. */
struct tally {
	struct entry *entries;
	uint32_t *touched;
	size_t n;
	uint64_t mentions;
};

enum dimension { D_NETWORK, D_LANG, D_QUEUE, D_AUTHOR, D_TAGS, DIMENSIONS = D_TAGS + STATS_TAGS };

struct stats_ranker {
	const struct stats_collector *c;
	struct tally tallies[DIMENSIONS];
};

static const struct map *
names_of(const struct stats_collector *c, enum dimension d)
{
	switch (d) {
	case D_NETWORK:
		return &c->networks;
	case D_LANG:
		return &c->langs;
	case D_QUEUE:
		return &c->queues;
	case D_AUTHOR:
		return &c->author_ids;
	default:
		return &c->tagnames[d - D_TAGS];
	}
}

struct stats_ranker *
stats_ranker_new(const struct stats_collector *c)
{
	struct stats_ranker *r = xcalloc(1, sizeof *r);

	r->c = c;
	for (int d = 0; d < DIMENSIONS; d++) {
		size_t n = names_of(c, (enum dimension)d)->n + 1;

		r->tallies[d].entries = xcalloc(n, sizeof *r->tallies[d].entries);
		r->tallies[d].touched = xcalloc(n, sizeof *r->tallies[d].touched);
	}
	return r;
}

void
stats_ranker_free(struct stats_ranker *r)
{
	for (int d = 0; d < DIMENSIONS; d++) {
		free(r->tallies[d].entries);
		free(r->tallies[d].touched);
	}
	free(r);
}

static void
clear(struct tally *t)
{
	for (size_t i = 0; i < t->n; i++)
		t->entries[t->touched[i]] = (struct entry){0};
	t->n = 0;
	t->mentions = 0;
}

static void
add(struct tally *t, uint32_t name, const struct stats_rec *rec)
{
	struct entry *e;

	if (name == STATS_NAME_NONE)
		return;
	e = &t->entries[name];
	if (!e->count.mentions)
		t->touched[t->n++] = name;
	stats_count_add(&e->count, rec);
	if (rec->reach >= e->reach)
		e->reach = (int16_t)(rec->reach + 1);
}

static void
count_all(struct stats_ranker *r, const uint32_t *order, size_t n)
{
	const struct stats_collector *c = r->c;

	for (size_t i = 0; i < n; i++) {
		const struct stats_rec *rec = &c->store.recs[order[i]];
		const uint32_t *tag = c->tags + rec->tags;
		const uint32_t single[D_TAGS] = {rec->network, rec->lang, rec->queue, rec->author};

		for (int d = 0; d < D_TAGS; d++) {
			add(&r->tallies[d], single[d], rec);
			r->tallies[d].mentions += single[d] != STATS_NAME_NONE;
		}
		for (int kind = 0; kind < STATS_TAGS; kind++) {
			for (size_t k = 0; k < rec->ntags[kind]; k++)
				add(&r->tallies[D_TAGS + kind], *tag++, rec);
			r->tallies[D_TAGS + kind].mentions += rec->ntags[kind] > 0;
		}
	}
}

/* One of the best so far.  The key is unique, so there are no ties. */
struct candidate {
	uint64_t first, second;  /* descending */
	struct slice label, key; /* ascending */
	uint32_t name;
};

static bool
better(const struct candidate *a, const struct candidate *b)
{
	int d;

	if (a->first != b->first)
		return a->first > b->first;
	if (a->second != b->second)
		return a->second > b->second;
	d = slice_cmp(a->label, b->label);
	return d ? d < 0 : slice_cmp(a->key, b->key) < 0;
}

static struct candidate
candidate(const struct stats_ranker *r, enum dimension d, uint32_t name, bool by_reach)
{
	const struct entry *e = &r->tallies[d].entries[name];
	struct candidate c = {.first = e->count.mentions, .name = name};

	c.key = c.label = names_of(r->c, d)->items[name].key;
	if (d == D_AUTHOR) {
		const struct stats_author *a = &r->c->authors[name];

		if (a->label.p)
			c.label = a->label;
		if (by_reach) {
			c.first = (uint64_t)e->reach;
			c.second = (uint64_t)(a->followers + 1);
		}
	}
	return c;
}

/* The best TOP of T into BEST; returns how many. */
static size_t
select_best(const struct stats_ranker *r, enum dimension d, bool by_reach, struct candidate *best,
    size_t top)
{
	const struct tally *t = &r->tallies[d];
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct candidate c = candidate(r, d, t->touched[i], by_reach);
		size_t at;

		if (by_reach && !c.first && !c.second)
			continue;
		if (n == top && !better(&c, &best[n - 1]))
			continue;
		at = n < top ? n++ : n - 1;
		for (; at > 0 && better(&c, &best[at - 1]); at--)
			best[at] = best[at - 1];
		best[at] = c;
	}
	return n;
}

static struct stats_row
row_of(const struct stats_ranker *r, enum dimension d, const struct candidate *c)
{
	const struct entry *e = &r->tallies[d].entries[c->name];
	struct stats_row row = {
	    .name = c->label,
	    .count = e->count,
	    .reach = e->reach - 1,
	    .followers = -1,
	    .median = TIME_NONE,
	};

	if (d == D_AUTHOR) {
		const struct stats_author *a = &r->c->authors[c->name];

		row.followers = a->followers;
		if (a->network != STATS_NAME_NONE)
			row.network = r->c->networks.items[a->network].key;
	}
	return row;
}

static void
make_list(const struct stats_ranker *r, enum dimension d, bool by_reach, size_t top,
    struct stats_list *list, struct arena *arena)
{
	struct candidate *best = xcalloc(top, sizeof *best);

	list->n = select_best(r, d, by_reach, best, top);
	list->rows = arena_zalloc(arena, (list->n + 1) * sizeof *list->rows);
	list->distinct = r->tallies[d].n;
	list->mentions = r->tallies[d].mentions;
	for (size_t i = 0; i < list->n; i++)
		list->rows[i] = row_of(r, d, &best[i]);
	free(best);
}

struct named_time {
	uint32_t name;
	int64_t time;
};

/* The median answer time of each network or queue in LIST; TIMES has room for all. */
static void
add_medians(const struct stats_ranker *r, enum dimension d, struct stats_list *list,
    const struct named_time *named, size_t n, int64_t *times)
{
	for (size_t row = 0; row < list->n; row++) {
		uint32_t name = (uint32_t)map_get(names_of(r->c, d), list->rows[row].name)->u - 1;
		size_t found = 0;

		for (size_t i = 0; i < n; i++)
			if (named[i].name == name)
				times[found++] = named[i].time;
		if (found)
			list->rows[row].median = stats_times_of(times, found).median;
	}
}

void
stats_rank_medians(
    const struct stats_ranker *r, struct stats_section *s, const uint32_t *answered, size_t n)
{
	struct named_time *networks = xcalloc(n + 1, sizeof *networks);
	struct named_time *queues = xcalloc(n + 1, sizeof *queues);
	int64_t *times = xcalloc(n + 1, sizeof *times);
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		const struct stats_rec *rec = &r->c->store.recs[answered[i]];
		int64_t time = stats_answer_time(r->c, rec);

		if (time == TIME_NONE)
			continue;
		networks[found] = (struct named_time){rec->network, time};
		queues[found++] = (struct named_time){rec->queue, time};
	}
	add_medians(r, D_NETWORK, &s->networks, networks, found, times);
	add_medians(r, D_QUEUE, &s->queues, queues, found, times);
	free(networks);
	free(queues);
	free(times);
}

void
stats_rank(struct stats_ranker *r, struct stats_section *s, const uint32_t *order, size_t n,
    struct arena *arena)
{
	size_t top = r->c->options->top;

	for (int d = 0; d < DIMENSIONS; d++)
		clear(&r->tallies[d]);
	count_all(r, order, n);
	make_list(r, D_NETWORK, false, SHORT_LIST, &s->networks, arena);
	make_list(r, D_LANG, false, SHORT_LIST, &s->languages, arena);
	make_list(r, D_QUEUE, false, SHORT_LIST, &s->queues, arena);
	make_list(r, D_TAGS + STATS_TOPIC, false, top, &s->topics, arena);
	make_list(r, D_TAGS + STATS_KEYWORD, false, top, &s->keywords, arena);
	make_list(r, D_TAGS + STATS_QUERY, false, top, &s->queries, arena);
	make_list(r, D_AUTHOR, false, top, &s->authors, arena);
	make_list(r, D_AUTHOR, true, top, &s->reach, arena);
}
