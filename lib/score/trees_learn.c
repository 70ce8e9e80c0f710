#include "score/trees_learn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/mem.h"

#define BINS 64 /* of a number that is there; bin 0 is for missing ones */

struct learner {
	const struct trees_rows *rows;
	const struct trees_options *o;
	float edges[TREES_FEATURES][BINS]; /* bin b + 1 holds what is at most edges[b] */
	int nedges[TREES_FEATURES];
	uint8_t *bins; /* [n][features] */
	double *sum;   /* [n] log-odds so far */
	double *grad, *hess;
	uint16_t *node; /* [n] where the row is in the tree that grows */
	bool *taken;    /* [n] by this tree */
	bool columns[TREES_FEATURES];
	uint64_t random;
};

static double
dice(struct learner *l)
{
	return (double)(hash_mix(++l->random) >> 11) / 9007199254740992.0;
}

/* ---- bins ---- */

static int
by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* Edges between the quantiles of what is there, each value once. */
static void
find_edges(struct learner *l, uint32_t f)
{
	const struct trees_rows *r = l->rows;
	float *v = xcalloc(r->n + 1, sizeof *v);
	size_t n = 0;
	int k = 0;

	for (size_t i = 0; i < r->n; i++)
		if (!isnan(r->x[i * r->features + f]))
			v[n++] = r->x[i * r->features + f];
	qsort(v, n, sizeof *v, by_value);
	for (int b = 1; b < BINS && n; b++) {
		float at = v[(n - 1) * (size_t)b / BINS];

		if ((k == 0 || at > l->edges[f][k - 1]) && at < v[n - 1])
			l->edges[f][k++] = at;
	}
	l->nedges[f] = k;
	free(v);
}

static uint8_t
bin_of(const struct learner *l, uint32_t f, float v)
{
	int b = 0;

	if (isnan(v))
		return 0;
	while (b < l->nedges[f] && v > l->edges[f][b])
		b++;
	return (uint8_t)(b + 1);
}

static void
fill_bins(struct learner *l)
{
	const struct trees_rows *r = l->rows;

	for (uint32_t f = 0; f < r->features; f++)
		find_edges(l, f);
	for (size_t i = 0; i < r->n; i++)
		for (uint32_t f = 0; f < r->features; f++)
			l->bins[i * r->features + f] = bin_of(l, f, r->x[i * r->features + f]);
}

/* ---- one tree ---- */

struct stats {
	double g, h;
};

struct split {
	double gain;
	uint32_t feature;
	int edge;
	bool missing_left;
};

static double
worth(const struct learner *l, struct stats s)
{
	return s.g * s.g / (s.h + l->o->lambda);
}

static struct stats
minus(struct stats a, struct stats b)
{
	return (struct stats){a.g - b.g, a.h - b.h};
}

static void
try_split(const struct learner *l, struct split *best, struct stats all, struct stats left,
    uint32_t f, int edge, bool missing_left)
{
	struct stats right = minus(all, left);
	double gain = worth(l, left) + worth(l, right) - worth(l, all);

	if (left.h < l->o->min_hess || right.h < l->o->min_hess || gain <= best->gain + 1e-12)
		return;
	*best = (struct split){gain, f, edge, missing_left};
}

static void
try_feature(const struct learner *l, struct split *best, const struct stats *bins, uint32_t f)
{
	struct stats all = {0}, left = {0};

	for (int b = 0; b <= l->nedges[f] + 1; b++) {
		all.g += bins[b].g;
		all.h += bins[b].h;
	}
	for (int e = 0; e < l->nedges[f]; e++) {
		struct stats with;

		left.g += bins[e + 1].g;
		left.h += bins[e + 1].h;
		with = (struct stats){left.g + bins[0].g, left.h + bins[0].h};
		try_split(l, best, all, left, f, e, false);
		try_split(l, best, all, with, f, e, true);
	}
}

/* The best split of the rows at NODE; a gain of 0 when none is worth it. */
static struct split
find_split(const struct learner *l, unsigned node)
{
	static struct stats bins[TREES_FEATURES][BINS + 1];
	const struct trees_rows *r = l->rows;
	struct split best = {0};

	memset(bins, 0, sizeof bins);
	for (size_t i = 0; i < r->n; i++) {
		if (!l->taken[i] || l->node[i] != node)
			continue;
		for (uint32_t f = 0; f < r->features; f++) {
			struct stats *s = &bins[f][l->bins[i * r->features + f]];

			s->g += l->grad[i];
			s->h += l->hess[i];
		}
	}
	for (uint32_t f = 0; f < r->features; f++)
		if (l->columns[f])
			try_feature(l, &best, bins[f], f);
	return best;
}

static void
go_down(struct learner *l, unsigned node, const struct tree_node *n, int edge)
{
	const struct trees_rows *r = l->rows;

	for (size_t i = 0; i < r->n; i++) {
		int bin = l->bins[i * r->features + n->feature];
		bool left = bin ? bin <= edge + 1 : n->missing_left;

		if (l->node[i] == node)
			l->node[i] = (uint16_t)(2 * node + 1 + !left);
	}
}

