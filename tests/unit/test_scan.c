/* The scanner: what RFC 8259 says, and the same answers from every instruction set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "stream/scan_int.h"

static const char *const kernels[] = {"plain", "sse2", "avx2", "avx512"};
#define NKERNELS (sizeof kernels / sizeof *kernels)

/* A scanner that runs KERNEL, or NULL when this machine has it not. */
static struct scanner *
scanner_with(const struct scan_plan *plan, const char *kernel)
{
	struct scanner *s = NULL;

	setenv("SME_SIMD", kernel, 1);
	if (strcmp(scan_simd(), kernel) == 0)
		s = scanner_new(plan);
	unsetenv("SME_SIMD");
	return s;
}

/* Scan N bytes that end exactly SCAN_PADDING before the end of an allocation, so that a read too
 * far is seen by ASan; the padding is hostile. */
static int
scan_copy(struct scanner *s, char **copy, const char *text, size_t n)
{
	*copy = xmalloc(n + SCAN_PADDING);
	memcpy(*copy, text, n);
	memset(*copy + n, '"', SCAN_PADDING);
	return scanner_scan(s, *copy, n);
}

static int
verdict(struct scanner *s, const char *text, size_t n)
{
	char *copy;
	int r = scan_copy(s, &copy, text, n);

	free(copy);
	return r;
}

static void
for_each_kernel(void (*check)(struct scanner *s, const void *arg), const struct scan_plan *plan,
    const void *arg)
{
	for (size_t i = 0; i < NKERNELS; i++) {
		struct scanner *s = scanner_with(plan, kernels[i]);

		if (s)
			check(s, arg);
		scanner_free(s);
	}
}

static const char *const good[] = {"0", "-0", "12", "-1.5e+10", "1E5", "0.25", "true", "false", "null",
    "\"\"", "\"a\\u00e4\\n\\\"\\\\\\/\\b\\f\\r\\t\"", "[]", "{}", " [ ] ", "\t{ }\r", "[1,2,3]", "[[[]]]",
    "{\"a\":1}", "{\"a\":{\"b\":[]},\"c\":\"d\"}", "[{\"a\":[{}]},null]", "{\"\":0}", "{\"a\":1,\"a\":2}",
    "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\xa1\"", "\"\xf4\x8f\xbf\xbf\"", "[\"\xef\xbf\xbf\"]", "\"\x7f\"",
    "\"\\ud83d\\ude21\"", "\"\\ud83d\"", "[1e9999]", "[123456789012345678901234567890]",
    "{\"a\" : 1 , \"b\" : [ true , false ] }", "[\"a\",\"b\"]", "[\"a\",{\"b\":\"c\"},\"d\"]",
    "[0,10,100.0,-0.0]", "\"[{}],:\\\"{\"", "[1,{\"a\":2}]", "{\"a\":[1,2],\"b\":3}"};

static const char *const bad[] = {"", " ", "01", "-", "-a", "1.", ".5", "1e", "1e+", "+1", "1.5.5", "0x1",
    "1 2", "tru", "truex", "nul", "NULL", "True", "NaN", "Infinity", "\"", "\"a", "\"\\\"", "\"\\x\"",
    "\"\\u12\"", "\"\\u12g4\"", "\"\t\"", "\"\x01\"", "[", "]", "{", "}", "[}", "{]", "[1", "[1,", "[1,]",
    "[,1]", "[1 2]", "[1:2]", "[\"a\":1]", "[1,\"a\":2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
    "{\"a\":1 \"b\":2}", "{a:1}", "{1:1}", "{\"a\":1,2}", "{\"a\":1,\"b\"}", "{\"a\":1,\"b\",\"c\":1}",
    "{\"a\":1,[]}", "{\"a\":1,{}}", "{\"a\"::1}", "{:1}", "{\"a\":1:2}", "[]]", "{}}", "[][]", "{}{}",
    "\"a\"\"b\"", "\"a\"1", "1\"a\"", "[\"a\"1]", "[1\"a\"]", "[true1]", "[1true]", "[\"a\"\"b\"]", "1,2",
    "\"a\":1", ",", ":", "[1,,2]", "{\"a\":1,,\"b\":2}", "\xc3\xa4", "\"\xc3\"", "\"\xc0\x80\"", "\"\x80\"",
    "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe0\x80\x80\"", "\"\xf8\x88\x80\x80\x80\"", "\"\xff\"",
    "[1\xc3\xa4]", "[-]", "[--1]", "[1-]", "[00]", "[-01]", "[1e5.5]", "[1.e5]", "{\"a\":tru}", "[nulll]",
    "[\"\\\"]", "{\"a\\\":1}", "[1]x", "x[1]", "'a'", "[\"a\", \"b\"", "{\"a\":[}", "{\"a\":\"b\"]", "[{\"a\":1]}",
    "\xef\xbb\xbf{}", "[1,2}", "{[]:1}", "{\"a\":{\"b\"}}", "[{\"a\"}]"};

