#include "model/rarity.h"

#include <math.h>
#include <stdlib.h>

#include "core/mem.h"

float
rarity_log(double x)
{
	for (int i = 0; i < 10; i++)
		x = sqrt(x);
	return (float)((x - 1) * 1024);
}

float *
rarity_values(const struct matrix *m, const size_t *rows, size_t count, double word_weight)
{
	uint32_t *in = xcalloc((size_t)m->features + 1, sizeof *in);
	float *value = xcalloc((size_t)m->features + 1, sizeof *value);
	double squares = 0, all = 0;

	for (size_t i = 0; i < count; i++) {
		const uint32_t *ids;
		size_t n = matrix_row(m, rows[i], &ids);

		for (size_t j = 0; j < n; j++)
			in[ids[j]]++;
	}
	for (uint32_t f = 0; f < m->features; f++) {
		double rare = in[f] && in[f] < count ? (double)count / in[f] : 1;

		value[f] = in[f] ? 1 + rarity_log(rare) : 0;
		squares += (double)(value[f] * value[f]) * in[f];
		all += in[f];
	}
	for (uint32_t f = 0; f < m->features; f++) {
		value[f] /= all > 0 ? (float)sqrt(squares / all) : 1;
		value[f] *= m->is_word[f] ? (float)word_weight : 1;
	}
	free(in);
	return value;
}

float *
rarity_or_not(
    const struct matrix *m, const size_t *rows, size_t count, const struct solve_options *o)
{
	float *value;

	if (o->rarity)
		return rarity_values(m, rows, count, o->word_weight);
	value = xcalloc((size_t)m->features + 1, sizeof *value);
	for (uint32_t f = 0; f < m->features; f++)
		value[f] = m->is_word[f] ? (float)o->word_weight : 1;
	return value;
}
