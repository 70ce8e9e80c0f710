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

KERNEL unsigned
match_16(const uint16_t *p, uint16_t print)
{
	__m256i same = _mm256_cmpeq_epi16(_mm256_loadu_si256((const __m256i *)(const void *)p),
	    _mm256_set1_epi16((int16_t)print));

	return (unsigned)_mm_movemask_epi8(
	    _mm_packs_epi16(_mm256_castsi256_si128(same), _mm256_extracti128_si256(same, 1)));
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

/* Eight places of a memo. */
KERNEL __m256i
load_sums(const void *memo, size_t column)
{
	const int16_t *sums = (const int16_t *)((const struct memo *)memo + 1);

	return _mm256_cvtepi16_epi32(load_16(sums + column));
}

KERNEL void
store_sums(int32_t *total, __m256i sum)
{
	_mm256_storeu_si256((__m256i *)(void *)total, sum);
}

KERNEL void
sum_32(int32_t *total, void *const *memo, size_t n, size_t column)
{
	__m256i a = _mm256_setzero_si256(), b = a, c = a, d = a;

	for (size_t i = 0; i < n; i++) {
		a = _mm256_add_epi32(a, load_sums(memo[i], column));
		b = _mm256_add_epi32(b, load_sums(memo[i], column + 8));
		c = _mm256_add_epi32(c, load_sums(memo[i], column + 16));
		d = _mm256_add_epi32(d, load_sums(memo[i], column + 24));
	}
	store_sums(total, a);
	store_sums(total + 8, b);
	store_sums(total + 16, c);
	store_sums(total + 24, d);
}

KERNEL void
sum_8(int32_t *total, void *const *memo, size_t n, size_t column)
{
	__m256i a = _mm256_setzero_si256(), b = a;

	for (size_t i = 0; i < n; i += 2) {
		a = _mm256_add_epi32(a, load_sums(memo[i], column));
		b = _mm256_add_epi32(b, load_sums(memo[i + 1], column));
	}
	store_sums(total, _mm256_add_epi32(a, b));
}

TARGET static void
kernel_sum(int32_t *total, void *const *memo, size_t n, size_t from, size_t to)
{
	int32_t last[8];
	size_t c = from;

	for (; c + 32 <= to; c += 32)
		sum_32(total + c, memo, n, c);
	for (; c + 8 <= to; c += 8)
		sum_8(total + c, memo, n, c);
	if (c == to)
		return;
	sum_8(last, memo, n, c);
	memcpy(total + c, last, (to - c) * sizeof *last);
}

#define EXP_LANES 4
#define EXP_TARGET TARGET
#include "model/exp.h"

TARGET static void
kernel_exp(double *p, uint32_t n)
{
	exp_minus(p, n);
}

const struct heads_kernel *
heads_kernel_avx2(void)
{
	static const struct heads_kernel kernel = {kernel_add, kernel_hits, kernel_sum, kernel_exp};

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
