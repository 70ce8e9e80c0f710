#include "clock/tzrule.h"

#include "core/rfc3339.h"

#define DAY 86400

/* A decimal number of at most three digits at the front of S. */
static bool
take_number(struct slice *s, int max, int *out)
{
	int v = 0;
	size_t n = 0;

	for (; n < s->n && n < 3 && s->p[n] >= '0' && s->p[n] <= '9'; n++)
		v = v * 10 + (s->p[n] - '0');
	s->p += n;
	s->n -= n;
	*out = v;
	return n > 0 && v <= max;
}

static bool
take_char(struct slice *s, char c)
{
	if (!s->n || s->p[0] != c)
		return false;
	s->p++;
	s->n--;
	return true;
}

/* The abbreviation, "CET" or "<+03>"; nobody needs it. */
static bool
skip_name(struct slice *s)
{
	size_t n = 0;

	if (take_char(s, '<')) {
		while (s->n && s->p[0] != '>') {
			s->p++;
			s->n--;
		}
		return take_char(s, '>');
	}
	while (n < s->n && ((s->p[n] | 32) >= 'a' && (s->p[n] | 32) <= 'z'))
		n++;
	s->p += n;
	s->n -= n;
	return n >= 3;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool
take_time(struct slice *s, int32_t *out)
{
	bool minus = take_char(s, '-');
	int h, m = 0, sec = 0;

	if (!minus)
		take_char(s, '+');
	if (!take_number(s, 167, &h))
		return false;
	if (take_char(s, ':') && !take_number(s, 59, &m))
		return false;
	if (take_char(s, ':') && !take_number(s, 59, &sec))
		return false;
	*out = (h * 3600 + m * 60 + sec) * (minus ? -1 : 1);
	return true;
}

static bool
take_date(struct slice *s, struct tzrule_date *d)
{
	d->time = 2 * 3600;
	if (take_char(s, 'J')) {
		d->form = TZRULE_JULIAN;
		if (!take_number(s, 365, &d->day) || d->day < 1)
			return false;
	} else if (take_char(s, 'M')) {
		d->form = TZRULE_WEEK;
		if (!take_number(s, 12, &d->month) || d->month < 1 || !take_char(s, '.') ||
		    !take_number(s, 5, &d->week) || d->week < 1 || !take_char(s, '.') ||
		    !take_number(s, 6, &d->day))
			return false;
	} else {
		d->form = TZRULE_DAY;
		if (!take_number(s, 365, &d->day))
			return false;
	}
	return !take_char(s, '/') || take_time(s, &d->time);
}

bool
tzrule_parse(struct slice text, struct tzrule *rule)
{
	struct slice s = text;
	int32_t west;

	*rule = (struct tzrule){0};
	if (!skip_name(&s) || !take_time(&s, &west))
		return false;
	rule->std = -west;
	if (!s.n)
		return true;
	rule->has_dst = true;
	rule->dst = rule->std + 3600;
	if (!skip_name(&s))
		return false;
	if (s.n && s.p[0] != ',') {
		if (!take_time(&s, &west))
			return false;
		rule->dst = -west;
	}
	return take_char(&s, ',') && take_date(&s, &rule->start) && take_char(&s, ',') &&
	       take_date(&s, &rule->end) && s.n == 0;
}

static bool
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970 of the date D in YEAR. */
static int64_t
rule_day(const struct tzrule_date *d, int year)
{
	int64_t first, day, next;
	int weekday;

	if (d->form == TZRULE_DAY)
		return days_from_civil(year, 1, 1) + d->day;
	if (d->form == TZRULE_JULIAN)
		return days_from_civil(year, 1, 1) + d->day - 1 + (is_leap(year) && d->day >= 60);
	first = days_from_civil(year, d->month, 1);
	next = d->month == 12 ? days_from_civil(year + 1, 1, 1) :
	    days_from_civil(year, d->month + 1, 1);
	weekday = (int)(((first + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday; Sunday is 0 */
	day = first + (d->day - weekday + 7) % 7 + (d->week - 1) * 7;
	return day >= next ? day - 7 : day;
}

static int
year_of(int64_t at)
{
	int year, month, day;

	civil_from_days(at >= 0 ? at / DAY : -((-at + DAY - 1) / DAY), &year, &month, &day);
	return year;
}

static int64_t
start_of_dst(const struct tzrule *r, int year)
{
	return rule_day(&r->start, year) * DAY + r->start.time - r->std;
}

static int64_t
end_of_dst(const struct tzrule *r, int year)
{
	return rule_day(&r->end, year) * DAY + r->end.time - r->dst;
}

/*
 * The latest change up to AT decides.  Where one year's end meets the next year's start, as in zones
 * that are on daylight-saving time all year, the start wins.  An hour of up to 167 moves a change
 * into a neighbouring year, hence three of them are looked at.
 */
int32_t
tzrule_offset(const struct tzrule *r, int64_t at)
{
	int64_t latest = INT64_MIN;
	bool dst = false;
	int year;

	if (!r->has_dst)
		return r->std;
	year = year_of(at);
	for (int y = year - 1; y <= year + 1; y++) {
		int64_t start = start_of_dst(r, y), end = end_of_dst(r, y);

		if (end <= at && end > latest) {
			latest = end;
			dst = false;
		}
		if (start <= at && start >= latest) {
			latest = start;
			dst = true;
		}
	}
	return dst ? r->dst : r->std;
}

int64_t
tzrule_next_change(const struct tzrule *r, int64_t at)
{
	int64_t next = INT64_MAX;
	int year;

	if (!r->has_dst)
		return INT64_MAX;
	year = year_of(at);
	for (int y = year - 1; y <= year + 2; y++) {
		int64_t start = start_of_dst(r, y), end = end_of_dst(r, y);

		if (start > at && start < next)
			next = start;
		if (end > at && end < next)
			next = end;
	}
	return next;
}
