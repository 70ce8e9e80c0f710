/* Accuracy, F1 and calibration error against values worked out by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/figures.h"

static bool
near(double a, double b)
{
	return a - b < 1e-9 && b - a < 1e-9;
}

/* label, group, best, p, Brier, answered, tuned, row */
static const struct guess guesses[] = {
    {0, 0, 0, 0.9, 0.02, true, false, 0},
    {0, 0, 1, 0.5, 0.50, false, false, 0},
    {1, 0, 1, 0.9, 0.02, true, false, 0},
    {1, 1, 1, 0.7, 0.18, true, true, 0},
    {1, 1, -1, 0, 1.00, false, false, 0},
    {0, 1, 0, 0.5, 0.46, false, false, 0},
};

static void
test_all(void **state)
{
	struct figures f = figures_of(guesses, 6, 3, FIGURES_ALL);

	(void)state;
	assert_int_equal(f.rows, 6);
	assert_true(near(f.accuracy, 4 / 6.));
	/* label 0: precision 2/2, recall 2/3; label 1: 2/3, 2/3; label 2 does not occur */
	assert_true(near(f.macro_f1, (0.8 + 2 / 3.) / 2));
	assert_true(near(f.macro_recall, 2 / 3.));
	/* without the tuned and the unanswered one: bins 0.9 (two, both right) and 0.5 (two, one
	 * right) */
	assert_true(near(f.ece, (0.2 + 0.0) / 4));
	assert_true(near(f.brier, (0.02 + 0.50 + 0.02 + 1.00 + 0.46) / 5));
	assert_true(near(f.answered, 3 / 6.));
	assert_true(near(f.answered_right, 1));
}

static void
test_group(void **state)
{
	struct figures f = figures_of(guesses, 6, 3, 1);

	(void)state;
	assert_int_equal(f.rows, 3);
	assert_true(near(f.accuracy, 2 / 3.));
	assert_true(near(f.ece, 0.5));
	f = figures_of(guesses, 6, 3, 7);
	assert_int_equal(f.rows, 0);
	assert_true(near(f.accuracy, 0) && near(f.macro_f1, 0) && near(f.ece, 0));
}

static void
test_confusion(void **state)
{
	size_t matrix[3 * 4] = {0};
	static const size_t expected[3 * 4] = {2, 1, 0, 0, 0, 2, 0, 1, 0, 0, 0, 0};
	struct label_figures l;

	(void)state;
	figures_confusion(guesses, 6, 3, matrix);
	assert_memory_equal(matrix, expected, sizeof matrix);
	l = figures_label(matrix, 3, 1);
	assert_int_equal(l.rows, 3);
	assert_true(near(l.precision, 2 / 3.) && near(l.recall, 2 / 3.));
	l = figures_label(matrix, 3, 2);
	assert_true(l.rows == 0 && near(l.f1, 0));
}

static void
test_reliability(void **state)
{
	struct reliability r = {0};

	(void)state;
	assert_true(near(reliability_ece(&r), 0));
	reliability_add(&r, 0, false);
	reliability_add(&r, 1, true);
	reliability_add(&r, 0.5, true);
	reliability_add(&r, 0.52, false);
	assert_int_equal(r.rows[0], 1);
	assert_int_equal(r.rows[7], 2);
	assert_int_equal(r.rows[FIGURES_BINS - 1], 1);
	assert_int_equal(r.right[7], 1);
	assert_true(near(reliability_ece(&r), 0.02 / 4));
	/* sqrt(2 / pi) of the deviation, in the one bin where anything is left to chance */
	assert_true(near(reliability_chance(&r), sqrt(2 / M_PI * (0.25 + 0.52 * 0.48)) / 4));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_group),
	    cmocka_unit_test(test_confusion),
	    cmocka_unit_test(test_reliability),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
