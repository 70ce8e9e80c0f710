#include "net/date.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/rfc3339.h"

/* What has been read of a date; -1 where nothing has. */
struct parts {
	int year, month, day, hour, minute, second, milli;
	int zone; /* minutes east of UTC */
	bool zoned, pm, am, month_first;
};

/* Months by the letters that tell them apart, longest first where one begins with another. */
static const struct {
	const char *name;
	int month;
} months[] = {
    {"jan", 1}, {"jän", 1}, {"ene", 1}, {"gen", 1}, {"janv", 1}, {"feb", 2}, {"fév", 2},
    {"fev", 2}, {"mar", 3}, {"mär", 3}, {"mrz", 3}, {"maerz", 3}, {"apr", 4}, {"avr", 4},
    {"abr", 4}, {"may", 5}, {"mai", 5}, {"mag", 5}, {"jun", 6}, {"juin", 6}, {"giu", 6},
    {"jul", 7}, {"juil", 7}, {"lug", 7}, {"aug", 8}, {"aoû", 8}, {"aou", 8}, {"ago", 8},
    {"sep", 9}, {"set", 9}, {"oct", 10}, {"okt", 10}, {"ott", 10}, {"nov", 11}, {"dec", 12},
    {"dez", 12}, {"déc", 12}, {"dic", 12}};

static const struct {
	const char *name;
	int minutes;
} zones[] = {{"z", 0}, {"ut", 0}, {"utc", 0}, {"gmt", 0}, {"wet", 0}, {"west", 60}, {"bst", 60},
    {"cet", 60}, {"mez", 60}, {"cest", 120}, {"mesz", 120}, {"eet", 120}, {"eest", 180},
    {"msk", 180}, {"trt", 180}, {"ist", 330}, {"jst", 540}, {"kst", 540}, {"aest", 600},
    {"aedt", 660}, {"nzst", 720}, {"nzdt", 780}, {"est", -300}, {"edt", -240}, {"cst", -360},
    {"cdt", -300}, {"mst", -420}, {"mdt", -360}, {"pst", -480}, {"pdt", -420}, {"akst", -540},
    {"akdt", -480}, {"hst", -600}};

static int
month_of(struct slice w)
{
	for (size_t i = 0; i < sizeof months / sizeof *months; i++) {
		size_t n = strlen(months[i].name);

		if (w.n >= n && strncasecmp(w.p, months[i].name, n) == 0)
			return months[i].month;
	}
	return 0;
}

static bool
zone_of(struct slice w, int *minutes)
{
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
		if (slice_eq_nocase(w, slice_of(zones[i].name))) {
			*minutes = zones[i].minutes;
			return true;
		}
	return false;
}

static size_t
run_of(struct slice s, size_t at, bool digits)
{
	size_t n = 0;

	while (at + n < s.n) {
		unsigned char c = (unsigned char)s.p[at + n];

		if (digits ? !isdigit(c) : !isalpha(c) && c < 0x80)
			break;
		n++;
	}
	return n;
}

static int
number(struct slice s, size_t at, size_t n)
{
	int v = 0;

	for (size_t i = 0; i < n && i < 9; i++)
		v = v * 10 + (s.p[at + i] - '0');
	return v;
}

static bool
set_once(int *to, int v)
{
	if (*to >= 0)
		return false;
	*to = v;
	return true;
}

static int
full_year(int year, size_t digits)
{
	if (digits == 2)
		return year + (year < 70 ? 2000 : 1900);
	if (digits == 3) /* RFC 822 dates of programs that print tm_year */
		return year + 1900;
	return year;
}

/* ".123" behind the seconds. */
static size_t
take_fraction(struct slice s, size_t at, struct parts *d)
{
	size_t n;
	int scale = 100;

	if (at >= s.n || (s.p[at] != '.' && s.p[at] != ',') || !(n = run_of(s, at + 1, true)))
		return at;
	d->milli = 0;
	for (size_t i = 0; i < n && scale; i++, scale /= 10)
		d->milli += (s.p[at + 1 + i] - '0') * scale;
	return at + 1 + n;
}

