#include "core/rfc3339.h"

#include <time.h>

#define DAY_MS INT64_C(86400000)

/* 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z */
#define MS_MIN INT64_C(-62167219200000)
#define MS_MAX INT64_C(253402300799999)

/* Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
int64_t
days_from_civil(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

void
civil_from_days(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

/* N decimal digits at S[AT]; -1 when there are not so many. */
static int
digits(struct slice s, size_t at, size_t n)
{
	int v = 0;

	if (s.n < at + n)
		return -1;
	for (size_t i = at; i < at + n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return -1;
		v = v * 10 + (s.p[i] - '0');
	}
	return v;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

/* The zone at S[AT] up to the end, in minutes east of UTC. */
static bool
parse_zone(struct slice s, size_t at, int *minutes)
{
	int h, m;

	*minutes = 0;
	if (s.n == at + 1 && (s.p[at] == 'Z' || s.p[at] == 'z'))
		return true;
	if (s.n != at + 6 || (s.p[at] != '+' && s.p[at] != '-') || s.p[at + 3] != ':')
		return false;
	h = digits(s, at + 1, 2);
	m = digits(s, at + 4, 2);
	if (h < 0 || h > 23 || m < 0 || m > 59)
		return false;
	*minutes = (h * 60 + m) * (s.p[at] == '-' ? -1 : 1);
	return true;
}

bool
rfc3339_parse(struct slice s, int64_t *ms)
{
	int year = digits(s, 0, 4), month = digits(s, 5, 2), day = digits(s, 8, 2);
	int hour = digits(s, 11, 2), minute = digits(s, 14, 2), second = digits(s, 17, 2);
	int frac = 0, scale = 100, zone;
	size_t at = 19;

	if (year < 0 || month < 1 || month > 12 || day < 1 || hour < 0 || hour > 23 || minute < 0 ||
	    minute > 59 || second < 0 || second > 60)
		return false;
	if (s.p[4] != '-' || s.p[7] != '-' || (s.p[10] != 'T' && s.p[10] != 't' && s.p[10] != ' ') ||
	    s.p[13] != ':' || s.p[16] != ':' || day > days_in_month(year, month))
		return false;
	if (at < s.n && s.p[at] == '.') {
		size_t start = ++at;

		for (; at < s.n && s.p[at] >= '0' && s.p[at] <= '9'; at++, scale /= 10)
			frac += (s.p[at] - '0') * scale;
		if (at == start)
			return false;
	}
	if (at >= s.n || !parse_zone(s, at, &zone))
		return false;
	*ms = days_from_civil(year, month, day) * DAY_MS +
	      ((int64_t)hour * 3600 + minute * 60 + second - (int64_t)zone * 60) * 1000 + frac;
	return true;
}

/* V with N digits at P; returns what is behind them.  Much faster than printf, and every event that a
 * tool adds a time to comes through here. */
static char *
put_digits(char *p, int v, int n)
{
	for (int i = n - 1; i >= 0; i--, v /= 10)
		p[i] = (char)('0' + v % 10);
	return p + n;
}

/* A year beyond 9999 cannot be written in RFC 3339; it is held at the last instant that can. */
char *
rfc3339_format(int64_t ms, char out[RFC3339_SIZE])
{
	int64_t days, rest;
	int year, month, day;
	char *p = out;

	ms = ms > MS_MAX ? MS_MAX : ms < MS_MIN ? MS_MIN : ms;
	days = ms / DAY_MS;
	rest = ms % DAY_MS;
	if (rest < 0) {
		rest += DAY_MS;
		days--;
	}
	civil_from_days(days, &year, &month, &day);
	p = put_digits(p, year, 4);
	*p++ = '-';
	p = put_digits(p, month, 2);
	*p++ = '-';
	p = put_digits(p, day, 2);
	*p++ = 'T';
	p = put_digits(p, (int)(rest / 3600000), 2);
	*p++ = ':';
	p = put_digits(p, (int)(rest / 60000 % 60), 2);
	*p++ = ':';
	p = put_digits(p, (int)(rest / 1000 % 60), 2);
	if (rest % 1000) {
		*p++ = '.';
		p = put_digits(p, (int)(rest % 1000), 3);
	}
	*p++ = 'Z';
	*p = '\0';
	return out;
}

void
rfc3339_put(struct buf *b, int64_t ms)
{
	char text[RFC3339_SIZE];

	buf_puts(b, rfc3339_format(ms, text));
}

int64_t
time_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static const struct {
	const char *unit;
	int64_t ms;
} units[] = {{"d", DAY_MS}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};

/* The unit at the start of S, its length in *LEN; 0 when there is none. */
static int64_t
unit_at(struct slice s, size_t *len)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= 'a' && s.p[n] <= 'z')
		n++;
	*len = n;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (slice_is((struct slice){s.p, n}, units[i].unit))
			return units[i].ms;
	return 0;
}

bool
duration_parse(struct slice s, int64_t *ms)
{
	int64_t total = 0, last = INT64_MAX;

	if (s.n == 0)
		return false;
	while (s.n) {
		size_t n = 0, len;
		unsigned long long v;
		int64_t unit;

		while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
			n++;
		if (n > 12 || !slice_u64((struct slice){s.p, n}, &v))
			return false;
		s.p += n;
		s.n -= n;
		unit = unit_at(s, &len);
		/* Largest unit first and each once, so that 5m1h, surely a slip, is refused. */
		if (!unit || unit >= last || v > (unsigned long long)(INT64_MAX / 8 / unit))
			return false;
		last = unit;
		total += (int64_t)v * unit;
		s.p += len;
		s.n -= len;
	}
	*ms = total;
	return true;
}

void
duration_put(struct buf *b, int64_t ms)
{
	if (ms <= 0) {
		buf_puts(b, "0s");
		return;
	}
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (ms >= units[i].ms) {
			buf_printf(b, "%lld%s", (long long)(ms / units[i].ms), units[i].unit);
			ms %= units[i].ms;
		}
}
