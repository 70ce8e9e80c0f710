/*
 * The scanner in plain C: byte after byte, the grammar of RFC 8259 as it is written.  It is the
 * reference for the SIMD kernels and gives every error its place and reason.
 */
#include <string.h>

#include "stream/scan_int.h"

struct cursor {
	struct scanner *s;
	const char *start, *p, *end;
	size_t depth;
};

static int
fail(struct cursor *c, const char *at, const char *why)
{
	c->s->error = why;
	c->s->error_at = (size_t)(at - c->start);
	return -1;
}

static void
skip_space(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
		c->p++;
}

const char *
scan_utf8(const char *p, const char *end)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t left = (size_t)(end - p);
	unsigned lo = 0x80, hi = 0xbf;
	size_t n;

	if (u[0] >= 0xc2 && u[0] <= 0xdf)
		n = 2;
	else if (u[0] >= 0xe0 && u[0] <= 0xef)
		n = 3;
	else if (u[0] >= 0xf0 && u[0] <= 0xf4)
		n = 4;
	else
		return NULL;
	if (left < n)
		return NULL;
	/* The second byte's range excludes overlong forms, surrogates and what is above U+10FFFF. */
	if (u[0] == 0xe0)
		lo = 0xa0;
	else if (u[0] == 0xed)
		hi = 0x9f;
	else if (u[0] == 0xf0)
		lo = 0x90;
	else if (u[0] == 0xf4)
		hi = 0x8f;
	if (u[1] < lo || u[1] > hi)
		return NULL;
	for (size_t i = 2; i < n; i++)
		if (u[i] < 0x80 || u[i] > 0xbf)
			return NULL;
	return p + n;
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* The end of the escape at P, which is a backslash; NULL when it is none of the nine. */
static const char *
scan_escape(const char *p, const char *end)
{
	if (end - p < 2)
		return NULL;
	if (p[1] == 'u')
		return end - p >= 6 && is_hex(p[2]) && is_hex(p[3]) && is_hex(p[4]) && is_hex(p[5])
		    ? p + 6
		    : NULL;
	return p[1] && strchr("\"\\/bfnrt", p[1]) ? p + 2 : NULL;
}

/* The string at c->p, a quote.  *V gets its raw text. */
static int
scan_string(struct cursor *c, struct json_value *v)
{
	const char *p = c->p + 1, *next;
	bool escaped = false;

	for (;;) {
		unsigned char ch;

		if (p == c->end)
			return fail(c, c->p, "unterminated string");
		ch = (unsigned char)*p;
		if (ch == '"')
			break;
		if (ch < 0x20)
			return fail(c, p, "control character in a string");
		if (ch == '\\') {
			next = scan_escape(p, c->end);
			if (!next)
				return fail(c, p, "bad escape in a string");
			escaped = true;
			p = next;
		} else if (ch < 0x80) {
			p++;
		} else {
			next = scan_utf8(p, c->end);
			if (!next)
				return fail(c, p, "invalid UTF-8");
			p = next;
		}
	}
	p++;
	*v = (struct json_value){c->p, (uint32_t)(p - c->p), JSON_STRING, escaped};
	c->p = p;
	return 0;
}

static const char *
skip_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

static const char *
scan_number(const char *p, const char *end)
{
	const char *q;

	if (*p == '-')
		p++;
	q = skip_digits(p, end);
	if (q == p || (*p == '0' && q - p > 1))
		return NULL;
	p = q;
	if (p < end && *p == '.') {
		q = skip_digits(p + 1, end);
		if (q == p + 1)
			return NULL;
		p = q;
	}
	if (p < end && (*p | 0x20) == 'e') {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		q = skip_digits(p, end);
		if (q == p)
			return NULL;
		p = q;
	}
	return p;
}

static const char *
scan_word(const char *p, const char *end, struct slice word)
{
	return (size_t)(end - p) >= word.n && memcmp(p, word.p, word.n) == 0 ? p + word.n : NULL;
}

const char *
scan_scalar(const char *p, const char *end, const char **error)
{
	const char *q;

	*error = "expected a value";
	switch (*p) {
	case 't':
		q = scan_word(p, end, SLICE("true"));
		break;
	case 'f':
		q = scan_word(p, end, SLICE("false"));
		break;
	case 'n':
		q = scan_word(p, end, SLICE("null"));
		break;
	case '-':
	case '0':
	case '1':
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
	case '7':
	case '8':
	case '9':
		*error = "bad number";
		q = scan_number(p, end);
		break;
	default:
		return NULL;
	}
	/* "1x" and "truely" end in a byte that nothing may begin with here. */
	if (q && q < end && !memchr(" \t\n\r,]}:{[\"", *q, 11))
		q = NULL;
	return q;
}

