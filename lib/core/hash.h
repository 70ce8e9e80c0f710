/* Hash functions.  The same on every machine: what they give may be written to files. */
#ifndef SME_CORE_HASH_H
#define SME_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * 64 bits of N bytes at P under SEED.  Multiply-and-fold in the manner of wyhash; well mixed,
 * reads little-endian on every machine, not cryptographic.
 */
uint64_t hash64(const void *p, size_t n, uint64_t seed);

/* Mix one 64-bit word (the finaliser of splitmix64, Steele et al. 2014): a bijection. */
static inline uint64_t
hash_mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

#endif