/* "hh:mm[:ss[.fff]]" at AT.  Returns where it ends, 0 when it is none. */
static size_t
take_time(struct slice s, size_t at, struct parts *d)
{
	size_t n = run_of(s, at, true), m;

	if (!n || n > 2 || at + n >= s.n || s.p[at + n] != ':')
		return 0;
	m = run_of(s, at + n + 1, true);
	if (m != 2 || !set_once(&d->hour, number(s, at, n)))
		return 0;
	d->minute = number(s, at + n + 1, m);
	at += n + 1 + m;
	d->second = 0;
	if (at < s.n && s.p[at] == ':' && (m = run_of(s, at + 1, true)) && m <= 2) {
		d->second = number(s, at + 1, m);
		at = take_fraction(s, at + 1 + m, d);
	}
	return at;
}

/* "+hh", "+hhmm" or "+hh:mm" at AT.  Returns where it ends, 0 when it is none. */
static size_t
take_offset(struct slice s, size_t at, struct parts *d)
{
	int sign = s.p[at] == '-' ? -1 : 1, h, m = 0;
	size_t n = run_of(s, at + 1, true), end = at + 1 + n;

	if (n == 4) {
		h = number(s, at + 1, 2);
		m = number(s, at + 3, 2);
	} else if (n == 1 || n == 2) {
		h = number(s, at + 1, n);
		if (end + 2 < s.n && s.p[end] == ':' && run_of(s, end + 1, true) == 2) {
			m = number(s, end + 1, 2);
			end += 3;
		}
	} else {
		return 0;
	}
	if (h > 15 || m > 59)
		return 0;
	d->zone = sign * (h * 60 + m);
	d->zoned = true;
	return end;
}

/* Two or three numbers with the same separator: y-m-d, d.m.y, m/d/y when it can be nothing else. */
static size_t
take_numeric(struct slice s, size_t at, struct parts *d)
{
	size_t n = run_of(s, at, true), m, o, mid = at + n + 1, last;
	char sep = at + n < s.n ? s.p[at + n] : '\0';
	int a = number(s, at, n), b, c;

	if (!sep || !strchr("-./", sep) || !(m = run_of(s, mid, true)) || m > 2)
		return 0;
	last = mid + m + 1;
	if (last > s.n || s.p[last - 1] != sep || !(o = run_of(s, last, true)) || d->year >= 0)
		return 0;
	b = number(s, mid, m);
	c = number(s, last, o);
	if (n == 4 && o <= 2) {
		d->year = a;
		d->month = b;
		d->day = c;
		return last + o;
	}
	if (n > 2 || (o != 4 && o != 2))
		return 0;
	d->year = full_year(c, o);
	if (sep == '.' || (a > 12 && b <= 12)) {
		d->day = a;
		d->month = b;
	} else if (b > 12 && a <= 12) {
		d->day = b;
		d->month = a;
	} else if (a == b) {
		d->day = d->month = a;
	} else {
		return 0;
	}
	return last + o;
}

/* "20261121" with or without "T140500" behind it. */
static size_t
take_compact(struct slice s, size_t at, struct parts *d)
{
	size_t n, end = at + 8;

	if (run_of(s, at, true) != 8 || d->year >= 0)
		return 0;
	d->year = number(s, at, 4);
	d->month = number(s, at + 4, 2);
	d->day = number(s, at + 6, 2);
	if (end < s.n && (s.p[end] == 'T' || s.p[end] == 't') &&
	    ((n = run_of(s, end + 1, true)) == 6 || n == 4)) {
		d->hour = number(s, end + 1, 2);
		d->minute = number(s, end + 3, 2);
		d->second = n == 6 ? number(s, end + 5, 2) : 0;
		end = take_fraction(s, end + 1 + n, d);
	}
	return end;
}

static size_t
take_number(struct slice s, size_t at, struct parts *d)
{
	size_t n = run_of(s, at, true), end;

	if ((end = take_time(s, at, d)) || (end = take_numeric(s, at, d)) ||
	    (end = take_compact(s, at, d)))
		return end;
	if (n <= 2 && set_once(&d->day, number(s, at, n)))
		return at + n;
	if (n >= 2 && n <= 4 && set_once(&d->year, full_year(number(s, at, n), n)))
		return at + n;
	return 0;
}

