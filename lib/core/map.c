#include "core/map.h"

#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"

/* The slot of KEY, or the free one where it belongs. */
static size_t
find_slot(const struct map *m, struct slice key, uint64_t hash)
{
	size_t at = hash & m->mask;

	while (m->slots[at]) {
		const struct map_item *it = &m->items[m->slots[at] - 1];

		if (it->hash == hash && slice_eq(it->key, key))
			break;
		at = (at + 1) & m->mask;
	}
	return at;
}

static void
rehash(struct map *m, size_t nslots)
{
	free(m->slots);
	m->slots = xcalloc(nslots, sizeof *m->slots);
	m->mask = nslots - 1;
	for (size_t i = 0; i < m->n; i++)
		m->slots[find_slot(m, m->items[i].key, m->items[i].hash)] = (uint32_t)i + 1;
}

union map_value *
map_get(const struct map *m, struct slice key)
{
	size_t at;

	if (!m->n)
		return NULL;
	at = find_slot(m, key, hash64(key.p, key.n, 0));
	return m->slots[at] ? &m->items[m->slots[at] - 1].value : NULL;
}

union map_value *
map_put(struct map *m, struct slice key)
{
	uint64_t hash = hash64(key.p, key.n, 0);
	size_t at;

	if ((m->n + 1) * 3 > (m->slots ? m->mask + 1 : 0) * 2)
		rehash(m, m->slots ? (m->mask + 1) * 2 : 16);
	at = find_slot(m, key, hash);
	if (!m->slots[at]) {
		m->items = xgrow(m->items, m->n, &m->cap, sizeof *m->items);
		m->items[m->n] = (struct map_item){arena_dup(&m->keys, key), hash, {.u = 0}};
		m->slots[at] = (uint32_t)++m->n;
	}
	return &m->items[m->slots[at] - 1].value;
}

void
map_release(struct map *m)
{
	free(m->items);
	free(m->slots);
	arena_release(&m->keys);
	*m = (struct map)MAP_INIT;
}
