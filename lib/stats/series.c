#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "stats/collector.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

/* An hour with fewer mentions is never a burst. */
#define BURST_MIN 5

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t
local_ms(const struct zone *zone, int64_t ms)
{
	return ms + zone_offset(zone, floor_div(ms, 1000)) * INT64_C(1000);
}

/* Lay out the hours from the first mention (but not too far back) to the last one. */
static void
make_hours(struct stats_section *s, struct arena *arena)
{
	int64_t from = s->last - STATS_DAYS_MAX * DAY_MS;
	int64_t shift = local_ms(s->zone, s->last) - s->last;

	if (s->first > from)
		from = s->first;
	/* Local hours: some zones are off by half an hour. */
	from = floor_div(from + shift, HOUR_MS) * HOUR_MS - shift;
	s->nhours = (size_t)((s->last - from) / HOUR_MS) + 1;
	s->hours = arena_zalloc(arena, s->nhours * sizeof *s->hours);
	for (size_t i = 0; i < s->nhours; i++) {
		struct stats_hour *h = &s->hours[i];
		int64_t local;

		h->start = from + (int64_t)i * HOUR_MS;
		local = local_ms(s->zone, h->start);
		h->day = floor_div(local, DAY_MS);
		h->hour = (uint8_t)((local - h->day * DAY_MS) / HOUR_MS);
	}
	s->ndays = (size_t)(s->hours[s->nhours - 1].day - s->hours[0].day) + 1;
	s->days = arena_zalloc(arena, s->ndays * sizeof *s->days);
	for (size_t i = 0; i < s->ndays; i++)
		s->days[i].day = s->hours[0].day + (int64_t)i;
}

/* The number of the hour in which REC was written; s->nhours when it is outside the series. */
static size_t
hour_of(const struct stats_section *s, const struct stats_rec *rec)
{
	if (rec->time == TIME_NONE || rec->time < s->hours[0].start)
		return s->nhours;
	return (size_t)((rec->time - s->hours[0].start) / HOUR_MS);
}

static void
count_hours(
    const struct stats_collector *c, struct stats_section *s, const uint32_t *order, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct stats_rec *rec = &c->store.recs[order[i]];
		size_t at = hour_of(s, rec);
		struct stats_hour *h = &s->hours[at];
		struct stats_day *d;

		if (at >= s->nhours) {
			s->earlier += rec->time != TIME_NONE;
			continue;
		}
		d = &s->days[h->day - s->days[0].day];
		stats_count_add(&h->count, rec);
		stats_count_add(&d->count, rec);
		s->week[(h->day % 7 + 10) % 7][h->hour]++;
		if (rec->score != STATS_SCORE_NONE) {
			d->score_sum += rec->score;
			d->scores++;
		}
	}
}

/* What the hours at one hour of the day have, bursts left out. */
struct usual {
	double n, sum, squares;
};

static void
add_usual(struct usual *u, const struct stats_hour *h, double sign)
{
	double x = h->count.mentions;

	u->n += sign;
	u->sum += sign * x;
	u->squares += sign * x * x;
}

/*
 * An hour is compared with the same hour of all other days.  Itself left out: among N days no value
 * lies more than (N - 1) / sqrt(N) deviations above a mean that it is part of.  Counts scatter by
 * their square root at least, so that a quiet hour is not a burst for the sake of one mention.
 */
static void
mark_bursts(struct stats_section *s)
{
	struct usual by_hour[24] = {{0, 0, 0}};

	for (size_t i = 0; i < s->nhours; i++)
		if (!s->hours[i].burst)
			add_usual(&by_hour[s->hours[i].hour], &s->hours[i], 1);
	for (size_t i = 0; i < s->nhours; i++) {
		struct stats_hour *h = &s->hours[i];
		struct usual others = by_hour[h->hour];
		double x = h->count.mentions, variance;

		if (!h->burst)
			add_usual(&others, h, -1);
		if (others.n < STATS_BURST_DAYS)
			continue;
		h->usual = others.sum / others.n;
		variance = others.squares / others.n - h->usual * h->usual;
		variance = fmax(variance, fmax(h->usual, 1));
		h->burst = x >= BURST_MIN && x > h->usual + 3 * sqrt(variance);
	}
}

