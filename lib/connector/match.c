#include "connector/match.h"

#include "connector/value.h"

/* Longer values are cut in a message. */
#define SHOWN 200

static void
put_value(struct buf *b, jv v)
{
	size_t at = b->n;

	if (!jv_is_valid(v)) {
		buf_puts(b, "nothing");
		return;
	}
	value_dump(b, jv_copy(v));
	if (b->n - at <= SHOWN)
		return;
	b->n = at + SHOWN;
	while (b->n > at && ((unsigned char)b->p[b->n] & 0xc0) == 0x80)
		b->n--;
	buf_puts(b, "...");
}

static bool
differ(jv want, jv got, struct buf *why)
{
	buf_puts(why, "expected ");
	put_value(why, want);
	buf_puts(why, ", got ");
	put_value(why, got);
	return false;
}

static void
cut(struct buf *path, size_t n)
{
	path->n = n;
	if (path->p)
		path->p[n] = '\0';
}

static bool
match_objects(jv want, jv got, struct buf *path, struct buf *why)
{
	size_t at = path->n;
	bool same = true;

	jv_object_foreach(want, key, x)
	{
		jv y = jv_object_get(jv_copy(got), jv_copy(key));

		if (same) {
			cut(path, at);
			buf_addc(path, '.');
			buf_adds(path, value_text(key));
			same = match(x, y, path, why);
		}
		jv_free(key);
		jv_free(x);
		jv_free(y);
	}
	if (same)
		cut(path, at);
	return same;
}

static bool
match_arrays(jv want, jv got, struct buf *path, struct buf *why)
{
	size_t at = path->n;
	int n = jv_array_length(jv_copy(want)), m = jv_array_length(jv_copy(got));
	bool same = true;

	for (int i = 0; i < n && same; i++) {
		jv x = jv_array_get(jv_copy(want), i), y = jv_array_get(jv_copy(got), i);

		cut(path, at);
		buf_printf(path, "[%d]", i);
		same = match(x, y, path, why);
		jv_free(x);
		jv_free(y);
	}
	if (same && m > n) {
		jv extra = jv_array_get(jv_copy(got), n);

		cut(path, at);
		buf_printf(path, "[%d]", n);
		same = differ(jv_invalid(), extra, why);
		jv_free(extra);
	}
	if (same)
		cut(path, at);
	return same;
}

bool
match(jv want, jv got, struct buf *path, struct buf *why)
{
	jv_kind kind = jv_get_kind(want);

	if (kind == JV_KIND_NULL && !jv_is_valid(got))
		return true;
	if (kind != jv_get_kind(got))
		return differ(want, got, why);
	if (kind == JV_KIND_OBJECT)
		return match_objects(want, got, path, why);
	if (kind == JV_KIND_ARRAY)
		return match_arrays(want, got, path, why);
	return jv_equal(jv_copy(want), jv_copy(got)) || differ(want, got, why);
}
