/* The parts of the report that help to decide: can the probabilities be trusted, from where on
 * should a label be given, would more rows help. */
#include "model/report_int.h"

void
report_reliability(struct buf *b, const struct train_report *r)
{
	struct reliability bins = {0};

	reliability_add_guesses(&bins, r->guesses, r->n, FIGURES_ALL);
	buf_printf(b, "\n%-16s %8s %9s %9s\n", "probability", "rows", "promised", "right");
	for (int i = 0; i < FIGURES_BINS; i++) {
		if (!bins.rows[i])
			continue;
		buf_printf(b, "%.3f to %.3f   %8zu %9.4f %9.4f\n", (double)i / FIGURES_BINS,
		    (double)(i + 1) / FIGURES_BINS, bins.rows[i],
		    bins.promised[i] / (double)bins.rows[i],
		    (double)bins.right[i] / (double)bins.rows[i]);
	}
}

static void
put_point(struct buf *b, const struct aim_result *a, const struct train_aim *aim, double threshold)
{
	struct threshold_point at = threshold_at(a->test, a->test_n, threshold);
	bool chosen = threshold == a->threshold;

	buf_printf(b, "%c %9.4f %8zu %9.4f %9.4f", chosen ? '*' : ' ', threshold, at.taken,
	    threshold_recall(&at), threshold_precision(&at));
	if (aim->recall <= 0)
		buf_printf(b, " %12.2f",
		    at.rows ? 1000 * threshold_cost(&at, aim->miss, aim->alarm) / (double)at.rows
			    : 0);
	buf_addc(b, '\n');
}

/* The curve over a few thresholds, the chosen one among them. */
static void
put_points(struct buf *b, const struct aim_result *a, const struct train_aim *aim)
{
	static const double steps[] = {
	    0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 2};
	bool done = false;

	buf_printf(b, "  %9s %8s %9s %9s%s\n", "threshold", "given", "recall", "precision",
	    aim->recall > 0 ? "" : " cost of 1000");
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		if (!done && a->threshold <= steps[i]) {
			put_point(b, a, aim, a->threshold);
			done = true;
		}
		if (steps[i] < 1 && steps[i] != a->threshold)
			put_point(b, a, aim, steps[i]);
	}
}

/* At what price a share of the label's rows is found. */
static void
put_recalls(struct buf *b, const struct aim_result *a)
{
	static const double shares[] = {0.8, 0.9, 0.95, 0.99};

	for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
		double threshold = threshold_by_recall(a->test, a->test_n, shares[i]);
		struct threshold_point at = threshold_at(a->test, a->test_n, threshold);
		struct interval in = interval_share(at.hits, at.taken);

		buf_printf(b, "  recall %.2f from %.4f on, with precision %.4f (%.4f to %.4f)\n",
		    shares[i], threshold, threshold_precision(&at), in.low, in.high);
	}
}

static void
put_aim(
    struct buf *b, const struct dataset *d, const struct train_aim *aim, const struct aim_result *a)
{
	size_t of = threshold_at(a->tune, a->tune_n, 0).of;

	buf_puts(b, "\nlabel ");
	report_name(b, report_label(d, aim->label), 0);
	if (aim->recall > 0)
		buf_printf(b, ": %g of its rows are to be found", aim->recall);
	else
		buf_printf(b, ": a miss costs %g, a false alarm %g", aim->miss, aim->alarm);
	buf_printf(b, "; given from %.4f on\n", a->threshold);
	buf_printf(b, "chosen %s %zu rows, %zu of them of the label%s\n",
	    aim->recall <= 0 && a->few ? "by the costs alone: there are" : "on", a->tune_n, of,
	    a->few ? ", which are few" : "");
	if (a->written < a->threshold || a->written > a->threshold)
		buf_printf(b,
		    "the model that is written gives it from %.4f on, by all %zu rows held out\n",
		    a->written, a->tune_n + a->test_n);
	if (!threshold_at(a->test, a->test_n, 0).of) {
		buf_puts(b, "none of the other rows held out has the label: label more, or raise "
			    "--holdout\n");
		return;
	}
	buf_printf(b, "on the %zu others held out:\n", a->test_n);
	put_points(b, a, aim);
	put_recalls(b, a);
}

void
report_aims(struct buf *b, const struct dataset *d, const struct train_options *o,
    const struct train_report *r)
{
	for (size_t i = 0; i < o->aims_n; i++)
		put_aim(b, d, &o->aims[i], &r->aims[i]);
}

void
report_curve(struct buf *b, const struct train_report *r)
{
	buf_printf(b, "\n%-16s %8s %9s %9s\n", "learned from", "rows", "accuracy", "macro-F1");
	for (size_t i = 0; i < CURVE_POINTS; i++) {
		const struct curve_point *p = &r->curve[i];

		buf_printf(b, "%-16s %8zu", p->share, p->rows);
		if (p->figures.rows)
			buf_printf(b, " %9.4f %9.4f\n", p->figures.accuracy, p->figures.macro_f1);
		else
			buf_puts(b, "   too few to learn from\n");
	}
}
