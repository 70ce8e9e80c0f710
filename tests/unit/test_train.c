/* From rows to a model: the split, the solvers, the choice of the strength, weights, thresholds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/hash.h"
#include "model/decide.h"
#include "model/train.h"

static const char *const labels[3] = {"calm", "glad", "sad"};

/* Row I of N texts of six words, of which every third leans towards one of the labels. */
static void
add(struct dataset *d, uint64_t i, uint64_t label)
{
	char text[128], id[32];
	size_t n = 0;

	for (uint64_t w = 0; w < 6; w++) {
		uint64_t x = hash_mix(i * 6 + w + 1);

		if (x % 3 == 0)
			n += (size_t)snprintf(text + n, sizeof text - n, "%s%u ", labels[label],
			    (unsigned)(x >> 20) % 7);
		else
			n += (size_t)snprintf(
			    text + n, sizeof text - n, "wort%u ", (unsigned)(x >> 20) % 40);
	}
	snprintf(text + n, sizeof text - n, "nr%u", (unsigned)i);
	snprintf(id, sizeof id, "%u", (unsigned)i);
	dataset_add(d, &(struct dataset_row){.text = slice_of(text),
			   .label = slice_of(labels[label]),
			   .id = slice_of(id),
			   .file = "made up",
			   .line = i + 1});
}

/* N rows; one in SHARE is glad, the others are half calm, half sad. */
static void
fill(struct dataset *d, uint64_t n, uint64_t share)
{
	*d = (struct dataset)DATASET_INIT;
	for (uint64_t i = 0; i < n; i++)
		add(d, i, i % share == 0 ? 1 : i % 2 * 2);
}

static const struct train_options plain = {.name = "mood",
    .release = "",
    .matrix = {.spec = {.word_max = 1, .char_min = 0, .char_max = 0, .tokens = NGRAM_ALL_TOKENS},
	.min_rows = 2,
	.max_features = 100000},
    .word_weight = 1,
    .solver = TRAIN_LIBLINEAR,
    .grid = {3},
    .grid_n = 1,
    .folds = 5,
    .epochs = 5,
    .holdout = 30};

static void
train(const struct dataset *d, const struct train_options *o, struct buf *file,
    struct train_report *r)
{
	struct sme_err err;

	*file = (struct buf)BUF_INIT_MAX((size_t)1 << 24);
	if (train_model(d, o, file, r, &err) < 0)
		fail_msg("%s", err.text);
}

static void
test_split(void **state)
{
	struct dataset d;
	size_t held = 0;

	(void)state;
	fill(&d, 3000, 3);
	/* the same text in capitals, with two labels */
	add(&d, 5000, 1);
	dataset_add(&d,
	    &(struct dataset_row){.text = d.rows[3000].text, .label = SLICE("sad"), .file = "b"});
	dataset_finish(&d, 30);
	for (size_t i = 0; i < d.n; i++)
		held += d.rows[i].part != PART_TRAIN;
	assert_true(held > 780 && held < 1020);
	assert_true(dataset_count(&d, PART_TUNE) > held * 4 / 10);
	assert_true(dataset_count(&d, PART_TEST) > held * 4 / 10);
	assert_int_equal(d.rows[3000].part, d.rows[3001].part);
	for (uint32_t c = 0; c < 3; c++)
		assert_string_equal(d.labels.items[c].key.p, labels[c]);
	dataset_release(&d);
}

/* Rows of each label stay to learn from, whatever the split says. */
static void
test_small_labels(void **state)
{
	struct dataset d;

	(void)state;
	for (uint64_t i = 0; i < 20; i++) {
		fill(&d, 60, 61);
		dataset_add(&d, &(struct dataset_row){.text = (struct slice){labels[1], 4 - i % 2},
				    .label = SLICE("rare"),
				    .file = "x",
				    .line = i});
		add(&d, 100 + i, 1);
		dataset_finish(&d, 60);
		assert_int_equal(d.rows[60].part, PART_TRAIN);
		dataset_release(&d);
	}
}

