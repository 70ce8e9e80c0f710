/*
 * What a token by itself adds to each head: its word, and runs of its characters.  Words are many,
 * but the runs in them are always the same; so what those add is remembered, too, for all heads in
 * one place.
 */
#include "model/heads_int.h"
#include "model/sums.h"

void
token_reader_init(struct token_reader *r, struct group *g, size_t memory)
{
	r->lookups.group = g;
	memos_init(&r->grams, 0, g->width, sizeof(int8_t), memory);
}

void
token_reader_release(struct token_reader *r)
{
	memos_release(&r->grams);
}

static void
add_to_gram(const struct group *g, const struct lookup *l)
{
	const struct model *m = g->models[l->head];
	int8_t *sums = (int8_t *)l->to.sums + g->at[l->head];

	*(head_set *)l->to.hits |= (head_set)(1u << l->head);
	if (m->entries)
		for (uint32_t i = 0; i < l->count; i++)
			sums[l->entries[i].label] = l->entries[i].weight;
	else
		memcpy(sums, l->row, m->header->stride);
}

static void
add_to_token(const struct group *g, const struct lookup *l)
{
	const struct model *m = g->models[l->head];
	int16_t *sums = (int16_t *)l->to.sums + g->at[l->head];

	((uint8_t *)l->to.hits)[l->head]++;
	if (!m->entries)
		sums_add_row(sums, l->row, m->header->stride);
	for (uint32_t i = 0; m->entries && i < l->count; i++)
		sums[l->entries[i].label] =
		    (int16_t)(sums[l->entries[i].label] + l->entries[i].weight);
}

/* Find the memos of the token's n-grams. */
static void
recall_grams(struct token_reader *r)
{
	unsigned chars = r->lookups.group->chars;

	r->n = 0;
	memos_next(&r->grams);
	for (unsigned k = 0; k < chars; k++)
		for (unsigned i = 0; i < r->hashes.n[k]; i++)
			memos_fetch(&r->grams, r->hashes.chars[k][i]);
	for (unsigned k = 0; k < chars; k++)
		for (unsigned i = 0; i < r->hashes.n[k]; i++) {
			struct memo *m;
			bool new;

			r->memo[r->n++] = m = memos_get(&r->grams, r->hashes.chars[k][i], &new);
			if (new)
				m->know = 0;
		}
}

/* Have an n-gram of K characters know what it adds to the heads in SET. */
static void
ask_gram(struct token_reader *r, struct memo *m, unsigned k, head_set set)
{
	const struct group *g = r->lookups.group;
	int8_t *sums = memo_sums(&r->grams, m);

	set &= (head_set)~m->asked;
	m->asked |= set;
	for (head_set s = set; s; s &= (head_set)(s - 1)) {
		unsigned head = (unsigned)__builtin_ctz(s);

		memset(sums + g->at[head], 0, g->models[head]->header->stride);
	}
	lookup(&r->lookups, m->hash, set & g->reads[k], (struct place){sums, &m->know});
}

static void
ask_grams(struct token_reader *r, head_set set)
{
	struct memo *const *m = r->memo;

	r->lookups.add = add_to_gram;
	for (unsigned k = 0; k < r->lookups.group->chars; k++) {
		lookup_fetch(&r->lookups, r->hashes.chars[k], r->hashes.n[k]);
		for (unsigned i = 0; i < r->hashes.n[k]; i++, m++)
			if (set & (head_set) ~(*m)->asked)
				ask_gram(r, *m, k + 1, set);
	}
	lookup_finish(&r->lookups);
}

static void
sum_places(const struct token_reader *r, int16_t *sums, size_t from, size_t to)
{
	size_t c = from;

	for (; c + 16 <= to; c += 16)
		sums_bytes_16(sums + c, (void *const *)r->memo, r->n, r->grams.sums_at + c);
	for (; c < to; c += 4)
		sums_bytes_4(sums + c, (void *const *)r->memo, r->n, r->grams.sums_at + c);
}

static void
sum_hits(const struct token_reader *r, head_set set, uint8_t *hits)
{
	uint8_t all[GROUP_MAX] = {0};

	for (unsigned i = 0; i < r->n; i++)
		hits_add(all, r->memo[i]->know);
	for (; set; set &= (head_set)(set - 1))
		hits[__builtin_ctz(set)] = all[__builtin_ctz(set)];
}

void
token_read(struct token_reader *r, struct slice token, uint8_t kind, uint64_t word, head_set set,
    int16_t *sums, uint8_t *hits)
{
	const struct group *g = r->lookups.group;
	head_set readers = set & g->kinds[kind];
	size_t from, to;

	ngram_chars(&r->hashes, token, kind, readers ? g->chars : 0);
	recall_grams(r);
	ask_grams(r, readers);
	for (unsigned i = 0; group_range(g, set, &i, &from, &to);)
		memset(sums + from, 0, (to - from) * sizeof *sums);
	for (unsigned i = 0; group_range(g, readers, &i, &from, &to);)
		sum_places(r, sums, from, to);
	sum_hits(r, set, hits);
	r->lookups.add = add_to_token;
	lookup_fetch(&r->lookups, &word, 1);
	lookup(&r->lookups, word, readers & g->reads[FEATURE_WORD], (struct place){sums, hits});
	lookup_finish(&r->lookups);
}
