#include "text/minhash.h"

#include "core/hash.h"

#define HASHES (MINHASH_BANDS * MINHASH_ROWS)
#define STEP UINT64_C(0x9e3779b97f4a7c15)

/* Odd multipliers, one for each hash: from the digits of pi. */
static const uint64_t multipliers[HASHES] = {UINT64_C(0x243f6a8885a308d3),
    UINT64_C(0x13198a2e03707345), UINT64_C(0xa4093822299f31d1), UINT64_C(0x082efa98ec4e6c89),
    UINT64_C(0x452821e638d01377), UINT64_C(0xbe5466cf34e90c6d), UINT64_C(0xc0ac29b7c97c50dd),
    UINT64_C(0x3f84d5b5b5470917), UINT64_C(0x9216d5d98979fb1b)};

/* The high halves of the products: the low ones keep to themselves what few bits they have. */
static void
add_shingle(uint32_t least[HASHES], uint64_t shingle)
{
	for (size_t i = 0; i < HASHES; i++) {
		uint32_t v = (uint32_t)((shingle * multipliers[i]) >> 32);

		least[i] = v < least[i] ? v : least[i];
	}
}

static bool
counts(const struct listed_word *w)
{
	return w->hash && (w->kind == LISTED_WORD || w->kind == LISTED_TAG);
}

/* The next word that counts and is another one than BEFORE; its hash or 0. */
static uint64_t
next_word(const struct word_list *list, size_t *at, uint64_t before)
{
	while (*at < list->n) {
		const struct listed_word *w = &list->words[(*at)++];

		if (counts(w) && w->copies != before)
			return w->copies;
	}
	return 0;
}

bool
minhash_of(const struct word_list *list, struct minhash *key)
{
	const uint64_t rt = word_hash("rt\0\0\0\0\0\0\0", 2);
	uint32_t least[HASHES];
	size_t at = 0, words = 1;
	uint64_t before = next_word(list, &at, 0), word;

	if (before == rt)
		before = next_word(list, &at, rt);
	for (size_t i = 0; i < HASHES; i++)
		least[i] = UINT32_MAX;
	for (; (word = next_word(list, &at, before)); words++) {
		add_shingle(least, hash_mix(before * STEP + word));
		before = word;
	}
	if (words < MINHASH_WORDS_MIN)
		return false;
	for (size_t b = 0; b < MINHASH_BANDS; b++) {
		uint64_t h = b;

		for (size_t r = 0; r < MINHASH_ROWS; r++)
			h = hash_mix(h * STEP + least[b * MINHASH_ROWS + r]);
		key->band[b] = (uint32_t)(h >> 32);
	}
	return true;
}

void
minhash_format(const struct minhash *key, char out[MINHASH_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	char *p = out;

	for (size_t b = 0; b < MINHASH_BANDS; b++) {
		if (b)
			*p++ = '-';
		for (int shift = 28; shift >= 0; shift -= 4)
			*p++ = hex[key->band[b] >> shift & 15];
	}
	*p = '\0';
}
