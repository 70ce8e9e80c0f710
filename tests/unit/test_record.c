#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "connector/record.h"
#include "core/file.h"
#include "core/rfc3339.h"

#define NOW "2026-11-26T12:00:00Z"

static const char program[] =
    "def meta: {name: \"example\", title: \"Example\", can: [], as_of: {date: \"2026-11-26\", source: "
    "\"docs\"}, records: {post: {required: {id: \"number|string\", \"by.name\": \"string\", "
    "\"note?\": \"string\"}}}};\n"
    "def event($account): if .kind == \"raw\" then .data elif .data.bad then error(\"bad\") else "
    "{native: .data.id, text: .data.text, author: {handle: .data.by.name}, kind: (.context.kind // "
    "\"post\"), created_at: .data.at} end;\n";

static char path[] = "/tmp/sme-test-record.XXXXXX.jq";
static struct connector *connector;
static struct html *html;
static struct buf out = BUF_INIT;

static void
collect(void *ctx, struct slice s)
{
	(void)ctx;
	buf_adds(&out, s);
}

static struct record_sink
sink_on(struct writer *w)
{
	struct record_sink sink = {.out = w, .html = html};

	buf_clear(&out);
	writer_init_sink(w, collect, NULL);
	assert_true(rfc3339_parse(SLICE(NOW), &sink.now));
	return sink;
}

static const struct account account = {
    .name = {"shop", 4},
    .tenant = {"talvio", 6},
    .network = {"example", 7},
    .channel = {"@talvio", 7},
    .instance = {"h.example", 9},
    .base = {"https://h.example", 17},
};

static jv
parse(const char *text)
{
	struct sme_err err;
	jv v = connector_parse(slice_of(text), &err);

	if (!jv_is_valid(v))
		fail_msg("%s: %s", text, err.text);
	return v;
}

/* RECORDS give the lines WANT, and REJECTED of them with the reasons WHY. */
static void
maps(const char *records, const char *want, const char *why)
{
	struct writer w;
	struct record_sink sink = sink_on(&w);
	struct sme_err err;

	if (record_events(connector, &account, jv_null(), parse(records), parse("{}"), &sink, &err) < 0)
		fail_msg("%s", err.text);
	writer_release(&w);
	assert_string_equal(buf_str(&out), want);
	assert_string_equal(buf_str(&sink.reasons), why);
	record_sink_release(&sink);
}

#define HEAD(type, id, rest)                                                                       \
	"{\"type\":\"" type "\",\"id\":\"example:h.example:" id "\"" rest

static void
writes_the_canonical_line(void **state)
{
	(void)state;
	maps("{\"raw\":[{\"ref\":{\"v\":\"x\"},\"text\":\"hi\\n\\u001b[1m\",\"native\":139,\"kind\":\"comment\","
	     "\"created_at\":\"2026-11-26T11:00:00+01:00\",\"indexed_at\":1795600000,\"lang_hint\":\"de-AT\","
	     "\"revision\":2,\"author\":{\"native\":\"u 1\",\"handle\":\"@kim\",\"name\":\"Kim\",\"followers\":"
	     "\"12\",\"following\":null,\"bot\":false,\"created_at\":\"2019-02-01\"},\"title\":\"T\","
	     "\"url\":\"https://h.example/p/139\",\"in_reply_to\":\"9007199254740993\",\"direct\":true,"
	     "\"metrics\":{\"likes\":3,\"views\":null},\"media\":[{\"url\":\"mxc://a/b\",\"type\":\"image\"},"
	     "{\"type\":\"image\"}],\"links\":[\"https://l.example/\",\"javascript:x\"],\"auto\":true,"
	     "\"channel\":\"#c\"}]}",
	    HEAD("mention", "139",
		",\"revision\":2,\"tenant\":\"talvio\",\"network\":\"example\",\"channel\":\"#c\","
		"\"kind\":\"comment\",\"created_at\":\"2026-11-26T10:00:00Z\",\"indexed_at\":"
		"\"2026-11-25T09:46:40Z\",\"fetched_at\":\"" NOW
		"\",\"author\":{\"id\":\"example:h.example:h975926fc6811d56e\",\"handle\":\"kim\",\"name\":"
		"\"Kim\",\"followers\":12,\"created_at\":\"2019-02-01T00:00:00Z\",\"bot\":false},\"title\":"
		"\"T\",\"text\":\"hi\\n\\u001b[1m\",\"lang_hint\":\"de\",\"url\":\"https://h.example/p/139\","
		"\"in_reply_to\":\"example:h.example:9007199254740993\",\"thread\":"
		"\"example:h.example:9007199254740993\",\"direct\":true,\"metrics\":{\"likes\":3},\"media\":["
		"{\"type\":\"image\",\"url\":\"mxc://a/b\"}],\"links\":[\"https://l.example/\"],\"auto\":true,"
		"\"ref\":{\"v\":\"x\"}}\n"),
	    "");
}

