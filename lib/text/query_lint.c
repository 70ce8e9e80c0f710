/*
 * Clauses that do nothing.  A query is a formula over its clauses, with what is known of them:
 * this one implies that one, these two exclude each other.  A clause adds nothing to its siblings
 * when no mention could tell the difference, so each question is whether a few formulas can hold
 * together; it is answered by trying, as a small SAT solver does.
 */
#include "text/query_lint.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

/* So many steps for one question, and so many nodes for all of one query; beyond that the answer is
 * that all may be well. */
#define STEPS_MAX 20000
#define WORK_MAX 20000000

enum { UNKNOWN, YES, NO };

/* What is asked to hold, or not to. */
struct wish {
	const struct node *node;
	int want; /* YES or NO */
};

struct lint {
	const struct query_set *set;
	struct slice text;
	const struct node *root;
	struct buf *out;
	size_t found;

	uint32_t *clauses; /* nodes by clause */
	size_t n;
	uint32_t *clause_of;                    /* by node */
	uint64_t *implies, *implied, *excludes; /* a row of bits for each clause */
	size_t row;                             /* words of one */

	uint8_t *value; /* by clause: UNKNOWN, YES or NO */
	uint32_t *trail;
	size_t ntrail;
	struct wish *open; /* where one child is to be chosen */
	size_t nopen, open_cap;
	int steps;
	long work;
};

static bool
is_clause(const struct node *node)
{
	return node->op != NODE_AND && node->op != NODE_OR && node->op != NODE_NOT;
}

static int
other(int want)
{
	return want == YES ? NO : YES;
}

static void
set_bit(const struct lint *l, uint64_t *bits, size_t row, size_t at)
{
	bits[row * l->row + at / 64] |= UINT64_C(1) << (at & 63);
}

static void
relate(struct lint *l)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < l->n; k++) {
			const struct node *a = l->root + l->clauses[i],
					  *b = l->root + l->clauses[k];

			if (i == k)
				continue;
			if (clause_implies(l->set, a, b)) {
				set_bit(l, l->implies, i, k);
				set_bit(l, l->implied, k, i);
			}
			if (clause_excludes(l->set, a, b))
				set_bit(l, l->excludes, i, k);
		}
}

/* ---- can this hold? ---- */

static bool assume(struct lint *l, const struct node *node, int want);
static bool assign(struct lint *l, size_t clause, int want);

static bool
assign_row(struct lint *l, const uint64_t *bits, size_t clause, int want)
{
	for (size_t i = 0; i < l->row; i++)
		for (uint64_t left = bits[clause * l->row + i]; left; left &= left - 1)
			if (!assign(l, i * 64 + (size_t)__builtin_ctzll(left), want))
				return false;
	return true;
}

/* Take a value for the clause, and all that follows; false when that cannot be. */
static bool
assign(struct lint *l, size_t clause, int want)
{
	const struct node *node = l->root + l->clauses[clause];

	if (l->value[clause] != UNKNOWN)
		return l->value[clause] == want;
	l->value[clause] = (uint8_t)want;
	l->trail[l->ntrail++] = (uint32_t)clause;
	if (want == NO)
		return assign_row(l, l->implied, clause, NO);
	if (!assign_row(l, l->implies, clause, YES) || !assign_row(l, l->excludes, clause, NO))
		return false;
	return node->op != NODE_NEAR ||
	       (assume(l, node + 1, YES) && assume(l, node + 1 + node[1].size, YES));
}

static bool
assume(struct lint *l, const struct node *node, int want)
{
	const struct node *child = node + 1, *end = node + node->size;

	if (is_clause(node))
		return assign(l, l->clause_of[node - l->root], want);
	if (node->op == NODE_NOT)
		return assume(l, child, other(want));
	if ((node->op == NODE_AND) == (want == YES)) {
		for (; child < end; child += child->size)
			if (!assume(l, child, want))
				return false;
		return true;
	}
	l->open = xgrow(l->open, l->nopen, &l->open_cap, sizeof *l->open);
	l->open[l->nopen++] = (struct wish){node, want};
	return true;
}

