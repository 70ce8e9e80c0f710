/*
 * Any member of a recorded page, whatever the connector does with it, missing or of another type.  What
 * that may cost is the element it stands in: the others come, or are rejected with a reason.
 */
#include "connector/check_int.h"
#include "connector/value.h"

/* So many runs of one case, and so many elements of one array, are enough. */
#define RUNS_MAX 500
#define ELEMENTS_MAX 3
#define DEPTH_MAX 12

struct fields {
	struct check *k;
	const struct check_case *t;
	const struct check_page *whole;
	size_t runs;
};

/* The element of an array without which events are missing; `others` are the ids of those that remain. */
struct element {
	jv others; /* invalid: what is broken stands in no such element */
};

static jv
ids_of(jv events)
{
	jv ids = jv_array();

	jv_array_foreach(events, i, event)
	{
		ids = jv_array_append(ids, value_get(event, "id"));
		jv_free(event);
	}
	return ids;
}

/* Those of WANT that are among GOT too.  Neither is consumed. */
static jv
common(jv want, jv got)
{
	jv both = jv_array();

	jv_array_foreach(want, i, id)
	{
		bool there = false;

		jv_array_foreach(got, j, other)
		{
			there |= jv_equal(jv_copy(id), other) != 0;
		}
		if (there)
			both = jv_array_append(both, id);
		else
			jv_free(id);
	}
	return both;
}

/* How many of WANT are not among GOT.  Neither is consumed. */
static uint64_t
missing(jv want, jv got)
{
	return (uint64_t)(jv_array_length(jv_copy(want)) - jv_array_length(common(want, got)));
}

static void
put_place(struct buf *b, jv path)
{
	jv_array_foreach(path, i, part)
	{
		if (jv_get_kind(part) == JV_KIND_NUMBER)
			buf_printf(b, "[%.0f]", jv_number_value(part));
		else
			buf_printf(b, ".%s", jv_string_value(part));
		jv_free(part);
	}
}

/* Run INPUT, which is broken at PATH and consumed. */
static void
run_broken(struct fields *f, const struct element *e, jv path, const char *how, jv input)
{
	struct buf place = BUF_INIT;
	struct check_page page;
	struct sme_err err;
	jv ids;
	int r;

	f->runs++;
	f->k->result->broken++;
	r = check_page(f->k, f->t, input, &page, &err);
	ids = ids_of(page.events);
	put_place(&place, path);
	if (!jv_is_valid(e->others))
		; /* of what stands around the records it is enough to live */
	else if (r < 0)
		check_problem(f->k, "with %s %s: %s", buf_str(&place), how, err.text);
	else if (f->whole->rejected + missing(e->others, ids) > page.rejected &&
	         missing(e->others, ids))
		check_problem(f->k, "with %s %s, other records are lost", buf_str(&place), how);
	buf_release(&place);
	jv_free(ids);
	check_page_release(&page);
}

static void
break_at(struct fields *f, const struct element *e, jv path, jv value)
{
	jv_kind kind = jv_get_kind(value);
	jv other = kind == JV_KIND_OBJECT || kind == JV_KIND_ARRAY ?
	               jv_number(7) :
	               jv_object_set(jv_object(), jv_string("x"), jv_number(1));

	if (f->runs >= RUNS_MAX) {
		jv_free(other);
		return;
	}
	run_broken(f, e, path, "missing", jv_delpaths(jv_copy(f->t->input), JV_ARRAY(jv_copy(path))));
	run_broken(f, e, path, "of another type", jv_setpath(jv_copy(f->t->input), jv_copy(path), other));
}

/* What the element at PATH costs when it is not there; an element that costs nothing is none of its own. */
static struct element
weigh(struct fields *f, const struct element *outer, jv path)
{
	struct element e = {jv_copy(outer->others)};
	struct check_page page;
	struct sme_err err;
	jv all = ids_of(f->whole->events), ids;

	if (check_page(f->k, f->t, jv_delpaths(jv_copy(f->t->input), JV_ARRAY(jv_copy(path))), &page,
		&err) == 0) {
		ids = ids_of(page.events);
		if (missing(all, ids) > 0) {
			jv_free(e.others);
			e.others = common(all, ids);
		}
		jv_free(ids);
	}
	jv_free(all);
	check_page_release(&page);
	return e;
}

static void
walk(struct fields *f, const struct element *e, jv path, jv value, int depth)
{
	if (depth == DEPTH_MAX || f->runs >= RUNS_MAX)
		return;
	if (jv_get_kind(value) == JV_KIND_OBJECT) {
		jv_object_foreach(value, key, x)
		{
			jv place = jv_array_append(jv_copy(path), key);

			break_at(f, e, place, x);
			walk(f, e, place, x, depth + 1);
			jv_free(place);
			jv_free(x);
		}
	} else if (jv_get_kind(value) == JV_KIND_ARRAY) {
		jv_array_foreach(value, i, x)
		{
			jv place = jv_array_append(jv_copy(path), jv_number(i));

			if (i < ELEMENTS_MAX) {
				struct element inner = weigh(f, e, place);

				break_at(f, &inner, place, x);
				walk(f, &inner, place, x, depth + 1);
				jv_free(inner.others);
			}
			jv_free(place);
			jv_free(x);
		}
	}
}

void
check_fields(struct check *k, const struct check_case *t, const struct check_page *whole)
{
	struct fields f = {.k = k, .t = t, .whole = whole};
	struct element nothing = {jv_invalid()};
	jv path = JV_ARRAY(jv_string("body")), body = value_get(t->input, "body");

	walk(&f, &nothing, path, body, 0);
	jv_free(path);
	jv_free(body);
}
