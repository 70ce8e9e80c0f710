/*
 * Influence from who mentions, answers and shares whom: PageRank (Brin and Page 1998) with what keeps
 * circles of bots from lifting themselves.  A vote begins with the accounts that are likely people, and
 * what goes round inside a group that nobody outside of it points to does not count.
 */
#ifndef SME_SCORE_GRAPH_H
#define SME_SCORE_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/slice.h"

/* The share of a vote that is passed on. */
#define GRAPH_DAMPING 0.85

struct graph;

struct graph *graph_new(void);
void graph_free(struct graph *g);

/* The number of the account ID, new or not. */
uint32_t graph_node(struct graph *g, struct slice id);

/* How much a vote of NODE is worth to begin with, 0 to 1; 1 unless it is set. */
void graph_trust(struct graph *g, uint32_t node, double trust);

/* Is NODE likelier a person than a bot, where one account in ten is a bot (as the priority has it)? */
#define GRAPH_PERSON 0.1000001
bool graph_is_person(const struct graph *g, uint32_t node);

/* FROM pointed to TO once more.  Pointing to oneself does not count. */
void graph_edge(struct graph *g, uint32_t from, uint32_t to);

size_t graph_size(const struct graph *g);
struct slice graph_id(const struct graph *g, uint32_t node);

/* How many accounts point to NODE, counted when ranks were. */
uint32_t graph_in(const struct graph *g, uint32_t node);

/* The ranks of all nodes; they sum to 1.  Memory of the graph, good until it changes. */
const double *graph_ranks(struct graph *g);

#endif
