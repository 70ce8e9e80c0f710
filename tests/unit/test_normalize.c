/* Normalised spelling, tokens and n-grams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/hash.h"
#include "text/ngram.h"
#include "text/normalize.h"

static const struct {
	const char *in, *out;
} cases[] = {
    {"", ""},
    {" \t\n", ""},
    {"Kein Netz in KIEL", "kein netz in kiel"},
    {"sooooo müüüüde", "soo müüde"},
    {"Schifffahrt", "schiffahrt"},
    {"don't l'ami l\xe2\x80\x99\x61mi rock'n'roll 'quoted'",
	"don't l'ami l'ami rock'n'roll quoted"},
    /* markers */
    {"see https://x.example/a?b=c and www.y.example!", "see <url> and <url>"},
    {"HTTP://X.example", "<url>"},
    {"http and httpd", "<url> and httpd"},
    {"@kim @kim@social.example: hi", "<user> <user> hi"},
    {"mail kim.lee@mail.example, please", "mail kim <mail> please"},
    {"a @ b", "a b"},
    {"1 12.500,00 24/7 +49", "<num> <num> <num> + <num>"},
    {"o2 5G covid19", "o2 <num> g covid19"},
    /* hashtags */
    {"#NoServiceAgain", "# no service again"},
    {"#kein_netz #5g", "# kein netz # <num> g"},
    {"#ÄrgerMitNetz", "# ärger mit netz"},
    {"# alone", "alone"},
    /* punctuation and emoticons */
    {"Wow!!!! Really??", "wow !! really ??"},
    {"Hm... na gut. Ok", "hm .. na gut ok"},
    {"Hm\xe2\x80\xa6", "hm .."},
    {":-) =) :)) :] (:", ":) :) :) :) :)"},
    {":-( :( ):", ":( :( :("},
    {":'( ;-) :D :-P :/ :* <3 </3 ^_^ -.-", ":'( ;) :D :P :/ :* <3 </3 ^^ -_-"},
    {"super:) Das:Dach 16:9 a:/b", "super :) das dach <num> a b"},
    {"5 < 30", "<num> <num>"},
    {"100% 20\xe2\x82\xac $5", "<num> % <num> \xe2\x82\xac $ <num>"},
    /* emoji: skin tones, variation selectors and joiners go; flags stay whole */
    {"ok\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd!", "ok \xf0\x9f\x91\x8d !"},
    {"\xe2\x9d\xa4\xef\xb8\x8f", "\xe2\x9d\xa4"},
    {"\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xab\xf0\x9f\x87\xb7",
	"\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa \xf0\x9f\x87\xab\xf0\x9f\x87\xb7"},
    /* compatibility forms and composition */
    {"\xef\xbc\xa1\xef\xbd\x82\xef\xbc\x91\xef\xbc\x81", "ab <num> !"},
    {"\xef\xac\x81n", "fin"},
    {"\xf0\x9d\x93\x97\xf0\x9d\x93\xae\xf0\x9d\x94\x82", "hey"},
    {"u\xcc\x88\x62\x65r Cafe\xcc\x81", "über café"},
    {"Z\xcc\xb6\xcc\x9b\xcc\x80", "z"},
    {"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "한"},
    {"soft\xc2\xadhyphen zero\xe2\x80\x8bwidth", "softhyphen zerowidth"},
    /* scripts */
    {"ПРИВЕТ, Ёлка Ѓорѓи", "привет ёлка ѓорѓи"},
    {"ΚΑΛΗΜΈΡΑ", "καλημέρα"},
    {"ÄÖÜ ÇĞİŞ ŁÓDŹ", "äöü çğiş łódź"},
    {"سَلَام ســــلام؟", "سلام سلام ?"},
    {"שָׁלוֹם", "שלום"},
    {"नमस्ते १२३", "नमस्ते <num>"},
    {"東京タワーiPhoneが", "東京タワー iphone が"},
    {"哈哈哈哈", "哈哈"},
    {"สวัสดี", "สวัสดี"},
    {"გამარჯობა", "გამარჯობა"},
    /* not UTF-8 */
    {"a\xff\xc3(b\xf0\x9f", "a b"},
};

