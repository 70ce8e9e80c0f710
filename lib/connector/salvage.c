#include "connector/salvage.h"

#include "connector/value.h"

/* Each try runs the function on what may be all of a page: in all, at most so often and on so many bytes,
 * whatever a network sends. */
#define TRIES_MAX 2000
#define BYTES_MAX ((size_t)64 << 20)
/* Arrays inside of arrays so deep are looked into. */
#define DEPTH_MAX 4
/* How deep an array may stand in objects. */
#define NESTING_MAX 8

struct search {
	salvage_try *try;
	void *ctx;
	size_t tries; /* that are left */
	bool all_bad; /* there was an array of several elements, none of which could be read */
	jv left_out;
};

static bool
readable(struct search *s, jv input, struct sme_err *err)
{
	if (s->tries && s->tries--)
		return s->try(s->ctx, input, err);
	jv_free(input);
	return err_set(err, SME_DATA, "too much of it is wrong") == 0;
}

/* Append to LIST the paths of the arrays in VALUE, which stands at PATH; not of those in arrays. */
static jv
arrays_in(jv list, jv value, jv path, int depth)
{
	if (jv_get_kind(value) == JV_KIND_ARRAY)
		return jv_array_append(list, path);
	if (jv_get_kind(value) == JV_KIND_OBJECT && depth) {
		jv_object_foreach(value, key, x)
		{
			list = arrays_in(list, x, jv_array_append(jv_copy(path), key), depth - 1);
			jv_free(x);
		}
	}
	jv_free(path);
	return list;
}

static jv
at(jv input, jv path)
{
	return jv_getpath(jv_copy(input), jv_copy(path));
}

static jv
with(jv input, jv path, jv value)
{
	return jv_setpath(jv_copy(input), jv_copy(path), value);
}

static void
leave_out(struct search *s, jv path, int i, jv value, const struct sme_err *err)
{
	struct buf place = BUF_INIT;
	jv it = jv_object();

	jv_array_foreach(path, n, part)
	{
		if (jv_get_kind(part) == JV_KIND_STRING)
			buf_printf(&place, ".%s", jv_string_value(part));
		else
			buf_puts(&place, "[]");
		jv_free(part);
	}
	buf_puts(&place, "[]");
	it = jv_object_set(it, jv_string("path"), value_string(buf_slice(&place)));
	it = jv_object_set(it, jv_string("at"), jv_number(i + 1));
	it = jv_object_set(it, jv_string("value"), value);
	it = jv_object_set(it, jv_string("error"), value_string(slice_of(err->text)));
	s->left_out = jv_array_append(s->left_out, it);
	buf_release(&place);
}

static jv repair(struct search *s, jv input, jv where, int depth);

/* The element of the array at PATH that is alone there in ONE: whole, or without what is wrong in it;
 * invalid when it is left out. */
static jv
keep(struct search *s, jv one, jv path, int i, int depth)
{
	jv place = jv_array_append(jv_copy(path), jv_number(0)), value = at(one, place), mended;
	struct sme_err err;

	if (readable(s, jv_copy(one), &err)) {
		jv_free(place);
		return value;
	}
	mended = depth ? repair(s, jv_copy(one), jv_copy(place), depth - 1) : jv_invalid();
	if (jv_is_valid(mended)) {
		jv_free(value);
		value = at(mended, place);
	} else {
		leave_out(s, path, i, value, &err);
		value = jv_invalid();
	}
	jv_free(mended);
	jv_free(place);
	return value;
}

/* Each of LIST can be read alone, and not all together: INPUT without the one that is to blame, or invalid. */
static jv
without_one(struct search *s, jv input, jv path, jv list, const struct sme_err *err)
{
	jv mended = jv_invalid();
	struct sme_err other;

	jv_array_foreach(list, i, element)
	{
		jv rest = jv_array_concat(jv_array_slice(jv_copy(list), 0, i),
		    jv_array_slice(jv_copy(list), i + 1, jv_array_length(jv_copy(list))));
		jv without = with(input, path, rest);

		if (!jv_is_valid(mended) && readable(s, jv_copy(without), &other)) {
			leave_out(s, path, i, jv_copy(element), err);
			mended = jv_copy(without);
		}
		jv_free(without);
		jv_free(element);
	}
	return mended;
}

/* INPUT with what can be read of the array at PATH; invalid when that is nothing, or does not help. */
static jv
mend_array(struct search *s, jv input, jv path, int depth)
{
	jv list = at(input, path), kept = jv_array(), mended = jv_invalid();
	int n = jv_array_length(jv_copy(list));
	struct sme_err err;

	if (n && readable(s, with(input, path, jv_array()), &err)) {
		jv_array_foreach(list, i, element)
		{
			jv one = with(input, path, JV_ARRAY(element)), value = keep(s, one, path, i, depth);

			if (jv_is_valid(value))
				kept = jv_array_append(kept, value);
			jv_free(one);
		}
		s->all_bad |= n > 1 && jv_array_length(jv_copy(kept)) == 0;
		if (jv_array_length(jv_copy(kept)) || !s->all_bad)
			mended = with(input, path, jv_copy(kept));
		if (jv_is_valid(mended) && !readable(s, jv_copy(mended), &err)) {
			jv_free(mended);
			mended = without_one(s, input, path, kept, &err);
		}
	}
	jv_free(list);
	jv_free(kept);
	return mended;
}

/* INPUT, consumed, mended in the first array at or below WHERE (consumed) that is to blame. */
static jv
repair(struct search *s, jv input, jv where, int depth)
{
	jv value = at(input, where);
	jv arrays = arrays_in(jv_array(), value, where, NESTING_MAX), mended = jv_invalid();

	jv_array_foreach(arrays, i, path)
	{
		jv before = jv_copy(s->left_out);

		if (!jv_is_valid(mended)) {
			mended = mend_array(s, input, path, depth);
			if (!jv_is_valid(mended)) {
				jv_free(s->left_out);
				s->left_out = jv_copy(before);
			}
		}
		jv_free(before);
		jv_free(path);
	}
	jv_free(arrays);
	jv_free(value);
	jv_free(input);
	return mended;
}

static size_t
tries_for(jv input)
{
	struct buf text = BUF_INIT_MAX(BYTES_MAX);
	size_t tries;

	value_dump(&text, value_get(input, "body"));
	tries = text.over ? 0 : BYTES_MAX / (text.n + 1);
	buf_release(&text);
	return tries < TRIES_MAX ? tries : TRIES_MAX;
}

jv
salvage(jv input, salvage_try *try, void *ctx, jv *left_out)
{
	struct search s = {
	    .try = try, .ctx = ctx, .tries = tries_for(input), .left_out = *left_out};
	jv mended = repair(&s, input, JV_ARRAY(jv_string("body")), DEPTH_MAX);

	*left_out = s.left_out;
	return mended;
}
