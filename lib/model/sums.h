/*
 * Finding features and adding up rows of weights: private to lib/model.  With the vectors that
 * every x86-64 has, and plainly elsewhere.  Strides are 4, 8 or multiples of 16.
 */
#ifndef SME_MODEL_SUMS_H
#define SME_MODEL_SUMS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>

/* A bit for each of 16 at P that is PRINT. */
static inline unsigned
sums_match_16(const uint16_t *p, uint16_t print)
{
	const __m128i *at = (const __m128i *)(const void *)p;
	__m128i wanted = _mm_set1_epi16((int16_t)print);

	return (unsigned)_mm_movemask_epi8(
	    _mm_packs_epi16(_mm_cmpeq_epi16(_mm_loadu_si128(at), wanted),
		_mm_cmpeq_epi16(_mm_loadu_si128(at + 1), wanted)));
}

/* Eight bytes become eight shorts. */
static inline __m128i
sums_widen(__m128i bytes)
{
	return _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
}

static inline void
sums_add_4(int16_t *sums, const int8_t *row)
{
	int32_t bytes;
	__m128i sum = _mm_loadl_epi64((const __m128i *)(void *)sums);

	memcpy(&bytes, row, sizeof bytes);
	sum = _mm_add_epi16(sum, sums_widen(_mm_cvtsi32_si128(bytes)));
	_mm_storel_epi64((__m128i *)(void *)sums, sum);
}

static inline void
sums_add_8(int16_t *sums, const int8_t *row)
{
	__m128i sum = _mm_loadu_si128((const __m128i *)(void *)sums);

	sum = _mm_add_epi16(sum, sums_widen(_mm_loadl_epi64((const __m128i *)(const void *)row)));
	_mm_storeu_si128((__m128i *)(void *)sums, sum);
}

/* HITS, 16 of them, one more each for the bits of SET. */
static inline void
hits_add(uint8_t *hits, uint16_t set)
{
	const __m128i low = _mm_set_epi16(128, 64, 32, 16, 8, 4, 2, 1);
	const __m128i high = _mm_slli_epi16(low, 8);
	__m128i all = _mm_set1_epi16((int16_t)set);
	__m128i more = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_and_si128(all, low), low),
	    _mm_cmpeq_epi16(_mm_and_si128(all, high), high));
	__m128i sum = _mm_loadu_si128((const __m128i *)(void *)hits);

	_mm_storeu_si128((__m128i *)(void *)hits, _mm_sub_epi8(sum, more));
}

/* What eight places that begin AT bytes behind P and Q add up to, as two times four. */
static inline void
sums_pair(__m128i sum[2], const void *p, const void *q, size_t at)
{
	const __m128i one = _mm_set1_epi16(1);
	__m128i a = _mm_loadu_si128((const __m128i *)(const void *)((const char *)p + at));
	__m128i b = _mm_loadu_si128((const __m128i *)(const void *)((const char *)q + at));

	sum[0] = _mm_add_epi32(sum[0], _mm_madd_epi16(_mm_unpacklo_epi16(a, b), one));
	sum[1] = _mm_add_epi32(sum[1], _mm_madd_epi16(_mm_unpackhi_epi16(a, b), one));
}

/* Eight places that begin AT bytes behind each of N pointers, N being even, added up. */
static inline void
sums_shorts_8(int32_t *total, void *const *p, size_t n, size_t at)
{
	__m128i sum[2] = {_mm_setzero_si128(), _mm_setzero_si128()};

	for (size_t i = 0; i < n; i += 2)
		sums_pair(sum, p[i], p[i + 1], at);
	_mm_storeu_si128((__m128i *)(void *)total, sum[0]);
	_mm_storeu_si128((__m128i *)(void *)(total + 4), sum[1]);
}
#else
/* A bit for each of 16 at P that is PRINT. */
static inline unsigned
sums_match_16(const uint16_t *p, uint16_t print)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < 16; i++)
		bits |= (unsigned)(p[i] == print) << i;
	return bits;
}

static inline void
sums_add_4(int16_t *sums, const int8_t *row)
{
	for (unsigned c = 0; c < 4; c++)
		sums[c] = (int16_t)(sums[c] + row[c]);
}

static inline void
sums_add_8(int16_t *sums, const int8_t *row)
{
	for (unsigned c = 0; c < 8; c++)
		sums[c] = (int16_t)(sums[c] + row[c]);
}

/* HITS, 16 of them, one more each for the bits of SET. */
static inline void
hits_add(uint8_t *hits, uint16_t set)
{
	for (unsigned c = 0; c < 16; c++)
		hits[c] = (uint8_t)(hits[c] + (set >> c & 1));
}

/* Eight places that begin AT bytes behind each of N pointers, N being even, added up. */
static inline void
sums_shorts_8(int32_t *total, void *const *p, size_t n, size_t at)
{
	memset(total, 0, 8 * sizeof *total);
	for (size_t i = 0; i < n; i++) {
		const int16_t *from = (const void *)((const char *)p[i] + at);

		for (unsigned c = 0; c < 8; c++)
			total[c] += from[c];
	}
}
#endif

/* SUMS += ROW, of STRIDE places. */
static inline void
sums_add_row(int16_t *sums, const int8_t *row, uint32_t stride)
{
	if (stride == 4)
		sums_add_4(sums, row);
	for (uint32_t c = 0; c + 8 <= stride; c += 8)
		sums_add_8(sums + c, row + c);
}

#endif
