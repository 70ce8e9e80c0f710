/*
 * A layer of rectified hidden units, learned by stochastic gradient descent in batches, with units
 * and features left out at random.  The rate of each row of weights falls with what it has been
 * moved by: AdaGrad (Duchi, Hazan and Singer, 2011), with one square for the row.
 *
 * All is in single precision, in one order, with no function of libm but roots, which are exact
 * everywhere: the same rows give the same weights on any machine.
 */
#include <math.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"
#include "model/exp.h"
#include "model/rarity.h"
#include "model/solve.h"
#include "model/vectors_int.h"

#define LANES 16
#define BATCH 64

/* More units than these are learned as several nets of at most so many, each from another
 * beginning: what they say together is better than what one net of all of them says. */
#define NET_UNITS 256

#define RATE 0.04f        /* of the first step; it falls to 0 */
#define OUT_RATE 0.06f    /* the same for all but the weights of features */
#define UNITS_OUT 0.5f    /* share of the active units left out */
#define FEATURES_OUT 0.3f /* share of the features left out */
#define SPREAD 0.17f      /* of the weights to begin with */

#define NONE UINT32_MAX

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

/* Rows of weights on their way. */
struct table {
	size_t vectors; /* of a row */
	float rate;     /* of this step */
	lanes *weights;
	float *squares; /* of all steps of a row so far */
};

/* A feature of a row of the batch. */
struct occurrence {
	uint32_t feature, row;
	float x;
	uint32_t next; /* of the same feature, or NONE */
};

struct net {
	const struct matrix *m;
	const struct solve_options *o;
	uint32_t units;
	size_t unit_vectors, label_vectors;
	float *value; /* [features] what an occurrence counts, or 0: not in the rows */
	/* Numbers of vectors of words are behind the features, as VECTORS_DIMS more of them; a row
	 * has their sum, times this.  0: there are none. */
	float vector_scale;
	struct table in, unit_bias, out, label_bias;
	uint64_t chance;
	/* of the batch */
	struct occurrence *seen;
	size_t n, cap;
	uint32_t *last;   /* [features] the latest occurrence, or NONE */
	lanes *unit_step; /* [BATCH][unit_vectors] how the units of each row should change */
	lanes *unit_total, *out_step, *label_step;
	/* of a row */
	lanes *activity, *score;
	double *probs;
};

/* From 0 up to, but not, 1. */
static float
chance(struct net *n)
{
	n->chance = hash_mix(n->chance + UINT64_C(0x9e3779b97f4a7c15));
	return (float)(n->chance >> 40) / 0x1p24f;
}

static void
table_init(struct table *t, size_t rows, size_t vectors)
{
	t->vectors = vectors;
	t->weights = xcalloc(rows * vectors + 1, sizeof *t->weights);
	t->squares = xcalloc(rows + 1, sizeof *t->squares);
}

static void
table_release(struct table *t)
{
	free(t->weights);
	free(t->squares);
}

static float
add_lanes(const lanes *p)
{
	const float *v = (const float *)p;
	float total = 0;

	for (int k = 0; k < LANES; k++)
		total += v[k];
	return total;
}

/* Move ROW against the slope STEP. */
static void
table_step(struct table *t, size_t row, const lanes *step)
{
	lanes *w = t->weights + row * t->vectors, squares = {0};
	float by;

	for (size_t v = 0; v < t->vectors; v++)
		squares += step[v] * step[v];
	t->squares[row] += add_lanes(&squares) / (float)(t->vectors * LANES);
	by = t->rate / (sqrtf(t->squares[row]) + 1e-8f);
	for (size_t v = 0; v < t->vectors; v++)
		w[v] -= step[v] * by;
}