static enum json_type
scalar_type(char first)
{
	return first == 't' ? JSON_TRUE : first == 'f' ? JSON_FALSE : first == 'n' ? JSON_NULL
										   : JSON_NUMBER;
}

/* Where the value of NODE goes; NULL when nobody wants it. */
static struct json_value *
slot(struct cursor *c, const struct scan_node *node)
{
	if (!node)
		return NULL;
	return node->value < 0 ? &c->s->root : &c->s->values[node->value];
}

static int
open_level(struct cursor *c, const struct scan_node *node)
{
	bool object = *c->p == '{';

	if (c->depth == SCAN_DEPTH_MAX)
		return fail(c, c->p, "nested deeper than 512 levels");
	c->s->state->stack[c->depth++] = (struct scan_level){object ? node : NULL,
	    (uint32_t)(c->p - c->start), node ? node->value : -2, object};
	if (node)
		*slot(c, node) = (struct json_value){c->p, 0, object ? JSON_OBJECT : JSON_ARRAY, false};
	c->p++;
	return 0;
}

/* c->p stands on the bracket that closes the innermost level. */
static void
close_level(struct cursor *c)
{
	const struct scan_level *l = &c->s->state->stack[--c->depth];
	uint32_t n = (uint32_t)(++c->p - c->start) - l->start;

	if (l->value == -1)
		c->s->root.n = n;
	else if (l->value >= 0)
		c->s->values[l->value].n = n;
}

/* A member name and its colon.  *NODE: the wanted path that its value is on, or NULL. */
static int
scan_key(struct cursor *c, const struct scan_node **node)
{
	const struct scan_node *parent = c->s->state->stack[c->depth - 1].node;
	struct json_value key;

	if (c->p == c->end || *c->p != '"')
		return fail(c, c->p, "expected a member name in quotes");
	if (scan_string(c, &key) < 0)
		return -1;
	*node = parent ? scan_find_child(c->s->state, parent, (struct slice){key.p + 1, key.n - 2},
			     key.escaped)
		       : NULL;
	if (*node && c->s->values[(*node)->value].type != JSON_MISSING)
		scan_forget(c->s, *node);
	skip_space(c);
	if (c->p == c->end || *c->p != ':')
		return fail(c, c->p, "expected ':'");
	c->p++;
	skip_space(c);
	return 0;
}

/* A string, number or literal. */
static int
scan_leaf(struct cursor *c, const struct scan_node *node)
{
	struct json_value v;

	if (*c->p == '"') {
		if (scan_string(c, &v) < 0)
			return -1;
	} else {
		const char *why, *q = scan_scalar(c->p, c->end, &why);

		if (!q)
			return fail(c, c->p, why);
		v = (struct json_value){c->p, (uint32_t)(q - c->p), (uint8_t)scalar_type(*c->p), false};
		c->p = q;
	}
	if (node)
		*slot(c, node) = v;
	return 0;
}

/*
 * After a value: the comma and what must follow it, or closing brackets.  Returns 1 when another
 * value comes (with *NODE its path), 0 when the top-level value is complete.
 */
static int
after_value(struct cursor *c, const struct scan_node **node)
{
	while (c->depth) {
		bool object = c->s->state->stack[c->depth - 1].object;

		skip_space(c);
		if (c->p < c->end && *c->p == ',') {
			c->p++;
			skip_space(c);
			*node = NULL;
			return object && scan_key(c, node) < 0 ? -1 : 1;
		}
		if (c->p == c->end || *c->p != (object ? '}' : ']'))
			return fail(c, c->p, object ? "expected ',' or '}'" : "expected ',' or ']'");
		close_level(c);
	}
	return 0;
}

/*
 * An opening bracket: either an empty array or object, complete at once (0), or a first element
 * or member whose value comes next (1).
 */
static int
enter(struct cursor *c, const struct scan_node **node)
{
	bool object = *c->p == '{';

	if (open_level(c, *node) < 0)
		return -1;
	skip_space(c);
	*node = NULL;
	if (c->p < c->end && *c->p == (object ? '}' : ']')) {
		close_level(c);
		return 0;
	}
	return object && scan_key(c, node) < 0 ? -1 : 1;
}

int
scan_plain(struct scanner *s, const char *line, size_t n)
{
	struct cursor c = {s, line, line, line + n, 0};
	const struct scan_node *node = &s->state->plan->nodes[0];
	int more = 1;

	skip_space(&c);
	if (c.p == c.end)
		return fail(&c, c.p, "empty line");
	while (more > 0) {
		if (c.p == c.end)
			return fail(&c, c.p, "expected a value");
		if (*c.p == '{' || *c.p == '[')
			more = enter(&c, &node);
		else
			more = scan_leaf(&c, node);
		if (more == 0)
			more = after_value(&c, &node);
	}
	if (more < 0)
		return -1;
	skip_space(&c);
	return c.p == c.end ? 0 : fail(&c, c.p, "more text after the value");
}
