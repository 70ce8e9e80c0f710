/*
 * A key for texts that are copies of each other or nearly so.
 *
 * A text is the set of its shingles, here pairs of words that follow each other; how much two texts
 * share is the share of shingles they have in common (Broder, "On the resemblance and containment
 * of documents", 1997).  The smallest value of a hash over all shingles is the same for two texts
 * with just that probability.  Three of them make one band of the key: texts that share 90 % of
 * their shingles agree in a band with 0.9^3 = 73 % and in at least one of three bands with 98 %,
 * while for texts that share 10 % these are 0.1 % and 0.3 %.
 */
#ifndef SME_TEXT_MINHASH_H
#define SME_TEXT_MINHASH_H

#include <stdbool.h>

#include "text/word_list.h"

#define MINHASH_BANDS 3
#define MINHASH_ROWS 3

/* A text of fewer words says too little. */
#define MINHASH_WORDS_MIN 5

/* What minhash_format writes: three bands of eight hexadecimal digits, and a NUL. */
#define MINHASH_SIZE (MINHASH_BANDS * 9)

struct minhash {
	uint32_t band[MINHASH_BANDS];
};

/*
 * The key of the words in LIST.  Links, handles, signs and "RT" in front are left out, "#" does not
 * count, a repeated word or letter counts once.  False when the text is too short.
 */
bool minhash_of(const struct word_list *list, struct minhash *key);

/* "1f3a9c02-7be01d4a-90c1e2f7" */
void minhash_format(const struct minhash *key, char out[MINHASH_SIZE]);

#endif
