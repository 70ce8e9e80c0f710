/* Values: numbers, decoded strings, and jq's order and containment on raw JSON text. */
#include <math.h>
#include <stdlib.h>

#include "core/mem.h"
#include "expr/expr_int.h"

#define CHUNK ((size_t)64 << 10)

struct val
val_of(const struct json_value *v)
{
	return (struct val){.type = v->type == JSON_MISSING ? JSON_NULL : v->type,
	    .form = VAL_RAW,
	    .escaped = v->escaped,
	    .p = v->p,
	    .n = v->n};
}

struct json_value
val_json(const struct val *v)
{
	return (struct json_value){
	    .p = v->p, .n = (uint32_t)v->n, .type = v->type, .escaped = v->escaped};
}

const char *
val_type_name(const struct val *v)
{
	static const char *const names[] = {[JSON_MISSING] = "null",
	    [JSON_NULL] = "null",
	    [JSON_FALSE] = "boolean",
	    [JSON_TRUE] = "boolean",
	    [JSON_NUMBER] = "number",
	    [JSON_STRING] = "string",
	    [JSON_ARRAY] = "array",
	    [JSON_OBJECT] = "object"};

	return names[v->type];
}

/* --- scratch memory --- */

void *
run_alloc(struct expr_run *run, size_t n)
{
	struct chunk *c = run->chunks;
	size_t cap;
	void *p;

	n = (n + 15) & ~(size_t)15;
	if (!c || c->cap - c->used < n) {
		cap = n > CHUNK ? n : CHUNK;
		if (run->chunk_bytes + cap > EXPR_SCRATCH_MAX)
			return NULL;
		c = xmalloc(sizeof *c + cap);
		c->next = run->chunks;
		c->used = 0;
		c->cap = cap;
		run->chunks = c;
		run->chunk_bytes += cap;
	}
	p = c->bytes + c->used;
	c->used += n;
	return p;
}

struct scratch_mark
run_mark(const struct expr_run *run)
{
	return (struct scratch_mark){run->chunks, run->chunks ? run->chunks->used : 0};
}

/* Back to MARK; of what came later the first chunk is kept for the next event. */
void
run_reset(struct expr_run *run, struct scratch_mark mark)
{
	while (run->chunks && run->chunks != mark.chunk && run->chunks->next) {
		struct chunk *c = run->chunks;

		run->chunks = c->next;
		run->chunk_bytes -= c->cap;
		free(c);
	}
	if (run->chunks)
		run->chunks->used = run->chunks == mark.chunk ? mark.used : 0;
}

/* --- numbers --- */

static const double tens[] = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/*
 * Up to 15 digits are exact in a double, and so is the power of ten below them; one division rounds
 * once, so the result is the nearest double.  Everything else takes the long way.
 */
double
expr_number(const char *p, size_t n)
{
	struct json_value v = {.p = p, .n = (uint32_t)n, .type = JSON_NUMBER};
	const char *s = p, *end = p + n;
	bool minus = n && *s == '-';
	uint64_t x = 0;
	size_t digits = 0, frac = 0;
	char text[512];
	double d;

	for (s += minus; s < end && *s >= '0' && *s <= '9' && digits < 16; s++, digits++)
		x = x * 10 + (uint64_t)(*s - '0');
	if (s < end && *s == '.')
		for (s++; s < end && *s >= '0' && *s <= '9' && digits < 16; s++, digits++, frac++)
			x = x * 10 + (uint64_t)(*s - '0');
	if (s == end && digits <= 15) {
		d = frac ? (double)x / tens[frac] : (double)x;
		return minus ? -d : d;
	}
	if (n >= sizeof text)
		return json_number(&v, 0);
	memcpy(text, p, n);
	text[n] = '\0';
	return strtod(text, NULL);
}

double
val_number(const struct val *v)
{
	return v->form == VAL_NUM ? v->num : expr_number(v->p, v->n);
}

/* jq puts NaN below every number, itself included. */
int
num_cmp(double a, double b)
{
	if (a < b || isnan(a))
		return -1;
	return a == b ? 0 : 1;
}

/* --- strings --- */