static int
evaluate(struct lint *l, const struct node *node)
{
	const struct node *child = node + 1, *end = node + node->size;
	int decisive = node->op == NODE_AND ? NO : YES, result = other(decisive);

	l->work--;
	if (is_clause(node))
		return l->value[l->clause_of[node - l->root]];
	if (node->op == NODE_NOT) {
		result = evaluate(l, child);
		return result == UNKNOWN ? UNKNOWN : other(result);
	}
	for (; child < end; child += child->size) {
		int value = evaluate(l, child);

		if (value == decisive)
			return decisive;
		if (value == UNKNOWN)
			result = UNKNOWN;
	}
	return result;
}

static void
undo(struct lint *l, size_t trail, size_t open)
{
	while (l->ntrail > trail)
		l->value[l->trail[--l->ntrail]] = UNKNOWN;
	l->nopen = open;
}

/* Choose a child for each wish from AT on. */
static bool
solve(struct lint *l, size_t at)
{
	size_t trail = l->ntrail, open = l->nopen;
	const struct node *node, *child;
	int want;

	while (at < l->nopen && evaluate(l, l->open[at].node) == l->open[at].want)
		at++;
	if (at == l->nopen || l->steps-- <= 0 || l->work < 0)
		return true;
	node = l->open[at].node;
	want = l->open[at].want;
	for (child = node + 1; child < node + node->size; child += child->size) {
		if (evaluate(l, child) != other(want) && assume(l, child, want) && solve(l, at + 1))
			return true;
		undo(l, trail, open);
	}
	return false;
}

static void
restart(struct lint *l)
{
	undo(l, 0, 0);
	l->steps = STEPS_MAX;
}

static bool
can_be(struct lint *l, const struct node *node, int want)
{
	restart(l);
	return assume(l, node, want) && solve(l, 0);
}

/* Does WANT for A force WANT for B, these being one value for AND (YES) and OR (NO)? */
static bool
forces(struct lint *l, const struct node *a, const struct node *b, int want)
{
	restart(l);
	return !(assume(l, a, want) && assume(l, b, other(want)) && solve(l, 0));
}

/* ---- what is told ---- */

static struct slice
clause_text(const struct lint *l, const struct node *node, size_t *column)
{
	const struct where *where = &l->set->where[node - l->set->nodes];

	*column = 1;
	for (size_t i = 0; i < where->at; i++)
		*column += (l->text.p[i] & 0xc0) != 0x80;
	return (struct slice){l->text.p + where->at, where->end - where->at};
}

/* Up to 40 bytes, whole characters, in quotes unless it begins with one. */
static void
put_clause(struct buf *b, struct slice s)
{
	const char *quote = s.n && *s.p == '"' ? "" : "\"";
	size_t n = s.n > 40 ? 40 : s.n;

	while (n < s.n && n && (s.p[n] & 0xc0) == 0x80)
		n--;
	buf_printf(b, "%s%.*s%s%s", quote, (int)n, s.p, n < s.n ? "..." : "", quote);
}

static void
tell(struct lint *l, const struct node *node, const char *what, const struct node *because,
    const char *else_because)
{
	size_t column;
	struct slice text = clause_text(l, node, &column);

	buf_printf(l->out, "column %zu: ", column);
	put_clause(l->out, text);
	buf_puts(l->out, what);
	if (because)
		put_clause(l->out, clause_text(l, because, &column));
	else
		buf_puts(l->out, else_because);
	buf_addc(l->out, '\n');
	l->found++;
}

/* Would the children of NODE other than CHILD, without those in GONE, say the same without it? */
static bool
is_idle(
    struct lint *l, const struct node *node, const struct node *child, int want, const bool *gone)
{
	const struct node *it = node + 1;
	size_t at = 0;
	bool others = false;

	restart(l);
	for (; it < node + node->size; it += it->size, at++) {
		if (it == child || gone[at])
			continue;
		others = true;
		if (!assume(l, it, want))
			return false;
	}
	return others && !(assume(l, child, other(want)) && solve(l, 0));
}

/* The one child of NODE that makes CHILD idle, or NULL. */
static const struct node *
reason(
    struct lint *l, const struct node *node, const struct node *child, int want, const bool *gone)
{
	const struct node *it = node + 1;

	for (size_t at = 0; it < node + node->size; it += it->size, at++)
		if (it != child && !gone[at] && forces(l, it, child, want))
			return it;
	return NULL;
}

static void visit(struct lint *l, const struct node *node, bool near);

