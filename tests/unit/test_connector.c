#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "connector/program.h"
#include "core/file.h"

static char dir[] = "/tmp/sme-test-connector.XXXXXX";

#define META                                                                                       \
	"def meta: {name: \"example\", title: \"Example\", can: [\"read.post\", \"reply\"], as_of: "   \
	"{date: \"2026-11-26\", source: \"docs\"}"

static void
put(const char *name, const char *text)
{
	struct buf path = BUF_INIT;
	struct sme_err err;

	buf_printf(&path, "%s/%s", dir, name);
	assert_int_equal(file_write_atomic(buf_str(&path), slice_of(text), 0600, &err), 0);
	buf_release(&path);
}

static struct connector *
open_text(const char *text)
{
	struct sme_err err;
	struct connector *c;

	put("c.jq", text);
	c = connector_open("c.jq", dir, &err);
	if (!c)
		fail_msg("%s", err.text);
	return c;
}

/* The connector TEXT is refused with a message that ends in WHY, which begins behind its path. */
static void
refuse(const char *text, const char *why)
{
	struct sme_err err = {.text = ""};
	struct buf want = BUF_INIT;

	put("c.jq", text);
	assert_null(connector_open("c.jq", dir, &err));
	buf_printf(&want, "%s/c.jq%s", dir, why);
	assert_string_equal(err.text, buf_str(&want));
	assert_int_equal(err.status, SME_CONFIG);
	buf_release(&want);
}

static jv
parse(const char *text)
{
	struct sme_err err;
	jv v = connector_parse(slice_of(text), &err);

	if (!jv_is_valid(v))
		fail_msg("%s: %s", text, err.text);
	return v;
}

/* V, which is consumed, is the JSON TEXT. */
static void
assert_json(jv v, const char *text)
{
	jv s = jv_dump_string(v, JV_PRINT_SORTED);

	assert_string_equal(jv_string_value(s), text);
	jv_free(s);
}

static void
calls(struct connector *c, enum connector_call call, const char *input, const char *want)
{
	struct sme_err err;
	jv out;

	if (connector_run(c, call, parse("{\"name\":\"a\"}"), parse("{\"n\":7}"), parse(input), &out,
		&err) < 0)
		fail_msg("%s", err.text);
	assert_json(out, want);
}

static void
keeps_big_numbers(void **state)
{
	struct sme_err err;

	(void)state;
	assert_json(parse("[9007199254740992,9007199254740993,-9007199254740993]"),
	    "[9007199254740992,\"9007199254740993\",\"-9007199254740993\"]");
	assert_json(parse("[12345678901234567890,1234567890123456,-5,0,1.5,1e3,-0.25]"),
	    "[\"12345678901234567890\",1234567890123456,-5,0,1.5,1000,-0.25]");
	assert_json(parse("{\"a\":1,\"\\u0061\":2,\"b\":[true,false,null,\"\\ud83d\\ude00\"]}"),
	    "{\"a\":2,\"b\":[true,false,null,\"\xf0\x9f\x98\x80\"]}");
	assert_json(parse("\"\\ud800x\""), "\"\xef\xbf\xbdx\"");
	assert_false(jv_is_valid(connector_parse(SLICE("{\"a\":}"), &err)));
	assert_string_equal(err.text, "byte 6: expected a value");
	assert_false(jv_is_valid(connector_parse(SLICE(""), &err)));
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* A value of a small world, so that names, texts and whole objects come again. */
static void
put_random(struct buf *b, uint32_t *seed, int depth)
{
	static const char *const leaves[] = {"1", "-2.5", "true", "false", "null", "\"\"", "\"a\"",
	    "\"public\"", "\"\\u00e4\\n\"", ("\"https://h.example/a/longer/text/than/what/is/kept/by/the/builder/"
	    "of/values\""), "[]", "{}", " 0 ", "1e2"};
	static const char *const names[] = {"\"id\"", "\"by\"", "\"x\"", "\"\\u0078\"", "\"\"", " \"by\" "};
	uint32_t kind = next_random(seed) % 4;
	size_t n = next_random(seed) % 4;

	if (depth == 0 || kind == 0) {
		buf_puts(b, leaves[next_random(seed) % (sizeof leaves / sizeof *leaves)]);
		return;
	}
	buf_puts(b, kind == 1 ? "[" : "{");
	for (size_t i = 0; i < n; i++) {
		buf_puts(b, i ? ", " : "");
		if (kind != 1)
			buf_printf(b, "%s:", names[next_random(seed) % (sizeof names / sizeof *names)]);
		put_random(b, seed, depth - 1);
	}
	buf_puts(b, kind == 1 ? "]" : "}");
}

static void
parses_as_jq_does(void **state)
{
	struct buf text = BUF_INIT;
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		jv want, got;

		buf_clear(&text);
		put_random(&text, &seed, 5);
		want = jv_parse_sized(text.p, (int)text.n);
		got = parse(text.p);
		if (!jv_equal(want, got))
			fail_msg("%s", text.p);
	}
	buf_release(&text);
}

