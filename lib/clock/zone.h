/*
 * Time zones from the system's zoneinfo files (TZif versions 1 to 4, RFC 9636), the rule in their
 * footer included, without touching TZ or any other state of the process.  A zone is read-only
 * once it is open: any number of threads may ask it.  Times are seconds since 1970 in UTC.
 */
#ifndef SME_CLOCK_ZONE_H
#define SME_CLOCK_ZONE_H

#include <stdint.h>

#include "core/err.h"
#include "core/slice.h"

struct zone;

/* What zone_next_change gives when the offset never changes again. */
#define ZONE_NEVER INT64_MAX

/*
 * Open the zone NAME, such as "Europe/Berlin", below $TZDIR or /usr/share/zoneinfo.  A name that
 * could lead out of that directory is refused.  "UTC" is known without any file.  NULL with ERR.
 */
struct zone *zone_open(struct slice name, struct sme_err *err);

/* A zone from the content of a TZif file; NAME is for messages. */
struct zone *zone_parse(struct slice name, struct slice data, struct sme_err *err);

void zone_close(struct zone *z);

/* Seconds east of UTC at the instant AT. */
int32_t zone_offset(const struct zone *z, int64_t at);

/* The first instant after AT at which the offset may change.  Up to there it stays as it is. */
int64_t zone_next_change(const struct zone *z, int64_t at);

#endif
