#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/charset.h"
#include "net/html.h"
#include "net/xmlfix.h"

static struct buf out = BUF_INIT;

static const char *const texts[][2] = {
    {"plain", "plain"},
    {"plain\nlines  and\tblanks \n\n\n\nend", "plain\nlines and blanks\n\nend"},
    {"a < b & c > d", "a < b & c > d"},
    {"Tom &amp; Jerry &ndash; &#8364; &#x20AC;", "Tom & Jerry \xe2\x80\x93 \xe2\x82\xac \xe2\x82\xac"},
    {"<p>One</p><p>Two</p>", "One\n\nTwo"},
    {"<p>One<p>Two", "One\n\nTwo"},
    {"a<br>b<br/><br />c<br><br><br>d", "a\nb\n\nc\n\nd"},
    {"<div>a</div><div><div>b</div></div>c", "a\nb\nc"},
    {"x<ul><li>a<li>b<ol><li>c</li><li>d</li></ol></ul>y", "x\n\n- a\n- b\n\n1. c\n2. d\n\ny"},
    {"<b>bo</b>ld <i> it </i>alic", "bold it alic"},
    {"a<script>alert('x')</script><style>p{}</style>b", "ab"},
    {"<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>", "1 2\n3"},
    {"<pre>a\n  b</pre>", "a\nb"},
    {"so&nbsp;&nbsp;far\xc2\xad and\xe2\x80\x8b on", "so far and on"},
    {"<img src='x' alt='mast'>text", "text"},
    {"<img class='emoji' alt='\xf0\x9f\x98\x80' src='x'>!", "\xf0\x9f\x98\x80!"},
    {"<p>unclosed <b>tags <a href='x'>link", "unclosed tags link"},
    {"<!-- comment -->x<!-- open", "x"},
    {"", ""},
    {"<p></p>", ""},
};

static void
turns_html_into_text(void **state)
{
	struct html *h = html_open();
	struct arena a = ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		buf_clear(&out);
		html_text(h, slice_of(texts[i][0]), SLICE("https://b.example/d/"), &out, NULL, &a);
		assert_string_equal(buf_str(&out), texts[i][1]);
	}
	arena_release(&a);
	html_close(h);
}

static void
collects_links_and_media(void **state)
{
	struct html *h = html_open();
	struct arena a = ARENA_INIT;
	struct refs r = {0};

	(void)state;
	buf_clear(&out);
	html_text(h,
	    SLICE("<a href=x>1</a><a href='/y?a=1&amp;b=2'>2</a><a href=x>3</a><a href='javascript:e()'>4</a>"
	          "<img src=p.png alt=A><img src=//c.example/q.jpg width=1><img src='data:x' data-src=r.png>"
	          "<video><source src=v.mp4 type=video/mp4></video><iframe src='https://v.example/e'></iframe>"),
	    SLICE("https://b.example/d/"), &out, &r, &a);
	assert_int_equal(r.nlinks, 3);
	assert_string_equal(r.links[0].p, "https://b.example/d/x");
	assert_string_equal(r.links[1].p, "https://b.example/y?a=1&b=2");
	assert_string_equal(r.links[2].p, "https://v.example/e");
	assert_int_equal(r.nmedia, 3);
	assert_string_equal(r.media[0].url.p, "https://b.example/d/p.png");
	assert_string_equal(r.media[0].alt.p, "A");
	assert_string_equal(r.media[1].url.p, "https://b.example/d/r.png");
	assert_true(slice_is(r.media[2].type, "video"));
	refs_release(&r);
	arena_release(&a);
	html_close(h);
}

/* Text and links of S, one below the other. */
static void
read_html(struct html *h, struct slice s, struct buf *to)
{
	struct arena a = ARENA_INIT;
	struct refs r = {0};

	buf_clear(to);
	html_text(h, s, SLICE("https://b.example/d/"), to, &r, &a);
	for (size_t i = 0; i < r.nlinks; i++)
		buf_printf(to, "\n[%s]", r.links[i].p);
	refs_release(&r);
	arena_release(&a);
}

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static void
put_pieces(struct buf *b, uint32_t *seed, const char *const *pieces, size_t n)
{
	for (int i = 0; i < 8; i++)
		buf_puts(b, pieces[next_random(seed) % n]);
}

