/* Which members of the event a native condition reads: chains like .author.followers are asked of
 * the scanner, so that nothing is looked for twice. */
#include "expr/expr_int.h"

/* What "." stands for: a path from the top of the event, when it is one. */
struct base {
	bool known;
	const struct step *steps;
	size_t n;
};

static const struct base unknown = {false, NULL, 0};

struct planner {
	struct arena *a;
	struct scan_plan *plan;
};

static void walk(struct planner *pl, struct node *n, struct base base);

static size_t
chain_length(const struct node *n)
{
	size_t len = 0;

	for (; n->op == N_FIELD; n = n->a)
		len++;
	return n->op == N_DOT ? len : 0;
}

/* Every part of the path must be in the plan: what stands in the way of a missing member decides
 * between null and an error. */
static void
ask(struct planner *pl, struct node *n)
{
	struct slice *keys = arena_alloc(pl->a, n->n_steps * sizeof *keys);

	for (size_t i = 0; i < n->n_steps; i++) {
		keys[i] = n->steps[i].key;
		n->steps[i].index = scan_plan_add_keys(pl->plan, keys, i + 1);
	}
}

static void
make_path(struct planner *pl, struct node *n, size_t len, struct base base)
{
	const struct node *f = n;

	n->n_steps = base.n + len;
	n->steps = arena_alloc(pl->a, n->n_steps * sizeof *n->steps);
	if (base.n)
		memcpy(n->steps, base.steps, base.n * sizeof *n->steps);
	for (size_t i = n->n_steps; i-- > base.n; f = f->a)
		n->steps[i] = (struct step){f->key, 0, f->opt};
	n->op = N_PATH;
	n->a = NULL;
	ask(pl, n);
}

/* has("route") of the event itself is a question that the scanner has answered. */
static void
make_has(struct planner *pl, struct node *n)
{
	n->n_steps = 1;
	n->steps = arena_alloc(pl->a, sizeof *n->steps);
	n->steps[0] = (struct step){{n->a->lit.p, n->a->lit.n}, 0, false};
	ask(pl, n);
}

static struct base
base_of(const struct node *n, struct base base)
{
	if (n->op == N_DOT)
		return base;
	if (n->op != N_PATH)
		return unknown;
	for (size_t i = 0; i < n->n_steps; i++)
		if (n->steps[i].opt)
			return unknown;
	return (struct base){true, n->steps, n->n_steps};
}

/* Text without NUL, where contains() of jq 1.6 ends. */
static bool
is_plain_text(const struct val *lit)
{
	return lit->type == JSON_STRING && lit->form == VAL_TEXT && !memchr(lit->p, '\0', lit->n);
}

static void
walk(struct planner *pl, struct node *n, struct base base)
{
	size_t len = base.known ? chain_length(n) : 0;

	if (len) {
		make_path(pl, n, len, base);
		return;
	}
	if (n->op == N_HAS && base.known && !base.n && n->a->op == N_LIT &&
	    n->a->lit.type == JSON_STRING)
		make_has(pl, n);
	if (n->a)
		walk(pl, n->a, base);
	if (n->op == N_PIPE || n->op == N_IN2)
		base = base_of(n->a, base);
	else if (n->op == N_ANY || n->op == N_ALL)
		base = unknown;
	if (n->b)
		walk(pl, n->b, base);
	if (n->c)
		walk(pl, n->c, base);
	n->path_lit = n->op >= N_EQ && n->op <= N_GE && n->a->op == N_PATH && n->b->op == N_LIT;
	if (n->op == N_PIPE && n->a->op == N_PATH && n->b->op == N_CONTAINS && n->b->a->op == N_LIT)
		n->path_lit = is_plain_text(&n->b->a->lit);
}

void
expr_plan(struct arena *a, struct node *root, struct scan_plan *plan)
{
	struct planner pl = {a, plan};

	walk(&pl, root, (struct base){true, NULL, 0});
}
