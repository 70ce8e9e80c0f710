#include "model/heads.h"

#include <math.h>
#include <stdlib.h>

#include "core/mem.h"
#include "model/decide.h"
#include "model/exp.h"
#include "model/hidden.h"
#include "model/sums.h"
#include "text/negation.h"

#define CACHE_LINE 64

/* Of a slot so many bytes are fetched ahead. */
#define PREFETCH_MAX 512

/* Each with at most 127: a token's sum fits 16 bits. */
#define TOKEN_FEATURES_MAX (1 + NGRAM_CHAR_MAX * NGRAM_PER_ORDER)

_Static_assert(TOKEN_FEATURES_MAX * 128 < INT16_MAX, "token sums overflow");

struct heads {
	struct model **models;
	size_t n;
	size_t *at;                      /* where a head's sums begin in a row of all sums */
	size_t width;                    /* of that row */
	uint32_t hidden_max, places_max; /* of a head with hidden units */
	unsigned chars;                  /* the longest character n-gram that any head reads */
	bool negation;                   /* does any head read it? */
};

/* What a token adds to every head's sums; found by the token's hash, thrown out by the next token
 * that needs the place. */
struct memo {
	uint64_t hash; /* 0: free */
};

struct hash_list {
	uint64_t *hash;
	size_t n, cap;
};

struct heads_run {
	const struct heads *heads;
	struct norm norm;
	char *memory;
	char *memos;      /* in it, from a cache line on; memo, sums and hits slot by slot */
	size_t memo_size; /* bytes of a slot */
	size_t memo_mask;
	int32_t *sums; /* [width] */
	uint32_t *hits;
	bool *answered; /* of each head: does its result belong to this text? */
	struct negation negation;
	struct hash_list negated; /* the tokens that a negation reaches */
	struct hash_list pairs;   /* pairs of neighbours among tokens of these kinds */
	uint16_t pairs_of;        /* 0: nothing is listed yet */
	enum script script;       /* of the text */
	uint64_t *words; /* the hashes of the text's tokens */
	size_t words_cap;
	double *probs;
	float *activity, *deep; /* of hidden units, and what they add to the labels */
	struct head_result *results;
	struct token_grams grams;
};

struct heads *
heads_new(struct model *const *list, size_t count)
{
	struct heads *h = xcalloc(1, sizeof *h);

	h->models = xcalloc(count ? count : 1, sizeof *h->models);
	h->at = xcalloc(count ? count : 1, sizeof *h->at);
	h->n = count;
	for (size_t i = 0; i < count; i++) {
		h->models[i] = list[i];
		h->at[i] = h->width;
		h->width += list[i]->header->stride;
		if (list[i]->spec.char_max > h->chars)
			h->chars = list[i]->spec.char_max;
		if (list[i]->header->hidden > h->hidden_max)
			h->hidden_max = list[i]->header->hidden;
		if (list[i]->header->hidden && list[i]->label_places > h->places_max)
			h->places_max = list[i]->label_places;
		h->negation |= list[i]->spec.negation;
	}
	return h;
}

void
heads_free(struct heads *heads)
{
	if (!heads)
		return;
	free(heads->models);
	free(heads->at);
	free(heads);
}

/* Behind the hits stands whether the token negates.  Sums come first after the hash so that they
 * are aligned for whole vectors. */
static int16_t *
memo_sums(struct memo *m)
{
	return (int16_t *)(m + 1);
}

static uint16_t *
memo_hits(struct memo *m, size_t width)
{
	return (uint16_t *)(memo_sums(m) + width);
}

