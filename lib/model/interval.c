#include "model/interval.h"

#include <math.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"

/* The 97.5 % point of the normal distribution. */
#define Z 1.959963984540054

/* So many samples are drawn, fewer when each of them is large. */
#define SAMPLES_MAX 1000
#define SAMPLES_MIN 200
#define DRAWS ((size_t)20000000)

struct interval
interval_share(size_t hits, size_t n)
{
	double rows = (double)n, share, middle, half;

	if (!n)
		return (struct interval){0, 1};
	share = (double)hits / rows;
	middle = (share + Z * Z / (2 * rows)) / (1 + Z * Z / rows);
	half =
	    Z * sqrt(share * (1 - share) / rows + Z * Z / (4 * rows * rows)) / (1 + Z * Z / rows);
	return (struct interval){fmax(middle - half, 0), fmin(middle + half, 1)};
}

/* What F1 is made of, for each label. */
struct tally {
	size_t rows, taken, hits;
};

static void
count(struct tally *t, const struct guess *g)
{
	t[g->label].rows++;
	if (g->best >= 0)
		t[g->best].taken++;
	if (g->best == (int32_t)g->label)
		t[g->label].hits++;
}

static double
macro_f1(const struct tally *t, uint32_t labels)
{
	double sum = 0;
	size_t occur = 0;

	for (uint32_t c = 0; c < labels; c++) {
		if (!t[c].rows)
			continue;
		occur++;
		sum += 2 * (double)t[c].hits / (double)(t[c].rows + t[c].taken);
	}
	return occur ? sum / (double)occur : 0;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static size_t
samples_for(size_t n)
{
	size_t samples = n ? DRAWS / n : SAMPLES_MAX;

	return samples > SAMPLES_MAX ? SAMPLES_MAX : samples < SAMPLES_MIN ? SAMPLES_MIN : samples;
}

/* A is NULL where B is looked at by itself. */
struct interval
interval_difference(const struct guess *a, const struct guess *b, size_t n, uint32_t labels)
{
	size_t samples = samples_for(n), draw = 0;
	struct tally *of_a = xcalloc(labels, sizeof *of_a), *of_b = xcalloc(labels, sizeof *of_b);
	double *found = xcalloc(samples, sizeof *found);
	struct interval i;

	for (size_t s = 0; s < samples; s++) {
		memset(of_a, 0, labels * sizeof *of_a);
		memset(of_b, 0, labels * sizeof *of_b);
		for (size_t row = 0; row < n; row++) {
			size_t at = (size_t)((hash_mix(++draw) >> 32) * n >> 32);

			count(of_b, &b[at]);
			if (a)
				count(of_a, &a[at]);
		}
		found[s] = macro_f1(of_b, labels) - (a ? macro_f1(of_a, labels) : 0);
	}
	qsort(found, samples, sizeof *found, by_size);
	i.low = found[samples * 25 / 1000];
	i.high = found[samples - 1 - samples * 25 / 1000];
	free(found);
	free(of_a);
	free(of_b);
	return i;
}

struct interval
interval_macro_f1(const struct guess *list, size_t n, uint32_t labels)
{
	return interval_difference(NULL, list, n, labels);
}

double
interval_mcnemar(size_t only_one, size_t only_other)
{
	size_t n = only_one + only_other, least = only_one < only_other ? only_one : only_other;
	double chance = 0;

	/* Twice the lower tail of a fair coin. */
	for (size_t k = 0; k <= least; k++)
		chance += exp(lgamma((double)n + 1) - lgamma((double)k + 1) -
			      lgamma((double)(n - k) + 1) - (double)n * log(2));
	return fmin(2 * chance, 1);
}
