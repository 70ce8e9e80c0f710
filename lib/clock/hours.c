#include "clock/hours.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/rfc3339.h"

#define DAY_MIN  1440
#define WEEK_MIN (7 * DAY_MIN)
#define DAY_MS   INT64_C(86400000)

/* Minutes after the midnight at which the day begins; END may lie in the next day. */
struct span {
	int start, end;
};

struct day {
	struct span spans[HOURS_SPANS_MAX]; /* ascending, apart from each other */
	size_t n;
};

struct hours {
	struct zone *zone;
	struct day days[7]; /* Monday first */
	int week_minutes;   /* open in a week without holidays */
	int64_t *holidays;  /* days since 1970, ascending */
	size_t nholidays, cap;
};

static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

struct hours *
hours_new(struct zone *zone)
{
	struct hours *h = xcalloc(1, sizeof *h);

	h->zone = zone ? zone : zone_open(SLICE("UTC"), NULL);
	return h;
}

void
hours_free(struct hours *h)
{
	if (!h)
		return;
	zone_close(h->zone);
	free(h->holidays);
	free(h);
}

/* "08:30" as minutes after midnight, up to "24:00"; -1 for anything else. */
static int
parse_clock(struct slice s)
{
	int h, m;

	if (s.n != 5 || s.p[2] != ':')
		return -1;
	for (size_t i = 0; i < 5; i++)
		if (i != 2 && (s.p[i] < '0' || s.p[i] > '9'))
			return -1;
	h = (s.p[0] - '0') * 10 + (s.p[1] - '0');
	m = (s.p[3] - '0') * 10 + (s.p[4] - '0');
	return m > 59 || h * 60 + m > DAY_MIN ? -1 : h * 60 + m;
}

static int
parse_span(struct slice text, struct span *span, struct sme_err *err)
{
	struct slice rest = text, head;

	span->start = slice_cut(&rest, '-', &head) ? parse_clock(slice_trim(head)) : -1;
	span->end = rest.p ? parse_clock(slice_trim(rest)) : -1;
	if (span->start < 0 || span->end < 0 || span->start == DAY_MIN)
		return err_set(err, SME_CONFIG, "expected hours such as \"08:00-20:00\", got \"%.*s\"",
		    SLICE_ARG(text));
	if (span->start == span->end)
		return err_set(err, SME_CONFIG, "\"%.*s\" is empty; a whole day is \"00:00-24:00\"",
		    SLICE_ARG(text));
	if (span->end < span->start)
		span->end += DAY_MIN;
	return 0;
}

/* Do the spans, B's day beginning FAR minutes after A's, have a minute in common? */
static bool
overlap(struct span a, struct span b, int far)
{
	return a.start < b.end + far && b.start + far < a.end;
}

/* Does S on WEEKDAY share a minute with a span of that day or its neighbours? */
static bool
overlaps_any(const struct hours *h, int weekday, struct span s)
{
	for (int shift = -1; shift <= 1; shift++) {
		const struct day *d = &h->days[(weekday + shift + 7) % 7];

		for (size_t i = 0; i < d->n; i++)
			if (overlap(s, d->spans[i], shift * DAY_MIN))
				return true;
	}
	return false;
}

int
hours_add(struct hours *h, int weekday, struct slice text, struct sme_err *err)
{
	struct day *d = &h->days[weekday];
	struct span s;
	size_t at;

	if (parse_span(text, &s, err) < 0)
		return -1;
	if (overlaps_any(h, weekday, s))
		return err_set(err, SME_CONFIG, "\"%.*s\" overlaps other hours", SLICE_ARG(text));
	if (d->n == HOURS_SPANS_MAX)
		return err_set(err, SME_CONFIG, "more than %d spans in a day", HOURS_SPANS_MAX);
	for (at = d->n++; at > 0 && d->spans[at - 1].start > s.start; at--)
		d->spans[at] = d->spans[at - 1];
	d->spans[at] = s;
	h->week_minutes += s.end - s.start;
	return 0;
}

