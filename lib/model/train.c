#include "model/train.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "model/decide.h"
#include "model/lexicon.h"
#include "model/model.h"
#include "model/train_int.h"
#include "model/vectors.h"
#include "stream/json.h"

/* A script that fewer than one in so many rows of a label are written in does not count as its. */
#define SCRIPT_SHARE 50

/* The calibration is set from probabilities that fit in so many numbers. */
#define TUNING_CELLS ((size_t)1 << 24)

/* What vectors of words count beside n-grams. */
#define VECTOR_SHARE 0.8

void
train_say(const struct training *t, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if (!t->o->say)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	t->o->say(text);
}

bool
train_in_training(const struct sample *s)
{
	return s->part == PART_TRAIN;
}

bool
train_in_tuning(const struct sample *s)
{
	return s->part == PART_TUNE;
}

bool
train_held_out(const struct sample *s)
{
	return s->part != PART_TRAIN;
}

static bool
any_row(const struct sample *s)
{
	(void)s;
	return true;
}

static int
check_dataset(const struct dataset *d, struct sme_err *err)
{
	if (d->labels.n == 0)
		return err_set(
		    err, SME_DATA, "no row has the label key and a text; see --label-key");
	if (d->n < TRAIN_ROWS_MIN)
		return err_set(err, SME_DATA, "only %zu usable rows; at least %d are needed", d->n,
		    TRAIN_ROWS_MIN);
	if (d->labels.n == 1)
		return err_set(err, SME_DATA,
		    "all rows have the label \"%s\"; two labels are needed",
		    d->labels.items[0].key.p);
	if (d->labels.n > MODEL_LABELS_MAX)
		return err_set(err, SME_DATA, "%zu different labels; at most %d are possible",
		    d->labels.n, MODEL_LABELS_MAX);
	return 0;
}

static int
check_kinds(const struct dataset *d, struct sme_err *err)
{
	if (d->groups.n < 2 || d->groups.n > MODEL_EXPERTS_MAX)
		return err_set(err, SME_DATA,
		    "%zu kinds of rows; experts need 2 to %d values of the key", d->groups.n,
		    MODEL_EXPERTS_MAX);
	if (d->labels.n > MODEL_EXPERTS_LABELS)
		return err_set(err, SME_DATA, "%zu labels; with experts at most %d are possible",
		    d->labels.n, MODEL_EXPERTS_LABELS);
	return 0;
}

/* The scripts that the rows of each label are written in. */
static void
fill_labels(struct training *t)
{
	size_t n = t->d->labels.n;
	size_t *count = xcalloc(n * SCRIPT_COUNT, sizeof *count);
	struct norm norm = NORM_INIT;

	t->names = xcalloc(n, sizeof *t->names);
	t->labels =
	    xcalloc(model_columns((uint32_t)n, (uint32_t)(t->o->experts ? t->d->groups.n : 0)),
		sizeof *t->labels);
	t->gate = xcalloc(n, sizeof *t->gate);
	for (size_t i = 0; i < t->d->n; i++) {
		norm_run(&norm, t->d->rows[i].text);
		count[t->d->rows[i].label * SCRIPT_COUNT + norm_script(&norm)]++;
		t->labels[t->d->rows[i].label].rows++;
	}
	for (size_t c = 0; c < n; c++) {
		t->names[c] = t->d->labels.items[c].key.p;
		for (size_t s = 0; s < SCRIPT_COUNT; s++)
			if (count[c * SCRIPT_COUNT + s] * SCRIPT_SHARE > t->labels[c].rows)
				t->labels[c].scripts |= 1u << s;
		t->gate[c] = t->labels[c].scripts;
	}
	norm_release(&norm);
	free(count);
}

void
train_learn(struct training *t)
{
	size_t *rows = xcalloc(t->m->rows + 1, sizeof *rows);

	for (size_t i = 0; i < t->m->rows; i++)
		rows[i] = i;
	solution_release(&t->found);
	t->solve(t->m, rows, t->m->rows, &t->how, &t->found);
	if (t->how.hidden) {
		solve_hidden(t->m, rows, t->m->rows, &t->how, &t->found);
		solution_mix(&t->found, t->linear_share);
	}
	for (uint32_t c = 0; c < t->found.labels; c++)
		t->labels[c].bias = t->found.bias[c];
	free(rows);
}

static void
copy_features(const struct training *t, uint64_t **hashes, float **weights)
{
	size_t n = t->m->features, labels = t->found.labels;

	*hashes = xcalloc(n + 1, sizeof **hashes);
	*weights = xcalloc(n * labels + 1, sizeof **weights);
	memcpy(*hashes, t->m->hash, n * sizeof **hashes);
	memcpy(*weights, t->found.weights, n * labels * sizeof **weights);
}