/* Weekdays and words such as "um", "de", "at" say nothing that we need; a month name does. */
static void
take_word(struct slice w, struct parts *d)
{
	int month, minutes;

	if (d->hour >= 0 && (slice_eq_nocase(w, SLICE("pm")) || slice_eq_nocase(w, SLICE("am")))) {
		d->pm = (w.p[0] | 32) == 'p';
		d->am = !d->pm;
		return;
	}
	if (d->hour >= 0 && !d->zoned && zone_of(w, &minutes)) {
		d->zone = minutes;
		d->zoned = true;
		return;
	}
	/* "mar" may be mardi: a month that comes before any number gives way to a later one. */
	if ((d->month < 0 || d->month_first) && (month = month_of(w))) {
		d->month_first = d->month < 0 && d->day < 0 && d->year < 0;
		d->month = month;
	}
}

static bool
finish(struct parts *d, int64_t *ms)
{
	char text[64];
	int64_t extra = 0;

	if (d->year < 1 || d->year > 9999 || d->month < 1 || d->month > 12 || d->day < 1)
		return false;
	if (d->hour < 0)
		d->hour = d->minute = d->second = 0;
	if (d->pm && d->hour < 12)
		d->hour += 12;
	if (d->am && d->hour == 12)
		d->hour = 0;
	if (d->hour == 24 && d->minute == 0 && d->second == 0) {
		d->hour = 0;
		extra = INT64_C(86400000);
	}
	snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", d->year, d->month, d->day,
	    d->hour, d->minute, d->second);
	if (!rfc3339_parse(slice_of(text), ms))
		return false;
	*ms += extra + (d->milli > 0 ? d->milli : 0) - (int64_t)d->zone * 60000;
	return true;
}

/* Seconds, milliseconds or microseconds since 1970, told apart by their length. */
static bool
parse_epoch(struct slice s, int64_t *ms)
{
	unsigned long long v;
	size_t dot = 0;

	while (dot < s.n && s.p[dot] != '.')
		dot++;
	if (dot < s.n && dot + 1 + run_of(s, dot + 1, true) != s.n)
		return false;
	s.n = dot;
	if (!slice_u64(s, &v))
		return false;
	if (s.n == 9 || s.n == 10)
		*ms = (int64_t)v * 1000;
	else if (s.n == 12 || s.n == 13)
		*ms = (int64_t)v;
	else if (s.n == 16)
		*ms = (int64_t)(v / 1000);
	else
		return false;
	return true;
}

bool
date_parse(struct slice s, int64_t *ms)
{
	bool zoned;

	return date_parse_zoned(s, ms, &zoned);
}

bool
date_parse_zoned(struct slice s, int64_t *ms, bool *zoned)
{
	struct parts d = {-1, -1, -1, -1, -1, -1, -1, 0, false, false, false, false};
	size_t at = 0;

	s = slice_trim(s);
	if (s.n > 80 || s.n < 6)
		return false;
	*zoned = true;
	if (rfc3339_parse(s, ms) || parse_epoch(s, ms))
		return true;
	while (at < s.n) {
		unsigned char c = (unsigned char)s.p[at];
		size_t end = at + 1, n;

		if (isdigit(c)) {
			end = take_number(s, at, &d);
		} else if ((c == '+' || c == '-') && d.hour >= 0 && !(d.zoned && d.zone)) {
			end = take_offset(s, at, &d);
			/* "Sat Nov 21 14:05:00 - 2026" and the like: a dash that means nothing */
			if (!end && c == '-' && at + 1 < s.n && s.p[at + 1] == ' ')
				end = at + 1;
		} else if ((n = run_of(s, at, false))) {
			take_word((struct slice){s.p + at, n}, &d);
			end = at + n;
		} else if (!strchr(" ,-/.()\t\r\n'", c)) {
			return false;
		}
		if (!end)
			return false;
		at = end;
	}
	*zoned = d.zoned;
	return finish(&d, ms);
}

bool
date_parse_format(struct slice s, const char *format, int64_t *ms, bool *zoned)
{
	char text[96];
	struct tm tm = {.tm_mday = 1};
	const char *end;
	time_t local;

	s = slice_trim(s);
	if (s.n >= sizeof text)
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	*zoned = strstr(format, "%z") || strstr(format, "%s");
	if (strcmp(format, "%s") == 0)
		return parse_epoch(s, ms);
	end = strptime(text, format, &tm);
	if (!end || *end)
		return false;
	/* timegm drops tm_gmtoff, which %z has set. */
	long east = tm.tm_gmtoff;
	tm.tm_gmtoff = 0;
	local = timegm(&tm);
	*ms = ((int64_t)local - east) * 1000;
	return true;
}