static size_t
holidays_before(const struct hours *h, int64_t day)
{
	size_t lo = 0, hi = h->nholidays;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (h->holidays[mid] < day)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
is_holiday(const struct hours *h, int64_t day)
{
	size_t at = holidays_before(h, day);

	return at < h->nholidays && h->holidays[at] == day;
}

int
hours_add_holiday(struct hours *h, struct slice date, struct sme_err *err)
{
	char text[32];
	int64_t ms, day;
	size_t at;

	if (date.n != 10)
		goto bad;
	memcpy(text, date.p, 10);
	memcpy(text + 10, "T00:00:00Z", 10);
	if (!rfc3339_parse((struct slice){text, 20}, &ms))
		goto bad;
	day = ms >= 0 ? ms / DAY_MS : -((-ms) / DAY_MS);
	if (is_holiday(h, day))
		return 0;
	at = holidays_before(h, day);
	h->holidays = xgrow(h->holidays, h->nholidays, &h->cap, sizeof *h->holidays);
	memmove(h->holidays + at + 1, h->holidays + at, (h->nholidays - at) * sizeof *h->holidays);
	h->holidays[at] = day;
	h->nholidays++;
	return 0;
bad:
	return err_set(err, SME_CONFIG, "expected a date such as \"2026-12-25\", got \"%.*s\"",
	    SLICE_ARG(date));
}

static int
read_week(struct hours *h, const struct json_node *hours, struct sme_err *err)
{
	for (int day = 0; day < 7; day++) {
		size_t i = 0;

		for (NODE_EACH(it, node_get(hours, weekdays[day]))) {
			if (hours_add(h, day, it->text, err) < 0)
				return err_prefix(err, ".hours.%s[%zu]", weekdays[day], i);
			i++;
		}
	}
	return 0;
}

static int
read_holidays(struct hours *h, const struct json_node *holidays, struct sme_err *err)
{
	size_t i = 0;

	for (NODE_EACH(it, holidays)) {
		if (hours_add_holiday(h, it->text, err) < 0)
			return err_prefix(err, ".holidays[%zu]", i);
		i++;
	}
	return 0;
}

struct hours *
hours_read(const struct json_node *tenant, struct sme_err *err)
{
	const struct json_node *week = node_get(tenant, "hours");
	struct slice name = node_text(tenant, "timezone");
	struct zone *zone;
	struct hours *h;

	err->text[0] = '\0';
	if (!week)
		return NULL;
	zone = zone_open(name.p ? name : SLICE("UTC"), err);
	if (!zone) {
		err_prefix(err, ".timezone");
		return NULL;
	}
	h = hours_new(zone);
	if (read_week(h, week, err) == 0 &&
	    read_holidays(h, node_get(tenant, "holidays"), err) == 0)
		return h;
	hours_free(h);
	return NULL;
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The spans that lie in DAY (of local time) as minutes of that day, what began the day before
 * included; ascending, since hours_add lets nothing overlap. */
static size_t
spans_of_day(const struct hours *h, int64_t day, struct span out[2 * HOURS_SPANS_MAX])
{
	int weekday = (int)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
	const struct day *eve = &h->days[(weekday + 6) % 7], *today = &h->days[weekday];
	size_t n = 0;

	if (!is_holiday(h, day - 1))
		for (size_t i = 0; i < eve->n; i++)
			if (eve->spans[i].end > DAY_MIN)
				out[n++] = (struct span){0, eve->spans[i].end - DAY_MIN};
	if (!is_holiday(h, day))
		for (size_t i = 0; i < today->n; i++) {
			struct span s = today->spans[i];

			out[n++] = (struct span){s.start, s.end < DAY_MIN ? s.end : DAY_MIN};
		}
	return n;
}

static bool
open_at_local(const struct hours *h, int64_t local)
{
	struct span spans[2 * HOURS_SPANS_MAX];
	int64_t day = floor_div(local, DAY_MS);
	int64_t minute = (local - day * DAY_MS) / 60000;
	size_t n = spans_of_day(h, day, spans);

	for (size_t i = 0; i < n; i++)
		if (minute >= spans[i].start && minute < spans[i].end)
			return true;
	return false;
}

static int64_t
offset_ms(const struct hours *h, int64_t at)
{
	return (int64_t)zone_offset(h->zone, floor_div(at, 1000)) * 1000;
}

bool
hours_is_open(const struct hours *h, int64_t at)
{
	return open_at_local(h, at + offset_ms(h, at));
}

/* The first instant of local time in DAY, not before FROM, that is open; TIME_NONE without one. */
static int64_t
opens_in_day(const struct span *spans, size_t n, int64_t day, int64_t from)
{
	for (size_t i = 0; i < n; i++) {
		int64_t start = day * DAY_MS + spans[i].start * INT64_C(60000);
		int64_t end = day * DAY_MS + spans[i].end * INT64_C(60000);

		if (from < end)
			return from > start ? from : start;
	}
	return TIME_NONE;
}

/* The same for closed; spans that meet leave no instant between them. */
static int64_t
closes_in_day(const struct span *spans, size_t n, int64_t day, int64_t from)
{
	for (size_t i = 0; i < n; i++) {
		int64_t start = day * DAY_MS + spans[i].start * INT64_C(60000);
		int64_t end = day * DAY_MS + spans[i].end * INT64_C(60000);

		if (from < start)
			return from;
		if (from < end)
			from = end;
	}
	return from < (day + 1) * DAY_MS ? from : TIME_NONE;
}

/*
 * The first instant of local time in [FROM, UNTIL) at which the state is OPEN, when it stays clear of
 * changes of the offset; TIME_NONE when there is none.  An open hour comes within a week, or a
 * week after each holiday in the way; so do closed ones, unless the week is open throughout: then
 * only holidays close, and the days between them are passed over.
 */
static int64_t
next_local(const struct hours *h, int64_t from, int64_t until, bool open)
{
	int64_t day = floor_div(from, DAY_MS);

	while (day * DAY_MS < until) {
		struct span spans[2 * HOURS_SPANS_MAX];
		size_t n = spans_of_day(h, day, spans), at;
		int64_t t = open ? opens_in_day(spans, n, day, from) :
		    closes_in_day(spans, n, day, from);

		if (t != TIME_NONE)
			return t < until ? t : TIME_NONE;
		day++;
		if (!open && h->week_minutes == WEEK_MIN) {
			at = holidays_before(h, day - 1);
			if (at == h->nholidays)
				return TIME_NONE;
			if (day < h->holidays[at])
				day = h->holidays[at];
		}
		if (from < day * DAY_MS)
			from = day * DAY_MS;
	}
	return TIME_NONE;
}

/*
 * Between two changes of the offset the local clock runs evenly: there the search is plain; then it
 * goes on behind the change.  How far to look: a week for each holiday, which could be all that
 * keeps the weekly hour away, and four more.
 */
static int64_t
next_state(const struct hours *h, int64_t at, bool open)
{
	int64_t limit = at + ((int64_t)h->nholidays + 4) * 7 * DAY_MS;

	if (open ? h->week_minutes == 0 : h->week_minutes == WEEK_MIN && h->nholidays == 0)
		return TIME_NONE;
	if (!open && h->week_minutes == WEEK_MIN)
		limit = (h->holidays[h->nholidays - 1] + 7) * DAY_MS;
	while (at < limit) {
		int64_t change = zone_next_change(h->zone, floor_div(at, 1000));
		int64_t until = change > limit / 1000 ? limit : change * 1000;
		int64_t offset = offset_ms(h, at);
		int64_t local = next_local(h, at + offset, until + offset, open);

		if (local != TIME_NONE)
			return local - offset;
		at = until;
	}
	return TIME_NONE;
}

int64_t
hours_next_open(const struct hours *h, int64_t at)
{
	return next_state(h, at, true);
}

int64_t
hours_next_close(const struct hours *h, int64_t at)
{
	return next_state(h, at, false);
}
