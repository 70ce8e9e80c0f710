/*
 * Features looked for in the files of a group of heads.  Each look-up waits for memory three times,
 * so many go through its steps together: while one waits, the others ask.
 */
#include <stdlib.h>

#include "core/mem.h"
#include "model/heads_int.h"

/* Of a hash every file keeps the lowest bits, and at least one of the highest. */
#define KNOWN_LOW 16
#define KNOWN_HIGH 5

/* After so many look-ups there will be more, and the table of who knows what pays. */
#define LOOKUPS_MANY 100000

/* Which heads may know a feature, by the bits of its hash that all files keep: most features are
 * unknown to most heads, and one look tells. */
struct known {
	unsigned high;
	head_set set[];
};

static size_t
known_place(unsigned high, uint64_t hash)
{
	return (size_t)(hash >> (64 - high) << KNOWN_LOW | (hash & ((1u << KNOWN_LOW) - 1)));
}

static void
know(struct known *k, const struct model *m, head_set bit)
{
	for (uint32_t b = 0; b < 1u << m->header->bucket_bits; b++) {
		head_set *part =
		    k->set + known_place(k->high, (uint64_t)b << (64 - m->header->bucket_bits));

		for (uint32_t i = m->starts[b]; i < m->starts[b + 1]; i++)
			part[m->prints[i]] |= bit;
	}
}

static struct known *
known_new(const struct group *g)
{
	unsigned high = KNOWN_HIGH;
	struct known *k;

	for (unsigned i = 0; i < g->n; i++)
		if (g->models[i]->header->bucket_bits < high)
			high = g->models[i]->header->bucket_bits;
	k = xcalloc(1, sizeof *k + (sizeof *k->set << (high + KNOWN_LOW)));
	k->high = high;
	for (unsigned i = 0; i < g->n; i++)
		know(k, g->models[i], (head_set)(1u << i));
	return k;
}

void
known_free(struct known *k)
{
	free(k);
}

/* Who knows what, or NULL as long as it is not worth finding out, or another thread does. */
static const struct known *
find_known(struct lookups *l)
{
	struct group *g = l->group;
	struct known *k = atomic_load_explicit(&g->known, memory_order_acquire);

	if (k || l->done < LOOKUPS_MANY || atomic_flag_test_and_set(&g->making))
		return k;
	k = known_new(g);
	atomic_store_explicit(&g->known, k, memory_order_release);
	return k;
}

/* ---- the steps ---- */

static void
fetch_starts(const struct model *m, struct lookup *l)
{
	l->bucket = (uint32_t)(l->hash >> (64 - m->header->bucket_bits));
	__builtin_prefetch(&m->starts[l->bucket]);
}

static void
fetch_prints(const struct model *m, struct lookup *l)
{
	uint32_t start = m->starts[l->bucket];

	l->count = m->starts[l->bucket + 1] - start;
	__builtin_prefetch(m->prints + start);
	if (!m->entries)
		return;
	__builtin_prefetch(m->firsts + l->bucket);
	__builtin_prefetch(m->counts + start);
}

static bool
fetch_row(const struct model *m, struct lookup *l)
{
	uint32_t start = m->starts[l->bucket];
	int32_t at = model_find_print(m->prints + start, l->count, (uint16_t)l->hash);

	if (at < 0)
		return false;
	if (m->entries)
		l->entries = model_entries(m, l->hash, start + (uint32_t)at, &l->count);
	else
		l->row = m->weights + (size_t)(start + (uint32_t)at) * m->header->stride;
	__builtin_prefetch(l->row);
	return true;
}

/* Look for all that is in the list, and empty it. */
void
lookup_finish(struct lookups *l)
{
	const struct group *g = l->group;
	size_t found = 0;

	for (size_t i = 0; i < l->n; i++)
		fetch_prints(g->models[l->list[i].head], &l->list[i]);
	for (size_t i = 0; i < l->n; i++) {
		struct lookup *next = &l->list[found];

		*next = l->list[i];
		found += fetch_row(g->models[next->head], next);
	}
	for (size_t i = 0; i < found; i++)
		l->add(g, &l->list[i]);
	l->done += l->n;
	l->n = 0;
}

void
lookup_fetch(struct lookups *l, const uint64_t *hash, size_t n)
{
	if (!l->known)
		l->known = find_known(l);
	for (size_t i = 0; l->known && i < n; i++)
		__builtin_prefetch(&l->known->set[known_place(l->known->high, hash[i])]);
}

void
lookup(struct lookups *l, uint64_t hash, head_set set, struct place to)
{
	if (l->known)
		set &= l->known->set[known_place(l->known->high, hash)];
	for (; set; set &= (head_set)(set - 1)) {
		struct lookup *next;

		if (l->n == LOOKUPS_MAX)
			lookup_finish(l);
		next = &l->list[l->n++];
		next->hash = hash;
		next->to = to;
		next->head = (uint32_t)__builtin_ctz(set);
		fetch_starts(l->group->models[next->head], next);
	}
}

static void
add_to_text(const struct group *g, const struct lookup *l)
{
	const struct model *m = g->models[l->head];
	int32_t *sums = (int32_t *)l->to.sums + g->at[l->head];

	((uint32_t *)l->to.hits)[l->head]++;
	if (m->entries)
		for (uint32_t i = 0; i < l->count; i++)
			sums[l->entries[i].label] += l->entries[i].weight;
	else
		for (uint32_t c = 0; c < m->header->stride; c++)
			sums[c] += l->row[c];
}

void
lookup_list(
    struct lookups *l, const struct hash_list *list, head_set set, int32_t *sums, uint32_t *hits)
{
	const struct place to = {sums, hits};

	if (!set)
		return;
	l->add = add_to_text;
	lookup_fetch(l, list->hash, list->n);
	for (size_t i = 0; i < list->n; i++)
		lookup(l, list->hash[i], set, to);
	lookup_finish(l);
}
