#include "model/weigh.h"

#include <math.h>
#include <stdlib.h>

#include "core/mem.h"
#include "model/exp.h"
#include "model/experts.h"

static bool
is_gated(const struct model *m)
{
	return m->header->flags & MODEL_SCRIPTS;
}

static void
list_labels(struct weigh_script *s, const struct model *m, unsigned script)
{
	uint32_t labels = m->header->labels, all;

	s->label = xcalloc(labels + WEIGH_LANES, sizeof *s->label);
	s->scale = xcalloc(labels + WEIGH_LANES, sizeof *s->scale);
	s->bias = xcalloc(labels + WEIGH_LANES, sizeof *s->bias);
	for (uint32_t c = 0; c < labels; c++) {
		const struct model_label *l = &m->labels[c];

		if (is_gated(m) && !(l->scripts >> script & 1))
			continue;
		s->label[s->n] = (uint16_t)c;
		s->scale[s->n] = (double)l->scale;
		s->bias[s->n++] = (double)l->bias / (double)m->header->temperature;
	}
	all = (s->n + WEIGH_LANES - 1) / WEIGH_LANES * WEIGH_LANES;
	for (uint32_t i = s->n; i < all; i++)
		s->bias[i] = -INFINITY;
}

void
weigh_init(struct weigh *w, const struct model *m)
{
	unsigned scripts = is_gated(m) ? SCRIPT_COUNT : 1;

	*w = (struct weigh){.m = m};
	for (unsigned i = 0; i < scripts; i++)
		list_labels(&w->script[i], m, i);
}

void
weigh_release(struct weigh *w)
{
	for (unsigned i = 0; i < SCRIPT_COUNT; i++) {
		free(w->script[i].label);
		free(w->script[i].scale);
		free(w->script[i].bias);
	}
}

/* P[I] = P[I] / BY + PLUS[I], for ALL of them, a multiple of WEIGH_LANES. */
static void
divide(double *p, uint32_t all, double by, const double *plus)
{
	for (uint32_t i = 0; i < all; i += 2)
		*(exp_lanes *)(p + i) = *(exp_lanes *)(p + i) / by + *(const exp_lanes *)(plus + i);
}

/* The logarithms of what speaks for each label; the index of the likeliest, or -1. */
static int
add_up(const struct weigh *w, const struct weigh_script *s, const int32_t *sums, double length,
    const float *deep, double *work)
{
	uint32_t all = (s->n + WEIGH_LANES - 1) / WEIGH_LANES * WEIGH_LANES;
	double top = -INFINITY;
	int best = -1;

	for (uint32_t i = 0; i < all; i++)
		work[i] = (double)sums[s->label[i]] * s->scale[i];
	divide(work, all, length, s->bias);
	for (uint32_t i = 0; i < s->n; i++) {
		if (deep)
			work[i] =
			    work[i] + (double)deep[s->label[i]] / (double)w->m->header->temperature;
		if (work[i] > top) {
			top = work[i];
			best = (int)i;
		}
	}
	return best;
}

static const struct weigh_script *
labels_in(const struct weigh *w, enum script script)
{
	return &w->script[is_gated(w->m) ? script : 0];
}

int
weigh_begin(const struct weigh *w, const int32_t *sums, uint32_t hits, const float *deep,
    enum script script, double *work, uint32_t *n)
{
	const struct weigh_script *s = labels_in(w, script);
	uint32_t all = (s->n + WEIGH_LANES - 1) / WEIGH_LANES * WEIGH_LANES;
	double length = sqrt((double)hits) * (double)w->m->header->temperature, top;
	int best;

	if (w->m->header->experts)
		return experts_begin(w->m, sums, hits, work, n);
	*n = 0;
	/* The script may be all there is to go by, and enough. */
	if (hits == 0 && is_gated(w->m) && script != SCRIPT_NONE)
		length = 1;
	if (!(length > 0))
		return -1;
	best = add_up(w, s, sums, length, deep, work);
	if (best < 0)
		return -1;
	top = work[best];
	for (uint32_t i = 0; i < all; i++)
		work[i] = work[i] - top;
	*n = all;
	return best;
}

int
weigh_end(const struct weigh *w, enum script script, int best, const double *work, double *probs)
{
	const struct weigh_script *s = labels_in(w, script);
	double total = 0;

	memset(probs, 0, w->m->label_places * sizeof *probs);
	if (best < 0)
		return -1;
	if (w->m->header->experts)
		return experts_end(w->m, work, probs);
	for (uint32_t i = 0; i < s->n; i++)
		total = total + work[i];
	for (uint32_t i = 0; i < s->n; i++)
		probs[s->label[i]] = work[i] / total;
	return s->label[best];
}