bool
val_text(struct expr_run *run, const struct val *v, struct slice *out)
{
	struct json_value raw;
	struct slice s;
	char *copy;

	if (v->form == VAL_TEXT) {
		*out = (struct slice){v->p, v->n};
		return true;
	}
	if (!v->escaped) {
		*out = (struct slice){v->p + 1, v->n - 2};
		return true;
	}
	raw = val_json(v);
	buf_clear(&run->decode);
	s = json_string(&raw, &run->decode);
	copy = run_alloc(run, s.n + 1);
	if (!copy)
		return false;
	memcpy(copy, s.p, s.n);
	*out = (struct slice){copy, s.n};
	return true;
}

/* --- order --- */

static int
text_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int r = n ? memcmp(a.p, b.p, n) : 0;

	return r ? r : (a.n > b.n) - (a.n < b.n);
}

static int
array_cmp(struct expr_run *run, const struct val *a, const struct val *b, int *r)
{
	struct json_value ja = val_json(a), jb = val_json(b), x, y;
	struct json_iter ia = json_each(&ja), ib = json_each(&jb);

	for (;;) {
		bool more_a = json_next(&ia, NULL, &x), more_b = json_next(&ib, NULL, &y);
		struct val va, vb;
		int res;

		if (!more_a || !more_b) {
			*r = (int)more_a - (int)more_b;
			return RES_TRUE;
		}
		va = val_of(&x);
		vb = val_of(&y);
		res = val_cmp(run, &va, &vb, r);
		if (res != RES_TRUE || *r)
			return res;
	}
}

int
val_cmp(struct expr_run *run, const struct val *a, const struct val *b, int *r)
{
	struct slice s, t;

	*r = (int)a->type - (int)b->type;
	if (*r)
		return RES_TRUE;
	switch (a->type) {
	case JSON_NUMBER:
		*r = num_cmp(val_number(a), val_number(b));
		return RES_TRUE;
	case JSON_STRING:
		if (!val_text(run, a, &s) || !val_text(run, b, &t))
			return RES_PUNT;
		*r = text_cmp(s, t);
		return RES_TRUE;
	case JSON_ARRAY:
		return array_cmp(run, a, b, r);
	case JSON_OBJECT:
		return a->n == b->n && memcmp(a->p, b->p, a->n) == 0 ? RES_TRUE : RES_PUNT;
	default:
		return RES_TRUE;
	}
}

/* --- containment --- */

/* jq 1.6 searches with strstr, so both strings end at their first NUL. */
static struct slice
until_nul(struct slice s)
{
	const char *nul = s.n ? memchr(s.p, '\0', s.n) : NULL;

	return nul ? (struct slice){s.p, (size_t)(nul - s.p)} : s;
}

static int
string_contains(struct expr_run *run, const struct val *a, const struct val *b)
{
	struct slice s, t;

	if (!val_text(run, a, &s) || !val_text(run, b, &t))
		return RES_PUNT;
	s = until_nul(s);
	t = until_nul(t);
	return slice_find(s, t) >= 0 ? RES_TRUE : RES_FALSE;
}

/* Is there an element of the array A that contains B? */
static int
element_contains(struct expr_run *run, const struct val *a, const struct val *b)
{
	struct json_value ja = val_json(a), x;
	struct json_iter it = json_each(&ja);

	while (json_next(&it, NULL, &x)) {
		struct val v = val_of(&x);
		int res = val_contains(run, &v, b);

		if (res != RES_FALSE)
			return res;
	}
	return RES_FALSE;
}

int
val_contains(struct expr_run *run, const struct val *a, const struct val *b)
{
	struct json_value jb, x;
	struct json_iter it;
	int r, res;

	if (a->type != b->type)
		return RES_FALSE;
	if (a->type == JSON_OBJECT)
		return RES_PUNT;
	if (a->type == JSON_STRING)
		return string_contains(run, a, b);
	if (a->type != JSON_ARRAY) {
		res = val_cmp(run, a, b, &r);
		return res == RES_TRUE && r ? RES_FALSE : res;
	}
	jb = val_json(b);
	it = json_each(&jb);
	while (json_next(&it, NULL, &x)) {
		struct val v = val_of(&x);

		res = element_contains(run, a, &v);
		if (res != RES_TRUE)
			return res;
	}
	return RES_TRUE;
}