static void
check_verdicts(struct scanner *s, const void *arg)
{
	(void)arg;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (verdict(s, good[i], strlen(good[i])) != 0)
			fail_msg("refused: %s (%s)", good[i], s->error);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (verdict(s, bad[i], strlen(bad[i])) == 0)
			fail_msg("accepted: %s", bad[i]);
	/* NUL is white space nowhere. */
	assert_int_equal(verdict(s, "[1\0]", 4), -1);
	assert_int_equal(verdict(s, "\0", 1), -1);
	assert_int_equal(verdict(s, "\"a\0b\"", 5), -1);
	assert_int_equal(verdict(s, "1\0", 2), -1);
}

/* Every case again behind 0 to 70 bytes of white space or of a string, so that each construct
 * crosses each edge of a 64-byte block. */
static void
check_shifted(struct scanner *s, const void *arg)
{
	static const char filler[] =
	    "abcdefghijklmnopqrstuvwxyz0123456789,:{}[] abcdefghijklmnopqrstuvwxyz0123";
	char text[512];

	(void)arg;
	for (size_t shift = 0; shift <= 70; shift++) {
		for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
			size_t n = (size_t)snprintf(text, sizeof text, "%*s%s", (int)shift, "", good[i]);

			if (verdict(s, text, n) != 0)
				fail_msg("refused at %zu: %s (%s)", shift, good[i], s->error);
			n = (size_t)snprintf(text, sizeof text, "[\"%.*s\",%s]", (int)shift, filler, good[i]);
			assert_int_equal(verdict(s, text, n), 0);
		}
		for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
			size_t n = (size_t)snprintf(text, sizeof text, "%*s%s", (int)shift, "", bad[i]);

			if (verdict(s, text, n) == 0)
				fail_msg("accepted at %zu: %s", shift, bad[i]);
			n = (size_t)snprintf(text, sizeof text, "{\"%.*s\":%s}", (int)shift, filler, bad[i]);
			if (verdict(s, text, n) == 0)
				fail_msg("accepted as a member at %zu: %s", shift, bad[i]);
		}
	}
}

static void
test_verdicts(void **state)
{
	struct scan_plan *plan = scan_plan_new();

	(void)state;
	for_each_kernel(check_verdicts, plan, NULL);
	for_each_kernel(check_shifted, plan, NULL);
	scan_plan_free(plan);
}

static void
check_depth(struct scanner *s, const void *arg)
{
	char text[2 * SCAN_DEPTH_MAX + 8];

	(void)arg;
	for (size_t depth = SCAN_DEPTH_MAX - 1; depth <= SCAN_DEPTH_MAX + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		assert_int_equal(verdict(s, text, 2 * depth), depth <= SCAN_DEPTH_MAX ? 0 : -1);
	}
	assert_string_equal(s->error, "nested deeper than 512 levels");
}

static void
test_depth(void **state)
{
	struct scan_plan *plan = scan_plan_new();

	(void)state;
	for_each_kernel(check_depth, plan, NULL);
	scan_plan_free(plan);
}

struct path_case {
	const char *text;
	const char *values[4]; /* of a, a.b, a.b.c and x.y; NULL: missing */
};

