/* iCalendar (RFC 5545), as far as it says which days are off. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock/holidays.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/rfc3339.h"

/* A longer event is a mistake: an absence, not a holiday. */
#define EVENT_DAYS_MAX 62
#define EXCEPTIONS_MAX 512

/* A yearly rule; the month and day of DTSTART hold where it names none. */
struct repeat {
	bool yearly;
	int interval, month, day, weekday, nth;
	int64_t count, until;
};

struct event {
	bool all_day, cancelled;
	int64_t start, end; /* END is the day behind the last one; INT64_MIN: not said */
	int64_t length;     /* of DURATION, or 0 */
	struct repeat repeat;
	int64_t except[EXCEPTIONS_MAX], more[EXCEPTIONS_MAX];
	size_t nexcept, nmore;
};

struct ical {
	struct slice rest;
	const char *name;
	size_t line, at; /* of the property that is read */
	struct buf text; /* the property, unfolded */
	struct event event;
	bool in_event, seen_calendar;
	int inner; /* components inside the event, such as alarms */
	struct holidays *out;
};

static int
bad(const struct ical *c, struct sme_err *err, const char *what)
{
	return err_set(err, SME_CONFIG, "%s: line %zu: %s", c->name, c->at, what);
}

/* The next property, without its folds.  False at the end. */
static bool
next_property(struct ical *c)
{
	buf_clear(&c->text);
	c->at = c->line + 1;
	while (c->rest.n) {
		const char *nl = memchr(c->rest.p, '\n', c->rest.n);
		size_t n = nl ? (size_t)(nl - c->rest.p) : c->rest.n;
		size_t text = n && c->rest.p[n - 1] == '\r' ? n - 1 : n;

		buf_add(&c->text, c->rest.p, text);
		n += nl != NULL;
		c->rest = (struct slice){c->rest.p + n, c->rest.n - n};
		c->line++;
		if (!c->rest.n || (*c->rest.p != ' ' && *c->rest.p != '\t'))
			return true;
		c->rest = (struct slice){c->rest.p + 1, c->rest.n - 1};
	}
	return false;
}

static bool
is_word(struct slice s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

/* The name and the value of "NAME;A=B;C=D:VALUE"; a parameter in quotes may hold a colon. */
static bool
split(struct slice line, struct slice *name, struct slice *value)
{
	size_t i = 0, head;
	bool quoted = false;

	while (i < line.n && line.p[i] != ';' && line.p[i] != ':')
		i++;
	head = i;
	while (i < line.n && (quoted || line.p[i] != ':')) {
		quoted ^= line.p[i] == '"';
		i++;
	}
	if (i == line.n)
		return false;
	*name = (struct slice){line.p, head};
	*value = slice_trim((struct slice){line.p + i + 1, line.n - i - 1});
	return true;
}

/* "20261225", with or without a time behind it. */
static bool
parse_day(struct slice s, int64_t *day)
{
	int digits[8], year, month, d, y2, m2, d2;

	if (s.n < 8 || (s.n > 8 && s.p[8] != 'T'))
		return false;
	for (int i = 0; i < 8; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		digits[i] = s.p[i] - '0';
	}
	year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3];
	month = digits[4] * 10 + digits[5];
	d = digits[6] * 10 + digits[7];
	if (month < 1 || month > 12 || d < 1 || d > 31)
		return false;
	*day = days_from_civil(year, month, d);
	civil_from_days(*day, &y2, &m2, &d2);
	return y2 == year && m2 == month && d2 == d;
}

static bool
parse_number(struct slice s, int least, int most, int *out)
{
	unsigned long long n;
	bool minus = s.n && *s.p == '-';

	if (minus || (s.n && *s.p == '+'))
		s = (struct slice){s.p + 1, s.n - 1};
	if (!slice_u64(s, &n) || n > 100000)
		return false;
	*out = minus ? -(int)n : (int)n;
	return *out >= least && *out <= most;
}

