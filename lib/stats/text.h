/* How figures and text from outside are written for people, in English or German. */
#ifndef SME_STATS_TEXT_H
#define SME_STATS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/slice.h"

struct zone;

enum stats_lang { STATS_EN, STATS_DE, STATS_LANGS };

/*
 * Append TEXT, which nobody may trust, in at most COLUMNS columns of a terminal (with an ellipsis
 * when it is cut).  White space becomes a space; control characters, those that
 * turn the direction of writing and those that XML forbids become U+FFFD.
 */
void stats_put_clean(struct buf *b, struct slice text, size_t columns);

/* As stats_put_clean, and safe as text or quoted attribute of HTML and XML. */
void stats_put_html(struct buf *b, struct slice text, size_t columns);

/* The columns that clean TEXT takes on a terminal. */
size_t stats_columns(struct slice text);

/* 12,345 or 12.345 */
void stats_put_whole(struct buf *b, enum stats_lang lang, uint64_t n);

/* X with DIGITS digits after the point or comma; a minus sign only when a digit is not 0. */
void stats_put_decimal(struct buf *b, enum stats_lang lang, double x, int digits);

/* 1,234 or 56 k or 1.2 M: for followers */
void stats_put_short(struct buf *b, enum stats_lang lang, uint64_t n);

/* A of ALL as "48%"; some but few are "<1%" (escape it in HTML), a share of nothing is a dash. */
void stats_put_percent(struct buf *b, enum stats_lang lang, uint64_t a, uint64_t all);

/* "40 s", "24 min", "2 h 10 min", "3 d 4 h" */
void stats_put_span(struct buf *b, enum stats_lang lang, double ms);

enum stats_when {
	STATS_DAY,       /* Fri 20 Nov */
	STATS_TIME,      /* 19:00 */
	STATS_DAY_TIME,  /* Fri 20 Nov 19:00 */
	STATS_FULL       /* Fri 20 Nov 2026 19:00 */
};

/* The instant MS as the clock in ZONE shows it. */
void stats_put_when(struct buf *b, enum stats_lang lang, enum stats_when how,
    const struct zone *zone, int64_t ms);

/* The local day DAY (days since 1970) as STATS_DAY; as "Fri 20"; as 2026-11-20. */
void stats_put_day(struct buf *b, enum stats_lang lang, int64_t day);
void stats_put_short_day(struct buf *b, enum stats_lang lang, int64_t day);
void stats_put_date(struct buf *b, int64_t day);

/* 0 is Monday. */
const char *stats_weekday(enum stats_lang lang, int day);

#endif
