#include "clock/recur.h"

#include <string.h>
#include <strings.h>

#include "clock/holidays.h"
#include "core/rfc3339.h"

static bool
is_word(struct slice s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

bool
recur_parse_day(struct slice s, int64_t *day)
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

/* A number from -MOST to MOST, but not 0. */
static bool
parse_number(struct slice s, int most, int *out)
{
	unsigned long long n;
	bool minus = s.n && *s.p == '-';

	if (minus || (s.n && *s.p == '+'))
		s = (struct slice){s.p + 1, s.n - 1};
	if (!slice_u64(s, &n) || n == 0 || n > (unsigned long long)most)
		return false;
	*out = minus ? -(int)n : (int)n;
	return true;
}

static bool
parse_weekday(struct slice s, int *weekday)
{
	static const char *const names[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};

	for (*weekday = 0; *weekday < 7; ++*weekday)
		if (is_word(s, names[*weekday]))
			return true;
	return false;
}

/* "MO", "3MO", "-1SU". */
static bool
parse_by_day(struct slice s, struct recur *r)
{
	int nth = 0, weekday;

	if (s.n < 2 || !parse_weekday((struct slice){s.p + s.n - 2, 2}, &weekday) ||
	    (s.n > 2 && !parse_number((struct slice){s.p, s.n - 2}, 5, &nth)))
		return false;
	r->weekdays[weekday] |= 1u << (nth >= 0 ? nth : 10 - nth);
	return r->by_weekday = true;
}

static bool
parse_one(struct slice key, struct slice value, struct recur *r)
{
	int n;

	if (is_word(key, "BYDAY"))
		return parse_by_day(value, r);
	if (is_word(key, "BYMONTH")) {
		if (!parse_number(value, 12, &n) || n < 0)
			return false;
		r->months |= 1u << n;
		return true;
	}
	if (!parse_number(value, 31, &n))
		return false;
	*(n > 0 ? &r->days : &r->from_end) |= 1u << (n > 0 ? n : -n);
	return true;
}

static bool
parse_list(struct slice key, struct slice value, struct recur *r)
{
	struct slice one;

	while (slice_cut(&value, ',', &one))
		if (!parse_one(key, slice_trim(one), r))
			return false;
	return true;
}

static bool
parse_freq(struct slice value, struct recur *r)
{
	static const char *const names[] = {"", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"};

	for (int i = RECUR_DAILY; i <= RECUR_YEARLY; i++)
		if (is_word(value, names[i])) {
			r->freq = (enum recur_freq)i;
			return true;
		}
	return false;
}

static bool
parse_part(struct slice key, struct slice value, struct recur *r)
{
	int n;

	if (is_word(key, "FREQ"))
		return parse_freq(value, r);
	if (is_word(key, "BYMONTH") || is_word(key, "BYMONTHDAY") || is_word(key, "BYDAY"))
		return parse_list(key, value, r);
	if (is_word(key, "INTERVAL"))
		return parse_number(value, 1000, &r->interval) && r->interval > 0;
	if (is_word(key, "BYSETPOS"))
		return parse_number(value, 366, &r->set_position);
	if (is_word(key, "UNTIL"))
		return recur_parse_day(value, &r->until);
	if (is_word(key, "WKST"))
		return parse_weekday(value, &r->week_start);
	if (!is_word(key, "COUNT") || !parse_number(value, 100000, &n) || n < 0)
		return false;
	r->count = n;
	return true;
}

bool
recur_parse(struct slice value, struct recur *r)
{
	struct slice part, key;

	*r = (struct recur){.interval = 1, .until = INT64_MAX};
	while (slice_cut(&value, ';', &part))
		if (slice_trim(part).n && (!slice_cut(&part, '=', &key) || !parse_part(slice_trim(key), slice_trim(part), r)))
			return false;
	return r->freq != RECUR_NONE && (!r->set_position || r->freq >= RECUR_MONTHLY);
}

/* ---- days ---- */

struct walk {
	struct recur r; /* with what START says where the rule is silent */
	int64_t start, end, left;
	int64_t set[366]; /* of the year or month */
	int n;
	recur_fn *fn;
	void *ctx;
};

/* What the rule does not say is as on the first day. */
static void
fill_in(struct walk *w)
{
	struct recur *r = &w->r;
	int year, month, day;
	bool any = false;

	civil_from_days(w->start, &year, &month, &day);
	for (int i = 0; i < 7; i++)
		any |= r->weekdays[i] & 1;
	if (r->freq == RECUR_YEARLY && !r->months && !any)
		r->months = 1u << month;
	if (r->freq >= RECUR_MONTHLY && !r->days && !r->from_end && !r->by_weekday)
		r->days = 1u << day;
	if (r->freq == RECUR_WEEKLY && !r->by_weekday) {
		r->weekdays[weekday_of(w->start)] = 1;
		r->by_weekday = true;
	}
}

/* Does the rule have the day D of a month of LENGTH days? */
static bool
has_day(const struct recur *r, int d, int length, int weekday)
{
	uint32_t wanted = r->weekdays[weekday];

	if ((r->days | r->from_end) && !(r->days >> d & 1) && !(r->from_end >> (length + 1 - d) & 1))
		return false;
	return !r->by_weekday || wanted & 1 || wanted >> ((d + 6) / 7) & 1 || wanted >> (10 + (length - d + 7) / 7) & 1;
}

static int
month_length(int year, int month)
{
	return (int)(days_from_civil(month < 12 ? year : year + 1, month < 12 ? month + 1 : 1, 1) -
	    days_from_civil(year, month, 1));
}

static void
collect_month(struct walk *w, int year, int month)
{
	int64_t first = days_from_civil(year, month, 1);
	int length = month_length(year, month);

	if (w->r.months && !(w->r.months >> month & 1))
		return;
	for (int d = 1; d <= length; d++)
		if (has_day(&w->r, d, length, weekday_of(first + d - 1)))
			w->set[w->n++] = first + d - 1;
}

/* False when there are no more. */
static bool
tell(struct walk *w, int64_t day)
{
	if (day < w->start)
		return true;
	if (day > w->end || day > w->r.until || w->left == 0)
		return false;
	w->fn(w->ctx, day);
	w->left--;
	return true;
}

static bool
tell_set(struct walk *w)
{
	int at = w->r.set_position, n = w->n;
	bool more = true;

	w->n = 0;
	if (at) {
		at = at > 0 ? at - 1 : n + at;
		return at < 0 || at >= n || tell(w, w->set[at]);
	}
	for (int i = 0; i < n && more; i++)
		more = tell(w, w->set[i]);
	return more;
}

/* By year or month. */
static void
walk_months(struct walk *w, int last)
{
	int year, month, day, step = w->r.interval;

	civil_from_days(w->start, &year, &month, &day);
	while (year <= last) {
		if (w->r.freq == RECUR_YEARLY)
			for (int m = 1; m <= 12; m++)
				collect_month(w, year, m);
		else
			collect_month(w, year, month);
		if (!tell_set(w))
			return;
		if (w->r.freq == RECUR_YEARLY) {
			year += step;
		} else {
			year += (month - 1 + step) / 12;
			month = (month - 1 + step) % 12 + 1;
		}
	}
}

static void
walk_days(struct walk *w)
{
	int64_t week = w->start - (weekday_of(w->start) - w->r.week_start + 7) % 7;

	for (int64_t day = w->start; day <= w->end; day++) {
		int64_t unit = w->r.freq == RECUR_DAILY ? day - w->start : (day - week) / 7;
		int y, m, d;

		if (unit % w->r.interval != 0)
			continue;
		civil_from_days(day, &y, &m, &d);
		if ((!w->r.months || w->r.months >> m & 1) && has_day(&w->r, d, month_length(y, m), weekday_of(day)) &&
		    !tell(w, day))
			return;
	}
}

void
recur_each(const struct recur *r, int64_t start, int last, recur_fn *fn, void *ctx)
{
	struct walk w = {.r = *r,
	    .start = start,
	    .end = days_from_civil(last, 12, 31),
	    .left = r->count ? r->count : INT64_MAX,
	    .fn = fn,
	    .ctx = ctx};

	fill_in(&w);
	if (w.r.freq >= RECUR_MONTHLY)
		walk_months(&w, last);
	else
		walk_days(&w);
}
