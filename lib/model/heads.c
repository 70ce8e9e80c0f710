#include "model/heads.h"

#include <math.h>
#include <stdlib.h>

#include "core/mem.h"
#include "model/decide.h"
#include "model/exp.h"
#include "model/heads_int.h"
#include "model/hidden.h"
#include "model/sums.h"
#include "model/weigh.h"
#include "text/negation.h"

struct heads {
	struct model **models;
	size_t n;
	struct weigh *weigh;
	struct group *groups;
	size_t ngroups;
	size_t places;                   /* for weighing all labels */
	uint32_t hidden_max, places_max; /* of a head with hidden units */
};

/* What is known of the text at hand by one group. */
struct group_run {
	const struct group *group;
	struct memos memos;
	struct token_reader reader;
	void **memo; /* struct memo of each token; see read_tokens */
	size_t memo_cap;
	bool read;
	head_set summed;   /* of whom the sums are of this text */
	head_set answered; /* and the results */
	int32_t *sums;     /* [width] */
	uint32_t hits[GROUP_MAX];
	double *probs;            /* [width] */
	struct hash_list negated; /* the tokens that a negation reaches */
};

struct heads_run {
	const struct heads *heads;
	struct norm norm;
	uint64_t *words; /* the hashes of the text's tokens */
	size_t words_cap;
	enum script script;
	struct hash_list pairs; /* pairs of neighbours among tokens of these kinds */
	uint16_t pairs_of;      /* 0: nothing is listed yet */
	struct group_run *groups;
	double *work;           /* [places] */
	float *activity, *deep; /* of hidden units, and what they add to the labels */
	struct head_result *results;
};

/* ---- groups ---- */

/* Those for all languages first, then by language, so that what a text needs stands together. */
static void
put_in_order(struct group *g, unsigned head)
{
	unsigned at = g->n++;

	for (; at > 0; at--) {
		if (strcmp(g->models[g->order[at - 1]]->langs, g->models[head]->langs) <= 0)
			break;
		g->order[at] = g->order[at - 1];
	}
	g->order[at] = head;
}

static void
add_reader(struct group *g, unsigned head)
{
	const struct model *m = g->models[head];
	head_set bit = (head_set)(1u << head);

	put_in_order(g, head);
	if (m->spec.negation)
		g->negation |= bit;
	for (uint8_t kind = 0; kind <= TOKEN_MARK; kind++)
		if (ngram_reads(&m->spec, kind))
			g->kinds[kind] |= bit;
	if (m->spec.word_max)
		g->reads[FEATURE_WORD] |= bit;
	for (unsigned k = m->spec.char_min; k && k <= m->spec.char_max; k++)
		g->reads[k] |= bit;
	if (m->spec.char_max > g->chars)
		g->chars = m->spec.char_max;
}

static void
group_init(struct group *g, struct model *const *models, size_t n)
{
	g->models = models;
	for (unsigned i = 0; i < n; i++)
		add_reader(g, i);
	for (unsigned i = 0; i < n; i++) {
		g->at[g->order[i]] = g->width;
		g->width += models[g->order[i]]->header->stride;
	}
	atomic_flag_clear(&g->making);
}

struct heads *
heads_new(struct model *const *list, size_t count)
{
	struct heads *h = xcalloc(1, sizeof *h);

	h->models = xcalloc(count ? count : 1, sizeof *h->models);
	h->weigh = xcalloc(count ? count : 1, sizeof *h->weigh);
	h->n = count;
	h->ngroups = (count + GROUP_MAX - 1) / GROUP_MAX;
	h->groups = xcalloc(h->ngroups + 1, sizeof *h->groups);
	for (size_t i = 0; i < count; i++) {
		h->models[i] = list[i];
		weigh_init(&h->weigh[i], list[i]);
		h->places += weigh_places(list[i]);
		if (list[i]->header->hidden > h->hidden_max)
			h->hidden_max = list[i]->header->hidden;
		if (list[i]->header->hidden && list[i]->label_places > h->places_max)
			h->places_max = list[i]->label_places;
	}
	for (size_t i = 0; i < h->ngroups; i++) {
		size_t first = i * GROUP_MAX, left = count - first;

		group_init(&h->groups[i], h->models + first, left < GROUP_MAX ? left : GROUP_MAX);
	}
	return h;
}

void
heads_free(struct heads *heads)
{
	if (!heads)
		return;
	for (size_t i = 0; i < heads->ngroups; i++)
		known_free(atomic_load(&heads->groups[i].known));
	for (size_t i = 0; i < heads->n; i++)
		weigh_release(&heads->weigh[i]);
	free(heads->weigh);
	free(heads->groups);
	free(heads->models);
	free(heads);
}

static void
group_run_init(struct group_run *r, struct group *g, size_t memory)
{
	r->group = g;
	memos_init(&r->memos, g->n, g->width, sizeof(int16_t), memory / 2);
	token_reader_init(&r->reader, g, memory / 2);
	r->sums = xcalloc(g->width + 1, sizeof *r->sums);
	r->probs = xcalloc(g->width + 1, sizeof *r->probs);
}