static const struct path_case paths[] = {
    {"{\"a\":1}", {"1", NULL, NULL, NULL}},
    {"{\"a\":{\"b\":2}}", {"{\"b\":2}", "2", NULL, NULL}},
    {"{ \"a\" : { \"b\" : { \"c\" : \"d\" } } , \"x\":{\"y\":[1, 2]} }",
	{"{ \"b\" : { \"c\" : \"d\" } }", "{ \"c\" : \"d\" }", "\"d\"", "[1, 2]"}},
    {"{\"a\":{\"b\":{\"c\":3}},\"a\":4}", {"4", NULL, NULL, NULL}},
    {"{\"a\":{\"b\":{\"c\":3}},\"a\":{\"b\":5}}", {"{\"b\":5}", "5", NULL, NULL}},
    {"{\"x\":{\"y\":1,\"y\":2.50 },\"x\":{}}", {NULL, NULL, NULL, NULL}},
    {"{\"z\":{\"a\":1},\"\\u0061\":{\"\\u0062\":\"\\n\"}}", {"{\"\\u0062\":\"\\n\"}", "\"\\n\"", NULL, NULL}},
    {"[{\"a\":1}]", {NULL, NULL, NULL, NULL}},
    {"{\"a\":[{\"b\":1}],\"x\":{\"q\":{\"y\":1},\"y\":null}}", {"[{\"b\":1}]", NULL, NULL, "null"}},
    {"{\"b\":1,\"a.b\":2,\"aa\":3}", {NULL, NULL, NULL, NULL}},
    {"{\"a\":true ,\"x\":{\"y\":-1e5\t}}", {"true", NULL, NULL, "-1e5"}},
};

static void
check_paths(struct scanner *s, const void *arg)
{
	const int *index = arg;
	char text[512];

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		for (int shift = 0; shift < 70; shift++) {
			char *copy;
			size_t n = (size_t)snprintf(text, sizeof text, "%*s%s", shift, "", paths[i].text);

			assert_int_equal(scan_copy(s, &copy, text, n), 0);
			for (int k = 0; k < 4; k++) {
				const struct json_value *v = &s->values[index[k]];

				assert_int_equal(v->type == JSON_MISSING, paths[i].values[k] == NULL);
				if (paths[i].values[k] && !slice_is(json_raw(v), paths[i].values[k]))
					fail_msg("%s: path %d: got %.*s", text, k, (int)v->n, v->p);
				if (v->type == JSON_STRING)
					assert_int_equal(v->escaped, memchr(v->p, '\\', v->n) != NULL);
			}
			assert_string_equal(s->root.type == JSON_OBJECT ? "{" : "[",
			    s->root.p[0] == '{' ? "{" : "[");
			assert_int_equal(s->root.n, strlen(paths[i].text));
			free(copy);
		}
}

static void
test_paths(void **state)
{
	struct scan_plan *plan = scan_plan_new();
	int index[] = {scan_plan_add(plan, "a"), scan_plan_add(plan, "a.b"), scan_plan_add(plan, "a.b.c"),
	    scan_plan_add(plan, "x.y")};

	(void)state;
	assert_int_equal(scan_plan_add(plan, "a.b"), index[1]);
	for_each_kernel(check_paths, plan, index);
	scan_plan_free(plan);
}

/* Every byte in every place where one may be wrong. */
static void
check_bytes(struct scanner *s, const void *arg)
{
	struct scanner *plain = scanner_with(arg, "plain");
	static const char *const around[][2] = {{"[", "1]"}, {"[1", "]"}, {"[", "]"}, {"{\"a\"", ":1}"},
	    {"{\"a\":", "null}"}, {"{", "\"a\":1}"}, {"[\"", "\"]"}, {"[\"\\", "\"]"}, {"", "{}"}, {"{}", ""},
	    {"[1,", "2]"}, {"[1", "2]"}, {"[tru", "]"}, {"[\"\\u00", "0\"]"}};
	char text[32];

	for (size_t i = 0; i < sizeof around / sizeof *around; i++)
		for (int c = 0; c < 256; c++) {
			size_t n = (size_t)snprintf(text, sizeof text, "%s?%s", around[i][0], around[i][1]);

			text[strlen(around[i][0])] = (char)c;
			if (verdict(plain, text, n) != verdict(s, text, n))
				fail_msg("byte %02x between %s and %s", (unsigned)c, around[i][0], around[i][1]);
		}
	scanner_free(plain);
}

static void
test_bytes(void **state)
{
	struct scan_plan *plan = scan_plan_new();

	(void)state;
	for_each_kernel(check_bytes, plan, plan);
	scan_plan_free(plan);
}

static uint64_t seed = 42;

static unsigned
below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % n);
}

