/* The new model beside the one in use, and what the new one gets wrong. */
#include <stdlib.h>

#include "core/mem.h"
#include "model/report_int.h"
#include "stream/json.h"

static const char *const verdicts[] = {
    [VERDICT_SAME] = "no difference can be shown",
    [VERDICT_BETTER] = "the new model is better",
    [VERDICT_WORSE] = "the new model is worse",
};

static size_t *
matrix_of(const struct guess *list, size_t n, uint32_t labels)
{
	size_t *matrix = xcalloc((size_t)labels * (labels + 1), sizeof *matrix);

	figures_confusion(list, n, labels, matrix);
	return matrix;
}

static void
put_labels(struct buf *b, const struct dataset *d, const struct train_report *r,
    const struct comparison *c)
{
	uint32_t labels = (uint32_t)d->labels.n;
	size_t *old = matrix_of(c->guesses, c->n, labels),
	       *new = matrix_of(r->guesses, r->n, labels);

	buf_printf(b, "%-32s %8s %9s %9s %9s\n", "label", "rows", "old F1", "new F1", "change");
	for (uint32_t l = 0; l < labels; l++) {
		struct label_figures o = figures_label(old, labels, l),
				     n = figures_label(new, labels, l);

		report_name(b, report_label(d, l), 32);
		buf_printf(b, " %8zu %9.4f %9.4f %+9.4f\n", n.rows, o.f1, n.f1, n.f1 - o.f1);
	}
	free(old);
	free(new);
}

void
report_put_comparison(struct buf *b, const struct dataset *d, const struct train_report *r,
    const struct comparison *c, const char *old)
{
	buf_printf(b, "\ncompared with %s on the %zu rows held out:\n", old, c->n);
	if (c->may_have_seen)
		buf_printf(b, "it may have learned from these rows, which would flatter it\n");
	if (c->foreign)
		buf_printf(b, "it gave %zu of them a label that is not in the rows\n", c->foreign);
	buf_printf(b, "accuracy %.4f, was %.4f; macro-F1 %.4f, was %.4f\n", r->all.accuracy,
	    c->old.accuracy, r->all.macro_f1, c->old.macro_f1);
	buf_printf(b,
	    "right: both %zu, only the new one %zu, only the old one %zu "
	    "(McNemar p %.4f)\n",
	    c->both, c->only_new, c->only_old, c->chance);
	put_labels(b, d, r, c);
	buf_printf(b, "verdict: %s; macro-F1 %+.4f, 95 %% %+.4f to %+.4f\n", verdicts[c->verdict],
	    c->difference, c->interval.low, c->interval.high);
}

static int
by_certainty(const void *a, const void *b)
{
	const struct guess *x = *(const struct guess *const *)a,
			   *y = *(const struct guess *const *)b;

	if (x->p != y->p)
		return x->p > y->p ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static void
put_miss(struct buf *b, const struct dataset *d, const struct guess *g)
{
	const struct sample *s = &d->rows[g->row];

	buf_puts(b, "{\"id\":");
	if (s->id.p)
		json_put_string(b, s->id);
	else
		buf_puts(b, "null");
	buf_puts(b, ",\"label\":");
	json_put_string(b, slice_of(report_label(d, g->label)));
	buf_puts(b, ",\"guess\":");
	if (g->best >= 0)
		json_put_string(b, slice_of(report_label(d, (size_t)g->best)));
	else
		buf_puts(b, "null");
	buf_puts(b, ",\"p\":");
	json_put_fixed(b, g->p, 4);
	buf_puts(b, ",\"text\":");
	json_put_string(b, s->text);
	buf_puts(b, ",\"file\":");
	json_put_string(b, slice_of(s->file));
	if (s->line)
		buf_printf(b, ",\"line\":%zu", s->line);
	buf_puts(b, "}\n");
}

void
report_put_misses(struct buf *b, const struct dataset *d, const struct train_report *r)
{
	const struct guess **list = xcalloc(r->n + 1, sizeof *list);
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		if (r->guesses[i].best != (int32_t)r->guesses[i].label)
			list[n++] = &r->guesses[i];
	qsort(list, n, sizeof *list, by_certainty);
	for (size_t i = 0; i < n; i++)
		put_miss(b, d, list[i]);
	free(list);
}
