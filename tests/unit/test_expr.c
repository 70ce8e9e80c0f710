/* Conditions: what they answer, what is refused, where errors stand, what --explain says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "core/mem.h"
#include "expr/expr_int.h"

/* libjq 1.6 loses a little memory on programs that it cannot compile.  To see that it is libjq the
 * sanitizer must unwind slowly. */
const char *__lsan_default_suppressions(void);
const char *__asan_default_options(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:jq_parse\n";
}

const char *
__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

static enum expr_result
evaluate(const char *condition, const char *event, struct sme_err *err)
{
	struct scan_plan *plan = scan_plan_new();
	struct expr *e = expr_compile(condition, plan, err);
	struct expr_run *run;
	struct scanner *s;
	struct buf line = BUF_INIT;
	enum expr_result res;

	if (!e)
		fail_msg("%s: %s", condition, err->text);
	run = expr_run_new(e);
	s = scanner_new(plan);
	buf_puts(&line, event);
	assert_true(buf_reserve(&line, SCAN_PADDING));
	if (scanner_scan(s, line.p, line.n) < 0)
		fail_msg("%s: %s", event, s->error);
	res = expr_eval(e, run, buf_slice(&line), s->values, err);
	scanner_free(s);
	expr_run_free(run);
	expr_free(e);
	scan_plan_free(plan);
	buf_release(&line);
	return res;
}

static void
expect(const char *condition, const char *event, enum expr_result want)
{
	struct sme_err err = {0};
	enum expr_result got = evaluate(condition, event, &err);

	if (got != want)
		fail_msg(
		    "%s on %s: %d, not %d %s", condition, event, (int)got, (int)want, err.text);
}

static void
expect_error(const char *condition, const char *event, const char *text)
{
	struct sme_err err = {0};

	assert_int_equal(evaluate(condition, event, &err), EXPR_ERROR);
	assert_string_equal(err.text, text);
}

