#include "model/decide.h"

double
decide_table(const struct model_knot *knots, unsigned n, double p)
{
	struct model_knot from = {0, 0}, to = {1, 1};
	double q;

	for (unsigned i = 0; i < n; i++) {
		to = knots[i];
		if (p < (double)to.p)
			break;
		from = to;
		to = (struct model_knot){1, 1};
	}
	q = (double)from.q + (p - (double)from.p) / ((double)to.p - (double)from.p) *
	                         ((double)to.q - (double)from.q);
	return q < 1 ? q : 1;
}

static void
calibrate(const struct model *m, double *probs, int best)
{
	double p = probs[best], rest = 1 - p, second = 0, q, share;

	if (rest <= 0)
		return;
	for (uint32_t c = 0; c < m->header->labels; c++)
		if ((int)c != best && probs[c] > second)
			second = probs[c];
	q = decide_table(m->knots, m->header->knots, p);
	if (q < second / (rest + second))
		q = second / (rest + second);
	share = (1 - q) / rest;
	for (uint32_t c = 0; c < m->header->labels; c++)
		probs[c] = probs[c] * share;
	probs[best] = q;
}

int
decide(const struct model *m, double *probs, int best)
{
	int reached = -1, other = -1;
	double most = 0;

	if (m->header->knots)
		calibrate(m, probs, best);
	for (uint32_t c = 0; m->thresholds && c < m->header->labels; c++) {
		double threshold = (double)m->thresholds[c];

		if (threshold <= 0) {
			if (probs[c] > 0 && (other < 0 || probs[c] > probs[other]))
				other = (int)c;
		} else if (probs[c] >= threshold && probs[c] / threshold > most) {
			most = probs[c] / threshold;
			reached = (int)c;
		}
	}
	return reached >= 0 ? reached : other >= 0 ? other : best;
}

double
decide_floor(const struct model *m, int label)
{
	if (m->thresholds && m->thresholds[label] > 0)
		return (double)m->thresholds[label];
	return (double)m->header->min_p;
}
