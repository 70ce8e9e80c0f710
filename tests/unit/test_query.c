/* The query language and the matching of single queries, by examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/buf.h"
#include "text/query.h"

/* ---- one query, one text ---- */

static bool
matches_fields(const char *query, const char *text, const struct query_fields *fields)
{
	struct query_set *set = query_set_new();
	struct query_scratch *scratch;
	struct sme_err err;
	const uint32_t *hits;
	size_t n;

	if (query_set_add(set, SLICE("q"), slice_of(query), QUERY_GLOBAL, &err) < 0)
		fail_msg("%s: %s", query, err.text);
	query_set_compile(set);
	scratch = query_scratch_new(set);
	n = query_run(scratch, slice_of(text), fields, QUERY_GLOBAL, &hits);
	query_scratch_free(scratch);
	query_set_free(set);
	return n == 1;
}

static bool
matches(const char *query, const char *text)
{
	return matches_fields(query, text, &(struct query_fields){0});
}

struct example {
	const char *query, *text;
	bool want;
};

static void
check_examples(const struct example *examples, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (matches(examples[i].query, examples[i].text) != examples[i].want)
			fail_msg("%s on \"%s\": expected %s", examples[i].query, examples[i].text,
			    examples[i].want ? "a match" : "none");
}

#define CHECK(examples) check_examples(examples, sizeof(examples) / sizeof *(examples))

static void
test_operators(void **state)
{
	static const struct example examples[] = {
	    {"netz", "kein Netz hier", true},
	    {"netz", "Netzwerk", false},
	    {"netz AND kiel", "Netz weg in Kiel", true},
	    {"netz AND kiel", "Netz weg in Bonn", false},
	    {"netz kiel", "Kiel: kein Netz", true},
	    {"netz kiel", "Netz", false},
	    {"netz OR kiel", "Kiel", true},
	    {"netz NOT kiel", "Netz in Bonn", true},
	    {"netz NOT kiel", "Netz in Kiel", false},
	    {"netz AND NOT kiel", "Netz in Kiel", false},
	    {"NOT netz", "alles gut", true},
	    {"NOT netz", "", true},
	    {"NOT NOT netz", "Netz", true},
	    {"netz OR NOT kiel", "Kiel", false},
	    /* NOT before AND before OR */
	    {"a OR b AND c", "a", true},
	    {"a OR b c", "b", false},
	    {"(a OR b) c", "a", false},
	    {"NOT a OR b", "b a", true},
	    {"NOT (a OR b)", "b", false},
	    {"((((netz))))", "netz", true},
	};

	(void)state;
	CHECK(examples);
}

static void
test_phrases(void **state)
{
	static const struct example examples[] = {
	    {"\"kein netz\"", "Seit gestern kein Netz!", true},
	    {"\"kein netz\"", "kein gutes Netz", false},
	    {"\"kein netz\"", "netz kein", false},
	    {"\"kein netz\"", "kein, Netz", true},
	    {"\"a b a c\"", "a b a b a c", true},
	    {"\"a a b\"", "a a a b", true},
	    {"„kein netz“", "kein Netz", true},
	    {"“kein netz”", "kein Netz", true},
	    {"kein-netz", "kein Netz", true},
	    {"don't", "Don’t", true},
	    {"AT&T", "at & t", true},
	    {"\"geht es?\"", "geht es", true},
	    {"\"and or not\"", "and OR Not", true},
	    {"\"netz*\"", "Netzwerk", true},
	    {"\"kein* netz*\"", "keinerlei Netze", true},
	};

	(void)state;
	CHECK(examples);
}

