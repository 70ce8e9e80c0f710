#include "model/figures.h"

#include <math.h>
#include <stdlib.h>

#include "core/mem.h"

void
figures_confusion(const struct guess *list, size_t n, uint32_t labels, size_t *matrix)
{
	for (size_t i = 0; i < n; i++) {
		size_t column = list[i].best < 0 ? labels : (size_t)list[i].best;

		matrix[list[i].label * (labels + 1) + column]++;
	}
}

struct label_figures
figures_label(const size_t *matrix, uint32_t labels, uint32_t label)
{
	struct label_figures f = {0};
	size_t right = matrix[label * (labels + 1) + label], guessed = 0;

	for (uint32_t c = 0; c <= labels; c++)
		f.rows += matrix[label * (labels + 1) + c];
	for (uint32_t c = 0; c < labels; c++)
		guessed += matrix[c * (labels + 1) + label];
	f.precision = guessed ? (double)right / (double)guessed : 0;
	f.recall = f.rows ? (double)right / (double)f.rows : 0;
	if (right)
		f.f1 = 2 * f.precision * f.recall / (f.precision + f.recall);
	return f;
}

void
reliability_add(struct reliability *r, double p, bool right)
{
	int bin = (int)(p * FIGURES_BINS);

	bin = bin < FIGURES_BINS ? bin : FIGURES_BINS - 1;
	r->rows[bin]++;
	r->promised[bin] += p;
	r->variance[bin] += p * (1 - p);
	r->right[bin] += right;
}

void
reliability_add_guesses(struct reliability *r, const struct guess *list, size_t n, uint32_t group)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].best >= 0 && !list[i].tuned &&
		    (group == FIGURES_ALL || list[i].group == group))
			reliability_add(r, list[i].p, list[i].best == (int32_t)list[i].label);
}

double
reliability_ece(const struct reliability *r)
{
	double error = 0;
	size_t rows = 0;

	for (int b = 0; b < FIGURES_BINS; b++) {
		error += fabs(r->promised[b] - (double)r->right[b]);
		rows += r->rows[b];
	}
	return rows ? error / (double)rows : 0;
}

/* The mean absolute deviation of a normal variable is sqrt(2 / pi) of its standard deviation. */
double
reliability_chance(const struct reliability *r)
{
	double error = 0;
	size_t rows = 0;

	for (int b = 0; b < FIGURES_BINS; b++) {
		error += sqrt(r->variance[b] * M_2_PI);
		rows += r->rows[b];
	}
	return rows ? error / (double)rows : 0;
}

static double
mean_brier(const struct guess *list, size_t n, uint32_t group)
{
	double sum = 0;
	size_t rows = 0;

	for (size_t i = 0; i < n; i++) {
		if (list[i].tuned || (group != FIGURES_ALL && list[i].group != group))
			continue;
		sum += list[i].brier;
		rows++;
	}
	return rows ? sum / (double)rows : 0;
}

static void
add_means(struct figures *f, const size_t *matrix, uint32_t labels)
{
	uint32_t occur = 0;

	for (uint32_t c = 0; c < labels; c++) {
		struct label_figures l = figures_label(matrix, labels, c);

		if (!l.rows)
			continue;
		occur++;
		f->macro_f1 += l.f1;
		f->macro_recall += l.recall;
	}
	if (occur) {
		f->macro_f1 /= occur;
		f->macro_recall /= occur;
	}
}

struct figures
figures_of(const struct guess *list, size_t n, uint32_t labels, uint32_t group)
{
	struct figures f = {0};
	struct reliability bins = {0};
	size_t *matrix = xcalloc((size_t)labels * (labels + 1), sizeof *matrix);
	size_t right = 0, answered = 0, answered_right = 0;

	for (size_t i = 0; i < n; i++) {
		bool hit = list[i].best == (int32_t)list[i].label;

		if (group != FIGURES_ALL && list[i].group != group)
			continue;
		figures_confusion(&list[i], 1, labels, matrix);
		f.rows++;
		right += hit;
		answered += list[i].answered;
		answered_right += list[i].answered && hit;
	}
	add_means(&f, matrix, labels);
	free(matrix);
	reliability_add_guesses(&bins, list, n, group);
	f.ece = reliability_ece(&bins);
	f.ece_chance = reliability_chance(&bins);
	f.brier = mean_brier(list, n, group);
	f.accuracy = f.rows ? (double)right / (double)f.rows : 0;
	f.answered = f.rows ? (double)answered / (double)f.rows : 0;
	f.answered_right = answered ? (double)answered_right / (double)answered : 0;
	return f;
}