static void
test_notes(void **state)
{
	struct dataset d;
	struct row_pair pair;
	const char *one, *other;

	(void)state;
	fill(&d, 30, 3);
	assert_false(dataset_alike(&d, &one, &other));
	assert_int_equal(dataset_disputed(&d, &pair), 0);
	add(&d, 0, 1);
	assert_int_equal(d.duplicate_ids, 1);
	assert_int_equal(d.duplicate.second, 30);
	add(&d, 3, 2);
	assert_int_equal(d.conflicts, 1);
	assert_true(d.conflict.first == 3 && d.conflict.second == 31);
	dataset_add(
	    &d, &(struct dataset_row){.text = d.rows[1].text, .label = SLICE(" Sad"), .file = "x"});
	assert_int_equal(dataset_disputed(&d, &pair), 1);
	assert_true(pair.first == 1 && pair.second == 32);
	assert_true(dataset_alike(&d, &one, &other));
	assert_string_equal(one, "sad");
	assert_string_equal(other, " Sad");
	dataset_release(&d);
}

static bool
every(const struct sample *s)
{
	(void)s;
	return true;
}

/* A label that none of the rows has, as may happen in a fold, is never given. */
static void
test_absent_label(void **state)
{
	static solve_fn *const solvers[] = {solve_liblinear, solve_softmax};
	const double weight[4] = {1, 1, 1, 1};
	struct dataset d;
	struct matrix *m;
	size_t *rows, n = 0;
	float scores[4];

	(void)state;
	fill(&d, 300, 3);
	for (uint64_t i = 0; i < 100; i++) {
		char text[64];

		snprintf(
		    text, sizeof text, "wort%u wort%u zeal", (unsigned)i % 40, (unsigned)i % 7);
		dataset_add(&d, &(struct dataset_row){
				    .text = slice_of(text), .label = SLICE("zeal"), .file = "x"});
	}
	dataset_finish(&d, 0);
	m = matrix_new(&d, every, &plain.matrix);
	rows = calloc(m->rows, sizeof *rows);
	for (size_t i = 0; i < m->rows; i++)
		if (m->label[i] != 1)
			rows[n++] = i;
	for (size_t k = 0; k < 2; k++) {
		struct solve_options o = {
		    .strength = k ? 1 : 3, .epochs = 5, .word_weight = 1, .label_weight = weight};
		size_t right = 0;
		struct solution s = {0};

		solvers[k](m, rows, n, &o, &s);
		for (size_t i = 0; i < m->rows; i++) {
			uint32_t best = solution_best(&s, m, i, scores);

			assert_int_not_equal(best, 1);
			right += best == m->label[i];
		}
		assert_true(right > n * 8 / 10);
		solution_release(&s);
	}
	free(rows);
	matrix_free(m);
	dataset_release(&d);
}

static double
worth(struct train_score s)
{
	return s.accuracy + s.macro_f1;
}

/* The strength with the best figures in cross-validation is taken, and the same one each time. */
static void
test_grid(void **state)
{
	struct train_options o = plain;
	struct train_report r, again;
	struct buf file, same;
	struct dataset d;
	size_t best = 0;

	(void)state;
	o.grid[0] = 1e-4;
	o.grid[1] = 1;
	o.grid[2] = 10;
	o.grid_n = 3;
	fill(&d, 1500, 3);
	dataset_finish(&d, 30);
	train(&d, &o, &file, &r);
	train(&d, &o, &same, &again);
	for (size_t g = 1; g < 3; g++)
		if (worth(r.grid[g]) > worth(r.grid[best]))
			best = g;
	assert_true(best > 0 && worth(r.grid[best]) > worth(r.grid[0]));
	/* What rare n-grams count is tried as well, and the better way taken. */
	assert_true(r.rarity.tried && !r.vectors.tried);
	assert_true(worth(r.rarity.with) >= worth(r.grid[best]));
	assert_true(r.strength >= o.grid[best] && r.strength <= o.grid[best]);
	assert_true(r.all.accuracy > 0.7 && r.all.rows == r.n);
	assert_int_equal(file.n, same.n);
	assert_memory_equal(file.p, same.p, file.n);
	train_report_release(&r, &o);
	train_report_release(&again, &o);
	buf_release(&file);
	buf_release(&same);
	dataset_release(&d);
}

static size_t
given(const struct train_report *r, int32_t label)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->guesses[i].best == label;
	return n;
}

/* The more a label's rows count, the more often it is given. */
static void
test_weights(void **state)
{
	const double weight[3][3] = {{1, 0.2, 1}, {1, 1, 1}, {1, 5, 1}};
	size_t n[3];
	struct dataset d;

	(void)state;
	fill(&d, 2000, 8);
	dataset_finish(&d, 30);
	for (size_t i = 0; i < 3; i++) {
		struct train_options o = plain;
		struct train_report r;
		struct buf file;

		o.label_weight = weight[i];
		train(&d, &o, &file, &r);
		n[i] = given(&r, 1);
		train_report_release(&r, &o);
		buf_release(&file);
	}
	assert_true(n[0] < n[1] && n[1] < n[2]);
	dataset_release(&d);
}

