/* HTML lists by XPath, hostile ones too; robots.txt; dates of web pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "connector/select.h"
#include "core/buf.h"
#include "core/rfc3339.h"
#include "net/pagedate.h"
#include "net/robots.h"

static struct sme_err err;

/* What SELECT finds in HTML, as JSON; the error's text when it fails. */
static const char *
found(const char *select, const char *html)
{
	static struct buf out;
	struct select_input in = {slice_of(html), SLICE(""), SLICE("https://h.example/d/list?p=1"), 0};
	jv body, text;

	buf_clear(&out);
	out.max = BUF_MAX;
	rfc3339_parse(SLICE("2026-11-26T12:00:00Z"), &in.now);
	if (select_page(jv_parse(select), &in, &body, &err) < 0) {
		assert_false(jv_is_valid(body));
		jv_free(body);
		return err.text;
	}
	text = jv_dump_string(body, JV_PRINT_SORTED);
	buf_puts(&out, jv_string_value(text));
	jv_free(text);
	return out.p;
}

static void
test_fields(void **state)
{
	const char *page =
	    "<html><body><ul class=list><li class='item a' data-id=7><a href='/q/7?x=1#t'> One\n  "
	    "<b>two</b></a><p>Body<br>line&nbsp;two<script>no()</script></p>"
	    "<time datetime=2026-11-01T10:00:00+01:00>x</time></li>"
	    "<li class=items data-id=8></li><li class='b item' data-id=9><a href=//o.example/9>x</a>"
	    "<time>gestern, 14:05</time></li></ul><a rel=next href='?p=2'>more</a></body></html>";

	(void)state;
	assert_string_equal(found("{\"items\":\"//li[has-class('item')]\",\"fields\":{\"id\":\"@data-id\","
				  "\"url\":\".//a/@href\",\"title\":\".//a\",\"text\":\"p\",\"none\":\"em\","
				  "\"date\":\".//time/@datetime|.//time[not(@datetime)]\","
				  "\"n\":\"count(a)\",\"next\":\"//a[@rel='next']/@href\"},"
				  "\"dates\":{\"zone\":\"Europe/Berlin\"}}",
				page),
	    "{\"items\":[{\"date\":\"2026-11-01T09:00:00Z\",\"id\":\"7\",\"n\":\"1\",\"text\":\"Body line two\","
	    "\"title\":\"One two\",\"url\":\"https://h.example/q/7?x=1#t\"},"
	    "{\"date\":\"2026-11-25T13:05:00Z\",\"id\":\"9\",\"n\":\"1\",\"title\":\"x\",\"url\":\"https://o.example/9\"}],"
	    "\"next\":\"https://h.example/d/list?p=2\"}");
	assert_string_equal(found("{\"items\":\"//p\",\"fields\":{\"html\":\".\",\"text\":\"string(.)\"}}",
				"<base href='https://b.example/x/'><p>a <b>b</b> &lt;"),
	    "{\"items\":[{\"html\":\"<p>a <b>b</b> &lt;</p>\",\"text\":\"a b <\"}],\"next\":null}");
	/* A next page leads to the web only. */
	assert_string_equal(found("{\"items\":\"//p\",\"fields\":{\"t\":\".\",\"next\":\"//a/@href\"}}",
				"<p>x</p><a href='file:///etc/passwd'>n</a>"),
	    "{\"items\":[{\"t\":\"x\"}],\"next\":null}");
	assert_string_equal(found("{\"items\":\"//p\",\"fields\":{\"t\":\".\"}}", ""),
	    "{\"items\":[],\"next\":null}");
	assert_string_equal(found("{\"items\":\"//p\",\"fields\":{\"t\":\".\"}}",
				"<meta charset=windows-1252><p>\xe4\x80</p>"),
	    "{\"items\":[{\"t\":\"ä€\"}],\"next\":null}");
}

