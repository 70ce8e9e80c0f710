#include "text/suggest.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/map.h"
#include "core/mem.h"
#include "text/query_word.h"

/* Between two words that make no pair. */
#define GAP UINT32_MAX

/* In texts: how much evidence a word needs before its shares are believed. */
#define PRIOR 10

/* In how many texts of each kind a term is, and the text that was counted last, + 1. */
struct count {
	uint32_t texts[SUGGEST_KINDS];
	uint32_t last;
};

struct word {
	struct slice spelled;
	struct count count;
	double odds;   /* how much it speaks for a match */
	uint32_t seen; /* the text it was last added up for, + 1 */
	uint32_t term; /* among the candidates, + 1 */
};

struct pair {
	uint64_t key; /* the two words */
	struct count count;
	uint32_t term; /* as that of a word */
	bool used;
};

struct text {
	size_t first; /* in s->ids */
	uint8_t kind;
};

/* A suggestion and what it is made of. */
struct candidate {
	struct suggestion s;
	uint32_t a, b; /* words; b is GAP for one */
	uint32_t last; /* the text that was counted last, + 1 */
};

struct suggest {
	struct map keys; /* folded word → its number + 1 */
	struct word *words;
	size_t nwords, words_cap;
	uint32_t *ids; /* the words of all texts, one after the other */
	size_t nids, ids_cap;
	struct text *texts;
	size_t ntexts, texts_cap;
	size_t count[SUGGEST_KINDS];
	struct pair *pairs; /* a hash table */
	size_t npairs, mask;
	struct candidate *terms;
	size_t nterms, terms_cap;
	struct suggestion *out;
	struct arena arena;
};

struct suggest *
suggest_new(void)
{
	return xcalloc(1, sizeof(struct suggest));
}

void
suggest_free(struct suggest *s)
{
	if (!s)
		return;
	map_release(&s->keys);
	arena_release(&s->arena);
	free(s->words);
	free(s->ids);
	free(s->texts);
	free(s->pairs);
	free(s->terms);
	free(s->out);
	free(s);
}

size_t
suggest_count(const struct suggest *s, enum suggest_kind kind)
{
	return s->count[kind];
}

/* ---- texts in ---- */

static void
count_text(struct count *c, size_t text, uint8_t kind)
{
	if (c->last == text + 1)
		return;
	c->last = (uint32_t)text + 1;
	c->texts[kind]++;
}

static void
push_id(struct suggest *s, uint32_t id)
{
	s->ids = xgrow(s->ids, s->nids, &s->ids_cap, sizeof *s->ids);
	s->ids[s->nids++] = id;
}

/* A word that could tell something: no link, no bare number, no single letter of an alphabet. */
static bool
is_telling(const struct words *w)
{
	size_t letters = 0;

	if (!w->n)
		return false;
	for (size_t i = 0; i < w->n; i++)
		letters += w->key[i] < '0' || w->key[i] > '9';
	return letters > 0 && (w->n > 1 || (w->key[0] & 0x80));
}

static uint32_t
word_id(struct suggest *s, const struct words *w)
{
	union map_value *v = map_put(&s->keys, (struct slice){w->key, w->n});
	struct slice spelled = {w->text.p + w->start, w->end - w->start};

	if (!v->u) {
		s->words = xgrow(s->words, s->nwords, &s->words_cap, sizeof *s->words);
		s->words[s->nwords++] = (struct word){.spelled = arena_dup(&s->arena, spelled)};
		v->u = s->nwords;
	}
	return (uint32_t)v->u - 1;
}

/* Is there anything but spaces and hyphens between FROM and TO? */
static bool
is_apart(struct slice text, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (text.p[i] != ' ' && text.p[i] != '-')
			return true;
	return false;
}

void
suggest_add(struct suggest *s, struct slice text, enum suggest_kind kind)
{
	struct words w = {.text = text};
	size_t end = 0, n = 0;

	s->texts = xgrow(s->texts, s->ntexts, &s->texts_cap, sizeof *s->texts);
	s->texts[s->ntexts] = (struct text){s->nids, (uint8_t)kind};
	while (n < SUGGEST_WORDS_MAX && words_next(&w)) {
		uint32_t id;

		if (!is_telling(&w)) {
			push_id(s, GAP);
			continue;
		}
		if (is_apart(text, end, w.start))
			push_id(s, GAP);
		id = word_id(s, &w);
		count_text(&s->words[id].count, s->ntexts, (uint8_t)kind);
		push_id(s, id);
		end = w.end;
		n++;
	}
	/* So that no pair reaches into the next text. */
	push_id(s, GAP);
	s->ntexts++;
	s->count[kind]++;
}

