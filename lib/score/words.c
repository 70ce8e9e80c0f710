#include "score/words.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/mem.h"

/* A word is known by its 64-bit hash alone; that two share one is not to be feared. */
struct phrase {
	uint64_t words[WORDS_PHRASE_MAX]; /* the last one first */
	size_t n;
	double weight;
	struct phrase *next; /* with the same last word */
};

struct slot {
	uint64_t word; /* 0: free */
	struct phrase *phrases;
};

struct words {
	struct slot *slots;
	size_t mask, used;
	struct arena arena;
};

/* The word at *P, folded and hashed; 0 when there is none before END. */
static uint64_t next_word(const unsigned char **p, const unsigned char *end);

struct words *
words_new(void)
{
	struct words *w = xcalloc(1, sizeof *w);

	w->mask = 255;
	w->slots = xcalloc(w->mask + 1, sizeof *w->slots);
	return w;
}

void
words_free(struct words *w)
{
	if (!w)
		return;
	free(w->slots);
	arena_release(&w->arena);
	free(w);
}

static struct slot *
find(const struct words *w, uint64_t word)
{
	size_t at = word & w->mask;

	while (w->slots[at].word && w->slots[at].word != word)
		at = (at + 1) & w->mask;
	return &w->slots[at];
}

static void
grow(struct words *w)
{
	struct slot *old = w->slots;
	size_t n = w->mask + 1;

	w->mask = n * 2 - 1;
	w->slots = xcalloc(n * 2, sizeof *w->slots);
	for (size_t i = 0; i < n; i++)
		if (old[i].word)
			*find(w, old[i].word) = old[i];
	free(old);
}

static struct phrase *
find_phrase(const struct slot *s, const uint64_t *words, size_t n)
{
	struct phrase *p = s->phrases;

	while (p && (p->n != n || memcmp(p->words, words, n * sizeof *words) != 0))
		p = p->next;
	return p;
}

bool
words_set(struct words *w, struct slice term, double weight)
{
	const unsigned char *at = (const unsigned char *)term.p, *end = at + term.n;
	uint64_t words[WORDS_PHRASE_MAX], word;
	struct phrase *p;
	struct slot *s;
	size_t n = 0;

	while ((word = next_word(&at, end))) {
		if (n == WORDS_PHRASE_MAX)
			return false;
		memmove(words + 1, words, n++ * sizeof *words);
		words[0] = word;
	}
	if (!n)
		return false;
	if ((w->used + 1) * 4 > w->mask + 1)
		grow(w);
	s = find(w, words[0]);
	if (!s->word) {
		s->word = words[0];
		w->used++;
	}
	p = find_phrase(s, words, n);
	if (!p) {
		p = arena_zalloc(&w->arena, sizeof *p);
		memcpy(p->words, words, n * sizeof *words);
		p->n = n;
		p->next = s->phrases;
		s->phrases = p;
	}
	p->weight = weight;
	return true;
}

/* SEEN is a ring of the words so far; the last one is number COUNT - 1. */
static bool
phrase_ends(const struct phrase *p, const uint64_t *seen, size_t count)
{
	if (p->n > count)
		return false;
	for (size_t i = 1; i < p->n; i++)
		if (p->words[i] != seen[(count - 1 - i) % WORDS_PHRASE_MAX])
			return false;
	return true;
}

double
words_best(const struct words *w, struct slice text)
{
	const unsigned char *at = (const unsigned char *)text.p, *end = at + text.n;
	uint64_t seen[WORDS_PHRASE_MAX], word;
	size_t count = 0;
	double best = 0;

	if (!w->used)
		return 0;
	while ((word = next_word(&at, end))) {
		seen[count++ % WORDS_PHRASE_MAX] = word;
		for (const struct phrase *p = find(w, word)->phrases; p; p = p->next)
			if (p->weight > best && phrase_ends(p, seen, count))
				best = p->weight;
	}
	return best;
}

#define FNV_START UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/*
 * How many bytes at P, where C is the first, are no part of a word although the high bit is set:
 * C2 leads controls, spaces and signs, E2 80 to E2 AF and E3 80 punctuation, arrows and symbols,
 * F0 9F emoji.  0 for a letter.
 */
static size_t
separator(const unsigned char *p, const unsigned char *end)
{
	size_t left = (size_t)(end - p);

	if (p[0] == 0xc2)
		return left < 2 ? left : 2;
	if (left > 1 && ((p[0] == 0xe2 && p[1] <= 0xaf) || (p[0] == 0xe3 && p[1] == 0x80)))
		return left < 3 ? left : 3;
	if (left > 1 && p[0] == 0xf0 && p[1] == 0x9f)
		return left < 4 ? left : 4;
	return 0;
}

/* What each ASCII byte is in a word: its lower case, or 0 when it separates words. */
static unsigned char
fold_ascii(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c | 0x20;
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : 0;
}

static uint64_t
next_word(const unsigned char **pos, const unsigned char *end)
{
	const unsigned char *p = *pos;
	uint64_t h = FNV_START;

	for (; p < end; p++) {
		unsigned char c = *p;

		if (c >= 0x80) {
			size_t n = separator(p, end);

			if (n && h != FNV_START)
				break;
			p += n ? n - 1 : 0;
			if (n)
				continue;
			/* U+00C0 to U+00DE but U+00D7: capitals, whose second byte lacks 0x20. */
			if (c == 0xc3 && p + 1 < end && p[1] <= 0x9e && p[1] != 0x97) {
				h = (h ^ c) * FNV_PRIME;
				h = (h ^ (p[1] | 0x20u)) * FNV_PRIME;
				p++;
				continue;
			}
		} else {
			c = fold_ascii(c);
			if (!c && h == FNV_START)
				continue;
			if (!c)
				break;
		}
		h = (h ^ c) * FNV_PRIME;
	}
	*pos = p;
	/* The low bits index the table and FNV mixes upwards only. */
	return h == FNV_START ? 0 : (h ^ h >> 29) | 1;
}