static void
group_run_release(struct group_run *r)
{
	memos_release(&r->memos);
	token_reader_release(&r->reader);
	free(r->memo);
	free(r->sums);
	free(r->probs);
	free(r->negated.hash);
}

struct heads_run *
heads_run_new(const struct heads *heads, size_t memory)
{
	struct heads_run *r = xcalloc(1, sizeof *r);

	r->heads = heads;
	r->norm = (struct norm)NORM_INIT;
	r->groups = xcalloc(heads->ngroups + 1, sizeof *r->groups);
	for (size_t i = 0; i < heads->ngroups; i++)
		group_run_init(&r->groups[i], &heads->groups[i], memory / heads->ngroups);
	r->work = xcalloc(heads->places + 1, sizeof *r->work);
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
	for (size_t i = 0; i < r->heads->ngroups; i++)
		group_run_release(&r->groups[i]);
	free(r->groups);
	free(r->words);
	free(r->pairs.hash);
	free(r->work);
	free(r->activity);
	free(r->deep);
	free(r->results);
	free(r);
}

/* ---- sums ---- */

static void
push(struct hash_list *list, uint64_t hash)
{
	list->hash = xgrow(list->hash, list->n, &list->cap, sizeof *list->hash);
	list->hash[list->n++] = hash;
}

/* Find the memos of the text's tokens, and what a negation reaches. */
static void
read_tokens(const struct heads_run *r, struct group_run *g)
{
	struct negation negation = {0};

	g->read = true;
	g->negated.n = 0;
	memos_next(&g->memos);
	for (size_t i = 0; i < r->norm.n; i++)
		memos_fetch(&g->memos, r->words[i]);
	for (size_t i = 0; i < r->norm.n; i++) {
		uint8_t kind = r->norm.tokens[i].kind;
		struct memo *m;
		bool new;

		g->memo = xgrow(g->memo, i, &g->memo_cap, sizeof *g->memo);
		g->memo[i] = m = memos_get(&g->memos, r->words[i], &new);
		if (new)
			m->negates = g->group->negation && kind == TOKEN_WORD &&
			             negation_word(norm_token(&r->norm, i));
		if (g->group->negation && negation_step(&negation, kind, m->negates))
			push(&g->negated, ngram_negated(r->words[i]));
	}
}

