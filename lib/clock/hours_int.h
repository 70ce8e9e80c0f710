/* Private to lib/clock: how business hours are kept. */
#ifndef SME_CLOCK_HOURS_INT_H
#define SME_CLOCK_HOURS_INT_H

#include "clock/holidays.h"
#include "clock/hours.h"

#define DAY_MIN  1440
#define WEEK_MIN (7 * DAY_MIN)
#define DAY_MS   INT64_C(86400000)

/* Minutes after the midnight at which the day begins; END may lie in the next day. */
struct span {
	int start, end;
};

struct day {
	struct span spans[HOURS_SPANS_MAX]; /* ascending, apart from each other */
	size_t n;
};

struct hours {
	struct zone *zone;
	struct day days[7]; /* Monday first */
	int week_minutes;   /* open in a week without holidays */
	struct holidays holidays;
};

/* Rounds towards the past. */
static inline int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* The spans that lie in DAY (of local time) as minutes of that day, what began the day before
 * included; ascending, apart from each other.  Returns how many. */
size_t hours_of_day(const struct hours *h, int64_t day, struct span out[2 * HOURS_SPANS_MAX]);

/* What local time is ahead of UTC at the instant AT, in ms. */
int64_t hours_offset(const struct hours *h, int64_t at);

#endif