/* Where strengths so low are given that a rare label is hardly ever found, that all labels count
 * the same is found to be better; but not against given weights. */
static void
test_balance(void **state)
{
	const double weight[3] = {1, 1, 1};
	struct train_options o = plain;
	struct train_report r;
	struct dataset d;
	struct buf file;

	(void)state;
	o.grid[0] = 0.01;
	o.grid[1] = 0.02;
	o.grid_n = 2;
	fill(&d, 2000, 20);
	dataset_finish(&d, 30);
	train(&d, &o, &file, &r);
	assert_true(r.evening.tried && worth(r.evening.with) >= worth(r.evening.without));
	assert_true(r.balance.tried && worth(r.balance.with) > worth(r.balance.without));
	assert_true(given(&r, 1) > 0);
	assert_non_null(memmem(file.p, file.n, "\"balanced\":true", 15));
	train_report_release(&r, &o);
	buf_release(&file);
	o.label_weight = weight;
	train(&d, &o, &file, &r);
	assert_true(!r.evening.tried && !r.balance.tried && given(&r, 1) == 0);
	assert_null(memmem(file.p, file.n, "\"balanced\"", 10));
	train_report_release(&r, &o);
	buf_release(&file);
	dataset_release(&d);
}

/* Thresholds are chosen on rows of their own and are in the file; others have none. */
static void
test_aims(void **state)
{
	const struct train_aim aims[2] = {
	    {.label = 1, .miss = 10, .alarm = 1}, {.label = 2, .recall = 0.9}};
	struct train_options o = plain;
	struct train_report r;
	struct sme_err err;
	struct model *m;
	struct dataset d;
	struct buf file;

	(void)state;
	o.aims = aims;
	o.aims_n = 2;
	o.refit = true;
	fill(&d, 3000, 6);
	dataset_finish(&d, 30);
	train(&d, &o, &file, &r);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	assert_true(m->thresholds[0] <= 0);
	for (size_t a = 0; a < 2; a++) {
		const struct aim_result *aim = &r.aims[a];
		double threshold = (double)m->thresholds[aims[a].label];
		struct threshold_point at = threshold_at(aim->tune, aim->tune_n, aim->threshold);

		assert_true(threshold - aim->written < 1e-6 && aim->written - threshold < 1e-6);
		assert_true(aim->written < aim->threshold + 0.2);
		assert_true(aim->written > aim->threshold - 0.2);
		assert_int_equal(aim->tune_n, dataset_count(&d, PART_TUNE));
		assert_int_equal(aim->test_n, dataset_count(&d, PART_TEST));
		assert_false(aim->few);
		if (a == 1)
			assert_true(threshold_recall(&at) >= 0.9 && threshold_recall(&at) < 0.95);
		else
			assert_true(threshold < 0.4 && threshold_recall(&at) > 0.8);
	}
	model_close(m);
	train_report_release(&r, &o);
	buf_release(&file);
	dataset_release(&d);
}

static void
refused(struct dataset *d, const char *why)
{
	struct buf file = BUF_INIT;
	struct train_report r;
	struct sme_err err;

	dataset_finish(d, 10);
	assert_int_equal(train_model(d, &plain, &file, &r, &err), -1);
	assert_int_equal(err.status, SME_DATA);
	if (!strstr(err.text, why))
		fail_msg("expected \"%s\": %s", why, err.text);
	train_report_release(&r, &plain);
	buf_release(&file);
	dataset_release(d);
}

static void
test_refused(void **state)
{
	struct dataset d;

	(void)state;
	fill(&d, 0, 1);
	refused(&d, "no row");
	fill(&d, TRAIN_ROWS_MIN - 1, 3);
	refused(&d, "only 19 usable rows");
	fill(&d, 100, 1);
	refused(&d, "all rows have the label \"glad\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_split),
	    cmocka_unit_test(test_small_labels),
	    cmocka_unit_test(test_notes),
	    cmocka_unit_test(test_absent_label),
	    cmocka_unit_test(test_grid),
	    cmocka_unit_test(test_weights),
	    cmocka_unit_test(test_balance),
	    cmocka_unit_test(test_aims),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
