#include "stats/text.h"

#include <math.h>
#include <stdio.h>
#include <utf8proc.h>

#include "clock/zone.h"
#include "core/rfc3339.h"

#define REPLACEMENT "\xef\xbf\xbd"

/* However many marks are stacked on a letter, so many code points a column are enough. */
#define POINTS_PER_COLUMN 8

static const char *const weekdays[STATS_LANGS][7] = {
    [STATS_EN] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
    [STATS_DE] = {"Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"},
};

static const char *const months[STATS_LANGS][12] = {
    [STATS_EN] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
	"Dec"},
    [STATS_DE] = {"Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sep.", "Okt.",
	"Nov.", "Dez."},
};

/* Characters that must not reach a terminal or a page: controls, direction marks, non-characters.
 */
static bool
is_unsafe(int32_t cp)
{
	static const struct {
		int32_t from, to;
	} ranges[] = {
	    {0x00, 0x1f},
	    {0x7f, 0x9f},
	    {0x61c, 0x61c},
	    {0x200b, 0x200b},
	    {0x200e, 0x200f},
	    {0x2028, 0x202e},
	    {0x2060, 0x206f},
	    {0xd800, 0xdfff},
	    {0xfdd0, 0xfdef},
	    {0xfeff, 0xfeff},
	    {0xfff9, 0xfffb},
	    {0xe0000, 0xe0fff},
	};

	if ((cp & 0xfffe) == 0xfffe)
		return true;
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (cp >= ranges[i].from && cp <= ranges[i].to)
			return true;
	return false;
}

/* One character of clean text: what to write, and how wide it is. */
struct glyph {
	struct slice text;
	size_t columns;
};

/* Take the next character off TEXT. */
static struct glyph
next_glyph(struct slice *text)
{
	struct glyph g = {SLICE(REPLACEMENT), 1};
	utf8proc_int32_t cp;
	utf8proc_ssize_t n =
	    utf8proc_iterate((const utf8proc_uint8_t *)text->p, (utf8proc_ssize_t)text->n, &cp);

	if (n < 1) {
		n = 1;
	} else if (cp == '\t' || cp == '\n' || cp == '\r') {
		g.text = SLICE(" ");
	} else if (!is_unsafe(cp)) {
		g.text = (struct slice){text->p, (size_t)n};
		g.columns = (size_t)utf8proc_charwidth(cp);
	}
	text->p += n;
	text->n -= (size_t)n;
	return g;
}

size_t
stats_columns(struct slice text)
{
	size_t columns = 0;

	while (text.n)
		columns += next_glyph(&text).columns;
	return columns;
}

static void
put_escaped(struct buf *b, struct slice glyph)
{
	switch (glyph.n == 1 ? glyph.p[0] : 0) {
	case '&':
		buf_puts(b, "&amp;");
		break;
	case '<':
		buf_puts(b, "&lt;");
		break;
	case '>':
		buf_puts(b, "&gt;");
		break;
	case '"':
		buf_puts(b, "&quot;");
		break;
	case '\'':
		buf_puts(b, "&#39;");
		break;
	default:
		buf_adds(b, glyph);
	}
}

static void
put_text(struct buf *b, struct slice text, size_t columns, bool escape)
{
	size_t points = columns * POINTS_PER_COLUMN;
	bool whole;

	text = slice_trim(text);
	whole = text.n <= points && stats_columns(text) <= columns;
	while (text.n) {
		struct glyph g = next_glyph(&text);

		if (!whole && (g.columns >= columns || points-- == 0)) {
			buf_puts(b, "…");
			return;
		}
		columns -= whole ? 0 : g.columns;
		if (escape)
			put_escaped(b, g.text);
		else
			buf_adds(b, g.text);
	}
}

void
stats_put_clean(struct buf *b, struct slice text, size_t columns)
{
	put_text(b, text, columns, false);
}

void
stats_put_html(struct buf *b, struct slice text, size_t columns)
{
	put_text(b, text, columns, true);
}

void
stats_put_whole(struct buf *b, enum stats_lang lang, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_addc(b, lang == STATS_DE ? '.' : ',');
		buf_addc(b, digits[i]);
	}
}

