#include "clock/holidays.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/file.h"
#include "core/rfc3339.h"
#include "stream/tree.h"

/* A file of rules is small. */
#define RULES_MAX ((size_t)1 << 20)

static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* ---- the set ---- */

bool
holidays_has(const struct holidays *h, int64_t day)
{
	return day >= 0 && day < HOLIDAYS_DAYS && h->bits[day / 64] >> (day % 64) & 1;
}

int64_t
holidays_next(const struct holidays *h, int64_t day)
{
	if (day < 0)
		day = 0;
	while (day < HOLIDAYS_DAYS) {
		uint64_t rest = h->bits[day / 64] >> (day % 64);

		if (rest)
			return day + __builtin_ctzll(rest);
		day = (day / 64 + 1) * 64;
	}
	return INT64_MAX;
}

void
holidays_add_day(struct holidays *h, int64_t day)
{
	if (day < 0 || day >= HOLIDAYS_DAYS || holidays_has(h, day))
		return;
	h->bits[day / 64] |= UINT64_C(1) << (day % 64);
	h->n++;
}

static bool
parse_date(struct slice date, int64_t *day)
{
	char text[32];
	int64_t ms;

	if (date.n != 10)
		return false;
	memcpy(text, date.p, 10);
	memcpy(text + 10, "T00:00:00Z", 10);
	if (!rfc3339_parse((struct slice){text, 20}, &ms))
		return false;
	*day = ms / 86400000;
	return ms >= 0 && *day < HOLIDAYS_DAYS;
}

int
holidays_add_date(struct holidays *h, struct slice date, struct sme_err *err)
{
	int64_t day;

	if (!parse_date(date, &day))
		return err_set(err, SME_CONFIG,
		    "expected a date from %d to %d such as \"2026-12-25\", got \"%.*s\"",
		    HOLIDAYS_YEAR_FIRST, HOLIDAYS_YEAR_LAST, SLICE_ARG(date));
	holidays_add_day(h, day);
	return 0;
}

/* ---- the calendar ---- */

int64_t
easter_day(int year)
{
	int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4;
	int f = (b + 8) / 25, g = (b - f + 1) / 3, h = (19 * a + b - d - g + 15) % 30;
	int i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7;
	int m = (a + 11 * h + 22 * l) / 451, n = h + l - 7 * m + 114;

	return days_from_civil(year, n / 31, n % 31 + 1);
}

