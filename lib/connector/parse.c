/*
 * JSON for libjq, from text that the scanner has found valid: one pass, no checks.  jv_parse would do
 * for most texts, but it turns ids into doubles, refuses what the scanner takes and leaks on some.  The
 * names of members come again in every record: their values are kept and shared, which saves libjq from
 * hashing them.
 */
#include <stdlib.h>
#include <string.h>

#include "connector/program.h"
#include "core/mem.h"

/* Names that are kept; a power of two. */
#define NAMES 512
#define NAME_BYTES_MAX 64

struct name {
	struct slice raw; /* as written, without quotes; p == NULL: free */
	jv value;
};

struct builder {
	const char *p; /* what comes next */
	struct buf scratch;
	struct name names[NAMES];
};

static jv build(struct builder *b);

static void
skip_blank(struct builder *b)
{
	while (*b->p == ' ' || *b->p == '\n' || *b->p == '\r' || *b->p == '\t')
		b->p++;
}

/* The string that begins here, with its quotes; *ESCAPED: there is a backslash in it. */
static struct slice
take_string(struct builder *b, bool *escaped)
{
	const char *start = b->p, *p = start + 1;

	*escaped = false;
	while (*p != '"') {
		if (*p == '\\') {
			*escaped = true;
			p++;
		}
		p++;
	}
	b->p = p + 1;
	return (struct slice){start, (size_t)(p + 1 - start)};
}

static jv
string_value(struct builder *b, struct slice raw, bool escaped)
{
	struct json_value v = {.p = raw.p, .n = (uint32_t)raw.n, .type = JSON_STRING, .escaped = true};
	struct slice s;

	if (!escaped)
		return jv_string_sized(raw.p + 1, (int)raw.n - 2);
	buf_clear(&b->scratch);
	s = json_string(&v, &b->scratch);
	return jv_string_sized(s.n ? s.p : "", (int)s.n);
}

static jv
build_string(struct builder *b)
{
	bool escaped;
	struct slice raw = take_string(b, &escaped);

	return string_value(b, raw, escaped);
}

static jv
build_name(struct builder *b)
{
	bool escaped;
	struct slice raw = take_string(b, &escaped);
	struct name *name;
	size_t hash;

	if (raw.n > NAME_BYTES_MAX)
		return string_value(b, raw, escaped);
	/* The length and three of the bytes tell the names of one network apart well enough. */
	hash = raw.n * 31 + (unsigned char)raw.p[1] * 7 + (unsigned char)raw.p[raw.n / 2] * 61 +
	       (unsigned char)raw.p[raw.n - 2] * 13;
	name = &b->names[hash & (NAMES - 1)];
	if (name->raw.p && slice_eq(name->raw, raw))
		return jv_copy(name->value);
	if (name->raw.p)
		jv_free(name->value);
	name->raw = raw;
	name->value = string_value(b, raw, escaped);
	return jv_copy(name->value);
}

/* Is the number a whole one that a double may not hold? */
static bool
is_big(struct slice s)
{
	static const char most[] = "9007199254740992";
	size_t minus = s.p[0] == '-', n = s.n - minus;

	for (size_t i = minus; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return n > sizeof most - 1 || (n == sizeof most - 1 && memcmp(s.p + minus, most, n) > 0);
}

static jv
build_number(struct builder *b)
{
	const char *start = b->p, *p = start + (*start == '-');
	struct json_value v = {.p = start, .type = JSON_NUMBER};
	int64_t x = 0;

	for (; *p >= '0' && *p <= '9' && p - start < 15; p++)
		x = x * 10 + (*p - '0');
	b->p = p;
	if (!strchr("0123456789.eE", *p) || !*p)
		return jv_number(*start == '-' ? -(double)x : (double)x);
	while (*p && strchr("0123456789.eE+-", *p))
		p++;
	b->p = p;
	v.n = (uint32_t)(p - start);
	if (is_big(json_raw(&v)))
		return jv_string_sized(start, (int)v.n);
	return jv_number(json_number(&v, 0));
}

static jv
build_array(struct builder *b)
{
	jv out = jv_array();

	b->p++;
	for (skip_blank(b); *b->p != ']'; skip_blank(b)) {
		b->p += *b->p == ',';
		out = jv_array_append(out, build(b));
	}
	b->p++;
	return out;
}

static jv
build_object(struct builder *b)
{
	jv out = jv_object(), name;

	b->p++;
	for (skip_blank(b); *b->p != '}'; skip_blank(b)) {
		b->p += *b->p == ',';
		skip_blank(b);
		name = build_name(b);
		skip_blank(b);
		b->p++; /* the colon */
		out = jv_object_set(out, name, build(b));
	}
	b->p++;
	return out;
}

/* Recursion is bounded by SCAN_DEPTH_MAX. */
static jv
build(struct builder *b)
{
	skip_blank(b);
	switch (*b->p) {
	case '"':
		return build_string(b);
	case '{':
		return build_object(b);
	case '[':
		return build_array(b);
	case 't':
		b->p += 4;
		return jv_true();
	case 'f':
		b->p += 5;
		return jv_false();
	case 'n':
		b->p += 4;
		return jv_null();
	default:
		return build_number(b);
	}
}

static void
builder_free(struct builder *b)
{
	for (size_t i = 0; i < NAMES; i++)
		if (b->names[i].raw.p)
			jv_free(b->names[i].value);
	buf_release(&b->scratch);
	free(b);
}

jv
connector_parse(struct slice text, struct sme_err *err)
{
	struct scan_plan *plan = scan_plan_new();
	struct scanner *s = scanner_new(plan);
	char *padded = xmalloc(text.n + SCAN_PADDING);
	struct builder *b;
	jv out = jv_invalid();

	if (text.n)
		memcpy(padded, text.p, text.n);
	memset(padded + text.n, 0, SCAN_PADDING);
	if (scanner_scan(s, padded, text.n) < 0) {
		err_set(err, SME_DATA, "byte %zu: %s", s->error_at + 1, s->error);
	} else {
		b = xcalloc(1, sizeof *b);
		b->scratch.max = BUF_MAX;
		b->p = padded;
		out = build(b);
		builder_free(b);
	}
	free(padded);
	scanner_free(s);
	scan_plan_free(plan);
	return out;
}
