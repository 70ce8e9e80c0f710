#include "score/graph.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/map.h"
#include "core/mem.h"

#define ROUNDS_MAX 200
#define PRECISION  1e-12

struct edge {
	uint32_t from, to;
	double weight;
};

struct graph {
	struct map ids; /* → number + 1 */
	struct edge *edges;
	size_t n, cap;
	double *trust;
	size_t trust_cap;
	/* By graph_ranks. */
	uint32_t *first; /* of each node's edges, sorted by from; nodes + 1 */
	float *keep;     /* of each edge: the share of its vote that arrives */
	uint32_t *in;
	double *ranks;
};

struct graph *
graph_new(void)
{
	return xcalloc(1, sizeof(struct graph));
}

static void
forget_ranks(struct graph *g)
{
	free(g->first);
	free(g->keep);
	free(g->in);
	free(g->ranks);
	g->first = NULL;
	g->keep = NULL;
	g->in = NULL;
	g->ranks = NULL;
}

void
graph_free(struct graph *g)
{
	if (!g)
		return;
	forget_ranks(g);
	map_release(&g->ids);
	free(g->edges);
	free(g->trust);
	free(g);
}

size_t
graph_size(const struct graph *g)
{
	return g->ids.n;
}

struct slice
graph_id(const struct graph *g, uint32_t node)
{
	return g->ids.items[node].key;
}

uint32_t
graph_node(struct graph *g, struct slice id)
{
	union map_value *v = map_put(&g->ids, id);

	if (!v->u) {
		v->u = g->ids.n;
		g->trust = xgrow(g->trust, g->ids.n - 1, &g->trust_cap, sizeof *g->trust);
		g->trust[g->ids.n - 1] = 1;
	}
	return (uint32_t)v->u - 1;
}

void
graph_trust(struct graph *g, uint32_t node, double trust)
{
	g->trust[node] = trust;
}

void
graph_edge(struct graph *g, uint32_t from, uint32_t to)
{
	if (from == to)
		return;
	forget_ranks(g);
	g->edges = xgrow(g->edges, g->n, &g->cap, sizeof *g->edges);
	g->edges[g->n++] = (struct edge){from, to, 1};
}

bool
graph_is_person(const struct graph *g, uint32_t node)
{
	return g->trust[node] > GRAPH_PERSON;
}

uint32_t
graph_in(const struct graph *g, uint32_t node)
{
	return g->in[node];
}

/* ---- edges ---- */

static int
by_ends(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	return (x->to > y->to) - (x->to < y->to);
}

/* Sort, and let the same two accounts have one edge.  The tenth mention says less than the first. */
static void
sort_edges(struct graph *g)
{
	size_t n = 0;

	if (g->n)
		qsort(g->edges, g->n, sizeof *g->edges, by_ends);
	for (size_t i = 0; i < g->n; i++) {
		if (n && by_ends(&g->edges[n - 1], &g->edges[i]) == 0)
			g->edges[n - 1].weight += g->edges[i].weight;
		else
			g->edges[n++] = g->edges[i];
	}
	g->n = n;
	g->first = xcalloc(g->ids.n + 1, sizeof *g->first);
	for (size_t i = 0; i < n; i++)
		g->first[g->edges[i].from + 1]++;
	for (size_t i = 0; i < g->ids.n; i++)
		g->first[i + 1] += g->first[i];
}

/* ---- circles: strongly connected components (Tarjan 1972), without recursion ---- */

struct search {
	const struct graph *g;
	uint32_t *index, *low, *stack, *path, *at, *part;
	uint32_t count, nstack, npath, parts;
};

static void
close_part(struct search *s, uint32_t root)
{
	uint32_t v;

	do {
		v = s->stack[--s->nstack];
		s->part[v] = s->parts;
	} while (v != root);
	s->parts++;
}

static void
open_node(struct search *s, uint32_t v)
{
	s->index[v] = s->low[v] = ++s->count;
	s->stack[s->nstack++] = v;
	s->path[s->npath++] = v;
	s->at[v] = s->g->first[v];
}

static void
search_from(struct search *s, uint32_t start)
{
	open_node(s, start);
	while (s->npath) {
		uint32_t v = s->path[s->npath - 1];

		if (s->at[v] < s->g->first[v + 1]) {
			uint32_t w = s->g->edges[s->at[v]++].to;

			if (!s->index[w])
				open_node(s, w);
			else if (s->part[w] == UINT32_MAX && s->index[w] < s->low[v])
				s->low[v] = s->index[w];
			continue;
		}
		s->npath--;
		if (s->npath && s->low[v] < s->low[s->path[s->npath - 1]])
			s->low[s->path[s->npath - 1]] = s->low[v];
		if (s->low[v] == s->index[v])
			close_part(s, v);
	}
}

/* The part of each node; PARTS gets their number.  The caller frees. */
static uint32_t *
find_parts(const struct graph *g, uint32_t *parts)
{
	size_t n = g->ids.n + 1;
	uint32_t *memory = xcalloc(n * 5, sizeof *memory), *part = xcalloc(n, sizeof *part);
	struct search s = {.g = g,
	    .index = memory,
	    .low = memory + n,
	    .stack = memory + 2 * n,
	    .path = memory + 3 * n,
	    .at = memory + 4 * n,
	    .part = part};

	memset(part, 0xff, n * sizeof *part);
	for (uint32_t v = 0; v < g->ids.n; v++)
		if (!s.index[v])
			search_from(&s, v);
	*parts = s.parts;
	free(memory);
	return part;
}

