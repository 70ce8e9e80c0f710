/*
 * The rule at the end of a TZif file: a POSIX TZ string such as "CET-1CEST,M3.5.0,M10.5.0/3",
 * with the extension of RFC 9636 (hours -167 to 167).  Only for zone.c and its tests.
 */
#ifndef SME_CLOCK_TZRULE_H
#define SME_CLOCK_TZRULE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

enum tzrule_form {
	TZRULE_JULIAN, /* Jn: day 1-365, February 29 is never counted */
	TZRULE_DAY,    /* n: day 0-365 */
	TZRULE_WEEK    /* Mm.w.d: weekday d of week w (5: the last one) of month m */
};

struct tzrule_date {
	enum tzrule_form form;
	int day, week, month;
	int32_t time; /* seconds after local midnight */
};

struct tzrule {
	bool has_dst;
	int32_t std, dst; /* seconds east of UTC */
	struct tzrule_date start, end; /* of daylight-saving time */
};

bool tzrule_parse(struct slice text, struct tzrule *rule);

int32_t tzrule_offset(const struct tzrule *rule, int64_t at);

/* The first change after AT, or INT64_MAX. */
int64_t tzrule_next_change(const struct tzrule *rule, int64_t at);

#endif