/* In NEAR a place counts, not only that there is one: only words are compared, with words. */
static bool
is_comparable(const struct node *node, bool near)
{
	return !near || node->op == NODE_TERM;
}

static const struct node *
near_reason(
    const struct lint *l, const struct node *node, const struct node *child, const bool *gone)
{
	const struct node *it = node + 1;

	for (size_t at = 0; it < node + node->size; it += it->size, at++)
		if (it != child && !gone[at] && it->op == NODE_TERM &&
		    term_implies(l->set, child->arg, it->arg))
			return it;
	return NULL;
}

static void
look_at(struct lint *l, const struct node *node, const struct node *child, bool near, bool *gone,
    size_t at)
{
	bool is_and = node->op == NODE_AND;
	int want = is_and ? YES : NO;
	const struct node *because;

	if (!is_comparable(child, near))
		return;
	if (near) {
		because = near_reason(l, node, child, gone);
		gone[at] = because != NULL;
	} else if (!can_be(l, child, other(want))) {
		gone[at] = true;
		tell(l, child,
		    is_and ? " holds for every mention"
			   : " never matches: its clauses exclude each other",
		    NULL, "");
		return;
	} else {
		gone[at] = is_idle(l, node, child, want, gone);
		because = gone[at] ? reason(l, node, child, want, gone) : NULL;
	}
	if (gone[at])
		tell(l, child, is_and ? " demands nothing more than " : " finds nothing more than ",
		    because, "the clauses beside it");
}

/* From the right, so that of two that are the same the second is told. */
static void
look_at_children(struct lint *l, const struct node *node, bool near)
{
	const struct node **children = xcalloc(node->size, sizeof *children);
	bool *gone = xcalloc(node->size, sizeof *gone);
	size_t n = 0;

	for (const struct node *it = node + 1; it < node + node->size; it += it->size)
		children[n++] = it;
	for (size_t i = n; i-- > 0;)
		look_at(l, node, children[i], near, gone, i);
	for (size_t i = 0; i < n; i++)
		if (!gone[i])
			visit(l, children[i], near);
	free(children);
	free(gone);
}

static void
visit(struct lint *l, const struct node *node, bool near)
{
	switch (node->op) {
	case NODE_AND:
	case NODE_OR:
		look_at_children(l, node, near);
		break;
	case NODE_NOT:
		visit(l, node + 1, near);
		break;
	case NODE_NEAR:
		visit(l, node + 1, true);
		visit(l, node + 1 + node[1].size, true);
		break;
	default:
		break;
	}
}

static void
look_at_all(struct lint *l)
{
	if (!can_be(l, l->root, YES)) {
		buf_puts(l->out, "this never matches: its clauses exclude each other\n");
		l->found++;
	} else if (!can_be(l, l->root, NO)) {
		buf_puts(l->out, "this matches every mention\n");
		l->found++;
	} else {
		visit(l, l->root, false);
	}
}

/* Number the clauses; false when there are too many. */
static bool
number_clauses(struct lint *l)
{
	l->clause_of = xcalloc(l->root->size, sizeof *l->clause_of);
	l->clauses = xcalloc(l->root->size, sizeof *l->clauses);
	for (uint32_t i = 0; i < l->root->size; i++)
		if (is_clause(&l->root[i])) {
			l->clause_of[i] = (uint32_t)l->n;
			l->clauses[l->n++] = i;
		}
	return l->n <= QUERY_LINT_MAX;
}

size_t
query_lint(const struct query_set *set, uint32_t query, struct buf *out)
{
	struct lint l = {
	    .set = set,
	    .text = set->titles[query].text,
	    .root = &set->nodes[set->queries[query].nodes],
	    .out = out,
	    .work = WORK_MAX,
	};

	if (number_clauses(&l)) {
		l.row = l.n / 64 + 1;
		l.implies = xcalloc(3 * l.n * l.row, sizeof *l.implies);
		l.implied = l.implies + l.n * l.row;
		l.excludes = l.implied + l.n * l.row;
		l.value = xcalloc(l.n, sizeof *l.value);
		l.trail = xcalloc(l.n, sizeof *l.trail);
		relate(&l);
		look_at_all(&l);
	}
	free(l.clause_of);
	free(l.clauses);
	free(l.implies);
	free(l.value);
	free(l.trail);
	free(l.open);
	return l.found;
}
