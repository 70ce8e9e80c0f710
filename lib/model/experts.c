#include "model/experts.h"

#include <math.h>
#include <string.h>

#include "model/exp.h"
#include "model/weigh.h"

static uint32_t
columns_of(const struct model *m)
{
	return model_columns(m->header->labels, m->header->experts);
}

static uint32_t
padded(uint32_t n)
{
	return (n + WEIGH_LANES - 1) / WEIGH_LANES * WEIGH_LANES;
}

/* Take the largest of the N at P from all of them. */
static void
below_top(double *p, uint32_t n)
{
	double top = p[0];

	for (uint32_t i = 1; i < n; i++)
		top = p[i] > top ? p[i] : top;
	for (uint32_t i = 0; i < n; i++)
		p[i] -= top;
}

/* Each expert's labels are raised for themselves, and so are the kinds. */
static void
prepare(double *scores, uint32_t labels, uint32_t experts)
{
	uint32_t n = model_columns(labels, experts);

	for (uint32_t e = 0; e < experts; e++)
		below_top(scores + e * labels, labels);
	below_top(scores + experts * labels, experts);
	for (uint32_t i = n; i < padded(n); i++)
		scores[i] = -INFINITY;
}

static double
total_of(const double *p, uint32_t n)
{
	double total = 0;

	for (uint32_t i = 0; i < n; i++)
		total += p[i];
	return total;
}

static int
likeliest(const double *probs, uint32_t labels)
{
	int best = 0;

	for (uint32_t c = 1; c < labels; c++)
		if (probs[c] > probs[best])
			best = (int)c;
	return best;
}

static void
mix(const double *raised, uint32_t labels, uint32_t experts, double *probs)
{
	const double *gates = raised + experts * labels;
	double kinds = total_of(gates, experts);

	memset(probs, 0, labels * sizeof *probs);
	for (uint32_t e = 0; e < experts; e++) {
		const double *own = raised + e * labels;
		double share = gates[e] / kinds / total_of(own, labels);

		for (uint32_t c = 0; c < labels; c++)
			probs[c] += share * own[c];
	}
}

int
experts_mix(double *scores, uint32_t labels, uint32_t experts, double *probs)
{
	prepare(scores, labels, experts);
	exp_minus(scores, padded(model_columns(labels, experts)));
	mix(scores, labels, experts, probs);
	return likeliest(probs, labels);
}

static double
score(const struct model *m, const int32_t *sums, double length, uint32_t column)
{
	return sums[column] * (double)m->labels[column].scale / length +
	       (double)m->labels[column].bias;
}

int
experts_begin(const struct model *m, const int32_t *sums, uint32_t hits, double *work, uint32_t *n)
{
	double length = sqrt((double)hits);

	*n = 0;
	if (!hits)
		return -1;
	for (uint32_t i = 0; i < columns_of(m); i++)
		work[i] = score(m, sums, length, i);
	prepare(work, m->header->labels, m->header->experts);
	*n = padded(columns_of(m));
	return 0;
}

/* PROBS to the power of 1 / temperature, and to a sum of 1. */
static void
temper(const struct model *m, double *probs)
{
	double work[MODEL_EXPERTS_LABELS + 1] = {0};
	uint32_t labels = m->header->labels;
	double total;

	for (uint32_t c = 0; c < labels; c++)
		work[c] = exp_log(probs[c]) / (double)m->header->temperature;
	below_top(work, labels);
	exp_minus(work, (labels + 1) / 2 * 2);
	total = total_of(work, labels);
	for (uint32_t c = 0; c < labels; c++)
		probs[c] = work[c] / total;
}

int
experts_end(const struct model *m, const double *work, double *probs)
{
	mix(work, m->header->labels, m->header->experts, probs);
	if (m->header->temperature != 1)
		temper(m, probs);
	return likeliest(probs, m->header->labels);
}

void
experts_gates(const struct model *m, const int32_t *sums, uint32_t hits, double *gates)
{
	uint32_t first = m->header->experts * m->header->labels, n = m->header->experts;
	double work[MODEL_EXPERTS_MAX + 1] = {0}, total;

	for (uint32_t e = 0; e < n; e++)
		work[e] = score(m, sums, sqrt((double)(hits ? hits : 1)), first + e);
	below_top(work, n);
	exp_minus(work, (n + 1) / 2 * 2);
	total = total_of(work, n);
	for (uint32_t e = 0; e < n; e++)
		gates[e] = work[e] / total;
}
