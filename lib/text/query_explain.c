/* Why a query matched: its clauses that hold, and where. */
#include <string.h>

#include "core/mem.h"
#include "text/query_lex.h"

struct explain {
	struct query_scratch *s;
	struct slice query;
	query_clause_fn *fn;
	void *ctx;
};

static const char *
field_name(uint8_t field)
{
	static const char *const names[FIELD_END] = {
	    [FIELD_AUTHOR] = "author",
	    [FIELD_SITE] = "site",
	    [FIELD_LANG] = "lang",
	    [FIELD_CHANNEL] = "channel",
	    [FIELD_NETWORK] = "network",
	    [FIELD_KIND] = "type",
	    [FIELD_COUNTRY] = "country",
	    [FIELD_LINKS] = "links",
	    [FIELD_FOLLOWERS] = "followers",
	};

	return field < FIELD_END ? names[field] : NULL;
}

/* The field that a leaf looks at; NULL: the text. */
static const char *
field_of(const struct query_set *set, const struct node *node)
{
	switch (node->op) {
	case NODE_NUMBER:
		return field_name(FIELD_FOLLOWERS);
	case NODE_LIST:
		return field_name(set->lists[node->arg].mode);
	case NODE_TERM:
		return term_is_field(set->terms[node->arg].key)
		           ? field_name((uint8_t)*set->terms[node->arg].key.p)
		           : NULL;
	default:
		return NULL;
	}
}

/* The first hit in WORD; hits are in the order of their words. */
static const struct hit *
hit_at(const struct query_scratch *s, uint32_t word)
{
	size_t low = 0, high = s->nhits;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->hits[mid].word < word)
			low = mid + 1;
		else
			high = mid;
	}
	return &s->hits[low];
}

static struct span
joined(struct span a, struct span b)
{
	return (struct span){a.from < b.from ? a.from : b.from, a.to > b.to ? a.to : b.to};
}

/* For NEAR: stretch each place of its right side, from BASE on, over the nearest one of its left.
 */
static void
stretch(struct query_scratch *s, const struct node *node, size_t base)
{
	size_t end = s->nspans;

	query_places(s, node + 1);
	for (size_t i = base; i < end; i++) {
		struct span right = s->spans[i], best = {0, NONE};

		for (size_t j = end; j < s->nspans; j++) {
			struct span both = joined(s->spans[j], right);

			if ((!node->ordered || s->spans[j].to < right.from) &&
			    (s->spans[j].to < right.from || right.to < s->spans[j].from) &&
			    both.to - both.from < best.to - best.from)
				best = both;
		}
		s->spans[i] = best;
	}
	s->nspans = end;
}

/* Up to QUERY_PLACES_MAX places of the node in the text. */
static size_t
find_places(struct query_scratch *s, const struct node *node, struct query_place *out)
{
	size_t n = 0;

	s->nspans = 0;
	query_places(s, node);
	if (node->op == NODE_NEAR)
		stretch(s, node, 0);
	for (size_t i = 0; i < s->nspans && n < QUERY_PLACES_MAX; i++) {
		struct span span = s->spans[i];

		out[n++] =
		    (struct query_place){hit_at(s, span.from)->start, hit_at(s, span.to)->end};
	}
	return n;
}

static void
put_clause(struct explain *x, const struct node *node, bool absent)
{
	struct query_place places[QUERY_PLACES_MAX];
	const struct query_set *set = x->s->set;
	const struct where *where = &set->where[node - set->nodes];
	struct query_clause clause = {
	    .text = {x->query.p + where->at, where->end - where->at},
	    .absent = absent,
	    .places = places,
	};

	if (!absent)
		clause.field = field_of(set, node);
	if (!absent && !clause.field)
		clause.n = find_places(x->s, node, places);
	x->fn(x->ctx, &clause);
}

/* NODE, which holds. */
static void
explain(struct explain *x, const struct node *node)
{
	const struct node *child = node + 1, *end = node + node->size;

	switch (node->op) {
	case NODE_AND:
		for (; child < end; child += child->size)
			explain(x, child);
		break;
	case NODE_OR:
		for (; child < end; child += child->size)
			if (query_eval(x->s, child))
				explain(x, child);
		break;
	case NODE_NOT:
		if (child->op == NODE_NOT)
			explain(x, child + 1);
		else
			put_clause(x, node, true);
		break;
	default:
		put_clause(x, node, false);
	}
}

void
query_explain(struct query_scratch *s, uint32_t query, query_clause_fn *fn, void *ctx)
{
	struct explain x = {s, s->set->titles[query].text, fn, ctx};

	explain(&x, &s->set->nodes[s->set->queries[query].nodes]);
}
