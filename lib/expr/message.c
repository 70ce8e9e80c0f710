/*
 * jq's errors that show a value: "null (null) cannot be matched, as it is not a string".  The value
 * is its JSON, cut off after eleven bytes.  What is not plainly the same in the raw text is left to
 * libjq.
 */
#include <stdio.h>

#include "expr/expr_int.h"

/* What libjq leaves of a longer value, and how it marks that. */
#define SHOWN_WHOLE 14
#define SHOWN_CUT 11

/* A whole number that jq prints as it stands. */
static bool
plain_number(struct slice s)
{
	size_t i = s.n > 1 && s.p[0] == '-';

	if (s.n - i > 15 || (s.p[i] == '0' && s.n > 1))
		return false;
	for (; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return true;
}

static bool
plain_string(struct slice s)
{
	for (size_t i = 0; i < s.n && i < SHOWN_CUT + 4; i++)
		if ((unsigned char)s.p[i] >= 0x7f)
			return false;
	return true;
}

bool
val_plain(const struct val *v, struct slice *out)
{
	*out = (struct slice){v->p, v->n};
	switch (v->type) {
	case JSON_NULL:
		*out = SLICE("null");
		return true;
	case JSON_FALSE:
		*out = SLICE("false");
		return true;
	case JSON_TRUE:
		*out = SLICE("true");
		return true;
	case JSON_NUMBER:
		return v->form == VAL_RAW && plain_number(*out);
	case JSON_STRING:
		return v->form == VAL_RAW && !v->escaped && plain_string(*out);
	default:
		return false;
	}
}

/* "TYPE (VALUE)" to B. */
static bool
describe(const struct val *v, struct buf *b)
{
	struct slice s;

	if (!val_plain(v, &s))
		return false;
	buf_printf(b, "%s (%.*s%s)", val_type_name(v), (int)(s.n > SHOWN_WHOLE ? SHOWN_CUT : s.n),
	    s.p, s.n > SHOWN_WHOLE ? "..." : "");
	return true;
}

int
err_value(struct expr_run *run, const char *before, const struct val *v, const char *behind)
{
	struct buf *b = &run->decode;

	buf_clear(b);
	if (!describe(v, b))
		return RES_PUNT;
	err_set(run->err, SME_DATA, "%s%s%s", before, b->p, behind);
	return RES_ERROR;
}

int
err_values(struct expr_run *run, const struct val *v, const struct val *w, const char *behind)
{
	struct buf *b = &run->decode;

	buf_clear(b);
	if (!describe(v, b))
		return RES_PUNT;
	buf_puts(b, " and ");
	if (!describe(w, b))
		return RES_PUNT;
	err_set(run->err, SME_DATA, "%s %s", b->p, behind);
	return RES_ERROR;
}