int
weekday_of(int64_t day)
{
	return (int)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

int64_t
nth_weekday(int year, int month, int weekday, int nth)
{
	int64_t first = days_from_civil(year, month, 1), day;
	int64_t end = days_from_civil(month == 12 ? year + 1 : year, month % 12 + 1, 1);

	if (nth > 0)
		day = first + (weekday - weekday_of(first) + 7) % 7 + (nth - 1) * 7;
	else
		day = end - 1 - (weekday_of(end - 1) - weekday + 7) % 7 + (nth + 1) * 7;
	return nth != 0 && day >= first && day < end ? day : INT64_MIN;
}

/* ---- rules ---- */

/* What a rule such as "easter+39", "12-25", "mon#-1 05" or "wed<11-23" says of a year. */
struct rule {
	enum { ON_DATE, ON_EASTER, ON_NTH, ON_BEFORE } kind;
	int month, day, weekday, nth, shift;
};

static bool
cut_number(struct slice *s, int digits, int *out)
{
	*out = 0;
	if (s->n < (size_t)digits)
		return false;
	for (int i = 0; i < digits; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		*out = *out * 10 + (s->p[i] - '0');
	}
	*s = (struct slice){s->p + digits, s->n - (size_t)digits};
	return true;
}

static bool
cut_word(struct slice *s, const char *word)
{
	struct slice w = slice_of(word);

	if (!slice_starts(*s, w))
		return false;
	*s = (struct slice){s->p + w.n, s->n - w.n};
	return true;
}

static int
cut_weekday(struct slice *s)
{
	for (int i = 0; i < 7; i++)
		if (cut_word(s, weekdays[i]))
			return i;
	return -1;
}

static bool
cut_date(struct slice *s, struct rule *r)
{
	return cut_number(s, 2, &r->month) && cut_word(s, "-") && cut_number(s, 2, &r->day) &&
	       r->month >= 1 && r->month <= 12 && r->day >= 1 && r->day <= 31;
}

/* "#3 09" or "<11-23", behind a weekday. */
static bool
cut_weekday_rule(struct slice *s, struct rule *r)
{
	int sign = 1;

	if (cut_word(s, "<")) {
		r->kind = ON_BEFORE;
		return cut_date(s, r);
	}
	r->kind = ON_NTH;
	if (!cut_word(s, "#"))
		return false;
	if (cut_word(s, "-"))
		sign = -1;
	if (!cut_number(s, 1, &r->nth) || r->nth < 1 || r->nth > 5 || !cut_word(s, " "))
		return false;
	r->nth *= sign;
	return cut_number(s, 2, &r->month) && r->month >= 1 && r->month <= 12;
}

/* "+4" or "-2" at the end, or nothing. */
static bool
cut_shift(struct slice *s, struct rule *r)
{
	int sign = 1, n = 0;

	*s = slice_trim(*s);
	if (!s->n)
		return true;
	if (cut_word(s, "-"))
		sign = -1;
	else if (!cut_word(s, "+"))
		return false;
	if (s->n < 1 || s->n > 3 || !cut_number(s, (int)s->n, &n))
		return false;
	r->shift = sign * n;
	return true;
}

static bool
parse_rule(struct slice text, struct rule *r)
{
	bool ok;

	*r = (struct rule){.kind = ON_DATE};
	if (cut_word(&text, "easter")) {
		r->kind = ON_EASTER;
		ok = true;
	} else if ((r->weekday = cut_weekday(&text)) >= 0) {
		ok = cut_weekday_rule(&text, r);
	} else {
		ok = cut_date(&text, r);
	}
	return ok && cut_shift(&text, r);
}

/* INT64_MIN for 29 February of most years. */
static int64_t
date_day(int year, int month, int day)
{
	int64_t at = days_from_civil(year, month, day);
	int y, m, d;

	civil_from_days(at, &y, &m, &d);
	return d == day ? at : INT64_MIN;
}

static int64_t
rule_day(const struct rule *r, int year)
{
	int64_t day = INT64_MIN;

	switch (r->kind) {
	case ON_DATE:
		day = date_day(year, r->month, r->day);
		break;
	case ON_EASTER:
		day = easter_day(year);
		break;
	case ON_NTH:
		day = nth_weekday(year, r->month, r->weekday, r->nth);
		break;
	case ON_BEFORE:
		day = days_from_civil(year, r->month, r->day) - 1;
		day -= (weekday_of(day) - r->weekday + 7) % 7;
		break;
	}
	return day == INT64_MIN ? day : day + r->shift;
}

/* ---- files of rules ---- */

static bool
lists_text(const struct json_node *list, struct slice text)
{
	for (NODE_EACH(it, list))
		if (slice_eq(it->text, text))
			return true;
	return false;
}

static bool
lists_number(const struct json_node *list, int number)
{
	for (NODE_EACH(it, list))
		if (it->number == number)
			return true;
	return false;
}

/* Not every year, and not on every weekday. */
static bool
holds(const struct json_node *n, int year, int64_t day)
{
	const struct json_node *only = node_get(n, "only");

	return day != INT64_MIN && year >= node_number(n, "from", HOLIDAYS_YEAR_FIRST) &&
	       year <= node_number(n, "to", HOLIDAYS_YEAR_LAST) &&
	       !lists_number(node_get(n, "not"), year) &&
	       (!only || lists_text(only, slice_of(weekdays[weekday_of(day)])));
}

/* A day that gives way to another one, such as Holy Week. */
static int64_t
moved(const struct json_node *n, const struct rule *other, int year, int64_t day)
{
	const struct json_node *move = node_get(n, "move");

	return move && day == rule_day(other, year) ? day + (int64_t)node_number(move, "by", 0) : day;
}

static void
add_year(struct holidays *h, const struct json_node *n, const struct rule *r,
    const struct rule *other, int year)
{
	int64_t day = moved(n, other, year, rule_day(r, year));
	double substitute;

	if (!holds(n, year, day))
		return;
	holidays_add_day(h, day);
	substitute = node_number(node_get(n, "substitute"), weekdays[weekday_of(day)], 0);
	holidays_add_day(h, day + (int64_t)substitute);
}

static int
add_holiday(struct holidays *h, const struct json_node *n, struct sme_err *err)
{
	struct slice on = node_text(n, "on"), given = node_text(node_get(n, "move"), "if");
	struct rule r, other = {0};

	for (NODE_EACH(it, node_get(n, "dates")))
		if (holidays_add_date(h, it->text, err) < 0)
			return -1;
	if (!on.p)
		return 0;
	if (!parse_rule(on, &r))
		return err_set(err, SME_CONFIG, "\"%.*s\" is no rule for a day", SLICE_ARG(on));
	if (given.p && !parse_rule(given, &other))
		return err_set(err, SME_CONFIG, "\"%.*s\" is no rule for a day", SLICE_ARG(given));
	for (int year = HOLIDAYS_YEAR_FIRST; year <= HOLIDAYS_YEAR_LAST; year++)
		add_year(h, n, &r, &other, year);
	return 0;
}

bool
holidays_is_region(struct slice s)
{
	if (s.n < 2 || (s.n > 2 && (s.n < 4 || s.n > 6 || s.p[2] != '-')))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool upper = s.p[i] >= 'A' && s.p[i] <= 'Z', digit = s.p[i] >= '0' && s.p[i] <= '9';

		if (i != 2 && !upper && !(digit && i > 2))
			return false;
	}
	return true;
}

