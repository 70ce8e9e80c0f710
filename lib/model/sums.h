/*
 * Adding up rows of weights: private to lib/model.  Written for vectors that the compiler knows on
 * every machine, for at -O2 it does not find them by itself.  Strides are 4, 8 or multiples of 16.
 */
#ifndef SME_MODEL_SUMS_H
#define SME_MODEL_SUMS_H

#include <stdint.h>
#include <string.h>

typedef int8_t bytes16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef uint8_t counts16 __attribute__((vector_size(16), aligned(1), may_alias));
typedef int8_t bytes4 __attribute__((vector_size(4), aligned(1), may_alias));
typedef int8_t bytes8 __attribute__((vector_size(8), aligned(1), may_alias));
typedef int16_t shorts8 __attribute__((vector_size(16), aligned(2), may_alias));
typedef int16_t shorts16 __attribute__((vector_size(32), aligned(2), may_alias));
typedef int16_t shorts4 __attribute__((vector_size(8), aligned(2), may_alias));
typedef int32_t longs4 __attribute__((vector_size(16), aligned(4), may_alias));

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

/* The sums of 16 or 4 places that begin AT bytes behind each of N pointers. */
static inline void
sums_bytes_16(int16_t *total, void *const *p, size_t n, size_t at)
{
	shorts8 a = {0}, b = {0};

	for (size_t i = 0; i < n; i++) {
		const char *from = (const char *)p[i] + at;

		a += __builtin_convertvector(*(const bytes8 *)from, shorts8);
		b += __builtin_convertvector(*(const bytes8 *)(from + 8), shorts8);
	}
	*(shorts8 *)total = a;
	*(shorts8 *)(total + 8) = b;
}

static inline void
sums_bytes_4(int16_t *total, void *const *p, size_t n, size_t at)
{
	shorts4 sum = {0};

	for (size_t i = 0; i < n; i++)
		sum += __builtin_convertvector(*(const bytes4 *)((const char *)p[i] + at), shorts4);
	*(shorts4 *)total = sum;
}

/* HITS, 16 of them, one more each for the bits of SET. */
static inline void
hits_add(uint8_t *hits, uint16_t set)
{
	const shorts16 bits = {
	    1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, INT16_MIN};
	shorts16 all = (int16_t)set - (shorts16){0};

	*(counts16 *)hits -= __builtin_convertvector((all & bits) == bits, counts16);
}

/* The same of sums. */
static inline void
sums_shorts_16(int32_t *total, void *const *p, size_t n, size_t at)
{
	longs4 a = {0}, b = {0}, c = {0}, d = {0};

	for (size_t i = 0; i < n; i++) {
		const char *from = (const char *)p[i] + at;

		a += __builtin_convertvector(*(const shorts4 *)from, longs4);
		b += __builtin_convertvector(*(const shorts4 *)(from + 8), longs4);
		c += __builtin_convertvector(*(const shorts4 *)(from + 16), longs4);
		d += __builtin_convertvector(*(const shorts4 *)(from + 24), longs4);
	}
	*(longs4 *)total = a;
	*(longs4 *)(total + 4) = b;
	*(longs4 *)(total + 8) = c;
	*(longs4 *)(total + 12) = d;
}

static inline void
sums_shorts_4(int32_t *total, void *const *p, size_t n, size_t at)
{
	longs4 sum = {0};

	for (size_t i = 0; i < n; i++)
		sum += __builtin_convertvector(*(const shorts4 *)((const char *)p[i] + at), longs4);
	*(longs4 *)total = sum;
}

#endif
