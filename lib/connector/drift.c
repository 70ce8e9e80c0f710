#include "connector/drift.h"

#include <stdlib.h>

#include "connector/value.h"
#include "core/mem.h"
#include "core/rfc3339.h"

/* The member or element PART of V, which is consumed; invalid when there is none. */
static jv
step(jv v, jv part)
{
	jv_kind of = jv_get_kind(v), by = jv_get_kind(part);

	if (of == JV_KIND_OBJECT && by == JV_KIND_STRING)
		return jv_object_get(v, jv_copy(part));
	if (of == JV_KIND_ARRAY && by == JV_KIND_NUMBER)
		return jv_array_get(v, (int)jv_number_value(part));
	jv_free(v);
	return jv_invalid();
}

/* An id that was a number in the text and became a string for its size. */
static bool
is_big_number(jv v)
{
	struct slice s = value_text(v);
	unsigned long long x;

	if (s.n && *s.p == '-')
		s = (struct slice){s.p + 1, s.n - 1};
	return s.n >= 16 && (slice_u64(s, &x) || s.n > 19);
}

static const char *
type_name(jv_kind kind)
{
	return kind == JV_KIND_TRUE || kind == JV_KIND_FALSE ? "boolean" : jv_kind_name(kind);
}

/* NULL when the field is as it must be, otherwise what stands in its place. */
static const char *
wrong(const struct meta_field *f, jv data)
{
	jv v = jv_copy(data);
	jv_kind kind;
	bool big;

	for (size_t i = 0; i < f->nparts && jv_is_valid(v); i++)
		v = step(v, f->parts[i]);
	kind = jv_get_kind(v);
	big = kind == JV_KIND_STRING && f->types & 1u << JV_KIND_NUMBER && is_big_number(v);
	jv_free(v);
	if (big || f->types & 1u << kind)
		return NULL;
	if (kind == JV_KIND_INVALID || kind == JV_KIND_NULL) {
		if (f->optional)
			return NULL;
		return kind == JV_KIND_NULL ? "null" : "missing";
	}
	return type_name(kind);
}

static void
count(struct drifts *d, struct slice kind, struct slice path, struct slice expected, const char *got)
{
	for (size_t i = 0; i < d->n; i++) {
		if (slice_eq(d->items[i].kind, kind) && slice_eq(d->items[i].path, path)) {
			d->items[i].count++;
			return;
		}
	}
	d->items = xgrow(d->items, d->n, &d->cap, sizeof *d->items);
	d->items[d->n++] = (struct drift){kind, path, expected, got, 1};
}

void
drift_unreadable(struct drifts *d, struct slice path, jv got)
{
	count(d, SLICE("page"), arena_dup(&d->names, path), SLICE("what the connector can read"),
	    type_name(jv_get_kind(got)));
}

static void
found(struct drifts *d, const struct meta_record *r, struct slice path, struct slice expected,
    const char *got, struct sme_err *err)
{
	count(d, r->kind, path, expected, got);
	if (!err->text[0])
		err_set(err, SME_DATA, "%.*s: %.*s: expected %.*s, got %s: the network has changed",
		    SLICE_ARG(r->kind), SLICE_ARG(path), SLICE_ARG(expected), got);
}

bool
drift_check(struct drifts *d, const struct meta_record *record, jv data, struct sme_err *err)
{
	const char *got;

	err->text[0] = '\0';
	if (record->n && jv_get_kind(data) != JV_KIND_OBJECT) {
		found(d, record, SLICE("."), SLICE("object"), jv_kind_name(jv_get_kind(data)), err);
		return false;
	}
	for (size_t i = 0; i < record->n; i++) {
		const struct meta_field *f = &record->fields[i];

		if ((got = wrong(f, data)))
			found(d, record, f->path, f->expected, got, err);
	}
	return !err->text[0];
}

static void
put_text(struct buf *out, const char *key, struct slice s)
{
	buf_printf(out, ",\"%s\":", key);
	json_put_string(out, s.p ? s : SLICE(""));
}

/* The id is the same all day, so that one change is one alert in the log. */
void
drift_put(struct buf *out, const struct drift *drift, const struct account *a, int64_t now)
{
	struct buf b = BUF_INIT;
	char time[RFC3339_SIZE];

	rfc3339_format(now, time);
	buf_printf(&b, "drift:%.*s:%.*s:%.*s:%.10s", SLICE_ARG(a->name), SLICE_ARG(drift->kind),
	    SLICE_ARG(drift->path), time);
	buf_puts(out, "{\"type\":\"alert\"");
	put_text(out, "id", buf_slice(&b));
	put_text(out, "tenant", a->tenant);
	put_text(out, "network", a->network);
	put_text(out, "channel", a->channel);
	put_text(out, "kind", SLICE("drift"));
	put_text(out, "created_at", slice_of(time));
	put_text(out, "record", drift->kind);
	put_text(out, "path", drift->path);
	put_text(out, "expected", drift->expected);
	put_text(out, "got", slice_of(drift->got));
	buf_printf(out, ",\"count\":%llu", (unsigned long long)drift->count);
	buf_clear(&b);
	buf_printf(&b,
	    "%.*s: %llu %.*s records of %.*s were not as they must be: %.*s is %s, expected %.*s",
	    SLICE_ARG(a->name), (unsigned long long)drift->count, SLICE_ARG(drift->kind),
	    SLICE_ARG(a->network), SLICE_ARG(drift->path), drift->got, SLICE_ARG(drift->expected));
	put_text(out, "text", buf_slice(&b));
	buf_puts(out, "}\n");
	buf_release(&b);
}

void
drifts_release(struct drifts *d)
{
	free(d->items);
	arena_release(&d->names);
	*d = (struct drifts){0};
}
