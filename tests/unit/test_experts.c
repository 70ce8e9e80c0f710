/* Heads of experts: their arithmetic, what they say of a text and why, and how they are learned. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "model/exp.h"
#include "model/experts.h"
#include "model/heads.h"
#include "model/train.h"
#include "model/weigh.h"
#include "model_make.h"

static void
test_log(void **state)
{
	(void)state;
	for (int i = 1; i < 20000; i++) {
		double x = ldexp((double)(hash_mix((uint64_t)i) >> 11), -(i % 1000));

		assert_true(fabs(exp_log(x) - log(x)) <= 1e-14 * fmax(1, fabs(log(x))));
	}
	assert_true(exp_log(1) == 0);
	assert_true(exp_log(0) == exp_log(0x1p-1022));
}

/* The formula as it stands in experts.h, with SCORES divided by nothing. */
static void
mixed(const double *scores, uint32_t labels, uint32_t experts, double temperature, double *probs)
{
	double kinds = 0, all = 0;

	for (uint32_t e = 0; e < experts; e++)
		kinds += exp(scores[experts * labels + e]);
	for (uint32_t c = 0; c < labels; c++)
		probs[c] = 0;
	for (uint32_t e = 0; e < experts; e++) {
		double total = 0;

		for (uint32_t c = 0; c < labels; c++)
			total += exp(scores[e * labels + c]);
		for (uint32_t c = 0; c < labels; c++)
			probs[c] += exp(scores[experts * labels + e]) / kinds *
			            exp(scores[e * labels + c]) / total;
	}
	for (uint32_t c = 0; c < labels; c++)
		all += probs[c] = pow(probs[c], 1 / temperature);
	for (uint32_t c = 0; c < labels; c++)
		probs[c] /= all;
}

static void
test_mix(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 3000; i++) {
		uint32_t labels = 2 + (uint32_t)i % 5, experts = 2 + (uint32_t)i % 7;
		double scores[64] = {0}, probs[8], expected[8];
		int best;

		for (uint32_t c = 0; c < model_columns(labels, experts); c++)
			scores[c] = (double)(hash_mix(i * 64 + c) % 4000) / 200 - 10;
		mixed(scores, labels, experts, 1, expected);
		best = experts_mix(scores, labels, experts, probs);
		for (uint32_t c = 0; c < labels; c++) {
			assert_true(fabs(probs[c] - expected[c]) < 1e-12);
			assert_true(probs[best] >= probs[c]);
		}
	}
}

/* The scores of all columns, one feature after the other. */
static uint32_t
add_up(const struct model *m, struct slice text, double *scores)
{
	struct norm norm = NORM_INIT;
	struct ngram_list list = {0};
	uint32_t hits = 0, columns = model_columns(m->header->labels, m->header->experts);
	double sums[64] = {0};

	norm_run(&norm, text);
	ngram_collect(&list, &norm, &m->spec);
	for (size_t i = 0; i < list.n; i++) {
		int32_t row = model_find(m, list.hash[i]);

		if (row < 0)
			continue;
		hits++;
		for (uint32_t c = 0; c < columns; c++)
			sums[c] += m->weights[(size_t)row * m->header->stride + c];
	}
	for (uint32_t c = 0; c < columns && hits; c++)
		scores[c] =
		    sums[c] * (double)m->labels[c].scale / sqrt(hits) + (double)m->labels[c].bias;
	free(list.hash);
	norm_release(&norm);
	return hits;
}

static void
test_answers(void **state)
{
	static const char *const texts[] = {"glad", "so glad at work", "glad game", "sad game",
	    "work work sad not glad", "nothing of it"};

	(void)state;
	for (unsigned t = 0; t < 3; t++) {
		const float temperature[] = {1, 1.7f, 0.6f};
		struct buf file = BUF_INIT;
		struct sme_err err;
		struct model *m;
		struct heads *heads;
		struct heads_run *run;

		make_experts(&file, temperature[t]);
		m = model_from_memory(buf_slice(&file), "x", &err);
		assert_non_null(m);
		assert_int_equal(m->header->version, MODEL_VERSION);
		heads = heads_new(&m, 1, HEADS_MEMORY);
		run = heads_run_new(heads);
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
			const struct head_result *r = heads_predict(run, slice_of(texts[i]));
			double scores[64], expected[LABELS];

			if (!add_up(m, slice_of(texts[i]), scores)) {
				assert_int_equal(r->best, -1);
				continue;
			}
			mixed(scores, LABELS, EXPERTS, (double)temperature[t], expected);
			for (int c = 0; c < LABELS; c++)
				assert_true(fabs(r->probs[c] - expected[c]) < 1e-6);
			assert_true(r->p == r->probs[r->best]);
		}
		heads_run_free(run);
		heads_free(heads);
		model_close(m);
		buf_release(&file);
	}
}

/* "glad" is for label 1 at work, and for label 2 in a game: and so it is explained. */
static void
test_reasons(void **state)
{
	struct buf file = BUF_INIT;
	struct head_reason why[4];
	struct heads_run *run;
	struct heads *heads;
	struct sme_err err;
	struct model *m;

	(void)state;
	make_experts(&file, 1);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	heads = heads_new(&m, 1, HEADS_MEMORY);
	run = heads_run_new(heads);
	assert_int_equal(heads_predict(run, SLICE("work glad"))->best, 1);
	assert_true(heads_explain(run, 0, 1, why, 4) >= 1);
	assert_int_equal(why[0].token, 1);
	assert_int_equal(heads_predict(run, SLICE("game glad"))->best, 2);
	assert_true(heads_explain(run, 0, 2, why, 4) >= 1);
	assert_int_equal(why[0].token, 1);
	assert_int_equal(heads_explain(run, 0, 1, why, 4), 0);
	heads_run_free(run);
	heads_free(heads);
	model_close(m);
	buf_release(&file);
}

