/* Are hidden units worth it, and how much is the linear part to count beside them? */
#include <stdlib.h>

#include "core/mem.h"
#include "model/train_int.h"

/* More labels than these make it worth trying; with more rows it takes too long. */
#define AUTO_LABELS TRAIN_LIBLINEAR_LABELS
#define AUTO_ROWS 50000
#define AUTO_UNITS 512

/* So many rows are guessed, if there are so many: as many folds as it takes. */
#define GUESSES 2000

/* What the linear part may count. */
static const float shares[] = {0.25f, 0.5f, 0, 1};

#define SHARES (sizeof shares / sizeof *shares)

/* Guesses of one fold after another, by the linear part and with each share. */
struct contest {
	size_t n;
	struct guess *linear, *mixed[SHARES];
};

static uint32_t
units_wanted(const struct training *t)
{
	const struct train_options *o = t->o;

	if (o->hidden >= 0)
		return (uint32_t)o->hidden;
	if (t->m->labels <= AUTO_LABELS || t->solve != solve_softmax || o->scripts ||
	    o->matrix.pieces || o->matrix.lexicon || o->folds < 2 || t->m->rows > AUTO_ROWS)
		return 0;
	return AUTO_UNITS;
}

/* The label with the highest score: all of those in UNITS and SHARE of those in LINEAR. */
static int32_t
best_of(const float *linear, const float *units, float share, uint32_t labels)
{
	uint32_t best = 0;

	for (uint32_t c = 1; c < labels; c++)
		if (units[c] + share * linear[c] > units[best] + share * linear[best])
			best = c;
	return (int32_t)best;
}

static void
guess_row(const struct training *t, const struct solution *s, size_t row, float *linear,
    float *units, struct contest *c)
{
	struct guess g = {.label = t->m->label[row]};

	g.best = (int32_t)solution_best(s, t->m, row, linear);
	c->linear[c->n] = g;
	solution_unit_scores(s, t->m, row, units);
	for (size_t i = 0; i < SHARES; i++) {
		g.best = best_of(linear, units, shares[i], t->m->labels);
		c->mixed[i][c->n] = g;
	}
	c->n++;
}

/* Learn from the rows outside fold FOLD, guess those in it. */
static void
run_fold(const struct training *t, const size_t *rows, const unsigned *in, size_t n, unsigned fold,
    struct contest *c)
{
	size_t *learn = xcalloc(n + 1, sizeof *learn), count = 0;
	float *linear = xcalloc(t->m->labels, sizeof *linear);
	float *units = xcalloc(t->m->labels, sizeof *units);
	struct solution s = {0};

	for (size_t i = 0; i < n; i++)
		if (in[i] != fold)
			learn[count++] = rows[i];
	t->solve(t->m, learn, count, &t->how, &s);
	solve_hidden(t->m, learn, count, &t->how, &s);
	for (size_t i = 0; i < n; i++)
		if (in[i] == fold)
			guess_row(t, &s, rows[i], linear, units, c);
	solution_release(&s);
	free(linear);
	free(units);
	free(learn);
}

static void
run_contest(const struct training *t, struct contest *c)
{
	size_t *rows = xcalloc(t->m->rows + 1, sizeof *rows);
	unsigned *fold = xcalloc(t->m->rows + 1, sizeof *fold);
	size_t n = train_grid_rows(t, rows, fold);

	c->linear = xcalloc(n + 1, sizeof *c->linear);
	for (size_t i = 0; i < SHARES; i++)
		c->mixed[i] = xcalloc(n + 1, sizeof *c->mixed[i]);
	for (unsigned f = 0; f < t->o->folds && c->n < GUESSES; f++)
		run_fold(t, rows, fold, n, f, c);
	free(rows);
	free(fold);
}

static double
macro_f1(const struct training *t, const struct guess *guesses, size_t n)
{
	return figures_of(guesses, n, t->m->labels, FIGURES_ALL).macro_f1;
}

void
train_choose_hidden(struct training *t)
{
	struct train_report *r = t->report;
	struct contest c = {0};
	double best = -1;

	t->how.hidden = units_wanted(t);
	if (!t->how.hidden)
		return;
	run_contest(t, &c);
	r->linear_f1 = macro_f1(t, c.linear, c.n);
	for (size_t i = 0; i < SHARES; i++) {
		double f1 = macro_f1(t, c.mixed[i], c.n);

		train_say(t, "%u hidden units and %g of the linear part: macro-F1 %.4f, not %.4f",
		    t->how.hidden, shares[i], f1, r->linear_f1);
		if (f1 > best) {
			best = f1;
			t->linear_share = shares[i];
		}
		free(c.mixed[i]);
	}
	free(c.linear);
	r->hidden_f1 = best;
	if (t->o->hidden < 0 && best <= r->linear_f1)
		t->how.hidden = 0;
	r->hidden = t->how.hidden;
	r->linear_share = t->linear_share;
}
