/* Suggested terms: which, with what counts, and what of their gain is noise. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "text/suggest.h"

static const struct suggest_options all = {.top = 100, .min_matched = 1};

static void
add(struct suggest *s, const char *text, enum suggest_kind kind, unsigned times)
{
	while (times--)
		suggest_add(s, slice_of(text), kind);
}

static const struct suggestion *
find(const struct suggestion *terms, size_t n, const char *term)
{
	for (size_t i = 0; i < n; i++)
		if (slice_is(terms[i].term, term))
			return &terms[i];
	return NULL;
}

static void
test_counts(void **state)
{
	struct suggest *s = suggest_new();
	const struct suggestion *terms, *t;
	size_t n;

	(void)state;
	add(s, "Kein Empfang heute, kein EMPFANG", SUGGEST_MATCHED, 10);
	add(s, "Guten Morgen", SUGGEST_MATCHED, 30);
	add(s, "schon wieder kein Empfang", SUGGEST_UNMATCHED, 5);
	add(s, "Guten Tag heute", SUGGEST_UNMATCHED, 955);
	n = suggest_terms(s, &all, &terms);
	t = find(terms, n, "Empfang");
	assert_non_null(t);
	assert_int_equal(t->matched, 10);
	assert_int_equal(t->background, 5);
	assert_int_equal(t->gain, 5);
	assert_false(t->pair);
	/* 2 (10 ln(10/.6) + 30 ln(30/39.4) + 5 ln(5/14.4) + 955 ln(955/945.6)), worked out by hand
	 */
	assert_true(fabs(t->g2 - 48.229) < 0.001);
	t = find(terms, n, "Kein Empfang");
	assert_non_null(t);
	assert_true(t->pair);
	assert_int_equal(t->matched, 10);
	assert_int_equal(t->gain, 5);
	/* A comma stands between them. */
	assert_null(find(terms, n, "heute kein"));
	/* More frequent elsewhere. */
	assert_null(find(terms, n, "heute"));
	for (size_t i = 1; i < n; i++)
		assert_true(terms[i - 1].g2 >= terms[i].g2);
	suggest_free(s);
}

static void
test_noise(void **state)
{
	struct suggest *s = suggest_new();
	const struct suggestion *terms, *t;
	size_t n;

	(void)state;
	add(s, "netz weg router lampe blinkt", SUGGEST_MATCHED, 20);
	add(s, "router lampe blinkt", SUGGEST_UNMATCHED, 4);
	add(s, "router kuchen backen rezept", SUGGEST_UNMATCHED, 3);
	add(s, "kuchen backen rezept", SUGGEST_UNMATCHED, 200);
	n = suggest_terms(s, &all, &terms);
	t = find(terms, n, "router");
	assert_non_null(t);
	assert_int_equal(t->gain, 7);
	assert_int_equal(t->noise, 3);
	t = find(terms, n, "router lampe");
	assert_non_null(t);
	assert_int_equal(t->gain, 4);
	assert_int_equal(t->noise, 0);
	suggest_free(s);
}

static void
test_background(void **state)
{
	struct suggest *s = suggest_new();
	const struct suggestion *terms, *t;
	size_t n;

	(void)state;
	add(s, "alpha beta", SUGGEST_MATCHED, 10);
	add(s, "alpha gamma", SUGGEST_UNMATCHED, 10);
	add(s, "delta beta", SUGGEST_BACKGROUND, 100);
	n = suggest_terms(s, &all, &terms);
	t = find(terms, n, "alpha");
	assert_non_null(t);
	assert_int_equal(t->background, 0);
	assert_int_equal(t->gain, 10);
	assert_null(find(terms, n, "beta"));
	assert_int_equal(suggest_count(s, SUGGEST_BACKGROUND), 100);
	suggest_free(s);
}

static bool
knows_netz(void *ctx, struct slice word)
{
	(void)ctx;
	return slice_eq_nocase(word, SLICE("netz"));
}

static void
test_limits(void **state)
{
	struct suggest *s = suggest_new();
	struct suggest_options o = {
	    .top = 2, .min_matched = 2, .min_gain = 1, .min_g2 = 1, .known = knows_netz};
	const struct suggestion *terms;

	(void)state;
	add(s, "Netz one two", SUGGEST_MATCHED, 2);
	add(s, "rare", SUGGEST_MATCHED, 1);
	add(s, "Netz one rare two 123 x https://example.org/one", SUGGEST_UNMATCHED, 1);
	add(s, "nothing", SUGGEST_UNMATCHED, 40);
	/* "one" and "two" say the same, so the spelling decides; "Netz one" has a word that is new.
	 */
	assert_int_equal(suggest_terms(s, &o, &terms), 2);
	assert_true(slice_is(terms[0].term, "Netz one"));
	assert_true(slice_is(terms[1].term, "one"));
	suggest_free(s);

	s = suggest_new();
	assert_int_equal(suggest_terms(s, &all, &terms), 0);
	suggest_free(s);
	s = suggest_new();
	add(s, "only matched", SUGGEST_MATCHED, 5);
	assert_int_equal(suggest_terms(s, &all, &terms), 0);
	suggest_free(s);
	s = suggest_new();
	add(s, "", SUGGEST_MATCHED, 5);
	add(s, "\xff\xfe 12 !", SUGGEST_UNMATCHED, 5);
	assert_int_equal(suggest_terms(s, &all, &terms), 0);
	suggest_free(s);
	suggest_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test(test_noise),
	    cmocka_unit_test(test_background),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
