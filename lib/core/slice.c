#include "core/slice.h"

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

int
slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int d = n ? memcmp(a.p, b.p, n) : 0;

	if (d)
		return d;
	return a.n < b.n ? -1 : a.n > b.n;
}

bool
slice_starts(struct slice s, struct slice prefix)
{
	return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

bool
slice_ends(struct slice s, struct slice suffix)
{
	return s.n >= suffix.n &&
	       (suffix.n == 0 || memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0);
}

static int
lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

bool
slice_eq_nocase(struct slice a, struct slice b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower((unsigned char)a.p[i]) != lower((unsigned char)b.p[i]))
			return false;
	return true;
}

#ifdef __SSE2__
/* Longer needles go to memmem, which takes no time with their product by a text made for it; for short
 * ones it first fills a table, which takes longer than most texts are. */
#define FIND_SHORT 32

/* Of the 16 places from P on, those at which the first and the last byte fit, as bits. */
static unsigned
candidates(const char *p, size_t last, __m128i a, __m128i b)
{
	__m128i x = _mm_loadu_si128((const __m128i *)p);
	__m128i y = _mm_loadu_si128((const __m128i *)(p + last));

	return (unsigned)_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(x, a), _mm_cmpeq_epi8(y, b)));
}

/* At least 16 places are to be tried, the last 16 perhaps twice. */
static const char *
find_short(struct slice s, struct slice needle)
{
	size_t last = needle.n - 1, places = s.n - last;
	__m128i a = _mm_set1_epi8(needle.p[0]), b = _mm_set1_epi8(needle.p[last]);

	for (size_t i = 0; i < places; i += 16) {
		const char *p = s.p + (places - i < 16 ? places - 16 : i);

		for (unsigned m = candidates(p, last, a, b); m; m &= m - 1) {
			const char *at = p + __builtin_ctz(m);

			if (memcmp(at, needle.p, needle.n) == 0)
				return at;
		}
	}
	return NULL;
}
#endif

ptrdiff_t
slice_find(struct slice s, struct slice needle)
{
	const char *at;

	if (needle.n == 0)
		return 0;
	if (s.n < needle.n)
		return -1;
#ifdef __SSE2__
	if (needle.n <= FIND_SHORT && s.n - needle.n >= 15)
		at = find_short(s, needle);
	else
#endif
		at = memmem(s.p, s.n, needle.p, needle.n);
	return at ? at - s.p : -1;
}

#ifdef __SSE2__
/* As find_short; the bit that tells a small letter from a large one does not count, but for the comparison. */
static ptrdiff_t
find_short_nocase(struct slice s, struct slice needle)
{
	size_t last = needle.n - 1, places = s.n - last;
	int first_byte = lower((unsigned char)needle.p[0]), last_byte = lower((unsigned char)needle.p[last]);
	__m128i bit = _mm_set1_epi8(0x20);
	__m128i a = _mm_or_si128(_mm_set1_epi8((char)first_byte), bit);
	__m128i b = _mm_or_si128(_mm_set1_epi8((char)last_byte), bit);

	for (size_t i = 0; i < places; i += 16) {
		const char *p = s.p + (places - i < 16 ? places - 16 : i);
		__m128i x = _mm_or_si128(_mm_loadu_si128((const __m128i *)p), bit);
		__m128i y = _mm_or_si128(_mm_loadu_si128((const __m128i *)(p + last)), bit);
		unsigned m = (unsigned)_mm_movemask_epi8(
		    _mm_and_si128(_mm_cmpeq_epi8(x, a), _mm_cmpeq_epi8(y, b)));

		for (; m; m &= m - 1) {
			const char *at = p + __builtin_ctz(m);

			if (slice_eq_nocase((struct slice){at, needle.n}, needle))
				return at - s.p;
		}
	}
	return -1;
}
#endif

ptrdiff_t
slice_find_nocase(struct slice s, struct slice needle)
{
	if (needle.n == 0)
		return 0;
	if (s.n < needle.n)
		return -1;
#ifdef __SSE2__
	if (s.n - needle.n >= 15)
		return find_short_nocase(s, needle);
#endif
	for (size_t i = 0; i + needle.n <= s.n; i++)
		if (slice_eq_nocase((struct slice){s.p + i, needle.n}, needle))
			return (ptrdiff_t)i;
	return -1;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

struct slice
slice_trim(struct slice s)
{
	while (s.n && is_space(s.p[0]))
		s.p++, s.n--;
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool
slice_cut(struct slice *s, char sep, struct slice *head)
{
	const char *at;

	if (!s->p)
		return false;
	at = s->n ? memchr(s->p, sep, s->n) : NULL;
	if (!at) {
		*head = *s;
		*s = (struct slice){NULL, 0};
		return true;
	}
	*head = (struct slice){s->p, (size_t)(at - s->p)};
	s->n -= head->n + 1;
	s->p = at + 1;
	return true;
}

bool
slice_u64(struct slice s, unsigned long long *out)
{
	unsigned long long v = 0;

	if (s.n == 0 || s.n > 20)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned d = (unsigned char)s.p[i] - '0';

		if (d > 9 || v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}
