#include "model/heads.h"

#include <math.h>
#include <stdlib.h>

#include "core/mem.h"
#include "model/decide.h"
#include "model/experts.h"
#include "model/heads_group.h"
#include "model/hidden.h"

/* Where a head is. */
struct head_place {
	size_t group;
	unsigned slot;
};

struct heads {
	const struct model **models;
	struct head_place *where; /* of each */
	size_t n;
	struct group **groups;
	bool *shared; /* of each: it is another's */
	size_t ngroups;
	const struct model *paired;      /* the first one that reads pairs */
	size_t places;                   /* for weighing all labels */
	uint32_t hidden_max, places_max; /* of a head with hidden units */
};

struct heads_run {
	const struct heads *heads;
	struct text_run text;
	struct group_run **groups;
	bool *shared;           /* of each: it is another's */
	double *work;           /* [places] */
	float *activity, *deep; /* of hidden units, and what they add to the labels */
	struct head_result *results;
};

/* ---- which heads ---- */

/* Take over what holds of all heads from M. */
static void
regard(struct heads *h, const struct model *m)
{
	h->places += weigh_places(m);
	if (m->spec.word_max > 1 && !h->paired)
		h->paired = m;
	if (m->header->hidden > h->hidden_max)
		h->hidden_max = m->header->hidden;
	if (m->header->hidden && m->label_places > h->places_max)
		h->places_max = m->label_places;
}

static size_t
add_group(struct heads *h, struct group *g, bool shared)
{
	h->groups[h->ngroups] = g;
	h->shared[h->ngroups] = shared;
	return h->ngroups++;
}

/* Use head number FROM of BASE, where it is. */
static struct head_place
share(struct heads *h, const struct heads *base, size_t from)
{
	struct head_place place = base->where[from];
	struct group *g = base->groups[place.group];

	for (place.group = 0; place.group < h->ngroups; place.group++)
		if (h->groups[place.group] == g)
			return place;
	place.group = add_group(h, g, true);
	return place;
}

/* Group number GROUP takes M. */
static bool
has_room(const struct heads *h, size_t group, const struct model *m)
{
	const struct group *g = h->groups[group];

	return !h->shared[group] && g->n < GROUP_MAX && g->once == m->spec.once;
}

/* A place in a group of one's own. */
static struct head_place
add_own(struct heads *h, const struct model *m)
{
	struct head_place place = {0, 0};

	while (place.group < h->ngroups && !has_room(h, place.group, m))
		place.group++;
	if (place.group == h->ngroups)
		add_group(h, xcalloc(1, sizeof **h->groups), false);
	place.slot = h->groups[place.group]->n;
	group_add(h->groups[place.group], m);
	return place;
}

static struct head_place
find_place(struct heads *h, const struct model *m, const struct heads *base)
{
	for (size_t i = 0; base && i < base->n; i++)
		if (base->models[i] == m)
			return share(h, base, i);
	return add_own(h, m);
}

struct heads *
heads_new_on(const struct heads *base, struct model *const *list, size_t count, size_t memory)
{
	struct heads *h = xcalloc(1, sizeof *h);
	size_t own = 0;
	size_t groups = (base ? base->ngroups : 0) + count / GROUP_MAX + 2; /* two are not full */

	h->models = xcalloc(count, sizeof *h->models);
	h->where = xcalloc(count, sizeof *h->where);
	h->groups = xcalloc(groups, sizeof *h->groups);
	h->shared = xcalloc(groups, sizeof *h->shared);
	h->n = count;
	for (size_t i = 0; i < count; i++) {
		h->models[i] = list[i];
		h->where[i] = find_place(h, list[i], base);
		regard(h, list[i]);
	}
	for (size_t i = 0; i < h->ngroups; i++)
		own += !h->shared[i] && !h->groups[i]->once;
	for (size_t i = 0; i < h->ngroups; i++)
		if (!h->shared[i])
			group_finish(h->groups[i], own ? memory / own : 0);
	return h;
}

struct heads *
heads_new(struct model *const *list, size_t count, size_t memory)
{
	return heads_new_on(NULL, list, count, memory);
}

void
heads_free(struct heads *heads)
{
	if (!heads)
		return;
	for (size_t i = 0; i < heads->ngroups; i++) {
		if (heads->shared[i])
			continue;
		group_release(heads->groups[i]);
		free(heads->groups[i]);
	}
	free(heads->shared);
	free(heads->groups);
	free(heads->where);
	free(heads->models);
	free(heads);
}

