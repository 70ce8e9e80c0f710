/*
 * What a network may do to a page that was recorded: a required field of a record is gone, null or of
 * another type; the body is another thing, or cut.  The process lives, and the other records come.
 */
#include <stdlib.h>

#include "connector/check_int.h"
#include "connector/value.h"

/* So many records of a kind are enough, and so many cuts of a body: for the functions, and for the
 * parser, which is faster. */
#define RECORDS_MAX 8
#define CUTS_MAX 64
#define PARSE_CUTS_MAX 2000

/* Where in the input the record stands, as an array of keys; invalid when nowhere as it is. */
static jv
place_of(jv where, jv record, jv path, int depth)
{
	jv found = jv_invalid();

	if (jv_equal(jv_copy(where), jv_copy(record)))
		return path;
	if (depth && jv_get_kind(where) == JV_KIND_OBJECT) {
		jv_object_foreach(where, key, x)
		{
			if (!jv_is_valid(found))
				found = place_of(x, record, jv_array_append(jv_copy(path), jv_copy(key)),
				    depth - 1);
			jv_free(key);
			jv_free(x);
		}
	} else if (depth && jv_get_kind(where) == JV_KIND_ARRAY) {
		jv_array_foreach(where, i, x)
		{
			if (!jv_is_valid(found))
				found = place_of(x, record, jv_array_append(jv_copy(path), jv_number(i)),
				    depth - 1);
			jv_free(x);
		}
	}
	jv_free(path);
	return found;
}

/* The record without the field, or with VALUE in its place; invalid when it has no such place. */
static jv
break_field(jv record, const struct meta_field *f, jv value)
{
	jv path = jv_array();

	for (size_t i = 0; i < f->nparts; i++)
		path = jv_array_append(path, jv_copy(f->parts[i]));
	if (jv_is_valid(value))
		return jv_setpath(record, path, value);
	jv_free(value);
	return jv_delpaths(record, JV_ARRAY(path));
}

/* Are all events of WANT but those of one record, LOST of them, among those of GOT? */
static bool
others_came(jv want, jv got, size_t lost)
{
	size_t missing = 0;

	jv_array_foreach(want, i, event)
	{
		bool there = false;

		jv_array_foreach(got, j, other)
		{
			there |= jv_equal(jv_copy(event), other) != 0;
		}
		missing += !there;
		jv_free(event);
	}
	return missing <= lost;
}

static void
drop(void *ctx, struct slice s)
{
	(void)ctx;
	(void)s;
}

/* How many events come of the record alone. */
static size_t
events_of(struct check *k, const struct check_case *t, jv kind, jv record, jv context)
{
	struct writer w;
	struct record_sink sink = {.out = &w, .html = k->html, .now = t->now};
	struct sme_err err;
	size_t n;

	writer_init_sink(&w, drop, NULL);
	record_events(k->c, &t->a, jv_copy(t->account),
	    jv_object_set(jv_object(), kind, JV_ARRAY(record)), context, &sink, &err);
	n = sink.events;
	writer_release(&w);
	record_sink_release(&sink);
	return n;
}

struct broken {
	struct check *k;
	const struct check_case *t;
	const struct check_page *page;
	jv place; /* of the record in the input */
	size_t lost;
	struct slice kind;
	size_t at; /* which record, from 1 */
};

/* The input with RECORD, which is consumed, in the place of the one that stands there. */
static void
run_broken(const struct broken *b, const struct meta_field *f, const char *how, jv record)
{
	struct check_page page;
	struct sme_err err;
	jv input;

	if (!jv_is_valid(record)) {
		jv_free(record);
		return;
	}
	input = jv_setpath(jv_copy(b->t->input), jv_copy(b->place), record);
	b->k->result->broken++;
	if (check_page(b->k, b->t, input, &page, &err) < 0)
		check_problem(b->k, "with %.*s of %.*s record %zu %s: %s", SLICE_ARG(f->path),
		    SLICE_ARG(b->kind), b->at, how, err.text);
	else if (!others_came(b->page->events, page.events, b->lost))
		check_problem(b->k, "with %.*s of %.*s record %zu %s, other records are lost",
		    SLICE_ARG(f->path), SLICE_ARG(b->kind), b->at, how);
	check_page_release(&page);
}

static void
break_record(const struct broken *b, const struct meta_record *r, jv record)
{
	static const char other[] = "{\"x\":1}";

	for (size_t i = 0; i < r->n; i++) {
		const struct meta_field *f = &r->fields[i];
		bool object = f->types & 1u << JV_KIND_OBJECT;
		struct sme_err err;

		run_broken(b, f, "missing", break_field(jv_copy(record), f, jv_invalid()));
		run_broken(b, f, "null", break_field(jv_copy(record), f, jv_null()));
		run_broken(b, f, "of another type",
		    break_field(jv_copy(record), f,
			object ? jv_true() : connector_parse(slice_of(other), &err)));
	}
}

static void
break_kind(struct check *k, const struct check_case *t, const struct check_page *page, jv kind,
    jv list)
{
	const struct meta_record *r = meta_record(connector_facts(k->c), value_text(kind));

	if (!r || jv_get_kind(list) != JV_KIND_ARRAY)
		return;
	jv_array_foreach(list, i, record)
	{
		struct broken b = {.k = k, .t = t, .page = page, .kind = r->kind, .at = (size_t)i + 1};

		b.place = i < RECORDS_MAX ? place_of(t->input, record, jv_array(), 8) : jv_invalid();
		if (jv_is_valid(b.place)) {
			b.lost = events_of(k, t, jv_copy(kind), jv_copy(record),
			    value_get(t->input, "request"));
			break_record(&b, r, record);
		}
		jv_free(b.place);
		jv_free(record);
	}
}

/* Such a body has nothing that could be read: no events, and an end without a crash. */
static void
break_body(struct check *k, const struct check_case *t, jv body)
{
	struct check_page page;
	struct sme_err err;

	k->result->broken++;
	if (check_page(k, t, jv_object_set(jv_copy(t->input), jv_string("body"), body), &page, &err) == 0 &&
	    jv_array_length(jv_copy(page.events)) > 0)
		check_problem(k, "events came of a body that has none");
	check_page_release(&page);
}

/* A cut body is no JSON; those that are not JSON at all come as texts. */
static void
cut_body(struct check *k, const struct check_case *t)
{
	jv body = value_get(t->input, "body"), text = jv_dump_string(body, 0);
	struct slice whole = value_text(text);
	size_t step = whole.n / CUTS_MAX + 1;
	struct sme_err err;

	for (size_t n = 0; n < whole.n; n += step)
		break_body(k, t, value_string((struct slice){whole.p, n}));
	for (size_t n = 0; n < whole.n; n += whole.n / PARSE_CUTS_MAX + 1)
		jv_free(connector_parse((struct slice){whole.p, n}, &err));
	jv_free(text);
}

void
check_broken(struct check *k, const struct check_case *t, const struct check_page *page)
{
	jv records = value_get(page->output, "records");

	if (jv_get_kind(records) == JV_KIND_OBJECT) {
		jv_object_foreach(records, kind, list)
		{
			break_kind(k, t, page, kind, list);
			jv_free(kind);
			jv_free(list);
		}
	}
	jv_free(records);
	cut_body(k, t);
	break_body(k, t, jv_null());
	break_body(k, t, jv_object());
	break_body(k, t, jv_array());
	break_body(k, t, jv_number(7));
	break_body(k, t, jv_true());
}
