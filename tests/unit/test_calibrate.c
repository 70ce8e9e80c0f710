/* Probabilities that come true: the table, the temperature, the choice between them, and what
 * thresholds make of it all. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/hash.h"
#include "model/calibrate.h"
#include "model/decide.h"

static bool
near(double a, double b, double within)
{
	return a - b < within && b - a < within;
}

static double
chance(size_t i)
{
	return (double)(hash_mix(i + 1) >> 11) / 9007199254740992.0;
}

static void
test_table_lines(void **state)
{
	static const struct model_knot k[] = {{0.5f, 0.25f}, {0.75f, 0.75f}};

	(void)state;
	assert_true(near(decide_table(k, 0, 0.3), 0.3, 1e-12));
	assert_true(near(decide_table(k, 2, 0), 0, 1e-12));
	assert_true(near(decide_table(k, 2, 0.25), 0.125, 1e-12));
	assert_true(near(decide_table(k, 2, 0.5), 0.25, 1e-12));
	assert_true(near(decide_table(k, 2, 0.625), 0.5, 1e-12));
	assert_true(near(decide_table(k, 2, 0.75), 0.75, 1e-12));
	assert_true(near(decide_table(k, 2, 0.875), 0.875, 1e-12));
	assert_true(near(decide_table(k, 2, 1), 1, 1e-12));
}

/* A head that says p and is right in p squared of the cases: the table finds the square. */
static void
test_table_fit(void **state)
{
	enum { N = 20000 };
	struct outcome *list = calloc(N, sizeof *list);
	struct model_knot knots[MODEL_KNOTS_MAX];
	uint16_t n;

	(void)state;
	for (size_t i = 0; i < N; i++) {
		list[i].p = chance(2 * i);
		list[i].right = chance(2 * i + 1) < list[i].p * list[i].p;
	}
	n = calibration_table(list, N, knots);
	assert_true(n > 10 && n <= MODEL_KNOTS_MAX);
	for (uint16_t i = 0; i < n; i++) {
		assert_true(i == 0 || knots[i].p > knots[i - 1].p);
		assert_true(i == 0 || knots[i].q >= knots[i - 1].q);
	}
	for (double p = 0.1; p < 0.95; p += 0.1)
		assert_true(near(decide_table(knots, n, p), p * p, 0.05));
	free(list);
}

/* A head that is right the less, the surer it is: all that is left is one share for all. */
static void
test_violators(void **state)
{
	struct outcome list[100];
	struct model_knot knots[MODEL_KNOTS_MAX];

	(void)state;
	for (int i = 0; i < 100; i++)
		list[i] = (struct outcome){(i + 1) / 200.0, i < 30};
	assert_int_equal(calibration_table(list, 100, knots), 1);
	assert_true(near((double)knots[0].p, 50.5 / 200, 1e-6));
	assert_true(near((double)knots[0].q, (30 + 50.5 / 200) / 101, 1e-6));
	/* the same probability for all: one knot; certainty: none */
	for (int i = 0; i < 100; i++)
		list[i] = (struct outcome){0.5, i < 80};
	assert_int_equal(calibration_table(list, 100, knots), 1);
	for (int i = 0; i < 100; i++)
		list[i] = (struct outcome){1, i < 80};
	assert_int_equal(calibration_table(list, 100, knots), 0);
	assert_int_equal(calibration_table(list, 0, knots), 0);
}

/* Rows of two labels whose head is SHARP times too sure of everything; with BEND, what it says is
 * right in one of two shares of the cases. */
static void
fill(struct tuning *u, size_t n, double sharp, bool bend)
{
	*u = (struct tuning){calloc(2 * n, sizeof(double)), n, 2};
	for (size_t i = 0; i < n; i++) {
		double p = 0.5 + chance(2 * i) / 2, q = bend ? (p > 0.75 ? 0.95 : 0.55) : p, said;
		bool right = chance(2 * i + 1) < q;

		said = 1 / (1 + pow((1 - p) / p, sharp));
		u->logs[2 * i] = log(right ? said : 1 - said);
		u->logs[2 * i + 1] = log(right ? 1 - said : said);
	}
}

static void
test_temperature(void **state)
{
	struct calibration c;
	struct tuning u;

	(void)state;
	fill(&u, 20000, 3, false);
	calibration_fit(&u, &c);
	assert_int_equal(c.rows, 20000);
	assert_true(near(c.temperature, 3, 0.2));
	assert_true(c.error_temperature < 0.02);
	free(u.logs);
}

