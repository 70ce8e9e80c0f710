/* The scanner for x86-64 with AVX2. */
#include "stream/scan_int.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,pclmul,sse4.2")))

#include "stream/scan_kernel_begin.h"
#include "stream/scan_utf8_tables.h"

KERNEL uint64_t
both(__m256i lo, __m256i hi)
{
	return (uint32_t)_mm256_movemask_epi8(lo) | (uint64_t)(uint32_t)_mm256_movemask_epi8(hi) << 32;
}

KERNEL uint64_t
equal(__m256i lo, __m256i hi, char c)
{
	__m256i want = _mm256_set1_epi8(c);

	return both(_mm256_cmpeq_epi8(lo, want), _mm256_cmpeq_epi8(hi, want));
}

/* Where the table, asked by the low nibble, gives the byte itself. */
KERNEL __m256i
matches(__m256i v, __m256i asked, const char *t)
{
	__m256i tab = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)t));

	return _mm256_cmpeq_epi8(_mm256_shuffle_epi8(tab, asked), v);
}

/* Bytes below ' '. */
KERNEL __m256i
is_control(__m256i v)
{
	return _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v);
}

KERNEL __m256i
is_unusual(__m256i v)
{
	return _mm256_or_si256(is_control(v), _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\')));
}

KERNEL struct block_bits
block_classify(const char *p)
{
	/* At low nibble: space, tab, return.  The other slots' 0 matches no byte of their nibble. */
	static const char spaces[16] = {' ', 0, 0, 0, 0, 0, 0, 0, 0, '\t', 0, 0, 0, '\r', 0, 0};
	/* With bit 5 set, [ and { are one, as are ] and }: "{" 7b, "}" 7d, ":" 3a, "," 2c. */
	static const char ops[16] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0};
	__m256i lo = _mm256_loadu_si256((const __m256i *)p);
	__m256i hi = _mm256_loadu_si256((const __m256i *)(p + 32));
	__m256i bit5 = _mm256_set1_epi8(0x20);
	__m256i nl = _mm256_set1_epi8('\n');
	__m256i nl_lo = _mm256_cmpeq_epi8(lo, nl), nl_hi = _mm256_cmpeq_epi8(hi, nl);
	__m256i op_lo = matches(_mm256_or_si256(lo, bit5), lo, ops);
	__m256i op_hi = matches(_mm256_or_si256(hi, bit5), hi, ops);

	return (struct block_bits){
	    .quote = equal(lo, hi, '"'),
	    .space = both(matches(lo, lo, spaces), matches(hi, hi, spaces)),
	    /* Setting bit 5 also makes 0x1a a colon and 0x0c a comma. */
	    .op = both(_mm256_or_si256(nl_lo, _mm256_andnot_si256(is_control(lo), op_lo)),
		_mm256_or_si256(nl_hi, _mm256_andnot_si256(is_control(hi), op_hi))),
	    .unusual = both(_mm256_andnot_si256(nl_lo, is_unusual(lo)),
		_mm256_andnot_si256(nl_hi, is_unusual(hi))),
	    .newline = both(nl_lo, nl_hi),
	    .high = both(lo, hi),
	};
}

KERNEL struct unusual_bits
block_unusual(const char *p)
{
	__m256i lo = _mm256_loadu_si256((const __m256i *)p);
	__m256i hi = _mm256_loadu_si256((const __m256i *)(p + 32));

	return (struct unusual_bits){
	    .backslash = equal(lo, hi, '\\'),
	    .control = both(is_control(lo), is_control(hi)),
	};
}

KERNEL size_t
block_store(const char *p, uint64_t tokens, size_t at, unsigned char *token, uint16_t *place)
{
	size_t n = (size_t)__builtin_popcountll(tokens);

	for (size_t i = 0; i < n; i += 4)
		for (size_t j = i; j < i + 4; j++) {
			unsigned bit = (unsigned)_tzcnt_u64(tokens) & 63;

			token[j] = (unsigned char)p[bit];
			place[j] = (uint16_t)(at + bit);
			tokens &= tokens - 1;
		}
	return n;
}

KERNEL __m256i
lookup(const unsigned char *t, __m256i nibble)
{
	return _mm256_shuffle_epi8(
	    _mm256_broadcastsi128_si256(_mm_load_si128((const __m128i *)t)), nibble);
}

KERNEL __m256i
bad_utf8_half(const char *p)
{
	__m256i low4 = _mm256_set1_epi8(0x0f);
	__m256i in = _mm256_loadu_si256((const __m256i *)p);
	__m256i prev1 = _mm256_loadu_si256((const __m256i *)(p - 1));
	__m256i prev2 = _mm256_loadu_si256((const __m256i *)(p - 2));
	__m256i prev3 = _mm256_loadu_si256((const __m256i *)(p - 3));
	__m256i pair = _mm256_and_si256(
	    _mm256_and_si256(
		lookup(utf8_byte1_high, _mm256_and_si256(_mm256_srli_epi16(prev1, 4), low4)),
		lookup(utf8_byte1_low, _mm256_and_si256(prev1, low4))),
	    lookup(utf8_byte2_high, _mm256_and_si256(_mm256_srli_epi16(in, 4), low4)));
	__m256i third = _mm256_subs_epu8(prev2, _mm256_set1_epi8(0xe0 - 0x80));
	__m256i fourth = _mm256_subs_epu8(prev3, _mm256_set1_epi8(0xf0 - 0x80));
	__m256i must = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8((char)0x80));

	return _mm256_cmpeq_epi8(_mm256_xor_si256(must, pair), _mm256_setzero_si256());
}