static void
net_init(struct net *n, const size_t *rows, size_t count)
{
	uint32_t units = n->units, labels = n->m->labels;
	size_t uv = units / LANES, lv = (labels + LANES - 1) / LANES;
	float spread = 1 / sqrtf((float)units);

	n->unit_vectors = uv;
	n->label_vectors = lv;
	table_init(&n->in, (size_t)n->m->features + VECTORS_DIMS, uv);
	table_init(&n->unit_bias, 1, uv);
	table_init(&n->out, units, lv);
	table_init(&n->label_bias, 1, lv);
	n->value = rarity_values(n->m, rows, count, n->o->word_weight);
	n->vector_scale = vectors_scale(n->m, rows, count, n->o->vector_share);
	n->last = xcalloc((size_t)n->m->features + VECTORS_DIMS, sizeof *n->last);
	memset(n->last, 0xff, ((size_t)n->m->features + VECTORS_DIMS) * sizeof *n->last);
	n->unit_step = xcalloc(BATCH * uv, sizeof *n->unit_step);
	n->unit_total = xcalloc(uv, sizeof *n->unit_total);
	n->out_step = xcalloc(units * lv, sizeof *n->out_step);
	n->label_step = xcalloc(lv, sizeof *n->label_step);
	n->activity = xcalloc(uv, sizeof *n->activity);
	n->score = xcalloc(lv, sizeof *n->score);
	n->probs = xcalloc(lv * LANES, sizeof *n->probs);
	for (uint32_t f = 0; f < n->m->features + (n->vector_scale > 0 ? VECTORS_DIMS : 0); f++)
		for (uint32_t j = 0; (f >= n->m->features || n->value[f] > 0) && j < units; j++)
			((float *)(n->in.weights + f * uv))[j] = (chance(n) * 2 - 1) * SPREAD;
	for (uint32_t j = 0; j < units; j++)
		for (uint32_t c = 0; c < labels; c++)
			((float *)(n->out.weights + j * lv))[c] = (chance(n) * 2 - 1) * spread;
}

static void
net_release(struct net *n)
{
	table_release(&n->in);
	table_release(&n->unit_bias);
	table_release(&n->out);
	table_release(&n->label_bias);
	free(n->value);
	free(n->seen);
	free(n->last);
	free(n->unit_step);
	free(n->unit_total);
	free(n->out_step);
	free(n->label_step);
	free(n->activity);
	free(n->score);
	free(n->probs);
}

/* Feature FEATURE is X in row IN_BATCH of the batch: add what it makes of the units. */
static void
sum_feature(struct net *n, uint32_t feature, uint32_t in_batch, float x)
{
	const lanes *w = n->in.weights + (size_t)feature * n->unit_vectors;

	for (size_t v = 0; v < n->unit_vectors; v++)
		n->activity[v] += w[v] * x;
	n->seen = xgrow(n->seen, n->n, &n->cap, sizeof *n->seen);
	n->seen[n->n] = (struct occurrence){feature, in_batch, x, n->last[feature]};
	n->last[feature] = (uint32_t)n->n++;
}

/* Add up what some of the features of ROW, row IN_BATCH of the batch, make of the units. */
static void
sum_units(struct net *n, size_t row, uint32_t in_batch)
{
	const uint32_t *ids;
	size_t hits = matrix_row(n->m, row, &ids);
	float unit = hits ? 1 / sqrtf((float)hits) / (1 - FEATURES_OUT) : 0;
	int32_t sum[VECTORS_DIMS];

	memcpy(n->activity, n->unit_bias.weights, n->unit_vectors * sizeof *n->activity);
	for (size_t i = 0; i < hits; i++) {
		if (chance(n) >= FEATURES_OUT)
			sum_feature(n, ids[i], in_batch, n->value[ids[i]] * unit);
	}
	if (n->vector_scale <= 0)
		return;
	vectors_sum(n->m, ids, hits, sum);
	for (uint32_t d = 0; d < VECTORS_DIMS && hits; d++)
		sum_feature(n, n->m->features + d, in_batch,
		    (float)sum[d] / sqrtf((float)hits) * n->vector_scale);
}

/* Units that are active and not left out add to the scores; the others become 0. */
static void
sum_scores(struct net *n)
{
	float *activity = (float *)n->activity;

	memcpy(n->score, n->label_bias.weights, n->label_vectors * sizeof *n->score);
	for (uint32_t j = 0; j < n->units; j++) {
		const lanes *out = n->out.weights + j * n->label_vectors;

		if (activity[j] <= 0 || chance(n) < UNITS_OUT) {
			activity[j] = 0;
			continue;
		}
		activity[j] /= 1 - UNITS_OUT;
		for (size_t v = 0; v < n->label_vectors; v++)
			n->score[v] += out[v] * activity[j];
	}
}

