#include "config/kinds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock/holidays.h"
#include "clock/zone.h"
#include "core/rfc3339.h"
#include "expr/expr.h"
#include "net/address.h"
#include "net/url.h"
#include "text/entity.h"
#include "text/query.h"

static bool
is_text(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	(void)s;
	(void)why;
	return n->type == JSON_STRING;
}

/* Not empty, and nothing in it that would tear a line of output. */
static bool
is_name(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	if (!is_text(s, n, why) || n->text.n == 0)
		return false;
	for (size_t i = 0; i < n->text.n; i++)
		if ((unsigned char)n->text.p[i] < 0x20 || n->text.p[i] == 0x7f)
			return false;
	return true;
}

/* A file name ends at the first NUL wherever it is used. */
static bool
is_path(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	return is_text(s, n, why) && n->text.n && !memchr(n->text.p, '\0', n->text.n);
}

static bool
is_bool(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	(void)s;
	(void)why;
	return n->type == JSON_TRUE || n->type == JSON_FALSE;
}

static bool
is_duration(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	int64_t ms;

	return is_text(s, n, why) && duration_parse(n->text, &ms);
}

static bool
is_time(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	int64_t ms;

	return is_text(s, n, why) && rfc3339_parse(n->text, &ms);
}

static bool
is_date(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	char full[] = "0000-00-00T00:00:00Z";
	int64_t ms;

	if (!is_text(s, n, why) || n->text.n != 10)
		return false;
	memcpy(full, n->text.p, 10);
	return rfc3339_parse(slice_of(full), &ms);
}

/* Whether the rules of the region or the file are there is asked when hours are made of it. */
static bool
is_holiday(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	return is_text(s, n, why) && (is_date(s, n, why) || holidays_is_region(n->text) ||
	                                 slice_ends(n->text, SLICE(".ics")));
}

/* "HH:MM" at P in minutes, 24:00 included; -1 when it is anything else. */
static int
minutes(const char *p)
{
	int h, m;

	for (int i = 0; i < 5; i++)
		if (i == 2 ? p[i] != ':' : p[i] < '0' || p[i] > '9')
			return -1;
	h = (p[0] - '0') * 10 + p[1] - '0';
	m = (p[3] - '0') * 10 + p[4] - '0';
	return m > 59 || h * 60 + m > 24 * 60 ? -1 : h * 60 + m;
}

/* "22:00-06:00" ends on the next day; one that ends where it begins could mean nothing or all. */
static bool
is_hours(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	int from, to;

	if (!is_text(s, n, why) || n->text.n != 11 || n->text.p[5] != '-')
		return false;
	from = minutes(n->text.p);
	to = minutes(n->text.p + 6);
	return from >= 0 && from < 24 * 60 && to >= 0 && from != to;
}

/* Whether there is such a zone is asked by --check-config and by whoever needs the hours. */
static bool
zone_exists(const struct json_node *n, struct sme_err *why)
{
	struct zone *z = zone_open(n->text, why);

	zone_close(z);
	return z != NULL;
}

static bool
compiles(const struct json_node *n, struct sme_err *why)
{
	struct scan_plan *plan = scan_plan_new();
	struct expr *e = expr_compile_checked(n->text.p, plan, why);

	expr_free(e);
	scan_plan_free(plan);
	return e != NULL;
}

static bool
is_variable(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '_' && s.p[i] != '.' && !(s.p[i] >= '0' && s.p[i] <= '9') &&
		    !((s.p[i] | 0x20) >= 'a' && (s.p[i] | 0x20) <= 'z'))
			return false;
	return s.n > 0;
}

/* Each "{" begins a variable such as {name}; "{{" and "}}" stand for one brace. */
static bool
is_snippet(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	struct slice t = n->text;

	if (!is_text(s, n, why))
		return false;
	for (size_t i = 0; i < t.n; i++) {
		const char *end;

		if (t.p[i] != '{' && t.p[i] != '}')
			continue;
		if (i + 1 < t.n && t.p[i + 1] == t.p[i]) {
			i++;
			continue;
		}
		end = t.p[i] == '{' ? memchr(t.p + i, '}', t.n - i) : NULL;
		if (!end ||
		    !is_variable((struct slice){t.p + i + 1, (size_t)(end - t.p) - i - 1})) {
			err_set(why, SME_CONFIG,
			    "byte %zu: \"%c\" is not part of a variable such as "
			    "{name}; write %c%c for the character itself",
			    i, t.p[i], t.p[i], t.p[i]);
			return false;
		}
		i = (size_t)(end - t.p);
	}
	return true;
}