int
train_build(struct training *t, const char *release, struct slice meta, struct buf *out,
    struct sme_err *err)
{
	const struct lexicon *lexicon = t->o->matrix.lexicon;
	float *weights = NULL;
	uint64_t *hashes = NULL;
	int r;
	struct ngram_spec spec = t->o->matrix.spec;
	struct model_parts parts = {.name = t->o->name,
	    .release = release,
	    .langs = t->o->langs,
	    .meta = meta,
	    .names = t->names,
	    .labels = t->m->labels,
	    .experts = t->found.experts,
	    .rows = t->m->features,
	    .flags = (uint16_t)((t->o->scripts ? MODEL_SCRIPTS : 0) |
				(t->thresholds ? MODEL_THRESHOLDS : 0)),
	    .label = t->labels,
	    .hashes = t->m->hash,
	    .weights = t->found.weights,
	    .hidden = t->found.hidden,
	    .unit_bias = t->found.unit_bias,
	    .unit_weights = t->found.unit_weights,
	    .outs = t->found.outs,
	    .temperature = (float)t->report->calibration.temperature,
	    .knots = t->report->calibration.n,
	    .knot = t->report->calibration.knots,
	    .thresholds = t->thresholds,
	    .min_p = (float)t->o->min_p};

	spec.once = t->how.once;
	parts.spec = spec;
	if (lexicon)
		parts.rows = lexicon_fold(lexicon, t->m, &t->found, &hashes, &weights);
	else if (t->found.vector_weights)
		copy_features(t, &hashes, &weights);
	if (t->found.vector_weights)
		parts.rows = vectors_fold(t->m, &t->found, &hashes, &weights, parts.rows);
	if (hashes) {
		parts.hashes = hashes;
		parts.weights = weights;
	}
	r = model_build(&parts, out, err);
	free(hashes);
	free(weights);
	return r;
}

int
trial_open(struct trial *tr, const struct buf *file, struct sme_err *err)
{
	tr->model = model_from_memory(buf_slice(file), "new model", err);
	if (!tr->model)
		return -1;
	tr->heads = heads_new(&tr->model, 1, HEADS_MEMORY);
	tr->run = heads_run_new(tr->heads);
	return 0;
}

void
trial_close(struct trial *tr)
{
	heads_run_free(tr->run);
	heads_free(tr->heads);
	model_close(tr->model);
}

struct guess
trial_guess(struct trial *tr, const struct dataset *d, size_t row)
{
	const struct sample *s = &d->rows[row];
	const struct head_result *res = heads_predict(tr->run, s->text);
	struct guess g = {.label = s->label,
	    .group = s->group,
	    .best = res->best,
	    .p = res->p,
	    .tuned = s->part == PART_TUNE,
	    .row = (uint32_t)row};

	g.answered = res->best >= 0 && res->p >= decide_floor(tr->model, res->best);
	for (uint32_t c = 0; c < tr->model->header->labels; c++) {
		double off = res->probs[c] - (c == s->label);

		g.brier += off * off;
	}
	return g;
}

int
train_measure(struct training *t, const struct buf *file, struct sme_err *err)
{
	struct train_report *r = t->report;
	struct trial tr;

	if (trial_open(&tr, file, err) < 0)
		return -1;
	free(r->guesses);
	r->guesses = xcalloc(t->d->n + 1, sizeof *r->guesses);
	r->n = 0;
	for (size_t i = 0; i < t->d->n; i++) {
		if (t->d->rows[i].part != PART_TRAIN)
			r->guesses[r->n++] = trial_guess(&tr, t->d, i);
	}
	trial_close(&tr);
	r->all = figures_of(r->guesses, r->n, t->m->labels, FIGURES_ALL);
	return 0;
}

static void
add_tuning_row(struct tuning *u, const struct head_result *res, uint32_t label)
{
	double *l = u->logs + u->n * u->labels;

	if (res->best < 0)
		return;
	for (uint32_t c = 0; c < u->labels; c++)
		l[c] = log(fmax(res->probs[c], 1e-300));
	l[label] = l[0];
	l[0] = log(fmax(res->probs[label], 1e-300));
	u->n++;
}

/* Set the temperature so that the probabilities of the rows that PICK chooses come true, which the
 * model in FILE gives at a temperature of 1. */
static int
calibrate(struct training *t, pick_fn *pick, const struct buf *file, struct sme_err *err)
{
	struct tuning u = {.labels = t->m->labels};
	size_t most = TUNING_CELLS / u.labels;
	struct trial tr;

	if (trial_open(&tr, file, err) < 0)
		return -1;
	if (most > t->d->n)
		most = t->d->n;
	u.logs = xcalloc(most * u.labels + 1, sizeof *u.logs);
	for (size_t i = 0; i < t->d->n && u.n < most; i++)
		if (pick(&t->d->rows[i]))
			add_tuning_row(
			    &u, heads_predict(tr.run, t->d->rows[i].text), t->d->rows[i].label);
	calibration_fit(&u, &t->report->calibration);
	free(u.logs);
	trial_close(&tr);
	return 0;
}

