#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/url.h"

static struct buf out = BUF_INIT;

#define BASE "http://a/b/c/d;p?q"

/* RFC 3986, 5.4, and what feeds do. */
static const struct {
	const char *base, *ref, *want;
} resolve[] = {
    {BASE, "g:h", "g:h"}, {BASE, "g", "http://a/b/c/g"}, {BASE, "./g", "http://a/b/c/g"},
    {BASE, "g/", "http://a/b/c/g/"}, {BASE, "/g", "http://a/g"}, {BASE, "//g", "http://g"},
    {BASE, "?y", "http://a/b/c/d;p?y"}, {BASE, "g?y", "http://a/b/c/g?y"},
    {BASE, "#s", "http://a/b/c/d;p?q#s"}, {BASE, "g#s", "http://a/b/c/g#s"},
    {BASE, "g?y#s", "http://a/b/c/g?y#s"}, {BASE, ";x", "http://a/b/c/;x"},
    {BASE, "", "http://a/b/c/d;p?q"}, {BASE, ".", "http://a/b/c/"}, {BASE, "..", "http://a/b/"},
    {BASE, "../g", "http://a/b/g"}, {BASE, "../..", "http://a/"}, {BASE, "../../g", "http://a/g"},
    {BASE, "../../../g", "http://a/g"}, {BASE, "/./g", "http://a/g"}, {BASE, "/../g", "http://a/g"},
    {BASE, "g.", "http://a/b/c/g."}, {BASE, "..g", "http://a/b/c/..g"},
    {BASE, "./../g", "http://a/b/g"}, {BASE, "g/../h", "http://a/b/c/h"},
    {BASE, "g?y/../x", "http://a/b/c/g?y/../x"}, {"http://h", "x", "http://h/x"},
    {"", "x/y", "x/y"}, {"HTTP://H/a", "b c", "http://H/b%20c"},
    {"http://h/a/", " \n  b\n", "http://h/a/b"}, {"http://h/", "mailto:x@y", "mailto:x@y"},
    {"http://h/", "https://[::1]:8080/x", "https://[::1]:8080/x"},
    {"http://u:p@h:81/a", "b", "http://u:p@h:81/b"},
};

static void
resolves_references(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof resolve / sizeof *resolve; i++) {
		buf_clear(&out);
		url_resolve(&out, slice_of(resolve[i].base), slice_of(resolve[i].ref));
		assert_string_equal(buf_str(&out), resolve[i].want);
	}
}

static const struct {
	const char *a, *b;
	int same;
} pairs[] = {
    {"http://www.a.example/x/", "https://a.example/x", 1},
    {"https://a.example/x?utm_source=rss&id=3", "https://a.example/x?id=3", 1},
    {"https://a.example/x?id=3&amp;utm_medium=y", "https://a.example/x?id=3", 1},
    {"https://a.example/x?fbclid=1&gclid=2#rss", "https://a.example/x", 1},
    {"https://A.Example:443/%7Ekim", "https://a.example/~kim", 1},
    {"https://a.example/x;jsessionid=AB12", "https://a.example/x", 1},
    {"https://f.example/t?t=5&sid=0123456789abcdef0123456789abcdef", "https://f.example/t?t=5", 1},
    {"https://a.example/x?ref=rss", "https://a.example/x", 1},
    {"https://a.example/x#xtor=RSS-1", "https://a.example/x", 1},
    {"https://a.example/x?id=3", "https://a.example/x?id=4", 0},
    {"https://a.example/x?ref=3", "https://a.example/x?ref=4", 0},
    {"https://a.example/x#comment-1", "https://a.example/x#comment-2", 0},
    {"https://a.example/X", "https://a.example/x", 0},
    {"https://a.example/a%2Fb", "https://a.example/a/b", 0},
    {"https://a.example:8080/x", "https://a.example/x", 0},
};

static void
tells_pages_apart(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		buf_clear(&out);
		buf_clear(&b);
		url_canonical(&out, slice_of(pairs[i].a));
		url_canonical(&b, slice_of(pairs[i].b));
		if (slice_eq(buf_slice(&out), buf_slice(&b)) != pairs[i].same)
			fail_msg("%s: %s, %s: %s", pairs[i].a, buf_str(&out), pairs[i].b, buf_str(&b));
	}
	buf_release(&b);
}

static void
masks_secrets(void **state)
{
	static const char *const cases[][2] = {
	    {"https://u:p@h.example/x?a=1", "https://***@h.example/x?a=1"},
	    {"https://token@h.example/", "https://***@h.example/"},
	    {"https://h.example/f?api_key=1&b=2&Token=3", "https://h.example/f?api_key=***&b=2&Token=***"},
	    {"https://h.example/x", "https://h.example/x"},
	    {"file.xml", "file.xml"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&out);
		url_masked(&out, slice_of(cases[i][0]));
		assert_string_equal(buf_str(&out), cases[i][1]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(resolves_references),
	    cmocka_unit_test(tells_pages_apart),
	    cmocka_unit_test(masks_secrets),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	buf_release(&out);
	return r;
}
