/* Fuzzy words, compound parts, stems, numbers, links and lists: by examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/buf.h"
#include "text/query.h"
#include "text/query_fuzzy.h"

/* ---- one query, one text ---- */

/* The list files that tests may name. */
static const struct {
	const char *name, *content;
} files[] = {
    {"cities", "Kiel\r\n# a remark\n\n Bad Homburg \nLüb*\n#hamburg\nkün?igen"},
    {"authors", "@Kim\nmax muster\nspam*\n"},
    {"outer", "bonn\nlist:cities\n"},
    {"loop", "x\nlist:loop2\n"},
    {"loop2", "list:loop\n"},
    {"empty", "# nothing\n\n"},
    {"blank", ""},
    {"broken", "netz\nki\xff"
	       "el\n"},
    {"nul", "netz\0kiel\n"},
    {"wordless", "netz\n!!\n"},
    {"fuzzy", "störung~\nnetz\n"},
    {"site", "example.org\nforum.example.com/x\n"},
    {"bom", "\xef\xbb\xbfKiel\n"},
};

static int
read_file(void *ctx, const char *file, struct buf *out, struct sme_err *err)
{
	(void)ctx;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		if (strcmp(files[i].name, file) != 0)
			continue;
		buf_puts(out, files[i].content);
		if (strcmp(file, "nul") == 0)
			buf_add(out, "\0kiel\n", 6);
		return 0;
	}
	return err_set(err, SME_NOINPUT, "%s: No such file or directory", file);
}

static int
add(struct query_set *set, const char *query, struct sme_err *err)
{
	query_set_reader(set, read_file, NULL);
	return query_set_add(set, SLICE("q"), slice_of(query), QUERY_GLOBAL, err);
}

static bool
matches_fields(const char *query, const char *text, const struct query_fields *fields)
{
	struct query_set *set = query_set_new();
	struct query_scratch *scratch;
	struct sme_err err;
	const uint32_t *hits;
	size_t n;

	if (add(set, query, &err) < 0)
		fail_msg("%s: %s", query, err.text);
	query_set_compile(set);
	scratch = query_scratch_new(set);
	n = query_run(scratch, slice_of(text), fields, QUERY_GLOBAL, &hits);
	/* Once more: what was remembered must say the same. */
	assert_int_equal(query_run(scratch, slice_of(text), fields, QUERY_GLOBAL, &hits), n);
	query_scratch_free(scratch);
	query_set_free(set);
	return n == 1;
}

struct example {
	const char *query, *text;
	bool want;
};

static void
check_examples(const struct example *examples, size_t n, const struct query_fields *fields)
{
	for (size_t i = 0; i < n; i++)
		if (matches_fields(examples[i].query, examples[i].text, fields) != examples[i].want)
			fail_msg("%s on \"%s\": expected %s", examples[i].query, examples[i].text,
			    examples[i].want ? "a match" : "none");
}

#define CHECK(examples)                                                                            \
	check_examples(                                                                            \
	    examples, sizeof(examples) / sizeof *(examples), &(const struct query_fields){0})

static void
test_fuzzy(void **state)
{
	static const struct example examples[] = {
	    {"netz~", "Nezt", true},
	    {"netz~", "netz", true},
	    {"netz~", "etz", true},
	    {"netz~", "Netzt", true},
	    {"netz~", "natz", true},
	    {"netz~", "nazt", false},
	    {"netz~1", "nuts", false},
	    {"störung~", "stoerng", true},
	    {"stoerung~1", "strung", false},
	    {"störung~2", "strung", true},
	    {"rechnung~", "rehcnugn", true}, /* 8 letters: two edits */
	    {"vertrag~", "vretragg", false}, /* 7 letters: one edit */
	    {"kündigung~", "kuedigunk", true},
	    {"abcde~2", "bdacde", true}, /* ab swapped, d between them added */
	    {"kein NEAR/1f nezt~", "kein gutes Netz", true},
	    {"\"kein nezt~\"", "Kein Netz!", true},
	    {"\"kein nezt~1 hier\"", "Kein Netz hier", true},
	    {"nezt~", "#Netz", true},
	    {"kein-nezt~", "kein Netz", true},
	    {"(nezt~ OR xyz) kiel", "netz kiel", true},
	    {"\"10~20 euro\"", "10 20 Euro", true},
	    {"привет~", "превет", true},
	};

	(void)state;
	CHECK(examples);
}