/* What the file says about itself; without clock or machine, so that it stays the same. */
static void
describe(const struct training *t, struct buf *b)
{
	const struct figures *f = &t->report->all;

	buf_puts(b, "{\"rows\":");
	json_put_number(b, (double)t->d->n);
	buf_puts(b, ",\"solver\":");
	json_put_string(b, slice_of(t->report->solver));
	buf_puts(b, ",\"strength\":");
	json_put_number(b, t->how.strength);
	if (t->how.hidden) {
		buf_puts(b, ",\"hidden\":");
		json_put_number(b, t->how.hidden);
	}
	if (t->how.experts) {
		buf_puts(b, ",\"experts\":");
		json_put_number(b, t->how.experts);
	}
	if (t->how.rarity)
		buf_puts(b, ",\"rarity\":true");
	if (t->how.once)
		buf_puts(b, ",\"once\":true");
	if (t->how.label_weight == t->even_weight)
		buf_puts(b, ",\"evened\":true");
	if (t->how.label_weight == t->full_weight)
		buf_puts(b, ",\"balanced\":true");
	if (t->m->vectors && (t->found.vector_weights || t->how.hidden)) {
		const char *release = t->m->vectors->header->release;

		buf_puts(b, ",\"vectors\":");
		json_put_string(b, (struct slice){release,
				       strnlen(release, sizeof t->m->vectors->header->release)});
	}
	buf_puts(b, ",\"held_out\":{\"rows\":");
	json_put_number(b, (double)f->rows);
	buf_puts(b, ",\"accuracy\":");
	json_put_fixed(b, f->accuracy, 4);
	buf_puts(b, ",\"macro_f1\":");
	json_put_fixed(b, f->macro_f1, 4);
	buf_puts(b, ",\"ece\":");
	json_put_fixed(b, f->ece, 4);
	buf_puts(b, "},\"holdout\":");
	json_put_number(b, t->o->holdout);
	buf_puts(b, t->o->refit ? ",\"learned_from\":\"all rows\""
				: ",\"learned_from\":\"rows not held out\"");
	if (t->o->card.n) {
		buf_puts(b, ",\"card\":");
		buf_adds(b, t->o->card);
	}
	buf_puts(b, "}");
}

/* May it be tried whether n-grams are to count once?  Only where cross-validation chooses the rest. */
static bool
tries_once(const struct training *t)
{
	return t->o->once == TRAIN_TRY && t->o->grid_n > 1 && t->solve == solve_liblinear &&
	       !t->o->matrix.pieces;
}

/* Are the texts so long that most of their n-grams stand in them before?  Frequent ones drown the
 * rest then, if they count as often as they stand there. */
static bool
mostly_repeats(const struct matrix *m)
{
	size_t distinct = 0;

	for (size_t i = 0; i < m->rows; i++)
		distinct += m->distinct[i];
	return distinct * 2 < m->start[m->rows];
}

void
train_prepare(struct training *t, pick_fn *pick)
{
	struct matrix_options how = t->o->matrix;

	matrix_free(t->m);
	how.gate = t->o->scripts ? t->gate : NULL;
	how.distinct = t->how.once || tries_once(t);
	t->m = matrix_new(t->d, pick, &how);
	t->m->once = t->how.once;
	t->report->features = t->m->features;
	train_say(t, "%zu rows, %zu n-grams in them, %u different ones kept", t->m->rows,
	    t->m->start[t->m->rows], t->m->features);
}

static int
train_and_measure(struct training *t, struct buf *out, struct sme_err *err)
{
	const struct slice none = {NULL, 0};

	train_prepare(t, train_in_training);
	if (t->m->features == 0)
		return err_set(err, SME_DATA, "no n-gram occurs in %u rows; see --min-rows",
		    t->o->matrix.min_rows);
	if (tries_once(t))
		t->how.once = t->m->once = mostly_repeats(t->m);
	if (t->o->grid_n > 1)
		train_search_grid(t);
	train_choose_hidden(t);
	if (t->o->curve) {
		if (train_curve(t, out, err) < 0)
			return -1;
		train_prepare(t, train_in_training);
	}
	train_learn(t);
	if (train_build(t, "", none, out, err) < 0 || calibrate(t, train_in_tuning, out, err) < 0 ||
	    train_build(t, "", none, out, err) < 0 || train_measure(t, out, err) < 0)
		return -1;
	t->report->curve[CURVE_POINTS - 1] =
	    (struct curve_point){"all", dataset_count(t->d, PART_TRAIN), t->report->all};
	if (!t->o->aims_n)
		return 0;
	if (train_aim(t, out, err) < 0 || train_build(t, "", none, out, err) < 0)
		return -1;
	return train_measure(t, out, err);
}

