/* Reach: what is usual, from tables and learned, the h of authors, and what tables say of people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"
#include "score/people.h"
#include "score/reach.h"
#include "score/reach_learn.h"

/* A file of this process alone. */
static const char *
scratch(const char *text)
{
	static char path[64];
	struct sme_err err;

	snprintf(path, sizeof path, "/tmp/test_reach.%ld", (long)getpid());
	assert_int_equal(file_write_atomic(path, slice_of(text), 0600, &err), 0);
	return path;
}

static double
reach(const struct reach_table *t, const char *network, double followers, double likes)
{
	return reach_points(
	    t, slice_of(network), (double[REACH_FIELDS]){followers, likes, -1, -1, -1, -1});
}

static void
near(double a, double b)
{
	if (a - b > 1e-9 || b - a > 1e-9)
		fail_msg("%.12g is not %.12g", a, b);
}

static void
test_reach_marks(void **state)
{
	struct reach_table *t = reach_table_new();

	(void)state;
	near(reach(t, "?", 0, -1), 0);
	near(reach(t, "?", 200, -1), 40);
	near(reach(t, "?", 3000, -1), 70);
	near(reach(t, "?", 60000, -1), 90);
	near(reach(t, "?", 1e6, -1), 100);
	near(reach(t, "?", 1e300, -1), 100);
	near(reach(t, "mastodon", 1500, -1), 70);
	/* A network without marks of its own for a field has the general ones. */
	near(reach(t, "x", -1, 30), reach(t, "?", -1, 30));
	/* Nothing known, and engagement alone. */
	near(reach(t, "x", -1, -1), -1);
	near(reach(t, "?", -1, 0), 0);
	near(reach(t, "?", -1, 800), 90);
	/* Engagement adds at half its weight and never takes away. */
	near(reach(t, "?", 3000, 0), 70);
	near(reach(t, "?", 3000, 800), 100 - 30 * 0.55);
	reach_table_free(t);
}

static void
test_reach_rises(void **state)
{
	static const char *const networks[] = {"x", "mastodon", "youtube", "tiktok", "nowhere"};
	struct reach_table *t = reach_table_new();

	(void)state;
	for (size_t n = 0; n < sizeof networks / sizeof *networks; n++)
		for (double likes = 0; likes < 1e6; likes = likes * 3 + 1)
			for (double f = 0, last = -1; f < 1e8; f = f * 1.7 + 1) {
				double p = reach(t, networks[n], f, likes);

				assert_true(p >= last && p <= 100);
				assert_true(reach(t, networks[n], f, likes * 2 + 1) >= p);
				last = p;
			}
	reach_table_free(t);
}

/* The h of the author adds at a quarter, and what is not known changes nothing. */
static void
test_reach_h(void **state)
{
	static const double known[] = {-1, 0, 1, 20, 900, 1e7};
	struct reach_table *t = reach_table_new();
	struct buf why = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < 36; i++) {
		double counts[REACH_FIELDS] = {known[i / 6], known[i % 6], -1, -1, -1, -1}, none, last;

		last = none = reach_points(t, SLICE("x"), counts);
		for (double h = 0; h < 100; h++) {
			double p;

			counts[REACH_H] = h;
			p = reach_points(t, SLICE("x"), counts);
			assert_true(p >= last && p <= 100);
			if (h == 0 && none >= 0)
				assert_true(p == none);
			last = p;
		}
		assert_true(last > none || none >= 100);
	}
	near(reach_points(t, SLICE("?"), (double[]){3000, -1, -1, -1, -1, 3}), 100 - 30 * (1 - 70 / 400.0));
	near(reach_points(t, SLICE("?"), (double[]){3000, 800, -1, -1, -1, 8}), 100 - 30 * 0.55 * (1 - 90 / 400.0));
	near(reach_points(t, SLICE("?"), (double[]){-1, 800, -1, -1, -1, 3}), 90);
	near(reach_points(t, SLICE("?"), (double[]){-1, 0, -1, -1, -1, 3}), 70);
	near(reach_points(t, SLICE("?"), (double[]){-1, -1, -1, -1, -1, 3}), 70);
	reach_explain(t, SLICE("x"), (double[]){3000, 0, -1, -1, -1, 3}, &why);
	buf_puts(&why, " | ");
	reach_explain(t, SLICE("x"), (double[]){-1, -1, -1, -1, -1, 3}, &why);
	buf_puts(&why, " | ");
	reach_explain(t, SLICE("y"), (double[]){-1, 30, -1, -1, -1, 0}, &why);
	assert_string_equal(buf_str(&why), "followers 3000: 64.9 (x), h 3: 70 (*); built in | "
					   "h 3: 70 (*); built in | likes 30: 70 (*), h 0: 0 (*); built in");
	buf_release(&why);
	reach_table_free(t);
}

