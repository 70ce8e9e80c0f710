#include <math.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"
#include "model/experts.h"
#include "model/rarity.h"
#include "model/solve.h"
#include "model/weigh.h"

/* Labels are worked on in vectors of so many; the compiler knows them on every machine. */
#define LANES 16

/* Once a row's label has all but so much of the probability there is nothing to learn from it. */
#define LEARNED 0.003f

/* In the order of learning: a row with this bit is a piece of it. */
#define PIECE (UINT32_C(1) << 31)

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

struct learner {
	const struct matrix *m;
	const struct solve_options *o;
	size_t vectors; /* of a row of weights */
	lanes *weights; /* [features][vectors] */
	lanes *bias, *score;
	float *value; /* [features] what an occurrence counts */
	float *moved; /* [features] the squares of all steps so far, or NULL */
};

static void
add_scores(struct learner *l, const uint32_t *ids, size_t n, float unit)
{
	for (size_t v = 0; v < l->vectors; v++)
		l->score[v] = l->bias[v];
	for (size_t i = 0; i < n; i++) {
		const lanes *w = l->weights + (size_t)ids[i] * l->vectors;
		float x = l->value[ids[i]] * unit;

		for (size_t v = 0; v < l->vectors; v++)
			l->score[v] += w[v] * x;
	}
}

/* Scores become what the row asks of them: STEP * (1 for its label, 0 for others, less what they
 * have).  Labels that are not written in its script ask nothing. */
static void
scores_to_steps(struct learner *l, size_t row, float step)
{
	const struct matrix *m = l->m;
	float *s = (float *)l->score, top = -INFINITY, total = 0;
	uint32_t n = m->labels, label = m->label[row];

	for (uint32_t c = 0; c < n; c++) {
		if (!matrix_gate(m->gate, c, m->script[row]))
			s[c] = -INFINITY;
		top = s[c] > top ? s[c] : top;
	}
	for (uint32_t c = 0; c < n; c++) {
		s[c] = expf(s[c] - top);
		total += s[c];
	}
	for (uint32_t c = 0; c < n; c++)
		s[c] = step * ((c == label) - s[c] / total);
	for (size_t c = n; c < l->vectors * LANES; c++)
		s[c] = 0;
}

/* The square of the length of what the scores have become, whatever the rate. */
static float
squared_length(const struct learner *l, float rate)
{
	const float *s = (const float *)l->score;
	float total = 0;

	for (uint32_t c = 0; c < l->m->labels; c++)
		total += s[c] * s[c];
	return total / (rate * rate);
}

/* Is what the scores have become too little to be worth its time? */
static bool
is_learned(const struct learner *l, size_t row, float rate)
{
	uint32_t label = l->m->label[row];

	return ((const float *)l->score)[label] < LEARNED * rate * (float)l->o->label_weight[label];
}

/* Learn that the N features IDS are of row ROW. */
static void
learn_features(struct learner *l, size_t row, const uint32_t *ids, size_t n, float rate)
{
	float unit = matrix_unit(l->m, ids, n);
	float square;

	add_scores(l, ids, n, unit);
	scores_to_steps(l, row, rate * (float)l->o->label_weight[l->m->label[row]]);
	if (l->moved && is_learned(l, row, rate))
		return;
	square = l->moved ? squared_length(l, rate) : 0;
	for (size_t i = 0; i < n; i++) {
		lanes *w = l->weights + (size_t)ids[i] * l->vectors;
		float x = l->value[ids[i]] * unit;

		if (l->moved) {
			l->moved[ids[i]] += square * x * x;
			x /= sqrtf(1 + l->moved[ids[i]]);
		}
		for (size_t v = 0; v < l->vectors; v++)
			w[v] += l->score[v] * x;
	}
	for (size_t v = 0; v < l->vectors; v++)
		l->bias[v] += l->score[v] * 0.1f;
}

/* Put ORDER in another order for every epoch, the same one in every run. */
static void
shuffle(uint32_t *order, size_t count, uint64_t epoch)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = hash_mix(i + epoch * UINT64_C(0x9e3779b97f4a7c15)) % i;
		uint32_t swap = order[i - 1];

		order[i - 1] = order[j];
		order[j] = swap;
	}
}

