/*
 * Adding up rows of weights: private to lib/model.  Written for vectors that the compiler knows on
 * every machine, for at -O2 it does not find them by itself.  Strides are 4, 8 or multiples of 16.
 */
#ifndef SME_MODEL_SUMS_H
#define SME_MODEL_SUMS_H

#include <stdint.h>
#include <string.h>

typedef int8_t bytes16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef int16_t shorts16 __attribute__((vector_size(32), aligned(2), may_alias));
typedef int16_t shorts4 __attribute__((vector_size(8), aligned(2), may_alias));
typedef int32_t longs4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef int32_t longs16 __attribute__((vector_size(64), aligned(4), may_alias));

/* SUMS += ROW, of STRIDE places. */
static inline void
sums_add_row(int16_t *sums, const int8_t *row, uint32_t stride)
{
	for (uint32_t c = 0; c + 16 <= stride; c += 16)
		*(shorts16 *)(sums + c) +=
		    __builtin_convertvector(*(const bytes16 *)(row + c), shorts16);
	if (stride < 16)
		for (uint32_t c = 0; c < stride; c++)
			sums[c] = (int16_t)(sums[c] + row[c]);
}

/* TOTAL += SUMS, of N places, a multiple of 4. */
static inline void
sums_add(int32_t *total, const int16_t *sums, size_t n)
{
	size_t i = 0;

	for (; i + 16 <= n; i += 16)
		*(longs16 *)(total + i) +=
		    __builtin_convertvector(*(const shorts16 *)(sums + i), longs16);
	for (; i < n; i += 4)
		*(longs4 *)(total + i) +=
		    __builtin_convertvector(*(const shorts4 *)(sums + i), longs4);
}

#endif