static struct reach_table *
load_text(const char *text, struct sme_err *err)
{
	const char *path = scratch(text);
	struct reach_table *t = reach_table_load(path, err);

	unlink(path);
	return t;
}

#define GENERAL                                                                                    \
	"*\tfollowers\t1\t2\t3\t4\n*\tlikes\t1\t2\t3\t4\n*\tshares\t1\t2\t3\t4\n"                  \
	"*\treplies\t1\t2\t3\t4\n*\tviews\t1\t2\t3\t4\n"

static void
test_reach_file(void **state)
{
	static const struct {
		const char *text, *want;
	} bad[] = {
	    {"", "the general row \"*\" of followers is missing"},
	    {GENERAL "x\tfollowers\t1\t2\t3\n", ":6: expected 6 or 7 fields with tabs between them"},
	    {GENERAL "x\tfollowers\t1\t2\t3\t4\t5\t6\n", ":6: expected 6 or 7 fields with tabs between them"},
	    {GENERAL "x\tlikes\t1\t2\t3\t4\t-5\n", ":6: expected a number from 0 to 1e+15, got \"-5\""},
	    {GENERAL "x\tlikes\t1\t2\t3\t4\nx\tlikes\t1\t2\t3\t4\n", ":7: x has a line for likes already"},
	    {GENERAL "*\tlikes\t1\t2\t3\t4\n", ":6: * has a line for likes already"},
	    {GENERAL "\tlikes\t1\t2\t3\t4\n", ":6: the network is missing"},
	    {GENERAL "# x\n\nx\tfollwers\t1\t2\t3\t4\n", ":8: expected followers, likes"},
	    {GENERAL "x\tlikes\t1\t2\t2\t4\n", ":6: the four counts must rise from above 0"},
	    {GENERAL "x\tlikes\t0\t2\t3\t4\n", ":6: the four counts must rise from above 0"},
	    {GENERAL "x\tlikes\t1\tnan\t3\t4\n",
		":6: expected a number from 0 to 2e+15, got \"nan\""},
	    {GENERAL "x\tlikes\t1\t2x\t3\t4\n",
		":6: expected a number from 0 to 2e+15, got \"2x\""},
	};
	struct sme_err err;
	struct reach_table *t = load_text(GENERAL "x\tfollowers\t10\t20\t30\t40\n", &err);

	(void)state;
	assert_non_null(t);
	near(reach(t, "x", 20, -1), 70);
	near(reach(t, "y", 2, -1), 70);
	/* A table from before there was an h has the built-in row; another has its own. */
	near(reach_points(t, SLICE("x"), (double[]){-1, -1, -1, -1, -1, 3}), 70);
	reach_table_free(t);
	t = load_text(GENERAL "*\th\t1\t2\t4\t8\nx\th\t1\t2\t3\t4\n", &err);
	assert_non_null(t);
	near(reach_points(t, SLICE("x"), (double[]){-1, -1, -1, -1, -1, 3}), 90);
	near(reach_points(t, SLICE("y"), (double[]){-1, -1, -1, -1, -1, 4}), 90);
	reach_table_free(t);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_null(load_text(bad[i].text, &err));
		assert_int_equal(err.status, SME_CONFIG);
		if (!strstr(err.text, bad[i].want))
			fail_msg("%s", err.text);
	}
}

/* ---- tables that are learned ---- */

static void
post(struct reach_sample *s, const char *network, unsigned i, double likes)
{
	char id[24];

	snprintf(id, sizeof id, "%u", i);
	reach_sample_post(s, slice_of(network), slice_of(id), (double[REACH_FIELDS]){-1, likes, -1, -1, -1, -1});
}

