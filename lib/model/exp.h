/*
 * Private to lib/model: e to the power of what is not positive, from nothing but additions and
 * multiplications, so that every machine and every libm gives the same digits.  Better than 1e-15
 * relative.  Two lanes, since all 64-bit machines have them; wider ones are slow where they are
 * not.
 */
#ifndef SME_MODEL_EXP_H
#define SME_MODEL_EXP_H

#include <stdint.h>

typedef double exp_lanes __attribute__((vector_size(16), aligned(8), may_alias));
typedef int64_t exp_bits __attribute__((vector_size(16)));

/* The N numbers at P, an even count, in place; below -700, and for NaN, the result is 0. */
static inline void
exp_minus(double *p, uint32_t n)
{
	static const double inverse[] = {1, 1 / 2., 1 / 3., 1 / 4., 1 / 5., 1 / 6., 1 / 7., 1 / 8.,
	    1 / 9., 1 / 10., 1 / 11., 1 / 12., 1 / 13., 1 / 14.};
	const double round = 0x1.8p52; /* adding it leaves a whole number in the low bits */

	for (uint32_t i = 0; i < n; i += 2) {
		exp_lanes x = *(exp_lanes *)(p + i), sum = {1, 1}, k, r;
		exp_bits in_range = x > -700.0, power;

		x = (exp_lanes)((exp_bits)x & in_range);
		k = x * 1.4426950408889634 + round;
		r = x - (k - round) * 0.69314718055994529;
		for (int j = 13; j >= 0; j--)
			sum = sum * r * inverse[j] + 1;
		power = ((exp_bits)k + 1023) << 52; /* 2 to the k */
		*(exp_lanes *)(p + i) = (exp_lanes)((exp_bits)(sum * (exp_lanes)power) & in_range);
	}
}

#endif
