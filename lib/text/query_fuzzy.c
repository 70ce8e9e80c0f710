/* Fuzzy terms: an index over what is left when letters are left out (Garbe's symmetric deletes). */
#include "text/query_fuzzy.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "core/hash.h"
#include "core/mem.h"
#include "text/query_local.h"

/*
 * So many letters from the start make the rests.  That two near words share a rest holds for their
 * starts as it does for the whole: of a common subsequence at most FUZZY_MAX letters of each start
 * are not in the other one.
 */
#define START 7

/* Of them without up to two. */
#define RESTS (1 + START + START * (START - 1) / 2)

/* None of the letters. */
#define NO_LETTER SIZE_MAX

size_t
fuzzy_letters(struct slice s, int32_t *out, size_t max)
{
	size_t at = 0, n = 0;

	while (at < s.n) {
		utf8proc_ssize_t len = utf8proc_iterate(
		    (const utf8proc_uint8_t *)s.p + at, (utf8proc_ssize_t)(s.n - at), &out[n]);

		if (len <= 0 || ++n == max)
			break;
		at += (size_t)len;
	}
	return at == s.n ? n : 0;
}

static int
least(int a, int b)
{
	return a < b ? a : b;
}

/*
 * The swaps that end at A[I-1] and B[J-1].  The letters swapped stand side by side, or with one
 * between them that was added or went; two between them would be more than two edits.
 */
static int
swapped(int (*row)[FUZZY_LETTERS + FUZZY_MAX + 2], const int32_t *a, size_t i, const int32_t *b,
    size_t j)
{
	int d = 3 * FUZZY_MAX;

	if (i < 2 || j < 2)
		return d;
	if (a[i - 2] == b[j - 1] && a[i - 1] == b[j - 2])
		d = row[(i - 2) % 4][j - 2] + 1;
	if (i > 2 && a[i - 3] == b[j - 1] && a[i - 1] == b[j - 2])
		d = least(d, row[(i - 3) % 4][j - 2] + 2);
	if (j > 2 && a[i - 2] == b[j - 1] && a[i - 1] == b[j - 3])
		d = least(d, row[(i - 2) % 4][j - 3] + 2);
	return d;
}

int
fuzzy_distance(const int32_t *a, size_t na, const int32_t *b, size_t nb, int max)
{
	int row[4][FUZZY_LETTERS + FUZZY_MAX + 2];

	if (na > nb + (size_t)max || nb > na + (size_t)max || nb > FUZZY_LETTERS + FUZZY_MAX)
		return max + 1;
	for (size_t j = 0; j <= nb; j++)
		row[0][j] = (int)j;
	for (size_t i = 1; i <= na; i++) {
		int *now = row[i % 4], *before = row[(i - 1) % 4];

		now[0] = (int)i;
		for (size_t j = 1; j <= nb; j++) {
			int d = before[j - 1] + (a[i - 1] != b[j - 1]);

			d = least(d, least(before[j], now[j - 1]) + 1);
			now[j] = least(d, swapped(row, a, i, b, j));
		}
	}
	return least(row[na % 4][nb], max + 1);
}

/* The letters A without those at SKIP and SKIP2. */
static uint64_t
rest_hash(const int32_t *a, size_t n, size_t skip, size_t skip2)
{
	uint64_t h = 1;

	for (size_t i = 0; i < n; i++)
		if (i != skip && i != skip2)
			h = hash_mix(h + (uint64_t)a[i]);
	return h;
}

/* The rests of the N letters A without up to MAX of them, in OUT of 1 + START + START * START / 2.
 */
static size_t
rests(const int32_t *a, size_t n, int max, uint64_t *out)
{
	size_t count = 0;

	if (n > START)
		n = START;
	out[count++] = rest_hash(a, n, NO_LETTER, NO_LETTER);
	for (size_t i = 0; i < n; i++) {
		out[count++] = rest_hash(a, n, i, NO_LETTER);
		for (size_t j = i + 1; max > 1 && j < n; j++)
			out[count++] = rest_hash(a, n, i, j);
	}
	return count;
}

uint64_t
fuzzy_bits(const int32_t *a, size_t n)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < n; i++)
		bits |= UINT64_C(1) << (hash_mix((uint64_t)a[i]) & 63);
	return bits;
}

static struct fuzzy_slot *
slot_of(const struct fuzzy *f, uint64_t hash)
{
	size_t at = hash & f->mask;

	while (f->slots[at].n && f->slots[at].hash != hash)
		at = (at + 1) & f->mask;
	return &f->slots[at];
}

/* The word of a fuzzy term: behind the mark and the distance. */
static struct slice
word_of(const struct term *t)
{
	return (struct slice){t->key.p + 2, t->key.n - 2};
}

