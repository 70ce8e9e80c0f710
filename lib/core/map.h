/*
 * A hash table from byte strings to a pointer-sized value.  Keys are copied.  Iteration is in
 * order of insertion, so what is printed from a map is the same on every run.  Lookup is safe
 * from several threads while nobody adds.
 *
 *	struct map m = MAP_INIT;
 *	*map_put(&m, SLICE("key")) = (union map_value){.u = 1};
 *	for (size_t i = 0; i < m.n; i++)
 *		use(m.items[i].key, m.items[i].value);
 *	map_release(&m);
 */
#ifndef SME_CORE_MAP_H
#define SME_CORE_MAP_H

#include <stdint.h>

#include "core/arena.h"
#include "core/slice.h"

union map_value {
	void *ptr;
	uint64_t u;
	int64_t i;
	double d;
};

struct map_item {
	struct slice key; /* NUL-terminated copy */
	uint64_t hash;
	union map_value value;
};

struct map {
	struct map_item *items; /* in order of insertion; moves when the map grows */
	size_t n, cap;
	uint32_t *slots; /* index + 1 into items, 0 = free */
	size_t mask;
	struct arena keys;
};

#define MAP_INIT {0}

/* The value of KEY, or NULL.  Valid until the next map_put. */
union map_value *map_get(const struct map *m, struct slice key);

/* The value of KEY, added as zero if it was not there.  Valid until the next map_put. */
union map_value *map_put(struct map *m, struct slice key);

/* The pointer stored under KEY, or NULL. */
static inline void *
map_ptr(const struct map *m, struct slice key)
{
	union map_value *v = map_get(m, key);

	return v ? v->ptr : NULL;
}

/* Frees the table and its keys, not what the values point to. */
void map_release(struct map *m);

#endif
