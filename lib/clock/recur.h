/* How an all-day event of a calendar repeats: RRULE of RFC 5545, as far as whole days go. */
#ifndef SME_CLOCK_RECUR_H
#define SME_CLOCK_RECUR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

enum recur_freq { RECUR_NONE, RECUR_DAILY, RECUR_WEEKLY, RECUR_MONTHLY, RECUR_YEARLY };

struct recur {
	enum recur_freq freq;
	int interval;
	unsigned months;         /* bit 1 to 12; 0: all that the rest allows */
	uint32_t days, from_end; /* bit 1 to 31 of the month, from its begin and its end */
	uint32_t weekdays[7];    /* from Monday; bit 0: any, bits 1 to 5: the nth, bits 11 to 15: the nth last */
	bool by_weekday;
	int set_position; /* of the days in a year or month; 0: all of them */
	int week_start;
	int64_t count, until; /* 0: no limit */
};

/* Read VALUE, such as "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH".  False when it is none or not understood. */
bool recur_parse(struct slice value, struct recur *r);

typedef void recur_fn(void *ctx, int64_t day);

/* Call FN for each day on which an event begins that began on START, START itself when the rule has it, up to
 * the end of the year LAST. */
void recur_each(const struct recur *r, int64_t start, int last, recur_fn *fn, void *ctx);

/* "20261225", with or without a time behind it: days since 1970. */
bool recur_parse_day(struct slice s, int64_t *day);

#endif
