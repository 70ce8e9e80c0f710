/* The scanner for x86-64 with AVX-512 (BW, VBMI and VBMI2: Ice Lake, Zen 4 and later). */
#include "stream/scan_int.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET                                                                                     \
	__attribute__((target(                                                                     \
	    "avx512f,avx512bw,avx512vbmi,avx512vbmi2,bmi,bmi2,lzcnt,popcnt,pclmul,sse4.2")))

#include "stream/scan_kernel_begin.h"

/* Classes of ASCII bytes, one bit each. */
enum {
	C_OP = 1,
	C_SPACE = 2,
	C_QUOTE = 4,
	C_UNUSUAL = 8,
	C_NEWLINE = 16
};

static const unsigned char class_of[128] __attribute__((aligned(64))) = {[0 ... 8] = C_UNUSUAL,
    ['\t'] = C_UNUSUAL | C_SPACE, ['\n'] = C_OP | C_NEWLINE, [11 ... 12] = C_UNUSUAL,
    ['\r'] = C_UNUSUAL | C_SPACE,
    [14 ... 31] = C_UNUSUAL, [' '] = C_SPACE, ['"'] = C_QUOTE, ['\\'] = C_UNUSUAL, ['{'] = C_OP,
    ['}'] = C_OP, ['['] = C_OP, [']'] = C_OP, [':'] = C_OP, [','] = C_OP};

KERNEL struct block_bits
block_classify(const char *p)
{
	__m512i in = _mm512_loadu_si512(p);
	__mmask64 high = _mm512_movepi8_mask(in);
	__m512i class = _mm512_maskz_permutex2var_epi8(~high, _mm512_load_si512(class_of), in,
	    _mm512_load_si512(class_of + 64));

	return (struct block_bits){
	    .quote = _mm512_test_epi8_mask(class, _mm512_set1_epi8(C_QUOTE)),
	    .space = _mm512_test_epi8_mask(class, _mm512_set1_epi8(C_SPACE)),
	    .op = _mm512_test_epi8_mask(class, _mm512_set1_epi8(C_OP)),
	    .unusual = _mm512_test_epi8_mask(class, _mm512_set1_epi8(C_UNUSUAL)),
	    .newline = _mm512_test_epi8_mask(class, _mm512_set1_epi8(C_NEWLINE)),
	    .high = high,
	};
}

KERNEL struct unusual_bits
block_unusual(const char *p)
{
	__m512i in = _mm512_loadu_si512(p);

	return (struct unusual_bits){
	    .backslash = _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8('\\')),
	    .control = _mm512_cmplt_epu8_mask(in, _mm512_set1_epi8(' ')),
	};
}

static const unsigned char iota[64] __attribute__((aligned(64))) = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35,
    36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60,
    61, 62, 63};

KERNEL void
store_places(__m256i offsets, size_t at, uint16_t *place)
{
	_mm512_storeu_si512(place,
	    _mm512_add_epi16(_mm512_cvtepu8_epi16(offsets), _mm512_set1_epi16((short)at)));
}

KERNEL size_t
block_store(const char *p, uint64_t tokens, size_t at, unsigned char *token, uint16_t *place)
{
	size_t n = (size_t)__builtin_popcountll(tokens);
	__m512i offsets = _mm512_maskz_compress_epi8(tokens, _mm512_load_si512(iota));

	_mm512_storeu_si512(token, _mm512_permutexvar_epi8(offsets, _mm512_loadu_si512(p)));
	store_places(_mm512_castsi512_si256(offsets), at, place);
	if (n > 32)
		store_places(_mm512_extracti64x4_epi64(offsets, 1), at, place + 32);
	return n;
}

#include "stream/scan_utf8_tables.h"

KERNEL __m512i
table(const unsigned char *t)
{
	return _mm512_broadcast_i32x4(_mm_load_si128((const __m128i *)t));
}

KERNEL __m512i
high_nibble(__m512i v)
{
	return _mm512_and_si512(_mm512_srli_epi16(v, 4), _mm512_set1_epi8(0x0f));
}