/* ---- learning ---- */

/* N rows in which "up" is good for one kind of text and bad for another, with words that tell the
 * kind, by SHARE of 10 rows the first. */
static void
fill(struct dataset *d, uint64_t n, uint64_t share)
{
	*d = (struct dataset)DATASET_INIT;
	for (uint64_t i = 0; i < n; i++) {
		bool first = hash_mix(i) % 10 < share, up = hash_mix(i + n) % 4 < (first ? 1 : 3);
		char text[128];

		snprintf(text, sizeof text, "%s it goes %s %s%u nr%u", first ? "price" : "score",
		    up ? "up" : "down", first ? "euro" : "goal", (unsigned)(i % 23), (unsigned)i);
		dataset_add(d, &(struct dataset_row){.text = slice_of(text),
				   .label = up == first ? SLICE("bad") : SLICE("good"),
				   .group = first ? SLICE("shop") : SLICE("sport"),
				   .file = "made up",
				   .line = i + 1});
	}
	dataset_finish(d, 30);
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

static double
accuracy(const struct dataset *d, const struct train_options *o, struct buf *file)
{
	struct train_report r;
	struct sme_err err;
	double accuracy;

	*file = (struct buf)BUF_INIT_MAX((size_t)1 << 24);
	if (train_model(d, o, file, &r, &err) < 0)
		fail_msg("%s", err.text);
	accuracy = r.all.accuracy;
	train_report_release(&r, o);
	return accuracy;
}

/* What one sum cannot say, experts can; in cross-validation, too; and the same each time. */
static void
test_learned(void **state)
{
	struct train_options o = plain;
	struct buf file, same;
	struct dataset d;

	(void)state;
	fill(&d, 2000, 5);
	assert_true(accuracy(&d, &o, &file) < 0.85);
	buf_release(&file);
	o.experts = true;
	o.grid[1] = 10;
	o.grid_n = 2;
	assert_true(accuracy(&d, &o, &file) > 0.97);
	assert_true(accuracy(&d, &o, &same) > 0.97);
	assert_int_equal(((const struct model_header *)file.p)->experts, 2);
	assert_int_equal(file.n, same.n);
	assert_memory_equal(file.p, same.p, file.n);
	buf_release(&file);
	buf_release(&same);
	dataset_release(&d);
}

static size_t
given(const struct dataset *d, const struct train_options *o, const char *kind)
{
	struct buf file = BUF_INIT_MAX((size_t)1 << 24);
	struct train_report r;
	struct sme_err err;
	size_t n = 0;

	if (train_model(d, o, &file, &r, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < r.n; i++) {
		const char *of = d->groups.items[r.guesses[i].group].key.p;

		n += strcmp(of, kind) == 0 && r.guesses[i].best == 0;
	}
	train_report_release(&r, o);
	buf_release(&file);
	return n;
}

/* Rows whose words say nothing but the kind: of each kind the label that is rare there is given the
 * more often the more it counts. */
static void
test_shares(void **state)
{
	const bool kept[2] = {true, false};
	struct train_options o = plain;
	struct dataset d = DATASET_INIT;
	size_t rooted, balanced, balanced_sport, kept_shop, kept_sport;

	(void)state;
	for (uint64_t i = 0; i < 3000; i++) {
		bool shop = i % 2, rare = hash_mix(i) % 5 == 0;
		char text[128];

		snprintf(text, sizeof text, "%s w%u x%u nr%u", shop ? "euro" : "goal",
		    (unsigned)(hash_mix(i + 1) % (rare ? 12 : 20)), (unsigned)(hash_mix(i + 2) % 9),
		    (unsigned)i);
		dataset_add(&d, &(struct dataset_row){.text = slice_of(text),
				    .label = rare ? SLICE("bad") : SLICE("good"),
				    .group = shop ? SLICE("shop") : SLICE("sport"),
				    .file = "made up",
				    .line = i + 1});
	}
	dataset_finish(&d, 30);
	o.experts = true;
	rooted = given(&d, &o, "shop");
	o.balance = true;
	balanced = given(&d, &o, "shop");
	balanced_sport = given(&d, &o, "sport");
	o.keep_shares = kept;
	kept_shop = given(&d, &o, "shop");
	kept_sport = given(&d, &o, "sport");
	assert_true(balanced > rooted && rooted >= kept_shop);
	assert_true(kept_sport * 10 > balanced_sport * 9);
	dataset_release(&d);
}

static void
test_refused(void **state)
{
	struct train_options o = plain;
	struct buf file = BUF_INIT;
	struct train_report r;
	struct dataset d;
	struct sme_err err;

	(void)state;
	o.experts = true;
	fill(&d, 200, 10);
	assert_int_equal(train_model(&d, &o, &file, &r, &err), -1);
	assert_int_equal(err.status, SME_DATA);
	assert_non_null(strstr(err.text, "1 kinds of rows; experts need 2 to 8"));
	train_report_release(&r, &o);
	dataset_release(&d);
	buf_release(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_log),
	    cmocka_unit_test(test_mix),
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_reasons),
	    cmocka_unit_test(test_learned),
	    cmocka_unit_test(test_shares),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
