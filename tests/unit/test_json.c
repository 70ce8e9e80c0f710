/* Values, trees and writing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stream/tree.h"

static const struct json_node *
tree(struct arena *a, const char *text)
{
	struct sme_err err;
	const struct json_node *node = json_tree(a, slice_of(text), &err);

	if (!node)
		fail_msg("%s: %s", text, err.text);
	return node;
}

static void
test_strings(void **state)
{
	static const struct {
		const char *json, *text;
	} cases[] = {
	    {"\"\"", ""},
	    {"\"abc\"", "abc"},
	    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
	    {"\"\\u00e4\\u20ac\\ud83d\\ude21\"", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\xa1"},
	    {"\"\\uD83Dx\"", "\xef\xbf\xbdx"},
	    {"\"\\ude21\"", "\xef\xbf\xbd"},
	    {"\"\\ud83d\\ud83d\\ude21\"", "\xef\xbf\xbd\xf0\x9f\x98\xa1"},
	};
	struct arena a = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(tree(&a, cases[i].json)->text.p, cases[i].text);
	assert_int_equal(tree(&a, "\"a\\u0000b\"")->text.n, 3);
	arena_release(&a);
}

static void
test_numbers(void **state)
{
	static const struct {
		const char *json;
		double number;
		bool whole;
		int64_t i;
	} cases[] = {
	    {"0", 0, true, 0},
	    {"-0", 0, true, 0},
	    {"42", 42, true, 42},
	    {"-7", -7, true, -7},
	    {"1.5", 1.5, false, 0},
	    {"1e3", 1000, true, 1000},
	    {"1.25e2", 125, true, 125},
	    {"9007199254740993", 9007199254740992.0, true, INT64_C(9007199254740993)},
	    {"999999999999999", 999999999999999.0, true, INT64_C(999999999999999)},
	    {"1e400", __builtin_inf(), false, 0},
	    {"9223372036854775807", 9223372036854775808.0, true, INT64_MAX},
	    {"0.1", 0.1, false, 0},
	    {"99999999999999999999", 1e20, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json_value v = {cases[i].json, (uint32_t)strlen(cases[i].json), JSON_NUMBER, false};
		int64_t n = 0;

		assert_true(json_number(&v, -1) == cases[i].number);
		if (json_int(&v, &n) != cases[i].whole)
			fail_msg("%s: whole or not", cases[i].json);
		assert_int_equal(n, cases[i].i);
	}
}

static void
test_put(void **state)
{
	static const struct {
		double x;
		const char *text;
	} cases[] = {{0, "0"}, {-3, "-3"}, {0.1, "0.1"}, {1e300, "1e+300"}, {1.0 / 3, "0.3333333333333333"},
	    {123456789012, "123456789012"}, {-0.5, "-0.5"}, {5e-324, "5e-324"}};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&b);
		json_put_number(&b, cases[i].x);
		assert_string_equal(buf_str(&b), cases[i].text);
		assert_true(strtod(b.p, NULL) == cases[i].x);
	}
	buf_clear(&b);
	json_put_number(&b, __builtin_nan(""));
	json_put_fixed(&b, 0.93001, 4);
	buf_addc(&b, ' ');
	json_put_fixed(&b, 2.0, 4);
	buf_addc(&b, ' ');
	json_put_fixed(&b, -0.00001, 4);
	assert_string_equal(buf_str(&b), "null0.93 2 0");
	buf_clear(&b);
	json_put_string(&b, (struct slice){"a\"\\\n\x01\xff\xc3\xa4\0z", 10});
	assert_string_equal(buf_str(&b), "\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\xc3\xa4\\u0000z\"");
	buf_release(&b);
}

static void
test_tree(void **state)
{
	static const char text[] =
	    "{\"a\":1,\"b\":[true,null,{\"c\":\"d\"}],\"a\":{\"x\":2.50},\"e\":false}";
	struct arena a = ARENA_INIT;
	const struct json_node *root = tree(&a, text);
	struct buf b = BUF_INIT;
	struct sme_err err;

	(void)state;
	assert_int_equal(root->count, 3);
	assert_true(node_number(node_get(root, "a"), "x", 0) == 2.5);
	assert_int_equal(node_get(root, "b")->count, 3);
	assert_false(node_bool(root, "e", true));
	assert_true(node_bool(root, "missing", true));
	assert_null(node_get(NULL, "a"));
	assert_null(node_text(root, "a").p);
	node_put(&b, root);
	assert_string_equal(buf_str(&b),
	    "{\"a\":{\"x\":2.50},\"b\":[true,null,{\"c\":\"d\"}],\"e\":false}");
	assert_null(json_tree(&a, SLICE("{\"a\":}"), &err));
	assert_string_equal(err.text, "byte 6: expected a value");
	buf_release(&b);
	arena_release(&a);
}

/* A large object with duplicates takes no quadratic time and keeps the last of each. */
static void
test_large_tree(void **state)
{
	struct arena a = ARENA_INIT;
	struct buf b = BUF_INIT;
	const struct json_node *root;

	(void)state;
	buf_addc(&b, '{');
	for (int i = 0; i < 200000; i++)
		buf_printf(&b, "%s\"k%d\":%d", i ? "," : "", i % 100000, i);
	buf_addc(&b, '}');
	root = tree(&a, b.p);
	assert_int_equal(root->count, 100000);
	assert_true(node_number(root, "k0", 0) == 100000);
	assert_true(node_number(root, "k99999", 0) == 199999);
	buf_release(&b);
	arena_release(&a);
}

static void
test_iterate(void **state)
{
	static const char text[] = "{ \"a\" : [1, \"]\" , {\"b\":[]}] , \"a\\u0062\":\"x\", \"a\":7 }";
	struct json_value v = {text, sizeof text - 1, JSON_OBJECT, false}, key, value, m;
	struct json_iter it = json_each(&v);
	int n = 0;

	(void)state;
	while (json_next(&it, &key, &value))
		n++;
	assert_int_equal(n, 3);
	m = json_member(&v, SLICE("ab"));
	assert_true(json_is(&m, SLICE("x")));
	m = json_member(&v, SLICE("a"));
	assert_true(json_number(&m, 0) == 7);
	m = json_member(&v, SLICE("zz"));
	assert_int_equal(m.type, JSON_MISSING);
	it = json_each(&v);
	json_next(&it, &key, &value);
	for (n = 0, it = json_each(&value); json_next(&it, NULL, &m);)
		n++;
	assert_int_equal(n, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_strings),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_put),
	    cmocka_unit_test(test_tree),
	    cmocka_unit_test(test_large_tree),
	    cmocka_unit_test(test_iterate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