static void
test_wrong(void **state)
{
	static const char *const bad[] = {"{}", "null", "[]", "{\"items\":\"//p\"}",
	    "{\"items\":\"//p[\",\"fields\":{\"a\":\".\"}}", "{\"items\":\"//p\",\"fields\":{}}",
	    "{\"items\":\"//p\",\"fields\":{\"a\":1}}", "{\"items\":\"//p\",\"fields\":{\"a\":\"((\"}}",
	    "{\"items\":\"//p\",\"fields\":{\"a\":\".\"},\"dates\":{\"zone\":\"Not/There\"}}"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(select_check(jv_parse(bad[i]), &err), -1);
		assert_int_equal(err.status, SME_CONFIG);
		assert_non_null(strstr(err.text, "select."));
	}
	assert_int_equal(select_check(jv_parse("{\"items\":\"//p\",\"fields\":{\"a\":\".\"}}"), &err), 0);
	/* An unknown function is only found when it is called. */
	assert_non_null(strstr(found("{\"items\":\"//p\",\"fields\":{\"a\":\"nope(.)\"}}", "<p>x"),
	    "select.fields.a: there is no function nope()"));
	assert_non_null(strstr(found("{\"items\":\"1\",\"fields\":{\"a\":\".\"}}", "<p>x"), "select.items: "));
}