static size_t
text_end(const struct suggest *s, size_t text)
{
	return text + 1 < s->ntexts ? s->texts[text + 1].first : s->nids;
}

/* ---- pairs ---- */

static struct pair *
find_pair(const struct suggest *s, uint32_t a, uint32_t b)
{
	uint64_t key = (uint64_t)a << 32 | b;
	size_t at = hash_mix(key + 1) & s->mask;

	while (s->pairs[at].used && s->pairs[at].key != key)
		at = (at + 1) & s->mask;
	return &s->pairs[at];
}

static void
grow_pairs(struct suggest *s)
{
	struct pair *old = s->pairs;
	size_t n = s->mask ? s->mask + 1 : 0, size = n ? n * 2 : 1024;

	s->pairs = xcalloc(size, sizeof *s->pairs);
	s->mask = size - 1;
	for (size_t i = 0; i < n; i++)
		if (old[i].used)
			*find_pair(s, (uint32_t)(old[i].key >> 32), (uint32_t)old[i].key) = old[i];
	free(old);
}

static struct pair *
put_pair(struct suggest *s, uint32_t a, uint32_t b)
{
	struct pair *p;

	if (s->npairs * 2 >= s->mask)
		grow_pairs(s);
	p = find_pair(s, a, b);
	if (!p->used) {
		*p = (struct pair){.key = (uint64_t)a << 32 | b, .used = true};
		s->npairs++;
	}
	return p;
}

/* Only pairs of words that are in enough matched texts can be so themselves. */
static void
count_pairs(struct suggest *s, const struct suggest_options *o)
{
	grow_pairs(s);
	for (size_t t = 0; t < s->ntexts; t++)
		for (size_t i = s->texts[t].first; i + 1 < text_end(s, t); i++) {
			uint32_t a = s->ids[i], b = s->ids[i + 1];

			if (a != GAP && b != GAP &&
			    s->words[a].count.texts[SUGGEST_MATCHED] >= o->min_matched &&
			    s->words[b].count.texts[SUGGEST_MATCHED] >= o->min_matched)
				count_text(&put_pair(s, a, b)->count, t, s->texts[t].kind);
		}
}

/* ---- candidates ---- */

/* What the matched texts are compared with. */
static enum suggest_kind
other_kind(const struct suggest *s)
{
	return s->count[SUGGEST_BACKGROUND] ? SUGGEST_BACKGROUND : SUGGEST_UNMATCHED;
}

static double
entropy(double k, double expected)
{
	return k > 0 ? k * log(k / expected) : 0;
}

/* K1 of N1 texts have the term, and K2 of N2. */
static double
likelihood(double k1, double n1, double k2, double n2)
{
	double share = (k1 + k2) / (n1 + n2), rest = 1 - share;

	return 2 * (entropy(k1, n1 * share) + entropy(n1 - k1, n1 * rest) +
		       entropy(k2, n2 * share) + entropy(n2 - k2, n2 * rest));
}

static bool
is_known(const struct suggest *s, const struct suggest_options *o, uint32_t word)
{
	return word == GAP || o->known(o->known_ctx, s->words[word].spelled);
}

/* Add the term of the words A and B if it is one. */
static void
consider(struct suggest *s, const struct suggest_options *o, const struct count *c, uint32_t a,
    uint32_t b)
{
	enum suggest_kind other = other_kind(s);
	double n1 = (double)s->count[SUGGEST_MATCHED], n2 = (double)s->count[other];
	double k1 = c->texts[SUGGEST_MATCHED], k2 = c->texts[other];
	struct candidate term = {.a = a, .b = b};

	if (c->texts[SUGGEST_MATCHED] < o->min_matched || k1 * n2 <= k2 * n1 ||
	    c->texts[SUGGEST_UNMATCHED] < o->min_gain)
		return;
	term.s = (struct suggestion){
	    .pair = b != GAP,
	    .g2 = likelihood(k1, n1, k2, n2),
	    .matched = c->texts[SUGGEST_MATCHED],
	    .background = c->texts[other],
	    .gain = c->texts[SUGGEST_UNMATCHED],
	};
	if (term.s.g2 < o->min_g2 || (o->known && is_known(s, o, a) && is_known(s, o, b)))
		return;
	s->terms = xgrow(s->terms, s->nterms, &s->terms_cap, sizeof *s->terms);
	s->terms[s->nterms++] = term;
}

static void
spell(struct suggest *s, struct candidate *c)
{
	struct buf b = BUF_INIT;

	buf_adds(&b, s->words[c->a].spelled);
	if (c->b != GAP) {
		buf_addc(&b, ' ');
		buf_adds(&b, s->words[c->b].spelled);
	}
	c->s.term = arena_dup(&s->arena, buf_slice(&b));
	buf_release(&b);
}

