#include "hook/map.h"

#include <stdlib.h>

#include "connector/record.h"
#include "connector/value.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "hook/delivery.h"
#include "hook/spool.h"
#include "hook/thread.h"
#include "net/html.h"

/* What one source has given. */
struct mapped {
	struct record_sink sink;
	bool some; /* since the last flush */
};

struct mapper {
	struct sources *sources;
	struct rejects *rejects;
	struct html *html;
	struct mapped *mapped; /* as many as there are sources */
	size_t n;              /* records so far: the "line" of a reject */
};

struct mapper *
mapper_open(struct sources *sources, struct writer *out, struct rejects *rejects)
{
	struct mapper *m = xcalloc(1, sizeof *m);

	m->sources = sources;
	m->rejects = rejects;
	m->html = html_open();
	m->mapped = xcalloc(sources_count(sources) + 1, sizeof *m->mapped);
	for (size_t i = 0; i < sources_count(sources); i++)
		m->mapped[i].sink =
		    (struct record_sink){.out = out, .rejects = rejects, .html = m->html};
	return m;
}

void
mapper_close(struct mapper *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < sources_count(m->sources); i++)
		record_sink_release(&m->mapped[i].sink);
	free(m->mapped);
	html_close(m->html);
	free(m);
}

static struct mapped *
mapped_of(struct mapper *m, const struct hook_source *source)
{
	for (size_t i = 0; i < sources_count(m->sources); i++)
		if (sources_at(m->sources, i) == source)
			return &m->mapped[i];
	return NULL;
}

static void
reject(struct mapper *m, struct slice source, const char *why, struct slice raw)
{
	char *name = xslicedup(source);

	rejects_add(m->rejects, *name ? name : "spool", m->n, why, raw);
	free(name);
}

/* ---- as the connector sees it ---- */

static jv
pairs_jv(struct slice pairs)
{
	jv out = jv_object();
	struct slice name, value;

	while (delivery_next(&pairs, &name, &value))
		out = jv_object_set(out, value_string(name), value_string(value));
	return out;
}

static jv
input_jv(struct slice headers, struct slice query, jv body, int64_t now)
{
	char text[RFC3339_SIZE];
	jv in = jv_object_set(jv_object(), jv_string("headers"), pairs_jv(headers));

	in = jv_object_set(in, jv_string("query"), pairs_jv(query));
	in = jv_object_set(in, jv_string("body"), body);
	return jv_object_set(in, jv_string("now"), jv_string(rfc3339_format(now, text)));
}

/* ---- through the connector ---- */

static bool
is_nothing(jv v)
{
	return !jv_is_valid(v) || jv_get_kind(v) == JV_KIND_NULL;
}

/* The records in OUTPUTS, what webhook() yielded; an empty object when it has nothing to tell. */
static int
records_of(jv outputs, jv *records, struct sme_err *err)
{
	jv first = jv_array_get(outputs, 0);

	if (!is_nothing(first) && jv_get_kind(first) != JV_KIND_OBJECT) {
		jv_free(first);
		return err_set(err, SME_DATA, "webhook: expected {records: {...}}");
	}
	*records = is_nothing(first) ? first : jv_object_get(first, jv_string("records"));
	if (is_nothing(*records)) {
		jv_free(*records);
		*records = jv_object();
	}
	return 0;
}

static int
map(struct mapper *m, struct hook_source *source, jv input, int64_t now, struct sme_err *err)
{
	struct mapped *mapped = mapped_of(m, source);
	jv account = account_jv(&source->account, now), outputs, records;

	mapped->sink.now = now;
	mapped->some = true;
	if (connector_run(source->connector, CALL_WEBHOOK, jv_copy(account), jv_null(), input,
		&outputs, err) < 0 ||
	    records_of(outputs, &records, err) < 0) {
		jv_free(account);
		return -1;
	}
	return record_events(
	    source->connector, &source->account, account, records, jv_null(), &mapped->sink, err);
}

/* The body as JSON; what does not say that it is may be any text. */
static jv
body_jv(const struct delivery *d, struct sme_err *err)
{
	struct slice headers = d->headers, name, value, type = {NULL, 0};
	jv body = connector_parse(d->body, err);

	if (jv_is_valid(body))
		return body;
	while (delivery_next(&headers, &name, &value))
		if (slice_is(name, "content-type"))
			type = value;
	if (!type.p || slice_find(type, SLICE("json")) >= 0)
		return body;
	jv_free(body);
	return value_string(d->body);
}

int
mapper_delivery(struct mapper *m, struct slice record)
{
	struct hook_source *source;
	struct delivery d;
	struct sme_err err;
	jv body;

	m->n++;
	if (!delivery_read(record, &d)) {
		reject(m, (struct slice){NULL, 0}, "not a delivery", record);
		return 0;
	}
	source = sources_find(m->sources, d.source);
	if (!source) {
		reject(m, d.source, "the configuration has no such source any more", d.body);
		return 0;
	}
	body = body_jv(&d, &err);
	if (!jv_is_valid(body)) {
		jv_free(body);
		reject(m, d.source, err.text, d.body);
		return 0;
	}
	if (map(m, source, input_jv(d.headers, d.query, body, d.received), d.received, &err) < 0) {
		reject(m, d.source, err.text, d.body);
		return 0;
	}
	return 1;
}

int
mapper_entry(struct mapper *m, struct hook_source *source, struct slice record)
{
	struct slice none = {NULL, 0};
	struct sme_err err;
	struct entry e;
	jv body, message;

	m->n++;
	if (spool_is_erased(record))
		return 0;
	if (!entry_read(record, &e)) {
		reject(m, source->name, "not a message", record);
		return 0;
	}
	if (e.from != ENTRY_USER)
		return 0;
	message = connector_parse(e.json, &err);
	if (!jv_is_valid(message)) {
		jv_free(message);
		reject(m, source->name, err.text, e.json);
		return 0;
	}
	body = jv_object_set(jv_object(), jv_string("type"), jv_string("message"));
	body = jv_object_set(body, jv_string("user"), value_string(e.user));
	body = jv_object_set(body, jv_string("message"), message);
	if (map(m, source, input_jv(none, none, body, e.id), e.id, &err) < 0) {
		reject(m, source->name, err.text, e.json);
		return 0;
	}
	return 1;
}

void
mapper_flush(struct mapper *m)
{
	for (size_t i = 0; i < sources_count(m->sources); i++) {
		if (!m->mapped[i].some)
			continue;
		m->mapped[i].some = false;
		record_alerts(&m->mapped[i].sink, &sources_at(m->sources, i)->account);
	}
}

uint64_t
mapper_events(const struct mapper *m)
{
	uint64_t n = 0;

	for (size_t i = 0; i < sources_count(m->sources); i++)
		n += m->mapped[i].sink.events;
	return n;
}
