#include "model/hidden.h"

#include <math.h>

typedef float lanes __attribute__((vector_size(64), aligned(4), may_alias));

/* The sum of unit UNIT for a text, not yet rectified; 0 hits add up to nothing. */
static float
sum_of(const struct model *m, const int32_t *sums, uint32_t hits, uint32_t unit)
{
	float length = hits ? sqrtf((float)hits) : 1;

	return (float)sums[unit] * m->units[unit].scale / length + m->units[unit].bias;
}

void
hidden_scores(
    const struct model *m, const int32_t *sums, uint32_t hits, float *activity, float *scores)
{
	uint32_t active = 0, places = m->label_places;
	const float *outs[MODEL_HIDDEN_MAX];

	for (uint32_t j = 0; j < m->header->hidden; j++) {
		float sum = sum_of(m, sums, hits, j);

		activity[active] = sum;
		outs[active] = m->outs + (size_t)j * places;
		active += sum > 0;
	}
	for (uint32_t c = 0; c < places; c += 16) {
		lanes score = {0};

		for (uint32_t i = 0; i < active; i++)
			score += *(const lanes *)(outs[i] + c) * activity[i];
		*(lanes *)(scores + c) = score;
	}
}

void
hidden_slopes(const struct model *m, const int32_t *sums, uint32_t hits, int label, float *slopes)
{
	for (uint32_t j = 0; j < m->header->hidden; j++) {
		const float *out = m->outs + (size_t)j * m->label_places;
		float others = 0;

		for (uint32_t c = 0; c < m->header->labels; c++)
			others += c == (uint32_t)label ? 0 : out[c];
		slopes[j] = out[label] - others / (float)(m->header->labels - 1);
		slopes[j] *= sum_of(m, sums, hits, j) > 0 ? m->units[j].scale : 0;
	}
}
