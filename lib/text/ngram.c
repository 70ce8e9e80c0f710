#include "text/ngram.h"

#include <utf8proc.h>

#include "core/hash.h"
#include "core/mem.h"
#include "text/negation.h"

/* Marks of a word's ends; control characters never are letters. */
#define WORD_START 1
#define WORD_END 2

#define WORD_SEED UINT64_C(0x5f1e6b1d2a3c9d47)
#define CHAR_SEED UINT64_C(0x27d4eb2f165667c5)
#define NEGATED_SEED UINT64_C(0x8c53a1de0b96f725)
#define STEP UINT64_C(0x9e3779b97f4a7c15)

uint64_t
ngram_word(struct slice token, enum token_kind kind)
{
	return hash64(token.p, token.n, WORD_SEED + kind);
}

uint64_t
ngram_pair(uint64_t first, uint64_t second)
{
	return hash_mix(first * STEP + (second ^ second >> 31));
}

uint64_t
ngram_negated(uint64_t word)
{
	return hash_mix((word ^ NEGATED_SEED) * STEP);
}

/* The code points of TOKEN with its ends marked; OUT has NGRAM_PER_ORDER places. */
static unsigned
code_points(struct slice token, uint32_t *out)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)token.p;
	size_t at = 0;
	unsigned n = 0;

	out[n++] = WORD_START;
	while (at < token.n && n < NGRAM_PER_ORDER - 1) {
		utf8proc_int32_t cp = p[at];
		utf8proc_ssize_t len = 1;

		if (cp >= 0x80)
			len = utf8proc_iterate(p + at, (utf8proc_ssize_t)(token.n - at), &cp);
		if (len <= 0)
			break;
		out[n++] = (uint32_t)cp;
		at += (size_t)len;
	}
	out[n++] = WORD_END;
	return n;
}

void
ngram_chars(struct token_grams *g, struct slice token, enum token_kind kind, unsigned max)
{
	uint32_t cp[NGRAM_PER_ORDER];
	unsigned n;

	memset(g->n, 0, sizeof g->n);
	if (kind != TOKEN_WORD || max == 0)
		return;
	n = code_points(token, cp);
	for (unsigned i = 0; i < n; i++) {
		uint64_t h = CHAR_SEED;

		for (unsigned k = 0; k < max && i + k < n; k++) {
			h = (h ^ cp[i + k]) * STEP;
			h ^= h >> 29;
			if (k > 0 || (i > 0 && i + 1 < n))
				g->chars[k][g->n[k]++] = hash_mix(h + k);
		}
	}
}

static void
add(struct ngram_list *list, uint64_t hash)
{
	list->hash = xgrow(list->hash, list->n, &list->cap, sizeof *list->hash);
	list->hash[list->n++] = hash;
}

static void
collect_words(struct ngram_list *list, const struct norm *norm, const struct ngram_spec *spec)
{
	struct negation negation = {0};
	uint64_t before = 0;

	for (size_t i = 0; i < norm->n; i++) {
		struct slice token = norm_token(norm, i);
		uint8_t kind = norm->tokens[i].kind;
		bool negated = spec->negation && negation_step(&negation, kind,
						     kind == TOKEN_WORD && negation_word(token));
		uint64_t word;

		if (!ngram_reads(spec, kind))
			continue;
		word = ngram_word(token, kind);
		if (negated)
			add(list, ngram_negated(word));
		if (spec->word_max)
			add(list, word);
		if (spec->word_max > 1 && before)
			add(list, ngram_pair(before, word));
		before = word;
	}
}

void
ngram_collect(struct ngram_list *list, const struct norm *norm, const struct ngram_spec *spec)
{
	struct token_grams g;

	list->n = 0;
	collect_words(list, norm, spec);
	list->words = list->n;
	for (size_t i = 0; spec->char_max && i < norm->n; i++) {
		if (!ngram_reads(spec, norm->tokens[i].kind))
			continue;
		ngram_chars(&g, norm_token(norm, i), norm->tokens[i].kind, spec->char_max);
		for (unsigned k = spec->char_min; k <= spec->char_max; k++)
			for (unsigned j = 0; j < g.n[k - 1]; j++)
				add(list, g.chars[k - 1][j]);
	}
}
