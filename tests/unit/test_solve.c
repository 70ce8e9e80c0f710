/* What solvers learn from matrices made by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/mem.h"
#include "model/solve.h"

#define SIDE 10
#define ROWS (SIDE * SIDE)
#define UNITS 64

/* Rows of two features, one from each of two groups.  The label is where the one is, counted round
 * from where the other is: a feature by itself says nothing of it. */
static size_t start[ROWS + 1];
static uint32_t ids[2 * ROWS], label[ROWS];
static uint8_t script[ROWS], kind[ROWS];
static bool is_word[2 * SIDE], is_class[2 * SIDE];
static size_t all[ROWS];
static double even[SIDE];

static const struct matrix m = {.rows = ROWS,
    .start = start,
    .ids = ids,
    .label = label,
    .kind = kind,
    .script = script,
    .is_word = is_word,
    .is_class = is_class,
    .labels = SIDE,
    .features = 2 * SIDE};

static const struct solve_options how = {
    .strength = 2, .epochs = 1000, .word_weight = 1, .label_weight = even, .hidden = UNITS};

static int
make_rows(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < ROWS; i++) {
		ids[2 * i] = i / SIDE;
		ids[2 * i + 1] = SIDE + i % SIDE;
		label[i] = (i / SIDE + i % SIDE) % SIDE;
		all[i] = i;
		start[i + 1] = 2 * (i + 1);
	}
	for (size_t c = 0; c < SIDE; c++)
		even[c] = 1;
	return 0;
}

static void
test_hidden_learns(void **state)
{
	struct solution s = {0};
	float scores[SIDE];
	int linear = 0, hidden = 0, mixed = 0;

	(void)state;
	solve_softmax(&m, all, ROWS, &how, &s);
	solve_hidden(&m, all, ROWS, &how, &s);
	for (size_t i = 0; i < ROWS; i++) {
		uint32_t best = 0;

		linear += solution_best(&s, &m, i, scores) == label[i];
		solution_unit_scores(&s, &m, i, scores);
		for (uint32_t c = 1; c < SIDE; c++)
			best = scores[c] > scores[best] ? c : best;
		hidden += best == label[i];
	}
	assert_true(linear < ROWS / 2);
	assert_int_equal(hidden, ROWS);
	/* With nothing of the linear part, only its bias is left: that of the units. */
	solution_mix(&s, 0);
	for (size_t i = 0; i < ROWS; i++) {
		solution_best(&s, &m, i, scores);
		mixed += memcmp(scores, s.unit_score, sizeof scores) == 0;
	}
	assert_int_equal(mixed, ROWS);
	solution_release(&s);
}

static void
test_hidden_repeats(void **state)
{
	struct solve_options few = how;
	struct solution a = {0}, b = {0};

	(void)state;
	few.epochs = 3;
	solve_softmax(&m, all, ROWS, &few, &a);
	solve_hidden(&m, all, ROWS, &few, &a);
	solve_softmax(&m, all, ROWS, &few, &b);
	solve_hidden(&m, all, ROWS, &few, &b);
	assert_int_equal(a.hidden, UNITS);
	assert_memory_equal(a.unit_weights, b.unit_weights, 2 * SIDE * UNITS * sizeof(float));
	assert_memory_equal(a.unit_bias, b.unit_bias, UNITS * sizeof(float));
	assert_memory_equal(a.outs, b.outs, UNITS * SIDE * sizeof(float));
	assert_memory_equal(a.unit_score, b.unit_score, SIDE * sizeof(float));
	solution_release(&a);
	solution_release(&b);
}

