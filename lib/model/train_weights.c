/* How much rows count by their label, and with experts by their label and kind. */
#include <math.h>
#include <stdlib.h>

#include "core/mem.h"
#include "model/train_int.h"

/* What all rows of a label of kind KIND count together, if there are ROWS. */
static double
kind_share(const struct training *t, size_t kind, double rows)
{
	if (t->o->keep_shares && t->o->keep_shares[kind])
		return rows;
	return rows <= 0 ? 0 : t->o->balance ? 1 : sqrt(rows);
}

void
train_fill_label_weights(struct training *t)
{
	size_t labels = t->d->labels.n;
	double all = 0;

	t->even_weight = xcalloc(labels, sizeof *t->even_weight);
	t->full_weight = xcalloc(labels, sizeof *t->full_weight);
	for (size_t c = 0; c < labels; c++)
		all += sqrt((double)t->labels[c].rows);
	for (size_t c = 0; c < labels; c++) {
		double rows = (double)t->labels[c].rows;

		t->even_weight[c] = (double)t->d->n / all / sqrt(rows);
		t->full_weight[c] = (double)t->d->n / (double)labels / rows;
	}
}

void
train_fill_kind_weights(struct training *t)
{
	size_t labels = t->d->labels.n, kinds = t->d->groups.n;
	double *rows = xcalloc(labels * kinds, sizeof *rows);

	t->how.experts = (uint32_t)kinds;
	t->how.kind_weight = t->kind_weight = xcalloc(labels * kinds, sizeof *t->kind_weight);
	for (size_t i = 0; i < t->d->n; i++)
		rows[t->d->rows[i].group * labels + t->d->rows[i].label]++;
	for (size_t k = 0; k < kinds; k++) {
		double all = 0, shares = 0;

		for (size_t c = 0; c < labels; c++) {
			all += rows[k * labels + c];
			shares += kind_share(t, k, rows[k * labels + c]);
		}
		for (size_t c = 0; c < labels; c++)
			if (rows[k * labels + c] > 0)
				t->kind_weight[k * labels + c] =
				    all / shares * kind_share(t, k, rows[k * labels + c]) /
				    rows[k * labels + c];
	}
	free(rows);
}
