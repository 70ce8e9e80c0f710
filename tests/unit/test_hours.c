/*
 * Business hours against an oracle that walks the calendar minute by minute with the C library's
 * local time and knows nothing of how lib/clock works.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock/hours.h"
#include "clock/sla.h"
#include "core/hash.h"
#include "core/rfc3339.h"

#define WINDOW (100 * 1440) /* minutes that the oracle knows */
#define BORDER (16 * 1440)  /* of these at the end no question is asked */

struct oracle {
	int start[7][4], end[7][4], n[7]; /* minutes after midnight; end above 1440: next day */
	int holidays[8][3], nholidays;
	unsigned char open[WINDOW];
	int64_t from; /* seconds */
};

static uint64_t seed = 42;

static unsigned
dice(unsigned sides)
{
	return (unsigned)(hash_mix(++seed) % sides);
}

static void
put_span(struct oracle *o, struct hours *h, int day, int start, int end)
{
	char text[64];
	struct sme_err err;

	snprintf(text, sizeof text, "%02d:%02d-%02d:%02d", start / 60, start % 60,
	    end > 1440 ? (end - 1440) / 60 : end / 60, end % 60);
	/* What overlaps is refused, and then the oracle does not know it either. */
	if (hours_add(h, day, slice_of(text), &err) < 0)
		return;
	o->start[day][o->n[day]] = start;
	o->end[day][o->n[day]++] = end;
}

static void
random_week(struct oracle *o, struct hours *h)
{
	bool around_the_clock = dice(5) == 0;

	for (int day = 0; day < 7; day++) {
		int spans = (int)dice(4);

		if (around_the_clock) {
			put_span(o, h, day, 0, 1440);
			continue;
		}
		for (int i = 0; i < spans; i++) {
			int start = (int)dice(1440), end = start + 1 + (int)dice(i ? 300 : 1000);

			/* A good part on the hours at which clocks change. */
			if (dice(3) == 0) {
				start = (int)dice(5) * 30;
				end = start + 30 + (int)dice(5) * 30;
			}
			put_span(o, h, day, start, end);
		}
	}
}

static void
random_holidays(struct oracle *o, struct hours *h)
{
	int n = (int)dice(8);

	for (int i = 0; i < n; i++) {
		time_t t = (time_t)(o->from + (int64_t)dice(WINDOW) * 60);
		struct tm tm;
		char text[48];
		struct sme_err err;

		localtime_r(&t, &tm);
		o->holidays[i][0] = tm.tm_year;
		o->holidays[i][1] = tm.tm_mon;
		o->holidays[i][2] = tm.tm_mday;
		snprintf(text, sizeof text, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
		    tm.tm_mday);
		assert_int_equal(hours_add_holidays(h, slice_of(text), NULL, &err), 0);
	}
	o->nholidays = n;
}

static bool
oracle_holiday(const struct oracle *o, const struct tm *tm)
{
	for (int i = 0; i < o->nholidays; i++)
		if (o->holidays[i][0] == tm->tm_year && o->holidays[i][1] == tm->tm_mon &&
		    o->holidays[i][2] == tm->tm_mday)
			return true;
	return false;
}

static bool
oracle_open(const struct oracle *o, time_t t)
{
	struct tm tm, eve;
	int today, yesterday, minute;

	localtime_r(&t, &tm);
	eve = tm;
	eve.tm_mday--;
	eve.tm_hour = 12;
	eve.tm_isdst = -1;
	mktime(&eve);
	minute = tm.tm_hour * 60 + tm.tm_min;
	today = (tm.tm_wday + 6) % 7;
	yesterday = (today + 6) % 7;
	if (!oracle_holiday(o, &tm))
		for (int i = 0; i < o->n[today]; i++)
			if (minute >= o->start[today][i] && minute < o->end[today][i])
				return true;
	if (!oracle_holiday(o, &eve))
		for (int i = 0; i < o->n[yesterday]; i++)
			if (minute + 1440 < o->end[yesterday][i])
				return true;
	return false;
}