/* Where no temperature helps, the table is taken. */
static void
test_choice(void **state)
{
	struct calibration c;
	struct tuning u;

	(void)state;
	fill(&u, 20000, 1, true);
	calibration_fit(&u, &c);
	assert_true(c.n > 0);
	assert_true(c.error_table < c.error_temperature);
	assert_true(c.error_table < 0.02 && c.error_temperature > 0.03);
	free(u.logs);
}

static void
test_few_rows(void **state)
{
	struct calibration c;
	struct tuning u;

	(void)state;
	fill(&u, CALIBRATE_TABLE_MIN - 1, 1, true);
	calibration_fit(&u, &c);
	assert_true(c.n == 0 && !near(c.temperature, 1, 1e-9));
	u.n = CALIBRATE_MIN - 1;
	calibration_fit(&u, &c);
	assert_true(c.n == 0 && near(c.temperature, 1, 1e-12));
	u.n = 0;
	calibration_fit(&u, &c);
	assert_true(c.n == 0 && near(c.temperature, 1, 1e-12));
	free(u.logs);
}

static int
decided(
    const float *thresholds, const struct model_knot *knots, uint16_t n, double *probs, int best)
{
	struct model_header h = {.labels = 3, .knots = n, .min_p = 0.5f};
	struct model m = {.header = &h, .thresholds = thresholds, .knots = knots};

	return decide(&m, probs, best);
}

static void
test_thresholds(void **state)
{
	static const float none[3] = {0}, one[3] = {0.2f, 0, 0}, two[3] = {0.2f, 0.3f, 0},
			   all[3] = {0.9f, 0.8f, 0.7f};
	double p[3] = {0.25, 0.35, 0.4};

	(void)state;
	assert_int_equal(decided(NULL, NULL, 0, p, 2), 2);
	assert_int_equal(decided(none, NULL, 0, p, 2), 2);
	assert_int_equal(decided(one, NULL, 0, p, 2), 0);
	assert_int_equal(decided(two, NULL, 0, p, 2), 0); /* 1.25 times against 1.17 */
	assert_int_equal(decided(all, NULL, 0, p, 2), 2);
	p[0] = 0.19, p[1] = 0.41;
	assert_int_equal(decided(one, NULL, 0, p, 1), 1);
	assert_int_equal(decided(two, NULL, 0, p, 1), 1);
	/* the likeliest label stays below its threshold: the next one without any */
	p[0] = 0.6, p[1] = 0.3, p[2] = 0.1;
	assert_int_equal(decided((float[3]){0.7f, 0, 0}, NULL, 0, p, 0), 1);
	/* a label that cannot win in this script does not either */
	p[0] = 1, p[1] = 0, p[2] = 0;
	assert_int_equal(decided((float[3]){1, 0, 0}, NULL, 0, p, 0), 0);
}

/* The table changes the likeliest label's share; the rest stay in proportion and behind it. */
static void
test_calibrated(void **state)
{
	static const struct model_knot low[] = {{0.8f, 0.6f}}, lower[] = {{0.8f, 0.1f}};
	double p[3] = {0.8, 0.15, 0.05};

	(void)state;
	assert_int_equal(decided(NULL, low, 1, p, 0), 0);
	assert_true(near(p[0], 0.6, 1e-6) && near(p[1], 0.3, 1e-6) && near(p[2], 0.1, 1e-6));
	p[0] = 0.8, p[1] = 0.15, p[2] = 0.05;
	assert_int_equal(decided(NULL, lower, 1, p, 0), 0);
	assert_true(p[0] >= p[1] - 1e-12 && near(p[0] + p[1] + p[2], 1, 1e-12));
	p[0] = 1, p[1] = 0, p[2] = 0;
	assert_int_equal(decided(NULL, low, 1, p, 0), 0);
	assert_true(near(p[0], 1, 1e-12));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table_lines),
	    cmocka_unit_test(test_table_fit),
	    cmocka_unit_test(test_violators),
	    cmocka_unit_test(test_temperature),
	    cmocka_unit_test(test_choice),
	    cmocka_unit_test(test_few_rows),
	    cmocka_unit_test(test_thresholds),
	    cmocka_unit_test(test_calibrated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
