/*
 * Skip-grams with negative sampling (Mikolov, Sutskever, Chen, Corrado and Dean 2013): the vector
 * of a word learns to tell the words around it from words drawn at random.  Frequent words are
 * passed over now and then, as there.
 *
 * One thread, one order, and of libm nothing but roots: the same texts give the same vectors on any
 * machine.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/mem.h"
#include "model/exp.h"
#include "model/vectors.h"

#define LANES 16
#define PARTS (VECTORS_DIMS / LANES)

#define WINDOW 5      /* words on either side at most */
#define NEGATIVES 5   /* words drawn for each that is there */
#define RATE 0.05f    /* of the first step; it falls to 0 */
#define FREQUENT 1e-4 /* a word that is more frequent is passed over now and then, in a large lot  \
	               */

/* Words are drawn from a list of so many. */
#define URN ((size_t)1 << 20)

/* The logistic function in steps, from -REACH to REACH. */
#define REACH 8
#define STEPS 1024

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

struct learner {
	const struct vectors_corpus *c;
	lanes *in, *out; /* [words][PARTS] */
	float *keep;     /* [words] the chance of a word to be read */
	uint32_t *urn;
	float logistic[STEPS + 1];
	uint64_t chance;
	uint32_t *text; /* what is read of the text at hand */
	size_t text_cap;
};

static uint64_t
draw(struct learner *l)
{
	l->chance += UINT64_C(0x9e3779b97f4a7c15);
	return hash_mix(l->chance);
}

static void
fill_logistic(struct learner *l)
{
	for (int i = 0; i <= STEPS; i++) {
		double x = (2.0 * i / STEPS - 1) * REACH, e[2] = {-fabs(x), 0};

		exp_minus(e, 2);
		l->logistic[i] = (float)((x < 0 ? e[0] : 1) / (1 + e[0]));
	}
}

static float
logistic(const struct learner *l, float x)
{
	if (x >= REACH)
		return 1;
	if (x <= -REACH)
		return 0;
	return l->logistic[(int)((x + REACH) * (STEPS / (2.0f * REACH)))];
}

/* Each word has a share of the urn that grows with its count to the power of 3/4. */
static void
fill_urn(struct learner *l)
{
	const struct vectors_corpus *c = l->c;
	double all = 0, sum = 0;
	size_t at = 0;

	for (uint32_t w = 0; w < c->words; w++)
		all += sqrt(c->count[w]) * sqrt(sqrt(c->count[w]));
	for (uint32_t w = 0; w < c->words; w++) {
		sum += sqrt(c->count[w]) * sqrt(sqrt(c->count[w]));
		while (at < URN && (double)at < sum / all * URN)
			l->urn[at++] = w;
	}
	while (at < URN)
		l->urn[at++] = c->words - 1;
}

static void
init(struct learner *l)
{
	const struct vectors_corpus *c = l->c;
	double all = 0, frequent = fmax(FREQUENT, 1.0 / c->words);

	l->in = xcalloc((size_t)c->words * PARTS, sizeof *l->in);
	l->out = xcalloc((size_t)c->words * PARTS, sizeof *l->out);
	l->keep = xcalloc(c->words, sizeof *l->keep);
	l->urn = xcalloc(URN, sizeof *l->urn);
	fill_logistic(l);
	fill_urn(l);
	for (uint32_t w = 0; w < c->words; w++)
		all += c->count[w];
	for (uint32_t w = 0; w < c->words; w++) {
		double share = c->count[w] / all;

		l->keep[w] = (float)(sqrt(frequent / share) + frequent / share);
	}
	for (size_t i = 0; i < (size_t)c->words * VECTORS_DIMS; i++)
		((float *)l->in)[i] =
		    ((float)(draw(l) >> 40) / 0x1p24f - 0.5f) * (1.0f / VECTORS_DIMS);
}

static float
product(const lanes *a, const lanes *b)
{
	lanes sum = {0};
	float total = 0;

	for (size_t i = 0; i < PARTS; i++)
		sum += a[i] * b[i];
	for (size_t i = 0; i < LANES; i++)
		total += sum[i];
	return total;
}

/* One step: WORD is to be told from others by the word whose vector IN is; what that learns is
 * added to STEP. */
static void
learn_one(struct learner *l, const lanes *in, lanes *step, uint32_t word, bool there, float rate)
{
	lanes *out = l->out + (size_t)word * PARTS;
	float by = rate * ((there ? 1.0f : 0.0f) - logistic(l, product(in, out)));

	for (size_t i = 0; i < PARTS; i++) {
		step[i] += out[i] * by;
		out[i] += in[i] * by;
	}
}

static void
learn_pair(struct learner *l, uint32_t word, uint32_t near, float rate)
{
	lanes *in = l->in + (size_t)word * PARTS, step[PARTS] = {{0}};

	learn_one(l, in, step, near, true, rate);
	for (int i = 0; i < NEGATIVES; i++) {
		uint32_t other = l->urn[draw(l) >> 32 & (URN - 1)];

		if (other != near)
			learn_one(l, in, step, other, false, rate);
	}
	for (size_t i = 0; i < PARTS; i++)
		in[i] += step[i];
}

/* Learn from the tokens FROM to TO, a text. */
static void
learn_text(struct learner *l, size_t from, size_t to, float rate)
{
	size_t n = 0;

	if (to - from > l->text_cap) {
		l->text_cap = 2 * (to - from);
		l->text = xreallocarray(l->text, l->text_cap, sizeof *l->text);
	}
	for (size_t i = from; i < to; i++) {
		uint32_t w = l->c->tokens[i];

		if (l->keep[w] >= 1 || (float)(draw(l) >> 40) / 0x1p24f < l->keep[w])
			l->text[n++] = w;
	}
	for (size_t i = 0; i < n; i++) {
		size_t reach = 1 + (draw(l) >> 32) % WINDOW;
		size_t first = i > reach ? i - reach : 0;
		size_t last = i + reach < n ? i + reach : n - 1;

		for (size_t j = first; j <= last; j++)
			if (j != i)
				learn_pair(l, l->text[i], l->text[j], rate);
	}
}

float *
vectors_learn(const struct vectors_corpus *c, unsigned epochs)
{
	struct learner l = {.c = c};
	double steps = (double)c->texts * epochs;

	init(&l);
	for (unsigned e = 0; e < epochs; e++)
		for (size_t t = 0; t < c->texts; t++) {
			double done = (double)c->texts * e + (double)t;

			learn_text(&l, t ? c->ends[t - 1] : 0, c->ends[t],
			    RATE * (float)(1 - done / steps));
		}
	free(l.out);
	free(l.keep);
	free(l.urn);
	free(l.text);
	return (float *)l.in;
}