static void
test_cases(void **state)
{
	struct norm norm = NORM_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		norm_run(&norm, slice_of(cases[i].in));
		if (strcmp(buf_str(&norm.text), cases[i].out) != 0)
			print_error("case %zu: \"%s\"\n", i, cases[i].in);
		assert_string_equal(buf_str(&norm.text), cases[i].out);
	}
	norm_release(&norm);
}

/* What is normalised stays as it is (but for markers, which become what they are made of). */
static void
test_twice(void **state)
{
	struct norm once = NORM_INIT, twice = NORM_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		norm_run(&once, slice_of(cases[i].in));
		if (strpbrk(buf_str(&once.text), "<#"))
			continue;
		norm_run(&twice, buf_slice(&once.text));
		assert_string_equal(buf_str(&twice.text), buf_str(&once.text));
	}
	norm_release(&once);
	norm_release(&twice);
}

static void
test_tokens(void **state)
{
	static const uint8_t kinds[] = {TOKEN_TAG, TOKEN_WORD, TOKEN_NUMBER, TOKEN_URL,
	    TOKEN_HANDLE, TOKEN_EMOTICON, TOKEN_EMOJI, TOKEN_MARK};
	struct norm norm = NORM_INIT;

	(void)state;
	norm_run(&norm, SLICE("#Netz 17 http://x.example @kim :) \xf0\x9f\x98\x80 !!!"));
	assert_int_equal(norm.n, sizeof kinds);
	for (size_t i = 0; i < norm.n; i++)
		assert_int_equal(norm.tokens[i].kind, kinds[i]);
	assert_int_equal(norm.tokens[1].letters, 4);
	assert_true(slice_is(norm_token(&norm, 1), "netz"));
	norm_release(&norm);
}

static void
test_bounds(void **state)
{
	struct norm norm = NORM_INIT;
	size_t n = 3 * NORMALIZE_INPUT_MAX;
	char *long_text = malloc(n);

	(void)state;
	for (size_t i = 0; i < n; i++) /* U+FDFA is eighteen letters in another spelling */
		long_text[i] = "\xef\xb7\xba"[i % 3];
	norm_run(&norm, (struct slice){long_text, n});
	assert_true(norm.text.n > NORMALIZE_INPUT_MAX);
	assert_true(norm.text.n < 12 * NORMALIZE_INPUT_MAX);
	memset(long_text, 'x', n);
	for (size_t i = 0; i < n; i += 2)
		long_text[i] = 'y';
	norm_run(&norm, (struct slice){long_text, n});
	assert_int_equal(norm.n, NORMALIZE_INPUT_MAX / NORMALIZE_WORD_MAX);
	for (size_t i = 0; i < norm.n; i++)
		assert_int_equal(norm.tokens[i].letters, NORMALIZE_WORD_MAX);
	free(long_text);
	norm_release(&norm);
}

static void
test_scripts(void **state)
{
	static const struct {
		const char *text;
		enum script script;
	} of[] = {{"abc где", SCRIPT_LATIN}, {"где abcd жук щи", SCRIPT_CYRILLIC},
	    {"γεια", SCRIPT_GREEK}, {"東京", SCRIPT_HAN}, {"ありがとう", SCRIPT_KANA},
	    {"한국어", SCRIPT_HANGUL}, {"سلام", SCRIPT_ARABIC}, {"שלום", SCRIPT_HEBREW},
	    {"ਸਤ", SCRIPT_GURMUKHI}, {"தமிழ்", SCRIPT_TAMIL}, {"తెలుగు", SCRIPT_TELUGU},
	    {"বাংলা", SCRIPT_BENGALI}, {"բարև", SCRIPT_ARMENIAN}, {"გამარჯობა", SCRIPT_GEORGIAN},
	    {"สวัสดี", SCRIPT_THAI}, {"123 !", SCRIPT_NONE}};
	struct norm norm = NORM_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		norm_run(&norm, slice_of(of[i].text));
		assert_int_equal(norm_script(&norm), of[i].script);
	}
	norm_release(&norm);
}

