#include "connector/record.h"

#include <stdlib.h>

#include "connector/value.h"
#include "core/mem.h"

/* One record on its way. */
struct raw {
	jv data; /* borrowed from the records */
	struct slice kind;
	size_t at; /* which of its kind, from 1 */
};

struct run {
	struct connector *c;
	const struct account *a;
	struct record_sink *sink;
	struct event_maker maker;
	struct raw *raws; /* those that are not rejected yet */
	size_t n, cap;
};

static void
reject(struct run *run, const struct raw *raw, const char *why)
{
	struct record_sink *sink = run->sink;
	struct buf text = BUF_INIT;

	sink->rejected++;
	if (sink->rejects) {
		value_dump(&text, jv_copy(raw->data));
		rejects_add(sink->rejects, run->a->name.p, raw->at, why, buf_slice(&text));
	} else {
		buf_printf(&sink->reasons, "%s\n", why);
	}
	buf_release(&text);
}

/* What the connector stumbled over is rejected as a record would be. */
static void
reject_left_out(struct run *run)
{
	jv left_out = connector_left_out(run->c);

	jv_array_foreach(left_out, i, it)
	{
		jv path = value_get(it, "path"), at = value_get(it, "at"), error = value_get(it, "error");
		struct raw raw = {.data = value_get(it, "value"), .at = (size_t)jv_number_value(at)};

		drift_unreadable(&run->sink->drifts, value_text(path), raw.data);
		reject(run, &raw, jv_string_value(error));
		jv_free(raw.data);
		jv_free(path);
		jv_free(at);
		jv_free(error);
		jv_free(it);
	}
	jv_free(left_out);
}

static void
add_record(struct run *run, struct slice kind, size_t at, jv data)
{
	const struct meta_record *required = meta_record(connector_facts(run->c), kind);
	struct raw raw = {data, kind, at};
	struct sme_err err;

	if (required && !drift_check(&run->sink->drifts, required, data, &err)) {
		reject(run, &raw, err.text);
		return;
	}
	run->raws = xgrow(run->raws, run->n, &run->cap, sizeof *run->raws);
	run->raws[run->n++] = raw;
}

static int
add_kind(struct run *run, struct slice kind, jv list, struct sme_err *err)
{
	if (jv_get_kind(list) == JV_KIND_NULL)
		return 0;
	if (jv_get_kind(list) != JV_KIND_ARRAY)
		return err_set(err, SME_DATA, "%s: records: %.*s: expected a list, got %s",
		    connector_path(run->c), SLICE_ARG(kind), jv_kind_name(jv_get_kind(list)));
	jv_array_foreach(list, i, data)
	{
		add_record(run, kind, (size_t)i + 1, data);
		jv_free(data); /* the list has it still */
	}
	return 0;
}

static int
add_records(struct run *run, jv records, struct sme_err *err)
{
	int r = 0;

	if (jv_get_kind(records) == JV_KIND_NULL)
		return 0;
	if (jv_get_kind(records) != JV_KIND_OBJECT)
		return err_set(err, SME_DATA, "%s: records: expected an object of lists, got %s",
		    connector_path(run->c), jv_kind_name(jv_get_kind(records)));
	jv_object_foreach(records, kind, list)
	{
		if (r == 0)
			r = add_kind(run, value_text(kind), list, err);
		jv_free(kind);
		jv_free(list);
	}
	return r;
}

/* What `event` sees of each record. */
static jv
inputs(const struct run *run, jv context)
{
	jv list = jv_array_sized((int)run->n + 1);
	jv kind_key = jv_string("kind"), data_key = jv_string("data"), context_key = jv_string("context");

	for (size_t i = 0; i < run->n; i++) {
		const struct raw *raw = &run->raws[i];
		jv input = jv_object_set(jv_object(), jv_copy(kind_key), value_string(raw->kind));

		input = jv_object_set(input, jv_copy(data_key), jv_copy(raw->data));
		input = jv_object_set(input, jv_copy(context_key), jv_copy(context));
		list = jv_array_append(list, input);
	}
	jv_free(kind_key);
	jv_free(data_key);
	jv_free(context_key);
	return list;
}

/* A record whose `event` yields nothing, or null, has nothing to tell. */
static void
put_event(struct run *run, const struct raw *raw, jv partial)
{
	struct record_sink *sink = run->sink;
	struct sme_err err;

	if (jv_get_kind(partial) == JV_KIND_NULL)
		return;
	if (event_line(&run->maker, partial, &sink->lines, &err) < 0)
		reject(run, raw, err.text);
	else
		sink->events++;
	if (!sink->odd[0])
		memcpy(sink->odd, run->maker.odd, sizeof sink->odd);
}

/* `event` may yield its partial events one by one or as arrays. */
static void
put_output(struct run *run, const struct raw *raw, jv output)
{
	if (jv_get_kind(output) != JV_KIND_ARRAY) {
		put_event(run, raw, output);
		return;
	}
	jv_array_foreach(output, i, partial)
	{
		put_event(run, raw, partial);
		jv_free(partial);
	}
}

static void
put_result(struct run *run, const struct raw *raw, jv result)
{
	struct sme_err err;

	if (jv_get_kind(result) == JV_KIND_STRING) {
		err_set(&err, SME_DATA, "event: jq: %s", jv_string_value(result));
		reject(run, raw, err.text);
		return;
	}
	jv_array_foreach(result, i, output)
	{
		put_output(run, raw, output);
		jv_free(output);
	}
}

static int
map(struct run *run, jv account, jv context, struct sme_err *err)
{
	jv results;

	if (connector_events(run->c, jv_copy(account), inputs(run, context), &results, err) < 0)
		return -1;
	jv_array_foreach(results, i, result)
	{
		buf_clear(&run->sink->lines);
		put_result(run, &run->raws[i], result);
		writer_put(run->sink->out, buf_slice(&run->sink->lines));
		jv_free(result);
	}
	jv_free(results);
	return 0;
}

int
record_events(struct connector *c, const struct account *a, jv account, jv records, jv context,
    struct record_sink *sink, struct sme_err *err)
{
	struct run run = {.c = c, .a = a, .sink = sink};
	int r;

	if (!sink->lines.max)
		sink->lines = sink->reasons = (struct buf)BUF_INIT;
	event_maker_init(&run.maker, a, sink->html, sink->now);
	reject_left_out(&run);
	r = add_records(&run, records, err);
	if (r == 0 && run.n)
		r = map(&run, account, context, err);
	event_maker_release(&run.maker);
	free(run.raws);
	jv_free(account);
	jv_free(records);
	jv_free(context);
	return r;
}

int
record_output(struct connector *c, const struct account *a, jv account, jv output, jv input,
    struct record_sink *sink, struct sme_err *err)
{
	jv records = value_get(output, "records"), context = value_get(input, "request");

	jv_free(output);
	jv_free(input);
	return record_events(c, a, account, records, context, sink, err);
}

size_t
record_alerts(struct record_sink *sink, const struct account *a)
{
	size_t n = sink->drifts.n;

	buf_clear(&sink->lines);
	for (size_t i = 0; i < n; i++)
		drift_put(&sink->lines, &sink->drifts.items[i], a, sink->now);
	if (n)
		writer_put(sink->out, buf_slice(&sink->lines));
	sink->drifts.n = 0;
	return n;
}

void
record_sink_release(struct record_sink *sink)
{
	drifts_release(&sink->drifts);
	buf_release(&sink->lines);
	buf_release(&sink->reasons);
}