/* Scores become slopes: what each has, less what it should, times WEIGHT. */
static void
scores_to_slopes(struct net *n, uint32_t label, float weight)
{
	float *s = (float *)n->score, top = s[0];
	uint32_t labels = n->m->labels, padded = (uint32_t)n->label_vectors * LANES;
	double total = 0;

	for (uint32_t c = 0; c < labels; c++)
		top = s[c] > top ? s[c] : top;
	for (uint32_t c = 0; c < padded; c++)
		n->probs[c] = (double)s[c] - top;
	exp_minus(n->probs, (labels + 1) / 2 * 2);
	for (uint32_t c = 0; c < labels; c++)
		total += n->probs[c];
	for (uint32_t c = 0; c < padded; c++)
		s[c] = c < labels ? weight * ((float)(n->probs[c] / total) - (c == label)) : 0;
}

/* Slopes of the scores become slopes of the units of row IN_BATCH, and of all above them. */
static void
spread_slopes(struct net *n, uint32_t in_batch)
{
	const float *activity = (const float *)n->activity;
	float *unit = (float *)(n->unit_step + in_batch * n->unit_vectors);

	for (size_t v = 0; v < n->label_vectors; v++)
		n->label_step[v] += n->score[v];
	for (uint32_t j = 0; j < n->units; j++) {
		const lanes *out = n->out.weights + j * n->label_vectors;
		lanes *step = n->out_step + j * n->label_vectors, total = {0};

		unit[j] = 0;
		if (activity[j] <= 0)
			continue;
		for (size_t v = 0; v < n->label_vectors; v++) {
			total += out[v] * n->score[v];
			step[v] += n->score[v] * activity[j];
		}
		unit[j] = add_lanes(&total) / (1 - UNITS_OUT);
	}
	for (size_t v = 0; v < n->unit_vectors; v++)
		n->unit_total[v] += ((const lanes *)unit)[v];
}

/* Move the weights of all features that the batch has seen. */
static void
step_features(struct net *n)
{
	lanes *step = n->activity;

	for (size_t i = 0; i < n->n; i++) {
		uint32_t feature = n->seen[i].feature;

		if (n->last[feature] == NONE)
			continue;
		memset(step, 0, n->unit_vectors * sizeof *step);
		for (uint32_t at = n->last[feature]; at != NONE; at = n->seen[at].next) {
			const lanes *unit = n->unit_step + n->seen[at].row * n->unit_vectors;

			for (size_t v = 0; v < n->unit_vectors; v++)
				step[v] += unit[v] * n->seen[at].x;
		}
		n->last[feature] = NONE;
		table_step(&n->in, feature, step);
	}
}

static void
learn_batch(struct net *n, const size_t *rows, size_t count)
{
	n->n = 0;
	memset(n->unit_total, 0, n->unit_vectors * sizeof *n->unit_total);
	memset(n->out_step, 0, n->units * n->label_vectors * sizeof *n->out_step);
	memset(n->label_step, 0, n->label_vectors * sizeof *n->label_step);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t label = n->m->label[rows[i]];

		sum_units(n, rows[i], i);
		sum_scores(n);
		scores_to_slopes(n, label, (float)n->o->label_weight[label] / (float)count);
		spread_slopes(n, i);
	}
	step_features(n);
	table_step(&n->unit_bias, 0, n->unit_total);
	for (uint32_t j = 0; j < n->units; j++)
		table_step(&n->out, j, n->out_step + j * n->label_vectors);
	table_step(&n->label_bias, 0, n->label_step);
}

static void
shuffle(struct net *n, size_t *rows, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = (n->chance = hash_mix(n->chance + i)) % i, swap = rows[i - 1];

		rows[i - 1] = rows[j];
		rows[j] = swap;
	}
}

static void
set_rates(struct net *n, float left)
{
	n->in.rate = RATE * left;
	n->unit_bias.rate = n->out.rate = n->label_bias.rate = OUT_RATE * left;
}

static void
learn(struct net *n, size_t *order, size_t count)
{
	size_t batches = (count + BATCH - 1) / BATCH * n->o->epochs, done = 0;

	for (unsigned epoch = 0; epoch < n->o->epochs; epoch++) {
		shuffle(n, order, count);
		for (size_t at = 0; at < count; at += BATCH, done++) {
			set_rates(n, 1 - (float)done / (float)batches);
			learn_batch(n, order + at, count - at < BATCH ? count - at : BATCH);
		}
	}
}

