/*
 * From which probability a label should be given: by what its mistakes cost, or by how many of its
 * rows must be found.  Learned from rows that the head has not seen.
 */
#ifndef SME_MODEL_THRESHOLD_H
#define SME_MODEL_THRESHOLD_H

#include <stdbool.h>
#include <stddef.h>

/* A row and what the head says of the label in question. */
struct scored {
	double p;
	bool is; /* it has the label */
};

/* What comes of giving the label from THRESHOLD on. */
struct threshold_point {
	double threshold;
	size_t rows, of; /* all rows; those that have the label */
	size_t taken;    /* those that would get it */
	size_t hits;     /* those of them that have it */
};

/* Put rows in order of falling p, as all below want them. */
void threshold_sort(struct scored *list, size_t n);

struct threshold_point threshold_at(const struct scored *list, size_t n, double threshold);

double threshold_recall(const struct threshold_point *at);    /* 0 without rows of the label */
double threshold_precision(const struct threshold_point *at); /* 0 when nothing is taken */
double threshold_cost(const struct threshold_point *at, double miss, double alarm);

/*
 * The threshold with the lowest cost, where each row of the label that is not given costs MISS and
 * each other row that is given costs ALARM.  Of equals the one nearest to what the costs alone ask
 * for, which is right for probabilities that come true: ALARM / (MISS + ALARM).
 */
double threshold_by_cost(const struct scored *list, size_t n, double miss, double alarm);
double threshold_of_costs(double miss, double alarm);

/* The highest threshold at which at least the share RECALL of the label's rows is found. */
double threshold_by_recall(const struct scored *list, size_t n, double recall);

#endif
