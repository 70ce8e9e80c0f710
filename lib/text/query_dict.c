/* The dictionary of all terms: a hash table for whole words, tries for those with wildcards. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "text/query_local.h"

/* Keys are followed by zero bytes, so that they can be read eight at a time. */
static uint64_t
key_hash(const char *key, size_t n)
{
	uint64_t h = n, v;

	for (size_t i = 0; i < n; i += 8) {
		unsigned __int128 m;

		memcpy(&v, key + i, sizeof v);
		m = (unsigned __int128)(v ^ UINT64_C(0x9e3779b97f4a7c15)) *
		    (h ^ UINT64_C(0xe7037ed1a0b428db));
		h = (uint64_t)m ^ (uint64_t)(m >> 64);
	}
	return h ^ h >> 32;
}

static void
exact_build(struct query_set *set)
{
	struct exact *e = &set->exact;
	size_t n = 16;

	while (n < set->nterms * 2)
		n *= 2;
	e->slots = xcalloc(n, sizeof *e->slots);
	e->mask = n - 1;
	for (size_t i = 0; i < set->nterms; i++) {
		uint64_t hash = key_hash(set->terms[i].key.p, set->terms[i].key.n);
		size_t at = hash & e->mask;

		if (set->terms[i].kind != TERM_EXACT && set->terms[i].kind != TERM_STEM)
			continue;
		while (e->slots[at].term)
			at = (at + 1) & e->mask;
		e->slots[at].hash = (uint32_t)(hash >> 32);
		e->slots[at].term = (uint32_t)i + 1;
	}
}

/* Both are followed by 8 zero bytes. */
static inline bool
same_key(struct slice a, const char *b, size_t n)
{
	uint64_t x, y;

	if (a.n != n)
		return false;
	for (size_t i = 0; i < n; i += 8) {
		memcpy(&x, a.p + i, sizeof x);
		memcpy(&y, b + i, sizeof y);
		if (x != y)
			return false;
	}
	return true;
}

uint32_t
query_dict_exact(const struct query_set *set, const char *key, size_t n)
{
	uint64_t hash = key_hash(key, n);

	for (size_t at = hash & set->exact.mask; set->exact.slots[at].term;
	     at = (at + 1) & set->exact.mask) {
		uint32_t term = set->exact.slots[at].term - 1;

		if (set->exact.slots[at].hash == (uint32_t)(hash >> 32) &&
		    same_key(set->terms[term].key, key, n))
			return term;
	}
	return NONE;
}

/* ---- tries: the node 0 is the root ---- */

static size_t
edge_slot(const struct trie *t, uint32_t key)
{
	size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & t->mask;

	while (t->edges[at].child && t->edges[at].key != key)
		at = (at + 1) & t->mask;
	return at;
}

uint32_t
query_trie_step(const struct trie *t, uint32_t node, unsigned char byte)
{
	uint32_t child;

	if (node == 0)
		return t->root[byte] ? t->root[byte] - 1 : 0;
	child = t->edges[edge_slot(t, node << 8 | byte)].child;
	return child ? child - 1 : 0;
}

static void
grow_edges(struct trie *t)
{
	struct trie old = *t;
	size_t n = t->mask ? (t->mask + 1) * 2 : 64;

	t->edges = xcalloc(n, sizeof *t->edges);
	t->mask = n - 1;
	for (size_t i = 0; old.mask && i <= old.mask; i++)
		if (old.edges[i].child)
			t->edges[edge_slot(t, old.edges[i].key)] = old.edges[i];
	free(old.edges);
}

static uint32_t
trie_node(struct trie *t)
{
	t->lists = xgrow(t->lists, t->nnodes, &t->cap, sizeof *t->lists);
	t->lists[t->nnodes] = NONE;
	return (uint32_t)t->nnodes++;
}

static uint32_t
trie_grow(struct trie *t, uint32_t node, unsigned char byte)
{
	uint32_t child = query_trie_step(t, node, byte);
	size_t at;

	if (child)
		return child;
	child = trie_node(t);
	if (node == 0) {
		t->root[byte] = child + 1;
		return child;
	}
	if ((t->nedges + 1) * 2 > t->mask)
		grow_edges(t);
	at = edge_slot(t, node << 8 | byte);
	t->edges[at].key = node << 8 | byte;
	t->edges[at].child = child + 1;
	t->nedges++;
	return child;
}

static bool
is_wild(char c)
{
	return c == WILD_MANY || c == WILD_ONE;
}

/* Hang TERM into T behind the literal FROM..TO of its key, read backwards when TO < FROM. */
static void
add_wild(
    struct query_set *set, struct trie *t, uint32_t term, ptrdiff_t from, ptrdiff_t to, bool sure)
{
	const char *key = set->terms[term].key.p;
	ptrdiff_t step = to < from ? -1 : 1;
	uint32_t node = 0;