/* What BASE makes of texts by group G, or NULL. */
static struct group_run *
find_run(const struct heads_run *base, const struct group *g)
{
	for (size_t i = 0; base && i < base->heads->ngroups; i++)
		if (base->groups[i]->group == g)
			return base->groups[i];
	return NULL;
}

struct heads_run *
heads_run_new_on(struct heads_run *base, const struct heads *heads)
{
	struct heads_run *r = xcalloc(1, sizeof *r);

	r->heads = heads;
	r->text.norm = (struct norm)NORM_INIT;
	r->groups = xcalloc(heads->ngroups, sizeof *r->groups);
	r->shared = xcalloc(heads->ngroups, sizeof *r->shared);
	for (size_t i = 0; i < heads->ngroups; i++) {
		r->groups[i] = find_run(base, heads->groups[i]);
		r->shared[i] = r->groups[i];
		if (!r->shared[i])
			r->groups[i] = group_run_new(heads->groups[i]);
	}
	r->work = xcalloc(heads->places + 1, sizeof *r->work);
	r->activity = xcalloc(heads->hidden_max + 1, sizeof *r->activity);
	r->deep = xcalloc(heads->places_max + 1, sizeof *r->deep);
	r->results = xcalloc(heads->n + 1, sizeof *r->results);
	return r;
}

struct heads_run *
heads_run_new(const struct heads *heads)
{
	return heads_run_new_on(NULL, heads);
}

void
heads_run_free(struct heads_run *r)
{
	if (!r)
		return;
	norm_release(&r->text.norm);
	free(r->text.words);
	free(r->text.pairs.hash);
	for (size_t i = 0; i < r->heads->ngroups; i++)
		if (!r->shared[i])
			group_run_free(r->groups[i]);
	free(r->groups);
	free(r->shared);
	free(r->work);
	free(r->activity);
	free(r->deep);
	free(r->results);
	free(r);
}

/* ---- a text ---- */

void
text_list_pairs(struct text_run *text, const struct ngram_spec *spec)
{
	uint64_t before = 0;

	if (text->pairs_of == spec->tokens)
		return;
	text->pairs_of = spec->tokens;
	text->pairs.n = 0;
	for (size_t i = 0; i < text->norm.n; i++) {
		if (!ngram_reads(spec, text->norm.tokens[i].kind))
			continue;
		if (before)
			hash_list_add(&text->pairs, ngram_pair(before, text->words[i]));
		before = text->words[i];
	}
}

void
heads_read(struct heads_run *r, struct slice text)
{
	struct text_run *t = &r->text;

	norm_run(&t->norm, text);
	t->script = norm_script(&t->norm);
	t->pairs_of = 0;
	t->pairs.n = 0;
	for (size_t i = 0; i < t->norm.n; i++) {
		t->words = xgrow(t->words, i, &t->words_cap, sizeof *t->words);
		t->words[i] = ngram_word(norm_token(&t->norm, i), t->norm.tokens[i].kind);
	}
	if (r->heads->paired)
		text_list_pairs(t, &r->heads->paired->spec);
	for (size_t i = 0; i < r->heads->ngroups; i++)
		group_begin(r->groups[i], t);
}

void
heads_step(struct heads_run *r)
{
	for (size_t i = 0; i < r->heads->ngroups; i++)
		group_step(r->groups[i], &r->text);
}

/* ---- answers ---- */

/* Weigh the labels of head number SLOT of G, as far as the exponentials; the likeliest, or -1. */
static int
begin_answer(struct heads_run *r, struct group_run *g, unsigned slot, double *work, uint32_t *n)
{
	const struct model *m = g->group->models[slot];
	const int32_t *sums = g->sums + g->group->at[slot];
	uint32_t hits = g->hits[slot];

	if (m->header->hidden)
		hidden_scores(m, sums + m->label_places, hits, r->activity, r->deep);
	return weigh_begin(&g->group->weigh[slot], sums, hits, m->header->hidden ? r->deep : NULL,
	    r->text.script, work, n);
}

static void
end_answer(struct heads_run *r, struct group_run *g, unsigned slot, int best, const double *work)
{
	const struct model *m = g->group->models[slot];
	double *probs = g->probs + g->group->at[slot];
	struct head_result *res = &g->results[slot];

	*res = (struct head_result){.probs = probs};
	res->best = weigh_end(&g->group->weigh[slot], r->text.script, best, work, probs);
	if (res->best < 0)
		return;
	res->best = decide(m, probs, res->best);
	res->p = probs[res->best];
}