static int
distance(const char *a, const char *b, int max)
{
	int32_t x[80], y[80];
	size_t n = fuzzy_letters(slice_of(a), x, 80), m = fuzzy_letters(slice_of(b), y, 80);

	return fuzzy_distance(x, n, y, m, max);
}

static void
test_distance(void **state)
{
	(void)state;
	assert_int_equal(distance("netz", "netz", 2), 0);
	assert_int_equal(distance("ca", "abc", 2), 2); /* swapped, then one put between */
	assert_int_equal(distance("abc", "ca", 2), 2);
	assert_int_equal(distance("abcd", "badc", 2), 2);
	assert_int_equal(distance("abcd", "badc", 1), 2);
	assert_int_equal(distance("abcdef", "ghijkl", 2), 3);
	assert_int_equal(distance("a", "abcd", 2), 3);
	assert_int_equal(distance("на", "ан", 2), 1);
}

static void
test_parts(void **state)
{
	static const struct example examples[] = {
	    {"part:netz", "Mobilfunknetzausfall", true},
	    {"part:netz", "Netz", true},
	    {"part:netz", "Netze", true},
	    {"part:netz", "Festnetz", true},
	    {"part:netz", "Netzwerke", true},
	    {"part:netz", "o2netz", true},
	    {"part:netz", "Internetzugang", false},
	    {"part:netz", "Vernetzung", false},
	    {"part:netz", "benetzen", false},
	    {"part:ausfall", "Netzausfälle", false}, /* another word, as umlauts are letters */
	    {"part:ausfälle", "Netzausfälle", true},
	    {"part:vertrag", "Handyvertrages", true},
	    {"part:vertrag", "Vertragsverlängerung", true},
	    {"part:trag", "Vertrag", false},
	    {"part:rat", "Beratung", false},
	    {"part:rat", "Vertrag", false},
	    {"part:rat", "Elternrat", true},
	    {"part:rat", "Ratlosigkeit", false},
	    {"part:eis", "Preis", false},
	    {"part:eis", "Preise", false},
	    {"part:eis", "Eisbecher", true},
	    {"part:anschluss", "DSLAnschluß", true},
	    {"part:rechnung", "Stromrechnungen", true},
	    {"\"kein part:netz\"", "kein part Netz", true}, /* ordinary text in quotes */
	    {"part:\"kein netz\"", "kein Mobilfunknetz", true},
	    {"part:(netz OR strom) NEAR/1 weg", "Funknetz ist weg", true},
	    {"part:netz NOT netz", "#Funknetz", true},
	};

	(void)state;
	CHECK(examples);
}

static void
test_stems(void **state)
{
	static const struct example examples[] = {
	    {"stem:vertrag", "die Verträge", true},
	    {"stem:vertrag", "des Vertrages", true},
	    {"stem:verträgen", "Vertrag", true},
	    {"stem:vertrag", "Vertreter", false},
	    {"stem:kündigen", "Kündigung", true},
	    {"stem:störung", "STOERUNGEN", true},
	    {"stem:neu", "neues", true},
	    {"stem.de:rechnung", "Rechnungen", true},
	    {"stem.en:cancel", "cancelled", true},
	    {"stem.en:connection", "connected", true},
	    {"stem:(vertrag OR tarif) NEAR/1f gekündigt", "Tarife jetzt gekündigt", true},
	    {"stem:\"lange wartezeiten\"", "langer Wartezeit", true},
	    {"\"stem:netz\"", "stem netz", true},
	    {"stem:netz", "#Netze", true},
	    {"stem:netz kiel", "Netze Kiel", true},
	};

	(void)state;
	CHECK(examples);
}

