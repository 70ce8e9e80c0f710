/* Times and durations as they stand in events, options and config. */
#ifndef SME_CORE_RFC3339_H
#define SME_CORE_RFC3339_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/slice.h"

/* "2026-11-22T09:30:00.123Z" and a NUL. */
#define RFC3339_SIZE 32

/* No time is known. */
#define TIME_NONE INT64_MIN

/*
 * Parse RFC 3339 (a date, "T", "t" or a space, a time, a fraction, "Z" or an offset).  *MS becomes
 * milliseconds since 1970-01-01T00:00:00Z; a longer fraction is cut; second 60 counts as the next
 * minute's second 0.  Years 0000 to 9999.  False when S is anything else.
 */
bool rfc3339_parse(struct slice s, int64_t *ms);

/* Write MS as UTC with a "Z"; milliseconds only if they are not zero.  Returns OUT. */
char *rfc3339_format(int64_t ms, char out[RFC3339_SIZE]);

/* Append MS to B, as rfc3339_format. */
void rfc3339_put(struct buf *b, int64_t ms);

/* The clock of the system, in milliseconds since 1970. */
int64_t time_now_ms(void);

/* "90s", "36m", "2h", "1d", "500ms", "1h30m" as milliseconds; false when S is anything else. */
bool duration_parse(struct slice s, int64_t *ms);

/* The shortest of the above that says MS exactly, such as "36m" or "1h30m".  Appends to B. */
void duration_put(struct buf *b, int64_t ms);

/* Days since 1970-01-01 of a proleptic Gregorian date, and back.  Month 1-12, day 1-31. */
int64_t days_from_civil(int year, int month, int day);
void civil_from_days(int64_t days, int *year, int *month, int *day);

#endif