/* A part, as its edges show it. */
struct circle {
	uint32_t size;
	double known; /* how many outside point to one of it, each as much as they are trusted */
	double keep;  /* the share of a vote inside of it that counts */
};

/* So many members become known by one from outside. */
#define MEMBERS_KNOWN 10

static void
count_circles(const struct graph *g, const uint32_t *part, struct circle *circles)
{
	for (size_t v = 0; v < g->ids.n; v++)
		circles[part[v]].size++;
	/* The edges of one account stand together: it counts once for each part, unless others lie between. */
	for (size_t i = 0; i < g->n; i++) {
		uint32_t from = g->edges[i].from, to = part[g->edges[i].to];
		bool again = i && g->edges[i - 1].from == from && part[g->edges[i - 1].to] == to;

		if (part[from] != to && !again)
			circles[to].known += g->trust[from];
	}
}

/* Is PART the public itself, though nobody outside points to it: more than half of all, and alone? */
static bool
is_public(const struct graph *g, const struct circle *circles, uint32_t parts, uint32_t part)
{
	if (circles[part].size <= g->ids.n / 2)
		return false;
	for (uint32_t p = 0; p < parts; p++)
		if (p != part && (circles[p].size > 1 || circles[p].known > 0))
			return false;
	return true;
}

/*
 * What goes round inside a circle counts as far as somebody outside knows it: not at all when nobody does,
 * wholly when one in MEMBERS_KNOWN points there from outside.  So one answer to one bot lifts no ring.
 */
static void
weigh_circles(struct graph *g)
{
	uint32_t parts, *part = find_parts(g, &parts), largest = 0;
	struct circle *circles = xcalloc(parts + 1, sizeof *circles);

	count_circles(g, part, circles);
	for (uint32_t p = 0; p < parts; p++) {
		circles[p].keep = fmin(1, MEMBERS_KNOWN * circles[p].known / (double)circles[p].size);
		if (circles[p].size > circles[largest].size)
			largest = p;
	}
	if (parts && is_public(g, circles, parts, largest))
		circles[largest].keep = 1;
	g->keep = xcalloc(g->n + 1, sizeof *g->keep);
	for (size_t i = 0; i < g->n; i++) {
		uint32_t p = part[g->edges[i].to];

		g->keep[i] = part[g->edges[i].from] == p ? (float)circles[p].keep : 1;
	}
	free(part);
	free(circles);
}

/* ---- ranks ---- */

static void
count_in(struct graph *g)
{
	g->in = xcalloc(g->ids.n + 1, sizeof *g->in);
	for (size_t i = 0; i < g->n; i++)
		g->in[g->edges[i].to] += g->keep[i] > 0;
}

/* What each node gives away in all. */
static double *
weights_out(const struct graph *g)
{
	double *out = xcalloc(g->ids.n + 1, sizeof *out);

	for (size_t i = 0; i < g->n; i++)
		out[g->edges[i].from] += log1p(g->edges[i].weight);
	return out;
}

/* Where votes begin; sums to 1. */
static double *
beginnings(const struct graph *g)
{
	double *base = xcalloc(g->ids.n + 1, sizeof *base), sum = 0;

	for (size_t v = 0; v < g->ids.n; v++)
		sum += g->trust[v];
	for (size_t v = 0; v < g->ids.n; v++)
		base[v] = sum > 0 ? g->trust[v] / sum : 1 / (double)g->ids.n;
	return base;
}

/* One round from RANKS to NEXT; returns how much has changed. */
static double
vote(const struct graph *g, const double *base, const double *out, const double *ranks, double *next)
{
	double kept = 0, change = 0;

	/* Who points to nobody gives the vote back to where votes begin; so does what does not count. */
	for (size_t v = 0; v < g->ids.n; v++) {
		kept += out[v] > 0 ? 0 : ranks[v];
		next[v] = 0;
	}
	for (size_t i = 0; i < g->n; i++) {
		const struct edge *e = &g->edges[i];
		double given = ranks[e->from] * log1p(e->weight) / out[e->from];

		next[e->to] += given * (double)g->keep[i];
		kept += given * (1 - (double)g->keep[i]);
	}
	for (size_t v = 0; v < g->ids.n; v++) {
		next[v] = GRAPH_DAMPING * (next[v] + kept * base[v]) + (1 - GRAPH_DAMPING) * base[v];
		change += fabs(next[v] - ranks[v]);
	}
	return change;
}

const double *
graph_ranks(struct graph *g)
{
	double *base, *out, *next;

	if (g->ranks)
		return g->ranks;
	forget_ranks(g);
	sort_edges(g);
	weigh_circles(g);
	count_in(g);
	base = beginnings(g);
	out = weights_out(g);
	next = xcalloc(g->ids.n + 1, sizeof *next);
	g->ranks = xcalloc(g->ids.n + 1, sizeof *g->ranks);
	memcpy(g->ranks, base, g->ids.n * sizeof *base);
	for (int round = 0; round < ROUNDS_MAX; round++) {
		double *swap = g->ranks, change = vote(g, base, out, g->ranks, next);

		g->ranks = next;
		next = swap;
		if (change < PRECISION)
			break;
	}
	free(base);
	free(out);
	free(next);
	return g->ranks;
}