static void
check_instant(const struct oracle *o, const struct hours *h, int minute, bool open)
{
	int64_t at = (o->from + (int64_t)minute * 60) * 1000 + (int64_t)dice(60000), want, got;
	int m = minute;

	while (m < WINDOW && o->open[m] != open)
		m++;
	got = open ? hours_next_open(h, at) : hours_next_close(h, at);
	want = m == minute ? at : (o->from + (int64_t)m * 60) * 1000;
	if (m == WINDOW) {
		/* Beyond what the oracle knows. */
		assert_true(got == TIME_NONE || got >= want);
		return;
	}
	if (got != want)
		fail_msg("next %s after %lld: %lld, oracle %lld (%s)", open ? "open" : "closed",
		    (long long)at, (long long)got, (long long)want, getenv("TZ"));
}

/* The first minute behind which TARGET open minutes have passed since START without the pauses; -1 when
 * that is beyond what the oracle knows. */
static int
oracle_due(const struct oracle *o, int start, int target, const int pauses[][2], int n)
{
	for (int m = start; m < WINDOW; m++) {
		bool counts = o->open[m];

		for (int i = 0; i < n; i++)
			counts &= m < pauses[i][0] || m >= pauses[i][1];
		if (counts && --target == 0)
			return m + 1;
	}
	return -1;
}

static int64_t
at_minute(const struct oracle *o, int minute)
{
	return (o->from + (int64_t)minute * 60) * 1000;
}

static void
check_due(const struct oracle *o, const struct hours *h)
{
	int start = (int)dice(WINDOW - BORDER), target = 1 + (int)dice(dice(2) ? 600 : 6000);
	int n = (int)dice(4), at = start - 100, minutes[3][2], want;
	struct pause pauses[3];
	int64_t due;

	for (int i = 0; i < n; i++) {
		minutes[i][0] = at += 1 + (int)dice(2000);
		minutes[i][1] = at += 1 + (int)dice(3000);
		pauses[i] = (struct pause){at_minute(o, minutes[i][0]), at_minute(o, minutes[i][1])};
	}
	due = sla_due(h, at_minute(o, start), target * INT64_C(60000), pauses, (size_t)n);
	want = oracle_due(o, start, target, minutes, n);
	if (want < 0) {
		assert_true(due == TIME_NONE || due >= at_minute(o, WINDOW));
		return;
	}
	if (due != at_minute(o, want))
		fail_msg("due %d minutes after %d: %lld, oracle %lld (%s)", target, start, (long long)due,
		    (long long)at_minute(o, want), getenv("TZ"));
	assert_int_equal(sla_elapsed(h, at_minute(o, start), due, pauses, (size_t)n),
	    target * INT64_C(60000));
	/* Between minutes, where the oracle cannot look, both must still agree. */
	start = (int)dice(60000);
	due = hours_after(h, at_minute(o, 5) + start, target * INT64_C(60000) - start);
	if (due != TIME_NONE)
		assert_int_equal(hours_between(h, at_minute(o, 5) + start, due),
		    target * INT64_C(60000) - start);
}

static void
compare_calendar(const char *zone, int64_t from)
{
	struct oracle *o = calloc(1, sizeof *o);
	struct hours *h = hours_new(zone_open(slice_of(zone), NULL));

	setenv("TZ", zone, 1);
	tzset();
	o->from = from;
	random_week(o, h);
	random_holidays(o, h);
	for (int m = 0; m < WINDOW; m++) {
		o->open[m] = oracle_open(o, (time_t)(from + (int64_t)m * 60));
		if (hours_is_open(h, (from + (int64_t)m * 60) * 1000) != o->open[m])
			fail_msg("%s at %lld: oracle says %d", zone, (long long)from + m * 60, o->open[m]);
	}
	for (int i = 0; i < 700; i++) {
		check_instant(o, h, (int)dice(WINDOW - BORDER), true);
		check_instant(o, h, (int)dice(WINDOW - BORDER), false);
	}
	for (int i = 0; i < 1200; i++) /* 100 800 in all */
		check_due(o, h);
	hours_free(h);
	free(o);
}

static void
test_oracle(void **state)
{
	static const char *const zones[] = {"Europe/Berlin", "America/New_York",
	    "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kolkata", "Africa/Cairo", "UTC"};
	/* Each window holds a change of the clocks: spring, autumn, and the years before. */
	static const int64_t starts[] = {1772323200, 1790812800, 1539993600, 1234569600};

	(void)state;
	if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) != 0)
		skip();
	for (size_t z = 0; z < sizeof zones / sizeof *zones; z++)
		for (size_t s = 0; s < sizeof starts / sizeof *starts; s++)
			for (int i = 0; i < 3; i++)
				compare_calendar(zones[z], starts[s]);
	unsetenv("TZ");
	tzset();
}