static void
test_answers(void **state)
{
	static const struct {
		const char *condition, *event;
		enum expr_result want;
	} cases[] = {
	    {".a > 1", "{\"a\":2}", EXPR_TRUE},
	    {".a > 1", "{\"a\":\"x\"}", EXPR_TRUE},
	    {".a < 1", "{}", EXPR_TRUE},
	    {".a == 9007199254740992", "{\"a\":9007199254740993}", EXPR_TRUE},
	    {".a == 1e999", "{\"a\":1e1000}", EXPR_TRUE},
	    {".a == 0.1", "{\"a\":0.10}", EXPR_TRUE},
	    {".a.b", "{\"a\":{\"b\":1},\"a\":null}", EXPR_FALSE},
	    {".a", "{\"a\":1,\"a\":false}", EXPR_FALSE},
	    {".a.b == null", "{\"a\":{}}", EXPR_TRUE},
	    {".a == \"\\u00e9\"", "{\"a\":\"\xc3\xa9\"}", EXPR_TRUE},
	    {".a == \"\xc3\xa9\"", "{\"a\":\"\\u00e9\"}", EXPR_TRUE},
	    {".a | contains(\"y\")", "{\"a\":\"x\\u0000y\"}", EXPR_FALSE},
	    {".a | test(\"y\")", "{\"a\":\"x\\u0000y\"}", EXPR_TRUE},
	    {".a | test(\"NETZ\"; \"i\")", "{\"a\":\"kein Netz\"}", EXPR_TRUE},
	    {".a | length == 2", "{\"a\":\"\\ud83d\\ude00\xc3\xa9\"}", EXPR_TRUE},
	    {"any(.m[]; .t == \"image\")", "{\"m\":[{\"t\":\"video\"},{\"t\":\"image\"}]}",
		EXPR_TRUE},
	    {"all(.m[]; .t == \"image\")", "{\"m\":[]}", EXPR_TRUE},
	    {".m[].t == \"x\"", "{\"m\":[{\"t\":\"y\"},{\"t\":\"x\"}]}", EXPR_TRUE},
	    {".m[].t == \"x\"", "{\"m\":[]}", EXPR_FALSE},
	    {"IN(.l; \"de\", \"en\")", "{\"l\":\"en\"}", EXPR_TRUE},
	    {".a.b?", "{\"a\":1}", EXPR_FALSE},
	    {"(.a // 1) == 1", "{\"a\":false}", EXPR_TRUE},
	    {"empty", "{}", EXPR_FALSE},
	    {"", "{}", EXPR_TRUE},
	    {"# nothing but a comment", "{}", EXPR_TRUE},
	    {"has(\"\\u00e4\")", "{\"\xc3\xa4\":null}", EXPR_TRUE},
	    {"true or error", "{}", EXPR_TRUE},
	    {".a == \"\\udc00\"", "{\"a\":\"\\udfff\"}", EXPR_TRUE},
	    {".a | split(\",\") | length == 2", "{\"a\":\"\\ud800,\"}", EXPR_TRUE},
	    {".o == {a: 1}", "{\"o\":{\"a\":2,\"a\":1.0}}", EXPR_TRUE},
	    {".a % .b == 0", "{\"a\":1e1000,\"b\":-1}", EXPR_TRUE},
	    {"[.a % .b] == [0]", "{\"a\":1e1000,\"b\":-1.5}", EXPR_TRUE},
	    {"[.a % .b] == [1]", "{\"a\":5,\"b\":-2}", EXPR_TRUE},
	    {".o | length == 1", "{\"o\":{\"a\":2,\"a\":1.0}}", EXPR_TRUE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		expect(cases[i].condition, cases[i].event, cases[i].want);
}

static void
test_errors_of_events(void **state)
{
	(void)state;
	expect_error(".a.b", "{\"a\":3}", "Cannot index number with string \"b\"");
	expect_error(".a | startswith(\"x\")", "{}", "startswith() requires string inputs");
	expect_error(
	    ".a | test(\"x\")", "{}", "null (null) cannot be matched, as it is not a string");
	expect_error(".a | test(\"(\")", "{\"a\":\"\"}",
	    "Regex failure: end pattern with unmatched parenthesis");
	expect_error(".a | test(\"a\"; \"q\")", "{\"a\":\"\"}", "q is not a valid modifier string");
	expect_error(
	    ".a[]", "{\"a\":\"abcdefghijkl\"}", "Cannot iterate over string (\"abcdefghijkl\")");
	expect_error(
	    ".a[]", "{\"a\":\"abcdefghijklm\"}", "Cannot iterate over string (\"abcdefghij...)");
	expect_error(".a | split(1)", "{\"a\":\"\"}", "split input and separator must be strings");
	expect_error("error({a: 1})", "{}", "(not a string): {\"a\":1}");
	/* Which error comes first: that of the right side. */
	expect_error(
	    ".a.x == .b.y", "{\"a\":1,\"b\":\"\"}", "Cannot index string with string \"y\"");
}

static void
refuse(const char *condition, const char *text)
{
	struct scan_plan *plan = scan_plan_new();
	struct sme_err err = {0};

	assert_null(expr_compile(condition, plan, &err));
	assert_int_equal(err.status, SME_USAGE);
	assert_string_equal(err.text, text);
	scan_plan_free(plan);
}

static void
test_refused(void **state)
{
	char *big = xmalloc(EXPR_TEXT_MAX + 2);

	(void)state;
	refuse(".a ==\n == 1", "condition:2:2: syntax error: unexpected ==");
	refuse("(.a", "condition:1:4: syntax error: something is missing at the end");
	refuse(".a == \"x", "condition:1:7: this string does not end");
	refuse(".a & .b", "condition:1:4: this character has no meaning here: write \"and\"");
	refuse("1 == 1 == 1", "condition:1:8: syntax error: unexpected ==");
	refuse("true and nosuch", "condition:1:10: nosuch/0 is not defined");
	refuse(".a == \xff", "condition:1:7: this is not UTF-8");
	refuse("1/0", "condition:1:1: Division by zero?");
	refuse(".a == env.A",
	    "condition:1:7: \"env\" cannot be used here: a condition must not depend on the "
	    "environment");
	memset(big, ' ', EXPR_TEXT_MAX + 1);
	big[EXPR_TEXT_MAX + 1] = '\0';
	refuse(big, "condition: longer than 65536 bytes");
	free(big);
}

static void
test_mark(void **state)
{
	struct sme_err err = {.text = "condition:2:5: x"};
	struct buf b = BUF_INIT;

	(void)state;
	expr_mark(".a ==\n\t\xc3\xa4\x1b"
		  "b\n.c",
	    &err, &b);
	assert_string_equal(b.p, "  \t\xc3\xa4?b\n  \t  ^\n");
	buf_clear(&b);
	strcpy(err.text, "no place");
	expr_mark(".a", &err, &b);
	assert_int_equal(b.n, 0);
	buf_release(&b);
}

static void
explain(const char *condition, const char *want)
{
	struct scan_plan *plan = scan_plan_new();
	struct expr *e = expr_compile(condition, plan, NULL);
	struct buf b = BUF_INIT;

	expr_explain(e, &b);
	assert_string_equal(b.p, want);
	buf_release(&b);
	expr_free(e);
	scan_plan_free(plan);
}

static void
test_explain(void **state)
{
	(void)state;
	explain(".a.b > 1 and .a.b < 5", "evaluator: native\nreads: .a.b\n");
	explain(".a | .b == .c", "evaluator: native\nreads: .a, .a.b, .a.c\n");
	explain("any(.m[]; .t == 1)", "evaluator: native\nreads: .m\n");
	explain("length > 1", "evaluator: native\nreads: the whole event\n");
	explain("1 < 2", "evaluator: native\nreads: nothing\n");
	explain(".a | gsub(\"x\";\"\") == \"\"",
	    "evaluator: libjq\nbecause: condition:1:6: gsub is outside the native subset\n"
	    "reads: the whole event\n");
}

/* No matter how odd the event, the scratch memory comes back. */
static void
test_scratch(void **state)
{
	struct scan_plan *plan = scan_plan_new();
	struct expr *e = expr_compile("any(.l[]; ascii_downcase == \"nothing\")", plan, NULL);
	struct expr_run *run = expr_run_new(e);
	struct scanner *s = scanner_new(plan);
	struct buf line = BUF_INIT;

	(void)state;
	buf_puts(&line, "{\"l\":[\"\"");
	for (int i = 0; i < 20000; i++)
		buf_puts(&line, ",\"A rather long text, \\u00e4 included\"");
	buf_puts(&line, "]}");
	assert_true(buf_reserve(&line, SCAN_PADDING));
	assert_int_equal(scanner_scan(s, line.p, line.n), 0);
	for (int i = 0; i < 10; i++)
		assert_int_equal(expr_eval(e, run, buf_slice(&line), s->values, NULL), EXPR_FALSE);
	assert_true(run->chunk_bytes <= (size_t)1 << 20);
	scanner_free(s);
	expr_run_free(run);
	expr_free(e);
	scan_plan_free(plan);
	buf_release(&line);
}

static void *
many_times(void *arg)
{
	const struct expr *e = arg;
	static const char line[128] = "{\"a\":\"x,y\"}";
	struct expr_run *run = expr_run_new(e);
	struct sme_err err;
	uintptr_t wrong = 0;

	for (int i = 0; i < 300; i++)
		wrong += expr_eval(e, run, slice_of(line), NULL, &err) != EXPR_TRUE;
	expr_run_free(run);
	return (void *)wrong;
}

/* One condition in libjq, several threads. */
static void
test_threads(void **state)
{
	struct scan_plan *plan = scan_plan_new();
	struct expr *e = expr_compile(".a | split(\",\") == [\"x\", \"y\"]", plan, NULL);
	pthread_t t[4];
	void *wrong;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, many_times, e), 0);
	for (size_t i = 0; i < 4; i++) {
		pthread_join(t[i], &wrong);
		assert_null(wrong);
	}
	expr_free(e);
	scan_plan_free(plan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_errors_of_events),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_mark),
	    cmocka_unit_test(test_explain),
	    cmocka_unit_test(test_scratch),
	    cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
