#include <math.h>
#include <stdlib.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "stats/collector.h"

static void
add_answer(struct stats_collector *c, const struct stats_rec *own, const struct stats_rec *parent)
{
	c->answers = xgrow(c->answers, c->nanswers, &c->answers_cap, sizeof *c->answers);
	c->answers[c->nanswers++] = (struct stats_answer){
	    .key = parent->key,
	    .time = own->time,
	    .by = own->flags & STATS_BOT ? STATS_BY_AUTOMATIC : STATS_BY_UNKNOWN,
	};
}

static int
compare_keys(const struct stats_key *a, const struct stats_key *b)
{
	if (a->a != b->a)
		return a->a < b->a ? -1 : 1;
	return (a->b > b->b) - (a->b < b->b);
}

static int
compare_selves(const void *pa, const void *pb)
{
	const struct stats_answer *a = pa, *b = pb;
	int d = compare_keys(&a->self, &b->self);

	if (d == 0)
		d = compare_keys(&a->key, &b->key);
	return d ? d : (a->by > b->by) - (a->by < b->by);
}

/* Is B, which stands behind A, A once more?  Two that state different kinds are two. */
static bool
is_same(const struct stats_answer *a, const struct stats_answer *b)
{
	return compare_keys(&a->self, &b->self) == 0 && compare_keys(&a->key, &b->key) == 0 &&
	       (a->by == b->by || b->by == STATS_BY_UNKNOWN);
}

/*
 * What sme-publish sent comes back from the network, which does not know who wrote it.  It is one answer, of
 * the kind that somebody stated, at the earlier of its times.
 */
static void
merge_echoes(struct stats_collector *c)
{
	size_t n = 0;

	if (c->nanswers)
		qsort(c->answers, c->nanswers, sizeof *c->answers, compare_selves);
	for (size_t i = 0; i < c->nanswers; i++) {
		struct stats_answer *a = &c->answers[i], *last = n ? &c->answers[n - 1] : NULL;

		if (!last || !is_same(last, a))
			c->answers[n++] = *a;
		else if (last->time == TIME_NONE || (a->time != TIME_NONE && a->time < last->time))
			last->time = a->time;
	}
	c->nanswers = n;
}