static void
test_followers(void **state)
{
	static const struct {
		const char *query;
		bool want;
	} examples[] = {
	    {"followers:1840", true},
	    {"followers:=1840", true},
	    {"followers:1841", false},
	    {"followers:>1840", false},
	    {"followers:>1839", true},
	    {"followers:>=1840", true},
	    {"followers:<1840", false},
	    {"followers:<1841", true},
	    {"followers:<=1840", true},
	    {"followers:1k..2k", true},
	    {"followers:0..1840", true},
	    {"followers:1841..1m", false},
	    {"followers:(<5 OR >1k)", true},
	    {"NOT followers:>2k", true},
	    {"x followers:>1k", true},
	    {"y followers:>1k", false},
	};
	const struct query_fields f = {.has_followers = true, .followers = 1840};

	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
		if (matches_fields(examples[i].query, "x", &f) != examples[i].want)
			fail_msg("%s: expected %d", examples[i].query, examples[i].want);
	assert_false(matches_fields("followers:>=0", "x", &(struct query_fields){0}));
	assert_true(matches_fields("NOT followers:>=0", "x", &(struct query_fields){0}));
}

static void
test_links(void **state)
{
	static const struct slice links[] = {SLICE("https://www.Shop.example/a/B?x=1&y=2#z"),
	    SLICE("http://u:p@other.example:8080"), {NULL, 0}, SLICE("no link")};
	const struct query_fields f = {
	    .links = links, .nlinks = 4, .country = {{NULL, 0}, SLICE("DE"), SLICE("Österreich")}};
	static const struct example examples[] = {
	    {"links:shop.example", "", true},
	    {"links:www.shop.example", "", true},
	    {"links:example", "", true},
	    {"links:op.example", "", false},
	    {"links:other.example", "", true},
	    {"links:shop.example/a", "", true},
	    {"links:shop.example/a/", "", true},
	    {"links:https://shop.example/a/b", "", true},
	    {"links:shop.example/a/b?x=1", "", true},
	    {"links:shop.example/a/b?x=1&y=2#z", "", true},
	    {"links:shop.example/a/b?x", "", false},
	    {"links:shop.example/b", "", false},
	    {"links:shop.example/*/b", "", true},
	    {"links:shop.*", "", true},
	    {"links:netz.example/x", "see https://netz.example/x/y", true},
	    {"links:netz.example", "see www.netz.example!", false}, /* "!" may end an address */
	    {"links:netz.example", "see www.netz.example now", true},
	    {"links:third.example", "", false},
	    {"country:de", "", true},
	    {"country:oesterreich", "", true},
	    {"country:(at OR ch)", "", false},
	};

	(void)state;
	check_examples(examples, sizeof examples / sizeof *examples, &f);
}

static void
test_lists(void **state)
{
	static const struct example examples[] = {
	    {"list:cities", "in KIEL", true},
	    {"list:cities", "Homburg", false},
	    {"list:cities", "bad-homburg", true},
	    {"list:cities", "Lübeck", true},
	    {"list:cities", "hamburg", false},
	    {"list:cities", "#Hamburg", true},
	    {"list:cities", "a remark", false},
	    {"list:outer", "bonn", true},
	    {"list:outer", "kiel", true},
	    {"netz NEAR/1f list:cities", "Netz in Kiel", true},
	    {"netz NEAR/1f list:cities", "Netz ist in Kiel", false},
	    {"netz NEAR/1f list:cities", "Netz in Bad Homburg", true},
	    {"NOT list:cities", "bonn", true},
	    {"netz (bonn OR list:cities)", "netz kiel", true},
	    {"list:\"cities\"", "kiel", true},
	    {"stem:list:fuzzy", "Netze", true},
	    {"raw:list:bom", "Kiel", true},
	    {"raw:list:bom", "kiel", false},
	    {"list:fuzzy", "Störunk", true},
	    {"part:list:bom", "Kielhafen", true},
	    {"stem.en:(x OR list:bom)", "kiel", true},
	};
	const struct query_fields f = {
	    .author = SLICE("kim"), .url = SLICE("https://a.example.org/")};

	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		/* An entry of fuzzy has a "~", which stem: does not take. */
		if (strncmp(examples[i].query, "stem:", 5) == 0)
			continue;
		if (matches_fields(examples[i].query, examples[i].text, &f) != examples[i].want)
			fail_msg("%s on \"%s\"", examples[i].query, examples[i].text);
	}
	assert_true(matches_fields("author:list:authors", "x", &f));
	assert_true(matches_fields("author:(nobody OR list:authors) x", "x", &f));
	assert_false(matches_fields("author:list:authors", "kim", &(struct query_fields){0}));
	assert_true(matches_fields("author:\"list:authors\"", "x",
	    &(struct query_fields){.author = SLICE("List:Authors")}));
}