/* A text for the compiler of conditions, which takes a C string. */
static bool
is_code(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	return is_text(s, n, why) && !memchr(n->text.p, '\0', n->text.n) &&
	       slice_trim(n->text).n > 0;
}

static bool
is_query(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	return is_text(s, n, why) && query_check(n->text, why) == 0;
}

static bool
is_keyword(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	return is_name(s, n, why) && query_check_keyword(n->text, why) == 0;
}

static bool
is_pattern(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	return is_text(s, n, why) && entity_check_pattern(n->text, why) == 0;
}

static bool
is_network(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	struct address_net net;

	return is_text(s, n, why) && address_parse(n->text, &net);
}

static bool
is_url(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	struct url u;

	if (!is_name(s, n, why))
		return false;
	url_split(n->text, &u);
	return u.scheme.n && (u.host.n || u.path.n);
}

bool
schema_number(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	(void)why;
	return n->type == JSON_NUMBER && n->number >= s->min && n->number <= s->max;
}

static const char *
word_at(const void *list, size_t i)
{
	return ((const char *const *)list)[i];
}

bool
schema_word(const struct schema *s, const struct json_node *n, struct sme_err *why)
{
	const char *near;

	if (n->type != JSON_STRING)
		return false;
	for (const char *const *w = s->words; *w; w++)
		if (slice_is(n->text, *w))
			return true;
	near = schema_nearest(n->text, word_at, s->words);
	if (near) {
		struct buf got = BUF_INIT;

		schema_put_value(&got, n);
		err_set(why, SME_CONFIG, "expected %s, got %s; did you mean \"%s\"?", s->expected,
		    buf_str(&got), near);
		buf_release(&got);
	}
	return false;
}

const struct schema kind_any = {.expected = "any value"};
const struct schema kind_text = {.expected = "a text", .scalar = is_text};
const struct schema kind_name = {
    .expected = "a name (a text that is not empty)", .scalar = is_name};
const struct schema kind_path = {.expected = "the name of a file", .scalar = is_path};
const struct schema kind_bool = {.expected = "true or false", .scalar = is_bool};
const struct schema kind_duration = {
    .expected = "a duration such as \"36m\"", .scalar = is_duration};
const struct schema kind_time = {
    .expected = "a time such as \"2026-11-22T09:30:00Z\"", .scalar = is_time};
const struct schema kind_date = {.expected = "a date such as \"2026-12-25\"", .scalar = is_date};
const struct schema kind_holiday = {
    .expected = "a date such as \"2026-12-25\", a region such as \"DE-BY\" or a file such as \"days.ics\"",
    .scalar = is_holiday};
const struct schema kind_hours = {
    .expected = "a span of hours such as \"08:00-20:00\"", .scalar = is_hours};
const struct schema kind_zone = {
    .expected = "a time zone such as \"Europe/Berlin\"", .scalar = is_name, .deep = zone_exists};
const struct schema kind_condition = {
    .expected = "a jq condition such as \".direct\"", .scalar = is_code, .deep = compiles};
const struct schema kind_query = {
    .expected = "a boolean query such as \"netz AND NOT test\"", .scalar = is_query};
const struct schema kind_keyword = {
    .expected = "a word or phrase such as \"kein Netz\"", .scalar = is_keyword};
const struct schema kind_pattern = {
    .expected = "a pattern such as \"A-####\"", .scalar = is_pattern};
const struct schema kind_network = {
    .expected = "an address such as \"127.0.0.1\" or a network such as \"10.0.0.0/8\"",
    .scalar = is_network,
};
const struct schema kind_url = {
    .expected = "a URL such as \"https://social.example\"",
    .scalar = is_url,
};
const struct schema kind_snippet = {
    .expected = "a text with variables such as \"Hallo {name}\"", .scalar = is_snippet};
