#include "core/hash.h"

#include <endian.h>
#include <string.h>

#define K0 UINT64_C(0xa0761d6478bd642f)
#define K1 UINT64_C(0xe7037ed1a0b428db)
#define K2 UINT64_C(0x8ebc6af09c88c6e3)

static uint64_t
fold(uint64_t a, uint64_t b)
{
	unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static uint64_t
load64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

static uint32_t
load32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return le32toh(v);
}

/* The last 0 to 8 bytes, little-endian.  Loads that overlap say the same where they do. */
static uint64_t
load_tail(const unsigned char *p, size_t n)
{
	if (n >= 4)
		return load32(p) | (uint64_t)load32(p + n - 4) << (8 * (n - 4));
	if (n == 0)
		return 0;
	return (uint64_t)p[0] | (uint64_t)p[n / 2] << (8 * (n / 2)) |
	       (uint64_t)p[n - 1] << (8 * (n - 1));
}

uint64_t
hash64(const void *data, size_t n, uint64_t seed)
{
	const unsigned char *p = data;
	size_t left = n;
	uint64_t h = seed ^ K0, a, b;

	for (; left > 16; left -= 16, p += 16)
		h = fold(load64(p) ^ K1, load64(p + 8) ^ h);
	if (left > 8) {
		a = load64(p);
		b = load_tail(p + 8, left - 8);
	} else {
		a = load_tail(p, left);
		b = 0;
	}
	return fold(K2 ^ n, fold(a ^ K1, b ^ h));
}