static void
test_near(void **state)
{
	static const struct example examples[] = {
	    {"a NEAR/0 b", "a b", true},
	    {"a NEAR/0 b", "b a", true},
	    {"a NEAR/0 b", "a x b", false},
	    {"a NEAR/1 b", "a x b", true},
	    {"a NEAR/1f b", "b x a", false},
	    {"a NEAR/1f b", "a x b", true},
	    {"a NEAR/2 a", "a x", false},
	    {"a NEAR/2 a", "a x a", true},
	    {"net* NEAR/3 netz", "netz", false},
	    {"\"a b\" NEAR/1 c", "a b x c", true},
	    {"\"a b\" NEAR/0 c", "a b x c", false},
	    {"(a OR b) NEAR/1 (c OR \"d e\")", "d e x b", true},
	    {"(a OR b) NEAR/1 (c OR \"d e\")", "d e x x b", false},
	    {"a NEAR/0 b NEAR/0 c", "a b c", true},
	    {"a NEAR/0 b NEAR/0 c", "b a c", false},
	    {"(a NEAR/0 b) NEAR/1 (c NEAR/0 d)", "a b x x d c", false},
	    {"(a NEAR/0 b) NEAR/2 (c NEAR/0 d)", "a b x x d c", true},
	    {"NOT a NEAR/1 b", "a b", false},
	    {"x a NEAR/1 b", "x a b", true},
	};

	(void)state;
	CHECK(examples);
}

static void
test_wildcards(void **state)
{
	static const struct example examples[] = {
	    {"netz*", "Netzausfall", true},
	    {"netz*", "netz", true},
	    {"netz*", "Funknetz", false},
	    {"*netz", "Funknetz", true},
	    {"*netz*", "Funknetze", true},
	    {"n*z", "Netz", true},
	    {"n*z", "nett", false},
	    {"n*t*z", "Nettosatz", true},
	    {"*e*z*", "netzx", true},
	    {"n?tz", "Netz", true},
	    {"n?tz", "Nutz", true},
	    {"n?tz", "ntz", false},
	    {"n??z", "Netz", true},
	    {"*st?r*", "Gestörte", false}, /* the ö is two letters, oe */
	    {"*st??r*", "Gestörte", true},
	    {"#netz*", "#Netzausfall", true},
	    {"#netz*", "Netzausfall", false},
	    {"@o2*", "hallo @o2de", true},
	    {"störung*", "Stoerungsmeldung", true},
	    {"日*", "今日", true},
	};

	(void)state;
	CHECK(examples);
}

static void
test_folding(void **state)
{
	static const struct example examples[] = {
	    {"störung", "STOERUNG", true},
	    {"stoerung", "Störung", true},
	    {"störung", "Sto\xcc\x88rung", true}, /* o and a combining diaeresis */
	    {"straße", "STRASSE", true},
	    {"strasse", "Straße", true},
	    {"cafe", "Café", true},
	    {"café", "cafe", true},
	    {"lodz", "Łódź", true},
	    {"izmir", "İzmir", true},
	    {"ısparta", "Isparta", true},
	    {"привет", "ПРИВЕТ", true},
	    {"мои", "мой", false},
	    {"еще", "ещё", true},
	    {"σοφος", "ΣΟΦΟΣ", true},
	    {"ｎｅｔｚ", "netz", true},
	    {"finden", "ﬁnden", true},
	    {"netz", "Ne\xc2\xadtz", true}, /* soft hyphen */
	    {"oel", "Øl", true},
	    {"schon", "schön", false},
	};

	(void)state;
	CHECK(examples);
}

static void
test_words(void **state)
{
	static const struct example examples[] = {
	    {"#netz", "kein #Netz!", true},
	    {"#netz", "kein Netz", false},
	    {"netz", "kein #Netz", true},
	    {"#b", "#a#b", true},
	    {"#kein_netz", "#Kein_Netz", true},
	    {"@o2de", "Hallo @o2de!", true},
	    {"@o2de", "o2de", false},
	    {"o2de", "Hallo @o2de", true},
	    {"@example", "kim@example.com", false},
	    {"example", "kim@example.com", true},
	    {"kein_netz", "kein netz", true},
	    {"👍", "super 👍🏽", true},
	    {"👍", "super👍👍", true},
	    {"❤️", "❤", true},
	    {"👩‍👧", "👩‍👧", true},
	    {"👩", "👩‍👧", false},
	    {"🇩🇪", "🇩🇪🇫🇷", true},
	    {"🇪🇫", "🇩🇪🇫🇷", false},
	    {"€", "30€", true},
	    {"\"30 €\"", "30€", true},
	    {"netz", "https://example.com/netz", false},
	    {"netz", "www.netz.example", false},
	    {"netz", "siehe https://example.com/x Netz", true},
	    {"停電", "東京で停電です", true},
	    {"電停", "東京で停電です", false},
	    {"ไฟ", "ไฟดับ", true},
	    {"भारत", "यह भारत है", true},
	    {"भार", "यह भारत है", false},
	    {"정전", "정전", true},
	};

	(void)state;
	CHECK(examples);
}

