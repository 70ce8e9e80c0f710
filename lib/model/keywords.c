#include "model/keywords.h"

#include <stdlib.h>

#include "core/mem.h"

/* Short words are seldom worth it, unless they are written like DSL, O2 or 5G. */
#define LETTERS_MIN 3
#define LETTERS_SHORT 2

/* A word that the background has not seen may be a slip of the pen. */
#define LETTERS_UNSEEN 4

/* Words that turn the next one round and so belong to it; folded, of several languages. */
static const char negations[][8] = {"bez", "geen", "ingen", "inget", "kein", "keine", "keinem",
    "keinen", "keiner", "keines", "never", "nicht", "nie", "niet", "no", "non", "not", "ohne",
    "pas", "sans", "sem", "senza", "sin", "utan", "without", "zonder"};

#define NEGATIONS (sizeof negations / sizeof *negations)
#define NEGATION_SLOTS 64

struct keywords_run {
	uint64_t negation[NEGATION_SLOTS]; /* hashes, each in its place or behind it; 0: free */
	int64_t keyness[KEYWORDS_WORDS];   /* of each word; 0: not key */
	/* What is asked about. */
	const struct background *b;
	int lang;
	const struct listed_word *words;
	size_t n;
	struct slice text;
	uint64_t again; /* the bits of words that may be there more than once */
};

/* Where HASH is or would be. */
static uint64_t *
negation_slot(struct keywords_run *run, uint64_t hash)
{
	size_t at = hash % NEGATION_SLOTS;

	while (run->negation[at] && run->negation[at] != hash)
		at = (at + 1) % NEGATION_SLOTS;
	return &run->negation[at];
}

struct keywords_run *
keywords_run_new(void)
{
	struct keywords_run *run = xcalloc(1, sizeof *run);

	for (size_t i = 0; i < NEGATIONS; i++) {
		char padded[16] = "";

		memcpy(padded, negations[i], strnlen(negations[i], sizeof negations[i]));
		*negation_slot(run, word_hash(padded, strlen(padded))) =
		    word_hash(padded, strlen(padded));
	}
	return run;
}

void
keywords_run_free(struct keywords_run *run)
{
	free(run);
}

static bool
is_negation(struct keywords_run *run, const struct listed_word *w)
{
	return w->hash && *negation_slot(run, w->hash);
}

static bool
is_ascii_upper_or_digit(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Could the word be a keyword, whatever the background says? */
static bool
is_candidate(const struct listed_word *w, struct slice text)
{
	if (!w->hash || w->digits || (w->kind != LISTED_WORD && w->kind != LISTED_TAG))
		return false;
	if (w->letters >= LETTERS_MIN)
		return true;
	return w->letters == LETTERS_SHORT && w->end - w->start == LETTERS_SHORT &&
	       is_ascii_upper_or_digit(text.p[w->start]) &&
	       is_ascii_upper_or_digit(text.p[w->start + 1]);
}

/* Is the word in a span that is masked?  AT walks along with the words. */
static bool
is_hidden(const struct entity_scratch *hidden, const struct listed_word *w, size_t *at)
{
	while (*at < hidden->n &&
	       (hidden->list[*at].end <= w->start || !entity_is_masked(&hidden->list[*at])))
		++*at;
	return *at < hidden->n && hidden->list[*at].start < w->end;
}

/* How often the word at AT stands in the text; 0 when it stood there before. */
static unsigned
count(const struct keywords_run *run, size_t at)
{
	uint64_t hash = run->words[at].hash;
	unsigned k = 1;

	for (size_t i = 0; i < at; i++)
		if (run->words[i].hash == hash)
			return 0;
	for (size_t i = at + 1; i < run->n; i++)
		k += run->words[i].hash == hash;
	return k;
}

/* The bit for a word in a set that may take one for another. */
static uint64_t
bit_of(const struct listed_word *w)
{
	return UINT64_C(1) << (w->hash & 63);
}

void
keywords_begin(struct keywords_run *run, const struct background *b, int lang,
    const struct word_list *words, struct slice text)
{
	uint64_t seen = 0;

	run->b = b;
	run->lang = lang;
	run->words = words->words;
	run->n = words->n < KEYWORDS_WORDS ? words->n : KEYWORDS_WORDS;
	run->text = text;
	run->again = 0;
	for (size_t i = 0; i < run->n; i++) {
		const struct listed_word *w = &run->words[i];
		bool is = is_candidate(w, text);

		run->keyness[i] = is;
		if (!is)
			continue;
		background_prefetch(b, lang, w->hash);
		run->again |= seen & bit_of(w);
		seen |= bit_of(w);
	}
	for (size_t i = 0; i < run->n; i++)
		if (run->keyness[i])
			background_prefetch_words(b, lang, run->words[i].hash);
}

/* The keyness of each candidate; how many are key. */
static size_t
weigh(struct keywords_run *run, const struct entity_scratch *hidden)
{
	size_t at = 0, found = 0;

	for (size_t i = 0; i < run->n; i++) {
		const struct listed_word *w = &run->words[i];
		int level;
		unsigned k;

		if (!run->keyness[i])
			continue;
		run->keyness[i] = 0;
		level = background_level(run->b, run->lang, w->hash);
		if (level == BACKGROUND_STOP ||
		    (level == BACKGROUND_UNSEEN && w->letters < LETTERS_UNSEEN) ||
		    is_hidden(hidden, w, &at))
			continue;
		k = run->again & bit_of(w) ? count(run, i) : 1;
		if (!k)
			continue;
		run->keyness[i] = background_keyness(run->b, run->lang, level, k, KEYWORDS_LENGTH);
		if (run->keyness[i] < KEYWORDS_MIN)
			run->keyness[i] = 0;
		found += run->keyness[i] > 0;
	}
	return found;
}

/* Does nothing but one space or hyphen stand between the words A and B? */
static bool
are_neighbours(struct slice text, const struct listed_word *a, const struct listed_word *b)
{
	return a->kind == LISTED_WORD && b->kind == LISTED_WORD && b->start == a->end + 1 &&
	       (text.p[a->end] == ' ' || text.p[a->end] == '-');
}

/* Put K in its place among the N in OUT; the new N. */
static size_t
insert(struct keyword *out, size_t n, const struct keyword *k)
{
	size_t at = n;

	while (at > 0 && out[at - 1].keyness < k->keyness)
		at--;
	if (at == KEYWORDS_MAX)
		return n;
	if (n < KEYWORDS_MAX)
		n++;
	for (size_t i = n - 1; i > at; i--)
		out[i] = out[i - 1];
	out[at] = *k;
	return n;
}

size_t
keywords_find(
    struct keywords_run *run, const struct entity_scratch *hidden, struct keyword out[KEYWORDS_MAX])
{
	size_t n = run->n, found = 0;

	if (!weigh(run, hidden))
		return 0;
	for (size_t i = 0; i < n; i++) {
		const struct listed_word *w = run->words;
		struct keyword k = {w[i].start, w[i].end, run->keyness[i]};
		unsigned length = 1;

		if (!run->keyness[i])
			continue;
		if (i && is_negation(run, &w[i - 1]) &&
		    are_neighbours(run->text, &w[i - 1], &w[i])) {
			k.start = w[i - 1].start;
			length++;
		}
		for (; length < KEYWORDS_PHRASE && i + 1 < n && run->keyness[i + 1] &&
		       are_neighbours(run->text, &w[i], &w[i + 1]);
		     i++, length++) {
			k.end = w[i + 1].end;
			k.keyness += run->keyness[i + 1];
		}
		found = insert(out, found, &k);
	}
	return found;
}
