/* How many columns of weights a head has: private to lib/model. */
#ifndef SME_MODEL_COLUMNS_H
#define SME_MODEL_COLUMNS_H

#include <stdint.h>

/* One for each label; with experts (see experts.h) those of each expert, and one for each of them.
 */
static inline uint32_t
model_columns(uint32_t labels, uint32_t experts)
{
	return experts ? experts * (labels + 1) : labels;
}

#endif
