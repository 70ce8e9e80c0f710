/* sme.jq: plain JSON, jq programs, the schema and what it says about mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"
#include "config/schema.h"
#include "core/file.h"

static char dir[64];

static const char *
put(const char *name, const char *text)
{
	static char path[128];
	struct sme_err err;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_int_equal(file_write_atomic(path, slice_of(text), 0600, &err), 0);
	return path;
}

static int
make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/test_config.XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
remove_dir(void **state)
{
	static const char *const names[] = {"sme.jq", "brands.jq", "data.json", "bad.jq", NULL};
	char path[128];

	(void)state;
	for (const char *const *n = names; *n; n++) {
		snprintf(path, sizeof path, "%s/%s", dir, *n);
		unlink(path);
	}
	return rmdir(dir);
}

/* TEXT must load. */
static struct config
load(const char *text)
{
	struct config c;
	struct sme_err err = {.text = ""};

	if (config_load(&c, put("sme.jq", text), &err) < 0)
		fail_msg("%s\n%s", text, err.text);
	return c;
}

/* TEXT must be refused with WANT behind the name of the file. */
static void
refuse(const char *text, const char *want)
{
	struct config c;
	struct sme_err err = {.text = ""};
	const char *path = put("sme.jq", text);

	assert_int_equal(config_load(&c, path, &err), -1);
	assert_int_equal(err.status, SME_CONFIG);
	assert_memory_equal(err.text, path, strlen(path));
	assert_string_equal(err.text + strlen(path), want);
}

static size_t
count_lines(const struct buf *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n; i++)
		n += b->p[i] == '\n';
	return n;
}

static void
test_json(void **state)
{
	struct config c = load("{\"tenants\":{\"o2\":{\"timezone\":\"Europe/Berlin\",\"queues\":"
			       "[{\"name\":\"network\",\"sla\":\"36m\"}]}}}");
	const struct json_node *o2 = config_tenant(&c, SLICE("o2"));

	(void)state;
	assert_non_null(o2);
	assert_null(config_tenant(&c, SLICE("other")));
	assert_int_equal(config_duration(node_get(o2, "queues")->child, "sla", 7), 36 * 60000);
	assert_int_equal(config_duration(node_get(o2, "queues")->child, "none", 7), 7);
	config_release(&c);
}

static void
test_program(void **state)
{
	struct config c;

	(void)state;
	put("brands.jq", "def queue($n): {name: $n, sla: \"1h\"};\n");
	put("data.json", "{\"words\":[\"Netz\"]}");
	c = load("# comment\ninclude \"brands\";\nimport \"data\" as $data;\n"
		 "{tenants: {a: {queues: [queue(\"x\"), queue(\"y\")], name: null}},\n"
		 " keywords: $data[0].words,}");
	assert_int_equal(node_get(config_tenant(&c, SLICE("a")), "queues")->count, 2);
	assert_null(node_get(config_tenant(&c, SLICE("a")), "name"));
	assert_int_equal(config_tenant(&c, SLICE("a"))->count, 1);
	assert_true(slice_is(node_get(c.root, "keywords")->child->text, "Netz"));
	config_release(&c);
}

static void
test_nothing(void **state)
{
	static const char *const texts[] = {"", "\n \n", "# only a comment\n", "null", "{}"};
	struct config c;
	struct sme_err err;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		c = load(texts[i]);
		assert_int_equal(c.root->count, 0);
		config_release(&c);
	}
	assert_int_equal(config_load(&c, "/nonexistent/sme.jq", &err), -1);
	assert_int_equal(err.status, SME_NOINPUT);
}

/* The same files give the same configuration, whoever reads them. */
static void
test_no_environment(void **state)
{
	struct config c;

	(void)state;
	setenv("SME_TEST_SECRET", "hush", 1);
	c = load("{keywords: [($ENV.SME_TEST_SECRET // \"none\"), (env|length|tostring)]}");
	assert_true(slice_is(node_get(c.root, "keywords")->child->text, "none"));
	assert_true(slice_is(node_get(c.root, "keywords")->child->next->text, "0"));
	assert_string_equal(getenv("SME_TEST_SECRET"), "hush");
	config_release(&c);
}

