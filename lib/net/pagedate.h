/* Dates as web pages show them to people. */
#ifndef SME_NET_PAGEDATE_H
#define SME_NET_PAGEDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "clock/zone.h"
#include "core/slice.h"

/*
 * S in milliseconds since 1970: by FORMAT (strptime(3)) when that is given and fits, else whatever
 * date_parse understands, else as counted from NOW: "vor 3 Stunden", "2 days ago", "gestern,
 * 14:05", "today at 9:30", "gerade eben".  A time without a zone is one of ZONE (NULL: UTC).  False
 * when S is none of these.
 */
bool page_date(
    struct slice s, int64_t now, const struct zone *zone, const char *format, int64_t *ms);

#endif
