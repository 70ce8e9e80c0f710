#include "model/report_int.h"

#include <stdlib.h>

#include "core/mem.h"

/* More labels than this are no matrix that a terminal can show; the worst pairs are listed. */
#define MATRIX_LABELS 12
#define WORST_PAIRS 15

static void
put_choice(struct buf *b, const char *what, const struct train_choice *c)
{
	if (c->tried)
		buf_printf(b, "  %s: macro-F1 %.4f, accuracy %.4f; without %.4f, %.4f\n", what,
		    c->with.macro_f1, c->with.accuracy, c->without.macro_f1, c->without.accuracy);
}

static void
put_counts(struct buf *b, const struct dataset *d, const struct train_options *o,
    const struct train_report *r)
{
	buf_printf(b, "head %s: %zu rows, %zu labels, %zu held out; %u n-grams, %s, strength %g\n",
	    o->name, d->n, d->labels.n, r->n, r->features, r->solver, r->strength);
	for (size_t g = 0; g < o->grid_n && o->grid_n > 1; g++)
		buf_printf(b,
		    "  strength %-8g macro-F1 %.4f, accuracy %.4f in %u-fold cross-validation\n",
		    o->grid[g], r->grid[g].macro_f1, r->grid[g].accuracy, o->folds);
	put_choice(b, "rare n-grams count more", &r->rarity);
	put_choice(b, "n-grams count once a text", &r->once);
	put_choice(b, "vectors of words", &r->vectors);
	put_choice(b, "rows of rare labels count more", &r->evening);
	put_choice(b, "all labels count the same", &r->balance);
	if (r->hidden)
		buf_printf(b,
		    "  %u hidden units and %g of the linear part: macro-F1 %.4f, without them "
		    "%.4f\n",
		    r->hidden, r->linear_share, r->hidden_f1, r->linear_f1);
	else if (r->linear_f1 > 0)
		buf_printf(b, "  hidden units do not help: macro-F1 %.4f, without them %.4f\n",
		    r->hidden_f1, r->linear_f1);
}

static void
put_figures(struct buf *b, const struct dataset *d, const struct train_options *o,
    const struct train_report *r)
{
	const struct figures *f = &r->all;
	struct interval accuracy, macro;

	if (!r->n) {
		buf_puts(b, "nothing was held out, so nothing was measured\n");
		return;
	}
	buf_printf(b, "held out: accuracy %.4f, macro-F1 %.4f, macro-recall %.4f\n", f->accuracy,
	    f->macro_f1, f->macro_recall);
	macro = interval_macro_f1(r->guesses, r->n, (uint32_t)d->labels.n);
	accuracy = interval_share((size_t)(f->accuracy * (double)f->rows + 0.5), f->rows);
	buf_printf(b, "95 %%: accuracy %.4f to %.4f, macro-F1 %.4f to %.4f\n", accuracy.low,
	    accuracy.high, macro.low, macro.high);
	buf_printf(b, "calibration: temperature %.3f, ", r->calibration.temperature);
	if (r->calibration.n)
		buf_printf(b, "table of %u knots, ", r->calibration.n);
	buf_printf(
	    b, "ECE %.4f (%.4f by chance alone), Brier %.4f\n", f->ece, f->ece_chance, f->brier);
	if (r->calibration.error_temperature > 0)
		buf_printf(b,
		    "  ECE on the %zu rows that set it: %.4f by the temperature, %.4f with a "
		    "table\n",
		    r->calibration.rows, r->calibration.error_temperature,
		    r->calibration.error_table);
	if (o->min_p > 0)
		buf_printf(b, "at --min-p %g: %.1f %% answered, %.4f of them right\n", o->min_p,
		    100 * f->answered, f->answered_right);
}

/* Labels come from outside; on a terminal their control bytes must not act. */
void
report_name(struct buf *b, const char *name, int width)
{
	char shown[33];
	size_t n = 0;

	for (; name[n] && n < sizeof shown - 1; n++)
		shown[n] = (unsigned char)name[n] < ' ' || name[n] == 0x7f ? '?' : name[n];
	shown[n] = '\0';
	buf_printf(b, "%-*s", width, shown);
}

