/* Dates as feeds and exports write them, which is rarely what their standards say. */
#ifndef SME_NET_DATE_H
#define SME_NET_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/slice.h"

/*
 * Parse S into milliseconds since 1970: RFC 3339 and ISO 8601, RFC 822 (two- and four-digit years,
 * a wrong or foreign weekday, zone names, no seconds), RFC 850, asctime, "21.11.2026 14:05",
 * "Nov 21, 2026 2:05 PM", month names in English, German, French, Spanish and Italian, and seconds
 * or milliseconds since 1970.  Without a zone it is UTC.  A form that could mean two days, such as
 * "03/04/2026", is refused; so is everything else.
 */
bool date_parse(struct slice s, int64_t *ms);

/* The same; *ZONED tells whether S itself said its zone. */
bool date_parse_zoned(struct slice s, int64_t *ms, bool *zoned);

/* Parse S by a strptime(3) format, names of months in English; all of S must be used up.  %z is
 * understood, without it the time is UTC; %s is seconds since 1970. */
bool date_parse_format(struct slice s, const char *format, int64_t *ms, bool *zoned);

#endif
