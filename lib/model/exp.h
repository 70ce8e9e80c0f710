/*
 * Private to lib/model: e to the power of what is not positive, from nothing but additions and
 * multiplications, so that every machine and every libm gives the same digits.  Better than 1e-15
 * relative.  Two lanes, since all 64-bit machines have them; wider ones are slow where they are
 * not, so whoever knows that the machine has them asks for EXP_LANES of his own.
 */
#ifndef SME_MODEL_EXP_H
#define SME_MODEL_EXP_H

#include <stdint.h>
#include <string.h>

#ifndef EXP_LANES
#define EXP_LANES 2
#define EXP_TARGET
#endif

typedef double exp_lanes __attribute__((vector_size(EXP_LANES * 8), aligned(8), may_alias));
typedef int64_t exp_bits __attribute__((vector_size(EXP_LANES * 8)));

/* e to the power of X is e to the power of REST times 2 to the power of a whole number. */
struct exp_parts {
	exp_lanes rest, power;
	exp_bits in_range;
};

EXP_TARGET static inline struct exp_parts
exp_split(exp_lanes x)
{
	const double round = 0x1.8p52; /* adding it leaves a whole number in the low bits */
	struct exp_parts p = {.in_range = x > -700.0};
	exp_lanes k;

	x = (exp_lanes)((exp_bits)x & p.in_range);
	k = x * 1.4426950408889634 + round;
	p.rest = x - (k - round) * 0.69314718055994529;
	p.power = (exp_lanes)(((exp_bits)k + 1023) << 52);
	return p;
}

EXP_TARGET static inline exp_lanes
exp_join(exp_lanes sum, struct exp_parts p)
{
	return (exp_lanes)((exp_bits)(sum * p.power) & p.in_range);
}

/* The N numbers at P, a multiple of EXP_LANES, in place; below -700, and for NaN, the result is 0.
 * Four vectors at once: each step waits for the one before, but not for those of others. */
EXP_TARGET static inline void
exp_minus(double *p, uint32_t n)
{
	static const double inverse[] = {1, 1 / 2., 1 / 3., 1 / 4., 1 / 5., 1 / 6., 1 / 7., 1 / 8.,
	    1 / 9., 1 / 10., 1 / 11., 1 / 12., 1 / 13., 1 / 14.};
	const exp_lanes one = (exp_lanes){0} + 1;
	uint32_t i = 0;

	for (; i + 4 * EXP_LANES <= n; i += 4 * EXP_LANES) {
		exp_lanes *at = (exp_lanes *)(p + i), sa = one, sb = one, sc = one, sd = one;
		struct exp_parts a = exp_split(at[0]), b = exp_split(at[1]);
		struct exp_parts c = exp_split(at[2]), d = exp_split(at[3]);

		for (int j = 13; j >= 0; j--) {
			sa = sa * a.rest * inverse[j] + 1;
			sb = sb * b.rest * inverse[j] + 1;
			sc = sc * c.rest * inverse[j] + 1;
			sd = sd * d.rest * inverse[j] + 1;
		}
		at[0] = exp_join(sa, a);
		at[1] = exp_join(sb, b);
		at[2] = exp_join(sc, c);
		at[3] = exp_join(sd, d);
	}
	for (; i < n; i += EXP_LANES) {
		exp_lanes *at = (exp_lanes *)(p + i), sum = one;
		struct exp_parts a = exp_split(*at);

		for (int j = 13; j >= 0; j--)
			sum = sum * a.rest * inverse[j] + 1;
		*at = exp_join(sum, a);
	}
}

/* The logarithm of X, above 0; of what is smaller than the smallest normal number, that one's. From
 * additions, multiplications and divisions alone, too; better than 1e-14. */
static inline double
exp_log(double x)
{
	int64_t bits, power;
	double half, square, sum = 0;

	if (!(x > 0x1p-1022))
		x = 0x1p-1022;
	memcpy(&bits, &x, sizeof bits);
	power = (bits >> 52) - 1023;
	bits = (bits & 0xfffffffffffff) | (int64_t)1023 << 52;
	memcpy(&x, &bits, sizeof x); /* 1 to 2; then around 1 */
	if (x > 1.4142135623730951) {
		x = x / 2;
		power++;
	}
	half = (x - 1) / (x + 1);
	square = half * half;
	for (int i = 19; i >= 1; i -= 2)
		sum = sum * square + 1. / i;
	return 2 * half * sum + (double)power * 0.69314718055994529;
}

#endif