static struct reach_table *
learned(struct reach_sample *s, size_t least, size_t *rows, struct buf *text)
{
	struct reach_table *t;
	struct sme_err err;

	*rows = reach_sample_put(s, least, text);
	t = reach_table_text(buf_slice(text), "learned", &err);
	if (!t)
		fail_msg("%s", err.text);
	reach_sample_free(s);
	return t;
}

/* Of 1000 posts with 1 to 1000 likes half have at most 500: who has 501 has passed them. */
static void
test_reach_learned(void **state)
{
	struct reach_sample *s = reach_sample_new();
	struct buf text = BUF_INIT, why = BUF_INIT;
	struct reach_table *t;
	size_t rows;

	(void)state;
	for (unsigned i = 0; i < 1000; i++)
		post(s, "x", i, 1 + i * 7 % 1000);
	for (unsigned i = 0; i < 1000; i++)
		post(s, "x", i, 1 + i * 7 % 1000); /* the same posts once more */
	for (unsigned i = 0; i < 999; i++)
		post(s, "few", i, i);
	post(s, "x", 2000, -1);
	post(s, "x", 2001, 1e300);
	post(s, "x\t", 2002, 1);
	post(s, "*", 2003, 1);
	t = learned(s, REACH_LEAST, &rows, &text);
	assert_int_equal(rows, 1);
	assert_non_null(strstr(buf_str(&text), "\nx\tlikes\t501\t901\t991\t1000\t1000\n"));
	near(reach(t, "x", -1, 501), 40);
	near(reach(t, "x", -1, 901), 70);
	near(reach(t, "x", -1, 1000), 100);
	/* What is not learned is built in. */
	near(reach(t, "few", -1, 30), 70);
	near(reach(t, "x", 5000, -1), 70);
	near(reach(t, "mastodon", 1500, -1), 70);
	reach_explain(t, SLICE("x"), (double[REACH_FIELDS]){5000, 901, 0, -1, -1, -1}, &why);
	assert_string_equal(buf_str(&why), "followers 5000: 70 (x), likes 901: 70 (x, of 1000); learned");
	buf_clear(&why);
	reach_explain(t, SLICE("y"), (double[REACH_FIELDS]){-1, 0, 0, -1, -1, -1}, &why);
	assert_string_equal(buf_str(&why), "likes 0: 0 (*); learned");
	reach_table_free(t);
	buf_release(&text);
	buf_release(&why);
}

/* Most posts have no likes: whoever has one stands above them, and more is always more. */
static void
test_reach_learned_ties(void **state)
{
	static const unsigned shares[] = {0, 500, 905, 995, 1000};

	(void)state;
	for (size_t k = 0; k < sizeof shares / sizeof *shares; k++) {
		struct reach_sample *s = reach_sample_new();
		struct buf text = BUF_INIT;
		struct reach_table *t;
		size_t rows;

		for (unsigned i = 0; i < 1000; i++)
			post(s, "x", i, i < shares[k] ? 0 : 1 + i % 3);
		t = learned(s, 1000, &rows, &text);
		assert_int_equal(rows, 1);
		near(reach(t, "x", -1, 0), 0);
		for (double c = 0; c < 6; c++)
			assert_true(reach(t, "x", -1, c + 1) >= reach(t, "x", -1, c));
		if (shares[k] == 905) {
			assert_true(reach(t, "x", -1, 1) > 70);
			assert_true(reach(t, "x", -1, 1) < 90);
		}
		reach_table_free(t);
		buf_release(&text);
	}
}

/* The h of the log's accounts makes a row like any other. */
static void
test_reach_learned_h(void **state)
{
	struct reach_sample *s = reach_sample_new();
	struct buf text = BUF_INIT;
	struct reach_table *t;
	char id[24];
	size_t rows;

	(void)state;
	for (unsigned i = 0; i < 2000; i++) {
		snprintf(id, sizeof id, "x:@%u", i % 1000);
		reach_sample_h(s, SLICE("x"), slice_of(id), i % 1000);
	}
	t = learned(s, REACH_LEAST, &rows, &text);
	assert_int_equal(rows, 1);
	assert_non_null(strstr(buf_str(&text), "\nx\th\t500\t900\t990\t999\t1000\n"));
	assert_non_null(strstr(buf_str(&text), "*\th\t1\t3\t8\t20\n"));
	near(reach_points(t, SLICE("x"), (double[]){-1, -1, -1, -1, -1, 900}), 70);
	reach_table_free(t);
	buf_release(&text);
}