static void
test_raw(void **state)
{
	static const struct example examples[] = {
	    {"raw:O2", "bei O2", true},
	    {"raw:O2", "bei o2", false},
	    {"raw:Google+", "Google", false},
	    {"raw:Google+", "auf Google+ heute", true},
	    {"raw:Netz", "Netze", false},
	    {"raw:\"kein Netz!\"", "Hier kein Netz!", true},
	    {"raw:\"kein Netz!\"", "Hier kein Netz.", false},
	    {"raw:\"kein Netz!\"", "kein  Netz!", false},
	    {"raw:\"(o2)\"", "bei (o2)", true},
	    {"raw:\"(o2)\"", "o2)", false},
	    {"raw:netz", "#netz", true},
	    {"raw:#netz", "#netz", true},
	    {"raw:(A OR B)", "b B", true},
	    {"raw:A NEAR/0 b", "A b", true},
	    {"raw:A NEAR/0 b", "a b", false},
	};

	(void)state;
	CHECK(examples);
}

static void
test_fields(void **state)
{
	const struct query_fields f = {
	    .author = SLICE("Kim"),
	    .author_name = SLICE("Kim Muster"),
	    .lang = SLICE("de"),
	    .url = SLICE("https://u:p@Forum.Example.org:8080/t/1?x=https://other.example"),
	    .channel = SLICE("@o2de"),
	    .network = SLICE("mastodon"),
	    .kind = SLICE("post"),
	};
	static const struct {
		const char *query;
		bool want;
	} examples[] = {
	    {"author:kim", true},
	    {"author:@KIM", true},
	    {"author:ki", false},
	    {"author:k*m", true},
	    {"author:\"kim muster\"", true},
	    {"author:(x OR kim)", true},
	    {"NOT author:kim", false},
	    {"site:example.org", true},
	    {"site:forum.example.org", true},
	    {"site:orum.example.org", false},
	    {"site:org", true},
	    {"site:other.example", false},
	    {"site:example.*", true},
	    {"lang:de", true},
	    {"lang:DE", true},
	    {"lang:en", false},
	    {"lang:(en OR de)", true},
	    {"lang:d", false},
	    {"channel:o2de", true},
	    {"channel:@o2de", true},
	    {"network:mastodon", true},
	    {"network:masto*", true},
	    {"type:post", true},
	    {"type:review", false},
	    {"text lang:de", true},
	    {"text lang:en", false},
	    {"kim", false},
	    {"author:text", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
		if (matches_fields(examples[i].query, "text", &f) != examples[i].want)
			fail_msg("%s: expected %s", examples[i].query,
			    examples[i].want ? "a match" : "none");
	assert_false(matches("author:kim", "kim"));
	assert_false(matches("site:example.org", "x"));
}

/* ---- errors ---- */

static void
test_errors(void **state)
{
	static const struct {
		const char *query, *error;
	} examples[] = {
	    {"", "column 1: the query is empty: <-- here "},
	    {" \t", "column 1: the query is empty: <-- here   "},
	    {"netz AND ) kiel",
		"column 10: expected a word or \"(\", found \")\": netz AND <-- here ) kiel"},
	    {"netz AND", "column 9: expected a word or \"(\", found the end: netz AND<-- here "},
	    {"(netz", "column 1: the parenthesis that opens here is not closed: <-- here (netz"},
	    {"netz)", "column 5: no parenthesis is open here: netz<-- here )"},
	    {"störung \"kein",
		"column 9: the quote that opens here is not closed: störung <-- here \"kein"},
	    {"netz and kiel",
		"column 6: operators are capitals: AND; use quotes to search for the word: "
		"netz <-- here and kiel"},
	    {"near/5", "column 1: operators are capitals: NEAR/n: <-- here near/5"},
	    {"a NEAR b",
		"column 3: NEAR takes a distance from 0 to 1000, such as NEAR/5 or NEAR/5f: "
		"a <-- here NEAR b"},
	    {"a NEAR/x b",
		"column 3: NEAR takes a distance from 0 to 1000, such as NEAR/5 or NEAR/5f: "
		"a <-- here NEAR/x b"},
	    {"a NEAR/1001 b",
		"column 3: NEAR takes a distance from 0 to 1000, such as NEAR/5 or NEAR/5f: "
		"a <-- here NEAR/1001 b"},
	    {"a NEAR/5 (b AND c)",
		"column 11: NEAR takes words, phrases, and groups of them joined by OR: "
		"a NEAR/5 (<-- here b AND c)"},
	    {"a NEAR/5 lang:de",
		"column 10: NEAR takes words, phrases, and groups of them joined by OR: "
		"a NEAR/5 <-- here lang:de"},
	    {"a NEAR/5 NOT b",
		"column 10: NEAR takes words, phrases, and groups of them joined by OR: "
		"a NEAR/5 <-- here NOT b"},
	    {"fans:x",
		"column 1: no operator \"fans:\" (there are author: site: links: lang: country: "
		"channel: network: type: followers: raw: stem: part: list:); use quotes to search for "
		"it: <-- here fans:x"},
	    {"author: kim", "column 8: a value must follow \":\" at once: author:<-- here  kim"},
	    {"author:*", "column 8: the value is empty: author:<-- here *"},
	    {"author:(a site:b)", "column 11: one operator with a colon inside the other: "
				  "author:(a <-- here site:b)"},
	    {"site:a/b",
		"column 6: site: takes a host name such as example.com: site:<-- here a/b"},
	    {"*", "column 1: a wildcard must touch a word: <-- here *"},
	    {"\"a * b\"", "column 4: a wildcard must touch a word: \"a <-- here * b\""},
	    {"#*", "column 1: a wildcard must touch a word: <-- here #*"},
	    {"netz?", "column 5: \"?\" stands for one character inside a word: netz<-- here ?"},
	    {"-netz", "column 1: \"-\" is no operator; write NOT: <-- here -netz"},
	    {"a|b", "column 2: \"|\" is no operator; write OR: a<-- here |b"},
	    {"\"a b\"~5",
		"column 6: \"~\" is no operator here; write word NEAR/n word: \"a b\"<-- here ~5"},
	    {"&&", "column 1: there is no word in this: <-- here &&"},
	    {"\"!\"", "column 1: there is no word in this: <-- here \"!\""},
	    {"raw:!", "column 5: raw: needs a letter, digit or emoji: raw:<-- here !"},
	    {"www.example.com",
		"column 1: web addresses are not searched as words; links: looks at those in the "
		"mention, site: at where it is from: <-- here www.example.com"},
	};
	struct sme_err err;

	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		if (query_check(slice_of(examples[i].query), &err) == 0)
			fail_msg("%s: accepted", examples[i].query);
		assert_string_equal(err.text, examples[i].error);
		assert_int_equal(err.status, SME_CONFIG);
	}
	assert_int_equal(query_check(SLICE("netz\0kiel"), &err), -1);
	assert_int_equal(query_check(SLICE("netz"), NULL), 0);
}

/* N times S. */
static void
repeat(struct buf *b, const char *s, size_t n)
{
	while (n--)
		buf_puts(b, s);
}

static void
check_bound(const char *open, const char *middle, const char *close, size_t good, size_t bad)
{
	struct sme_err err;

	for (int i = 0; i < 2; i++) {
		struct buf b = BUF_INIT;

		repeat(&b, open, i ? bad : good);
		buf_puts(&b, middle);
		repeat(&b, close, i ? bad : good);
		if (query_check(buf_slice(&b), &err) != -i)
			fail_msg(
			    "%s %zu times: %s", open, i ? bad : good, i ? "accepted" : err.text);
		buf_release(&b);
	}
}

static void
test_bounds(void **state)
{
	(void)state;
	check_bound("(", "a", ")", QUERY_DEPTH_MAX, QUERY_DEPTH_MAX + 1);
	check_bound("NOT ", "a", "", QUERY_DEPTH_MAX, QUERY_DEPTH_MAX + 1);
	check_bound("a NEAR/1 ", "a", "", QUERY_DEPTH_MAX, QUERY_DEPTH_MAX + 1);
	check_bound("a OR ", "a", "", QUERY_TERMS_MAX - 1, QUERY_TERMS_MAX);
	check_bound("a-", "a", "", QUERY_PHRASE_MAX - 1, QUERY_PHRASE_MAX);
	check_bound("", "a", "b", QUERY_WORD_MAX - 1, QUERY_WORD_MAX);
	check_bound("author:x", "a", "b", 1, QUERY_WORD_MAX);
	check_bound(" ", "a", " ", QUERY_TEXT_MAX / 2 - 1, QUERY_TEXT_MAX / 2);
}

/* ---- sets ---- */

static void
test_set(void **state)
{
	struct query_set *set = query_set_new();
	int o2 = query_set_scope(set, SLICE("o2")), other = query_set_scope(set, SLICE("other"));
	struct query_scratch *s;
	struct query_fields f = {0};
	const uint32_t *hits;
	struct sme_err err;

	(void)state;
	assert_int_equal(query_set_scope(set, SLICE("o2")), o2);
	assert_int_equal(
	    query_set_add(set, SLICE("outage"), SLICE("netz OR ausfall"), o2, &err), 0);
	assert_int_equal(query_set_add(set, SLICE("bad"), SLICE("netz AND (x OR"), o2, &err), -1);
	assert_int_equal(query_set_add_keyword(set, SLICE("Kein Netz"), QUERY_GLOBAL, &err), 1);
	assert_int_equal(query_set_add_keyword(set, SLICE("#Kiel"), other, &err), 2);
	assert_int_equal(query_set_add_keyword(set, SLICE(" !"), other, &err), -1);
	assert_int_equal(query_set_add_keyword(set, SLICE("OR"), other, &err), 3);
	assert_int_equal(query_set_add(set, SLICE("all"), SLICE("NOT xyz"), QUERY_GLOBAL, &err), 4);
	query_set_compile(set);
	assert_int_equal(query_set_count(set), 5);
	assert_string_equal(query_set_name(set, 1).p, "Kein Netz");

	s = query_scratch_new(set);
	assert_int_equal(query_run(s, SLICE("kein NETZ in #kiel"), &f, o2, &hits), 3);
	assert_int_equal(hits[0], 0);
	assert_int_equal(hits[1], 1);
	assert_int_equal(hits[2], 4);
	assert_int_equal(query_run(s, SLICE("kein NETZ in #kiel or"), &f, other, &hits), 4);
	assert_int_equal(hits[1], 2);
	assert_int_equal(
	    query_run(s, SLICE("kein NETZ"), &f, query_set_find_scope(set, SLICE("nobody")), &hits),
	    2);
	assert_int_equal(query_run(s, SLICE("xyz"), &f, o2, &hits), 0);
	query_scratch_free(s);
	query_set_free(set);
}

static void
test_empty_set(void **state)
{
	struct query_set *set = query_set_new();
	struct query_scratch *s;
	struct query_fields f = {0};
	const uint32_t *hits;

	(void)state;
	query_set_compile(set);
	s = query_scratch_new(set);
	assert_int_equal(query_run(s, SLICE("text"), &f, QUERY_GLOBAL, &hits), 0);
	query_scratch_free(s);
	query_set_free(set);
	query_set_free(NULL);
	query_scratch_free(NULL);
}

/* A long text, and bytes that are not UTF-8. */
static void
test_hard_texts(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	repeat(&b, "a ", 300000);
	repeat(&b, "x", 5000);
	buf_puts(&b, " b");
	assert_true(matches("b", buf_str(&b)));
	assert_true(matches("a NEAR/1 b", buf_str(&b)));
	assert_false(matches("a NEAR/0 b", buf_str(&b)));
	assert_false(matches("\"a b\"", buf_str(&b)));
	assert_false(matches("x*", buf_str(&b)));
	buf_release(&b);
	assert_true(matches("netz", "\xff\xfenetz\x80\xc3"));
	assert_true(matches("netz", "\xc3netz"));
	assert_false(matches("netz", "ne\xfftz"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_operators),
	    cmocka_unit_test(test_phrases),
	    cmocka_unit_test(test_near),
	    cmocka_unit_test(test_wildcards),
	    cmocka_unit_test(test_folding),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_raw),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_set),
	    cmocka_unit_test(test_empty_set),
	    cmocka_unit_test(test_hard_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
