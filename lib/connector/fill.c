#include "connector/fill.h"

#include <string.h>

#include "connector/value.h"
#include "stream/json.h"

/* A private character (U+E000) between "{" and "secret:": as many as it is guarded times. */
#define GUARD "\xee\x80\x80"
#define GUARD_N 3

/* The byte behind the guards that stand behind the "{" at P, when "secret:" stands there. */
static const char *
behind_guards(const char *p, const char *end)
{
	const char *at = p + 1;

	while (end - at >= GUARD_N && memcmp(at, GUARD, GUARD_N) == 0)
		at += GUARD_N;
	return end - at >= 7 && memcmp(at, "secret:", 7) == 0 ? at : NULL;
}

/* The next "{" of a template in TEXT from byte AT on, guarded or not; n when there is none. */
static size_t
next_mark(struct slice text, size_t at)
{
	while (at < text.n) {
		const char *p = memchr(text.p + at, '{', text.n - at);

		if (!p)
			break;
		if (behind_guards(p, text.p + text.n))
			return (size_t)(p - text.p);
		at = (size_t)(p - text.p) + 1;
	}
	return text.n;
}

bool
fill_is_needed(struct slice text)
{
	for (size_t at = 0; (at = next_mark(text, at)) < text.n; at++)
		if (text.p[at + 1] == 's')
			return true;
	return false;
}

/* ---- the guard ---- */

static jv
change_text(jv v, bool guard)
{
	struct slice text = value_text(v);
	struct buf b = BUF_INIT;
	size_t from = 0, at;
	jv out;

	if (next_mark(text, 0) == text.n)
		return v;
	for (at = 0; (at = next_mark(text, at)) < text.n; from = at) {
		buf_add(&b, text.p + from, ++at - from);
		if (guard)
			buf_puts(&b, GUARD);
		else if (text.n - at >= GUARD_N && memcmp(text.p + at, GUARD, GUARD_N) == 0)
			at += GUARD_N;
	}
	buf_add(&b, text.p + from, text.n - from);
	out = value_string(buf_slice(&b));
	buf_release(&b);
	jv_free(v);
	return out;
}

static jv
change(jv v, bool guard)
{
	jv out;

	switch (jv_get_kind(v)) {
	case JV_KIND_STRING:
		return change_text(v, guard);
	case JV_KIND_ARRAY:
		out = jv_array();
		jv_array_foreach(v, i, it)
			out = jv_array_append(out, change(it, guard));
		break;
	case JV_KIND_OBJECT:
		out = jv_object();
		jv_object_foreach(v, key, it)
			out = jv_object_set(out, change_text(key, guard), change(it, guard));
		break;
	default:
		return v;
	}
	jv_free(v);
	return out;
}

bool
fill_is_hostile(jv v)
{
	bool is = false;

	switch (jv_get_kind(v)) {
	case JV_KIND_STRING:
		return next_mark(value_text(v), 0) < value_text(v).n;
	case JV_KIND_ARRAY:
		jv_array_foreach(v, i, it) {
			is = is || fill_is_hostile(it);
			jv_free(it);
		}
		break;
	case JV_KIND_OBJECT:
		jv_object_foreach(v, key, it) {
			is = is || fill_is_hostile(key) || fill_is_hostile(it);
			jv_free(key);
			jv_free(it);
		}
		break;
	default:
		break;
	}
	return is;
}

jv
fill_guard(jv v)
{
	return fill_is_hostile(v) ? change(v, true) : v;
}

jv
fill_unguard(jv v)
{
	return fill_is_hostile(v) ? change(v, false) : v;
}

/* ---- filling ---- */

static bool
is_plain(unsigned char c, enum fill_as as)
{
	if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'))
		return true;
	return c && strchr(as == FILL_URL ? "-._~:@!$&'()*+,;=" : "-._~", c) != NULL;
}

static void
put_percent(struct buf *out, struct slice s, enum fill_as as)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (is_plain(c, as))
			buf_addc(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

/* A URL as a connector wrote it: what it meant as a separator stays one. */
static void
put_url(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c > 0x20 && c < 0x7f && !strchr("\"<>\\^`{|}", c))
			buf_addc(out, (char)c);
		else
			buf_printf(out, "%%%02X", c);
	}
}

static void
put_literal(struct buf *out, struct slice s, enum fill_as as)
{
	if (as == FILL_JSON)
		json_put_escaped(out, s);
	else if (as == FILL_QUERY)
		put_percent(out, s, as);
	else if (as == FILL_URL)
		put_url(out, s);
	else
		buf_adds(out, s);
}

static void
put_value(struct buf *out, struct slice s, enum fill_as as)
{
	if (as == FILL_QUERY || as == FILL_URL)
		put_percent(out, s, as);
	else
		put_literal(out, s, as);
}

static struct slice
account_field(const struct account *a, struct slice name)
{
	if (slice_is(name, "handle"))
		return a->handle;
	if (slice_is(name, "base"))
		return a->base;
	if (slice_is(name, "instance"))
		return a->instance;
	return slice_is(name, "channel") ? a->channel : (struct slice){NULL, 0};
}

/* NAME of "{WHAT:NAME}" when that stands at the start of S; p == NULL: it does not. */
static struct slice
template_at(struct slice s, struct slice what)
{
	const char *end = s.n ? memchr(s.p, '}', s.n) : NULL;

	if (!end || !slice_starts(s, what))
		return (struct slice){NULL, 0};
	return (struct slice){s.p + what.n, (size_t)(end - s.p) - what.n};
}

/* The template at the start of S: how long it is, 0 when there is none, -1 with ERR. */
static ptrdiff_t
fill_one(struct filler *f, struct buf *out, struct slice s, enum fill_as as, struct sme_err *err)
{
	struct slice name = template_at(s, SLICE("{secret:")), value;
	size_t n = SLICE("{secret:}").n;

	if (name.p && !f->secret) {
		buf_add(out, s.p, n + name.n);
		return (ptrdiff_t)(n + name.n);
	}
	if (name.p) {
		value = f->secret(f->ctx, name);
		f->filled = true;
		if (!value.p)
			return err_set(err, SME_CONFIG, "there is no secret \"%.*s\"",
			    (int)(name.n < 60 ? name.n : 60), name.p);
	} else {
		name = f->account ? template_at(s, SLICE("{account:")) : name;
		value = name.p ? account_field(f->account, name) : name;
		n = SLICE("{account:}").n;
		if (!value.p)
			return 0;
	}
	put_value(out, value, as);
	return (ptrdiff_t)(n + name.n);
}

int
fill(struct filler *f, struct buf *out, struct slice text, enum fill_as as, struct sme_err *err)
{
	size_t from = 0;

	for (size_t at = 0; at < text.n;) {
		const char *p = memchr(text.p + at, '{', text.n - at);
		struct slice rest;
		ptrdiff_t n;

		if (!p)
			break;
		at = (size_t)(p - text.p);
		put_literal(out, (struct slice){text.p + from, at - from}, as);
		from = at;
		rest = (struct slice){p, text.n - at};
		n = fill_one(f, out, rest, as, err);
		if (n < 0)
			return -1;
		at += n ? (size_t)n : 1;
		from += (size_t)n;
		/* The guard goes, and what stands behind it is no template. */
		if (!n && behind_guards(p, text.p + text.n) && rest.n > GUARD_N && rest.p[1] != 's') {
			put_literal(out, SLICE("{"), as);
			from = at = at + GUARD_N;
		}
	}
	put_literal(out, (struct slice){text.p + from, text.n - from}, as);
	return 0;
}
