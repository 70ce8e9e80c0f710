/* The heads' kernel for x86-64 with AVX2. */
#include "model/heads_joint.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,bmi,lzcnt,popcnt")))
#define KERNEL TARGET static inline __attribute__((always_inline))

KERNEL __m128i
load_8(const void *p)
{
	return _mm_loadl_epi64((const __m128i *)p);
}

KERNEL __m128i
load_16(const void *p)
{
	return _mm_loadu_si128((const __m128i *)p);
}

KERNEL void
add_4(int16_t *sums, const int8_t *row)
{
	int32_t bytes;

	memcpy(&bytes, row, sizeof bytes);
	_mm_storel_epi64((__m128i *)(void *)sums,
	    _mm_add_epi16(load_8(sums), _mm_cvtepi8_epi16(_mm_cvtsi32_si128(bytes))));
}

KERNEL void
add_row(int16_t *sums, const int8_t *row, uint32_t stride)
{
	if (stride == 8)
		_mm_storeu_si128((__m128i *)(void *)sums,
		    _mm_add_epi16(load_16(sums), _mm_cvtepi8_epi16(load_8(row))));
	for (uint32_t c = 0; c + 16 <= stride; c += 16) {
		__m256i *at = (__m256i *)(void *)(sums + c);

		_mm256_storeu_si256(at, _mm256_add_epi16(_mm256_loadu_si256(at),
					    _mm256_cvtepi8_epi16(load_16(row + c))));
	}
}

KERNEL void
add_hits(uint8_t *hits, head_set set)
{
	const __m256i bits = _mm256_set_epi16(INT16_MIN, 0x4000, 0x2000, 0x1000, 0x800, 0x400,
	    0x200, 0x100, 0x80, 0x40, 0x20, 0x10, 8, 4, 2, 1);
	__m256i all = _mm256_set1_epi16((int16_t)set);
	__m256i more = _mm256_cmpeq_epi16(_mm256_and_si256(all, bits), bits);
	__m128i bytes =
	    _mm_packs_epi16(_mm256_castsi256_si128(more), _mm256_extracti128_si256(more, 1));

	_mm_storeu_si128((__m128i *)(void *)hits, _mm_sub_epi8(load_16(hits), bytes));
}

#include "model/heads_kernel.h"

/* Add up N times eight places: what is at COLUMN of each memo. */
KERNEL void
sum_eights(int32_t *total, void *const *memo, size_t n, size_t column, const unsigned eights)
{
	__m256i sum[4];

	for (unsigned k = 0; k < eights; k++)
		sum[k] = _mm256_setzero_si256();
	for (size_t i = 0; i < n; i++) {
		const int16_t *p = (const int16_t *)((const struct memo *)memo[i] + 1) + column;

		for (unsigned k = 0; k < eights; k++)
			sum[k] =
			    _mm256_add_epi32(sum[k], _mm256_cvtepi16_epi32(load_16(p + k * 8)));
	}
	for (unsigned k = 0; k < eights; k++)
		_mm256_storeu_si256((__m256i *)(void *)(total + k * 8), sum[k]);
}

TARGET static void
kernel_sum(int32_t *total, void *const *memo, size_t n, size_t from, size_t to)
{
	int32_t last[8];
	size_t c = from;

	for (; c + 32 <= to; c += 32)
		sum_eights(total + c, memo, n, c, 4);
	for (; c + 16 <= to; c += 16)
		sum_eights(total + c, memo, n, c, 2);
	for (; c + 8 <= to; c += 8)
		sum_eights(total + c, memo, n, c, 1);
	if (c == to)
		return;
	sum_eights(last, memo, n, c, 1);
	memcpy(total + c, last, (to - c) * sizeof *last);
}

#include "model/exp.h"

TARGET static void
kernel_exp(double *p, uint32_t n)
{
	exp_minus(p, n);
}

const struct heads_kernel *
heads_kernel_avx2(void)
{
	static const struct heads_kernel kernel = {
	    kernel_find, kernel_add, kernel_hits, kernel_sum, kernel_exp};

	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
	               __builtin_cpu_supports("popcnt")
	           ? &kernel
	           : NULL;
}

#else

const struct heads_kernel *
heads_kernel_avx2(void)
{
	return NULL;
}

#endif
