/* Business-time arithmetic: adding open time, and how much of it lies between two instants. */
#include "clock/hours_int.h"

#include "core/rfc3339.h"

/* Further than this nobody plans. */
#define FAR (INT64_C(200) * 366 * DAY_MS)

/* The open intervals from an instant on.  Local time runs evenly up to a change of the offset; there
 * the walk begins anew. */
struct walk {
	const struct hours *h;
	int64_t at, limit;     /* UTC */
	int64_t offset, until; /* of local time; how long it holds, in UTC */
	int64_t day;
	struct span spans[2 * HOURS_SPANS_MAX];
	size_t n, i;
};

static void
enter_day(struct walk *w, int64_t day)
{
	w->day = day;
	w->n = hours_of_day(w->h, day, w->spans);
	w->i = 0;
}

static void
enter_offset(struct walk *w)
{
	int64_t change = zone_next_change(w->h->zone, floor_div(w->at, 1000));

	w->offset = hours_offset(w->h, w->at);
	w->until = change > w->limit / 1000 ? w->limit : change * 1000;
	enter_day(w, floor_div(w->at + w->offset, DAY_MS));
}

static int64_t
local_time(const struct walk *w, int minute)
{
	return w->day * DAY_MS + minute * INT64_C(60000) - w->offset;
}

/* The next interval [FROM, TO); false at the limit. */
static bool
walk_next(struct walk *w, int64_t *from, int64_t *to)
{
	while (w->at < w->limit) {
		while (w->i < w->n) {
			const struct span *s = &w->spans[w->i++];

			*from = local_time(w, s->start);
			*to = local_time(w, s->end);
			if (*from < w->at)
				*from = w->at;
			if (*to > w->until)
				*to = w->until;
			if (*from < *to)
				return true;
		}
		if (local_time(w, DAY_MIN) < w->until) {
			enter_day(w, w->day + 1);
			continue;
		}
		w->at = w->until;
		if (w->at < w->limit)
			enter_offset(w);
	}
	return false;
}

static struct walk
walk_from(const struct hours *h, int64_t at, int64_t limit)
{
	struct walk w = {.h = h, .at = at, .limit = limit};

	if (at < limit)
		enter_offset(&w);
	return w;
}

int64_t
hours_after(const struct hours *h, int64_t at, int64_t ms)
{
	struct walk w;
	int64_t from, to;

	if (!h || ms <= 0)
		return ms <= 0 ? at : at + ms;
	if (h->week_minutes == 0)
		return TIME_NONE;
	w = walk_from(h, at, at + FAR);
	while (walk_next(&w, &from, &to)) {
		if (ms <= to - from)
			return from + ms;
		ms -= to - from;
	}
	return TIME_NONE;
}

int64_t
hours_between(const struct hours *h, int64_t from, int64_t to)
{
	struct walk w;
	int64_t a, b, sum = 0;

	if (to <= from)
		return 0;
	if (!h)
		return to - from;
	w = walk_from(h, from, to);
	while (walk_next(&w, &a, &b))
		sum += b - a;
	return sum;
}
