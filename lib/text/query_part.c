/*
 * Compound parts: is a word one of those that a German compound is made of?
 *
 * A compound is cut into known words, linking letters between them, an ending, and unknown pieces
 * that could be words by their sounds; the fewer unknown letters, the better.  A part counts when
 * cutting the word around it is as good as the best way to cut it: "netz" in Mobilfunknetzausfall,
 * but not in Internetzugang, which is internet and zugang.
 */
#include <stdlib.h>
#include <string.h>

#include "text/query_local.h"
#include "text/query_part_words.h"

/* A longer word is none that people write. */
#define LONGEST 96

/* No way to cut it. */
#define NEVER 10000

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Between two parts. */
static const char *const links[] = {"s", "n", "e", "es", "en", "er", "ens"};

/* Behind the last one. */
static const char *const endings[] = {
    "e", "s", "n", "es", "en", "er", "em", "ern", "ens", "nen", "innen", "in", "se", "sen"};

/* What a word may begin with before its first vowel. */
static const char *const onsets[] = {"b", "bl", "br", "c", "ch", "chr", "cl", "cr", "d", "dr", "f",
    "fl", "fr", "g", "gl", "gn", "gr", "h", "j", "k", "kl", "kn", "kr", "l", "m", "n", "p", "pf",
    "pfl", "pfr", "ph", "phr", "pl", "pr", "ps", "q", "r", "rh", "s", "sc", "sch", "schl", "schm",
    "schn", "schr", "schw", "sh", "sk", "sl", "sm", "sn", "sp", "spl", "spr", "st", "str", "sz",
    "t", "th", "thr", "tr", "ts", "tsch", "tw", "v", "vl", "w", "wr", "x", "z", "zw"};

/* Verbs and nouns are made with these, not compounds: Vertrag is no Trag. */
static const char *const prefixes[] = {"ver", "zer", "ent", "emp", "miss"};
static const char *const suffixes[] = {"ung", "ungs", "heit", "keit", "lich", "isch", "bar", "sam",
    "los", "haft", "schaft", "ig", "tum", "chen", "lein", "ling", "iert", "ieren", "nis"};

static bool
is_in(const char *s, size_t n, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(list[i]) == n && memcmp(list[i], s, n) == 0)
			return true;
	return false;
}

static int
compare(const void *key, const void *word)
{
	const struct slice *s = key;

	return slice_cmp(*s, slice_of(*(const char *const *)word));
}

static bool
is_known(const char *s, size_t n)
{
	struct slice key = {s, n};

	return n >= 3 && bsearch(&key, part_words, COUNT(part_words), sizeof *part_words, compare);
}

/* Up to the first vowel; N when there is none. */
static size_t
onset(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && !strchr("aeiouy", s[i]))
		i++;
	return i;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Could these letters, which nobody knows, be a word?  Abbreviations such as dsl and 5g may be one.
 */
static bool
could_be(const char *s, size_t n)
{
	size_t consonants = onset(s, n);
	bool sayable = consonants == 0 || is_in(s, consonants, onsets, COUNT(onsets));

	if (n == 2 && (is_digit(s[0]) || is_digit(s[1])))
		return true;
	if (consonants == n)
		return n >= 2 && n <= 4 && !sayable;
	return n >= 3 && sayable;
}

/* What it costs to take the letters FROM to TO for one piece of the word of N letters. */
static int
piece(const char *word, size_t n, size_t from, size_t to)
{
	const char *s = word + from;
	size_t len = to - from;

	if (is_known(s, len))
		return 0;
	if (from > 0 && to < n && is_in(s, len, links, COUNT(links)))
		return 1;
	if (from > 0 && to == n && is_in(s, len, endings, COUNT(endings)))
		return 0;
	return could_be(s, len) ? 1 + (int)len : NEVER;
}

/* The cheapest way to cut the letters FROM to TO of the word. */
static int
cut(const char *word, size_t n, size_t from, size_t to)
{
	int best[LONGEST + 1];

	for (size_t end = from; end <= to; end++) {
		best[end] = end == from ? 0 : NEVER;
		for (size_t start = from; start < end; start++) {
			int cost;

			if (best[start] >= best[end])
				continue;
			cost = best[start] + piece(word, n, start, end);
			if (cost < best[end])
				best[end] = cost;
		}
	}
	return best[to];
}

/* Is it a suffix, or some, with an ending or not? */
static bool
is_derived(const char *s, size_t n)
{
	for (size_t i = 0; i < COUNT(suffixes); i++) {
		size_t len = strlen(suffixes[i]);

		if (n >= len && memcmp(s, suffixes[i], len) == 0 &&
		    (n == len || is_in(s + len, n - len, endings, COUNT(endings)) ||
			is_derived(s + len, n - len)))
			return true;
	}
	return false;
}

bool
query_part_fits(struct slice key, size_t at, size_t len)
{
	size_t end = at + len;
	int cost;

	if (len == key.n)
		return true;
	if (key.n > LONGEST || is_in(key.p, at, prefixes, COUNT(prefixes)) ||
	    is_derived(key.p + end, key.n - end))
		return false;
	cost = cut(key.p, key.n, 0, at) + cut(key.p, key.n, end, key.n);
	return cost < NEVER && cost <= cut(key.p, key.n, 0, key.n);
}

void
query_part_find(const struct query_set *set, struct slice key, query_found *found, void *ctx)
{
	const struct trie *t = &set->parts;

	if (t->nnodes <= 1)
		return;
	for (size_t at = 0; at < key.n; at++) {
		uint32_t node = 0;

		for (size_t i = at; i < key.n; i++) {
			node = query_trie_step(t, node, (unsigned char)key.p[i]);
			if (!node)
				break;
			for (uint32_t w = t->lists[node]; w != NONE; w = set->wilds[w].next)
				if (query_part_fits(key, at, i + 1 - at))
					found(ctx, set->wilds[w].term);
		}
	}
}
