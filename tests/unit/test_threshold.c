/* Thresholds and intervals against values worked out by hand or known from the literature. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/hash.h"
#include "model/interval.h"
#include "model/threshold.h"

static bool
near(double a, double b, double within)
{
	return a - b < within && b - a < within;
}

/* In falling order: yes .9, no .8, yes .7, yes .4, no .3, no .3, no .1 */
static size_t
rows(struct scored *list)
{
	static const struct scored some[] = {{0.3, false}, {0.9, true}, {0.7, true}, {0.1, false},
	    {0.4, true}, {0.8, false}, {0.3, false}};

	memcpy(list, some, sizeof some);
	threshold_sort(list, 7);
	return 7;
}

static void
test_points(void **state)
{
	struct scored list[7];
	size_t n = rows(list);
	struct threshold_point at = threshold_at(list, n, 0.4);

	(void)state;
	assert_true(near(list[0].p, 0.9, 1e-12) && near(list[6].p, 0.1, 1e-12));
	assert_int_equal(at.rows, 7);
	assert_int_equal(at.of, 3);
	assert_int_equal(at.taken, 4);
	assert_int_equal(at.hits, 3);
	assert_true(near(threshold_recall(&at), 1, 1e-12));
	assert_true(near(threshold_precision(&at), 0.75, 1e-12));
	assert_true(near(threshold_cost(&at, 5, 2), 2, 1e-12));
	at = threshold_at(list, n, 0.75);
	assert_true(near(threshold_cost(&at, 5, 2), 2 * 5 + 2, 1e-12));
	at = threshold_at(list, 0, 0.5);
	assert_true(near(threshold_recall(&at), 0, 1e-12));
	assert_true(near(threshold_precision(&at), 0, 1e-12));
}

static void
test_cost(void **state)
{
	struct scored list[7];
	size_t n = rows(list);

	(void)state;
	/* misses are dear: all three yes for one false alarm */
	assert_true(near(threshold_by_cost(list, n, 5, 1), 0.35, 1e-9));
	/* false alarms are dear: only the surest */
	assert_true(near(threshold_by_cost(list, n, 1, 5), 0.85, 1e-9));
	/* either way costs the same: nearest to what the costs ask for */
	assert_true(near(threshold_by_cost(list, 0, 1, 3), 0.5, 1e-9));
	assert_true(near(threshold_of_costs(1, 3), 0.75, 1e-12));
	assert_true(threshold_of_costs(1e9, 1e-9) > 0);
}

/* No threshold costs less than the one that is chosen. */
static void
test_cost_is_least(void **state)
{
	enum { N = 300 };
	struct scored list[N];

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		size_t n = hash_mix(seed) % N;
		double miss = 1 + (double)(hash_mix(seed + 1000) % 20);
		struct threshold_point chosen;

		for (size_t i = 0; i < n; i++) {
			uint64_t x = hash_mix(seed * N + i);

			list[i].p = (double)(x % 50) / 49;
			list[i].is = (x >> 20) % 50 < x % 50;
		}
		threshold_sort(list, n);
		chosen = threshold_at(list, n, threshold_by_cost(list, n, miss, 3));
		for (double t = 0; t <= 1.02; t += 0.01) {
			struct threshold_point at = threshold_at(list, n, t);

			/* above 1 nothing is ever taken, which no threshold can say */
			if (t <= 1)
				assert_true(threshold_cost(&chosen, miss, 3) <=
					    threshold_cost(&at, miss, 3) + 1e-9);
		}
	}
}

static void
test_recall(void **state)
{
	struct scored list[7];
	size_t n = rows(list);

	(void)state;
	assert_true(near(threshold_by_recall(list, n, 0.3), 0.85, 1e-9));
	assert_true(near(threshold_by_recall(list, n, 2 / 3.), 0.55, 1e-9));
	assert_true(near(threshold_by_recall(list, n, 0.7), 0.35, 1e-9));
	assert_true(near(threshold_by_recall(list, n, 1), 0.35, 1e-9));
	/* rows of the same probability come together */
	list[5].is = true;
	assert_true(near(threshold_by_recall(list, n, 1), 0.2, 1e-9));
	assert_true(threshold_by_recall(list, 0, 0.9) > 0);
}

static void
test_wilson(void **state)
{
	struct interval i = interval_share(0, 0);

	(void)state;
	assert_true(near(i.low, 0, 1e-12) && near(i.high, 1, 1e-12));
	/* Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29 */
	i = interval_share(81, 263);
	assert_true(near(i.low, 0.2553, 5e-5) && near(i.high, 0.3662, 5e-5));
	i = interval_share(15, 148);
	assert_true(near(i.low, 0.0624, 5e-5) && near(i.high, 0.1605, 5e-5));
	i = interval_share(0, 20);
	assert_true(near(i.low, 0, 5e-5) && near(i.high, 0.1611, 5e-5));
	i = interval_share(1, 29);
	assert_true(near(i.low, 0.0061, 5e-5) && near(i.high, 0.1718, 5e-5));
	i = interval_share(20, 20);
	assert_true(near(i.low, 1 - 0.1611, 5e-5) && near(i.high, 1, 1e-12));
}

static void
test_mcnemar(void **state)
{
	(void)state;
	assert_true(near(interval_mcnemar(0, 0), 1, 1e-9));
	assert_true(near(interval_mcnemar(5, 5), 1, 1e-9));
	assert_true(near(interval_mcnemar(0, 1), 1, 1e-9));
	assert_true(near(interval_mcnemar(0, 6), 2 / 64., 1e-9));
	assert_true(near(interval_mcnemar(6, 0), 2 / 64., 1e-9));
	/* 2 (1 + 10 + 45) / 1024 */
	assert_true(near(interval_mcnemar(2, 8), 112 / 1024., 1e-9));
	assert_true(interval_mcnemar(40000, 41500) < 1e-6);
}

/* 1000 rows of two labels; HITS of a thousand are right. */
static void
guess(struct guess *list, unsigned hits)
{
	for (uint32_t i = 0; i < 1000; i++) {
		bool right = hash_mix(i + 77) % 1000 < hits;

		list[i] =
		    (struct guess){.label = i % 2, .best = (int32_t)(right ? i % 2 : 1 - i % 2)};
	}
}

static void
test_bootstrap(void **state)
{
	struct guess *a = calloc(1000, sizeof *a), *b = calloc(1000, sizeof *b);
	struct interval i, wilson;
	double f1;

	(void)state;
	guess(a, 800);
	f1 = figures_of(a, 1000, 2, FIGURES_ALL).macro_f1;
	i = interval_macro_f1(a, 1000, 2);
	/* with labels that are equally frequent, F1 spreads about as accuracy does */
	wilson = interval_share(800, 1000);
	assert_true(i.low < f1 && f1 < i.high);
	assert_true(near(i.high - i.low, wilson.high - wilson.low, 0.01));
	i = interval_difference(a, a, 1000, 2);
	assert_true(near(i.low, 0, 1e-12) && near(i.high, 0, 1e-12));
	guess(b, 850);
	i = interval_difference(a, b, 1000, 2);
	assert_true(i.low > 0 && i.low < 0.05 && i.high > 0.05 && i.high < 0.1);
	i = interval_difference(b, a, 1000, 2);
	assert_true(i.high < 0);
	free(a);
	free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_points),
	    cmocka_unit_test(test_cost),
	    cmocka_unit_test(test_cost_is_least),
	    cmocka_unit_test(test_recall),
	    cmocka_unit_test(test_wilson),
	    cmocka_unit_test(test_mcnemar),
	    cmocka_unit_test(test_bootstrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
