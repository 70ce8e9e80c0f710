/*
 * Business hours: spans of every weekday in a time zone, and holidays.  A span is half open
 * ("08:00-20:00" is closed at 20:00:00), belongs to the day on which it begins, and runs over
 * midnight when it ends before it begins; a holiday takes away the spans that begin on it.  What
 * counts is the clock on the wall: an hour that is skipped in spring is in no span, one that comes
 * twice in autumn counts twice.  Read-only after it is built: any number of threads may ask.
 * Times are milliseconds since 1970 in UTC.
 */
#ifndef SME_CLOCK_HOURS_H
#define SME_CLOCK_HOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "clock/zone.h"
#include "core/err.h"
#include "core/slice.h"
#include "stream/tree.h"

/* Spans that may begin on one day. */
#define HOURS_SPANS_MAX 16

struct hours;

/* Closed all week until spans are added.  ZONE goes over to the hours; NULL is UTC. */
struct hours *hours_new(struct zone *zone);
void hours_free(struct hours *h);

/*
 * Add a span such as "08:00-12:30", "22:00-06:00", "00:00-24:00" to WEEKDAY (0 is Monday).  -1 with
 * ERR when it is no span, empty, or overlaps another one.  Spans that meet are joined.
 */
int hours_add(struct hours *h, int weekday, struct slice span, struct sme_err *err);

/*
 * Add holidays: a date such as "2026-12-25", the public ones of a region such as "DE-BY" (holidays.h),
 * or those of an iCalendar file ending in ".ics", beside the file CONFIG (NULL: in the working
 * directory).
 */
int hours_add_holidays(
    struct hours *h, struct slice what, const char *config, struct sme_err *err);

/*
 * The hours of a tenant from its members "timezone" (else UTC), "hours" and "holidays", whose files lie
 * beside CONFIG.  ERR names the member that is wrong.  NULL with ERR->text empty when the tenant
 * has neither "hours" nor "holidays": it is always open.  Without "hours" only the holidays close.
 */
struct hours *hours_read(const struct json_node *tenant, const char *config, struct sme_err *err);

/* The same in the time zone ZONE (p == NULL: UTC), whatever "timezone" says. */
struct hours *hours_read_in(
    const struct json_node *node, struct slice zone, const char *config, struct sme_err *err);

/* Is it open at the instant AT? */
bool hours_is_open(const struct hours *h, int64_t at);

/* The first instant not before AT at which it is open; TIME_NONE when it never opens again. */
int64_t hours_next_open(const struct hours *h, int64_t at);

/* The first instant not before AT at which it is closed; TIME_NONE when it never closes again. */
int64_t hours_next_close(const struct hours *h, int64_t at);

/*
 * The first instant at which MS of open time have passed since AT: a span's end rather than the next
 * one's begin.  TIME_NONE when that is more than two hundred years away.  H may be NULL: always open.
 */
int64_t hours_after(const struct hours *h, int64_t at, int64_t ms);

/* The open time in [FROM, TO), 0 when TO is not after FROM.  H may be NULL. */
int64_t hours_between(const struct hours *h, int64_t from, int64_t to);

#endif