/* Have all tokens' memos know what they add to the heads in SET. */
static void
ask_tokens(const struct heads_run *r, struct group_run *g, head_set set)
{
	for (size_t i = 0; i < r->norm.n; i++) {
		struct memo *m = g->memo[i];
		head_set left = set & (head_set)~m->asked;

		if (!left)
			continue;
		m->asked |= left;
		token_read(&g->reader, norm_token(&r->norm, i), r->norm.tokens[i].kind, r->words[i],
		    left, memo_sums(&g->memos, m), memo_hits(m));
	}
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

/* Those heads of SET that read pairs among the same tokens as HEAD. */
static head_set
same_pairs(const struct group *g, head_set set, unsigned head)
{
	head_set same = 0;

	for (; set; set &= (head_set)(set - 1)) {
		const struct ngram_spec *spec = &g->models[__builtin_ctz(set)]->spec;

		if (spec->word_max > 1 && spec->tokens == g->models[head]->spec.tokens)
			same |= (head_set)(set & -set);
	}
	return same;
}

static void
add_pairs(struct heads_run *r, struct group_run *g, head_set set)
{
	while (set) {
		unsigned head = (unsigned)__builtin_ctz(set);
		head_set same = same_pairs(g->group, set, head);

		if (same) {
			list_pairs(r, &g->group->models[head]->spec);
			lookup_list(&g->reader.lookups, &r->pairs, same, g->sums, g->hits);
		}
		set &= (head_set) ~(same | 1u << head);
	}
}

/* Add up what the tokens say in the places FROM to TO. */
static void
sum_places(const struct heads_run *r, struct group_run *g, size_t from, size_t to)
{
	size_t c = from;

	for (; c + 16 <= to; c += 16)
		sums_shorts_16(
		    g->sums + c, g->memo, r->norm.n, g->memos.sums_at + c * sizeof(int16_t));
	for (; c < to; c += 4)
		sums_shorts_4(
		    g->sums + c, g->memo, r->norm.n, g->memos.sums_at + c * sizeof(int16_t));
}

static void
sum_tokens(const struct heads_run *r, struct group_run *g, head_set set)
{
	const struct group *group = g->group;
	size_t from, to;

	for (unsigned i = 0; group_range(group, set, &i, &from, &to);)
		sum_places(r, g, from, to);
	for (; set; set &= (head_set)(set - 1)) {
		unsigned head = (unsigned)__builtin_ctz(set);

		g->hits[head] = 0;
		for (size_t i = 0; i < r->norm.n; i++)
			g->hits[head] += memo_hits(g->memo[i])[head];
	}
}

/* Add up the text for the heads in SET. */
static void
sum_up(struct heads_run *r, struct group_run *g, head_set set)
{
	set &= (head_set)~g->summed;
	if (!set)
		return;
	g->summed |= set;
	if (!g->read)
		read_tokens(r, g);
	ask_tokens(r, g, set);
	sum_tokens(r, g, set);
	add_pairs(r, g, set);
	if (g->negated.n)
		lookup_list(&g->reader.lookups, &g->negated,
		    set & g->group->negation & g->group->kinds[TOKEN_WORD], g->sums, g->hits);
}

void
heads_read(struct heads_run *r, struct slice text)
{
	norm_run(&r->norm, text);
	r->script = norm_script(&r->norm);
	r->pairs_of = 0;
	for (size_t i = 0; i < r->norm.n; i++) {
		r->words = xgrow(r->words, i, &r->words_cap, sizeof *r->words);
		r->words[i] = ngram_word(norm_token(&r->norm, i), r->norm.tokens[i].kind);
	}
	for (size_t i = 0; i < r->heads->ngroups; i++) {
		r->groups[i].read = false;
		r->groups[i].summed = r->groups[i].answered = 0;
	}
}

/* ---- answers ---- */

static const int32_t *
sums_of(const struct heads_run *r, size_t head)
{
	const struct group_run *g = &r->groups[head / GROUP_MAX];

	return g->sums + g->group->at[head % GROUP_MAX];
}

static uint32_t
hits_of(const struct heads_run *r, size_t head)
{
	return r->groups[head / GROUP_MAX].hits[head % GROUP_MAX];
}

/* Weigh the labels of a head, as far as the exponentials; the likeliest, or -1. */
static int
begin_answer(struct heads_run *r, size_t head, double *work, uint32_t *n)
{
	const struct model *m = r->heads->models[head];
	const int32_t *sums = sums_of(r, head);
	uint32_t hits = hits_of(r, head);

	if (m->header->hidden)
		hidden_scores(m, sums + m->label_places, hits, r->activity, r->deep);
	return weigh_begin(&r->heads->weigh[head], sums, hits, m->header->hidden ? r->deep : NULL,
	    r->script, work, n);
}

static void
end_answer(struct heads_run *r, size_t head, int best, const double *work)
{
	const struct model *m = r->heads->models[head];
	const struct group_run *g = &r->groups[head / GROUP_MAX];
	double *probs = g->probs + g->group->at[head % GROUP_MAX];
	struct head_result *res = &r->results[head];

	*res = (struct head_result){.probs = probs};
	res->best = weigh_end(&r->heads->weigh[head], r->script, best, work, probs);
	if (res->best < 0)
		return;
	res->best = decide(m, probs, res->best);
	res->p = probs[res->best];
}

/* Let the heads in SET of group number I answer, with the exponentials of all at once. */
static void
answer(struct heads_run *r, size_t i, head_set set)
{
	struct group_run *g = &r->groups[i];
	uint32_t at = 0, n[GROUP_MAX];
	int best[GROUP_MAX];

	set &= (head_set)~g->answered;
	if (!set)
		return;
	sum_up(r, g, set);
	g->answered |= set;
	for (unsigned h = 0; h < g->group->n; h++) {
		if (!(set >> h & 1))
			continue;
		best[h] = begin_answer(r, i * GROUP_MAX + h, r->work + at, &n[h]);
		at += n[h];
	}
	exp_minus(r->work, at);
	at = 0;
	for (unsigned h = 0; h < g->group->n; h++) {
		if (!(set >> h & 1))
			continue;
		end_answer(r, i * GROUP_MAX + h, best[h], r->work + at);
		at += n[h];
	}
}

void
heads_ask(struct heads_run *r, const int *heads, size_t n)
{
	for (size_t g = 0; g < r->heads->ngroups; g++) {
		head_set set = 0;

		for (size_t i = 0; i < n; i++)
			if (heads[i] >= 0 && (size_t)heads[i] / GROUP_MAX == g)
				set |= (head_set)(1u << heads[i] % GROUP_MAX);
		answer(r, g, set);
	}
}

const struct head_result *
heads_answer(struct heads_run *r, size_t head)
{
	answer(r, head / GROUP_MAX, (head_set)(1u << head % GROUP_MAX));
	return &r->results[head];
}

const struct head_result *
heads_predict(struct heads_run *r, struct slice text)
{
	heads_read(r, text);
	for (size_t i = 0; i < r->heads->ngroups; i++)
		answer(r, i, (head_set)((1u << r->heads->groups[i].n) - 1));
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
	struct group_run *g = &r->groups[head / GROUP_MAX];
	size_t at = g->group->at[head % GROUP_MAX];
	uint32_t hits = hits_of(r, head);
	double length = sqrt((double)hits) * m->header->temperature;
	struct head_reason *all = xcalloc(r->norm.n + 1, sizeof *all);
	size_t n = 0;

	if (m->header->hidden && hits)
		hidden_slopes(m, sums_of(r, head) + m->label_places, hits, label, r->activity);
	for (size_t t = 0; t < r->norm.n && hits; t++) {
		const int16_t *adds = (const int16_t *)memo_sums(&g->memos, g->memo[t]) + at;
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
