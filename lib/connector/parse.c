/*
 * JSON for libjq, from text that the scanner has found valid: one pass, no checks.  jv_parse would do
 * for most texts, but it turns ids into doubles, refuses what the scanner takes and leaks on some.
 *
 * Pages repeat themselves: the names of members in every record, short texts such as "public", and whole
 * objects such as an author, below the same name.  What comes again is shared and not made again.
 */
#include <stdlib.h>
#include <string.h>

#include "connector/program.h"
#include "core/hash.h"
#include "core/mem.h"

/* Texts and objects that are kept; a power of two. */
#define KEPT 1024
/* A longer text hardly comes again. */
#define TEXT_KEPT_MAX 64

/* A value, and the text it was made of. */
struct kept {
	struct slice raw; /* p == NULL: free */
	jv value;
};

struct builder {
	const char *p, *end; /* what comes next */
	struct buf scratch;
	struct kept texts[KEPT];   /* by a hash of what they are */
	struct kept objects[KEPT]; /* the last one below a name, by the place of that among the texts */
};

static jv build(struct builder *b, size_t below);

/* Keep VALUE in the place of what was there. */
static void
keep(struct kept *k, struct slice raw, jv value)
{
	if (k->raw.p)
		jv_free(k->value);
	*k = (struct kept){raw, jv_copy(value)};
}

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

/* The string that begins here; *PLACE is that of its text. */
static jv
build_string(struct builder *b, size_t *place)
{
	bool escaped;
	struct slice raw = take_string(b, &escaped);
	struct kept *k;
	jv value;

	*place = hash64(raw.p, raw.n, 0) & (KEPT - 1);
	k = &b->texts[*place];
	if (k->raw.p && slice_eq(k->raw, raw))
		return jv_copy(k->value);
	value = string_value(b, raw, escaped);
	if (raw.n <= TEXT_KEPT_MAX)
		keep(k, raw, value);
	return value;
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
build_array(struct builder *b, size_t below)
{
	jv out = jv_array();

	b->p++;
	for (skip_blank(b); *b->p != ']'; skip_blank(b)) {
		b->p += *b->p == ',';
		out = jv_array_append(out, build(b, below));
	}
	b->p++;
	return out;
}

static jv
build_members(struct builder *b)
{
	jv out = jv_object(), name;
	size_t place;

	b->p++;
	for (skip_blank(b); *b->p != '}'; skip_blank(b)) {
		b->p += *b->p == ',';
		skip_blank(b);
		name = build_string(b, &place);
		skip_blank(b);
		b->p++; /* the colon */
		out = jv_object_set(out, name, build(b, place));
	}
	b->p++;
	return out;
}

/* The object that begins here, below the name whose place that is. */
static jv
build_object(struct builder *b, size_t below)
{
	struct kept *k = &b->objects[below];
	const char *start = b->p;
	jv out;

	if (k->raw.n && (size_t)(b->end - start) >= k->raw.n &&
	    memcmp(start, k->raw.p, k->raw.n) == 0) {
		b->p += k->raw.n;
		return jv_copy(k->value);
	}
	out = build_members(b);
	keep(k, (struct slice){start, (size_t)(b->p - start)}, out);
	return out;
}

/* Recursion is bounded by SCAN_DEPTH_MAX. */
static jv
build(struct builder *b, size_t below)
{
	size_t place;

	skip_blank(b);
	switch (*b->p) {
	case '"':
		return build_string(b, &place);
	case '{':
		return build_object(b, below);
	case '[':
		return build_array(b, below);
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
	for (size_t i = 0; i < KEPT; i++) {
		if (b->texts[i].raw.p)
			jv_free(b->texts[i].value);
		if (b->objects[i].raw.p)
			jv_free(b->objects[i].value);
	}
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
		b->end = padded + text.n;
		out = build(b, 0);
		builder_free(b);
	}
	free(padded);
	scanner_free(s);
	scan_plan_free(plan);
	return out;
}
