/* Which strength, and which of a few other things, give the best guesses in cross-validation? */
#include <stdlib.h>

#include "core/mem.h"
#include "model/train_int.h"

/* Which fold of the cross-validation a row is in; by the text, as the split. */
static unsigned
fold_of(const struct sample *s, unsigned folds)
{
	return (unsigned)(s->side / 1000 % folds);
}

/* Rows for the grid: those in training, thinned out evenly when they are too many. */
size_t
train_grid_rows(const struct training *t, size_t *rows, unsigned *fold)
{
	size_t all = t->m->rows, want = t->o->grid_rows ? t->o->grid_rows : all, n = 0;

	for (size_t row = 0; row < all; row++) {
		const struct sample *s = &t->d->rows[t->m->sample[row]];

		if (want < all && s->side / 100000 % all >= want)
			continue;
		rows[n] = row;
		fold[n++] = fold_of(s, t->o->folds);
	}
	return n;
}

/* Learn from the rows outside fold FOLD, guess those in it. */
static size_t
run_fold(const struct training *t, const size_t *rows, const unsigned *in, size_t n, unsigned fold,
    struct guess *out)
{
	size_t *learn = xcalloc(n + 1, sizeof *learn), count = 0, guesses = 0;
	float *scores = xcalloc(model_columns(t->m->labels, t->how.experts), sizeof *scores);
	struct solution s = {0};

	for (size_t i = 0; i < n; i++)
		if (in[i] != fold)
			learn[count++] = rows[i];
	t->solve(t->m, learn, count, &t->how, &s);
	for (size_t i = 0; i < n; i++)
		if (in[i] == fold)
			out[guesses++] = (struct guess){.label = t->m->label[rows[i]],
			    .best = (int32_t)solution_best(&s, t->m, rows[i], scores)};
	solution_release(&s);
	free(scores);
	free(learn);
	return guesses;
}

/* The rows of the cross-validation. */
struct contest {
	size_t *rows, n;
	unsigned *fold;
	struct guess *guesses;
};

/* Learn with HOW from now on. */
static void
learn_with(struct training *t, struct solve_options how)
{
	t->how = how;
	t->m->once = how.once;
}

static double
worth(struct train_score s)
{
	return s.accuracy + s.macro_f1;
}

/* How good over all folds is what is learned with t->how? */
static struct train_score
try_it(const struct training *t, struct contest *c)
{
	struct figures f;
	size_t done = 0;

	for (unsigned i = 0; i < t->o->folds; i++)
		done += run_fold(t, c->rows, c->fold, c->n, i, c->guesses + done);
	f = figures_of(c->guesses, done, t->m->labels, FIGURES_ALL);
	return (struct train_score){f.accuracy, f.macro_f1};
}

/* Take the best strength; of equals the first one. */
static struct train_score
choose_strength(struct training *t, struct contest *c)
{
	struct train_report *r = t->report;
	size_t best = 0;

	for (size_t g = 0; g < t->o->grid_n; g++) {
		t->how.strength = t->o->grid[g];
		r->grid[g] = try_it(t, c);
		train_say(t,
		    "strength %g: macro-F1 %.4f, accuracy %.4f in %u-fold cross-validation of %zu "
		    "rows",
		    t->o->grid[g], r->grid[g].macro_f1, r->grid[g].accuracy, t->o->folds, c->n);
		if (worth(r->grid[g]) > worth(r->grid[best]))
			best = g;
	}
	t->how.strength = t->o->grid[best];
	return r->grid[best];
}

/* Learn with OTHER from now on, where that has no WHAT, if it is better than BEST. */
static void
try_without(struct training *t, struct contest *c, struct solve_options other,
    struct train_score *best, struct train_choice *choice, const char *what)
{
	struct solve_options used = t->how;

	learn_with(t, other);
	*choice = (struct train_choice){.tried = true, .with = *best, .without = try_it(t, c)};
	train_say(t, "without %s: macro-F1 %.4f, not %.4f, accuracy %.4f, not %.4f", what,
	    choice->without.macro_f1, best->macro_f1, choice->without.accuracy, best->accuracy);
	if (worth(choice->without) > worth(*best))
		*best = choice->without;
	else
		learn_with(t, used);
}

/* Choose all but what rows of a label count. */
static struct train_score
choose_features(struct training *t, struct contest *c)
{
	struct train_report *r = t->report;
	struct train_score best = choose_strength(t, c);
	struct solve_options other = t->how;

	other.rarity = false;
	other.word_weight = train_word_weight(t, false);
	if (t->o->rarity == TRAIN_TRY && t->solve == solve_liblinear)
		try_without(t, c, other, &best, &r->rarity, "counting rare n-grams more");
	other = t->how;
	other.once = false;
	if (t->o->once == TRAIN_TRY && t->how.once)
		try_without(t, c, other, &best, &r->once, "counting n-grams once a text");
	other = t->how;
	other.vector_share = 0;
	if (t->o->vectors_tried && t->m->vectors && t->solve == solve_liblinear)
		try_without(t, c, other, &best, &r->vectors, "vectors of words");
	return best;
}

/* Choose all again with START, where all labels count the same: other strengths and features may
 * be best with that.  Take it if it is better than BEST. */
static void
try_balance(
    struct training *t, struct contest *c, struct solve_options start, struct train_score best)
{
	struct train_report *r = t->report, before = *r;
	struct solve_options used = t->how;
	struct train_choice balance = {.tried = true, .without = best};

	learn_with(t, start);
	t->how.label_weight = t->full_weight;
	balance.with = choose_features(t, c);
	train_say(t,
	    "with all labels counting the same: macro-F1 %.4f, not %.4f, accuracy %.4f, "
	    "not %.4f",
	    balance.with.macro_f1, best.macro_f1, balance.with.accuracy, best.accuracy);
	if (worth(balance.with) <= worth(best)) {
		learn_with(t, used);
		*r = before;
	}
	r->balance = balance;
}

void
train_search_grid(struct training *t)
{
	struct contest c = {.rows = xcalloc(t->m->rows + 1, sizeof *c.rows),
	    .fold = xcalloc(t->m->rows + 1, sizeof *c.fold),
	    .guesses = xcalloc(t->m->rows + 1, sizeof *c.guesses)};
	struct train_report *r = t->report;
	struct solve_options start = t->how, other;
	struct train_score best;

	c.n = train_grid_rows(t, c.rows, c.fold);
	best = choose_features(t, &c);
	if (start.label_weight == t->even_weight) {
		other = t->how;
		other.label_weight = t->label_weight;
		try_without(t, &c, other, &best, &r->evening, "counting rows of rare labels more");
		try_balance(t, &c, start, best);
	}
	free(c.guesses);
	free(c.fold);
	free(c.rows);
}