KERNEL uint64_t
block_bad_utf8(const char *p)
{
	return ~both(bad_utf8_half(p), bad_utf8_half(p + 32));
}

KERNEL uint64_t
prefix_xor(uint64_t x)
{
	return (uint64_t)_mm_cvtsi128_si64(
	    _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)x), _mm_set1_epi8((char)0xff), 0));
}

KERNEL __m256i
spans_quarter(const uint16_t *place, __m256i folded)
{
	__m256i span = _mm256_sub_epi16(_mm256_loadu_si256((const __m256i *)place),
	    _mm256_loadu_si256((const __m256i *)(place - 1)));

	return _mm256_shuffle_epi8(folded, _mm256_and_si256(span, _mm256_set1_epi16(15)));
}

KERNEL uint64_t
token_spans(const uint16_t *place, const unsigned char *spans)
{
	const __m128i *t = (const __m128i *)spans;
	/* A shuffle knows 16 places: the lengths modulo 16 must do. */
	__m128i folded128 = _mm_or_si128(_mm_or_si128(_mm_loadu_si128(t), _mm_loadu_si128(t + 1)),
	    _mm_or_si128(_mm_loadu_si128(t + 2), _mm_loadu_si128(t + 3)));
	__m256i folded = _mm256_broadcastsi128_si256(folded128);
	__m256i byte = _mm256_set1_epi16(0xff);
	__m256i half[2];

	for (int i = 0; i < 2; i++) {
		__m256i a = _mm256_and_si256(spans_quarter(place + 32 * i, folded), byte);
		__m256i b = _mm256_and_si256(spans_quarter(place + 32 * i + 16, folded), byte);

		half[i] = _mm256_permute4x64_epi64(_mm256_packus_epi16(a, b), 0xd8);
	}
	return both(half[0], half[1]);
}

KERNEL uint64_t
token_equal(const unsigned char *token, char c)
{
	return equal(_mm256_loadu_si256((const __m256i *)token),
	    _mm256_loadu_si256((const __m256i *)(token + 32)), c);
}

KERNEL __m256i
skeleton_half(const unsigned char *token)
{
	/* As in block_classify. */
	static const char ops[16] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, ':', '{', ',', '}', 0, 0};
	__m256i in = _mm256_loadu_si256((const __m256i *)token);
	__m256i keep = matches(_mm256_or_si256(in, _mm256_set1_epi8(0x20)), in, ops);

	/* Control characters are no tokens, but for the newline. */
	keep = _mm256_or_si256(_mm256_andnot_si256(is_control(in), keep),
	    _mm256_cmpeq_epi8(in, _mm256_set1_epi8('\n')));
	return _mm256_blendv_epi8(_mm256_set1_epi8(SCAN_LEAF), in, keep);
}

KERNEL void
token_skeleton(const unsigned char *token, unsigned char *skeleton)
{
	_mm256_storeu_si256((__m256i *)skeleton, skeleton_half(token));
	_mm256_storeu_si256((__m256i *)(skeleton + 32), skeleton_half(token + 32));
}

KERNEL uint64_t
token_differs(const unsigned char *token, const unsigned char *skeleton)
{
	__m256i lo = _mm256_loadu_si256((const __m256i *)skeleton);
	__m256i hi = _mm256_loadu_si256((const __m256i *)(skeleton + 32));

	return ~both(_mm256_cmpeq_epi8(skeleton_half(token), lo),
	    _mm256_cmpeq_epi8(skeleton_half(token + 32), hi));
}

KERNEL struct token_bits
token_classify(const unsigned char *token)
{
	__m256i lo = _mm256_loadu_si256((const __m256i *)token);
	__m256i hi = _mm256_loadu_si256((const __m256i *)(token + 32));
	struct token_bits t = {
	    .quote = equal(lo, hi, '"'),
	    .colon = equal(lo, hi, ':'),
	    .comma = equal(lo, hi, ','),
	    .open_object = equal(lo, hi, '{'),
	    .open_array = equal(lo, hi, '['),
	    .close_object = equal(lo, hi, '}'),
	    .close_array = equal(lo, hi, ']'),
	};

	t.newline = equal(lo, hi, '\n');
	t.scalar = ~(t.newline | t.quote | t.colon | t.comma | t.open_object | t.open_array | t.close_object |
	    t.close_array);
	return t;
}

#include "stream/scan_kernel.h"

const struct scan_kernel *
scan_kernel_avx2(void)
{
	static const struct scan_kernel kernel = {"avx2", kernel_index, kernel_walk};

	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
		__builtin_cpu_supports("bmi2") && __builtin_cpu_supports("pclmul") &&
		__builtin_cpu_supports("popcnt")
	    ? &kernel
	    : NULL;
}

#else

const struct scan_kernel *
scan_kernel_avx2(void)
{
	return NULL;
}

#endif