static void
calls_functions(void **state)
{
	struct connector *c = open_text(
	    META "};\n"
		 "def event($account): def find($a; $b): 1; {native: .id, account: $account.name};\n"
		 "def start($account; $cursor): [{url: \"/x\", query: {n: $cursor.n}}];\n"
		 "def page($account; $cursor): .body[], {last: (5 % -1)};\n"
		 "def published($account): error(\"no \\(.x)\");\n");
	struct sme_err err;
	jv out;

	(void)state;
	calls(c, CALL_EVENT, "{\"id\":\"1\"}", "[{\"account\":\"a\",\"native\":\"1\"}]");
	calls(c, CALL_START, "null", "[[{\"query\":{\"n\":7},\"url\":\"/x\"}]]");
	calls(c, CALL_PAGE, "{\"body\":[1,2]}", "[1,2,{\"last\":0}]");
	calls(c, CALL_FIND, "null", "[null]");
	assert_true(connector_has(c, CALL_EVENT));
	assert_true(connector_has(c, CALL_PAGE));
	assert_false(connector_has(c, CALL_FIND));
	assert_string_equal(connector_facts(c)->name.p, "example");
	assert_true(meta_can(connector_facts(c), "reply"));
	assert_false(meta_can(connector_facts(c), "edit"));
	assert_int_equal(
	    connector_run(c, CALL_PUBLISHED, jv_null(), jv_null(), parse("{\"x\":3}"), &out, &err), -1);
	assert_non_null(strstr(err.text, "/c.jq: published: jq: no 3"));
	/* The program is as good as new after an error. */
	calls(c, CALL_PAGE, "{\"body\":[]}", "[{\"last\":0}]");
	connector_close(c);
}

static void
maps_records_one_by_one(void **state)
{
	struct connector *c = open_text(
	    META "};\ndef event($account): if .bad then error(.bad) elif .none then empty else {native: "
		 ".id}, {native: \"b\"} end;\n");
	struct sme_err err;
	jv out;

	(void)state;
	assert_int_equal(connector_events(c, jv_null(),
			     parse("[{\"id\":\"1\"},{\"bad\":\"no\"},{\"none\":1},7,{\"bad\":[1]}]"),
			     &out, &err), 0);
	assert_json(out, "[[{\"native\":\"1\"},{\"native\":\"b\"}],\"no\",[],"
			 "\"Cannot index number with string \\\"bad\\\"\",\"[1]\"]");
	connector_close(c);
}

/* The place of something in an array, as jq has it. */
static void
finds_places(void **state)
{
	struct connector *c = open_text(
	    META "};\ndef event($account): index([\"b\"]), indices([\"a\", \"b\"]), indices(\"a\"), rindex(\"a\"), "
		 "index([\"x\"]), indices([]), indices([1,2,3,4,5,6]);\n");

	(void)state;
	calls(c, CALL_EVENT, "[\"a\",\"b\",\"a\",\"b\"]", "[1,[0,2],[0,2],2,null,[],[]]");
	connector_close(c);
}

/* Each of these ended or hung the process in libjq 1.6. */
static void
survives_libjq(void **state)
{
	struct connector *c = open_text(
	    META "};\ndef event($account): (1e300 % -1), (try implode catch \"implode\"), index(\"\"), "
		 "rindex(\"\"), indices(\"\"), (\"abab\" | index(\"b\"), rindex(\"b\"));\n");

	(void)state;
	calls(c, CALL_EVENT, "[-1]", "[0,\"implode\",null,null,[],1,3]");
	calls(c, CALL_EVENT, "[\"x\"]", "[0,\"implode\",null,null,[],1,3]");
	calls(c, CALL_EVENT, "[1114112]", "[0,\"implode\",null,null,[],1,3]");
	calls(c, CALL_EVENT, "[97]", "[0,\"a\",null,null,[],1,3]");
	connector_close(c);
}