static double
excess(const struct stats_burst *b)
{
	return b->count.mentions - b->usual;
}

static int
compare_excess(const void *pa, const void *pb)
{
	const struct stats_burst *a = pa, *b = pb;

	if (excess(a) != excess(b))
		return excess(a) > excess(b) ? -1 : 1;
	return a->start < b->start ? -1 : 1;
}

static int
compare_start(const void *pa, const void *pb)
{
	const struct stats_burst *a = pa, *b = pb;

	return a->start < b->start ? -1 : a->start > b->start;
}

static void
count_merge(struct stats_count *to, const struct stats_count *from)
{
	to->mentions += from->mentions;
	for (int i = 0; i < STATS_SENTIMENTS; i++)
		to->sentiment[i] += from->sentiment[i];
	to->open += from->open;
	to->overdue += from->overdue;
	to->answered += from->answered;
}

/* Hours in a row are one burst; the greatest ones are kept, in order of time. */
static void
gather_bursts(struct stats_section *s)
{
	struct stats_burst *all = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < s->nhours; i++) {
		const struct stats_hour *h = &s->hours[i];

		if (!h->burst)
			continue;
		if (i == 0 || !s->hours[i - 1].burst) {
			all = xgrow(all, n, &cap, sizeof *all);
			all[n++] = (struct stats_burst){.start = h->start};
		}
		all[n - 1].end = h->start + HOUR_MS;
		all[n - 1].usual += h->usual;
		count_merge(&all[n - 1].count, &h->count);
	}
	s->nbursts = n < STATS_BURSTS_MAX ? n : STATS_BURSTS_MAX;
	s->bursts_more = n - s->nbursts;
	if (n) {
		qsort(all, n, sizeof *all, compare_excess);
		qsort(all, s->nbursts, sizeof *all, compare_start);
		memcpy(s->bursts, all, s->nbursts * sizeof *all);
	}
	free(all);
}

/* The name with the highest count, of equal ones the first in byte order; empty when all are 0. */
static struct slice
most(const struct map *names, const uint32_t *counts, uint32_t *count)
{
	struct slice best = {NULL, 0};

	*count = 0;
	for (size_t i = 0; i < names->n; i++) {
		struct slice name = names->items[i].key;

		if (counts[i] &&
		    (counts[i] > *count || (counts[i] == *count && slice_cmp(name, best) < 0))) {
			*count = counts[i];
			best = name;
		}
	}
	return best;
}

/* What most of the mentions in B are about, and where they stand. */
static void
explain_burst(
    const struct stats_collector *c, struct stats_burst *b, const uint32_t *order, size_t n)
{
	const struct map *topics = &c->tagnames[STATS_TOPIC];
	uint32_t *by_topic = xcalloc(topics->n + 1, sizeof *by_topic);
	uint32_t *by_network = xcalloc(c->networks.n + 1, sizeof *by_network);

	for (size_t i = 0; i < n; i++) {
		const struct stats_rec *rec = &c->store.recs[order[i]];

		if (rec->time < b->start || rec->time >= b->end)
			continue;
		for (size_t k = 0; k < rec->ntags[STATS_TOPIC]; k++)
			by_topic[c->tags[rec->tags + k]]++;
		if (rec->network != STATS_NAME_NONE)
			by_network[rec->network]++;
	}
	b->topic = most(topics, by_topic, &b->topic_mentions);
	b->network = most(&c->networks, by_network, &b->network_mentions);
	free(by_topic);
	free(by_network);
}

void
stats_series(struct stats_collector *c, struct stats_section *s, const uint32_t *order, size_t n,
    struct arena *arena)
{
	if (s->last == TIME_NONE)
		return;
	make_hours(s, arena);
	count_hours(c, s, order, n);
	for (size_t i = 0; i < s->nhours; i++)
		s->hours[i].usual = -1;
	mark_bursts(s);
	/* Once more: what was found must not hide other bursts, nor count as usual. */
	mark_bursts(s);
	gather_bursts(s);
	for (size_t i = 0; i < s->nbursts; i++)
		explain_burst(c, &s->bursts[i], order, n);
}