/* Add what the vector of feature F makes of the units to ROW. */
static void
add_vector(const struct net *n, uint32_t f, float *row)
{
	const int8_t *v = vectors_of(n->m->vectors, (size_t)n->m->vector[f]);

	for (size_t d = 0; d < VECTORS_DIMS; d++) {
		const float *w =
		    (const float *)(n->in.weights + (n->m->features + d) * n->unit_vectors);

		for (uint32_t j = 0; j < n->units; j++)
			row[j] += w[j] * v[d] * n->vector_scale;
	}
}

/* The units of a net become those of S from FIRST on; of SHARE is what it says. */
static void
copy_units(const struct net *n, struct solution *s, uint32_t first, float share)
{
	uint32_t labels = n->m->labels;

	for (uint32_t f = 0; f < n->m->features; f++) {
		const float *w = (const float *)(n->in.weights + f * n->unit_vectors);
		float *row = s->unit_weights + (size_t)f * s->hidden + first;

		for (uint32_t j = 0; j < n->units; j++)
			row[j] = w[j] * n->value[f];
		if (n->vector_scale > 0 && n->m->vector[f] >= 0)
			add_vector(n, f, row);
	}
	memcpy(s->unit_bias + first, n->unit_bias.weights, n->units * sizeof *s->unit_bias);
	for (uint32_t j = 0; j < n->units; j++) {
		const float *out = (const float *)(n->out.weights + j * n->label_vectors);

		for (uint32_t c = 0; c < labels; c++)
			s->outs[(size_t)(first + j) * labels + c] = out[c] * share;
	}
	for (uint32_t c = 0; c < labels; c++)
		s->unit_score[c] += ((const float *)n->label_bias.weights)[c] * share;
}

void
solve_hidden(const struct matrix *m, const size_t *rows, size_t count,
    const struct solve_options *o, struct solution *s)
{
	size_t *order = xcalloc(count + 1, sizeof *order);
	uint32_t nets = (o->hidden + NET_UNITS - 1) / NET_UNITS, first = 0;
	uint32_t each = (o->hidden / LANES + nets - 1) / nets * LANES;

	s->hidden = o->hidden;
	s->unit_weights = xcalloc((size_t)m->features * s->hidden + 1, sizeof *s->unit_weights);
	s->unit_bias = xcalloc(s->hidden, sizeof *s->unit_bias);
	s->outs = xcalloc((size_t)s->hidden * m->labels, sizeof *s->outs);
	s->unit_score = xcalloc(m->labels, sizeof *s->unit_score);
	while (first < s->hidden) {
		uint32_t left = s->hidden - first;
		struct net n = {
		    .m = m, .o = o, .units = left < each ? left : each, .chance = first};

		memcpy(order, rows, count * sizeof *order);
		net_init(&n, rows, count);
		learn(&n, order, count);
		copy_units(&n, s, first, 1 / (float)nets);
		first += n.units;
		net_release(&n);
	}
	free(order);
}

void
solution_unit_scores(const struct solution *s, const struct matrix *m, size_t row, float *scores)
{
	float activity[SOLVE_HIDDEN_MAX];
	const uint32_t *ids;
	size_t hits = matrix_row(m, row, &ids);
	float unit = hits ? 1 / sqrtf((float)hits) : 0;

	memcpy(activity, s->unit_bias, s->hidden * sizeof *activity);
	for (size_t i = 0; i < hits; i++) {
		const lanes *w = (const lanes *)(s->unit_weights + (size_t)ids[i] * s->hidden);

		for (size_t v = 0; v < s->hidden / LANES; v++)
			((lanes *)activity)[v] += w[v] * unit;
	}
	memcpy(scores, s->unit_score, s->labels * sizeof *scores);
	for (uint32_t j = 0; j < s->hidden; j++)
		for (uint32_t c = 0; activity[j] > 0 && c < s->labels; c++)
			scores[c] += activity[j] * s->outs[(size_t)j * s->labels + c];
}

void
solution_mix(struct solution *s, float share)
{
	for (size_t i = 0; i < (size_t)s->features * s->labels; i++)
		s->weights[i] *= share;
	for (uint32_t c = 0; c < s->labels; c++)
		s->bias[c] = s->bias[c] * share + s->unit_score[c];
}
