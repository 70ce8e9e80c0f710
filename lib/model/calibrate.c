#include "model/calibrate.h"

#include <math.h>
#include <stdlib.h>

#include "core/mem.h"
#include "model/decide.h"
#include "model/figures.h"

/* Each knot stands for at least so many rows. */
#define KNOT_ROWS 25

/* Rows FROM, FROM + STEP ... of the tuning rows. */
struct part {
	const struct tuning *u;
	size_t from, step;
};

/* What the rows lose when all logarithms are divided by TEMPERATURE. */
static double
loss_at(const struct part *part, double temperature)
{
	const struct tuning *u = part->u;
	double loss = 0;

	for (size_t i = part->from; i < u->n; i += part->step) {
		const double *l = u->logs + i * u->labels;
		double total = 0;

		for (uint32_t c = 0; c < u->labels; c++)
			total += exp((l[c] - l[0]) / temperature);
		loss += log(total);
	}
	return loss;
}

/* The temperature with the smallest loss, by golden section over its logarithm. */
static double
best_temperature(const struct part *part)
{
	const double ratio = 0.6180339887498949;
	double lo = log(0.05), hi = log(20);

	for (int i = 0; i < 60; i++) {
		double a = hi - ratio * (hi - lo), b = lo + ratio * (hi - lo);

		if (loss_at(part, exp(a)) <= loss_at(part, exp(b)))
			hi = b;
		else
			lo = a;
	}
	return exp((lo + hi) / 2);
}

/* What the head says of one row at TEMPERATURE.  The right label stands first. */
static struct outcome
outcome_at(const double *l, uint32_t labels, double temperature)
{
	double total = 0, top = l[0];

	for (uint32_t c = 1; c < labels; c++)
		top = fmax(top, l[c]);
	for (uint32_t c = 0; c < labels; c++)
		total += exp((l[c] - top) / temperature);
	return (struct outcome){1 / total, l[0] >= top};
}

static size_t
outcomes(const struct part *part, double temperature, struct outcome *out)
{
	const struct tuning *u = part->u;
	size_t n = 0;

	for (size_t i = part->from; i < u->n; i += part->step)
		out[n++] = outcome_at(u->logs + i * u->labels, u->labels, temperature);
	return n;
}

static int
by_p(const void *a, const void *b)
{
	const struct outcome *x = a, *y = b;

	if (x->p != y->p)
		return x->p < y->p ? -1 : 1;
	return (int)x->right - (int)y->right;
}

/* Outcomes taken together: how many, the sum of their probabilities, how many were right. */
struct pool {
	double n, p, right;
};

/* Among so many rows one more counts that is right as often as was said, so that no share is 0 or 1
 * for lack of rows. */
static double
pool_share(const struct pool *x)
{
	return (x->right + x->p / x->n) / (x->n + 1);
}

/* Groups of about equal size; what has the same probability stays together. */
static size_t
make_pools(const struct outcome *list, size_t n, struct pool *pools)
{
	size_t groups = n / KNOT_ROWS, made = 0, at = 0;

	groups = groups < MODEL_KNOTS_MAX ? groups : MODEL_KNOTS_MAX;
	for (size_t g = 0; g < groups; g++) {
		size_t end = n * (g + 1) / groups;
		struct pool x = {0, 0, 0};

		for (; at < end || (at > 0 && at < n && (float)list[at].p == (float)list[at - 1].p);
		     at++) {
			x.n++;
			x.p += list[at].p;
			x.right += list[at].right;
		}
		if (x.n > 0)
			pools[made++] = x;
	}
	return made;
}

/* Join neighbours until the shares rise. */
static size_t
pool_violators(struct pool *pools, size_t n)
{
	size_t top = 0;

	for (size_t i = 0; i < n; i++) {
		pools[top++] = pools[i];
		while (top > 1 && pool_share(&pools[top - 2]) >= pool_share(&pools[top - 1])) {
			top--;
			pools[top - 1].n += pools[top].n;
			pools[top - 1].p += pools[top].p;
			pools[top - 1].right += pools[top].right;
		}
	}
	return top;
}

uint16_t
calibration_table(struct outcome *list, size_t n, struct model_knot *knots)
{
	struct pool pools[MODEL_KNOTS_MAX];
	size_t count;
	uint16_t made = 0;

	qsort(list, n, sizeof *list, by_p);
	count = pool_violators(pools, make_pools(list, n, pools));
	for (size_t i = 0; i < count; i++) {
		struct model_knot k = {
		    (float)(pools[i].p / pools[i].n), (float)pool_share(&pools[i])};

		if (k.p > (made ? knots[made - 1].p : 0) && k.p < 1)
			knots[made++] = k;
	}
	return made;
}

/* Add to the bins what PART gets from a calibration by OTHER, with or without the table. */
static void
judge(const struct part *part, const struct part *other, struct outcome *scratch,
    struct reliability *plain, struct reliability *table)
{
	struct model_knot knots[MODEL_KNOTS_MAX];
	double temperature = best_temperature(other);
	uint16_t n = calibration_table(scratch, outcomes(other, temperature, scratch), knots);
	size_t rows = outcomes(part, temperature, scratch);

	for (size_t i = 0; i < rows; i++) {
		reliability_add(plain, scratch[i].p, scratch[i].right);
		reliability_add(table, decide_table(knots, n, scratch[i].p), scratch[i].right);
	}
}

void
calibration_fit(const struct tuning *u, struct calibration *c)
{
	struct part all = {u, 0, 1}, even = {u, 0, 2}, odd = {u, 1, 2};
	struct reliability plain = {0}, table = {0};
	struct outcome *scratch;

	*c = (struct calibration){.temperature = 1, .rows = u->n};
	if (u->n < CALIBRATE_MIN)
		return;
	c->temperature = best_temperature(&all);
	if (u->n < CALIBRATE_TABLE_MIN)
		return;
	scratch = xcalloc(u->n, sizeof *scratch);
	judge(&even, &odd, scratch, &plain, &table);
	judge(&odd, &even, scratch, &plain, &table);
	c->error_temperature = reliability_ece(&plain);
	c->error_table = reliability_ece(&table);
	if (c->error_table < c->error_temperature)
		c->n =
		    calibration_table(scratch, outcomes(&all, c->temperature, scratch), c->knots);
	free(scratch);
}