/* A term and its rests while the index is built. */
struct entry {
	struct fuzzy_item item;
	uint64_t hashes[RESTS];
	size_t n;
};

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* "aab" without either "a" is the same rest: each is taken once. */
static size_t
unique(uint64_t *v, size_t n)
{
	size_t kept = 0;

	qsort(v, n, sizeof *v, by_value);
	for (size_t i = 0; i < n; i++)
		if (!kept || v[kept - 1] != v[i])
			v[kept++] = v[i];
	return kept;
}

/* The fuzzy terms of the set; how many. */
static size_t
list_entries(const struct query_set *set, struct fuzzy *f, struct entry *entries)
{
	size_t n = 0, at = 0;

	for (uint32_t i = 0; i < set->nterms; i++) {
		const struct term *t = &set->terms[i];
		struct entry *e = &entries[n];
		size_t letters;

		if (t->kind != TERM_FUZZY)
			continue;
		letters = fuzzy_letters(word_of(t), f->letters + at, FUZZY_LETTERS + 1);
		e->item = (struct fuzzy_item){fuzzy_bits(f->letters + at, letters), i, (uint32_t)at,
		    (uint8_t)letters, (uint8_t)t->key.p[1]};
		e->n = rests(f->letters + at, letters, e->item.max, e->hashes);
		e->n = unique(e->hashes, e->n);
		f->nitems += e->n;
		f->max = e->item.max > f->max ? e->item.max : f->max;
		at += letters;
		n++;
	}
	return n;
}

/* Count the items of each rest, give each rest its place, and put them there. */
static void
file_entries(struct fuzzy *f, const struct entry *entries, size_t n)
{
	uint32_t first = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < entries[i].n; k++) {
			struct fuzzy_slot *slot = slot_of(f, entries[i].hashes[k]);

			slot->hash = entries[i].hashes[k];
			slot->n++;
		}
	for (size_t i = 0; i <= f->mask; i++) {
		first += f->slots[i].n;
		f->slots[i].first = first;
	}
	/* From the end of each place backwards, so the terms come in order. */
	for (size_t i = n; i-- > 0;)
		for (size_t k = 0; k < entries[i].n; k++)
			f->items[--slot_of(f, entries[i].hashes[k])->first] = entries[i].item;
}

void
query_fuzzy_build(struct query_set *set)
{
	struct fuzzy *f = &set->fuzzy;
	struct entry *entries;
	size_t terms = 0, slots = 64;

	for (size_t i = 0; i < set->nterms; i++)
		terms += set->terms[i].kind == TERM_FUZZY;
	if (!terms)
		return;
	entries = xcalloc(terms, sizeof *entries);
	f->letters = xcalloc(terms, (FUZZY_LETTERS + 1) * sizeof *f->letters);
	terms = list_entries(set, f, entries);
	while (slots < 2 * f->nitems)
		slots *= 2;
	f->slots = xcalloc(slots, sizeof *f->slots);
	f->mask = slots - 1;
	f->items = xcalloc(f->nitems, sizeof *f->items);
	file_entries(f, entries, terms);
	free(entries);
}

bool
query_fuzzy_same(const struct term *t, const int32_t *word, size_t n)
{
	int32_t a[FUZZY_LETTERS + 1];
	size_t na = fuzzy_letters(word_of(t), a, FUZZY_LETTERS + 1);

	return n && fuzzy_distance(a, na, word, n, t->key.p[1]) <= t->key.p[1];
}

/* Could the word of N letters with these BITS be near the item's? */
static bool
could_be(const struct fuzzy_item *item, uint64_t bits, size_t n)
{
	return item->n <= n + item->max && n <= (size_t)item->n + item->max &&
	       __builtin_popcountll(item->bits ^ bits) <= 2 * item->max;
}

void
query_fuzzy_find(const struct query_set *set, struct slice key, uint32_t *seen, uint32_t stamp,
    query_found *found, void *ctx)
{
	const struct fuzzy *f = &set->fuzzy;
	uint64_t hashes[RESTS], bits;
	int32_t a[FUZZY_LETTERS + FUZZY_MAX + 1];
	size_t n = f->max ? fuzzy_letters(key, a, FUZZY_LETTERS + FUZZY_MAX + 1) : 0, count;

	if (!n)
		return;
	bits = fuzzy_bits(a, n);
	count = rests(a, n, f->max, hashes);
	for (size_t k = 0; k < count; k++) {
		const struct fuzzy_slot *slot = slot_of(f, hashes[k]);

		for (uint32_t i = slot->first; i < slot->first + slot->n; i++) {
			const struct fuzzy_item *item = &f->items[i];

			if (!could_be(item, bits, n) || seen[item->term] == stamp)
				continue;
			seen[item->term] = stamp;
			if (fuzzy_distance(f->letters + item->at, item->n, a, n, item->max) <=
			    item->max)
				found(ctx, item->term);
		}
	}
}

void
query_fuzzy_release(struct query_set *set)
{
	free(set->fuzzy.slots);
	free(set->fuzzy.items);
	free(set->fuzzy.letters);
}