/* Many units are two nets beside each other, of which each says half. */
static void
test_hidden_nets(void **state)
{
	struct solve_options few = how;
	struct solution one = {0}, two = {0};
	size_t apart = 0;

	(void)state;
	few.epochs = 2;
	few.hidden = 144;
	solve_softmax(&m, all, ROWS, &few, &one);
	solve_hidden(&m, all, ROWS, &few, &one);
	few.hidden = 144 + 128;
	solve_softmax(&m, all, ROWS, &few, &two);
	solve_hidden(&m, all, ROWS, &few, &two);
	assert_int_equal(two.hidden, 144 + 128);
	for (size_t f = 0; f < 2 * SIDE; f++) {
		assert_memory_equal(one.unit_weights + f * 144, two.unit_weights + f * two.hidden,
		    144 * sizeof(float));
		apart += memcmp(one.unit_weights + f * 144, two.unit_weights + f * two.hidden + 144,
			     128 * sizeof(float)) != 0;
	}
	assert_int_equal(apart, 2 * SIDE);
	for (size_t i = 0; i < 144 * SIDE; i++)
		assert_true(two.outs[i] * 2 >= one.outs[i] && two.outs[i] * 2 <= one.outs[i]);
	solution_release(&one);
	solution_release(&two);
}

/* What no row has says nothing, whatever it began with. */
static void
test_hidden_unseen(void **state)
{
	struct solve_options few = how;
	struct solution s = {0};

	(void)state;
	few.epochs = 1;
	solve_softmax(&m, all, SIDE, &few, &s); /* only rows with the first feature */
	solve_hidden(&m, all, SIDE, &few, &s);
	for (size_t f = 0; f < SIDE; f++)
		for (size_t j = 0; j < UNITS; j++)
			assert_true((s.unit_weights[f * UNITS + j] == 0) == (f > 0));
	solution_release(&s);
}

/* A feature of one row comes to weigh more beside one of nearly all rows. */
static void
test_rarity(void **state)
{
	struct solve_options plain = how, rare = how;
	size_t few[SIDE + 1];
	struct solution a = {0}, b = {0};
	double gain[2];

	(void)state;
	for (size_t i = 0; i < SIDE; i++)
		few[i] = i; /* the first feature in each, those from SIDE on in one each */
	few[SIDE] = SIDE;
	plain.epochs = rare.epochs = 2;
	rare.rarity = true;
	solve_softmax(&m, few, SIDE + 1, &plain, &a);
	solve_softmax(&m, few, SIDE + 1, &rare, &b);
	/* label 3 comes with feature SIDE + 3 and with the first */
	gain[0] = (double)a.weights[(SIDE + 3) * SIDE + 3] / a.weights[0 * SIDE + 3];
	gain[1] = (double)b.weights[(SIDE + 3) * SIDE + 3] / b.weights[0 * SIDE + 3];
	assert_true(fabs(gain[1]) > 2 * fabs(gain[0]));
	assert_true(a.weights[9 * SIDE] == 0 && b.weights[9 * SIDE] == 0); /* in no row */
	solution_release(&a);
	solution_release(&b);
}

/* What stands in a row twice counts once, if that is wanted: then it teaches what one does. */
static void
test_once(void **state)
{
	static uint32_t twice_ids[3 * ROWS];
	static size_t twice_start[ROWS + 1], distinct[ROWS];
	struct matrix twice = m;
	struct solve_options o = how;
	struct solution one = {0}, often = {0}, once = {0};
	size_t weights = (size_t)m.features * m.labels * sizeof(float);

	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		memcpy(twice_ids + 3 * i, ids + 2 * i, 2 * sizeof *ids);
		twice_ids[3 * i + 2] = ids[2 * i];
		twice_start[i + 1] = 3 * (i + 1);
		distinct[i] = 2;
	}
	twice.ids = twice_ids;
	twice.start = twice_start;
	twice.distinct = distinct;
	solve_liblinear(&m, all, ROWS, &o, &one);
	solve_liblinear(&twice, all, ROWS, &o, &often);
	twice.once = true;
	solve_liblinear(&twice, all, ROWS, &o, &once);
	assert_memory_equal(one.weights, once.weights, weights);
	assert_memory_not_equal(one.weights, often.weights, weights);
	solution_release(&one);
	solution_release(&often);
	solution_release(&once);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hidden_learns),
	    cmocka_unit_test(test_hidden_repeats),
	    cmocka_unit_test(test_hidden_nets),
	    cmocka_unit_test(test_hidden_unseen),
	    cmocka_unit_test(test_rarity),
	    cmocka_unit_test(test_once),
	};

	return cmocka_run_group_tests(tests, make_rows, NULL);
}
