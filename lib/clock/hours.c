#include "clock/hours_int.h"

#include <stdlib.h>

#include "core/buf.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/rfc3339.h"

/* A calendar file larger than this is no list of holidays. */
#define ICAL_MAX ((size_t)4 << 20)

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
		return err_set(err, SME_CONFIG, "\"%.*s\" overlaps other hours; a span ends where the next one begins, or "
		    "before", SLICE_ARG(text));
	if (d->n == HOURS_SPANS_MAX)
		return err_set(err, SME_CONFIG, "more than %d spans in a day", HOURS_SPANS_MAX);
	for (at = d->n++; at > 0 && d->spans[at - 1].start > s.start; at--)
		d->spans[at] = d->spans[at - 1];
	d->spans[at] = s;
	h->week_minutes += s.end - s.start;
	return 0;
}

static int
add_ical(struct hours *h, struct slice name, const char *config, struct sme_err *err)
{
	const char *slash = config ? strrchr(config, '/') : NULL;
	struct buf path = BUF_INIT, text = BUF_INIT_MAX(ICAL_MAX);
	int r;

	if (*name.p != '/' && slash)
		buf_add(&path, config, (size_t)(slash - config) + 1);
	buf_adds(&path, name);
	r = file_read(buf_str(&path), &text, err);
	if (r == 0)
		r = holidays_add_ical(&h->holidays, buf_slice(&text), buf_str(&path), err);
	buf_release(&path);
	buf_release(&text);
	return r;
}

int
hours_add_holidays(
    struct hours *h, struct slice what, const char *config, struct sme_err *err)
{
	if (slice_ends(what, SLICE(".ics")))
		return add_ical(h, what, config, err);
	if (holidays_is_region(what))
		return holidays_add_region(&h->holidays, what, err);
	if (what.n != 10)
		return err_set(err, SME_CONFIG, "expected a date such as \"2026-12-25\", a region such "
		    "as \"DE-BY\" or a file such as \"days.ics\", got \"%.*s\"", SLICE_ARG(what));
	return holidays_add_date(&h->holidays, what, err);
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
open_always(struct hours *h, struct sme_err *err)
{
	for (int day = 0; day < 7; day++)
		if (hours_add(h, day, SLICE("00:00-24:00"), err) < 0)
			return -1;
	return 0;
}

static int
read_holidays(
    struct hours *h, const struct json_node *list, const char *config, struct sme_err *err)
{
	size_t i = 0;

	for (NODE_EACH(it, list)) {
		if (hours_add_holidays(h, it->text, config, err) < 0)
			return err_prefix(err, ".holidays[%zu]", i);
		i++;
	}
	return 0;
}

struct hours *
hours_read_in(
    const struct json_node *node, struct slice name, const char *config, struct sme_err *err)
{
	const struct json_node *week = node_get(node, "hours"), *holidays = node_get(node, "holidays");
	struct zone *zone;
	struct hours *h;

	err->text[0] = '\0';
	if (!week && !(holidays && holidays->child))
		return NULL;
	zone = zone_open(name.p ? name : SLICE("UTC"), err);
	if (!zone) {
		err_prefix(err, ".timezone");
		return NULL;
	}
	h = hours_new(zone);
	if ((week ? read_week(h, week, err) : open_always(h, err)) == 0 && read_holidays(h, holidays, config, err) == 0)
		return h;
	hours_free(h);
	return NULL;
}

struct hours *
hours_read(const struct json_node *tenant, const char *config, struct sme_err *err)
{
	return hours_read_in(tenant, node_text(tenant, "timezone"), config, err);
}

size_t
hours_of_day(const struct hours *h, int64_t day, struct span out[2 * HOURS_SPANS_MAX])
{
	int weekday = weekday_of(day);
	const struct day *eve = &h->days[(weekday + 6) % 7], *today = &h->days[weekday];
	size_t n = 0;

	if (!holidays_has(&h->holidays, day - 1))
		for (size_t i = 0; i < eve->n; i++)
			if (eve->spans[i].end > DAY_MIN)
				out[n++] = (struct span){0, eve->spans[i].end - DAY_MIN};
	if (!holidays_has(&h->holidays, day))
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
	size_t n = hours_of_day(h, day, spans);

	for (size_t i = 0; i < n; i++)
		if (minute >= spans[i].start && minute < spans[i].end)
			return true;
	return false;
}

int64_t
hours_offset(const struct hours *h, int64_t at)
{
	return (int64_t)zone_offset(h->zone, floor_div(at, 1000)) * 1000;
}

bool
hours_is_open(const struct hours *h, int64_t at)
{
	return open_at_local(h, at + hours_offset(h, at));
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
		size_t n = hours_of_day(h, day, spans);
		int64_t t = open ? opens_in_day(spans, n, day, from) :
		    closes_in_day(spans, n, day, from);

		if (t != TIME_NONE)
			return t < until ? t : TIME_NONE;
		day++;
		if (!open && h->week_minutes == WEEK_MIN) {
			int64_t off = holidays_next(&h->holidays, day - 1);

			if (off == INT64_MAX)
				return TIME_NONE;
			if (day < off)
				day = off;
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
	int64_t limit = at + ((int64_t)h->holidays.n + 4) * 7 * DAY_MS;

	if (open ? h->week_minutes == 0 : h->week_minutes == WEEK_MIN && h->holidays.n == 0)
		return TIME_NONE;
	if (!open && h->week_minutes == WEEK_MIN)
		limit = (HOLIDAYS_DAYS + 7) * DAY_MS;
	while (at < limit) {
		int64_t change = zone_next_change(h->zone, floor_div(at, 1000));
		int64_t until = change > limit / 1000 ? limit : change * 1000;
		int64_t offset = hours_offset(h, at);
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
