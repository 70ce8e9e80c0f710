/* What a token by itself adds to each head: its word, and runs of its characters. */
#include "model/heads_int.h"

void
token_read(struct lookups *l, struct slice token, uint8_t kind, uint64_t word, struct memo *to)
{
	const struct group *g = l->group;
	head_set readers = g->kinds[kind];
	struct token_grams grams;

	memset(to->hits, 0, sizeof to->hits);
	memset(memo_sums(to), 0, g->width * sizeof(int16_t));
	ngram_chars(&grams, token, kind, readers ? g->chars : 0);
	for (unsigned k = 0; k < g->chars; k++)
		for (unsigned i = 0; i < grams.n[k]; i++)
			lookup(l, grams.chars[k][i], readers & g->reads[k + 1], to);
	lookup(l, word, readers & g->reads[FEATURE_WORD], to);
}