/* The state of REGION must be one of the file's. */
static int
check_state(const struct json_node *root, struct slice region, struct slice state,
    struct sme_err *err)
{
	struct buf known = BUF_INIT;

	if (!state.n || lists_text(node_get(root, "states"), state))
		return 0;
	for (NODE_EACH(it, node_get(root, "states")))
		buf_printf(&known, " %.2s-%s", region.p, it->text.p);
	err_set(err, SME_CONFIG, "no holidays are known for \"%.*s\"; known are %.2s%.400s",
	    SLICE_ARG(region), region.p, known.n ? buf_str(&known) : " alone");
	buf_release(&known);
	return -1;
}

static int
add_tree(struct holidays *h, const struct json_node *root, struct slice region, struct sme_err *err)
{
	struct slice state = {region.p + 3, region.n > 3 ? region.n - 3 : 0};
	size_t i = 0;

	if (!state.n)
		state = node_text(root, "default");
	if (check_state(root, region, state, err) < 0)
		return -1;
	for (NODE_EACH(it, node_get(root, "holidays"))) {
		const struct json_node *in = node_get(it, "in");

		if ((!in || lists_text(in, state)) && add_holiday(h, it, err) < 0)
			return err_prefix(err, ".holidays[%zu]", i);
		i++;
	}
	return 0;
}

int
holidays_add_rules(struct holidays *h, struct slice region, struct slice text, const char *name,
    struct sme_err *err)
{
	struct arena a = {0};
	const struct json_node *root = json_tree(&a, text, err);
	int r = root ? add_tree(h, root, region, err) : -1;

	if (r < 0 && (!root || strncmp(err->text, "no holidays", 11) != 0))
		err_prefix(err, "%s", name);
	arena_release(&a);
	return r;
}

int
holidays_add_region(struct holidays *h, struct slice region, struct sme_err *err)
{
	char sub[] = "holidays/xx.json";
	struct buf text = BUF_INIT_MAX(RULES_MAX);
	char *path;
	int r;

	if (!holidays_is_region(region))
		return err_set(err, SME_CONFIG, "\"%.*s\" is no region such as \"DE-BY\"",
		    SLICE_ARG(region));
	sub[9] = (char)(region.p[0] | 0x20);
	sub[10] = (char)(region.p[1] | 0x20);
	path = sme_share(sub);
	r = file_read(path, &text, err);
	if (r < 0)
		err_set(err, SME_CONFIG, "no holidays are known for \"%.*s\": there is no %s; give "
		    "the dates, or an iCalendar file", SLICE_ARG(region), path);
	else
		r = holidays_add_rules(h, region, buf_slice(&text), path, err);
	buf_release(&text);
	free(path);
	return r;
}
