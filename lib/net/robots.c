#include "net/robots.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/mem.h"
#include "net/url.h"

/* More rules than this are not kept, and a longer one is none: a match costs their sum times the
 * path. */
#define RULES_MAX 20000
#define RULE_MAX 2048

#define DELAY_MAX 60000

struct rule {
	struct slice pattern; /* normalised, without the "$" */
	size_t length;        /* as written, which decides between rules */
	bool allow, end;
};

struct robots {
	struct arena arena;
	struct rule *rules;
	size_t n, cap;
	int64_t delay;
	bool closed;
};

static int
hex(char c)
{
	return isdigit((unsigned char)c)    ? c - '0'
	       : isxdigit((unsigned char)c) ? (tolower((unsigned char)c) - 'a') + 10
	                                    : -1;
}

static bool
unreserved(unsigned char c)
{
	return isalnum(c) || strchr("-._~", c);
}

/*
 * S with every byte spelled in one way: what need not be escaped is not, what is beyond ASCII is,
 * in capitals.  "*" and "$" are escaped, but for the "*" of a rule, which means something else.
 */
static void
normalise(struct buf *out, struct slice s, bool rule)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		bool escaped =
		    c == '%' && i + 2 < s.n && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0;

		if (escaped) {
			c = (unsigned char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2]));
			i += 2;
		}
		if (escaped ? c && unreserved(c)
			    : c > 0x20 && c < 0x7f && c != '$' && (c != '*' || rule))
			buf_addc(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

/* ---- reading ---- */

enum line_kind { LINE_OTHER, LINE_AGENT, LINE_ALLOW, LINE_DISALLOW, LINE_DELAY };

/* The next line of TEXT as its key and value, without the comment. */
static bool
next_line(struct slice *text, enum line_kind *kind, struct slice *value)
{
	static const struct {
		const char *key;
		enum line_kind kind;
	} keys[] = {{"user-agent", LINE_AGENT}, {"allow", LINE_ALLOW}, {"disallow", LINE_DISALLOW},
	    {"crawl-delay", LINE_DELAY}};
	struct slice line, key;
	size_t n = 0;

	if (!text->n)
		return false;
	while (n < text->n && text->p[n] != '\n' && text->p[n] != '\r')
		n++;
	line = (struct slice){text->p, n};
	n += n < text->n;
	text->p += n;
	text->n -= n;
	slice_cut(&line, '#', &key);
	line = key;
	slice_cut(&line, ':', &key);
	*value = slice_trim(line);
	*kind = LINE_OTHER;
	key = slice_trim(key);
	for (size_t i = 0; line.p && i < sizeof keys / sizeof *keys; i++)
		if (slice_eq_nocase(key, slice_of(keys[i].key)))
			*kind = keys[i].kind;
	return true;
}

/* The product token at the start of VALUE: of "sme/1.0 (x)" it is "sme". */
static struct slice
product(struct slice value)
{
	size_t n = 0;

	while (n < value.n &&
	       (isalpha((unsigned char)value.p[n]) || value.p[n] == '-' || value.p[n] == '_'))
		n++;
	return (struct slice){value.p, n};
}

static bool
is_for(struct slice value, struct slice agent)
{
	if (slice_is(agent, "*"))
		return value.n && value.p[0] == '*';
	return slice_eq_nocase(product(value), agent);
}

static void
add_rule(struct robots *r, struct slice value, bool allow)
{
	struct rule rule = {.length = value.n, .allow = allow};
	struct buf b = BUF_INIT;

	/* "Disallow:" with nothing behind it forbids nothing. */
	if (!value.n || value.n > RULE_MAX || r->n == RULES_MAX)
		return;
	rule.end = value.p[value.n - 1] == '$';
	value.n -= rule.end;
	if (value.p[0] != '/' && value.p[0] != '*' && value.n)
		buf_addc(&b, '/');
	normalise(&b, value, true);
	rule.pattern = arena_dup(&r->arena, buf_slice(&b));
	buf_release(&b);
	r->rules = xgrow(r->rules, r->n, &r->cap, sizeof *r->rules);
	r->rules[r->n++] = rule;
}

static void
set_delay(struct robots *r, struct slice value)
{
	char *end;
	char text[32];
	double seconds;

	if (!value.n || value.n >= sizeof text)
		return;
	memcpy(text, value.p, value.n);
	text[value.n] = '\0';
	seconds = strtod(text, &end);
	if (end == text || !(seconds > 0))
		return;
	r->delay = seconds * 1000 > DELAY_MAX ? DELAY_MAX : (int64_t)(seconds * 1000);
}

/* All groups of AGENT together; whether there was one. */
static bool
take_groups(struct robots *r, struct slice text, struct slice agent)
{
	enum line_kind kind;
	struct slice value;
	bool found = false, ours = false, naming = false;

	while (next_line(&text, &kind, &value)) {
		if (kind == LINE_AGENT) {
			/* Several names in a row head one group. */
			ours = (naming && ours) || is_for(value, agent);
			found |= ours;
		} else if (ours && (kind == LINE_ALLOW || kind == LINE_DISALLOW)) {
			add_rule(r, value, kind == LINE_ALLOW);
		} else if (ours && kind == LINE_DELAY) {
			set_delay(r, value);
		}
		if (kind != LINE_OTHER)
			naming = kind == LINE_AGENT;
	}
	return found;
}

struct robots *
robots_parse(struct slice text, const char *agent)
{
	struct robots *r = xcalloc(1, sizeof *r);

	if (text.n > ROBOTS_MAX)
		text.n = ROBOTS_MAX;
	if (slice_starts(text, SLICE("\xef\xbb\xbf"))) {
		text.p += 3;
		text.n -= 3;
	}
	if (!take_groups(r, text, slice_of(agent)))
		take_groups(r, text, SLICE("*"));
	return r;
}

struct robots *
robots_answer(long status, struct slice text, const char *agent)
{
	struct robots *r;

	if (status >= 200 && status < 300)
		return robots_parse(text, agent);
	r = xcalloc(1, sizeof *r);
	r->closed = status == 0 || status >= 500;
	return r;
}

void
robots_free(struct robots *r)
{
	if (!r)
		return;
	arena_release(&r->arena);
	free(r->rules);
	free(r);
}

/* ---- matching ---- */

/*
 * Does RULE match the start of PATH?  Each "*" takes as little as it can, and is tried again with
 * more when what follows does not fit: only the last one ever needs to be, so the time is at most
 * the product of the lengths.
 */
static bool
matches(const struct rule *rule, struct slice path)
{
	struct slice p = rule->pattern;
	size_t i = 0, j = 0, star = SIZE_MAX, mark = 0;

	for (;;) {
		if (i < p.n && p.p[i] == '*') {
			star = i++;
			mark = j;
		} else if (i == p.n && (!rule->end || j == path.n)) {
			return true;
		} else if (i < p.n && j < path.n && p.p[i] == path.p[j]) {
			i++;
			j++;
		} else if (star != SIZE_MAX && mark < path.n) {
			i = star + 1;
			j = ++mark;
		} else {
			return false;
		}
	}
}

/* Path and query of URL, in one spelling. */
static void
put_path(struct buf *out, struct slice url)
{
	struct url u;

	url_split(url, &u);
	if (!u.path.n || u.path.p[0] != '/')
		buf_addc(out, '/');
	normalise(out, u.path, false);
	if (u.query.p) {
		buf_addc(out, '?');
		normalise(out, u.query, false);
	}
}

bool
robots_allow(const struct robots *r, struct slice url)
{
	struct buf path = BUF_INIT;
	const struct rule *best = NULL;
	bool allow;

	put_path(&path, url);
	for (size_t i = 0; i < r->n; i++) {
		const struct rule *rule = &r->rules[i];

		if (best &&
		    (rule->length < best->length || (rule->length == best->length && !rule->allow)))
			continue;
		if (matches(rule, buf_slice(&path)))
			best = rule;
	}
	allow = slice_is(buf_slice(&path), "/robots.txt") || (!r->closed && (!best || best->allow));
	buf_release(&path);
	return allow;
}

int64_t
robots_delay(const struct robots *r)
{
	return r->delay;
}

bool
robots_url(struct buf *out, struct slice url)
{
	struct url u;

	url_split(url, &u);
	if (!url_is_http(url) || !u.host.n)
		return false;
	buf_adds(out, u.scheme);
	buf_puts(out, "://");
	buf_adds(out, u.host);
	if (u.port.n) {
		buf_addc(out, ':');
		buf_adds(out, u.port);
	}
	buf_puts(out, "/robots.txt");
	return true;
}
