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
		uint64_t hash; /* of the rest */
		uint32_t item; /* + 1, 0 = free */
	} * slots;
	size_t mask;
	struct fuzzy_item {
		uint32_t term, next; /* next: + 1 */
	} * items;
	size_t nitems, items_cap;
	int max; /* the largest distance of a term; 0: there are none */
};

/* Code points of the folded word S; how many, or 0 when there are more than MAX. */
size_t fuzzy_letters(struct slice s, int32_t *out, size_t max);

/*
 * The Damerau-Levenshtein distance of A and B (insert, delete, replace, swap two neighbours; what
 * was swapped may be edited again), exact up to 2: above MAX, which is 1 or 2, it is MAX + 1.  See
 * Lowrance and Wagner, An Extension of the String-to-String Correction Problem, 1975.
 */
int fuzzy_distance(const int32_t *a, size_t na, const int32_t *b, size_t nb, int max);

#endif