static void
refuses_with_a_place(void **state)
{
	struct sme_err err;

	(void)state;
	refuse("def meta: {};\ndef page($a; $c):\n  {a: 1 2};\n",
	    ":3: syntax error, unexpected LITERAL, expecting '}'");
	refuse("def meta: {};def event($a): foo;", ":1: foo/0 is not defined");
	refuse("def event($a): {t: now};",
	    ":1: \"now\" cannot be used here: a connector must not depend on the clock; what it needs is "
	    "in $account");
	refuse("\ndef event($a): \"\\(input)\";",
	    ":2: \"input\" cannot be used here: a connector must not depend on further input; what it "
	    "needs is in $account");
	refuse("def meta: {};\n\ndef page($account): {};",
	    ":3: \"page\" has 1 parameters; expected page($account; $cursor)");
	refuse("def f: def meta: 1; meta;", ": it does not define meta");
	refuse("", ": it does not define meta");
	refuse("def meta: empty;", ": meta: expected one object");
	refuse("def meta: error(\"x\");", ": meta: jq: x");
	refuse(META ", text: {limit: \"5\"}};",
	    ": meta: .text.limit: expected a number that is not negative, got \"5\"");
	refuse(META ", txt: 1};", ": meta: .txt: unknown key, did you mean \"text\"?");
	refuse(META ", records: {post: {required: {id: \"text\"}}}};",
	    ": meta: .records.post.required.id: expected types such as \"string\", \"string|number\" or "
	    "\"object?\", got \"text\"");
	assert_null(connector_open("nope.jq", dir, &err));
	assert_int_equal(err.status, SME_NOINPUT);
	assert_null(connector_open("../etc/passwd", dir, &err));
	assert_null(connector_open("", NULL, &err));
}

static void
reads_meta(void **state)
{
	struct connector *c = open_text(META
	    ", text: {limit: 500, count: \"weighted\", url: 23, mention: \"local\", direct: {limit: 900}},"
	    " records: {post: {required: {id: \"string|number\", \"a.b?\": \"object\", c: \"array?\"}}},"
	    " limits: {interval: \"5s\", buckets: {read: {n: 300, per: \"5m\"}}},"
	    " errors: [{status: 400, path: \"error.code\", value: 190, class: \"auth\"}]};");
	const struct meta *m = connector_facts(c);
	const struct meta_record *r = meta_record(m, SLICE("post"));

	(void)state;
	assert_int_equal(m->text.limit, 500);
	assert_int_equal(m->text.count, COUNT_WEIGHTED);
	assert_int_equal(m->direct.limit, 900);
	assert_int_equal(m->direct.url, 23);
	assert_true(m->direct.mention_local);
	assert_int_equal(r->n, 3);
	assert_int_equal(r->fields[0].types, 1u << JV_KIND_STRING | 1u << JV_KIND_NUMBER);
	assert_int_equal(r->fields[1].nparts, 2);
	assert_true(r->fields[1].optional && r->fields[2].optional && !r->fields[0].optional);
	assert_true(slice_is(r->fields[1].path, "a.b"));
	assert_null(meta_record(m, SLICE("x")));
	assert_int_equal(m->buckets[0].per, 300000);
	assert_int_equal(m->interval, 5000);
	assert_int_equal(m->errors[0].class, ANSWER_AUTH);
	assert_true(slice_is(m->errors[0].path, "error.code"));
	connector_close(c);
}

static void
finds_installed_ones(void **state)
{
	struct buf sub = BUF_INIT;
	struct sme_err err;
	struct connector *c;

	(void)state;
	buf_printf(&sub, "%s/connectors", dir);
	assert_int_equal(file_mkdirs(buf_str(&sub), &err), 0);
	put("connectors/example.jq", META "};");
	setenv("SME_SHARE", dir, 1);
	c = connector_open("example", NULL, &err);
	unsetenv("SME_SHARE");
	assert_non_null(c);
	connector_close(c);
	buf_release(&sub);
}

/* The directory is the test's own; nothing else is below it. */
static int
remove_files(void **state)
{
	static const char *const names[] = {"c.jq", "connectors/example.jq", "connectors", ""};
	struct buf path = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		buf_clear(&path);
		buf_printf(&path, "%s/%s", dir, names[i]);
		remove(buf_str(&path));
	}
	buf_release(&path);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_big_numbers),
	    cmocka_unit_test(parses_as_jq_does),
	    cmocka_unit_test(calls_functions),
	    cmocka_unit_test(maps_records_one_by_one),
	    cmocka_unit_test(finds_places),
	    cmocka_unit_test(survives_libjq),
	    cmocka_unit_test(refuses_with_a_place),
	    cmocka_unit_test(reads_meta),
	    cmocka_unit_test(finds_installed_ones),
	};

	if (!mkdtemp(dir))
		return 1;
	return cmocka_run_group_tests(tests, NULL, remove_files);
}