static void
put_labels(struct buf *b, const struct dataset *d, const size_t *matrix)
{
	uint32_t n = (uint32_t)d->labels.n;

	buf_printf(b, "\n%-32s %8s %9s %9s %9s  %s\n", "label", "rows", "precision", "recall", "F1",
	    "95 % of the recall");
	for (uint32_t c = 0; c < n; c++) {
		struct label_figures f = figures_label(matrix, n, c);

		report_name(b, report_label(d, c), 32);
		buf_printf(b, " %8zu %9.4f %9.4f %9.4f", f.rows, f.precision, f.recall, f.f1);
		if (f.rows) {
			struct interval i = interval_share(matrix[c * (n + 1) + c], f.rows);

			buf_printf(b, "  %.4f to %.4f", i.low, i.high);
		}
		buf_addc(b, '\n');
	}
}

static void
put_matrix(struct buf *b, const struct dataset *d, const size_t *matrix)
{
	size_t n = d->labels.n;

	buf_printf(b, "\n%-24s", "is \\ taken for");
	for (size_t c = 0; c < n; c++) {
		buf_addc(b, ' ');
		report_name(b, report_label(d, c), 10);
	}
	buf_addc(b, '\n');
	for (size_t r = 0; r < n; r++) {
		report_name(b, report_label(d, r), 24);
		for (size_t c = 0; c < n; c++)
			buf_printf(b, " %10zu", matrix[r * (n + 1) + c]);
		buf_addc(b, '\n');
	}
}

struct mistake {
	size_t is, taken, rows;
};

static int
by_rows(const void *a, const void *b)
{
	const struct mistake *x = a, *y = b;

	if (x->rows != y->rows)
		return x->rows < y->rows ? 1 : -1;
	if (x->is != y->is)
		return x->is < y->is ? -1 : 1;
	return x->taken < y->taken ? -1 : x->taken > y->taken;
}

static void
put_worst(struct buf *b, const struct dataset *d, const size_t *matrix)
{
	size_t n = d->labels.n, found = 0;
	struct mistake *list = xcalloc(n * n, sizeof *list);

	for (size_t r = 0; r < n; r++)
		for (size_t c = 0; c < n; c++)
			if (r != c && matrix[r * (n + 1) + c])
				list[found++] = (struct mistake){r, c, matrix[r * (n + 1) + c]};
	qsort(list, found, sizeof *list, by_rows);
	if (found)
		buf_printf(b, "\n%8s  %-32s taken for\n", "mistakes", "is");
	for (size_t i = 0; i < found && i < WORST_PAIRS; i++) {
		buf_printf(b, "%8zu  ", list[i].rows);
		report_name(b, report_label(d, list[i].is), 33);
		report_name(b, report_label(d, list[i].taken), 0);
		buf_addc(b, '\n');
	}
	free(list);
}

static void
put_groups(struct buf *b, const struct dataset *d, const struct train_report *r)
{
	uint32_t labels = (uint32_t)d->labels.n;

	buf_printf(b, "\n%-24s %8s %9s %9s %9s\n", "by", "rows", "accuracy", "macro-F1", "ECE");
	for (uint32_t g = 0; g < d->groups.n; g++) {
		struct figures f = figures_of(r->guesses, r->n, labels, g);

		if (!f.rows)
			continue;
		report_name(b, d->groups.items[g].key.n ? d->groups.items[g].key.p : "(none)", 24);
		buf_printf(b, " %8zu %9.4f %9.4f %9.4f\n", f.rows, f.accuracy, f.macro_f1, f.ece);
	}
}

void
report_put(struct buf *b, const struct dataset *d, const struct train_options *o,
    const struct train_report *r, bool by)
{
	uint32_t labels = (uint32_t)d->labels.n;
	size_t *matrix;

	put_counts(b, d, o, r);
	put_figures(b, d, o, r);
	if (!r->n)
		return;
	matrix = xcalloc((size_t)labels * (labels + 1), sizeof *matrix);
	figures_confusion(r->guesses, r->n, labels, matrix);
	put_labels(b, d, matrix);
	if (labels <= MATRIX_LABELS)
		put_matrix(b, d, matrix);
	else
		put_worst(b, d, matrix);
	if (by)
		put_groups(b, d, r);
	report_reliability(b, r);
	report_aims(b, d, o, r);
	if (o->curve)
		report_curve(b, r);
	free(matrix);
}
