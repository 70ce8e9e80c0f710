/*
 * What a network sends, whatever it is, through connectors: the body of a page or of a delivery.  It ends
 * without a crash, every line that comes is an event, and nothing is lost between the two.
 * The first byte chooses the connector.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "connector/record.h"
#include "connector/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
const char *__lsan_default_suppressions(void);

/* A connector stays open, and libjq holds its stack by the far end only.  What is lost of values shows in
 * the unit tests, which close theirs. */
const char *
__lsan_default_suppressions(void)
{
	return "leak:jq_start\nleak:jq_next\n";
}

static const struct way {
	const char *file;
	enum connector_call call;
	const char *tag;
} ways[] = {
    {"share/connectors/mastodon.jq", CALL_PAGE, "notifications"},
    {"share/connectors/mastodon.jq", CALL_PAGE, "again"},
    {"samples/connectors/kiosk.jq", CALL_PAGE, ""},
    {"share/connectors/whatsapp.jq", CALL_WEBHOOK, ""},
    {"share/connectors/telegram.jq", CALL_WEBHOOK, ""},
};

#define WAYS (sizeof ways / sizeof *ways)

static const struct account account = {
    .name = {"fuzz", 4},
    .tenant = {"t", 1},
    .network = {"n", 1},
    .channel = {"c", 1},
    .instance = {"i", 1},
    .base = {"https://h.example", 17},
};

static struct connector *
connector_of(size_t way)
{
	static struct connector *open[WAYS];
	struct sme_err err;

	if (!open[way])
		open[way] = connector_open(ways[way].file, NULL, &err);
	if (!open[way])
		sme_die(err.status, "%s", err.text);
	return open[way];
}

static void
keep(void *ctx, struct slice s)
{
	buf_adds(ctx, s);
}

/* Each line is an object with type and id; N of them. */
static void
check_lines(struct slice lines, uint64_t n)
{
	struct slice line;
	struct sme_err err;

	for (; slice_cut(&lines, '\n', &line) && line.n; n--) {
		jv event = connector_parse(line, &err), id = value_get(event, "id");

		if (!jv_is_valid(event) || !value_text(id).n || n == 0)
			abort();
		jv_free(id);
		jv_free(event);
	}
	if (n)
		abort();
}

/* A value that was written reads back as it was. */
static void
check_dump(jv value)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct sme_err err;
	jv again;

	value_dump(&one, jv_copy(value));
	again = connector_parse(buf_slice(&one), &err);
	if (!jv_is_valid(again))
		abort();
	value_dump(&two, again);
	if (strcmp(buf_str(&one), buf_str(&two)) != 0)
		abort();
	buf_release(&one);
	buf_release(&two);
}

static jv
input_of(const struct way *way, jv body)
{
	jv request = jv_object_set(jv_object(), jv_string("tag"), jv_string(way->tag));
	jv in = jv_object_set(jv_object(), jv_string("body"), body);

	request = jv_object_set(request, jv_string("key"), jv_string("k"));
	request = jv_object_set(request, jv_string("at"), jv_object());
	request = jv_object_set(request, jv_string("ids"), JV_ARRAY(jv_string("1"), jv_string("2")));
	request = jv_object_set(request, jv_string("page"), jv_number(1));
	in = jv_object_set(in, jv_string("headers"), jv_object());
	in = jv_object_set(in, jv_string("now"), jv_string("2026-11-26T12:00:00Z"));
	return jv_object_set(in, jv_string("request"), request);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct html *html;
	const struct way *way = &ways[size ? data[0] % WAYS : 0];
	struct slice text = {(const char *)data + 1, size ? size - 1 : 0};
	struct buf lines = BUF_INIT;
	struct writer w;
	struct record_sink sink = {.out = &w, .now = INT64_C(1795694400000)};
	struct sme_err err = {.text = ""};
	struct connector *c = connector_of((size_t)(way - ways));
	jv body = connector_parse(text, &err), in, out;

	if (!html)
		html = html_open();
	sink.html = html;
	if (jv_is_valid(body)) {
		check_dump(body);
	} else if (err.text[0]) {
		jv_free(body);
		body = value_string(text);
	} else {
		abort();
	}
	in = input_of(way, body);
	writer_init_sink(&w, keep, &lines);
	if (connector_run(c, way->call, account_jv(&account, sink.now), jv_object(), jv_copy(in), &out,
		&err) < 0) {
		jv_free(in);
	} else {
		out = jv_array_get(out, 0);
		record_output(c, &account, account_jv(&account, sink.now), jv_is_valid(out) ? out : jv_null(),
		    in, &sink, &err);
		sink.events += record_alerts(&sink, &account);
	}
	writer_release(&w);
	check_lines(buf_slice(&lines), sink.events);
	record_sink_release(&sink);
	buf_release(&lines);
	return 0;
}
