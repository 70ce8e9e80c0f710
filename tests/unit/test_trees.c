/* Boosted trees: they learn what can be learned, the same way each time, and refuse damaged files. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/hash.h"
#include "score/trees_learn.h"

#define N 2000
#define F 4

static float x[N * F];
static bool positive[N];
static double weight[N];

static const struct trees_options how = {.count = 60,
    .rate = 0.2,
    .lambda = 1,
    .min_hess = 1,
    .rows = 0.8,
    .columns = 1,
    .seed = 3};

static double
dice(uint64_t i)
{
	return (double)(hash_mix(i) >> 11) / 9007199254740992.0;
}

/* Positive when exactly one of the first two numbers is large: no single number tells.  A missing third one
 * tells everything; the fourth is noise. */
static void
make_rows(void)
{
	for (size_t i = 0; i < N; i++) {
		double a = dice(i * 9 + 1), b = dice(i * 9 + 2);
		bool gone = dice(i * 9 + 3) < 0.2;

		x[i * F] = (float)a;
		x[i * F + 1] = (float)b;
		x[i * F + 2] = gone ? NAN : (float)dice(i * 9 + 4);
		x[i * F + 3] = (float)dice(i * 9 + 5);
		positive[i] = gone || (a > 0.5) != (b > 0.5);
		weight[i] = 1;
	}
}

static struct trees *
learn(size_t n)
{
	struct trees_rows r = {x, positive, weight, n, F};

	return trees_learn(&r, &how, 7);
}

static void
test_learn(void **state)
{
	struct trees *t = learn(N / 2);
	static double sums[N];
	size_t n = 0;

	(void)state;
	for (size_t i = N / 2; i < N; i++)
		sums[n++] = trees_sum(t, &x[i * F]);
	assert_true(trees_auc(sums, positive + N / 2, n) > 0.97);
	trees_calibrate(t, sums, positive + N / 2, n);
	assert_true(t->header.slope > 0);
	trees_free(t);
}

static void
test_file(void **state)
{
	struct trees *a = learn(N), *b = learn(N), *c;
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct sme_err err;

	(void)state;
	trees_put(a, &one);
	trees_put(b, &two);
	assert_int_equal(one.n, two.n);
	assert_memory_equal(one.p, two.p, one.n);
	c = trees_from_memory(buf_slice(&one), "t", F, 7, &err);
	assert_non_null(c);
	assert_true(trees_sum(a, x) == trees_sum(c, x));
	trees_free(c);
	assert_null(trees_from_memory(buf_slice(&one), "t", F, 8, &err));
	assert_null(trees_from_memory(buf_slice(&one), "t", F + 1, 7, &err));
	for (size_t n = 0; n < one.n; n += 97)
		assert_null(trees_from_memory((struct slice){one.p, n}, "t", F, 7, &err));
	for (size_t at = 0; at < one.n; at += 97) {
		one.p[at] ^= 1;
		assert_null(trees_from_memory(buf_slice(&one), "t", F, 7, &err));
		one.p[at] ^= 1;
	}
	trees_free(a);
	trees_free(b);
	buf_release(&one);
	buf_release(&two);
}

static void
test_auc(void **state)
{
	static const double s[] = {1, 2, 2, 3};
	static const bool p[] = {false, true, false, true}, none[] = {false, false, false, false};

	(void)state;
	/* Of the four pairs three and a half are in order. */
	assert_true(fabs(trees_auc(s, p, 4) - 0.875) < 1e-12);
	assert_true(isnan(trees_auc(s, none, 4)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_learn),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_auc),
	};

	make_rows();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
