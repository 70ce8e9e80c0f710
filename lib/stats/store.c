#include "stats/store.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/mem.h"

#define SLOTS_MIN 1024

struct stats_key
stats_key(struct slice tenant, struct slice id)
{
	uint64_t t = tenant.n ? hash64(tenant.p, tenant.n, 0) : 0;

	return (struct stats_key){
	    hash64(id.p, id.n, t), hash64(id.p, id.n, t ^ UINT64_C(0x5bd1e995c3a7f1d9))};
}

static uint64_t
slot_tag(struct stats_key key)
{
	return key.a & ~(uint64_t)UINT32_MAX;
}

/* The slot that holds KEY, or the free one where it belongs. */
static uint64_t *
find(const struct stats_store *s, struct stats_key key)
{
	size_t at = (size_t)key.b & s->mask;

	for (;; at = (at + 1) & s->mask) {
		uint64_t slot = s->slots[at];
		const struct stats_rec *rec;

		if (!slot)
			return &s->slots[at];
		if ((slot & ~(uint64_t)UINT32_MAX) != slot_tag(key))
			continue;
		rec = &s->recs[(uint32_t)slot - 1];
		if (rec->key.a == key.a && rec->key.b == key.b)
			return &s->slots[at];
	}
}

static void
grow(struct stats_store *s)
{
	size_t slots = s->slots ? (s->mask + 1) * 2 : SLOTS_MIN;

	free(s->slots);
	s->slots = xcalloc(slots, sizeof *s->slots);
	s->mask = slots - 1;
	for (size_t i = 0; i < s->n; i++) {
		size_t at = (size_t)s->recs[i].key.b & s->mask;

		while (s->slots[at])
			at = (at + 1) & s->mask;
		s->slots[at] = slot_tag(s->recs[i].key) | (i + 1);
	}
}

struct stats_rec *
stats_store_get(const struct stats_store *s, struct stats_key key)
{
	uint64_t slot = s->slots ? *find(s, key) : 0;

	return slot ? &s->recs[(uint32_t)slot - 1] : NULL;
}

struct stats_rec *
stats_store_put(struct stats_store *s, struct stats_key key, bool *fresh)
{
	uint64_t *slot;

	if (!s->slots || s->n * 3 >= (s->mask + 1) * 2)
		grow(s);
	slot = find(s, key);
	*fresh = !*slot;
	if (*slot)
		return &s->recs[(uint32_t)*slot - 1];
	if (s->n == s->cap)
		s->recs = xgrow(s->recs, s->n, &s->cap, sizeof *s->recs);
	s->recs[s->n] = (struct stats_rec){.key = key};
	*slot = slot_tag(key) | ++s->n;
	return &s->recs[s->n - 1];
}

void
stats_store_release(struct stats_store *s)
{
	free(s->recs);
	free(s->slots);
	*s = (struct stats_store){0};
}