static void
test_program_errors(void **state)
{
	char want[256];

	(void)state;
	refuse("{a: 1\n, b: 2 3}", ":2: syntax error, unexpected LITERAL, expecting '}'");
	refuse("\n\nfoo(1)", ":3: foo/1 is not defined");
	refuse("1, 2", ": expected one object, got several values");
	refuse("empty", ": expected one object, got no value (empty)");
	refuse("halt", ": halt has no place here");
	refuse("{a: error(\"stop here\")}", ": jq: stop here");
	refuse("{a: error({b: 1})}", ": jq: {\"b\":1}");
	refuse("[]", ": .: expected an object, got a list");
	refuse("debug | input | {}", ": jq: there is no input to read");
	refuse("include \"nope\"; {}", ": module not found: nope");
	put("bad.jq", "def b: {x: 1;\n");
	snprintf(
	    want, sizeof want, "%s/bad.jq:1: syntax error, unexpected ';', expecting '}'", dir);
	{
		struct config c;
		struct sme_err err;

		assert_int_equal(config_load(&c, put("sme.jq", "include \"bad\"; b"), &err), -1);
		assert_string_equal(err.text, want);
	}
}

static void
test_schema_errors(void **state)
{
	(void)state;
	refuse("{tenants: {o2: {queues: [{name: \"a\"}, {name: \"b\", sla: 36}]}}}",
	    ": .tenants.o2.queues[1].sla: expected a duration such as \"36m\", got 36");
	refuse("{tenants: {o2: {ruels: []}}}",
	    ": .tenants.o2.ruels: unknown key, did you mean \"rules\"?");
	refuse("{publish: {zzzzzzzz: 1}}", ": .publish.zzzzzzzz: unknown key; known here: backoff, budget, loop, outbox, person, same_text");
	refuse("{tenants: {\"o2 de\": {match: \"frist\"}}}",
	    ": .tenants[\"o2 de\"].match: expected \"first\" or \"all\", got \"frist\"; "
	    "did you mean \"first\"?");
	refuse("{tenants: {a: {timezone: 1}}, keywords: [1]}",
	    ": .tenants.a.timezone: expected a time zone such as \"Europe/Berlin\", got 1 "
	    "(and 1 more: try --check-config)");
	refuse("{tenants: {a: {queues: [{sla: \"1h\"}]}}}",
	    ": .tenants.a.queues[0]: \"name\" is missing: a name (a text that is not empty)");
	refuse("{tenants: {a: {rules: [{name: \"r\", queue: \"netwrk\"}], "
	       "queues: [{name: \"inbox\"}, {name: \"network\"}]}}}",
	    ": .tenants.a.rules[0].queue: no queue \"netwrk\" in .queues, did you mean "
	    "\"network\"?");
	refuse("{tenants: {a: {queues: [], rules: [{name: \"q\", when: \".direct\", queue: \"inbox\"}, "
	       "{name: \"r\", queue: \"inbx\"}]}}}",
	    ": .tenants.a.rules[1].queue: no queue \"inbx\" in .queues, did you mean \"inbox\"?");
	refuse("{tenants: {a: {queues: [{name: \"x\"}, {name: \"y\"}, {name: \"x\"}]}}}",
	    ": .tenants.a.queues[2].name: \"x\" is already the name of [0]");
	refuse("{sources: [{name: \"s\", type: \"csv\"}]}",
	    ": .sources[0]: expected either \"url\" or \"path\"");
	refuse("{tenants: {a: {}}, sources: [{name: \"s\", type: \"csv\", path: \"x\", "
	       "tenant: \"b\"}]}",
	    ": .sources[0].tenant: no tenant \"b\" in .tenants");
	refuse("{score: {weights: {reach: 101}}}",
	    ": .score.weights.reach: expected a number from 0 to 100, got 101");
	refuse("{keywords: [null]}",
	    ": .keywords[0]: expected a word or phrase such as \"kein Netz\", got null");
	refuse("{keywords: [\"?!\"]}",
	    ": .keywords[0]: column 1: there is no word in this: <-- here ?!");
	refuse("{tenants: {a: {topics: {t: \"netz AND\"}}}}",
	    ": .tenants.a.topics.t: column 9: expected a word or \"(\", found the end: netz AND<-- "
	    "here ");
}