/* Is the own post REC what one of the first N answers is about? */
static bool
is_echo(const struct stats_collector *c, size_t n, const struct stats_rec *rec)
{
	size_t from = 0, to = n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int d = compare_keys(&rec->key, &c->answers[mid].self);

		if (d == 0)
			return true;
		if (d < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return false;
}

/* An own post that replies to a mention answers it; a mention that replies to an own post asks. */
static void
follow_links(struct stats_collector *c)
{
	size_t replies = c->nanswers;

	for (size_t i = 0; i < c->store.n; i++) {
		struct stats_rec *rec = &c->store.recs[i];
		const struct stats_rec *parent;

		if (!rec->link)
			continue;
		parent = stats_store_get(&c->store, c->links.keys[rec->link - 1]);
		if (!parent)
			continue;
		if ((rec->flags & STATS_OWN) && !(parent->flags & STATS_OWN)) {
			if (!is_echo(c, replies, rec))
				add_answer(c, rec, parent);
		} else if ((parent->flags & STATS_OWN) && !(rec->flags & (STATS_OWN | STATS_IGNORED))) {
			rec->flags |= STATS_ASKS;
		}
	}
}

/* By mention, then time; an answer without a time stands last. */
static int
compare_answers(const void *pa, const void *pb)
{
	const struct stats_answer *a = pa, *b = pb;
	uint64_t at = (uint64_t)a->time - 1, bt = (uint64_t)b->time - 1;

	/* TIME_NONE - 1 is the greatest of all once the sign bit is turned. */
	at ^= UINT64_C(1) << 63;
	bt ^= UINT64_C(1) << 63;
	if (a->rec != b->rec)
		return a->rec < b->rec ? -1 : 1;
	if (at != bt)
		return at < bt ? -1 : 1;
	return (a->by > b->by) - (a->by < b->by);
}

static void
find_answers(struct stats_collector *c)
{
	for (size_t i = 0; i < c->nanswers; i++) {
		struct stats_rec *rec = stats_store_get(&c->store, c->answers[i].key);

		if (rec && !(rec->flags & STATS_OWN))
			c->answers[i].rec = (uint32_t)(rec - c->store.recs) + 1;
	}
	if (c->nanswers)
		qsort(c->answers, c->nanswers, sizeof *c->answers, compare_answers);
	for (size_t i = c->nanswers; i-- > 0;) {
		struct stats_rec *rec;

		if (!c->answers[i].rec)
			continue;
		rec = &c->store.recs[c->answers[i].rec - 1];
		rec->answer = (uint32_t)i + 1;
		rec->flags |= STATS_ANSWERED;
	}
}

void
stats_settle(struct stats_collector *c)
{
	merge_echoes(c);
	follow_links(c);
	find_answers(c);
	for (size_t i = 0; i < c->deletes.n; i++) {
		struct stats_rec *rec = stats_store_get(&c->store, c->deletes.keys[i]);

		if (rec)
			rec->flags |= STATS_DELETED;
	}
	for (size_t i = 0; i < c->store.n; i++) {
		struct stats_rec *rec = &c->store.recs[i];

		if (!(rec->flags & STATS_ASKS) || (rec->flags & (STATS_ANSWERED | STATS_DELETED)))
			continue;
		rec->flags |= STATS_OPEN;
		if (rec->due != TIME_NONE && rec->due < c->options->now)
			rec->flags |= STATS_OVERDUE;
	}
}

/* The first answer to REC by BY (STATS_BYS: by anybody) that is not older than REC, or NULL. */
static const struct stats_answer *
first_answer(const struct stats_collector *c, const struct stats_rec *rec, enum stats_by by)
{
	uint32_t number = (uint32_t)(rec - c->store.recs) + 1;

	if (!rec->answer || rec->time == TIME_NONE)
		return NULL;
	for (size_t i = rec->answer - 1; i < c->nanswers && c->answers[i].rec == number; i++) {
		const struct stats_answer *a = &c->answers[i];

		if (a->time != TIME_NONE && a->time >= rec->time &&
		    (by == STATS_BYS || a->by == by))
			return a;
	}
	return NULL;
}

int64_t
stats_answer_time(const struct stats_collector *c, const struct stats_rec *rec)
{
	const struct stats_answer *a = first_answer(c, rec, STATS_BYS);

	return a ? a->time - rec->time : TIME_NONE;
}

static int
compare_times(const void *pa, const void *pb)
{
	int64_t a = *(const int64_t *)pa, b = *(const int64_t *)pb;

	return (a > b) - (a < b);
}

/* Quantiles by nearest rank: always a time that did occur. */
struct stats_times
stats_times_of(int64_t *times, size_t n)
{
	struct stats_times t = {.n = n};
	double sum = 0;

	if (!n)
		return t;
	qsort(times, n, sizeof *times, compare_times);
	for (size_t i = 0; i < n; i++)
		sum += (double)times[i];
	t.mean = sum / (double)n;
	t.median = times[(n - 1) / 2];
	t.p90 = times[(n * 9 + 9) / 10 - 1];
	t.max = times[n - 1];
	return t;
}

static size_t
bin_of(int64_t ms)
{
	static const int limits[] = STATS_TIME_LIMITS;
	size_t i = 0;

	while (i < STATS_TIME_BINS - 1 && ms > limits[i] * INT64_C(60000))
		i++;
	return i;
}

static void
count_first(const struct stats_collector *c, struct stats_section *s, const struct stats_rec *rec)
{
	const struct stats_answer *a = first_answer(c, rec, STATS_BYS);

	if (!a)
		return;
	s->time_bins[bin_of(a->time - rec->time)][a->by]++;
	if (rec->due != TIME_NONE)
		*(a->time <= rec->due ? &s->in_time : &s->late) += 1;
}

/* Of tenants that are always open there is nothing to say but what the clock says. */
static void
open_times(const struct stats_collector *c, struct stats_section *s, const uint32_t *answered, size_t n,
    int64_t *times)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		const struct stats_rec *rec = &c->store.recs[answered[i]];
		const struct hours *hours = c->tenants[rec->tenant].hours;
		const struct stats_answer *a = hours ? first_answer(c, rec, STATS_BYS) : NULL;

		if (a)
			times[found++] = hours_between(hours, rec->time, a->time);
	}
	s->times_open = stats_times_of(times, found);
}

void
stats_answer_times(
    const struct stats_collector *c, struct stats_section *s, const uint32_t *answered, size_t n)
{
	int64_t *times = xcalloc(n + 1, sizeof *times);

	for (int by = 0; by <= STATS_BYS; by++) {
		size_t found = 0;

		for (size_t i = 0; i < n; i++) {
			const struct stats_rec *rec = &c->store.recs[answered[i]];
			const struct stats_answer *a = first_answer(c, rec, (enum stats_by)by);

			if (a)
				times[found++] = a->time - rec->time;
			if (by == STATS_BYS)
				count_first(c, s, rec);
		}
		*(by == STATS_BYS ? &s->times : &s->times_by[by]) = stats_times_of(times, found);
	}
	open_times(c, s, answered, n, times);
	free(times);
}