void
stats_put_decimal(struct buf *b, enum stats_lang lang, double x, int digits)
{
	char text[64];
	double unit = pow(10, -digits);

	if (fabs(x) < unit / 2)
		x = 0;
	snprintf(text, sizeof text, "%.*f", digits, x);
	for (char *p = text; *p; p++)
		if (*p == '.' && lang == STATS_DE)
			*p = ',';
	if (x < 0)
		buf_puts(b, "−");
	buf_puts(b, text + (x < 0));
}

void
stats_put_short(struct buf *b, enum stats_lang lang, uint64_t n)
{
	if (n < 10000) {
		stats_put_whole(b, lang, n);
	} else if (n < 999500) {
		stats_put_whole(b, lang, (n + 500) / 1000);
		buf_puts(b, " k");
	} else {
		stats_put_decimal(b, lang, (double)n / 1e6, n < 99950000 ? 1 : 0);
		buf_puts(b, " M");
	}
}

void
stats_put_percent(struct buf *b, enum stats_lang lang, uint64_t a, uint64_t all)
{
	const char *sign = lang == STATS_DE ? "\u00a0%" : "%";
	double percent;

	if (!all) {
		buf_puts(b, "–");
		return;
	}
	percent = 100 * (double)a / (double)all;
	if (a && percent < 1)
		buf_puts(b, "<1");
	else if (a < all && percent > 99)
		buf_puts(b, ">99");
	else
		buf_printf(b, "%.0f", percent);
	buf_puts(b, sign);
}

void
stats_put_span(struct buf *b, enum stats_lang lang, double ms)
{
	const char *day = lang == STATS_DE ? "T" : "d";
	uint64_t s = (uint64_t)(ms / 1000 + 0.5), m = (s + 30) / 60, h = (m + 30) / 60;

	if (s < 90)
		buf_printf(b, "%llu s", (unsigned long long)s);
	else if (m < 90)
		buf_printf(b, "%llu min", (unsigned long long)m);
	else if (m < 24 * 60 && m % 60)
		buf_printf(b, "%llu h %llu min", (unsigned long long)(m / 60),
		    (unsigned long long)(m % 60));
	else if (h < 48)
		buf_printf(b, "%llu h", (unsigned long long)h);
	else if (h % 24 && h < 24 * 14)
		buf_printf(b, "%llu %s %llu h", (unsigned long long)(h / 24), day,
		    (unsigned long long)(h % 24));
	else
		buf_printf(b, "%llu %s", (unsigned long long)((h + 12) / 24), day);
}

const char *
stats_weekday(enum stats_lang lang, int day)
{
	return weekdays[lang][day];
}

void
stats_put_day(struct buf *b, enum stats_lang lang, int64_t day)
{
	int year, month, mday;

	civil_from_days(day, &year, &month, &mday);
	buf_printf(b, lang == STATS_DE ? "%s %d. %s" : "%s %d %s",
	    weekdays[lang][(day % 7 + 10) % 7], mday, months[lang][month - 1]);
}

void
stats_put_short_day(struct buf *b, enum stats_lang lang, int64_t day)
{
	int year, month, mday;

	civil_from_days(day, &year, &month, &mday);
	buf_printf(
	    b, lang == STATS_DE ? "%s %d." : "%s %d", weekdays[lang][(day % 7 + 10) % 7], mday);
}

void
stats_put_date(struct buf *b, int64_t day)
{
	int year, month, mday;

	civil_from_days(day, &year, &month, &mday);
	buf_printf(b, "%04d-%02d-%02d", year, month, mday);
}

void
stats_put_when(
    struct buf *b, enum stats_lang lang, enum stats_when how, const struct zone *zone, int64_t ms)
{
	int64_t s = ms / 1000 - (ms % 1000 < 0), day, rest;
	int year, month, mday;

	s += zone_offset(zone, s);
	day = s / 86400 - (s % 86400 < 0);
	rest = s - day * 86400;
	if (how != STATS_TIME)
		stats_put_day(b, lang, day);
	if (how == STATS_FULL) {
		civil_from_days(day, &year, &month, &mday);
		buf_printf(b, " %04d", year);
	}
	if (how != STATS_DAY)
		buf_printf(b, "%s%02d:%02d", how == STATS_TIME ? "" : " ", (int)(rest / 3600),
		    (int)(rest / 60 % 60));
}
