/*
 * SipHash-2-4 with 128 bits of output (Aumasson, Bernstein 2012): a hash under a secret key, so
 * that nobody who writes the ids can make two of them collide.
 */
#ifndef SME_LOG_SIPHASH_H
#define SME_LOG_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* 128 bits; zero in both words never comes out of siphash128. */
struct hash128 {
	uint64_t a, b;
};

struct siphash_key {
	uint64_t k0, k1;
};

struct hash128 siphash128(const struct siphash_key *key, const void *p, size_t n);

static inline int
hash128_cmp(struct hash128 x, struct hash128 y)
{
	if (x.a != y.a)
		return x.a < y.a ? -1 : 1;
	return x.b < y.b ? -1 : x.b > y.b;
}

#endif
