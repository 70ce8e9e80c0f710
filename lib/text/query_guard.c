/*
 * Guards: for each query a set of terms of which at least one must be in the text for the query to
 * match, chosen so that the text rarely has one.  Only then is the query evaluated.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "text/query_local.h"

/* (term, query) */
struct pair {
	uint32_t term, query;
};

struct pairs {
	struct pair *items;
	size_t n, cap;
	uint32_t *last; /* by term: the query it was last taken for, + 1 */
};

/* How likely is it in a text?  Rough: long words are rare, names of accounts are rarer. */
static double
term_cost(const struct term *t)
{
	static const double fields[FIELD_END] = {
	    [FIELD_AUTHOR] = .0001,
	    [FIELD_SITE] = .05,
	    [FIELD_LANG] = .5,
	    [FIELD_CHANNEL] = .1,
	    [FIELD_NETWORK] = .3,
	    [FIELD_KIND] = .5,
	    [FIELD_COUNTRY] = .3,
	    [FIELD_LINKS] = .05,
	};
	size_t letters = 0;
	double cost;

	if (term_is_field(t->key))
		return fields[(unsigned char)*t->key.p];
	if (t->kind == TERM_EXACT && (*t->key.p == '#' || *t->key.p == '@'))
		return .002;
	for (size_t i = 0; i < t->key.n; i++)
		letters += (t->key.p[i] & 0xc0) != 0x80 && (unsigned char)t->key.p[i] > MARK_STEM;
	cost = .3 * pow(.6, (double)letters);
	if (t->kind != TERM_EXACT)
		cost *= t->key.p[0] == WILD_MANY ? 8 : 3;
	/* What many queries ask for is what the stream is about. */
	return fmin(cost * sqrt(t->uses), .9);
}

static double
phrase_cost(const struct query_set *set, uint32_t first, uint32_t n, uint32_t *rarest)
{
	double best = INFINITY;

	for (uint32_t i = first; i < first + n; i++) {
		double cost = term_cost(&set->terms[set->phrases[i]]);

		if (cost < best) {
			best = cost;
			*rarest = set->phrases[i];
		}
	}
	return best;
}

/* The one term of a leaf that guards it. */
static double
leaf_cost(const struct query_set *set, const struct node *node, uint32_t *term)
{
	const struct raw *raw;

	switch (node->op) {
	case NODE_PHRASE:
		return phrase_cost(set, node->arg, node->n, term);
	case NODE_RAW:
		raw = &set->raws[node->arg];
		return phrase_cost(set, raw->terms, raw->n, term);
	default:
		*term = node->arg;
		return term_cost(&set->terms[node->arg]);
	}
}

uint32_t
query_guard_leaf(const struct query_set *set, const struct node *node)
{
	uint32_t term = 0;

	leaf_cost(set, node, &term);
	return term;
}

static double
list_cost(const struct query_set *set, const struct list *list)
{
	double cost = 0;
	uint32_t term;

	for (size_t i = 0; i < list->n; i++)
		cost += leaf_cost(set, &list->nodes[i], &term);
	return cost;
}

#define EACH_CHILD(child, node)                                                                    \
	const struct node *child = (node) + 1;                                                     \
	child < (node) + (node)->size;                                                             \
	child += child->size

/* The cost of guarding NODE; infinite when it can match without any of its terms. */
static double
node_cost(const struct query_set *set, const struct node *node)
{
	double cost;
	uint32_t term;

	switch (node->op) {
	case NODE_NOT:
	case NODE_NUMBER:
		return INFINITY;
	case NODE_LIST:
		return list_cost(set, &set->lists[node->arg]);
	case NODE_OR:
		cost = 0;
		for (EACH_CHILD(child, node))
			cost += node_cost(set, child);
		return cost;
	case NODE_AND:
	case NODE_NEAR:
		cost = INFINITY;
		for (EACH_CHILD(child, node))
			cost = fmin(cost, node_cost(set, child));
		return cost;
	default:
		return leaf_cost(set, node, &term);
	}
}

static void
add_pair(struct pairs *pairs, uint32_t term, uint32_t query)
{
	if (pairs->last[term] == query + 1)
		return;
	pairs->last[term] = query + 1;
	pairs->items = xgrow(pairs->items, pairs->n, &pairs->cap, sizeof *pairs->items);
	pairs->items[pairs->n++] = (struct pair){term, query};
}

/* Take the guards of NODE, whose cost is finite. */
static void
collect(const struct query_set *set, const struct node *node, uint32_t query, struct pairs *pairs)
{
	const struct node *best = NULL;
	const struct list *list;
	double least = INFINITY;
	uint32_t term = 0;

	switch (node->op) {
	case NODE_LIST:
		list = &set->lists[node->arg];
		for (size_t i = 0; i < list->n; i++)
			add_pair(pairs, list->index[i].term, query);
		break;
	case NODE_OR:
		for (EACH_CHILD(child, node))
			collect(set, child, query, pairs);
		break;
	case NODE_AND:
	case NODE_NEAR:
		for (EACH_CHILD(child, node)) {
			double cost = node_cost(set, child);

			if (!best || cost < least) {
				best = child;
				least = cost;
			}
		}
		collect(set, best, query, pairs);
		break;
	default:
		leaf_cost(set, node, &term);
		add_pair(pairs, term, query);
	}
}

/* Sort the pairs by term; queries of one term stay in order. */
static void
file_pairs(struct query_set *set, const struct pairs *pairs)
{
	set->post = xmalloc(pairs->n * sizeof *set->post);
	set->post_at = xcalloc(set->nterms + 2, sizeof *set->post_at);
	for (size_t i = 0; i < pairs->n; i++)
		set->post_at[pairs->items[i].term + 2]++;
	for (size_t i = 2; i < set->nterms + 2; i++)
		set->post_at[i] += set->post_at[i - 1];
	for (size_t i = 0; i < pairs->n; i++)
		set->post[set->post_at[pairs->items[i].term + 1]++] = pairs->items[i].query;
}

void
query_guard_build(struct query_set *set)
{
	struct pairs pairs = {.last = xcalloc(set->nterms, sizeof *pairs.last)};

	set->always = xmalloc(set->nqueries * sizeof *set->always);
	for (uint32_t i = 0; i < set->nqueries; i++) {
		const struct node *node = &set->nodes[set->queries[i].nodes];

		if (isinf(node_cost(set, node)))
			set->always[set->nalways++] = i;
		else
			collect(set, node, i, &pairs);
	}
	file_pairs(set, &pairs);
	free(pairs.items);
	free(pairs.last);
}
