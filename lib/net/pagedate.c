#include "net/pagedate.h"

#include <ctype.h>

#include "core/rfc3339.h"
#include "net/date.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* The beginning of a word decides, so that all its endings are understood. */
static const struct unit {
	const char *start;
	int64_t ms;
} units[] = {
    {"sek", SECOND}, {"sec", SECOND}, {"min", MINUTE}, {"stunde", HOUR}, {"std", HOUR},
    {"hour", HOUR}, {"hr", HOUR}, {"tag", DAY}, {"day", DAY}, {"woche", 7 * DAY}, {"week", 7 * DAY},
    {"monat", 30 * DAY}, {"month", 30 * DAY}, {"jahr", 365 * DAY}, {"year", 365 * DAY},
};

static const struct unit days[] = {
    {"heute", 0}, {"today", 0}, {"gestern", DAY}, {"yesterday", DAY}, {"vorgestern", 2 * DAY},
};

static const char *const just_now[] = {
    "jetzt", "now", "gerade eben", "just now", "soeben", "eben",
};

/* The next word or number of *S. */
static struct slice
next_word(struct slice *s)
{
	struct slice w = *s;
	size_t n = 0;

	while (w.n && !isalnum((unsigned char)*w.p) && !(*w.p & 0x80)) {
		w.p++;
		w.n--;
	}
	while (n < w.n && (isalnum((unsigned char)w.p[n]) || w.p[n] & 0x80) &&
	    (n == 0 || !isdigit((unsigned char)w.p[n - 1]) == !isdigit((unsigned char)w.p[n])))
		n++;
	*s = (struct slice){w.p + n, w.n - n};
	return (struct slice){w.p, n};
}

static bool
begins(struct slice w, const char *start)
{
	size_t n = strlen(start);

	return w.n >= n && slice_eq_nocase((struct slice){w.p, n}, slice_of(start));
}

/* A local time of ZONE, written as if it were UTC, in UTC. */
static int64_t
from_local(int64_t ms, const struct zone *zone)
{
	int64_t at = ms / 1000;

	if (!zone)
		return ms;
	at -= zone_offset(zone, at);
	/* Once more: the offset may have changed in between. */
	return ms - (int64_t)zone_offset(zone, at) * 1000;
}

static bool
is_one(struct slice w)
{
	return begins(w, "ein") || slice_eq_nocase(w, SLICE("a")) || slice_eq_nocase(w, SLICE("an"));
}

static int64_t
unit_of(struct slice w)
{
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (begins(w, units[i].start))
			return units[i].ms;
	return 0;
}

/* "vor 3 Stunden", "3 hours ago", "an hour ago". */
static bool
some_time_ago(struct slice s, int64_t now, int64_t *ms)
{
	unsigned long long n = 0;
	bool ago = false;
	int64_t unit = 0;
	struct slice w;

	while ((w = next_word(&s)).n) {
		if (isdigit((unsigned char)*w.p)) {
			if (n || !slice_u64(w, &n) || n > 100000)
				return false;
		} else if (begins(w, "vor") || begins(w, "ago")) {
			ago = true;
		} else if (!n && is_one(w)) {
			n = 1;
		} else if (n && !unit) {
			unit = unit_of(w);
		}
	}
	*ms = now - (int64_t)n * unit;
	return ago && unit;
}

/* "gestern, 14:05 Uhr", "today at 9:30", "heute". */
static bool
near_day(struct slice s, int64_t now, const struct zone *zone, int64_t *ms)
{
	struct slice w = next_word(&s), hour = {NULL, 0}, minute = {NULL, 0};
	unsigned long long h = 0, m = 0;
	int64_t local = now + (zone ? (int64_t)zone_offset(zone, now / 1000) * 1000 : 0);
	size_t i = 0;

	while (i < sizeof days / sizeof *days && !slice_eq_nocase(w, slice_of(days[i].start)))
		i++;
	if (i == sizeof days / sizeof *days)
		return false;
	while ((w = next_word(&s)).n) {
		if (!isdigit((unsigned char)*w.p))
			continue;
		if (!hour.p)
			hour = w;
		else if (!minute.p)
			minute = w;
	}
	if (hour.p && (!slice_u64(hour, &h) || !slice_u64(minute, &m) || h > 23 || m > 59))
		return false;
	local -= local % DAY;
	*ms = from_local(local - days[i].ms + (int64_t)h * HOUR + (int64_t)m * MINUTE, zone);
	return true;
}

bool
page_date(struct slice s, int64_t now, const struct zone *zone, const char *format, int64_t *ms)
{
	bool zoned;

	s = slice_trim(s);
	if ((format && date_parse_format(s, format, ms, &zoned)) || date_parse_zoned(s, ms, &zoned)) {
		if (!zoned)
			*ms = from_local(*ms, zone);
		return true;
	}
	for (size_t i = 0; i < sizeof just_now / sizeof *just_now; i++)
		if (slice_eq_nocase(s, slice_of(just_now[i]))) {
			*ms = now;
			return true;
		}
	return some_time_ago(s, now, ms) || near_day(s, now, zone, ms);
}