/* Let the heads in SET of a group answer, with the exponentials of all at once. */
static void
answer(struct heads_run *r, struct group_run *g, head_set set)
{
	uint32_t at = 0, n[GROUP_MAX];
	int best[GROUP_MAX];

	set &= (head_set)~g->answered;
	if (!set)
		return;
	group_sum(g, &r->text, set);
	g->answered |= set;
	for (unsigned h = 0; h < g->group->n; h++) {
		if (!(set >> h & 1))
			continue;
		best[h] = begin_answer(r, g, h, r->work + at, &n[h]);
		at += n[h];
	}
	g->kernel->exp(r->work, at);
	at = 0;
	for (unsigned h = 0; h < g->group->n; h++) {
		if (!(set >> h & 1))
			continue;
		end_answer(r, g, h, best[h], r->work + at);
		at += n[h];
	}
}

void
heads_ask(struct heads_run *r, const int *heads, size_t n)
{
	for (size_t g = 0; g < r->heads->ngroups; g++) {
		head_set set = 0;

		for (size_t i = 0; i < n; i++)
			if (heads[i] >= 0 && r->heads->where[heads[i]].group == g)
				set |= (head_set)(1u << r->heads->where[heads[i]].slot);
		answer(r, r->groups[g], set);
	}
}

const struct head_result *
heads_answer(struct heads_run *r, size_t head)
{
	struct head_place at = r->heads->where[head];

	answer(r, r->groups[at.group], (head_set)(1u << at.slot));
	return &r->groups[at.group]->results[at.slot];
}

const struct head_result *
heads_predict(struct heads_run *r, struct slice text)
{
	heads_read(r, text);
	for (size_t i = 0; i < r->heads->ngroups; i++) {
		head_set set = 0;

		for (size_t h = 0; h < r->heads->n; h++)
			if (r->heads->where[h].group == i)
				set |= (head_set)(1u << r->heads->where[h].slot);
		answer(r, r->groups[i], set);
	}
	for (size_t h = 0; h < r->heads->n; h++)
		r->results[h] = *heads_answer(r, h);
	return r->results;
}

const struct norm *
heads_norm(const struct heads_run *run)
{
	return &run->text.norm;
}

static int
by_weight(const void *a, const void *b)
{
	const struct head_reason *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	return x->token < y->token ? -1 : x->token > y->token;
}

/* By how much SUMS of a token raise the score of LABEL over the mean of the others, in the columns
 * from FIRST on. */
static double
raise_in(const struct model *m, const int16_t *sums, uint32_t first, uint32_t label)
{
	double own = 0, others = 0;

	for (uint32_t c = 0; c < m->header->labels; c++) {
		double score = sums[first + c] * (double)m->labels[first + c].scale;

		if (c == label)
			own = score;
		else
			others += score;
	}
	return own - others / (m->header->labels - 1);
}

/* The same by all experts, each as likely as GATES say; without any by the labels. */
static double
raise_of(const struct model *m, const int16_t *sums, int label, const double *gates)
{
	double all = 0;

	if (!m->header->experts)
		return raise_in(m, sums, 0, (uint32_t)label);
	for (uint32_t e = 0; e < m->header->experts; e++)
		all += gates[e] * raise_in(m, sums, e * m->header->labels, (uint32_t)label);
	return all;
}

size_t
heads_explain(struct heads_run *r, size_t head, int label, struct head_reason *out, size_t max)
{
	struct head_place place = r->heads->where[head];
	const struct model *m = r->heads->models[head];
	struct group_run *g = r->groups[place.group];
	size_t at = g->group->at[place.slot];
	uint32_t hits = g->hits[place.slot];
	double length = sqrt((double)hits) * m->header->temperature;
	struct head_reason *all = xcalloc(r->text.norm.n + 1, sizeof *all);
	double gates[MODEL_EXPERTS_MAX];
	size_t n = 0;

	if (m->header->experts)
		experts_gates(m, g->sums + at, hits, gates);
	if (m->header->hidden && hits)
		hidden_slopes(m, g->sums + at + m->label_places, hits, label, r->activity);
	for (size_t t = 0; t < r->text.norm.n && hits; t++) {
		const int16_t *adds = memo_sums(g->memo[t]) + at;
		double own = raise_of(m, adds, label, gates);

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