/* ---- errors ---- */

static void
test_errors(void **state)
{
	static const struct {
		const char *query, *error;
	} examples[] = {
	    {"ab~", "column 1: ~1 needs a word of at least 3 letters: <-- here ab~"},
	    {"netz~2", "column 1: ~2 needs a word of at least 5 letters: <-- here netz~2"},
	    {"netz~3", "column 5: \"~\" takes a distance of 1 or 2, as in netz~1, or none: netz<-- "
	               "here ~3"},
	    {"netz ~", "column 6: \"~\" stands right behind a word, as in netz~: netz <-- here ~"},
	    {"net*z~", "column 1: \"~\" takes a word without \"*\" and \"?\": <-- here net*z~"},
	    {"#netz~", "column 1: \"~\" takes a word without \"#\" and \"@\": <-- here #netz~"},
	    {"part:ne", "column 6: part: needs a word of at least 3 letters: part:<-- here ne"},
	    {"part:netz*", "column 10: part: takes no \"*\": part:netz<-- here *"},
	    {"stem:netz~", "column 10: stem: takes no \"~\": stem:netz<-- here ~"},
	    {"stem:@o2", "column 6: stem: takes words without \"#\" and \"@\": stem:<-- here @o2"},
	    {"stem.xx:netz", "column 6: stem. takes one of these languages: de da en es fi fr hu "
	                     "it nl no pt ro ru "
			     "sv tr: stem.<-- here xx:netz"},
	    {"stem:part:netz",
		"column 6: one operator with a colon inside the other: stem:<-- here part:netz"},
	    {"followers:many",
		"column 11: followers: takes a number such as >1000, <=10k, 500 or 100..2000: "
		"followers:<-- here many"},
	    {"followers:>=",
		"column 11: followers: takes a number such as >1000, <=10k, 500 or 100..2000: "
		"followers:<-- here >="},
	    {"followers:9999999999999999",
		"column 11: followers: takes a number such as >1000, <=10k, 500 or 100..2000: "
		"followers:<-- here 9999999999999999"},
	    {"followers:20..10",
		"column 11: no number is in this range; write the smaller one first: "
		"followers:<-- here 20..10"},
	    {"followers:list:cities",
		"column 16: followers: takes no list: followers:list:<-- here cities"},
	    {"a NEAR/2 author:list:authors", "column 10: NEAR takes words, phrases, and groups of "
	                                     "them joined by OR: a NEAR/2 <-- "
					     "here author:list:authors"},
	    {"list:", "column 6: a value must follow \":\" at once: list:<-- here "},
	    {"list:(a)", "column 6: expected the name of a file, found \"(\": list:<-- here (a)"},
	    {"list:nothing", "column 6: nothing: No such file or directory: list:<-- here nothing"},
	    {"list:empty", "column 6: empty: no entries in the list: list:<-- here empty"},
	    {"list:blank", "column 6: blank: no entries in the list: list:<-- here blank"},
	    {"list:broken", "column 6: broken: line 2: not UTF-8: list:<-- here broken"},
	    {"x OR list:nul", "column 11: nul: line 1: not UTF-8: x OR list:<-- here nul"},
	    {"list:wordless",
		"column 6: wordless: line 2: column 1: there is no word in this: <-- here !!: "
		"list:<-- here wordless"},
	    {"list:loop", "column 6: loop: line 2: loop2: line 1: the list loop holds itself: "
	                  "list:<-- here loop"},
	    {"site:list:site", "column 11: site: line 2: column 1: site: takes a host name such as "
	                       "example.com: <-- "
			       "here forum.example.com/x: site:list:<-- here site"},
	};
	struct query_set *set = query_set_new();
	struct sme_err err;

	(void)state;
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		if (add(set, examples[i].query, &err) >= 0)
			fail_msg("%s: accepted", examples[i].query);
		if (strcmp(err.text, examples[i].error) != 0)
			fail_msg("%s:\n%s\nexpected\n%s", examples[i].query, err.text,
			    examples[i].error);
		assert_int_equal(err.status, SME_CONFIG);
	}
	/* What failed left nothing behind that matters. */
	assert_int_equal(add(set, "list:cities", &err), 0);
	query_set_compile(set);
	query_set_free(set);
	/* Without a reader a list is only looked at for its form. */
	assert_int_equal(query_check(SLICE("a OR list:nothing"), &err), 0);
	assert_int_equal(query_check(SLICE("list:"), &err), -1);
}

