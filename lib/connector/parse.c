/*
 * JSON for libjq, from text that the scanner has found valid.  jv_parse would do for most texts, but
 * it turns ids into doubles, refuses what the scanner takes and leaks on some.  The names of members
 * come again in every record: their values are kept and shared, which saves libjq from hashing them.
 */
#include <stdlib.h>
#include <string.h>

#include "connector/program.h"
#include "core/hash.h"
#include "core/mem.h"

/* Names that are kept; a power of two. */
#define NAMES 1024
#define NAME_MAX_BYTES 64

struct name {
	struct slice raw; /* as written; p == NULL: free */
	jv value;
};

struct builder {
	struct buf scratch;
	struct name names[NAMES];
};

static jv
build_string(struct builder *b, const struct json_value *v)
{
	struct slice s;

	buf_clear(&b->scratch);
	s = json_string(v, &b->scratch);
	return jv_string_sized(s.n ? s.p : "", (int)s.n);
}

static jv
build_name(struct builder *b, const struct json_value *v)
{
	struct slice raw = json_raw(v);
	struct name *name;

	if (raw.n > NAME_MAX_BYTES)
		return build_string(b, v);
	name = &b->names[hash64(raw.p, raw.n, 0) & (NAMES - 1)];
	if (name->raw.p && slice_eq(name->raw, raw))
		return jv_copy(name->value);
	if (name->raw.p)
		jv_free(name->value);
	name->raw = raw;
	name->value = build_string(b, v);
	return jv_copy(name->value);
}

/* Is the number V a whole one that a double may not hold? */
static bool
is_big(const struct json_value *v)
{
	static const char most[] = "9007199254740992";
	size_t minus = v->p[0] == '-', n = v->n - minus;

	for (size_t i = minus; i < v->n; i++)
		if (v->p[i] < '0' || v->p[i] > '9')
			return false;
	return n > sizeof most - 1 ||
	       (n == sizeof most - 1 && memcmp(v->p + minus, most, n) > 0);
}

static jv
build_number(const struct json_value *v)
{
	int64_t x = 0;

	if (v->n <= 15) {
		size_t i = v->p[0] == '-';

		for (; i < v->n && v->p[i] >= '0' && v->p[i] <= '9'; i++)
			x = x * 10 + (v->p[i] - '0');
		if (i == v->n)
			return jv_number(v->p[0] == '-' ? -(double)x : (double)x);
	} else if (is_big(v)) {
		return jv_string_sized(v->p, (int)v->n);
	}
	return jv_number(json_number(v, 0));
}

/* Recursion is bounded by SCAN_DEPTH_MAX. */
static jv
build(struct builder *b, const struct json_value *v)
{
	struct json_iter it;
	struct json_value key, x;
	jv out;

	switch ((enum json_type)v->type) {
	case JSON_FALSE:
		return jv_false();
	case JSON_TRUE:
		return jv_true();
	case JSON_NUMBER:
		return build_number(v);
	case JSON_STRING:
		return build_string(b, v);
	case JSON_ARRAY:
		out = jv_array();
		for (it = json_each(v); json_next(&it, NULL, &x);)
			out = jv_array_append(out, build(b, &x));
		return out;
	case JSON_OBJECT:
		out = jv_object();
		for (it = json_each(v); json_next(&it, &key, &x);) {
			jv name = build_name(b, &key);

			out = jv_object_set(out, name, build(b, &x));
		}
		return out;
	case JSON_MISSING:
	case JSON_NULL:
		break;
	}
	return jv_null();
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
		out = build(b, &s->root);
		builder_free(b);
	}
	free(padded);
	scanner_free(s);
	scan_plan_free(plan);
	return out;
}