KERNEL uint64_t
block_bad_utf8(const char *p)
{
	__m512i in = _mm512_loadu_si512(p), prev1 = _mm512_loadu_si512(p - 1);
	__m512i prev2 = _mm512_loadu_si512(p - 2), prev3 = _mm512_loadu_si512(p - 3);
	__m512i pair = _mm512_and_si512(
	    _mm512_and_si512(_mm512_shuffle_epi8(table(utf8_byte1_high), high_nibble(prev1)),
		_mm512_shuffle_epi8(table(utf8_byte1_low),
		    _mm512_and_si512(prev1, _mm512_set1_epi8(0x0f)))),
	    _mm512_shuffle_epi8(table(utf8_byte2_high), high_nibble(in)));
	__m512i third = _mm512_subs_epu8(prev2, _mm512_set1_epi8(0xe0 - 0x80));
	__m512i fourth = _mm512_subs_epu8(prev3, _mm512_set1_epi8(0xf0 - 0x80));
	__m512i must = _mm512_and_si512(_mm512_or_si512(third, fourth), _mm512_set1_epi8((char)0x80));
	__m512i bad = _mm512_xor_si512(must, pair);

	return _mm512_test_epi8_mask(bad, bad);
}

KERNEL uint64_t
prefix_xor(uint64_t x)
{
	return (uint64_t)_mm_cvtsi128_si64(
	    _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)x), _mm_set1_epi8((char)0xff), 0));
}

KERNEL uint64_t
token_spans(const uint16_t *place, const unsigned char *spans)
{
	__m512i table64 = _mm512_loadu_si512(spans), low = _mm512_set1_epi16(63);
	uint64_t bits = 0;

	for (int i = 0; i < 2; i++) {
		__m512i span = _mm512_sub_epi16(_mm512_loadu_si512(place + 32 * i),
		    _mm512_loadu_si512(place + 32 * i - 1));
		__m512i hit = _mm512_permutexvar_epi8(_mm512_and_si512(span, low), table64);

		bits |= (uint64_t)_mm512_test_epi16_mask(hit, _mm512_set1_epi16(0xff)) << (32 * i);
	}
	return bits;
}

KERNEL uint64_t
token_equal(const unsigned char *token, char c)
{
	return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(token), _mm512_set1_epi8(c));
}

/* Tokens that are kept in a skeleton; NUL elsewhere. */
static const unsigned char kept[128] __attribute__((aligned(64))) = {['{'] = '{', ['}'] = '}',
    ['['] = '[', [']'] = ']', [':'] = ':', [','] = ',', ['\n'] = '\n'};

KERNEL __m512i
skeleton_of(__m512i in)
{
	__m512i keep = _mm512_maskz_permutex2var_epi8(~_mm512_movepi8_mask(in),
	    _mm512_load_si512(kept), in, _mm512_load_si512(kept + 64));

	return _mm512_mask_mov_epi8(keep, _mm512_testn_epi8_mask(keep, keep),
	    _mm512_set1_epi8(SCAN_LEAF));
}

KERNEL void
token_skeleton(const unsigned char *token, unsigned char *skeleton)
{
	_mm512_storeu_si512(skeleton, skeleton_of(_mm512_loadu_si512(token)));
}

KERNEL uint64_t
token_differs(const unsigned char *token, const unsigned char *skeleton)
{
	return _mm512_cmpneq_epi8_mask(skeleton_of(_mm512_loadu_si512(token)),
	    _mm512_loadu_si512(skeleton));
}

KERNEL struct token_bits
token_classify(const unsigned char *token)
{
	__m512i in = _mm512_loadu_si512(token);
	struct token_bits t = {
	    .quote = _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8('"')),
	    .colon = _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8(':')),
	    .comma = _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8(',')),
	    .open_object = _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8('{')),
	    .open_array = _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8('[')),
	    .close_object = _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8('}')),
	    .close_array = _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8(']')),
	};

	t.newline = _mm512_cmpeq_epi8_mask(in, _mm512_set1_epi8('\n'));
	t.scalar = ~(t.newline | t.quote | t.colon | t.comma | t.open_object | t.open_array | t.close_object |
	    t.close_array);
	return t;
}

#include "stream/scan_kernel.h"

const struct scan_kernel *
scan_kernel_avx512(void)
{
	static const struct scan_kernel kernel = {"avx512", kernel_index, kernel_walk};

	return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
		__builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2") &&
		__builtin_cpu_supports("bmi2") && __builtin_cpu_supports("pclmul")
	    ? &kernel
	    : NULL;
}

#else

const struct scan_kernel *
scan_kernel_avx512(void)
{
	return NULL;
}

#endif