/* "3MO" or "-1SU": the third Monday, the last Sunday. */
static bool
parse_byday(struct slice s, struct repeat *r)
{
	static const char *const names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

	if (s.n < 3 || !parse_number((struct slice){s.p, s.n - 2}, -5, 5, &r->nth) || r->nth == 0)
		return false;
	for (r->weekday = 0; r->weekday < 7; r->weekday++)
		if (is_word((struct slice){s.p + s.n - 2, 2}, names[r->weekday]))
			return true;
	return false;
}

static bool
parse_part(struct slice key, struct slice value, struct repeat *r)
{
	int n;

	if (is_word(key, "FREQ"))
		return r->yearly = is_word(value, "YEARLY");
	if (is_word(key, "INTERVAL"))
		return parse_number(value, 1, 1000, &r->interval);
	if (is_word(key, "BYMONTH"))
		return parse_number(value, 1, 12, &r->month);
	if (is_word(key, "BYMONTHDAY"))
		return parse_number(value, 1, 31, &r->day);
	if (is_word(key, "BYDAY"))
		return parse_byday(value, r);
	if (is_word(key, "UNTIL"))
		return parse_day(value, &r->until);
	if (is_word(key, "COUNT")) {
		r->count = parse_number(value, 1, 100000, &n) ? n : 0;
		return r->count > 0;
	}
	return is_word(key, "WKST");
}

static int
read_repeat(struct ical *c, struct slice value, struct sme_err *err)
{
	struct repeat *r = &c->event.repeat;
	struct slice part, key;

	while (slice_cut(&value, ';', &part)) {
		if (!slice_cut(&part, '=', &key) || !parse_part(key, part, r))
			return bad(c, err, "only yearly repetitions by date or weekday are understood; "
			    "export the dates one by one");
	}
	return 0;
}

static int
read_days(const struct ical *c, struct slice value, int64_t *days, size_t *n, struct sme_err *err)
{
	struct slice one;

	while (slice_cut(&value, ',', &one)) {
		if (*n == EXCEPTIONS_MAX)
			return bad(c, err, "too many dates in one event");
		if (!parse_day(slice_trim(one), &days[*n]))
			return bad(c, err, "expected dates such as 20261225");
		++*n;
	}
	return 0;
}

/* "P1D", "P1W". */
static bool
parse_duration(struct slice s, int64_t *days)
{
	int n;

	if (s.n < 3 || *s.p != 'P' || !parse_number((struct slice){s.p + 1, s.n - 2}, 1, 1000, &n))
		return false;
	*days = s.p[s.n - 1] == 'W' ? n * 7 : n;
	return s.p[s.n - 1] == 'W' || s.p[s.n - 1] == 'D';
}

static int
read_property(struct ical *c, struct slice name, struct slice value, struct sme_err *err)
{
	struct event *e = &c->event;
	int64_t days;

	if (is_word(name, "DTSTART")) {
		e->all_day = value.n == 8;
		return parse_day(value, &e->start) ? 0 : bad(c, err, "DTSTART is no date");
	}
	if (is_word(name, "DTEND"))
		return parse_day(value, &e->end) ? 0 : bad(c, err, "DTEND is no date");
	/* Of an event with a time of day the length does not matter. */
	if (is_word(name, "DURATION") && parse_duration(value, &days))
		e->length = days;
	if (is_word(name, "STATUS"))
		e->cancelled = is_word(value, "CANCELLED");
	if (is_word(name, "RRULE"))
		return read_repeat(c, value, err);
	if (is_word(name, "EXDATE"))
		return read_days(c, value, e->except, &e->nexcept, err);
	if (is_word(name, "RDATE"))
		return read_days(c, value, e->more, &e->nmore, err);
	return 0;
}

/* ---- days ---- */

static void
add_days(const struct ical *c, int64_t start, int64_t length)
{
	for (size_t i = 0; i < c->event.nexcept; i++)
		if (c->event.except[i] == start)
			return;
	for (int64_t i = 0; i < length; i++)
		holidays_add_day(c->out, start + i);
}