struct heads_run *
heads_run_new(const struct heads *heads, size_t memory)
{
	struct heads_run *r = xcalloc(1, sizeof *r);
	size_t slots = 64;

	r->heads = heads;
	r->norm = (struct norm)NORM_INIT;
	r->memo_size = sizeof(struct memo) + heads->width * sizeof(int16_t) +
	               (heads->n + 1) * sizeof(uint16_t);
	r->memo_size = (r->memo_size + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
	while (slots * 2 * r->memo_size <= memory)
		slots *= 2;
	r->memo_mask = slots - 1;
	r->memory = xcalloc(slots + 1, r->memo_size); /* pages come as they are used */
	r->memos = r->memory + (-(uintptr_t)r->memory & (CACHE_LINE - 1));
	r->sums = xcalloc(heads->width + 1, sizeof *r->sums);
	r->hits = xcalloc(heads->n + 1, sizeof *r->hits);
	r->answered = xcalloc(heads->n + 1, sizeof *r->answered);
	r->probs = xcalloc(heads->width + 1, sizeof *r->probs);
	r->activity = xcalloc(heads->hidden_max + 1, sizeof *r->activity);
	r->deep = xcalloc(heads->places_max + 1, sizeof *r->deep);
	r->results = xcalloc(heads->n + 1, sizeof *r->results);
	return r;
}

void
heads_run_free(struct heads_run *r)
{
	if (!r)
		return;
	norm_release(&r->norm);
	free(r->memory);
	free(r->sums);
	free(r->hits);
	free(r->answered);
	free(r->negated.hash);
	free(r->pairs.hash);
	free(r->words);
	free(r->probs);
	free(r->activity);
	free(r->deep);
	free(r->results);
	free(r);
}

/* The rows of some hashes that the head knows; they are fetched while others are looked for. */
static unsigned
find_rows(const struct model *m, const uint64_t *hash, unsigned n, const int8_t **rows)
{
	unsigned found = 0;

	for (unsigned i = 0; i < n; i++) {
		int32_t row = model_find(m, hash[i]);

		if (row < 0)
			continue;
		rows[found] = m->weights + (size_t)row * m->header->stride;
		__builtin_prefetch(rows[found++]);
	}
	return found;
}

/* The same for sparse rows, with the number of entries in each. */
static unsigned
find_entries(const struct model *m, const uint64_t *hash, unsigned n,
    const struct model_entry **entries, unsigned *counts)
{
	unsigned found = 0;

	for (unsigned i = 0; i < n; i++) {
		int32_t row = model_find(m, hash[i]);

		if (row < 0)
			continue;
		entries[found] = model_entries(m, hash[i], (uint32_t)row, &counts[found]);
		__builtin_prefetch(entries[found++]);
	}
	return found;
}

static unsigned
sum_sparse(const struct model *m, uint64_t word, const struct token_grams *g, int16_t *sums)
{
	const struct model_entry *entries[TOKEN_FEATURES_MAX];
	unsigned counts[TOKEN_FEATURES_MAX], n = 0;

	if (m->spec.word_max)
		n = find_entries(m, &word, 1, entries, counts);
	for (unsigned k = m->spec.char_min; k && k <= m->spec.char_max; k++)
		n += find_entries(m, g->chars[k - 1], g->n[k - 1], entries + n, counts + n);
	for (unsigned i = 0; i < n; i++)
		for (unsigned j = 0; j < counts[i]; j++)
			sums[entries[i][j].label] =
			    (int16_t)(sums[entries[i][j].label] + entries[i][j].weight);
	return n;
}

/* What one token by itself adds to one head. */
static unsigned
sum_token(const struct model *m, uint64_t word, const struct token_grams *g, int16_t *sums)
{
	const int8_t *rows[TOKEN_FEATURES_MAX];
	unsigned n = 0;

	if (m->entries)
		return sum_sparse(m, word, g, sums);
	if (m->spec.word_max)
		n = find_rows(m, &word, 1, rows);
	for (unsigned k = m->spec.char_min; k && k <= m->spec.char_max; k++)
		n += find_rows(m, g->chars[k - 1], g->n[k - 1], rows + n);
	for (unsigned i = 0; i < n; i++)
		sums_add_row(sums, rows[i], m->header->stride);
	return n;
}

static struct memo *
memo_slot(struct heads_run *r, uint64_t word)
{
	return (struct memo *)(r->memos + (word & r->memo_mask) * r->memo_size);
}

static struct memo *
recall(struct heads_run *r, struct slice token, uint8_t kind, uint64_t word)
{
	const struct heads *h = r->heads;
	struct memo *memo = memo_slot(r, word);
	uint16_t *hits = memo_hits(memo, h->width);

	if (memo->hash == word)
		return memo;
	memset(memo, 0, r->memo_size);
	memo->hash = word;
	hits[h->n] = h->negation && kind == TOKEN_WORD && negation_word(token);
	ngram_chars(&r->grams, token, kind, h->chars);
	for (size_t i = 0; i < h->n; i++)
		if (ngram_reads(&h->models[i]->spec, kind))
			hits[i] = (uint16_t)sum_token(
			    h->models[i], word, &r->grams, memo_sums(memo) + h->at[i]);
	return memo;
}

/* Add what is not of one token alone. */
static void
add_feature(struct heads_run *r, size_t head, uint64_t hash)
{
	const struct model *m = r->heads->models[head];
	int32_t *sums = r->sums + r->heads->at[head];
	uint32_t stride = m->header->stride;
	int32_t row = model_find(m, hash);

	if (row < 0)
		return;
	r->hits[head]++;
	if (m->entries) {
		unsigned count;
		const struct model_entry *e = model_entries(m, hash, (uint32_t)row, &count);

		for (unsigned i = 0; i < count; i++)
			sums[e[i].label] += e[i].weight;
		return;
	}
	for (uint32_t c = 0; c < stride; c++)
		sums[c] += m->weights[(size_t)row * stride + c];
}

static void
push(struct hash_list *list, uint64_t hash)
{
	list->hash = xgrow(list->hash, list->n, &list->cap, sizeof *list->hash);
	list->hash[list->n++] = hash;
}

static void
add_token(struct heads_run *r, struct slice token, uint8_t kind, uint64_t word)
{
	const struct heads *h = r->heads;
	struct memo *memo = recall(r, token, kind, word);
	const uint16_t *hits = memo_hits(memo, h->width);

	sums_add(r->sums, memo_sums(memo), h->width);
	for (size_t i = 0; i < h->n; i++)
		r->hits[i] += hits[i];
	if (h->negation && negation_step(&r->negation, kind, hits[h->n]))
		push(&r->negated, ngram_negated(word));
}

/* List the pairs of neighbours among the tokens that SPEC reads, unless they are listed. */
static void
list_pairs(struct heads_run *r, const struct ngram_spec *spec)
{
	uint64_t before = 0;

	if (r->pairs_of == spec->tokens)
		return;
	r->pairs_of = spec->tokens;
	r->pairs.n = 0;
	for (size_t i = 0; i < r->norm.n; i++) {
		if (!ngram_reads(spec, r->norm.tokens[i].kind))
			continue;
		if (before)
			push(&r->pairs, ngram_pair(before, r->words[i]));
		before = r->words[i];
	}
}

/* Add features to a head.  Most are unknown to it, and each look-up waits for memory twice; so all
 * of them wait together. */
static void
add_features(struct heads_run *r, size_t head, const struct hash_list *list)
{
	const struct model *m = r->heads->models[head];
	unsigned shift = 64 - m->header->bucket_bits;

	for (size_t i = 0; i < list->n; i++)
		__builtin_prefetch(&m->starts[list->hash[i] >> shift]);
	for (size_t i = 0; i < list->n; i++)
		__builtin_prefetch(m->prints + m->starts[list->hash[i] >> shift]);
	for (size_t i = 0; i < list->n; i++)
		add_feature(r, head, list->hash[i]);
}

/* What the sums of HEAD say of each label, as logarithms; the likeliest, or -1, in RES. */
static double
weigh_labels(struct heads_run *r, size_t head, enum script script, struct head_result *res)
{
	const struct model *m = r->heads->models[head];
	const int32_t *sums = r->sums + r->heads->at[head];
	double *probs = r->probs + r->heads->at[head], top = -INFINITY;
	double length = sqrt((double)r->hits[head]) * m->header->temperature;
	bool gated = m->header->flags & MODEL_SCRIPTS;

	/* The script may be all there is to go by, and enough. */
	if (r->hits[head] == 0 && gated && script != SCRIPT_NONE)
		length = 1;

	*res = (struct head_result){-1, 0, probs};
	for (uint32_t c = 0; c < m->label_places; c++)
		probs[c] = -INFINITY;
	if (m->header->hidden && length > 0)
		hidden_scores(m, sums + m->label_places, r->hits[head], r->activity, r->deep);
	for (uint32_t c = 0; c < m->header->labels && length > 0; c++) {
		const struct model_label *l = &m->labels[c];

		if (gated && !(l->scripts >> script & 1))
			continue;
		probs[c] = (double)sums[c] * l->scale / length;
		probs[c] = probs[c] + (double)l->bias / m->header->temperature;
		if (m->header->hidden)
			probs[c] = probs[c] + (double)r->deep[c] / m->header->temperature;
		if (probs[c] > top) {
			top = probs[c];
			res->best = (int)c;
		}
	}
	return top;
}

static void
softmax(struct heads_run *r, size_t head, enum script script)
{
	uint32_t labels = r->heads->models[head]->header->labels;
	uint32_t places = r->heads->models[head]->label_places;
	double *probs = r->probs + r->heads->at[head], total = 0;
	struct head_result *res = &r->results[head];
	double top = weigh_labels(r, head, script, res);

	if (res->best < 0) {
		memset(probs, 0, places * sizeof *probs);
		return;
	}
	for (uint32_t c = 0; c < labels; c++)
		probs[c] = probs[c] - top;
	exp_minus(probs, places);
	for (uint32_t c = 0; c < labels; c++)
		total = total + probs[c];
	for (uint32_t c = 0; c < labels; c++)
		probs[c] = probs[c] / total;
	res->best = decide(r->heads->models[head], probs, res->best);
	res->p = probs[res->best];
}

/* Hash all tokens and have what is remembered of them brought near. */
static void
hash_words(struct heads_run *r)
{
	for (size_t i = 0; i < r->norm.n; i++) {
		const char *slot;

		r->words = xgrow(r->words, i, &r->words_cap, sizeof *r->words);
		r->words[i] = ngram_word(norm_token(&r->norm, i), r->norm.tokens[i].kind);
		slot = (const char *)memo_slot(r, r->words[i]);
		for (size_t at = 0; at < r->memo_size && at < PREFETCH_MAX; at += CACHE_LINE)
			__builtin_prefetch(slot + at);
	}
}

void
heads_read(struct heads_run *r, struct slice text)
{
	const struct heads *h = r->heads;

	norm_run(&r->norm, text);
	memset(r->sums, 0, h->width * sizeof *r->sums);
	memset(r->hits, 0, h->n * sizeof *r->hits);
	memset(r->answered, 0, h->n * sizeof *r->answered);
	r->negation = (struct negation){0};
	r->negated.n = 0;
	r->pairs_of = 0;
	hash_words(r);
	for (size_t i = 0; i < r->norm.n; i++)
		add_token(r, norm_token(&r->norm, i), r->norm.tokens[i].kind, r->words[i]);
	r->script = norm_script(&r->norm);
}

const struct head_result *
heads_answer(struct heads_run *r, size_t head)
{
	const struct ngram_spec *spec = &r->heads->models[head]->spec;

	if (r->answered[head])
		return &r->results[head];
	r->answered[head] = true;
	if (spec->word_max > 1) {
		list_pairs(r, spec);
		add_features(r, head, &r->pairs);
	}
	if (spec->negation && ngram_reads(spec, TOKEN_WORD))
		add_features(r, head, &r->negated);
	softmax(r, head, r->script);
	return &r->results[head];
}

const struct head_result *
heads_predict(struct heads_run *r, struct slice text)
{
	heads_read(r, text);
	for (size_t i = 0; i < r->heads->n; i++)
		heads_answer(r, i);
	return r->results;
}

const struct norm *
heads_norm(const struct heads_run *run)
{
	return &run->norm;
}

static int
by_weight(const void *a, const void *b)
{
	const struct head_reason *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	return x->token < y->token ? -1 : x->token > y->token;
}

/* By how much SUMS of a token raise the score of LABEL over the mean of the others. */
static double
raise_of(const struct model *m, const int16_t *sums, int label)
{
	double own = sums[label] * (double)m->labels[label].scale, others = 0;

	for (uint32_t c = 0; c < m->header->labels; c++)
		if (c != (uint32_t)label)
			others += sums[c] * (double)m->labels[c].scale;
	return own - others / (m->header->labels - 1);
}

size_t
heads_explain(struct heads_run *r, size_t head, int label, struct head_reason *out, size_t max)
{
	const struct model *m = r->heads->models[head];
	double length = sqrt((double)r->hits[head]) * m->header->temperature;
	struct head_reason *all = xcalloc(r->norm.n + 1, sizeof *all);
	const int32_t *sums = r->sums + r->heads->at[head];
	size_t n = 0;

	if (m->header->hidden && r->hits[head])
		hidden_slopes(m, sums + m->label_places, r->hits[head], label, r->activity);
	for (size_t t = 0; t < r->norm.n && r->hits[head]; t++) {
		struct slice token = norm_token(&r->norm, t);
		uint8_t kind = r->norm.tokens[t].kind;
		const int16_t *adds =
		    memo_sums(recall(r, token, kind, ngram_word(token, kind))) + r->heads->at[head];
		double own = raise_of(m, adds, label);

		for (uint32_t j = 0; j < m->header->hidden; j++)
			own += adds[m->label_places + j] * (double)r->activity[j];
		own /= length;
		if (own > 0)
			all[n++] = (struct head_reason){t, own};
	}
	qsort(all, n, sizeof *all, by_weight);
	n = n < max ? n : max;
	memcpy(out, all, n * sizeof *out);
	free(all);
	return n;
}
