/* What the heads of one group are, and what a text adds up to for them. */
#include <stdlib.h>

#include "core/mem.h"
#include "model/heads_group.h"
#include "stream/scan.h"
#include "text/negation.h"

/* A token by itself among the features that a text has shown. */
#define TOKEN_SEED UINT64_C(0x3c79ac492ba7b653)

/* ---- the group ---- */

/* Those for all languages first, then by language, so that what a text needs stands together. */
static void
put_in_order(struct group *g, unsigned head)
{
	unsigned at = head;

	for (; at > 0; at--) {
		if (strcmp(g->models[g->order[at - 1]]->langs, g->models[head]->langs) <= 0)
			break;
		g->order[at] = g->order[at - 1];
	}
	g->order[at] = head;
}

void
group_add(struct group *g, const struct model *m)
{
	unsigned head = g->n++;
	head_set bit = (head_set)(1u << head);

	g->models[head] = m;
	g->once = m->spec.once;
	g->rows += m->header->rows;
	weigh_init(&g->weigh[head], m);
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

void
group_finish(struct group *g, size_t memory)
{
	g->width = 0;
	for (unsigned i = 0; i < g->n; i++) {
		g->at[g->order[i]] = g->width;
		g->width += g->models[g->order[i]]->header->stride;
	}
	atomic_flag_clear(&g->making);
	g->memos = memos_new(g->width, memory);
}

void
group_release(struct group *g)
{
	joint_free(atomic_load(&g->begun));
	memos_free(g->memos);
	for (unsigned i = 0; i < g->n; i++)
		weigh_release(&g->weigh[i]);
}

/* The next run of places that belong to heads in SET; I, 0 at first, is where to go on. */
static bool
next_range(const struct group *g, head_set set, unsigned *i, size_t *from, size_t *to)
{
	while (*i < g->n && !(set >> g->order[*i] & 1))
		++*i;
	if (*i == g->n)
		return false;
	*from = g->at[g->order[*i]];
	while (*i < g->n && set >> g->order[*i] & 1)
		++*i;
	*to = *i < g->n ? g->at[g->order[*i]] : g->width;
	return true;
}

/* ---- a text ---- */

static const struct heads_kernel *
best_kernel(void)
{
	bool wide = strncmp(scan_simd(), "avx", 3) == 0;
	const struct heads_kernel *k = wide ? heads_kernel_avx2() : NULL;

	return k ? k : heads_kernel_plain();
}

struct group_run *
group_run_new(struct group *g)
{
	struct group_run *r = xcalloc(1, sizeof *r);

	r->group = g;
	r->lookups.group = g;
	r->kernel = r->lookups.kernel = best_kernel();
	r->lookups.once = g->once ? once_new() : NULL;
	memos_open(&r->memos, g->memos);
	r->nothing = xcalloc(1, memos_size(g->memos));
	r->sums = xcalloc(g->width + 1, sizeof *r->sums);
	r->probs = xcalloc(g->width + 1, sizeof *r->probs);
	return r;
}

void
group_run_free(struct group_run *r)
{
	if (!r)
		return;
	memos_close(&r->memos);
	once_free(r->lookups.once);
	free(r->nothing);
	free(r->memo);
	free(r->sums);
	free(r->probs);
	free(r->negated.hash);
	free(r);
}

void
group_begin(struct group_run *g, const struct text_run *text)
{
	lookup_finish(&g->lookups);
	memos_next(&g->memos);
	g->read = false;
	g->summed = g->answered = 0;
	for (size_t i = 0; i < text->norm.n; i++)
		memos_fetch(&g->memos, text->words[i]);
	lookup_far(&g->lookups, &text->pairs);
}

static void
push_memo(struct group_run *g, struct memo *m)
{
	g->memo = xgrow(g->memo, g->memo_n, &g->memo_cap, sizeof *g->memo);
	g->memo[g->memo_n++] = m;
}

/* Is token number I one that negates, for who reads that? */
static bool
negates(const struct group_run *g, const struct text_run *text, size_t i)
{
	return g->group->negation && text->norm.tokens[i].kind == TOKEN_WORD &&
	       negation_word(norm_token(&text->norm, i));
}

/* Have M filled in for token number I. */
static void
fill_memo(struct group_run *g, const struct text_run *text, size_t i, struct memo *m)
{
	m->negates = negates(g, text, i);
	token_read(&g->lookups, norm_token(&text->norm, i), text->norm.tokens[i].kind,
	    text->words[i], m);
}

/* The memo of token number I, which was not found. */
static struct memo *
get_memo(struct group_run *g, const struct text_run *text, size_t i)
{
	bool new;
	struct memo *m = memos_get(&g->memos, text->words[i], &new);

	if (new)
		fill_memo(g, text, i, m);
	return m;
}

/* The same where features count once: the first of tokens that are the same has them, as far as no
 * token before had them, in this text alone. */
static struct memo *
get_memo_once(struct group_run *g, const struct text_run *text, size_t i)
{
	bool first = once_add(g->lookups.once, text->words[i] ^ TOKEN_SEED, 1);
	struct memo *m;

	if (!first && !negates(g, text, i))
		return g->nothing;
	m = memos_spare(&g->memos);
	if (first) {
		fill_memo(g, text, i, m);
	} else {
		memset(m, 0, memos_size(g->group->memos));
		m->negates = true;
	}
	return m;
}

/* List what a negation reaches. */
static void
list_negated(struct group_run *g, const struct text_run *text)
{
	struct negation negation = {0};

	g->negated.n = 0;
	for (size_t i = 0; g->group->negation && i < text->norm.n; i++) {
		const struct memo *m = g->memo[i];

		if (negation_step(&negation, text->norm.tokens[i].kind, m->negates))
			hash_list_add(&g->negated, ngram_negated(text->words[i]));
	}
}

/* Find the memos of the text's tokens: those that are there, to be on their way while the others
 * are made. */
static void
read_tokens(struct group_run *g, const struct text_run *text)
{
	struct once *once = g->lookups.once;

	g->read = true;
	g->memo_n = 0;
	if (once)
		once_next(once);
	lookup_near(&g->lookups, &text->pairs);
	for (size_t i = 0; i < text->norm.n; i++)
		push_memo(g, once ? NULL : memos_find(&g->memos, text->words[i]));
	for (size_t i = 0; i < text->norm.n; i++)
		if (!g->memo[i])
			g->memo[i] = once ? get_memo_once(g, text, i) : get_memo(g, text, i);
	list_negated(g, text);
}

void
group_step(struct group_run *g, const struct text_run *text)
{
	if (g->read)
		lookup_step(&g->lookups);
	else
		read_tokens(g, text);
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

/* Have the heads in SET look for the features in LIST: what they add becomes memos, too. */
static void
add_more(struct group_run *g, const struct hash_list *list, head_set set)
{
	struct memo *m = NULL;

	if (!set)
		return;
	for (size_t i = 0; i < list->n; i++) {
		if (i % TOKEN_FEATURES_MAX == 0) {
			m = memos_spare(&g->memos);
			memset(m, 0, memos_size(g->group->memos));
			push_memo(g, m);
		}
		lookup(&g->lookups, list->hash[i], set, m);
	}
}

static void
add_pairs(struct group_run *g, struct text_run *text, head_set set)
{
	while (set) {
		unsigned head = (unsigned)__builtin_ctz(set);
		head_set same = same_pairs(g->group, set, head);

		if (same) {
			text_list_pairs(text, &g->group->models[head]->spec);
			add_more(g, &text->pairs, same);
		}
		set &= (head_set) ~(same | 1u << head);
	}
}

void
group_sum(struct group_run *g, struct text_run *text, head_set set)
{
	uint32_t hits[GROUP_MAX];
	size_t from, to;

	set &= (head_set)~g->summed;
	if (!set)
		return;
	g->summed |= set;
	if (!g->read)
		read_tokens(g, text);
	lookup_finish(&g->lookups);
	g->memo_n = text->norm.n;
	add_pairs(g, text, set);
	add_more(g, &g->negated, set & g->group->negation & g->group->kinds[TOKEN_WORD]);
	lookup_finish(&g->lookups);
	if (g->memo_n % 2)
		push_memo(g, g->nothing);
	for (unsigned i = 0; next_range(g->group, set, &i, &from, &to);)
		g->kernel->sum(g->sums, g->memo, g->memo_n, from, to);
	g->kernel->hits(hits, g->memo, g->memo_n);
	for (unsigned head = 0; head < g->group->n; head++)
		if (set >> head & 1)
			g->hits[head] = hits[head];
}
