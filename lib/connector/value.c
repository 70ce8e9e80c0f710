#include "connector/value.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

jv
value_string(struct slice s)
{
	return jv_string_sized(s.n ? s.p : "", (int)s.n);
}

struct slice
value_text(jv v)
{
	if (jv_get_kind(v) != JV_KIND_STRING)
		return (struct slice){NULL, 0};
	return (struct slice){jv_string_value(v), (size_t)jv_string_length_bytes(jv_copy(v))};
}

jv
value_get(jv v, const char *key)
{
	jv found;

	if (jv_get_kind(v) != JV_KIND_OBJECT)
		return jv_null();
	found = jv_object_get(jv_copy(v), jv_string(key));
	if (jv_is_valid(found))
		return found;
	jv_free(found);
	return jv_null();
}

static jv
step(jv v, struct slice name)
{
	unsigned long long i;
	jv found;

	if (jv_get_kind(v) == JV_KIND_OBJECT)
		found = jv_object_get(v, value_string(name));
	else if (jv_get_kind(v) == JV_KIND_ARRAY && slice_u64(name, &i) && i < 1000000)
		found = jv_array_get(v, (int)i);
	else
		found = jv_invalid(), jv_free(v);
	if (jv_is_valid(found))
		return found;
	jv_free(found);
	return jv_null();
}

jv
value_path(jv v, struct slice path)
{
	struct slice name;

	v = jv_copy(v);
	while (slice_cut(&path, '.', &name))
		v = step(v, name);
	return v;
}

bool
value_is_nothing(jv v)
{
	jv_kind kind = jv_get_kind(v);
	bool nothing = kind == JV_KIND_NULL || kind == JV_KIND_FALSE || kind == JV_KIND_INVALID ||
	               (kind == JV_KIND_STRING && value_text(v).n == 0);

	jv_free(v);
	return nothing;
}

bool
value_number(jv v, double *x)
{
	bool is = jv_get_kind(v) == JV_KIND_NUMBER;
	char *end;

	if (is) {
		*x = jv_number_value(v);
	} else if (jv_get_kind(v) == JV_KIND_STRING) {
		*x = strtod(jv_string_value(v), &end);
		is = end != jv_string_value(v) && !*end;
	}
	jv_free(v);
	return is && isfinite(*x);
}

void
value_put(struct buf *b, jv v)
{
	if (jv_get_kind(v) == JV_KIND_STRING)
		buf_adds(b, value_text(v));
	else if (jv_get_kind(v) == JV_KIND_NUMBER)
		value_dump(b, jv_copy(v));
	jv_free(v);
}

static void
dump_array(struct buf *b, jv v)
{
	buf_addc(b, '[');
	jv_array_foreach(v, i, x)
	{
		if (i)
			buf_addc(b, ',');
		value_dump(b, x);
	}
	buf_addc(b, ']');
}

static void
dump_object(struct buf *b, jv v)
{
	bool first = true;

	buf_addc(b, '{');
	jv_object_foreach(v, key, x)
	{
		if (!first)
			buf_addc(b, ',');
		first = false;
		json_put_string(b, value_text(key));
		buf_addc(b, ':');
		jv_free(key);
		value_dump(b, x);
	}
	buf_addc(b, '}');
}

/* A number of libjq that is not finite; jq writes the largest there is. */
static double
bounded(double x)
{
	return x > DBL_MAX ? DBL_MAX : x < -DBL_MAX ? -DBL_MAX : x;
}

/* jv_dump_string would check every byte of it again. */
void
value_dump(struct buf *b, jv v)
{
	switch (jv_get_kind(v)) {
	case JV_KIND_TRUE:
		buf_puts(b, "true");
		break;
	case JV_KIND_FALSE:
		buf_puts(b, "false");
		break;
	case JV_KIND_NUMBER:
		json_put_number(b, bounded(jv_number_value(v)));
		break;
	case JV_KIND_STRING:
		json_put_string(b, value_text(v));
		break;
	case JV_KIND_ARRAY:
		dump_array(b, v);
		break;
	case JV_KIND_OBJECT:
		dump_object(b, v);
		break;
	default:
		buf_puts(b, "null");
	}
	jv_free(v);
}

jv
value_of_node(const struct json_node *n)
{
	jv out;

	switch (n->type) {
	case JSON_FALSE:
		return jv_false();
	case JSON_TRUE:
		return jv_true();
	case JSON_NUMBER:
		return jv_number(n->number);
	case JSON_STRING:
		return value_string(n->text);
	case JSON_ARRAY:
		out = jv_array();
		for (NODE_EACH(it, n))
			out = jv_array_append(out, value_of_node(it));
		return out;
	case JSON_OBJECT:
		out = jv_object();
		for (NODE_EACH(it, n))
			out = jv_object_set(out, value_string(it->key), value_of_node(it));
		return out;
	case JSON_MISSING:
	case JSON_NULL:
		break;
	}
	return jv_null();
}

bool
value_equals(jv v, const struct json_node *node)
{
	return jv_equal(v, value_of_node(node)) != 0;
}

jv
value_unshare(jv v)
{
	jv out;

	switch (jv_get_kind(v)) {
	case JV_KIND_STRING:
		out = value_string(value_text(v));
		break;
	case JV_KIND_ARRAY:
		out = jv_array();
		jv_array_foreach(v, i, it)
			out = jv_array_append(out, value_unshare(it));
		break;
	case JV_KIND_OBJECT:
		out = jv_object();
		jv_object_foreach(v, k, it)
			out = jv_object_set(out, value_unshare(k), value_unshare(it));
		break;
	default:
		return v;
	}
	jv_free(v);
	return out;
}