static int
by_likelihood(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->s.g2 != y->s.g2)
		return x->s.g2 > y->s.g2 ? -1 : 1;
	return slice_cmp(x->s.term, y->s.term);
}

/* Let words and pairs know their number among the candidates. */
static void
number_terms(struct suggest *s)
{
	for (size_t i = 0; i < s->nterms; i++) {
		const struct candidate *c = &s->terms[i];
		uint32_t *to = c->b == GAP ? &s->words[c->a].term : &find_pair(s, c->a, c->b)->term;

		*to = (uint32_t)i + 1;
	}
}

static void
choose_terms(struct suggest *s, const struct suggest_options *o)
{
	for (uint32_t i = 0; i < s->nwords; i++)
		consider(s, o, &s->words[i].count, i, GAP);
	for (size_t i = 0; i <= s->mask; i++)
		if (s->pairs[i].used)
			consider(s, o, &s->pairs[i].count, (uint32_t)(s->pairs[i].key >> 32),
			    (uint32_t)s->pairs[i].key);
	for (size_t i = 0; i < s->nterms; i++)
		spell(s, &s->terms[i]);
	if (s->nterms)
		qsort(s->terms, s->nterms, sizeof *s->terms, by_likelihood);
	if (s->nterms > o->top)
		s->nterms = o->top;
	number_terms(s);
}

/* ---- noise ---- */

/*
 * How much a word speaks for a match.  Both shares lean towards that of all texts as if PRIOR more
 * had been seen, so that a rare word says little and one that is nowhere else says nothing.
 */
static double
log_odds(double k1, double n1, double k2, double n2)
{
	double prior = PRIOR * (k1 + k2) / (n1 + n2);

	return prior > 0 ? log((k1 + prior) / (n1 + PRIOR)) - log((k2 + prior) / (n2 + PRIOR)) : 0;
}

/* An unmatched text is not to speak for itself, so one is taken away. */
static void
weigh_words(struct suggest *s)
{
	enum suggest_kind other = other_kind(s);
	double n1 = (double)s->count[SUGGEST_MATCHED], n2 = (double)s->count[other];

	for (size_t i = 0; i < s->nwords; i++) {
		const uint32_t *texts = s->words[i].count.texts;
		double k2 = texts[other];

		if (other == SUGGEST_UNMATCHED && k2 > 0)
			k2--;
		s->words[i].odds = log_odds(texts[SUGGEST_MATCHED], n1, k2, n2);
	}
}

/* The odds of all words of a text, each once. */
static double
add_odds(struct suggest *s, size_t text)
{
	double sum = 0;

	for (size_t i = s->texts[text].first; i < text_end(s, text); i++) {
		struct word *w = s->ids[i] == GAP ? NULL : &s->words[s->ids[i]];

		if (!w || w->seen == text + 1)
			continue;
		w->seen = (uint32_t)text + 1;
		sum += w->odds;
	}
	return sum;
}

static void
count_noise(struct suggest *s, uint32_t number, size_t text, double odds)
{
	struct candidate *c = number ? &s->terms[number - 1] : NULL;

	if (!c || c->last == text + 1)
		return;
	c->last = (uint32_t)text + 1;
	odds -= s->words[c->a].odds;
	if (c->b != GAP && c->b != c->a)
		odds -= s->words[c->b].odds;
	c->s.noise += odds < 0;
}

static void
find_noise(struct suggest *s)
{
	weigh_words(s);
	for (size_t t = 0; t < s->ntexts; t++) {
		double odds;

		if (s->texts[t].kind != SUGGEST_UNMATCHED)
			continue;
		odds = add_odds(s, t);
		for (size_t i = s->texts[t].first; i + 1 < text_end(s, t); i++) {
			uint32_t a = s->ids[i], b = s->ids[i + 1];

			if (a != GAP)
				count_noise(s, s->words[a].term, t, odds);
			if (a != GAP && b != GAP)
				count_noise(s, find_pair(s, a, b)->term, t, odds);
		}
	}
}

size_t
suggest_terms(struct suggest *s, const struct suggest_options *o, const struct suggestion **out)
{
	*out = NULL;
	if (!s->count[SUGGEST_MATCHED] || !s->count[other_kind(s)])
		return 0;
	count_pairs(s, o);
	choose_terms(s, o);
	find_noise(s);
	s->out = xcalloc(s->nterms + 1, sizeof *s->out);
	for (size_t i = 0; i < s->nterms; i++)
		s->out[i] = s->terms[i].s;
	*out = s->out;
	return s->nterms;
}
