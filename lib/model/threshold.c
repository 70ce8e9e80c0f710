#include "model/threshold.h"

#include <math.h>
#include <stdlib.h>

/* 0 would mean "no threshold" in a model file. */
#define LEAST 1e-6

static int
by_falling_p(const void *a, const void *b)
{
	const struct scored *x = a, *y = b;

	if (x->p != y->p)
		return x->p > y->p ? -1 : 1;
	return (int)y->is - (int)x->is;
}

void
threshold_sort(struct scored *list, size_t n)
{
	if (n)
		qsort(list, n, sizeof *list, by_falling_p);
}

struct threshold_point
threshold_at(const struct scored *list, size_t n, double threshold)
{
	struct threshold_point at = {.threshold = threshold, .rows = n};

	for (size_t i = 0; i < n; i++) {
		bool taken = list[i].p >= threshold;

		at.of += list[i].is;
		at.taken += taken;
		at.hits += taken && list[i].is;
	}
	return at;
}

double
threshold_recall(const struct threshold_point *at)
{
	return at->of ? (double)at->hits / (double)at->of : 0;
}

double
threshold_precision(const struct threshold_point *at)
{
	return at->taken ? (double)at->hits / (double)at->taken : 0;
}

double
threshold_cost(const struct threshold_point *at, double miss, double alarm)
{
	return miss * (double)(at->of - at->hits) + alarm * (double)(at->taken - at->hits);
}

double
threshold_of_costs(double miss, double alarm)
{
	return fmax(alarm / (miss + alarm), LEAST);
}

/* The threshold that takes the first K rows: half way to the next one. */
static double
between(const struct scored *list, size_t n, size_t k)
{
	double above = k ? list[k - 1].p : 1, below = k < n ? list[k].p : 0;

	return fmax((above + below) / 2, LEAST);
}

/* Rows of the same probability cannot be told apart. */
static bool
can_cut(const struct scored *list, size_t n, size_t k)
{
	if (k == 0)
		return n == 0 || list[0].p < 1;
	return k == n || list[k].p < list[k - 1].p;
}

double
threshold_by_cost(const struct scored *list, size_t n, double miss, double alarm)
{
	double wanted = threshold_of_costs(miss, alarm), best = wanted, least = INFINITY;
	struct threshold_point at = threshold_at(list, n, 2);

	for (size_t k = 0; k <= n; k++) {
		double cost, threshold;

		at.taken = k;
		at.hits += k && list[k - 1].is;
		if (!can_cut(list, n, k))
			continue;
		cost = threshold_cost(&at, miss, alarm);
		threshold = between(list, n, k);
		if (cost < least ||
		    (cost <= least && fabs(threshold - wanted) < fabs(best - wanted))) {
			least = cost;
			best = threshold;
		}
	}
	return best;
}

double
threshold_by_recall(const struct scored *list, size_t n, double recall)
{
	struct threshold_point at = threshold_at(list, n, 2);

	for (size_t k = 1; k <= n; k++) {
		at.hits += list[k - 1].is;
		if (can_cut(list, n, k) && (double)at.hits >= recall * (double)at.of - 1e-9)
			return between(list, n, k);
	}
	return LEAST;
}