/* Once all is measured, all rows held out set the calibration and the thresholds of the file that
 * is written. */
static int
decide_again(struct training *t, struct buf *out, struct sme_err *err)
{
	const struct slice none = {NULL, 0};

	t->report->calibration = (struct calibration){.temperature = 1};
	if (train_build(t, "", none, out, err) < 0 || calibrate(t, train_held_out, out, err) < 0)
		return -1;
	if (!t->o->aims_n)
		return 0;
	return train_build(t, "", none, out, err) < 0 ? -1 : train_aim_again(t, out, err);
}

static int
finish(struct training *t, struct buf *out, struct sme_err *err)
{
	struct buf meta = BUF_INIT;
	char release[17];
	int r = 0;

	if (t->o->refit && t->report->n) {
		if (decide_again(t, out, err) < 0)
			return -1;
		train_prepare(t, any_row);
		train_learn(t);
	}
	describe(t, &meta);
	snprintf(release, sizeof release, "%s", t->o->release);
	if (!release[0]) {
		r = train_build(t, "", buf_slice(&meta), out, err);
		if (r == 0)
			snprintf(release, sizeof release, "%08x",
			    (unsigned)(((struct model_header *)out->p)->checksum >> 32));
	}
	if (r == 0)
		r = train_build(t, release, buf_slice(&meta), out, err);
	buf_release(&meta);
	return r;
}

static void
choose_solver(struct training *t)
{
	bool many = t->d->labels.n > TRAIN_LIBLINEAR_LABELS && !t->o->experts;
	bool softmax = t->o->solver == TRAIN_SOFTMAX || (t->o->solver == TRAIN_AUTO && many);

	t->solve = softmax ? solve_softmax : solve_liblinear;
	t->report->solver = softmax ? "softmax" : "liblinear";
}

double
train_word_weight(const struct training *t, bool rarity)
{
	if (t->o->word_weight > 0)
		return t->o->word_weight;
	return rarity || t->solve == solve_softmax ? 2 : 4;
}

/* Do rare n-grams count more?  Where that is tried, it is tried first. */
static bool
wants_rarity(const struct training *t)
{
	const struct train_options *o = t->o;

	if (o->rarity != TRAIN_TRY)
		return o->rarity == TRAIN_YES;
	if (t->solve == solve_softmax)
		return !o->scripts && !o->matrix.pieces && !o->matrix.lexicon;
	return o->grid_n > 1;
}

int
train_model(const struct dataset *d, const struct train_options *o, struct buf *out,
    struct train_report *report, struct sme_err *err)
{
	struct training t = {.d = d, .o = o, .report = report};
	int r;

	memset(report, 0, sizeof *report);
	report->calibration.temperature = 1;
	if (check_dataset(d, err) < 0 || (o->experts && check_kinds(d, err) < 0))
		return -1;
	t.label_weight = xcalloc(d->labels.n, sizeof *t.label_weight);
	for (size_t c = 0; c < d->labels.n; c++)
		t.label_weight[c] = o->label_weight ? o->label_weight[c] : 1;
	choose_solver(&t);
	t.how = (struct solve_options){.strength = o->grid[0],
	    .epochs = o->epochs,
	    .adaptive = o->adaptive,
	    .rarity = wants_rarity(&t),
	    .once = o->once == TRAIN_YES,
	    .word_weight = train_word_weight(&t, wants_rarity(&t)),
	    .vector_share = o->matrix.vectors ? VECTOR_SHARE : 0,
	    .label_weight = t.label_weight};
	fill_labels(&t);
	train_fill_label_weights(&t);
	if (o->experts)
		train_fill_kind_weights(&t);
	/* Thresholds by cost need probabilities of labels as frequent as they are. */
	if (!o->label_weight && !o->experts && o->grid_n > 1 && !o->aims_n &&
	    t.solve == solve_liblinear)
		t.how.label_weight = t.even_weight;
	r = train_and_measure(&t, out, err);
	if (r == 0)
		r = finish(&t, out, err);
	report->strength = t.how.strength;
	solution_release(&t.found);
	matrix_free(t.m);
	free(t.label_weight);
	free(t.even_weight);
	free(t.full_weight);
	free(t.kind_weight);
	free(t.names);
	free(t.labels);
	free(t.gate);
	free(t.thresholds);
	return r;
}

void
train_report_release(struct train_report *report, const struct train_options *o)
{
	for (size_t a = 0; report->aims && a < o->aims_n; a++) {
		free(report->aims[a].tune);
		free(report->aims[a].test);
	}
	free(report->aims);
	free(report->guesses);
	memset(report, 0, sizeof *report);
}