/* A node that is not split sends everything left, and its leaf is there. */
static void
grow(struct learner *l, struct tree *t)
{
	for (unsigned node = 0; node < TREES_NODES; node++) {
		struct split s = find_split(l, node);
		struct tree_node *n = &t->nodes[node];

		*n = (struct tree_node){INFINITY, 0, 1, 0};
		if (s.gain > 0) {
			n->feature = (uint8_t)s.feature;
			n->threshold = l->edges[s.feature][s.edge];
			n->missing_left = s.missing_left;
			go_down(l, node, n, s.edge);
		} else {
			go_down(l, node, n, BINS);
		}
	}
}

static void
set_leaves(struct learner *l, struct tree *t)
{
	struct stats s[TREES_LEAVES] = {{0}};

	for (size_t i = 0; i < l->rows->n; i++) {
		if (!l->taken[i])
			continue;
		s[l->node[i] - TREES_NODES].g += l->grad[i];
		s[l->node[i] - TREES_NODES].h += l->hess[i];
	}
	for (int k = 0; k < TREES_LEAVES; k++)
		t->leaves[k] = (float)(-l->o->rate * s[k].g / (s[k].h + l->o->lambda));
	for (size_t i = 0; i < l->rows->n; i++)
		l->sum[i] += t->leaves[l->node[i] - TREES_NODES];
}

static void
begin_tree(struct learner *l)
{
	const struct trees_rows *r = l->rows;

	for (size_t i = 0; i < r->n; i++) {
		double p = 1 / (1 + exp(-l->sum[i]));

		l->grad[i] = r->weight[i] * (p - r->positive[i]);
		l->hess[i] = r->weight[i] * p * (1 - p);
		l->node[i] = 0;
		l->taken[i] = dice(l) < l->o->rows;
	}
	for (uint32_t f = 0; f < r->features; f++)
		l->columns[f] = dice(l) < l->o->columns;
}

struct trees *
trees_learn(const struct trees_rows *r, const struct trees_options *o, uint32_t kind)
{
	struct learner *l = xcalloc(1, sizeof *l);
	struct trees *t = xcalloc(1, sizeof *t);

	*l = (struct learner){.rows = r, .o = o, .random = o->seed};
	l->bins = xcalloc(r->n * r->features + 1, 1);
	l->sum = xcalloc(r->n + 1, sizeof *l->sum);
	l->grad = xcalloc(r->n + 1, sizeof *l->grad);
	l->hess = xcalloc(r->n + 1, sizeof *l->hess);
	l->node = xcalloc(r->n + 1, sizeof *l->node);
	l->taken = xcalloc(r->n + 1, sizeof *l->taken);
	fill_bins(l);
	t->list = xcalloc(o->count + 1, sizeof *t->list);
	t->header = (struct trees_header){.version = TREES_VERSION,
	    .features = r->features,
	    .count = o->count,
	    .kind = kind,
	    .slope = 1};
	memcpy(t->header.magic, TREES_MAGIC, sizeof t->header.magic);
	for (uint32_t i = 0; i < o->count; i++) {
		begin_tree(l);
		grow(l, &t->list[i]);
		set_leaves(l, &t->list[i]);
	}
	free(l->bins);
	free(l->sum);
	free(l->grad);
	free(l->hess);
	free(l->node);
	free(l->taken);
	free(l);
	return t;
}

/* ---- afterwards ---- */

void
trees_calibrate(struct trees *t, const double *sums, const bool *positive, size_t n)
{
	double a = 1, b = 0, pos = 0, high, low;

	for (size_t i = 0; i < n; i++)
		pos += positive[i];
	high = (pos + 1) / (pos + 2);
	low = 1 / ((double)n - pos + 2);
	for (int round = 0; round < 100; round++) {
		double ga = 0, gb = 0, haa = 1e-9, hab = 0, hbb = 1e-9, det;

		for (size_t i = 0; i < n; i++) {
			double p = 1 / (1 + exp(-(a * sums[i] + b)));
			double d = p - (positive[i] ? high : low), w = p * (1 - p);

			ga += d * sums[i];
			gb += d;
			haa += w * sums[i] * sums[i];
			hab += w * sums[i];
			hbb += w;
		}
		det = haa * hbb - hab * hab;
		if (!(fabs(det) > 1e-12))
			break;
		a -= (hbb * ga - hab * gb) / det;
		b -= (haa * gb - hab * ga) / det;
		if (fabs(ga) + fabs(gb) < 1e-9 * (double)n)
			break;
	}
	if (isfinite(a) && isfinite(b) && a > 0) {
		t->header.slope = (float)a;
		t->header.shift = (float)b;
	}
}

struct scored {
	double score;
	bool positive;
};

static int
by_score(const void *a, const void *b)
{
	const struct scored *x = a, *y = b;

	return (x->score > y->score) - (x->score < y->score);
}

double
trees_auc(const double *scores, const bool *positive, size_t n)
{
	struct scored *list = xcalloc(n + 1, sizeof *list);
	double above = 0, pos = 0, neg = 0;

	for (size_t i = 0; i < n; i++)
		list[i] = (struct scored){scores[i], positive[i]};
	qsort(list, n, sizeof *list, by_score);
	for (size_t i = 0; i < n;) {
		size_t j = i;
		double p = 0, q = 0;

		for (; j < n && list[j].score == list[i].score; j++) {
			p += list[j].positive;
			q += !list[j].positive;
		}
		above += p * (neg + q / 2);
		pos += p;
		neg += q;
		i = j;
	}
	free(list);
	return pos > 0 && neg > 0 ? above / (pos * neg) : NAN;
}