static void
makes_text_of_html(void **state)
{
	(void)state;
	maps("{\"raw\":[{\"native\":\"1\",\"created_at\":1795600000,\"html\":\"<p>Hi <a href='/x'>x</a>"
	     "<script>alert(1)</script></p><p><a class='u-url mention' href='https://h.example/@kim'>@kim</a>"
	     " <img src='/i.png' alt='mast'></p>\"}]}",
	    HEAD("mention", "1",
		",\"tenant\":\"talvio\",\"network\":\"example\",\"channel\":\"@talvio\",\"kind\":\"post\","
		"\"created_at\":\"2026-11-25T09:46:40Z\",\"fetched_at\":\"" NOW "\",\"author\":{},\"text\":"
		"\"Hi x\\n\\n@kim\",\"lang_hint\":null,\"url\":null,\"in_reply_to\":null,\"thread\":"
		"\"example:h.example:1\",\"direct\":false,\"media\":[{\"type\":\"image\",\"url\":"
		"\"https://h.example/i.png\",\"alt\":\"mast\"}],\"links\":[\"https://h.example/x\"]}\n"),
	    "");
}

/* What follows the tenant, network and channel of a line that says little. */
#define TIMES(created) "\"created_at\":\"" created "\",\"fetched_at\":\"" NOW "\""
#define OURS ",\"tenant\":\"talvio\",\"network\":\"example\",\"channel\":\"@talvio\","

static void
writes_deletes_and_replies(void **state)
{
	(void)state;
	maps("{\"raw\":[{\"native\":\"1\",\"type\":\"delete\"},{\"native\":\"2\",\"type\":\"reply\",\"text\":"
	     "\"Hello\",\"created_at\":\"2026-11-26T11:00:00Z\",\"in_reply_to\":\"1\",\"url\":\"https://h/2\"}]}",
	    HEAD("delete", "1", OURS TIMES(NOW) "}\n")
		HEAD("reply", "2",
		    OURS TIMES("2026-11-26T11:00:00Z") ",\"text\":\"Hello\",\"state\":\"sent\",\"via\":"
		    "\"example\",\"url\":\"https://h/2\",\"in_reply_to\":\"example:h.example:1\",\"thread\":"
		    "\"example:h.example:1\",\"direct\":false}\n"),
	    "");
}

static void
tells_the_state_of_a_reply(void **state)
{
	(void)state;
	maps("{\"raw\":[{\"native\":\"2\",\"type\":\"reply\",\"state\":\"failed\",\"part_key\":\"k-0\","
	     "\"error\":\"131047: too late\",\"created_at\":\"2026-11-26T11:00:00Z\"},{\"native\":\"3\","
	     "\"type\":\"reply\",\"state\":\"maybe\",\"created_at\":\"2026-11-26T11:00:00Z\"}]}",
	    HEAD("reply", "2",
		    OURS TIMES("2026-11-26T11:00:00Z") ",\"text\":\"\",\"state\":\"failed\",\"via\":"
		    "\"example\",\"url\":null,\"in_reply_to\":null,\"thread\":\"example:h.example:2\","
		    "\"direct\":false,\"part_key\":\"k-0\",\"error\":\"131047: too late\"}\n")
		HEAD("reply", "3",
		    OURS TIMES("2026-11-26T11:00:00Z") ",\"text\":\"\",\"state\":\"sent\",\"via\":"
		    "\"example\",\"url\":null,\"in_reply_to\":null,\"thread\":\"example:h.example:3\","
		    "\"direct\":false}\n"),
	    "");
}