static void
put_random_value(struct buf *b, int depth)
{
	static const char *const leaves[] = {"0", "1", "-12.5e3", "true", "false", "null", "\"\"",
	    "\"text with \\\"quotes\\\"\"", "\"\xc3\xa4\xf0\x9f\x98\xa1\"", "\"\\\\\"", "123456", "\"a:b,[c]{d}\""};
	static const char *const keys[] = {"a", "b", "c", "x", "y", "author", "authors", "\\u0061", "very long key",
	    "very long kez", "very lo"};
	unsigned kind = depth > 4 ? 0 : below(4), n = below(6);

	if (kind < 2) {
		buf_puts(b, leaves[below(sizeof leaves / sizeof *leaves)]);
		return;
	}
	buf_addc(b, kind == 2 ? '[' : '{');
	for (unsigned i = 0; i < n; i++) {
		if (i)
			buf_puts(b, below(4) ? "," : " ,\t ");
		if (kind == 3)
			buf_printf(b, "\"%s\"%s", keys[below(sizeof keys / sizeof *keys)],
			    below(4) ? ":" : " : ");
		put_random_value(b, depth + 1);
	}
	buf_addc(b, kind == 2 ? ']' : '}');
}

/* Damage a few bytes; the alphabet is what the grammar is made of. */
static void
mutate(struct buf *b)
{
	static const char alphabet[] = "{}[]:,\"\\ 0123.eE+-tfn\x01\x80\xc3\xff";

	for (unsigned i = below(3); i; i--)
		if (b->n)
			b->p[below((unsigned)b->n)] = alphabet[below(sizeof alphabet - 1)];
	if (b->n && below(4) == 0)
		b->n -= below(b->n < 4 ? (unsigned)b->n : 4);
}

static void
compare(struct scanner *want, struct scanner *got, const struct scan_plan *plan, const struct buf *b)
{
	int verdict_want = scanner_scan(want, b->p, b->n);
	int verdict_got = scanner_scan(got, b->p, b->n);

	if (verdict_want != verdict_got)
		fail_msg("plain says %d, SIMD %d: %.*s", verdict_want, verdict_got, (int)b->n, b->p);
	if (verdict_want < 0)
		return;
	/* A kernel that refuses a good line would only be slow, for then the plain scanner runs. */
	if (got->state->kernel && got->root.type >= JSON_ARRAY) {
		size_t n;

		assert_true(got->state->kernel->index(&got->state->batch, b->p, b->n, true));
		assert_true(got->state->kernel->walk(got, b->p, &n));
		assert_int_equal(n, b->n);
	}
	assert_true(want->root.p == got->root.p && want->root.n == got->root.n);
	for (size_t i = 0; i < scan_plan_count(plan); i++) {
		const struct json_value *v = &want->values[i], *w = &got->values[i];

		if (v->type != w->type ||
		    (v->type && (v->p != w->p || v->n != w->n || v->escaped != w->escaped)))
			fail_msg("value %zu differs (%d %.*s, %d): %.*s", i, v->type, (int)v->n, v->p, w->type,
			    (int)b->n, b->p);
	}
}

/* Change bytes but leave most of the tokens: what a scanner that remembers shapes must notice. */
static void
vary(struct buf *b)
{
	static const char alphabet[] = "abcxy01e.-tn\\\" \xc3";

	for (unsigned i = 1 + below(2); i; i--) {
		size_t at = below((unsigned)b->n);

		if ((b->p[at] >= 'a' && b->p[at] <= 'z') || (b->p[at] >= '0' && b->p[at] <= '9'))
			b->p[at] = alphabet[below(sizeof alphabet - 1)];
	}
}

static void
check_shapes(struct scanner *s, const void *arg)
{
	const struct scan_plan *plan = arg;
	struct scanner *plain = scanner_with(plan, "plain");
	struct buf b = BUF_INIT, first = BUF_INIT;
	const char *rounds = getenv("SME_TEST_ROUNDS");

	for (long i = rounds ? atol(rounds) / 20 : 3000; i; i--) {
		buf_clear(&first);
		put_random_value(&first, 0);
		for (int k = 0; k < 20; k++) {
			buf_clear(&b);
			buf_adds(&b, buf_slice(&first));
			if (k % 3)
				vary(&b);
			buf_reserve(&b, SCAN_PADDING);
			memset(b.p + b.n, below(2) ? '"' : '5', SCAN_PADDING);
			compare(plain, s, plan, &b);
		}
	}
	buf_release(&b);
	buf_release(&first);
	scanner_free(plain);
}