/* Elements that are closed again, with between between them. */
static void
put_nested(struct buf *b, uint32_t *seed, int depth)
{
	static const char *const elements[][2] = {{"<p>", "</p>"}, {"<a href='/x'>", "</a>"},
	    {"<a class=\"u-url mention\" href=\"/m\">", "</a>"}, {"<span class='x'>", "</span>"},
	    {"<b>", "</b>"}, {"<em>", "</em>"}, {"<br />", ""}, {"<i>", "</i>"}, {"<br>", ""}};
	static const char *const between[] = {"text", " ", "", "two words ", " three\n\n", "&amp;", "&#x20AC;",
	    "a&nbsp;b", "&lt;i&gt;", "\xe2\x80\x8b", "\n"};
	size_t n = next_random(seed) % 4;

	for (size_t i = 0; i < n; i++) {
		size_t e = next_random(seed) % (sizeof elements / sizeof *elements);

		buf_puts(b, between[next_random(seed) % (sizeof between / sizeof *between)]);
		buf_puts(b, elements[e][0]);
		if (depth && e < 6)
			put_nested(b, seed, depth - 1);
		buf_puts(b, elements[e][1]);
	}
	buf_puts(b, between[next_random(seed) % (sizeof between / sizeof *between)]);
}

/* A comment makes no difference but that libxml2 reads the text. */
static void
reads_simple_html_alike(void **state)
{
	static const char *const pieces[] = {"<p>", "</p>", "<p>", "</p>", "<br>", "<br />", "<a href='/x'>",
	    "</a>", "<a class=\"u-url mention\" href=\"/m\">", "</a>", "<span class='x'>", "</span>", "<b>", "</b>",
	    "<i>", "</i>", "<em>", "</em>", "<strong>", "</strong>", "text", " ", "two words ", " three\n\n", "&amp;",
	    "&lt;", "&#39;", "&#x20AC;", "&nbsp;", "&quot;", "&", "&auml;", "&#150;", "&amp", "<a href='/?a=1&amp;b'>",
	    "</a>", "\xc3\xa4", "\xef\xbb\xbf", "\xe2\x80\x8b", "\r\n", "\t", "\x01", "<", ">", "<p/>", "<span/>",
	    "<a href=x>", "</div>", "<div>", "<B>", "<a href='x' href='y'>", "<a  title='<' href='z'>", "\xef\xbf\xbe"};
	struct html *h = html_open();
	struct buf s = BUF_INIT, commented = BUF_INIT, one = BUF_INIT, two = BUF_INIT;
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 30000; round++) {
		buf_clear(&s);
		buf_puts(&s, round % 4 ? "<p>x</p>" : "<br>");
		if (round % 2)
			put_nested(&s, &seed, 4);
		else
			put_pieces(&s, &seed, pieces, sizeof pieces / sizeof *pieces);
		buf_clear(&commented);
		buf_printf(&commented, "%s<!-- -->", buf_str(&s));
		read_html(h, buf_slice(&s), &one);
		read_html(h, buf_slice(&commented), &two);
		if (strcmp(buf_str(&one), buf_str(&two)) != 0)
			fail_msg("%s: \"%s\", libxml2: \"%s\"", buf_str(&s), buf_str(&one), buf_str(&two));
	}
	buf_release(&s);
	buf_release(&commented);
	buf_release(&one);
	buf_release(&two);
	html_close(h);
}

