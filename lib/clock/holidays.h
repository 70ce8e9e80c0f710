/*
 * Days off: single dates, the public holidays of a region computed from the rules in
 * share/holidays/CC.json, and iCalendar files.  A set holds the days of the years 1970 to 2199.
 * Days are counted since 1970-01-01.
 */
#ifndef SME_CLOCK_HOLIDAYS_H
#define SME_CLOCK_HOLIDAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/slice.h"

#define HOLIDAYS_YEAR_FIRST 1970
#define HOLIDAYS_YEAR_LAST  2199
#define HOLIDAYS_DAYS       84006 /* in these years */

struct holidays {
	uint64_t bits[(HOLIDAYS_DAYS + 63) / 64];
	size_t n; /* days in it */
};

bool holidays_has(const struct holidays *h, int64_t day);

/* The first holiday not before DAY; INT64_MAX when there is none. */
int64_t holidays_next(const struct holidays *h, int64_t day);

/* Add a day; one outside the years is left out. */
void holidays_add_day(struct holidays *h, int64_t day);

/* Add a date such as "2026-12-25"; once again is no mistake.  -1 with ERR. */
int holidays_add_date(struct holidays *h, struct slice date, struct sme_err *err);

/* Is S written as a region, "DE" or "DE-BY"? */
bool holidays_is_region(struct slice s);

/* Add the public holidays of REGION.  -1 with ERR when no rules are known for it, or they are
 * wrong. */
int holidays_add_region(struct holidays *h, struct slice region, struct sme_err *err);

/* The same with the rules in TEXT, the content of the file NAME. */
int holidays_add_rules(struct holidays *h, struct slice region, struct slice text, const char *name,
    struct sme_err *err);

/*
 * Add the all-day events of an iCalendar document (RFC 5545), NAME for messages: DTSTART up to DTEND or
 * DURATION, RRULE by year, month, week or day, RDATE, EXDATE and repetitions that were moved; cancelled
 * events and events with a time of day are left out.  -1 with ERR when it is no calendar, not whole, or
 * repeats in a way that is not understood, such as by the week of the year.
 */
int holidays_add_ical(struct holidays *h, struct slice text, const char *name, struct sme_err *err);

/* Easter Sunday of YEAR in the Gregorian calendar (Meeus/Jones/Butcher). */
int64_t easter_day(int year);

/* The WEEKDAY (0 is Monday) number NTH of a month, -1 the last one; INT64_MIN when it has not so
 * many. */
int64_t nth_weekday(int year, int month, int weekday, int nth);

/* 0 for Monday. */
int weekday_of(int64_t day);

#endif