static void
test_scalars(void **state)
{
	static const char *const good[] = {
	    "hours: {mon: [\"08:00-20:00\", \"22:00-06:00\"], sun: []}",
	    "hours: {sat: [\"00:00-24:00\"]}", "holidays: [\"2026-12-25\", \"2024-02-29\"]",
	    "timezone: \"UTC\"", "_note: 5",
	    "snippets: [{name: \"s\", text: \"{{a}} {name} {vars.x}\"}]"};
	static const char *const bad[] = {"hours: {mon: [\"8:00-20:00\"]}",
	    "hours: {mon: [\"08:00-08:00\"]}", "hours: {mon: [\"24:00-08:00\"]}",
	    "hours: {mon: [\"08:60-09:00\"]}", "hours: {mon: [\"08:00-24:01\"]}",
	    "hours: {mon: \"08:00-20:00\"}", "holidays: [\"2026-02-29\"]",
	    "holidays: [\"25.12.2026\"]", "timezone: \"\"",
	    "snippets: [{name: \"s\", text: \"{na me}\"}]",
	    "snippets: [{name: \"s\", text: \"{name\"}]",
	    "snippets: [{name: \"s\", text: \"a } b\"}]",
	    "snippets: [{name: \"s\", text: \"x\", auto: 1}]", "queries: {a: \"  \"}",
	    "name: \"a\\nb\""};
	char text[256];
	struct config c;
	struct sme_err err;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		snprintf(text, sizeof text, "{tenants: {t: {%s}}}", good[i]);
		c = load(text);
		config_release(&c);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(text, sizeof text, "{tenants: {t: {%s}}}", bad[i]);
		if (config_load(&c, put("sme.jq", text), &err) == 0)
			fail_msg("accepted: %s", text);
	}
}

/* What is only looked at when someone asks for it. */
static void
test_deep(void **state)
{
	static const struct {
		const char *text, *want;
	} bad[] = {
	    {"rules: [{name: \"r\", when: \".a ==\"}]",
		".tenants.t.rules[0].when: condition:1:6: syntax error"},
	    {"snippets: [{name: \"s\", text: \"x\", when: \"foo(\\n1)\"}]",
		".tenants.t.snippets[0].when: condition:1:1: "},
	    {"timezone: \"Europe/Nowhere\"", ".tenants.t.timezone: time zone \"Europe/Nowhere\": "},
	    {"timezone: \"../zoneinfo/UTC\"",
		".tenants.t.timezone: time zone \"../zoneinfo/UTC\": "},
	    {"hours: {tue: [\"08:00-12:00\", \"11:00-13:00\"]}",
		".tenants.t.hours.tue[1]: \"11:00-13:00\" overlaps other hours; a span ends where the next one begins, or before"},
	};
	struct buf report = BUF_INIT;
	struct sme_err err;
	struct config c;
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(text, sizeof text, "{tenants: {t: {%s}}}", bad[i].text);
		c = load(text);
		config_release(&c);
		buf_clear(&report);
		assert_int_equal(config_check(put("sme.jq", text), &report, &err), -1);
		if (!strstr(buf_str(&report), bad[i].want) ||
		    strchr(report.p, '\n') != report.p + report.n - 1)
			fail_msg("%s", buf_str(&report));
	}
	buf_clear(&report);
	assert_int_equal(
	    config_check(
		put("sme.jq",
		    "{tenants: {t: {rules: [{name: \"r\", when: "
		    "\".direct and (.text|test(\\\"x\\\"))\"}], queries: {q: \"a AND b\"}}}}"),
		&report, &err),
	    0);
	assert_int_equal(report.n, 0);
	buf_release(&report);
}

/* All errors are found, the first twenty are shown. */
static void
test_report(void **state)
{
	struct buf report = BUF_INIT;
	struct sme_err err;

	(void)state;
	assert_int_equal(config_check(put("sme.jq", "{keywords: [range(50)]}"), &report, &err), -1);
	assert_non_null(strstr(err.text, ": 50 errors"));
	assert_int_equal(count_lines(&report), SCHEMA_REPORT_MAX + 1);
	assert_non_null(strstr(report.p, "sme.jq: and 30 more errors\n"));
	assert_null(strstr(report.p, "[20]"));
	buf_release(&report);
}