/* What a page can do is cost its own length, times something small. */
static void
test_hostile(void **state)
{
	struct buf b = BUF_INIT;
	const char *all = "{\"items\":\"//*\",\"fields\":{\"a\":\".\",\"b\":\"string(.)\",\"h\":\"count(//*)\"}}";

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_puts(&b, "<div class='a b'>");
	found(all, b.p);
	buf_clear(&b);
	for (int i = 0; i < 60000; i++)
		buf_puts(&b, "<p>x<td");
	found(all, b.p);
	buf_clear(&b);
	buf_puts(&b, "<p ");
	for (int i = 0; i < 30000; i++)
		buf_printf(&b, "a%d=1 ", i);
	found(all, b.p);
	buf_clear(&b);
	/* A thousand items, all of it in each. */
	for (int i = 0; i < 200; i++)
		buf_puts(&b, "<div>");
	for (int i = 0; i < 100000; i++)
		buf_puts(&b, "some text ");
	assert_non_null(strstr(found("{\"items\":\"//div\",\"fields\":{\"a\":\".\",\"b\":\".\"}}", b.p), "contain each other"));
	/* More items than are taken. */
	buf_clear(&b);
	for (int i = 0; i < 3000; i++)
		buf_puts(&b, "<p>x</p>");
	assert_int_equal(strlen(found("{\"items\":\"//p\",\"fields\":{\"a\":\".\"}}", b.p)),
	    strlen("{\"items\":[],\"next\":null}") + SELECT_ITEMS_MAX * strlen("{\"a\":\"x\"},") - 1);
	assert_non_null(strstr(found("{\"items\":\"//p\",\"fields\":{\"a\":\"count(//p[count(//p) > 5][count(//p) > 6])\"}}",
				       b.p), "select.fields.a: "));
	buf_clear(&b);
	while (b.n <= SELECT_PAGE_MAX)
		buf_puts(&b, "<p>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	assert_non_null(strstr(found(all, b.p), "larger than"));
	buf_release(&b);
}

struct robots_case {
	const char *text, *url;
	bool allowed;
};

static void
test_robots(void **state)
{
	static const struct robots_case cases[] = {
	    {"", "https://h/x", true},
	    {"User-agent: *\nDisallow: /", "https://h/x", false},
	    {"User-agent: *\nDisallow: /", "https://h/robots.txt", true},
	    {"User-agent: *\nDisallow: /", "https://h", false},
	    {"User-agent: *\nDisallow:", "https://h/x", true},
	    /* Ours beats everybody's, whatever the order and the case. */
	    {"User-agent: SME\nAllow: /\n\nUser-agent: *\nDisallow: /", "https://h/x", true},
	    {"User-agent: *\nDisallow: /\n\nuser-AGENT :  sme/2.1 (x) # us\nDisallow: /y", "https://h/x", true},
	    {"User-agent: *\nDisallow: /\n\nUser-agent: smeagol\nDisallow:", "https://h/x", false},
	    {"User-agent: a\nUser-agent: sme\nUser-agent: b\nDisallow: /x", "https://h/x", false},
	    {"User-agent: sme\nDisallow: /a\n\nUser-agent: b\nDisallow: /\n\nUser-agent: sme\nDisallow: /x", "https://h/xy", false},
	    {"User-agent: sme\nSitemap: s\nUser-agent: b\nDisallow: /x", "https://h/x", false},
	    /* The longest match, and of two the friendlier one. */
	    {"User-agent: *\nAllow: /p\nDisallow: /", "https://h/page", true},
	    {"User-agent: *\nAllow: /folder\nDisallow: /folder", "https://h/folder/page", true},
	    {"User-agent: *\nAllow: /page\nDisallow: /*.htm", "https://h/page.htm", false},
	    {"User-agent: *\nAllow: /$\nDisallow: /", "https://h/", true},
	    {"User-agent: *\nAllow: /$\nDisallow: /", "https://h/page.htm", false},
	    {"User-agent: *\nDisallow: *.gif$\nAllow: /", "https://h/a.gif", false},
	    {"User-agent: *\nDisallow: *.gif$", "https://h/a.gif?x", true},
	    {"User-agent: *\nDisallow: /*/b/*/d", "https://h/a/b/c/d", false},
	    {"User-agent: *\nDisallow: /a*b*c$", "https://h/abxbc", false},
	    {"User-agent: *\nDisallow: /a*b*c$", "https://h/abxcb", true},
	    {"User-agent: *\nDisallow: /fish*.php", "https://h/Fish.PHP", true},
	    {"User-agent: *\nDisallow: /x?a=1", "https://h/x?a=12", false},
	    {"User-agent: *\nDisallow: /x?a=1", "https://h/x", true},
	    /* One spelling. */
	    {"User-agent: *\nDisallow: /foo/%7Ebar", "https://h/foo/~bar", false},
	    {"User-agent: *\nDisallow: /foo/~bar", "https://h/foo/%7ebar", false},
	    {"User-agent: *\nDisallow: /\xc3\xa4", "https://h/%c3%A4x", false},
	    {"User-agent: *\nDisallow: /a%2fb", "https://h/a/b", true},
	    {"User-agent: *\nDisallow: /a%2fb", "https://h/a%2Fb", false},
	    {"User-agent: *\nDisallow: /a%2Ab", "https://h/axb", true},
	    {"User-agent: *\nDisallow: /a%2Ab", "https://h/a*b", false},
	    {"User-agent: *\nDisallow: /a$b", "https://h/a$bc", false},
	    {"User-agent: *\nDisallow: x", "https://h/x", false},
	    /* What is no robots.txt. */
	    {"<html>User-agent: *\nDisallow: /", "https://h/x", true},
	    {"Disallow: /", "https://h/x", true},
	    {"\xef\xbb\xbfUser-agent: *\rDisallow: /\r", "https://h/x", false},
	    {"User-agent: *\r\n\r\nDisallow: /x # no\r\n", "https://h/x", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct robots *r = robots_parse(slice_of(cases[i].text), "sme");

		if (robots_allow(r, slice_of(cases[i].url)) != cases[i].allowed)
			fail_msg("%s: %s", cases[i].text, cases[i].url);
		robots_free(r);
	}
}

static void
test_robots_answers(void **state)
{
	static const struct {
		long status;
		bool allowed;
	} cases[] = {{200, false}, {404, true}, {403, true}, {429, true}, {302, true}, {500, false}, {503, false}, {0, false}};
	struct robots *r;
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		r = robots_answer(cases[i].status, SLICE("User-agent: *\nDisallow: /"), "sme");
		assert_int_equal(robots_allow(r, SLICE("https://h/x")), cases[i].allowed);
		robots_free(r);
	}
	r = robots_parse(SLICE("User-agent: *\nCrawl-delay: 2.5\n\nUser-agent: x\nCrawl-delay: 9"), "sme");
	assert_int_equal(robots_delay(r), 2500);
	robots_free(r);
	r = robots_parse(SLICE("User-agent: *\nCrawl-delay: 99999999999"), "sme");
	assert_int_equal(robots_delay(r), 60000);
	robots_free(r);
	r = robots_parse(SLICE("User-agent: *\nCrawl-delay: nan\nCrawl-delay: -1\n"), "sme");
	assert_int_equal(robots_delay(r), 0);
	robots_free(r);
	assert_true(robots_url(&b, SLICE("https://user:pw@h.example:8443/x/y?z#f")));
	assert_string_equal(b.p, "https://h.example:8443/robots.txt");
	assert_false(robots_url(&b, SLICE("file:///etc/passwd")));
	/* Patterns that are made to be slow. */
	buf_clear(&b);
	buf_puts(&b, "User-agent: *\n");
	for (int i = 0; i < 200; i++)
		buf_puts(&b, "Disallow: /*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b\n");
	r = robots_parse(buf_slice(&b), "sme");
	buf_clear(&b);
	buf_puts(&b, "https://h/");
	for (int i = 0; i < 4000; i++)
		buf_addc(&b, 'a');
	assert_true(robots_allow(r, buf_slice(&b)));
	robots_free(r);
	buf_release(&b);
}

static void
test_dates(void **state)
{
	static const struct {
		const char *text, *format, *want;
	} cases[] = {
	    {"vor 3 Stunden", NULL, "2026-11-26T09:00:00Z"},
	    {"vor 5 Min.", NULL, "2026-11-26T11:55:00Z"},
	    {"vor einem Tag", NULL, "2026-11-25T12:00:00Z"},
	    {"Gefragt vor 2 Wochen", NULL, "2026-11-12T12:00:00Z"},
	    {"2 days ago", NULL, "2026-11-24T12:00:00Z"},
	    {"an hour ago", NULL, "2026-11-26T11:00:00Z"},
	    {"heute, 09:30 Uhr", NULL, "2026-11-26T08:30:00Z"},
	    {"Gestern um 14:05", NULL, "2026-11-25T13:05:00Z"},
	    {"yesterday", NULL, "2026-11-24T23:00:00Z"},
	    {"vorgestern 00:30", NULL, "2026-11-23T23:30:00Z"},
	    {"gerade eben", NULL, "2026-11-26T12:00:00Z"},
	    {"21.11.2026 14:05", NULL, "2026-11-21T13:05:00Z"},
	    {"21.07.2026 14:05", NULL, "2026-07-21T12:05:00Z"},
	    {"2026-11-21T14:05:00Z", NULL, "2026-11-21T14:05:00Z"},
	    {"03/04/26 1:15", "%d/%m/%y %H:%M", "2026-04-02T23:15:00Z"},
	    {"03/04/2026", NULL, NULL},
	    {"vor langer Zeit", NULL, NULL},
	    {"3 Stunden", NULL, NULL},
	    {"heute 25:00", NULL, NULL},
	    {"vor 99999999999 Tagen", NULL, NULL},
	    {"", NULL, NULL},
	};
	struct zone *zone = zone_open(SLICE("Europe/Berlin"), &err);
	int64_t now, ms;
	char at[RFC3339_SIZE];

	(void)state;
	assert_non_null(zone);
	assert_true(rfc3339_parse(SLICE("2026-11-26T12:00:00Z"), &now));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		bool ok = page_date(slice_of(cases[i].text), now, zone, cases[i].format, &ms);

		if (ok != (cases[i].want != NULL) || (ok && strcmp(rfc3339_format(ms, at), cases[i].want) != 0))
			fail_msg("%s: %s", cases[i].text, ok ? at : "not understood");
	}
	zone_close(zone);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_wrong),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_robots),
	    cmocka_unit_test(test_robots_answers),
	    cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
