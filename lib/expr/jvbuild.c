/*
 * Events for libjq, built from the text that the scanner has found valid.  jv_parse would do for
 * most of them, but it refuses lone surrogates and deep nesting, which the scanner takes, and leaks
 * on some texts.
 */
#include "expr/expr_int.h"

static jv
string_jv(const struct json_value *v, struct buf *scratch)
{
	struct slice s;

	buf_clear(scratch);
	s = json_string(v, scratch);
	return jv_string_sized(s.n ? s.p : "", (int)s.n);
}

/* Recursion is bounded by SCAN_DEPTH_MAX. */
jv
jv_from_json(const struct json_value *v, struct buf *scratch)
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
		return jv_number(expr_number(v->p, v->n));
	case JSON_STRING:
		return string_jv(v, scratch);
	case JSON_ARRAY:
		out = jv_array();
		for (it = json_each(v); json_next(&it, NULL, &x);)
			out = jv_array_append(out, jv_from_json(&x, scratch));
		return out;
	case JSON_OBJECT:
		out = jv_object();
		for (it = json_each(v); json_next(&it, &key, &x);) {
			jv k = string_jv(&key, scratch);

			out = jv_object_set(out, k, jv_from_json(&x, scratch));
		}
		return out;
	case JSON_MISSING:
	case JSON_NULL:
		break;
	}
	return jv_null();
}