static const char *const repairs[][2] = {
    {"<a><b>x</a>", "<a><b>x</b></a>"},
    {"<a>x</b></a>", "<a>x</a>"},
    {"<a>x", "<a>x</a>"},
    {"<a>1 & 2 &lt; &nope; &nbsp;</a>", "<a>1 &amp; 2 &lt; &amp;nope; \xc2\xa0</a>"},
    {"<a>1 < 2</a>", "<a>1 &lt; 2</a>"},
    {"<a x=1 y='2' z \"q\" x=3>t</a>", "<a x=\"1\" y=\"2\" z=\"z\" q=\"q\">t</a>"},
    {"<a x=\"1<b>t</b></a>", "<a x=\"1\"><b>t</b></a>"},
    {"<a>x<br>y</a>", "<a>x<br/>y</a>"},
    {"<a>\x01\x0b&#0;&#x1F;&#150;\xef\xbf\xbe</a>", "<a>\xe2\x80\x93</a>"},
    {"<a><![CDATA[1 & <b>]]></a>", "<a>1 &amp; &lt;b&gt;</a>"},
    {"<c><item><title><![CDATA[a</title></item><item><title><![CDATA[b]]></title></item></c>",
        "<c><item><title>a</title></item><item><title>b</title></item></c>"},
    {"<c><item><title>a<link>l</link><item><title>b</c>",
        "<c><item><title>a</title><link>l</link></item><item><title>b</title></item></c>"},
    {"<pubDate>x</pubdate>", "<pubDate>x</pubDate>"},
    {"<a>x</a>trailing <b>junk</b>", "<a>x</a>"},
    {"<a><!-- x --><?php y ?><!z>1<!-- 2</a>", "<a>1 2</a>"},
};

static void
repairs_xml(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof repairs / sizeof *repairs; i++) {
		buf_clear(&out);
		xml_repair(&out, slice_of(repairs[i][0]));
		assert_string_equal(buf_str(&out), repairs[i][1]);
	}
}

static void
finds_the_root(void **state)
{
	(void)state;
	assert_string_equal(xml_root(SLICE(" junk <?xml version='1.0'?><!-- c --><!DOCTYPE r [<!ENTITY a "
	                                   "\"]>\">]>\n<r/>")).p, "<r/>");
	assert_int_equal(xml_root(SLICE("no markup")).n, 0);
	assert_int_equal(xml_root(SLICE("<!DOCTYPE r [")).n, 0);
}

static void
finds_the_charset(void **state)
{
	static const struct {
		const char *in, *declared, *want;
	} cases[] = {
	    {"Gr\xc3\xbc\xc3\x9f", "iso-8859-1", "Gr\xc3\xbc\xc3\x9f"},
	    {"Gr\xfc\xdf \x80", "utf-8", "Gr\xc3\xbc\xc3\x9f \xe2\x82\xac"},
	    {"Gr\xfc\xdf \x80", "iso-8859-1", "Gr\xc3\xbc\xc3\x9f \xe2\x82\xac"},
	    {"\xc3\xbc and \xfc", "", "\xc3\xbc and \xc3\xbc"},
	    {"\xa3\xf3" "d\xbc", "iso-8859-2", "\xc5\x81\xc3\xb3\x64\xc5\xba"},
	    {"x\xfc", "no-such-charset", "x\xc3\xbc"},
	    {"x\xfc", "../../etc/passwd//IGNORE", "x\xc3\xbc"},
	    {"\xef\xbb\xbfx", "utf-16", "x"},
	    {"\x1b$B$\"\x1b(B", "iso-2022-jp", "\xe3\x81\x82"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_clear(&out);
		charset_decode(&out, slice_of(cases[i].in), slice_of(cases[i].declared));
		assert_string_equal(buf_str(&out), cases[i].want);
	}
	assert_true(slice_is(charset_of_type(SLICE("text/xml; Charset = \"UTF-8\"")), "UTF-8"));
	assert_true(slice_is(charset_of_xml(SLICE("<?xml version='1.0' encoding='x-y'?>")), "x-y"));
	assert_int_equal(charset_of_type(SLICE("text/xml")).n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(turns_html_into_text),
	    cmocka_unit_test(collects_links_and_media),
	    cmocka_unit_test(reads_simple_html_alike),
	    cmocka_unit_test(repairs_xml),
	    cmocka_unit_test(finds_the_root),
	    cmocka_unit_test(finds_the_charset),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	buf_release(&out);
	return r;
}
