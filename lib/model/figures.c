#include "model/figures.h"

#include <math.h>
#include <stdlib.h>

#include "core/mem.h"

#define BINS 15

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

/* The mean distance of what is promised from what is kept. */
static double
calibration_error(const struct guess *list, size_t n, uint32_t group)
{
	double promised[BINS] = {0}, kept[BINS] = {0}, error = 0;
	size_t rows = 0;

	for (size_t i = 0; i < n; i++) {
		int bin = (int)(list[i].p * BINS);

		if (list[i].best < 0 || list[i].tuned ||
		    (group != FIGURES_ALL && list[i].group != group))
			continue;
		bin = bin < BINS ? bin : BINS - 1;
		promised[bin] += list[i].p;
		kept[bin] += list[i].best == (int32_t)list[i].label;
		rows++;
	}
	for (int b = 0; b < BINS; b++)
		error += fabs(promised[b] - kept[b]);
	return rows ? error / (double)rows : 0;
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
figures_of(const struct guess *list, size_t n, uint32_t labels, uint32_t group, double min_p)
{
	struct figures f = {0};
	size_t *matrix = xcalloc((size_t)labels * (labels + 1), sizeof *matrix);
	size_t right = 0, answered = 0, answered_right = 0;

	for (size_t i = 0; i < n; i++) {
		bool hit = list[i].best == (int32_t)list[i].label;
		bool sure = list[i].best >= 0 && list[i].p >= min_p;

		if (group != FIGURES_ALL && list[i].group != group)
			continue;
		figures_confusion(&list[i], 1, labels, matrix);
		f.rows++;
		right += hit;
		answered += sure;
		answered_right += sure && hit;
	}
	add_means(&f, matrix, labels);
	free(matrix);
	f.ece = calibration_error(list, n, group);
	f.accuracy = f.rows ? (double)right / (double)f.rows : 0;
	f.answered = f.rows ? (double)answered / (double)f.rows : 0;
	f.answered_right = answered ? (double)answered_right / (double)answered : 0;
	return f;
}