static int64_t
instant(const char *text)
{
	int64_t ms;

	assert_true(rfc3339_parse(slice_of(text), &ms));
	return ms;
}

/* Mistakes that other products have shipped. */
static void
test_midnight(void **state)
{
	struct hours *h = hours_new(NULL);
	struct sme_err err;

	(void)state;
	/* Around the clock is not closed for a minute at midnight. */
	for (int day = 0; day < 7; day++)
		assert_int_equal(hours_add(h, day, SLICE("00:00-24:00"), &err), 0);
	assert_true(hours_is_open(h, instant("2026-11-22T23:59:59.999Z")));
	assert_true(hours_is_open(h, instant("2026-11-23T00:00:00Z")));
	assert_true(hours_next_close(h, instant("2026-11-22T23:59:30Z")) == TIME_NONE);
	hours_free(h);
	/* "09:00-00:00" ends at midnight, and the search for the next opening ends too. */
	h = hours_new(NULL);
	assert_int_equal(hours_add(h, 0, SLICE("09:00-00:00"), &err), 0);
	assert_true(hours_is_open(h, instant("2026-11-23T23:59:59Z")));
	assert_false(hours_is_open(h, instant("2026-11-24T00:00:00Z")));
	assert_true(hours_next_open(h, instant("2026-11-24T00:00:00Z")) ==
	            instant("2026-11-30T09:00:00Z"));
	hours_free(h);
}

static void
test_far_holidays(void **state)
{
	struct hours *h = hours_new(NULL);
	struct sme_err err;

	(void)state;
	for (int day = 0; day < 7; day++)
		assert_int_equal(hours_add(h, day, SLICE("00:00-24:00"), &err), 0);
	assert_int_equal(hours_add_holidays(h, SLICE("2030-01-01"), NULL, &err), 0);
	assert_int_equal(hours_add_holidays(h, SLICE("2030-01-02"), NULL, &err), 0);
	assert_true(hours_next_close(h, instant("0001-01-01T00:00:00Z")) ==
	            instant("2030-01-01T00:00:00Z"));
	assert_true(hours_next_open(h, instant("2030-01-01T12:00:00Z")) ==
	            instant("2030-01-03T00:00:00Z"));
	assert_true(hours_next_close(h, instant("2030-01-03T00:00:00Z")) == TIME_NONE);
	hours_free(h);
	h = hours_new(NULL);
	assert_true(hours_next_open(h, 0) == TIME_NONE);
	assert_true(hours_next_close(h, 0) == 0);
	hours_free(h);
}

static void
test_bad_spans(void **state)
{
	static const char *const bad[] = {"", "-", "08:00", "8:00-20:00", "08:00-20:60", "24:00-08:00",
	    "08:00-24:01", "08:00-08:00", "00:00-00:00", "08.00-20.00", "08:00-12:00-20:00",
	    "10:00-11:00", "07:00-08:01", "19:59-21:00"};
	struct hours *h = hours_new(NULL);
	struct sme_err err;

	(void)state;
	assert_int_equal(hours_add(h, 3, SLICE("08:00 - 20:00"), &err), 0);
	assert_int_equal(hours_add(h, 3, SLICE("20:00-02:00"), &err), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		err.text[0] = '\0';
		assert_int_equal(hours_add(h, 3, slice_of(bad[i]), &err), -1);
		assert_int_equal(err.status, SME_CONFIG);
		assert_true(err.text[0]);
	}
	/* The night of Thursday reaches into Friday. */
	assert_int_equal(hours_add(h, 4, SLICE("01:59-03:00"), &err), -1);
	assert_int_equal(hours_add(h, 4, SLICE("02:00-03:00"), &err), 0);
	assert_int_equal(hours_add(h, 2, SLICE("23:00-08:01"), &err), -1);
	assert_int_equal(hours_add_holidays(h, SLICE("2026-02-30"), NULL, &err), -1);
	assert_int_equal(hours_add_holidays(h, SLICE("24.12.2026"), NULL, &err), -1);
	hours_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_oracle),
	    cmocka_unit_test(test_midnight),
	    cmocka_unit_test(test_far_holidays),
	    cmocka_unit_test(test_bad_spans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