static void
test_limits(void **state)
{
	struct buf big = BUF_INIT;
	struct config c;
	struct sme_err err;

	(void)state;
	while (big.n <= (4 << 20))
		buf_puts(&big, "                                                                ");
	assert_int_equal(config_load(&c, put("sme.jq", big.p), &err), -1);
	assert_int_equal(err.status, SME_CONFIG);
	assert_non_null(strstr(err.text, "larger than"));
	buf_release(&big);
}

static void
test_places(void **state)
{
	struct config c;
	struct sme_err err;
	char *path;

	(void)state;
	unsetenv("SME_CONFIG");
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	if (access("/etc/sme/sme.jq", F_OK) < 0) {
		assert_int_equal(config_load(&c, NULL, &err), 0);
		assert_null(c.path);
		assert_int_equal(c.root->count, 0);
		config_release(&c);
	}
	setenv("SME_CONFIG", put("sme.jq", "{keywords: [\"a\"]}"), 1);
	assert_int_equal(config_load(&c, NULL, &err), 0);
	path = config_path(&c, SLICE("sub/file"));
	assert_memory_equal(path, dir, strlen(dir));
	assert_string_equal(path + strlen(dir), "/sub/file");
	free(path);
	path = config_path(&c, SLICE("/abs"));
	assert_string_equal(path, "/abs");
	free(path);
	config_release(&c);
	setenv("SME_CONFIG", "/nonexistent/x", 1);
	assert_int_equal(config_load(&c, NULL, &err), -1);
	unsetenv("SME_CONFIG");
}

/* A type that has keys, and where it stands. */
struct place {
	const struct schema *type;
	const char *path;
};

/* Where the keys below the member KEY of AT, of type T, would stand: lists and maps are stepped
 * into. */
static struct place
below(struct arena *a, const struct place *at, const char *key, const struct schema *t)
{
	struct buf path = BUF_INIT;
	struct place p;

	buf_printf(&path, "%s%s%s", at->path, *at->path ? "." : "", key);
	for (; t->item; t = t->item)
		buf_puts(&path, t->map ? ".ID" : "[]");
	p = (struct place){t, arena_strdup(a, buf_str(&path))};
	buf_release(&path);
	return p;
}

/* All keys in OUT, a line each; a table that stands in two places is described at the outer one. */
static void
list_keys(struct buf *out)
{
	struct place places[64] = {{&config_schema, ""}};
	struct arena a = ARENA_INIT;
	size_t n = 1;

	for (size_t i = 0; i < n; i++)
		for (const struct schema_field *f = places[i].type->fields; f->key; f++) {
			struct place p = below(&a, &places[i], f->key, f->type);
			size_t known = 0;

			buf_printf(out, "%s%s%s\n", places[i].path, i ? "." : "", f->key);
			while (known < n && places[known].type != p.type)
				known++;
			if (p.type->fields && known == n) {
				assert_true(n < 64);
				places[n++] = p;
			}
		}
	arena_release(&a);
}

/* sme.jq(5) has each key of the schema, and no other. */
static void
test_manual(void **state)
{
	struct buf page = BUF_INIT, keys = BUF_INIT;
	struct slice rest, line;
	struct sme_err err;
	size_t described = 0;

	(void)state;
	list_keys(&keys);
	if (file_read("man/sme.jq.5", &page, &err) < 0)
		fail_msg("%s (run from the top of the source)", err.text);
	rest = buf_slice(&keys);
	while (slice_cut(&rest, '\n', &line)) {
		char want[200];

		snprintf(want, sizeof want, "\n.It Ic %.*s\n", SLICE_ARG(line));
		if (line.n && !strstr(page.p, want))
			fail_msg("not in sme.jq(5): %.*s", SLICE_ARG(line));
	}
	rest = buf_slice(&page);
	while (slice_cut(&rest, '\n', &line))
		described += slice_starts(line, SLICE(".It Ic "));
	assert_int_equal(described, count_lines(&keys));
	buf_release(&page);
	buf_release(&keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_program),
	    cmocka_unit_test(test_nothing),
	    cmocka_unit_test(test_no_environment),
	    cmocka_unit_test(test_program_errors),
	    cmocka_unit_test(test_schema_errors),
	    cmocka_unit_test(test_scalars),
	    cmocka_unit_test(test_deep),
	    cmocka_unit_test(test_report),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