/* The rows, each followed by its pieces; N becomes how many. */
static uint32_t *
plan_epoch(const struct learner *l, const size_t *rows, size_t count, size_t *n)
{
	uint32_t *order = xcalloc(count * (1 + l->m->pieces) + 1, sizeof *order);

	*n = 0;
	for (size_t i = 0; i < count; i++) {
		order[(*n)++] = (uint32_t)rows[i];
		for (unsigned k = matrix_pieces(l->m, rows[i]); k; k--)
			order[(*n)++] = (uint32_t)rows[i] | PIECE;
	}
	return order;
}

static void
learn_epoch(struct learner *l, const uint32_t *order, size_t n, unsigned epoch)
{
	double steps = (double)n * l->o->epochs, done = (double)n * epoch;

	for (size_t i = 0; i < n; i++) {
		size_t row = order[i] & ~PIECE, k;
		const uint32_t *ids;

		if (order[i] & PIECE)
			k = matrix_piece(
			    l->m, row, hash_mix(i + ((uint64_t)(epoch + 1) << 40)), &ids);
		else
			k = matrix_row(l->m, row, &ids);
		learn_features(
		    l, row, ids, k, (float)(l->o->strength * (1 - (done + (double)i) / steps)));
	}
}

static void
copy_solution(const struct learner *l, struct solution *s)
{
	const struct matrix *m = l->m;

	s->features = m->features;
	s->labels = m->labels;
	s->weights = xcalloc((size_t)m->features * m->labels + 1, sizeof *s->weights);
	s->bias = xcalloc(m->labels, sizeof *s->bias);
	for (uint32_t f = 0; f < m->features; f++) {
		const float *w = (const float *)(l->weights + (size_t)f * l->vectors);

		for (uint32_t c = 0; c < m->labels; c++)
			s->weights[(size_t)f * m->labels + c] = w[c] * l->value[f];
	}
	memcpy(s->bias, l->bias, m->labels * sizeof *s->bias);
}

void
solve_softmax(const struct matrix *m, const size_t *rows, size_t count,
    const struct solve_options *o, struct solution *s)
{
	struct learner l = {.m = m, .o = o, .vectors = (m->labels + LANES - 1) / LANES};
	size_t n;
	uint32_t *order = plan_epoch(&l, rows, count, &n);

	l.weights = xcalloc((size_t)m->features * l.vectors + 1, sizeof *l.weights);
	l.bias = xcalloc(l.vectors, sizeof *l.bias);
	l.score = xcalloc(l.vectors, sizeof *l.score);
	l.value = rarity_or_not(m, rows, count, o);
	l.moved = o->adaptive ? xcalloc((size_t)m->features + 1, sizeof *l.moved) : NULL;
	for (unsigned epoch = 0; epoch < o->epochs; epoch++) {
		shuffle(order, n, epoch + 1);
		learn_epoch(&l, order, n, epoch);
	}
	copy_solution(&l, s);
	free(order);
	free(l.weights);
	free(l.bias);
	free(l.score);
	free(l.value);
	free(l.moved);
}

void
solution_release(struct solution *s)
{
	free(s->weights);
	free(s->bias);
	free(s->unit_weights);
	free(s->unit_bias);
	free(s->outs);
	free(s->unit_score);
	free(s->vector_weights);
	*s = (struct solution){0};
}

static uint32_t
best_of_experts(const struct solution *s, const struct matrix *m, const float *scores)
{
	double *work = xcalloc(s->labels + WEIGH_LANES, sizeof *work);
	double *probs = xcalloc(m->labels, sizeof *probs);
	int best;

	for (uint32_t c = 0; c < s->labels; c++)
		work[c] = (double)scores[c];
	best = experts_mix(work, m->labels, s->experts, probs);
	free(work);
	free(probs);
	return (uint32_t)best;
}

uint32_t
solution_best(const struct solution *s, const struct matrix *m, size_t row, float *scores)
{
	const uint32_t *ids;
	size_t n = matrix_row(m, row, &ids);
	float unit = matrix_unit(m, ids, n);
	uint32_t best = 0;

	memcpy(scores, s->bias, s->labels * sizeof *scores);
	for (size_t i = 0; i < n; i++)
		for (uint32_t c = 0; c < s->labels; c++)
			scores[c] += s->weights[(size_t)ids[i] * s->labels + c] * unit;
	if (s->experts)
		return best_of_experts(s, m, scores);
	for (uint32_t c = 1; c < s->labels; c++)
		if (matrix_gate(m->gate, c, m->script[row]) &&
		    (scores[c] > scores[best] || !matrix_gate(m->gate, best, m->script[row])))
			best = c;
	return best;
}
