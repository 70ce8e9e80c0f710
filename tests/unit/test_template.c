/* Snippets with variables, limits of networks, and cutting what is too long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/hash.h"
#include "reply/networks.h"
#include "reply/split.h"
#include "reply/template.h"

/* {a} is "1", {long.name_2} is "two", {empty} is empty, others have no value. */
static bool
lookup(void *ctx, struct slice name, struct buf *out)
{
	(void)ctx;
	if (slice_is(name, "a"))
		buf_addc(out, '1');
	else if (slice_is(name, "long.name_2"))
		buf_puts(out, "two");
	else
		return slice_is(name, "empty");
	return true;
}

static void
check_render(const char *text, const char *want)
{
	struct arena a = ARENA_INIT;
	struct buf out = BUF_INIT;
	struct template t;
	struct slice missing;
	struct sme_err err;

	assert_int_equal(template_compile(&a, slice_of(text), &t, &err), 0);
	if (template_render(&t, lookup, NULL, &out, &missing))
		assert_string_equal(buf_str(&out), want);
	else
		assert_true(slice_is(missing, want));
	buf_release(&out);
	arena_release(&a);
}

static void
test_render(void **state)
{
	(void)state;
	check_render("", "");
	check_render("plain", "plain");
	check_render("{a}", "1");
	check_render("x{a}{a}y{long.name_2}z", "x11ytwoz");
	check_render("{{a}} {{{a}}} }}{{", "{a} {1} }{");
	check_render("{empty}", "");
	check_render("before {unknown} after {other}", "unknown");
	/* What a variable yields is not looked at again. */
	check_render("{{{{a}}}}", "{{a}}");
}

static void
test_bad_templates(void **state)
{
	static const char *const bad[] = {"{", "}", "{}", "x{a", "x}", "{a b}", "{\xc3\xa4}", "{a}}",
	    "{{a}", "{a{a}}"};
	struct template t;
	struct sme_err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct arena a = ARENA_INIT;

		err.text[0] = '\0';
		assert_int_equal(template_compile(&a, slice_of(bad[i]), &t, &err), -1);
		assert_non_null(strstr(err.text, "byte "));
		arena_release(&a);
	}
}

static size_t
length(struct slice s, enum text_count count)
{
	return (size_t)text_length(s, &(struct text_limit){.count = count});
}

static void
test_length(void **state)
{
	/* o umlaut, CJK, an emoji of four code points, a flag */
	struct slice s = SLICE("\xc3\xb6\xe4\xb8\xad\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80"
			       "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa");

	(void)state;
	assert_int_equal(length(s, COUNT_POINTS), 7);
	assert_int_equal(length(s, COUNT_UTF16), 11);
	assert_int_equal(length(s, COUNT_GRAPHEMES), 4);
	assert_int_equal(length(s, COUNT_BYTES), s.n);
	assert_int_equal(length(s, COUNT_WEIGHTED), 1 + 2 + 2 + 2);
	assert_int_equal(length(SLICE("see http://a.de now"), COUNT_WEIGHTED), 4 + 23 + 4);
	assert_int_equal(length(SLICE("seehttp://a.de"), COUNT_WEIGHTED), 14);
	/* The mark behind it is no part of it; without a scheme it is a URL to X alone. */
	assert_int_equal(length(SLICE("(http://a.de/x)."), COUNT_WEIGHTED), 1 + 23 + 2);
	assert_int_equal(length(SLICE("a.de/x!"), COUNT_WEIGHTED), 23 + 1);
	assert_int_equal(length(SLICE("a.de/x!"), COUNT_POINTS), 7);
	assert_int_equal(length(SLICE("1.5 z.B. usw.Dann"), COUNT_WEIGHTED), 9 + 23);
	/* e and its accent are one to X, which composes them; two hearts, one with a selector */
	assert_int_equal(length(SLICE("e\xcc\x81"), COUNT_WEIGHTED), 1);
	assert_int_equal(length(SLICE("\xe2\x9d\xa4\xef\xb8\x8f"), COUNT_WEIGHTED), 2);
	assert_int_equal(length(SLICE("1\xef\xb8\x8f\xe2\x83\xa3"), COUNT_WEIGHTED), 2);
}

static void
test_length_of_mentions(void **state)
{
	struct text_limit mastodon = {.limit = 500, .url = 23, .mention_local = true};

	(void)state;
	assert_int_equal(text_length(SLICE("@kim@social.example hi"), &mastodon), 7);
	assert_int_equal(text_length(SLICE("@kim@social.example. hi"), &mastodon), 8);
	assert_int_equal(text_length(SLICE("kim@social.example"), &mastodon), 18);
	assert_int_equal(text_length(SLICE("https://a.example/a-very-long-path-that-goes-on"), &mastodon), 23);
	assert_true(text_fits(SLICE("abc"), &(struct text_limit){.limit = 3, .bytes = 3}));
	assert_false(text_fits(SLICE("ab\xc3\xb6"), &(struct text_limit){.limit = 3, .bytes = 3}));
}

static void
check_split(const char *text, size_t limit, const char *const *want)
{
	struct slice rest = slice_of(text);

	for (; *want; want++) {
		struct slice part = text_split(&rest, &(struct text_limit){.limit = (int64_t)limit});

		if (!slice_is(part, *want))
			fail_msg("got \"%.*s\", expected \"%s\"", SLICE_ARG(part), *want);
	}
	assert_int_equal(rest.n, 0);
}