	for (ptrdiff_t i = from; i != to; i += step)
		node = trie_grow(t, node, (unsigned char)key[i]);
	set->wilds = xgrow(set->wilds, set->nwilds, &set->wilds_cap, sizeof *set->wilds);
	set->wilds[set->nwilds] = (struct wild){term, t->lists[node], sure};
	t->lists[node] = (uint32_t)set->nwilds++;
}

/* By its start if it has one, or its end, or the first literal inside. */
static void
place_wild(struct query_set *set, uint32_t term)
{
	struct slice key = set->terms[term].key;
	ptrdiff_t n = (ptrdiff_t)key.n, from = 0, to;

	for (to = 0; to < n && !is_wild(key.p[to]); to++)
		;
	if (to > 0) {
		add_wild(set, &set->prefixes, term, 0, to, to == n - 1 && key.p[to] == WILD_MANY);
		return;
	}
	for (from = n; from > 0 && !is_wild(key.p[from - 1]); from--)
		;
	if (from < n) {
		add_wild(
		    set, &set->suffixes, term, n - 1, from - 1, from == 1 && *key.p == WILD_MANY);
		return;
	}
	for (from = 0; is_wild(key.p[from]); from++)
		;
	for (to = from; !is_wild(key.p[to]); to++)
		;
	add_wild(set, &set->insides, term, from, to,
	    from == 1 && to == n - 1 && *key.p == WILD_MANY && key.p[to] == WILD_MANY);
}

#define TRIES 4
#define ALL_TRIES(set)                                                                             \
	{                                                                                          \
		&(set)->prefixes, &(set)->suffixes, &(set)->insides, &(set)->parts                 \
	}

void
query_dict_build(struct query_set *set)
{
	struct trie *const tries[TRIES] = ALL_TRIES(set);

	exact_build(set);
	for (size_t i = 0; i < TRIES; i++) {
		trie_node(tries[i]);
		grow_edges(tries[i]);
	}
	for (uint32_t i = 0; i < set->nterms; i++) {
		if (set->terms[i].kind == TERM_WILD)
			place_wild(set, i);
		if (set->terms[i].kind == TERM_PART)
			add_wild(set, &set->parts, i, 1, (ptrdiff_t)set->terms[i].key.n, false);
	}
	query_fuzzy_build(set);
}

void
query_dict_release(struct query_set *set)
{
	struct trie *const tries[TRIES] = ALL_TRIES(set);

	for (size_t i = 0; i < TRIES; i++) {
		free(tries[i]->edges);
		free(tries[i]->lists);
	}
	free(set->exact.slots);
	free(set->wilds);
	query_fuzzy_release(set);
}

/* ---- matching ---- */

static size_t
char_length(struct slice s, size_t at)
{
	size_t n = 1;

	while (at + n < s.n && (s.p[at + n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* Goes back to the last "*" only, which is enough. */
bool
query_wild_match(struct slice pattern, struct slice s)
{
	size_t p = 0, at = 0, star = SIZE_MAX, star_at = 0;

	while (at < s.n) {
		if (p < pattern.n && pattern.p[p] == WILD_MANY) {
			star = ++p;
			star_at = at;
		} else if (p < pattern.n && pattern.p[p] == WILD_ONE) {
			at += char_length(s, at);
			p++;
		} else if (p < pattern.n && pattern.p[p] == s.p[at]) {
			p++;
			at++;
		} else if (star != SIZE_MAX) {
			p = star;
			at = star_at += char_length(s, star_at);
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == WILD_MANY)
		p++;
	return p == pattern.n;
}

static void
try_list(const struct query_set *set, uint32_t at, struct slice key, query_found *found, void *ctx)
{
	for (; at != NONE; at = set->wilds[at].next) {
		const struct wild *w = &set->wilds[at];

		if (w->sure || query_wild_match(set->terms[w->term].key, key))
			found(ctx, w->term);
	}
}

/* Walk T along KEY from FROM on, backwards with STEP -1, and try what hangs on the way. */
static void
walk(const struct query_set *set, const struct trie *t, struct slice key, ptrdiff_t from,
    ptrdiff_t step, query_found *found, void *ctx)
{
	uint32_t node = 0;

	for (ptrdiff_t i = from; i >= 0 && i < (ptrdiff_t)key.n; i += step) {
		node = query_trie_step(t, node, (unsigned char)key.p[i]);
		if (!node)
			return;
		if (t->lists[node] != NONE)
			try_list(set, t->lists[node], key, found, ctx);
	}
}

void
query_dict_starts(const struct query_set *set, struct slice key, query_found *found, void *ctx)
{
	if (set->prefixes.nnodes > 1)
		walk(set, &set->prefixes, key, 0, 1, found, ctx);
}

void
query_dict_rest(const struct query_set *set, struct slice key, query_found *found, void *ctx)
{
	if (set->suffixes.nnodes > 1)
		walk(set, &set->suffixes, key, (ptrdiff_t)key.n - 1, -1, found, ctx);
	if (set->insides.nnodes > 1)
		for (size_t i = 0; i < key.n; i++)
			walk(set, &set->insides, key, (ptrdiff_t)i, 1, found, ctx);
}