/* The day of YEAR, INT64_MIN without one, such as 29 February. */
static int64_t
day_of_year(const struct repeat *r, int month, int day, int year)
{
	int64_t at;
	int y, m, d;

	if (r->nth)
		return nth_weekday(year, r->month ? r->month : month, r->weekday, r->nth);
	at = days_from_civil(year, r->month ? r->month : month, r->day ? r->day : day);
	civil_from_days(at, &y, &m, &d);
	return d == (r->day ? r->day : day) ? at : INT64_MIN;
}

static void
add_repeated(const struct ical *c, int64_t length)
{
	const struct event *e = &c->event;
	const struct repeat *r = &e->repeat;
	int64_t left = r->count ? r->count : INT64_MAX;
	int first, month, day;

	civil_from_days(e->start, &first, &month, &day);
	for (int year = first; year <= HOLIDAYS_YEAR_LAST && left > 0; year += r->interval) {
		int64_t at = day_of_year(r, month, day, year);

		if (at == INT64_MIN || at < e->start)
			continue;
		if (at > r->until)
			break;
		add_days(c, at, length);
		left--;
	}
}

static int
end_event(struct ical *c, struct sme_err *err)
{
	const struct event *e = &c->event;
	int64_t length = e->length;

	if (e->start == INT64_MIN)
		return bad(c, err, "an event without DTSTART");
	if (!e->all_day || e->cancelled)
		return 0;
	if (e->end != INT64_MIN)
		length = e->end - e->start;
	if (length == 0) /* not said, or how some programs write a single day */
		length = 1;
	if (length < 0 || length > EVENT_DAYS_MAX)
		return bad(c, err, "an event that ends before it begins, or lasts longer than two months");
	if (e->repeat.yearly)
		add_repeated(c, length);
	else
		add_days(c, e->start, length);
	for (size_t i = 0; i < e->nmore; i++)
		add_days(c, e->more[i], length);
	return 0;
}

static void
begin(struct ical *c, struct slice what)
{
	c->seen_calendar |= is_word(what, "VCALENDAR");
	if (c->in_event) {
		c->inner++;
	} else if (is_word(what, "VEVENT")) {
		c->in_event = true;
		c->event.start = c->event.end = INT64_MIN;
		c->event.length = 0;
		c->event.all_day = c->event.cancelled = false;
		c->event.nexcept = c->event.nmore = 0;
		c->event.repeat = (struct repeat){.interval = 1, .until = INT64_MAX};
	}
}

static int
end(struct ical *c, struct sme_err *err)
{
	if (!c->in_event)
		return 0;
	if (c->inner) {
		c->inner--;
		return 0;
	}
	c->in_event = false;
	return end_event(c, err);
}

static int
read_all(struct ical *c, struct sme_err *err)
{
	struct slice name, value;

	while (next_property(c)) {
		int r = 0;

		if (!c->text.n)
			continue;
		if (!split(buf_slice(&c->text), &name, &value))
			return bad(c, err, "this is no iCalendar file");
		if (is_word(name, "BEGIN"))
			begin(c, value);
		else if (!c->seen_calendar)
			return bad(c, err, "this is no iCalendar file");
		else if (is_word(name, "END"))
			r = end(c, err);
		else if (c->in_event && !c->inner)
			r = read_property(c, name, value, err);
		if (r < 0)
			return -1;
	}
	if (!c->seen_calendar || c->in_event)
		return bad(c, err, c->in_event ? "the file ends in the middle of an event" :
		    "this is no iCalendar file");
	return 0;
}

int
holidays_add_ical(struct holidays *h, struct slice text, const char *name, struct sme_err *err)
{
	struct ical *c = xcalloc(1, sizeof *c);
	int r;

	if (slice_starts(text, SLICE("\xef\xbb\xbf")))
		text = (struct slice){text.p + 3, text.n - 3};
	c->rest = text;
	c->name = name;
	c->out = h;
	c->text = (struct buf)BUF_INIT;
	r = read_all(c, err);
	buf_release(&c->text);
	free(c);
	return r;
}