/* ---- numbers of authors ---- */

static struct people *
counts_of(const char *text, struct sme_err *err)
{
	return people_text_counts(slice_of(text), "h.tsv", 1e15, err);
}

static void
test_people_counts(void **state)
{
	static const struct {
		const char *text, *want;
	} bad[] = {
	    {"x:@kim\t1\n\nx:@Kim\t2\n", "h.tsv:3: x:@Kim has a line already"},
	    {"x:@kim\t1.5\n", "h.tsv:1: expected a whole number, got \"1.5\""},
	    {"x:@kim\t-1\n", "h.tsv:1: expected a whole number, got \"-1\""},
	    {"x:@kim\t\n", "h.tsv:1: expected a whole number, got \"\""},
	    {"x:@kim\t9999999999999999\n", "h.tsv:1: expected a number from 0 to 1e+15"},
	    {"\t3\n", "h.tsv:1: the author is missing"},
	    {"x:@kim 3\n", "h.tsv:1: expected 2 fields with tabs between them"},
	};
	struct sme_err err;
	struct people *p = counts_of("# author\th\nx:@Kim\t4\nx:a:7\t0\n", &err);

	(void)state;
	assert_non_null(p);
	near(people_find(p, SLICE(""), SLICE("x"), SLICE("KIM")), 4);
	near(people_find(p, SLICE("x:a:7"), SLICE("x"), SLICE("kim")), 0);
	near(people_find(p, SLICE("x:a:8"), SLICE("x"), SLICE("lou")), -1);
	people_free(p);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_null(counts_of(bad[i].text, &err));
		assert_int_equal(err.status, SME_CONFIG);
		if (!strstr(err.text, bad[i].want))
			fail_msg("%s", err.text);
	}
}

/* What a log's author is called is what finds him in the table. */
static void
test_people_names(void **state)
{
	static const struct {
		const char *id, *network, *handle, *want;
	} names[] = {
	    {"x:7", "X", "@Kim", "x:@kim"},
	    {"x:7", "x", "Kim", "x:@kim"},
	    {"x:@Kim", "x", "", "x:@kim"},
	    {"m:social.example:@Kim", "m", "@", "m:social.example:@Kim"},
	    {"", "x", "", ""},
	};
	static const char *const unfit[] = {"", "#x", "x:@a\tb", "x:@a\nx:@me", "x:@a ", "\x7f"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct buf b = BUF_INIT;
		bool any = people_name(slice_of(names[i].id), slice_of(names[i].network), slice_of(names[i].handle), &b);

		assert_int_equal(any, *names[i].want != 0);
		assert_true(slice_is(buf_slice(&b), names[i].want));
		assert_int_equal(people_fits(buf_slice(&b)), any);
		buf_release(&b);
	}
	for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++)
		assert_false(people_fits(slice_of(unfit[i])));
}

/* The file under share/ is what is built in, for people to start from. */
static void
test_shipped_table(void **state)
{
	static const char *const networks[] = {"x", "mastodon", "bluesky", "instagram", "facebook",
	    "youtube", "tiktok", "linkedin", "nowhere"};
	struct sme_err err;
	struct reach_table *a = reach_table_new(),
			   *b = reach_table_load("share/score/reach.tsv", &err);

	(void)state;
	assert_non_null(b);
	for (size_t n = 0; n < sizeof networks / sizeof *networks; n++)
		for (double x = 0; x < 1e8; x = x * 2 + 1)
			for (int f = 0; f < REACH_FIELDS; f++) {
				double counts[REACH_FIELDS] = {-1, -1, -1, -1, -1, -1};

				counts[f] = x;
				near(reach_points(a, slice_of(networks[n]), counts),
				    reach_points(b, slice_of(networks[n]), counts));
			}
	reach_table_free(a);
	reach_table_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_reach_marks),
	    cmocka_unit_test(test_reach_rises),
	    cmocka_unit_test(test_reach_h),
	    cmocka_unit_test(test_reach_file),
	    cmocka_unit_test(test_reach_learned),
	    cmocka_unit_test(test_reach_learned_ties),
	    cmocka_unit_test(test_reach_learned_h),
	    cmocka_unit_test(test_people_counts),
	    cmocka_unit_test(test_people_names),
	    cmocka_unit_test(test_shipped_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
