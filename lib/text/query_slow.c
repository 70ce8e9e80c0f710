/*
 * Terms that cost time to find: wildcards without a start, fuzzy words, parts and stems.  Texts
 * repeat their words, so what was found for a word is remembered for the next time.
 */
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/mem.h"
#include "text/query_local.h"

#define SLOTS ((size_t)1 << 17)
#define WORDS_MAX (SLOTS / 4 * 3)   /* words remembered */
#define KEY_BYTES ((size_t)1 << 20) /* of all of them */
#define TERM_ROOM ((size_t)1 << 20) /* terms found for all of them */

struct slow {
	struct stemmers *stemmers;
	uint32_t *seen; /* by term: the stamp of the word it was last found for */
	uint32_t stamp;
	uint32_t *found; /* for the word at hand: no more than there are terms */
	size_t nfound;

	/* What is remembered; all of it is forgotten when one of the three is full. */
	struct slow_word {
		uint64_t hash; /* 0: free */
		uint32_t key, n;
		uint32_t terms, nterms;
	} * words;
	size_t nwords;
	char *keys;
	size_t nkeys;
	uint32_t *terms;
	size_t nterms;
};

struct slow *
query_slow_new(const struct query_set *set)
{
	struct slow *slow;

	if (!set->has_slow)
		return NULL;
	slow = xcalloc(1, sizeof *slow);
	slow->stemmers = stemmers_new();
	slow->seen = xcalloc(set->nterms, sizeof *slow->seen);
	slow->found = xcalloc(set->nterms, sizeof *slow->found);
	slow->words = xcalloc(SLOTS, sizeof *slow->words);
	slow->keys = xmalloc(KEY_BYTES);
	slow->terms = xcalloc(TERM_ROOM, sizeof *slow->terms);
	return slow;
}

void
query_slow_free(struct slow *slow)
{
	if (!slow)
		return;
	stemmers_free(slow->stemmers);
	free(slow->seen);
	free(slow->found);
	free(slow->words);
	free(slow->keys);
	free(slow->terms);
	free(slow);
}

static void
add_found(void *ctx, uint32_t term)
{
	struct slow *slow = ctx;

	/* A fuzzy term comes once, and stamped. */
	slow->found[slow->nfound++] = term;
}

static void
add_once(void *ctx, uint32_t term)
{
	struct slow *slow = ctx;

	if (slow->seen[term] == slow->stamp)
		return;
	slow->seen[term] = slow->stamp;
	add_found(slow, term);
}

static void
find_stems(const struct query_set *set, struct slow *slow, struct slice key)
{
	char stem[QUERY_WORD_MAX + 9];

	for (int lang = 0; set->stem_langs >> lang; lang++) {
		size_t n =
		    set->stem_langs >> lang & 1 ? stem_key(slow->stemmers, lang, key, stem) : 0;
		uint32_t term = n ? query_dict_exact(set, stem, n) : NONE;

		if (term != NONE)
			add_once(slow, term);
	}
}

static void
find_all(const struct query_set *set, struct slow *slow, struct slice key)
{
	uint32_t exact = query_dict_exact(set, key.p, key.n);

	if (++slow->stamp == 0) {
		memset(slow->seen, 0, set->nterms * sizeof *slow->seen);
		slow->stamp = 1;
	}
	slow->nfound = 0;
	/* One look-up remembers all, what is fast by itself as well. */
	if (exact != NONE)
		add_once(slow, exact);
	query_dict_starts(set, key, add_once, slow);
	query_dict_rest(set, key, add_once, slow);
	query_part_find(set, key, add_once, slow);
	find_stems(set, slow, key);
	query_fuzzy_find(set, key, slow->seen, slow->stamp, add_found, slow);
}

/* The slot of the word, or a free one for it. */
static struct slow_word *
slot_of(struct slow *slow, uint64_t hash, struct slice key)
{
	size_t at = hash & (SLOTS - 1);

	for (;; at = (at + 1) & (SLOTS - 1)) {
		struct slow_word *w = &slow->words[at];

		if (w->hash == 0 || (w->hash == hash && w->n == key.n &&
					memcmp(slow->keys + w->key, key.p, key.n) == 0))
			return w;
	}
}

static void
forget(struct slow *slow)
{
	memset(slow->words, 0, SLOTS * sizeof *slow->words);
	slow->nwords = slow->nkeys = slow->nterms = 0;
}

/* Put what was found for the word into its free slot W. */
static void
remember(struct slow *slow, struct slow_word *w, uint64_t hash, struct slice key)
{
	if (slow->nfound > TERM_ROOM)
		return;
	if (slow->nwords >= WORDS_MAX || slow->nkeys + key.n > KEY_BYTES ||
	    slow->nterms + slow->nfound > TERM_ROOM) {
		forget(slow);
		w = slot_of(slow, hash, key);
	}
	*w = (struct slow_word){hash, (uint32_t)slow->nkeys, (uint32_t)key.n,
	    (uint32_t)slow->nterms, (uint32_t)slow->nfound};
	slow->nwords++;
	memcpy(slow->keys + slow->nkeys, key.p, key.n);
	slow->nkeys += key.n;
	memcpy(slow->terms + slow->nterms, slow->found, slow->nfound * sizeof *slow->found);
	slow->nterms += slow->nfound;
}

void
query_slow(struct query_scratch *s, const char *key, size_t n)
{
	struct slow *slow = s->slow;
	struct slice word = {key, n};
	uint64_t hash = hash64(key, n, 1) | 1;
	struct slow_word *w = slot_of(slow, hash, word);

	if (w->hash) {
		for (uint32_t i = 0; i < w->nterms; i++)
			query_add_hit(s, slow->terms[w->terms + i]);
		return;
	}
	find_all(s->set, slow, word);
	for (size_t i = 0; i < slow->nfound; i++)
		query_add_hit(s, slow->found[i]);
	remember(slow, w, hash, word);
}