static void
test_split(void **state)
{
	(void)state;
	check_split("short", 10, (const char *const[]){"short", NULL});
	check_split("exactly te", 10, (const char *const[]){"exactly te", NULL});
	check_split("as long as it takes", 0, (const char *const[]){"as long as it takes", NULL});
	/* The end of a sentence before the end of a word. */
	check_split("One two. Three four", 14, (const char *const[]){"One two.", "Three four", NULL});
	/* Unless that would leave most of the part empty. */
	check_split("A. bbb ccc ddd eee fff", 14,
	    (const char *const[]){"A. bbb ccc ddd", "eee fff", NULL});
	/* A word that does not fit is cut, an address that fits is not. */
	check_split("go to http://a.de/b", 14, (const char *const[]){"go to", "http://a.de/b", NULL});
	check_split("to http://a.de/bcdefg hi", 10, (const char *const[]){"to", "http://a.de/bcdefg", "hi", NULL});
	check_split("to @kim@social.example", 10, (const char *const[]){"to", "@kim@social.example", NULL});
	check_split("abcdefghijklmnop", 10, (const char *const[]){"abcdefghij", "klmnop", NULL});
	check_split("  both  ends  ", 6, (const char *const[]){"both", "ends", NULL});
	/* Not inside a grapheme: e and its accent stay together. */
	check_split("abe\xcc\x81xy", 3, (const char *const[]){"ab", "e\xcc\x81x", "y", NULL});
	check_split("e\xcc\x81", 1, (const char *const[]){"e\xcc\x81", NULL});
}

/* Whatever the text: every part fits, nothing but white space gets lost, and it ends. */
static void
test_split_random(void **state)
{
	static const char *const pieces[] = {" ", " ", "a", "bc", ". ", "! ", "\n", "\xc3\xb6",
	    "\xf0\x9f\x98\xa1", "e\xcc\x81", "http://x.y/zzzzzzzzzzzz", "\xe2\x80\xa6 ", "word "};
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct buf text = BUF_INIT, joined = BUF_INIT;
		size_t n = hash_mix(++seed) % 40, limit = 4 + hash_mix(++seed) % 30;
		enum text_count count = (enum text_count)(hash_mix(++seed) % 5);
		struct slice rest;

		for (size_t k = 0; k < n; k++)
			buf_puts(&text, pieces[hash_mix(++seed) % (sizeof pieces / sizeof *pieces)]);
		rest = slice_trim(buf_slice(&text));
		while (rest.n) {
			struct text_limit fit = {.limit = (int64_t)limit, .count = count};
			struct slice part = text_split(&rest, &fit);
			struct text_atoms it = {part, &fit, false};
			struct text_atom first;

			assert_true(part.n > 0);
			assert_true(text_atom_next(&it, &first));
			/* What cannot be cut may be too long alone. */
			if (first.s.n < part.n)
				assert_true(text_fits(part, &fit));
			buf_adds(&joined, part);
		}
		for (size_t k = 0, j = 0; k < text.n; k++)
			if (!strchr(" \n", text.p[k]))
				for (; j <= joined.n; j++) {
					assert_true(j < joined.n);
					if (joined.p[j] == text.p[k]) {
						j++;
						break;
					}
				}
		buf_release(&text);
		buf_release(&joined);
	}
}

static int
load(struct networks *n, const char *text, struct sme_err *err)
{
	char path[] = "/tmp/sme-networksXXXXXX";
	int fd = mkstemp(path), r;

	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	*n = (struct networks)NETWORKS_INIT;
	r = networks_load(n, path, err);
	unlink(path);
	return r;
}

static void
test_networks(void **state)
{
	struct networks n;
	struct sme_err err;

	(void)state;
	assert_int_equal(load(&n,
	    "{\"networks\":{\"a\":{\"text\":280,\"direct\":10000,\"count\":\"weighted\"},"
	    "\"b\":{\"text\":5}}}", &err), 0);
	assert_int_equal(networks_get(&n, SLICE("a"))->direct.limit, 10000);
	assert_int_equal(networks_get(&n, SLICE("a"))->text.count, COUNT_WEIGHTED);
	assert_int_equal(networks_get(&n, SLICE("b"))->direct.limit, 5);
	assert_int_equal(networks_get(&n, SLICE("c"))->text.limit, 0);
	networks_release(&n);
	assert_int_equal(load(&n, "{}", &err), -1);
	networks_release(&n);
	assert_int_equal(load(&n, "{\"networks\":{\"a\":{\"text\":-1}}}", &err), -1);
	networks_release(&n);
	assert_int_equal(load(&n, "{\"networks\":{\"a\":{\"count\":\"toes\"}}}", &err), -1);
	assert_non_null(strstr(err.text, "toes"));
	networks_release(&n);
	assert_int_equal(load(&n, "{\"networks\":", &err), -1);
	networks_release(&n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_render),
	    cmocka_unit_test(test_bad_templates),
	    cmocka_unit_test(test_length),
	    cmocka_unit_test(test_length_of_mentions),
	    cmocka_unit_test(test_split),
	    cmocka_unit_test(test_split_random),
	    cmocka_unit_test(test_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
