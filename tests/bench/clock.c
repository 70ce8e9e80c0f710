/*
 * Due times in business hours: a working week with holidays in Europe/Berlin, targets from minutes to
 * days.  "ours N" counts with lib/clock, "walk N" minute by minute with the C library's local time.
 * Prints the rate and a sum that both must agree on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock/holidays.h"
#include "clock/hours.h"
#include "core/hash.h"
#include "core/rfc3339.h"

static struct hours *hours;
static struct holidays *days_off;

static int64_t
start_of(unsigned i)
{
	/* Whole minutes of the years 2025 and 2026. */
	return (days_from_civil(2025, 1, 1) * 1440 + (int64_t)(hash_mix(i) % (2 * 365 * 1440))) * 60000;
}

static int64_t
target_of(unsigned i)
{
	static const int64_t minutes[] = {15, 36, 60, 240, 480, 960};

	return minutes[hash_mix(i + 77) % 6] * 60000;
}

static int64_t
walk(int64_t at, int64_t ms)
{
	while (ms > 0) {
		time_t t = (time_t)(at / 1000);
		struct tm tm;
		int minute;

		localtime_r(&t, &tm);
		minute = tm.tm_hour * 60 + tm.tm_min;
		if (tm.tm_wday >= 1 && tm.tm_wday <= 5 && minute >= 480 && minute < 1200 &&
		    !holidays_has(days_off, days_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday)))
			ms -= 60000;
		at += 60000;
	}
	return at;
}

int
main(int argc, char **argv)
{
	unsigned n = argc == 3 ? (unsigned)atoi(argv[2]) : 0;
	bool ours = n && strcmp(argv[1], "ours") == 0;
	struct timespec a, b;
	uint64_t sum = 0;
	struct sme_err err;
	double s;

	hours = hours_new(zone_open(SLICE("Europe/Berlin"), &err));
	days_off = calloc(1, sizeof *days_off);
	for (int day = 0; day < 5; day++)
		hours_add(hours, day, SLICE("08:00-20:00"), &err);
	if (!n || hours_add_holidays(hours, SLICE("DE-BY"), NULL, &err) < 0 ||
	    holidays_add_region(days_off, SLICE("DE-BY"), &err) < 0) {
		fprintf(stderr, "usage: clock ours|walk N; %s\n", n ? err.text : "");
		return 64;
	}
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	for (unsigned i = 0; i < n; i++)
		sum += (uint64_t)(ours ? hours_after(hours, start_of(i), target_of(i)) :
		    walk(start_of(i), target_of(i))) / 60000 * (i % 1000 + 1);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	s = (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
	printf("%.0f %llu\n", n / s, (unsigned long long)sum);
	hours_free(hours);
	free(days_off);
	return 0;
}
