#include "stream/json.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
hex4(const char *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		int c = p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10;

		v = v * 16 + c;
	}
	return v;
}

static const char escapes[] = "\"\\/bfnrt", unescaped[] = "\"\\/\b\f\n\r\t";

/* Is the backslash at P the start of a whole escape?  The scanner asks for keys before it has checked
 * them; the line is refused a little later. */
static bool
whole_escape(const char *p, const char *end)
{
	if (end - p < 2)
		return false;
	if (p[1] != 'u')
		return p[1] && strchr(escapes, p[1]);
	if (end - p < 6)
		return false;
	for (int i = 2; i < 6; i++)
		if (!isxdigit((unsigned char)p[i]))
			return false;
	return true;
}

/* The escape at P + 1 = 'u'.  Returns the end; takes the low half of a pair with it. */
static const char *
put_unicode(struct buf *b, const char *p, const char *end)
{
	unsigned c = (unsigned)hex4(p + 2);

	p += 6;
	if (c >= 0xd800 && c <= 0xdbff && p < end && *p == '\\' && p[1] == 'u' &&
	    whole_escape(p, end)) {
		unsigned low = (unsigned)hex4(p + 2);

		if (low >= 0xdc00 && low <= 0xdfff) {
			buf_put_utf8(b, 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00));
			return p + 6;
		}
	}
	buf_put_utf8(b, c >= 0xd800 && c <= 0xdfff ? 0xfffd : c);
	return p;
}

struct slice
json_string(const struct json_value *v, struct buf *scratch)
{
	const char *p, *end;
	size_t start = scratch->n;

	if (v->type != JSON_STRING)
		return (struct slice){NULL, 0};
	if (!v->escaped)
		return (struct slice){v->p + 1, v->n - 2};
	for (p = v->p + 1, end = v->p + v->n - 1; p < end;) {
		const char *bs = memchr(p, '\\', (size_t)(end - p));

		buf_add(scratch, p, (size_t)((bs ? bs : end) - p));
		if (!bs)
			break;
		if (!whole_escape(bs, end)) {
			buf_addc(scratch, '\\');
			p = bs + 1;
		} else if (bs[1] == 'u') {
			p = put_unicode(scratch, bs, end);
		} else {
			buf_addc(scratch, unescaped[strchr(escapes, bs[1]) - escapes]);
			p = bs + 2;
		}
	}
	return (struct slice){scratch->p ? scratch->p + start : "", scratch->n - start};
}

bool
json_is(const struct json_value *v, struct slice text)
{
	struct buf b = BUF_INIT;
	bool same;

	if (v->type != JSON_STRING)
		return false;
	if (!v->escaped)
		return v->n - 2 == text.n && memcmp(v->p + 1, text.p, text.n) == 0;
	same = slice_eq(json_string(v, &b), text);
	buf_release(&b);
	return same;
}

/* A plain whole number of at most 15 digits is exact in a double. */
static bool
small_int(const struct json_value *v, int64_t *out)
{
	const char *p = v->p, *end = v->p + v->n;
	bool negative = *p == '-';
	int64_t x = 0;

	p += negative;
	if (end - p > 15)
		return false;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9')
			return false;
		x = x * 10 + (*p - '0');
	}
	*out = negative ? -x : x;
	return true;
}

double
json_number(const struct json_value *v, double fallback)
{
	char text[64], *copy = text;
	int64_t x;
	double d;

	if (v->type != JSON_NUMBER)
		return fallback;
	if (small_int(v, &x) && (x || *v->p != '-'))
		return (double)x;
	/* strtod wants a NUL; a number may be as long as the line. */
	if (v->n >= sizeof text && !(copy = malloc(v->n + 1)))
		return fallback;
	memcpy(copy, v->p, v->n);
	copy[v->n] = '\0';
	d = strtod(copy, NULL);
	if (copy != text)
		free(copy);
	return d;
}

bool
json_int(const struct json_value *v, int64_t *out)
{
	double d;

	if (v->type != JSON_NUMBER)
		return false;
	if (small_int(v, out))
		return true;
	if (v->n <= 20 && !memchr(v->p, '.', v->n) && !memchr(v->p, 'e', v->n) &&
	    !memchr(v->p, 'E', v->n)) {
		char text[24];
		long long x;

		memcpy(text, v->p, v->n);
		text[v->n] = '\0';
		errno = 0;
		x = strtoll(text, NULL, 10);
		if (errno)
			return false;
		*out = x;
		return true;
	}
	d = json_number(v, 0);
	if (!(d >= -9007199254740992.0 && d <= 9007199254740992.0) || d != (double)(int64_t)d)
		return false;
	*out = (int64_t)d;
	return true;
}

static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

static const char *
string_end(const char *p, bool *escaped)
{
	*escaped = false;
	for (p++; *p != '"'; p++)
		if (*p == '\\') {
			*escaped = true;
			p++;
		}
	return p + 1;
}

/* The bracket that closes the one at P. */
static const char *
nested_end(const char *p)
{
	int depth = 0;
	bool escaped;

	for (;;) {
		switch (*p) {
		case '"':
			p = string_end(p, &escaped);
			continue;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return p + 1;
			break;
		}
		p++;
	}
}

/* The value at P, which is the first byte of one. */
static struct json_value
value_at(const char *p, const char *end)
{
	struct json_value v = {p, 0, JSON_NUMBER, false};
	const char *q = p;

	switch (*p) {
	case '"':
		v.type = JSON_STRING;
		q = string_end(p, &v.escaped);
		break;
	case '{':
	case '[':
		v.type = *p == '{' ? JSON_OBJECT : JSON_ARRAY;
		q = nested_end(p);
		break;
	default:
		v.type = *p == 't' ? JSON_TRUE : *p == 'f' ? JSON_FALSE : *p == 'n' ? JSON_NULL
										    : JSON_NUMBER;
		while (q < end && !strchr(" \t\n\r,]}", *q))
			q++;
	}
	v.n = (uint32_t)(q - p);
	return v;
}

struct json_iter
json_each(const struct json_value *v)
{
	if (v->type != JSON_ARRAY && v->type != JSON_OBJECT)
		return (struct json_iter){NULL, NULL};
	return (struct json_iter){v->p + 1, v->p + v->n - 1};
}

bool
json_next(struct json_iter *it, struct json_value *key, struct json_value *value)
{
	const char *p = skip_space(it->at, it->end);
	struct json_value first;

	if (p >= it->end)
		return false;
	if (*p == ',')
		p = skip_space(p + 1, it->end);
	first = value_at(p, it->end);
	p = skip_space(p + first.n, it->end);
	if (p < it->end && *p == ':') {
		if (key)
			*key = first;
		p = skip_space(p + 1, it->end);
		*value = value_at(p, it->end);
		p += value->n;
	} else {
		if (key)
			*key = (struct json_value){NULL, 0, JSON_MISSING, false};
		*value = first;
	}
	it->at = p;
	return true;
}

struct json_value
json_member(const struct json_value *v, struct slice key)
{
	struct json_value found = {NULL, 0, JSON_MISSING, false}, k, value;
	struct json_iter it;

	if (v->type != JSON_OBJECT)
		return found;
	for (it = json_each(v); json_next(&it, &k, &value);)
		if (json_is(&k, key))
			found = value;
	return found;
}
