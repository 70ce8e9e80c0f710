/* Private to the queries: words that are nearly the same. */
#ifndef SME_TEXT_QUERY_FUZZY_H
#define SME_TEXT_QUERY_FUZZY_H

#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

#define FUZZY_MAX 2      /* the largest distance */
#define FUZZY_LETTERS 64 /* of a fuzzy word; a longer one in a text matches none */

/*
 * All fuzzy terms, found by what is left of their first letters when up to FUZZY_MAX of them are
 * left out: two words within that distance have one such rest in common.
 */
struct fuzzy {
	struct fuzzy_slot {
		uint64_t hash;     /* of the rest */
		uint32_t first, n; /* items; n == 0: free */
	} * slots;
	size_t mask;
	/* A term once for each of its rests, with what tells most other words at a glance. */
	struct fuzzy_item {
		uint64_t bits; /* which letters there are, see fuzzy_bits */
		uint32_t term;
		uint32_t at; /* its letters, in `letters` */
		uint8_t n;   /* how many */
		uint8_t max; /* the distance */
	} * items;
	size_t nitems;
	int32_t *letters; /* of all terms */
	int max;          /* the largest distance of a term; 0: there are none */
};

/* Code points of the folded word S; how many, or 0 when there are more than MAX. */
size_t fuzzy_letters(struct slice s, int32_t *out, size_t max);

/*
 * A bit for each letter of a word, several letters to a bit.  An edit changes two of them at most,
 * so in words within the distance D no more than 2 D differ.
 */
uint64_t fuzzy_bits(const int32_t *a, size_t n);

/*
 * The Damerau-Levenshtein distance of A and B (insert, delete, replace, swap two neighbours; what
 * was swapped may be edited again), exact up to 2: above MAX, which is 1 or 2, it is MAX + 1.  See
 * Lowrance and Wagner, An Extension of the String-to-String Correction Problem, 1975.
 */
int fuzzy_distance(const int32_t *a, size_t na, const int32_t *b, size_t nb, int max);

#endif