static void
check_same(struct scanner *s, const void *arg)
{
	const struct scan_plan *plan = arg;
	struct scanner *plain = scanner_with(plan, "plain");
	struct buf b = BUF_INIT;
	const char *rounds = getenv("SME_TEST_ROUNDS");

	for (long i = rounds ? atol(rounds) : 30000; i; i--) {
		buf_clear(&b);
		for (unsigned pad = below(3) ? 0 : below(80); pad; pad--)
			buf_addc(&b, ' ');
		put_random_value(&b, below(3) ? 0 : 3);
		if (below(2))
			mutate(&b);
		buf_reserve(&b, SCAN_PADDING);
		memset(b.p + b.n, below(2) ? '"' : '5', SCAN_PADDING);
		compare(plain, s, plan, &b);
	}
	buf_release(&b);
	scanner_free(plain);
}

static void
test_same(void **state)
{
	struct scan_plan *plan = scan_plan_new();

	(void)state;
	scan_plan_add(plan, "a");
	scan_plan_add(plan, "a.b");
	scan_plan_add(plan, "author.x.y");
	scan_plan_add(plan, "very long key");
	scan_plan_add(plan, "author.x");
	scan_plan_add(plan, "authors");
	for_each_kernel(check_same, plan, plan);
	for_each_kernel(check_shapes, plan, plan);
	scan_plan_free(plan);
}

/* Many lines in one block, good ones, bad ones and blank ones, of all lengths: as scanned singly. */
static void
check_block(struct scanner *s, const void *arg)
{
	const struct scan_plan *plan = arg;
	struct scanner *single = scanner_with(plan, "plain");
	struct buf b = BUF_INIT, line = BUF_INIT;
	struct slice got;

	for (int i = 0; i < 4000; i++) {
		buf_clear(&line);
		for (unsigned pad = below(40) ? 0 : below(90000); pad; pad--)
			buf_addc(&line, ' ');
		if (below(20))
			put_random_value(&line, 0);
		if (below(300) == 0)
			mutate(&line);
		buf_adds(&b, buf_slice(&line));
		if (i < 3999)
			buf_addc(&b, '\n');
	}
	buf_reserve(&b, SCAN_PADDING);
	memset(b.p + b.n, '"', SCAN_PADDING);
	scanner_start(s, b.p, b.n);
	for (const char *p = b.p, *end = b.p + b.n; p < end; p += got.n + 1) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((nl ? nl : end) - p);
		int verdict_want = scanner_scan(single, p, n), verdict_got = scanner_next(s, &got);

		assert_true(got.p == p);
		assert_int_equal(got.n, n);
		assert_int_equal(verdict_got, verdict_want < 0 ? -1 : 1);
		for (size_t i = 0; verdict_want == 0 && i < scan_plan_count(plan); i++) {
			assert_int_equal(s->values[i].type, single->values[i].type);
			if (s->values[i].type)
				assert_true(s->values[i].p == single->values[i].p && s->values[i].n == single->values[i].n);
		}
	}
	assert_int_equal(scanner_next(s, &got), 0);
	buf_release(&b);
	buf_release(&line);
	scanner_free(single);
}

static void
test_block(void **state)
{
	struct scan_plan *plan = scan_plan_new();

	(void)state;
	scan_plan_add(plan, "a");
	scan_plan_add(plan, "a.b");
	for_each_kernel(check_block, plan, plan);
	scan_plan_free(plan);
}

static void
test_error_place(void **state)
{
	struct scan_plan *plan = scan_plan_new();
	struct scanner *s = scanner_new(plan);
	static const struct {
		const char *text;
		size_t at;
		const char *why;
	} cases[] = {
	    {"{\"a\":\"b", 5, "unterminated string"},
	    {"{\"a\" 1}", 5, "expected ':'"},
	    {"{\"a\":1]", 6, "expected ',' or '}'"},
	    {"[1}", 2, "expected ',' or ']'"},
	    {"{1}", 1, "expected a member name in quotes"},
	    {"[1] x", 4, "more text after the value"},
	    {"[\"\\q\"]", 2, "bad escape in a string"},
	    {"[\"\xff\"]", 2, "invalid UTF-8"},
	    {"[01]", 1, "bad number"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(verdict(s, cases[i].text, strlen(cases[i].text)), -1);
		assert_string_equal(s->error, cases[i].why);
		assert_int_equal(s->error_at, cases[i].at);
	}
	scanner_free(s);
	scan_plan_free(plan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_verdicts),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_bytes),
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_block),
	    cmocka_unit_test(test_error_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
