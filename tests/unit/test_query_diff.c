/*
 * Generated queries on generated texts: the set must find what a deliberately simple evaluator
 * finds, explain what it finds, and the linter must not be proved wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "query_naive.h"
#include "text/query.h"

#define SETS 400
#define QUERIES 25 /* a set */
#define TEXTS 20   /* a set */

/* ---- both against each other ---- */

struct query {
	struct tree nodes[NODES];
	const struct tree *root;
	struct buf text, lint;
};

static struct query queries[QUERIES];

static int
read_list(void *ctx, const char *file, struct buf *out, struct sme_err *err)
{
	(void)ctx;
	(void)err;
	buf_adds(out, buf_slice(&files[strtoul(file, NULL, 10) % LISTS]));
	return 0;
}

/* The trees point into nodes; a copy of each query's nodes must point into itself. */
static void
make_query(struct query *q, struct query_set *set)
{
	struct sme_err err;
	struct tree *root;

	nnodes = 0;
	root = make_tree(4);
	memcpy(q->nodes, nodes, nnodes * sizeof *nodes);
	for (unsigned i = 0; i < nnodes; i++)
		for (unsigned k = 0; k < KIDS; k++)
			if (nodes[i].kid[k])
				q->nodes[i].kid[k] = q->nodes + (nodes[i].kid[k] - nodes);
	q->root = q->nodes + (root - nodes);
	buf_clear(&q->text);
	write_tree(&q->text, q->root, 0);
	if (query_set_add(set, SLICE("q"), buf_slice(&q->text), QUERY_GLOBAL, &err) < 0)
		fail_msg("%s: %s", buf_str(&q->text), err.text);
}

/* What is told of a clause must make sense. */
static void
check_clause(void *ctx, const struct query_clause *clause)
{
	struct text *x = ctx;
	uint32_t before = 0;

	assert_true(clause->text.n > 0);
	assert_true(clause->n == 0 || (!clause->absent && !clause->field));
	assert_true(clause->n > 0 || clause->absent || clause->field ||
		    slice_find(clause->text, SLICE("list:")) >= 0);
	for (size_t i = 0; i < clause->n; i++) {
		assert_true(clause->places[i].start < clause->places[i].end);
		assert_true(clause->places[i].end <= x->written.n);
		assert_true(clause->places[i].start >= before || clause->places[i].end > before);
		before = clause->places[i].start;
	}
	x->clauses++;
}

static void
explain(struct query_scratch *s, uint32_t query, struct text *x)
{
	x->clauses = 0;
	query_explain(s, query, check_clause, x);
	assert_true(x->clauses > 0);
}

/* What the linter claims of the whole query is true of every text. */
static void
check_lint(const struct query *q, bool found, const struct text *x)
{
	const char *lint = buf_str(&q->lint);

	if ((found && strstr(lint, "this never matches")) ||
	    (!found && strstr(lint, "this matches every mention")))
		fail_msg("%s: %s\non: %s", buf_str(&q->text), lint, buf_str(&x->written));
}

/* How many of the queries matched; each must be the simple evaluator's opinion. */
static size_t
compare(struct query_scratch *s, struct text *x)
{
	const struct query_fields f = {
	    .lang = slice_of(x->lang),
	    .author = slice_of(x->author),
	    .country = {slice_of(x->country)},
	    .links = x->links,
	    .nlinks = x->nlinks,
	    .has_followers = x->followers >= 0,
	    .followers = x->followers,
	};
	const uint32_t *hits;
	size_t n = query_run(s, buf_slice(&x->written), &f, QUERY_GLOBAL, &hits), at = 0;

	for (unsigned i = 0; i < QUERIES; i++) {
		bool found = at < n && hits[at] == i;

		if (simple_eval(queries[i].root, x) != found)
			fail_msg("%s\non: %s (lang %s, author %s, country %s, followers %d, link "
			         "%s)\n%s",
			    buf_str(&queries[i].text), buf_str(&x->written), x->lang, x->author,
			    x->country, x->followers, x->nlinks ? x->links[0].p : "",
			    found ? "matches, should not" : "should match");
		if (found)
			explain(s, i, x);
		check_lint(&queries[i], found, x);
		at += found;
	}
	assert_int_equal(at, n);
	return n;
}

static void
test_diff(void **state)
{
	struct text x = {.written = BUF_INIT};
	size_t matched = 0, pairs = 0, linted = 0;

	(void)state;
	for (unsigned i = 0; i < QUERIES; i++)
		queries[i].text = queries[i].lint = (struct buf)BUF_INIT;
	for (unsigned i = 0; i < LISTS; i++)
		files[i] = (struct buf)BUF_INIT;
	for (unsigned round = 0; round < SETS; round++) {
		struct query_set *set = query_set_new();
		struct query_scratch *s;

		query_set_reader(set, read_list, NULL);
		for (unsigned i = 0; i < QUERIES; i++)
			make_query(&queries[i], set);
		query_set_compile(set);
		for (unsigned i = 0; i < QUERIES; i++) {
			buf_clear(&queries[i].lint);
			linted += query_lint(set, i, &queries[i].lint) != 0;
		}
		s = query_scratch_new(set);
		for (unsigned i = 0; i < TEXTS; i++) {
			make_text(&x);
			matched += compare(s, &x);
			pairs += QUERIES;
		}
		query_scratch_free(s);
		query_set_free(set);
	}
	for (unsigned i = 0; i < QUERIES; i++) {
		buf_release(&queries[i].text);
		buf_release(&queries[i].lint);
	}
	for (unsigned i = 0; i < LISTS; i++)
		buf_release(&files[i]);
	buf_release(&x.written);
	printf("%u queries, %zu with a warning; %zu pairs of query and text, %zu matches\n",
	    SETS * QUERIES, linted, pairs, matched);
	/* Neither all nor nothing, or the test would test nothing. */
	assert_in_range(matched, pairs / 5, pairs * 4 / 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_diff)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
