/* Influence: what PageRank must satisfy, and circles that lift nobody. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/hash.h"
#include "score/graph.h"

static uint32_t
node(struct graph *g, const char *kind, unsigned i)
{
	char id[40];

	snprintf(id, sizeof id, "%s%u", kind, i);
	return graph_node(g, slice_of(id));
}

static double
sum_of(struct graph *g)
{
	const double *r = graph_ranks(g);
	double sum = 0;

	for (size_t i = 0; i < graph_size(g); i++)
		sum += r[i];
	return sum;
}

static void
test_ring(void **state)
{
	struct graph *g = graph_new();
	const double *r;

	(void)state;
	for (unsigned i = 0; i < 7; i++)
		graph_edge(g, node(g, "a", i), node(g, "a", (i + 1) % 7));
	r = graph_ranks(g);
	for (int i = 0; i < 7; i++)
		assert_true(fabs(r[i] - 1.0 / 7) < 1e-9);
	assert_true(fabs(sum_of(g) - 1) < 1e-9);
	graph_free(g);
}

/* The centre of a star with n rays: in closed form (1 - d + n d b) where all leaves have the base b. */
static void
test_star(void **state)
{
	struct graph *g = graph_new();
	const double *r;

	(void)state;
	for (unsigned i = 1; i <= 9; i++)
		graph_edge(g, node(g, "a", i), node(g, "a", 0));
	r = graph_ranks(g);
	for (unsigned i = 1; i <= 9; i++)
		assert_true(r[node(g, "a", 0)] > 5 * r[node(g, "a", i)]);
	assert_true(fabs(sum_of(g) - 1) < 1e-9);
	assert_int_equal(graph_in(g, node(g, "a", 0)), 9);
	graph_free(g);
}

/* A public: people who mention each other at random. */
static void
make_public(struct graph *g)
{
	for (unsigned i = 0; i < 600; i++)
		graph_edge(g, node(g, "p", (unsigned)(hash_mix(i) % 100)),
		    node(g, "p", (unsigned)(hash_mix(i + 9999) % 40)));
}

static double
least(struct graph *g, const char *kind, unsigned n)
{
	double low = 1;

	for (unsigned i = 0; i < n; i++)
		low = fmin(low, graph_ranks(g)[node(g, kind, i)]);
	return low;
}

static double
most(struct graph *g, const char *kind, unsigned n)
{
	double high = 0;

	for (unsigned i = 0; i < n; i++)
		high = fmax(high, graph_ranks(g)[node(g, kind, i)]);
	return high;
}

/* A ring, or a clique, that mentions itself and real accounts but that nobody mentions. */
static void
test_bots(void **state)
{
	for (int clique = 0; clique < 2; clique++)
		for (int outward = 0; outward < 2; outward++) {
			struct graph *g = graph_new();

			make_public(g);
			for (unsigned i = 0; i < 30; i++) {
				for (unsigned k = 1; k < (clique ? 30u : 2u); k++)
					graph_edge(g, node(g, "b", i), node(g, "b", (i + k) % 30));
				if (outward)
					graph_edge(g, node(g, "b", i), node(g, "p", i));
				graph_trust(g, node(g, "b", i), 0.3);
			}
			assert_true(most(g, "b", 30) < least(g, "p", 100));
			assert_true(fabs(sum_of(g) - 1) < 1e-9);
			graph_free(g);
		}
	(void)state;
}

/* A ring that is larger than the public and of which nothing is known: nobody of it stands above those whom
 * people mention, not even with a bot that somebody has answered. */
static void
test_large_ring(void **state)
{
	(void)state;
	for (int answered = 0; answered < 2; answered++)
		for (int dense = 0; dense < 2; dense++) {
			struct graph *g = graph_new();
			double low = 1;

			make_public(g);
			for (unsigned i = 0; i < 10000; i++)
				for (unsigned k = 1; k < (dense ? 8u : 2u); k++)
					graph_edge(g, node(g, "b", i), node(g, "b", (i + k) % 10000));
			if (answered)
				graph_edge(g, node(g, "p", 7), node(g, "b", 5));
			for (unsigned i = 0; i < 40; i++)
				low = fmin(low, graph_ranks(g)[node(g, "p", i)]);
			assert_true(low > most(g, "b", 10000));
			assert_true(fabs(sum_of(g) - 1) < 1e-9);
			graph_free(g);
		}
}

/* Many outside make a circle known wholly, few a little. */
static void
test_known_circle(void **state)
{
	double last = 0;

	(void)state;
	for (unsigned outside = 0; outside <= 4; outside++) {
		struct graph *g = graph_new();
		double r;

		for (unsigned i = 0; i < 30; i++)
			graph_edge(g, node(g, "a", i), node(g, "a", (i + 1) % 30));
		graph_edge(g, node(g, "x", 0), node(g, "x", 1));
		for (unsigned i = 0; i < outside; i++)
			graph_edge(g, node(g, "o", i), node(g, "a", 0));
		r = graph_ranks(g)[node(g, "a", 5)] / graph_ranks(g)[node(g, "x", 0)];
		assert_true(outside == 0 ? fabs(r - 1) < 1e-9 : outside <= 3 ? r > last + 0.1 : r > last);
		last = r;
		graph_free(g);
	}
}

static void
test_empty(void **state)
{
	struct graph *g = graph_new();

	(void)state;
	graph_edge(g, node(g, "a", 0), node(g, "a", 0));
	assert_true(fabs(sum_of(g) - 1) < 1e-9);
	graph_free(g);
	g = graph_new();
	assert_true(sum_of(g) == 0);
	graph_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ring),
	    cmocka_unit_test(test_star),
	    cmocka_unit_test(test_bots),
	    cmocka_unit_test(test_large_ring),
	    cmocka_unit_test(test_known_circle),
	    cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