/* ---- many entries, many fuzzy words ---- */

static int
read_many(void *ctx, const char *file, struct buf *out, struct sme_err *err)
{
	(void)file;
	(void)err;
	for (size_t i = 0; i < *(const size_t *)ctx; i++)
		buf_printf(out, "entry%zu\n", i);
	return 0;
}

static void
test_long_list(void **state)
{
	size_t n = 200000;
	struct query_set *set = query_set_new();
	struct query_scratch *s;
	struct query_fields f = {0};
	struct sme_err err;
	const uint32_t *hits;

	(void)state;
	query_set_reader(set, read_many, &n);
	assert_int_equal(query_set_add(set, SLICE("a"), SLICE("x list:f"), QUERY_GLOBAL, &err), 0);
	assert_int_equal(
	    query_set_add(set, SLICE("b"), SLICE("NOT list:f"), QUERY_GLOBAL, &err), 1);
	query_set_compile(set);
	s = query_scratch_new(set);
	assert_int_equal(query_run(s, SLICE("x entry199999"), &f, QUERY_GLOBAL, &hits), 1);
	assert_int_equal(hits[0], 0);
	assert_int_equal(query_run(s, SLICE("x entry200000"), &f, QUERY_GLOBAL, &hits), 1);
	assert_int_equal(hits[0], 1);
	query_scratch_free(s);
	query_set_free(set);
	n = QUERY_LIST_MAX + 1;
	assert_int_equal(query_check(SLICE("list:f"), &err), 0);
	set = query_set_new();
	query_set_reader(set, read_many, &n);
	assert_int_equal(query_set_add(set, SLICE("a"), SLICE("list:f"), QUERY_GLOBAL, &err), -1);
	assert_non_null(strstr(err.text, "f: line 1000001: more than 1000000 entries"));
	query_set_free(set);
}

/* More different words than are remembered at a time. */
static void
test_forgetting(void **state)
{
	struct query_set *set = query_set_new();
	struct query_scratch *s;
	struct query_fields f = {0};
	struct buf b = BUF_INIT;
	struct sme_err err;
	const uint32_t *hits;

	(void)state;
	assert_int_equal(add(set, "part:netz OR stoerung~2 OR stem:vertrag OR *xyz*", &err), 0);
	query_set_compile(set);
	s = query_scratch_new(set);
	for (unsigned i = 0; i < 200000; i++) {
		static const char *const found[] = {"Funknetz", "stoerugn", "Verträge", "axyzb"};
		bool want = i % 9 < 4;

		buf_clear(&b);
		buf_printf(&b, "word%u %s", i, want ? found[i % 9] : "nothing");
		assert_int_equal(query_run(s, buf_slice(&b), &f, QUERY_GLOBAL, &hits), want);
	}
	buf_release(&b);
	query_scratch_free(s);
	query_set_free(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fuzzy),
	    cmocka_unit_test(test_distance),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_stems),
	    cmocka_unit_test(test_followers),
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_long_list),
	    cmocka_unit_test(test_forgetting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
