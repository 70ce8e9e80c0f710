/* Lists of place names, and keys of near copies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "text/minhash.h"
#include "text/places.h"

static const char list[] = "# a comment\n"
			   "Kiel\n"
			   "\n"
			   "Bad Homburg\r\n"
			   "Bad Homburg vor der H\xc3\xb6he\n"
			   "Homburg\n"
			   "Frankfurt (Oder)\n"
			   "Frankfurt am Main\tFrankfurt\n"
			   "Cologne\tK\xc3\xb6ln\n"
			   "K\xc3\xb6ln\n"
			   "St. Gallen\n"
			   "Essen\n"
			   "KIEL\tanother\n"
			   "\xe6\x9d\xb1\xe4\xba\xac\n"
			   "\xd0\x9a\xd0\xb8\xd0\xb5\xd0\xb2";

struct example {
	const char *text, *want;
};

static void
find(const struct places *p, const char *text, struct buf *out)
{
	struct entity_scratch s = ENTITY_SCRATCH_INIT;
	struct word_list words;
	struct slice t = slice_of(text);

	word_list_init(&words);
	word_list_fill(&words, t);
	entity_find(NULL, &s, t, 0, false);
	places_find(p, &words, t, &s);
	buf_clear(out);
	for (size_t i = 0; i < s.n; i++) {
		assert_true(i == 0 || s.list[i - 1].end <= s.list[i].start);
		if (i)
			buf_addc(out, ' ');
		buf_adds(out, entity_type_name(NULL, s.list[i].type));
		buf_printf(out, "@%u=", s.list[i].start);
		buf_adds(out, entity_value(&s, &s.list[i]));
	}
	word_list_release(&words);
	entity_scratch_release(&s);
}

static void
test_find(void **state)
{
	static const struct example examples[] = {
	    {"Kein Netz in Kiel!", "place@13=Kiel"},
	    {"KIEL und #kiel", "place@0=Kiel place@9=Kiel"},
	    {"kein netz in kiel", "place@13=Kiel"},
	    {"Kein Netz in kiel", ""},
	    {"Kieler Woche, Kielwasser", ""},
	    {"Bad Homburg", "place@0=Bad Homburg"},
	    {"Bad Homburg vor der Hoehe", "place@0=Bad Homburg vor der H\xc3\xb6he"},
	    {"Bad Homburg vor der Tür", "place@0=Bad Homburg"},
	    {"in Bad, Homburg", "place@8=Homburg"},
	    {"Bad-Homburg", "place@0=Bad Homburg"},
	    {"Bad Kiel", "place@4=Kiel"},
	    {"Frankfurt oder Kiel", "place@15=Kiel"},
	    {"Frankfurt (Oder)", "place@0=Frankfurt (Oder)"},
	    {"Frankfurt Am Main", "place@0=Frankfurt"},
	    {"frankfurt am main", "place@0=Frankfurt"},
	    {"Koeln, Cologne", "place@0=K\xc3\xb6ln place@7=K\xc3\xb6ln"},
	    {"Sankt Gallen, St. Gallen", "place@14=St. Gallen"},
	    {"gutes Essen", "place@6=Essen"},
	    {"Wir essen", ""},
	    {"\xe6\x9d\xb1\xe4\xba\xac\xe3\x81\xb8", "place@0=\xe6\x9d\xb1\xe4\xba\xac"},
	    {"\xd0\xb2 \xd0\x9a\xd0\xb8\xd0\xb5\xd0\xb2",
		"place@3=\xd0\x9a\xd0\xb8\xd0\xb5\xd0\xb2"},
	    {"@kiel http://kiel.example/Kiel", ""},
	    {"kim@Kiel.example, Kiel", "email@0=kim@kiel.example place@18=Kiel"},
	    {"0431 123456 Kiel 0431 123457",
		"phone@0=0431123456 place@12=Kiel phone@17=0431123457"},
	    {"", ""},
	};
	struct buf got = BUF_INIT;
	struct sme_err err;
	struct places *p = places_parse(SLICE(list), "list", &err);

	(void)state;
	assert_non_null(p);
	assert_int_equal(places_count(p), 12);
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		find(p, examples[i].text, &got);
		if (strcmp(buf_str(&got), examples[i].want) != 0)
			fail_msg("%s: want \"%s\", got \"%s\"", examples[i].text, examples[i].want,
			    buf_str(&got));
	}
	buf_release(&got);
	places_free(p);
}

/* Every name of a long list is found, and only whole. */
static void
test_many(void **state)
{
	struct buf names = BUF_INIT, text = BUF_INIT, got = BUF_INIT, want = BUF_INIT;
	struct sme_err err;
	struct places *p;

	(void)state;
	for (unsigned i = 0; i < 100000; i++)
		buf_printf(&names, "Ort%u%s\n", i, i % 3 ? "" : " am See");
	p = places_parse(buf_slice(&names), "list", &err);
	assert_non_null(p);
	assert_int_equal(places_count(p), 100000);
	for (unsigned i = 0; i < 100000; i += 997) {
		buf_clear(&text);
		buf_clear(&want);
		buf_printf(&text, "Nach Ort%u am See, Ort%ux", i, i);
		if (i % 3 == 0)
			buf_printf(&want, "place@5=Ort%u am See", i);
		else
			buf_printf(&want, "place@5=Ort%u", i);
		find(p, buf_str(&text), &got);
		assert_string_equal(buf_str(&got), buf_str(&want));
	}
	buf_release(&names);
	buf_release(&text);
	buf_release(&got);
	buf_release(&want);
	places_free(p);
}