/* The only event of RECORDS has TIMES in the place of its times. */
static void
dates(const char *members, const char *times)
{
	struct buf records = BUF_INIT, want = BUF_INIT;

	buf_printf(&records, "{\"raw\":[{\"native\":\"1\",\"text\":\"t\"%s}]}", members);
	buf_printf(&want,
	    "{\"type\":\"mention\",\"id\":\"example:h.example:1\"" OURS
	    "\"kind\":\"post\",%s,\"fetched_at\":\"" NOW "\",\"author\":{},\"text\":\"t\",\"lang_hint\":null,"
	    "\"url\":null,\"in_reply_to\":null,\"thread\":\"example:h.example:1\",\"direct\":false,"
	    "\"media\":[],\"links\":[]}\n",
	    times);
	maps(buf_str(&records), buf_str(&want), "");
	buf_release(&records);
	buf_release(&want);
}

static void
believes_no_absurd_time(void **state)
{
	(void)state;
	dates(",\"created_at\":\"1795600000\"", "\"created_at\":\"2026-11-25T09:46:40Z\"");
	dates(",\"created_at\":1795600000123", "\"created_at\":\"2026-11-25T09:46:40.123Z\"");
	dates(",\"created_at\":\"0001-01-01T00:00:00Z\",\"indexed_at\":\"2026-11-26T01:00:00Z\"",
	    "\"created_at\":\"2026-11-26T01:00:00Z\",\"claimed_at\":\"0001-01-01T00:00:00Z\","
	    "\"indexed_at\":\"2026-11-26T01:00:00Z\"");
	dates(",\"created_at\":\"2099-01-01T00:00:00Z\"",
	    "\"created_at\":\"" NOW "\",\"claimed_at\":\"2099-01-01T00:00:00Z\"");
	dates(",\"created_at\":1e300,\"indexed_at\":\"2199-01-01T00:00:00Z\"",
	    "\"created_at\":\"" NOW "\",\"claimed_at\":1e+300");
	dates("", "\"created_at\":\"" NOW "\",\"claimed_at\":null");
	dates(",\"created_at\":\"yesterday\"", "\"created_at\":\"" NOW "\",\"claimed_at\":\"yesterday\"");
}

#define POST(id, name)                                                                             \
	HEAD("mention", id,                                                                        \
	    OURS "\"kind\":\"post\"," TIMES("2026-11-25T09:46:40Z") ",\"author\":{\"id\":"           \
	                                                            "\"example:h.example:" name      \
	                                                            "\",\"handle\":\"" name "\"},"     \
	    "\"text\":\"t\",\"lang_hint\":null,\"url\":null,\"in_reply_to\":null,\"thread\":"          \
	    "\"example:h.example:" id "\",\"direct\":false,\"media\":[],\"links\":[]}\n")

/* One bad record costs nobody else. */
static void
rejects_one_record(void **state)
{
	(void)state;
	maps("{\"post\":[{\"id\":1,\"by\":{\"name\":\"a\"},\"text\":\"t\",\"at\":1795600000},"
	     "{\"by\":{\"name\":\"a\"}},{\"id\":1,\"by\":[\"a\"]},{\"id\":1,\"by\":{\"name\":3}},7,null,"
	     "{\"id\":1,\"by\":{\"name\":\"a\"},\"note\":5},{\"id\":1,\"by\":{\"name\":\"a\"},\"bad\":true},"
	     "{\"id\":1,\"by\":{\"name\":\"a\"},\"text\":5},{\"id\":\"\",\"by\":{\"name\":\"a\"}},"
	     "{\"id\":1.5,\"by\":{\"name\":\"a\"}},"
	     "{\"id\":9007199254740993,\"by\":{\"name\":\"b\"},\"text\":\"t\",\"at\":1795600000,\"note\":null}]}",
	    POST("1", "a") POST("9007199254740993", "b"),
	    "post: id: expected number|string, got missing: the network has changed\n"
	    "post: by.name: expected string, got missing: the network has changed\n"
	    "post: by.name: expected string, got number: the network has changed\n"
	    "post: .: expected object, got number: the network has changed\n"
	    "post: .: expected object, got null: the network has changed\n"
	    "post: note: expected string, got number: the network has changed\n"
	    "event: jq: bad\n"
	    "event: text: expected a text, got number\n"
	    "event: native: expected the id of the record, a text\n"
	    "event: native: expected the id of the record, a text\n");
	maps("{\"raw\":[1,[],[{\"native\":\"1\",\"type\":\"x\"}],null,{\"native\":\"1\",\"html\":[]}]}", "",
	    "event: expected an object, got number\n"
	    "event: type: expected mention, delete or reply\n"
	    "event: html: expected a text, got array\n");
	maps("{}", "", "");
	maps("{\"post\":null}", "", "");
}

