/* One text: its words looked up, then the queries that may match evaluated. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "text/query_local.h"

/* Memory for more hits than this is given back after the text. */
#define HITS_KEPT ((size_t)1 << 18)

struct query_scratch *
query_scratch_new(const struct query_set *set)
{
	struct query_scratch *s = xcalloc(1, sizeof *s);

	s->set = set;
	s->present = xcalloc(set->nterms / 64 + 1, sizeof *s->present);
	s->chains = xcalloc(set->nterms, sizeof *s->chains);
	s->terms = xcalloc(set->nterms, sizeof *s->terms);
	s->tried = xcalloc(set->nqueries, sizeof *s->tried);
	s->found = xcalloc(set->nqueries, sizeof *s->found);
	s->slow = query_slow_new(set);
	return s;
}

void
query_scratch_free(struct query_scratch *s)
{
	if (!s)
		return;
	free(s->hits);
	free(s->present);
	free(s->chains);
	free(s->terms);
	free(s->tried);
	free(s->found);
	free(s->spans);
	query_slow_free(s->slow);
	free(s);
}

void
query_add_hit(void *ctx, uint32_t term)
{
	struct query_scratch *s = ctx;
	struct chain *chain = &s->chains[term];
	uint32_t at = (uint32_t)s->nhits;

	if (query_present(s, term)) {
		if (s->hits[chain->last].word == s->word)
			return;
		s->hits[chain->last].next = at;
	} else {
		s->present[term >> 6] |= UINT64_C(1) << (term & 63);
		chain->first = at;
		s->terms[s->nterms++] = term;
	}
	chain->last = at;
	s->hits = xgrow(s->hits, s->nhits, &s->hits_cap, sizeof *s->hits);
	s->hits[s->nhits++] = (struct hit){term, s->word, s->start, s->end, NONE};
}

void
query_look_up(struct query_scratch *s, const char *key, size_t n)
{
	uint32_t term = query_dict_exact(s->set, key, n);

	if (term != NONE)
		query_add_hit(s, term);
	query_dict_starts(s->set, (struct slice){key, n}, query_add_hit, s);
}

/* A plain word, which alone may match at its end, inside, nearly or as another form. */
static void
look_up_word(struct query_scratch *s, const char *key, size_t n)
{
	if (s->slow)
		query_slow(s, key, n);
	else
		query_look_up(s, key, n);
}

/* links: looks at web addresses in the text as well. */
static void
note_link(struct query_scratch *s, const struct words *w)
{
	if (w->kind == WORD_LINK && s->nlinks < QUERY_LINKS_MAX)
		s->links[s->nlinks++] = (struct slice){s->text.p + w->start, w->end - w->start};
}

static void
look_up_text(struct query_scratch *s)
{
	struct words w = {.text = s->text, .table = &s->set->table};

	for (s->word = 0; words_next(&w); s->word++) {
		s->start = (uint32_t)w.start;
		s->end = (uint32_t)w.end;
		if (!w.n) {
			note_link(s, &w);
			continue;
		}
		if (w.kind == WORD_PLAIN) {
			look_up_word(s, w.key, w.n);
			continue;
		}
		query_look_up(s, w.key, w.n);
		/* "#netz" and "@netz" are found by "netz", too; the full-width signs have three
		 * bytes. */
		s->start += (unsigned char)s->text.p[w.start] < 0x80 ? 1 : 3;
		look_up_word(s, w.key + 1, w.n - 1);
	}
}

static void
try_query(struct query_scratch *s, uint32_t index, int scope)
{
	const struct query *q = &s->set->queries[index];

	if (q->scope != QUERY_GLOBAL && q->scope != scope)
		return;
	if (query_eval(s, &s->set->nodes[q->nodes]))
		s->found[s->nfound++] = index;
}

static void
try_all(struct query_scratch *s, int scope)
{
	const struct query_set *set = s->set;

	for (size_t i = 0; i < s->nterms; i++) {
		uint32_t term = s->terms[i];

		for (uint32_t at = set->post_at[term]; at < set->post_at[term + 1]; at++) {
			uint32_t index = set->post[at];

			if (s->tried[index] != s->epoch) {
				s->tried[index] = s->epoch;
				try_query(s, index, scope);
			}
		}
	}
	for (size_t i = 0; i < set->nalways; i++)
		try_query(s, set->always[i], scope);
}

/* In place: qsort(3) may allocate. */
static void
sort_found(uint32_t *v, size_t n)
{
	for (size_t gap = n / 2; gap; gap = gap == 2 ? 1 : gap * 5 / 11)
		for (size_t i = gap; i < n; i++) {
			uint32_t x = v[i];
			size_t j = i;

			for (; j >= gap && x < v[j - gap]; j -= gap)
				v[j] = v[j - gap];
			v[j] = x;
		}
}

/* Forget the text before.  A new epoch makes everything in tried old. */
static void
start(struct query_scratch *s, struct slice text)
{
	if (++s->epoch == 0) {
		memset(s->tried, 0, s->set->nqueries * sizeof *s->tried);
		s->epoch = 1;
	}
	if (s->hits_cap > HITS_KEPT || s->spans_cap > HITS_KEPT) {
		free(s->hits);
		free(s->spans);
		s->hits = NULL;
		s->spans = NULL;
		s->hits_cap = s->spans_cap = 0;
	}
	for (size_t i = 0; i < s->nterms; i++)
		s->present[s->terms[i] >> 6] = 0;
	s->text = text;
	s->nhits = s->nterms = s->nfound = s->nlinks = 0;
}

size_t
query_run(struct query_scratch *s, struct slice text, const struct query_fields *fields, int scope,
    const uint32_t **hits)
{
	*hits = s->found;
	if (!s->set->nqueries)
		return 0;
	start(s, text);
	look_up_text(s);
	query_look_up_fields(s, fields);
	try_all(s, scope);
	sort_found(s->found, s->nfound);
	return s->nfound;
}

bool
query_knows(struct query_scratch *s, struct slice text)
{
	start(s, text);
	look_up_text(s);
	return s->nterms > 0;
}
