/* The scanner for every x86-64: SSE2 and nothing else. */
#include "stream/scan_int.h"

#if defined(__x86_64__)
#include <emmintrin.h>

#define TARGET

#include "stream/scan_kernel_begin.h"

struct quarters {
	__m128i q[4];
};

KERNEL uint64_t
equal(const struct quarters *v, char c)
{
	uint64_t bits = 0;

	for (int i = 0; i < 4; i++)
		bits |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v->q[i], _mm_set1_epi8(c)))
		    << (16 * i);
	return bits;
}

/* Bytes below ' '. */
KERNEL uint64_t
control(const struct quarters *v)
{
	uint64_t bits = 0;

	for (int i = 0; i < 4; i++) {
		__m128i in = _mm_cmpeq_epi8(_mm_min_epu8(v->q[i], _mm_set1_epi8(0x1f)), v->q[i]);

		bits |= (uint64_t)(unsigned)_mm_movemask_epi8(in) << (16 * i);
	}
	return bits;
}

KERNEL struct quarters
load(const char *p)
{
	struct quarters v;

	for (int i = 0; i < 4; i++)
		v.q[i] = _mm_loadu_si128((const __m128i *)(p + 16 * i));
	return v;
}

KERNEL struct block_bits
block_classify(const char *p)
{
	struct quarters v = load(p);
	uint64_t high = 0, newline = equal(&v, '\n');

	for (int i = 0; i < 4; i++)
		high |= (uint64_t)(unsigned)_mm_movemask_epi8(v.q[i]) << (16 * i);
	return (struct block_bits){
	    .quote = equal(&v, '"'),
	    .space = equal(&v, ' ') | equal(&v, '\t') | equal(&v, '\r'),
	    .op = equal(&v, '{') | equal(&v, '}') | equal(&v, '[') | equal(&v, ']') | equal(&v, ':') |
		equal(&v, ',') | newline,
	    .unusual = (control(&v) & ~newline) | equal(&v, '\\'),
	    .newline = newline,
	    .high = high,
	};
}

KERNEL struct unusual_bits
block_unusual(const char *p)
{
	struct quarters v = load(p);

	return (struct unusual_bits){
	    .backslash = equal(&v, '\\'),
	    .control = control(&v),
	};
}

KERNEL size_t
block_store(const char *p, uint64_t tokens, size_t at, unsigned char *token, uint16_t *place)
{
	size_t n = 0;

	for (; tokens; tokens &= tokens - 1, n++) {
		unsigned bit = (unsigned)__builtin_ctzll(tokens);

		token[n] = (unsigned char)p[bit];
		place[n] = (uint16_t)(at + bit);
	}
	return n;
}

/* Can the sequence at AT be completed by the next block?  There it is met again. */
static inline bool
goes_on(const char *at, const char *end)
{
	if (end - at > 3 || (unsigned char)*at < 0xc2)
		return false;
	while (++at < end)
		if (((unsigned char)*at & 0xc0) != 0x80)
			return false;
	return true;
}

/* SSE2 cannot look up bytes in a register: sequence by sequence, beginning in what came before. */
KERNEL uint64_t
block_bad_utf8(const char *p)
{
	const char *at = p - 3, *end = p + 64, *next;

	while (at < p && ((unsigned char)*at & 0xc0) == 0x80)
		at++;
	while (at < end) {
		if ((unsigned char)*at < 0x80) {
			at++;
			continue;
		}
		next = scan_utf8(at, end);
		if (!next && goes_on(at, end))
			return 0;
		if (!next)
			return at < p ? 1 : UINT64_C(1) << (at - p);
		at = next;
	}
	return 0;
}

KERNEL uint64_t
prefix_xor(uint64_t x)
{
	for (int shift = 1; shift < 64; shift *= 2)
		x ^= x << shift;
	return x;
}

/* Without a byte shuffle it is as fast to look at every name. */
KERNEL uint64_t
token_spans(const uint16_t *place, const unsigned char *spans)
{
	(void)place;
	(void)spans;
	return ~UINT64_C(0);
}

KERNEL uint64_t
token_equal(const unsigned char *token, char c)
{
	struct quarters v = load((const char *)token);

	return equal(&v, c);
}

KERNEL __m128i
skeleton_quarter(__m128i in)
{
	static const char kept[] = "{}[]:,\n";
	__m128i keep = _mm_setzero_si128();

	for (const char *c = kept; *c; c++)
		keep = _mm_or_si128(keep, _mm_cmpeq_epi8(in, _mm_set1_epi8(*c)));
	return _mm_or_si128(_mm_and_si128(keep, in),
	    _mm_andnot_si128(keep, _mm_set1_epi8(SCAN_LEAF)));
}

KERNEL void
token_skeleton(const unsigned char *token, unsigned char *skeleton)
{
	struct quarters v = load((const char *)token);

	for (int i = 0; i < 4; i++)
		_mm_storeu_si128((__m128i *)(skeleton + 16 * i), skeleton_quarter(v.q[i]));
}

KERNEL uint64_t
token_differs(const unsigned char *token, const unsigned char *skeleton)
{
	struct quarters v = load((const char *)token), want = load((const char *)skeleton);
	uint64_t same = 0;

	for (int i = 0; i < 4; i++) {
		__m128i eq = _mm_cmpeq_epi8(skeleton_quarter(v.q[i]), want.q[i]);

		same |= (uint64_t)(unsigned)_mm_movemask_epi8(eq) << (16 * i);
	}
	return ~same;
}

KERNEL struct token_bits
token_classify(const unsigned char *token)
{
	struct quarters v = load((const char *)token);
	struct token_bits t = {
	    .quote = equal(&v, '"'),
	    .colon = equal(&v, ':'),
	    .comma = equal(&v, ','),
	    .open_object = equal(&v, '{'),
	    .open_array = equal(&v, '['),
	    .close_object = equal(&v, '}'),
	    .close_array = equal(&v, ']'),
	};

	t.newline = equal(&v, '\n');
	t.scalar = ~(t.newline | t.quote | t.colon | t.comma | t.open_object | t.open_array | t.close_object |
	    t.close_array);
	return t;
}

#include "stream/scan_kernel.h"

const struct scan_kernel *
scan_kernel_sse2(void)
{
	static const struct scan_kernel kernel = {"sse2", kernel_index, kernel_walk};

	return &kernel;
}

#else

const struct scan_kernel *
scan_kernel_sse2(void)
{
	return NULL;
}

#endif