static void
tells_of_drift_once(void **state)
{
	struct writer w;
	struct record_sink sink = sink_on(&w);
	struct sme_err err;

	(void)state;
	for (int page = 0; page < 2; page++)
		assert_int_equal(record_events(connector, &account, jv_null(),
				     parse("{\"post\":[{\"id\":1},{\"id\":1,\"by\":{\"name\":null}}]}"),
				     jv_null(), &sink, &err), 0);
	assert_int_equal(sink.events, 0);
	assert_int_equal(sink.rejected, 4);
	assert_int_equal(record_alerts(&sink, &account), 1);
	assert_int_equal(record_alerts(&sink, &account), 0);
	writer_release(&w);
	assert_string_equal(buf_str(&out),
	    "{\"type\":\"alert\",\"id\":\"drift:shop:post:by.name:2026-11-26\",\"tenant\":\"talvio\","
	    "\"network\":\"example\",\"channel\":\"@talvio\",\"kind\":\"drift\",\"created_at\":\"" NOW "\","
	    "\"record\":\"post\",\"path\":\"by.name\",\"expected\":\"string\",\"got\":\"missing\",\"count\":4,"
	    "\"text\":\"shop: 4 post records of example were not as they must be: by.name is missing, expected "
	    "string\"}\n");
	record_sink_release(&sink);
}

static void
refuses_what_is_no_page(void **state)
{
	struct writer w;
	struct record_sink sink = sink_on(&w);
	struct sme_err err;

	(void)state;
	assert_int_equal(
	    record_events(connector, &account, jv_null(), parse("[]"), jv_null(), &sink, &err), -1);
	assert_non_null(strstr(err.text, "records: expected an object of lists, got array"));
	assert_int_equal(
	    record_events(connector, &account, jv_null(), parse("{\"post\":1}"), jv_null(), &sink, &err), -1);
	assert_non_null(strstr(err.text, "records: post: expected a list, got number"));
	writer_release(&w);
	record_sink_release(&sink);
}

/* For those who check a connector: what it said that means nothing. */
static void
notes_odd_members(void **state)
{
	static const char *const odds[][2] = {
	    {"\"likes\":1", "likes"},
	    {"\"author\":{\"id\":\"1\"}", "author.id"},
	    {"\"author\":{\"followers\":-1}", "author.followers"},
	    {"\"revision\":\"x\"", "revision"},
	    {"\"media\":{}", "media"},
	    {"\"created_at\":[]", "created_at"},
	    {"\"url\":null", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof odds / sizeof *odds; i++) {
		struct writer w;
		struct record_sink sink = sink_on(&w);
		struct buf records = BUF_INIT;
		struct sme_err err;

		buf_printf(&records, "{\"raw\":[{\"native\":\"1\",%s}]}", odds[i][0]);
		assert_int_equal(record_events(connector, &account, jv_null(), parse(buf_str(&records)), jv_null(),
				     &sink, &err), 0);
		assert_int_equal(sink.events, 1);
		assert_string_equal(sink.odd, odds[i][1]);
		writer_release(&w);
		record_sink_release(&sink);
		buf_release(&records);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_the_canonical_line),
	    cmocka_unit_test(makes_text_of_html),
	    cmocka_unit_test(writes_deletes_and_replies),
	    cmocka_unit_test(tells_the_state_of_a_reply),
	    cmocka_unit_test(believes_no_absurd_time),
	    cmocka_unit_test(rejects_one_record),
	    cmocka_unit_test(tells_of_drift_once),
	    cmocka_unit_test(refuses_what_is_no_page),
	    cmocka_unit_test(notes_odd_members),
	};
	struct sme_err err;
	int r = mkstemps(path, 3);

	if (r < 0 || file_write_atomic(path, slice_of(program), 0600, &err) < 0)
		return 1;
	connector = connector_open(path, NULL, &err);
	if (!connector) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	html = html_open();
	r = cmocka_run_group_tests(tests, NULL, NULL);
	html_close(html);
	connector_close(connector);
	buf_release(&out);
	remove(path);
	return r;
}