static void
test_errors(void **state)
{
	static const struct {
		const char *text, *error;
	} bad[] = {
	    {"Kiel\n...\n", "list:2: no word in it"},
	    {"a b c d e f g h i", "list:1: a name has at most 8 words, this has 9"},
	    {"#\n@kim\n", "list:2: expected words, not a tag, handle, sign or address"},
	    {"Kiel\xff", "list:1: not UTF-8"},
	    {"http://kiel.example", "list:1: expected words, not a tag, handle, sign or address"},
	};
	struct sme_err err;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct places *p = places_parse(slice_of(bad[i].text), "list", &err);

		assert_null(p);
		assert_string_equal(err.text, bad[i].error);
		assert_int_equal(err.status, SME_CONFIG);
	}
	assert_null(places_read("/nowhere/list", &err));
	assert_int_equal(err.status, SME_NOINPUT);
}

/* ---- copies ---- */

static bool
key_of(const char *text, struct minhash *key)
{
	struct word_list words;
	bool is;

	word_list_init(&words);
	word_list_fill(&words, slice_of(text));
	is = minhash_of(&words, key);
	word_list_release(&words);
	return is;
}

static void
test_copies(void **state)
{
	static const char first[] = "Seit gestern kein Netz in Kiel, so ein Mist!";
	static const char *const copies[] = {
	    "SEIT GESTERN KEIN NETZ IN KIEL SO EIN MIST",
	    "RT @kim: Seit gestern kein Netz in Kiel, so ein Mist! https://t.example/a1",
	    "@lou @kim Seit gestern kein Netz in Kiel - so ein Mist... http://x.example/b?c",
	    "Seit gestern kein Netz in #Kiel, sooo ein Miiiiist!!!",
	    "Seit gestern kein kein Netz in Kiel, so ein Mist! \xf0\x9f\x98\xa1\xf0\x9f\x98\xa1",
	};
	static const char *const others[] = {
	    "Seit heute wieder Netz in Kiel, so eine Freude!",
	    "Wann kommt der Techniker nach Flensburg?",
	    "Kiel in Netz kein gestern Seit Mist ein so",
	};
	struct minhash a, b;

	(void)state;
	assert_true(key_of(first, &a));
	for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
		assert_true(key_of(copies[i], &b));
		if (memcmp(&a, &b, sizeof a) != 0)
			fail_msg("not a copy: %s", copies[i]);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		assert_true(key_of(others[i], &b));
		for (size_t k = 0; k < MINHASH_BANDS; k++)
			assert_int_not_equal(a.band[k], b.band[k]);
	}
	assert_false(key_of("", &a));
	assert_false(key_of("Danke schoen", &a));
	assert_false(key_of("RT @kim @lou danke http://x.example/a/b/c/d/e/f", &a));
	assert_false(key_of("nein nein nein nein nein nein", &a));
}

static void
test_format(void **state)
{
	char out[MINHASH_SIZE];

	(void)state;
	minhash_format(&(struct minhash){{0x1f3a9c02, 0x7be01d4a, 0x00000001}}, out);
	assert_string_equal(out, "1f3a9c02-7be01d4a-00000001");
}

static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* N words of a made-up language in which some are frequent. */
static void
make_text(struct buf *out, uint64_t *seed, unsigned n)
{
	buf_clear(out);
	for (unsigned i = 0; i < n; i++) {
		uint64_t r = next_random(seed);

		buf_printf(out, "w%llu ", (unsigned long long)(r >> 8) % (1u << (1 + r % 12)));
	}
}

/* The rates that the header promises: one word of 20 changed, and texts that are strangers. */
static void
test_rates(void **state)
{
	struct buf text = BUF_INIT, changed = BUF_INIT;
	unsigned near = 0, strange = 0, any;
	uint64_t seed = 1;
	struct minhash a, b, last = {{0}};

	(void)state;
	for (int i = 0; i < 2000; i++) {
		make_text(&text, &seed, 20);
		assert_true(key_of(buf_str(&text), &a));
		buf_clear(&changed);
		buf_adds(&changed, buf_slice(&text));
		buf_puts(&changed, "danke");
		assert_true(key_of(buf_str(&changed), &b));
		any = strange;
		for (size_t k = 0; k < MINHASH_BANDS; k++)
			strange += any == strange && a.band[k] == last.band[k];
		any = near;
		for (size_t k = 0; k < MINHASH_BANDS; k++)
			near += any == near && a.band[k] == b.band[k];
		last = a;
	}
	/* One shingle of 20 more: 0.95^3 in a band, 0.997 in any of three. */
	assert_true(near > 1960);
	assert_true(strange < 20);
	buf_release(&text);
	buf_release(&changed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_copies),
	    cmocka_unit_test(test_format),
	    cmocka_unit_test(test_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