static void
test_grams(void **state)
{
	struct ngram_spec spec = {
	    .word_max = 2, .char_min = 1, .char_max = 3, .tokens = NGRAM_ALL_TOKENS};
	struct ngram_list a = {0}, b = {0};
	struct token_grams g;
	struct norm norm = NORM_INIT;

	(void)state;
	ngram_chars(&g, SLICE("netz"), TOKEN_WORD, 5);
	assert_int_equal(g.n[0], 4); /* n e t z */
	assert_int_equal(g.n[1], 5); /* ^n ne et tz z$ */
	assert_int_equal(g.n[2], 4);
	assert_int_equal(g.n[4], 2); /* ^netz netz$ less one each: ^netz, netz$ */
	ngram_chars(&g, SLICE("<url>"), TOKEN_URL, 5);
	assert_int_equal(g.n[0], 0);

	norm_run(&norm, SLICE("kein netz !"));
	ngram_collect(&a, &norm, &spec);
	assert_int_equal(a.words, 5);
	assert_int_equal(a.n, 5 + 2 * (4 + 5 + 4));
	norm_run(&norm, SLICE("KEIN \xef\xbc\xae\x65tz!"));
	ngram_collect(&b, &norm, &spec);
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.hash, b.hash, a.n * sizeof *a.hash);

	spec.negation = true; /* "netz", but not the mark behind it */
	ngram_collect(&b, &norm, &spec);
	assert_int_equal(b.words, 6);
	assert_true(b.hash[1] == ngram_negated(b.hash[2]));
	spec.negation = false;

	spec.tokens = 1 << TOKEN_WORD;
	ngram_collect(&b, &norm, &spec);
	assert_int_equal(b.words, 3);
	free(a.hash);
	free(b.hash);
	norm_release(&norm);
}

/* Words are read sixteen letters at a time where that many bytes follow and no hashtag is open;
 * what becomes of them is the same. */
static void
test_long_way(void **state)
{
	struct norm quick = NORM_INIT, slow = NORM_INIT;
	uint64_t r = 1;

	(void)state;
	for (unsigned i = 0; i < 200000; i++) {
		char text[80] = "#";
		size_t n = 1, wanted = 2 + i % 40;
		struct slice word;

		for (; n < wanted; n++) {
			r = hash_mix(r + n);
			/* Few letters, so that some are the same three times; no capital inside. */
			text[n] = n > 2 && r % 3 == 0 ? text[n - 1] : "abkmnzx0197"[r / 3 % 11];
			if (n == 1)
				text[n] = "abkmnzxABKMNZX"[r / 3 % 14];
			else if (text[n] >= 'A' && text[n] <= 'Z')
				text[n] |= 0x20;
		}
		norm_run(&slow, (struct slice){text, n});
		memset(text + n, ' ', 20);
		norm_run(&quick, (struct slice){text + 1, n + 19});
		word = buf_slice(&slow.text);
		assert_true(word.n > 2 && word.p[0] == '#' && word.p[1] == ' ');
		assert_int_equal(quick.n + 1, slow.n);
		assert_int_equal(quick.letters[SCRIPT_LATIN], slow.letters[SCRIPT_LATIN]);
		assert_int_equal(quick.text.n + 2, word.n);
		assert_memory_equal(quick.text.p, word.p + 2, word.n - 2);
		for (size_t t = 0; t < quick.n; t++)
			assert_int_equal(quick.tokens[t].letters, slow.tokens[t + 1].letters);
	}
	norm_release(&quick);
	norm_release(&slow);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_twice),
	    cmocka_unit_test(test_tokens),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_scripts),
	    cmocka_unit_test(test_grams),
	    cmocka_unit_test(test_long_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
