/*
 * any, all and IN.  jq 1.6 writes any and all with foreach, and that shows: after the element that
 * decides it asks the generator for one more, whose error then counts; and a condition without
 * output forgets what came before, so that all() ends there and is true.
 */
#include "expr/expr_int.h"

struct quantor {
	struct sink sink;
	const struct node *cond;
	bool decided;   /* the next element ends it */
	bool forgotten; /* the condition gave nothing for the last element */
};

static int
condition(struct expr_run *run, const struct node *n, const struct val *v)
{
	struct scratch_mark mark = run_mark(run);
	int res = expr_truth(run, n, v);

	run_reset(run, mark);
	return res;
}

static int
put_any(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct quantor *q = (struct quantor *)s;
	int res;

	if (q->decided)
		return RES_STOP;
	res = condition(run, q->cond, v);
	q->decided = res == RES_TRUE;
	return res > RES_EMPTY ? res : RES_TRUE;
}

static int
put_all(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct quantor *q = (struct quantor *)s;
	int res;

	if (q->decided || q->forgotten)
		return RES_STOP;
	res = condition(run, q->cond, v);
	q->decided = res == RES_FALSE;
	q->forgotten = res == RES_EMPTY;
	return res > RES_EMPTY ? res : RES_TRUE;
}

int
expr_any(struct expr_run *run, const struct node *n, const struct val *in)
{
	struct quantor q = {.sink = {put_any}, .cond = n->b};
	int res = expr_each(run, n->a, in, &q.sink);

	return res == RES_TRUE || res == RES_STOP ? q.decided : res;
}

int
expr_all(struct expr_run *run, const struct node *n, const struct val *in)
{
	struct quantor q = {.sink = {put_all}, .cond = n->b};
	int res = expr_each(run, n->a, in, &q.sink);

	return res == RES_TRUE || res == RES_STOP ? !q.decided : res;
}

/* --- IN --- */

struct search {
	struct sink sink;
	const struct node *in; /* IN(src; s): s */
	const struct val *v;   /* IN(s): what is looked for */
	bool found;
};

static int
put_equal(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct search *q = (struct search *)s;
	int r, res = val_cmp(run, q->v, v, &r);

	if (res != RES_TRUE || r)
		return res;
	q->found = true;
	return RES_STOP;
}

/* Is IN among the outputs of N? */
static int
among(struct expr_run *run, const struct node *n, const struct val *in)
{
	struct search q = {.sink = {put_equal}, .v = in};
	int res = expr_each(run, n, in, &q.sink);

	return res == RES_TRUE || res == RES_STOP ? q.found : res;
}

/* Every output of the source is looked at, also behind one that is in. */
static int
put_source(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct search *q = (struct search *)s;
	int res = among(run, q->in, v);

	if (res > RES_TRUE)
		return res;
	q->found |= res == RES_TRUE;
	return RES_TRUE;
}

int
expr_in(struct expr_run *run, const struct node *n, const struct val *in)
{
	struct search q = {.sink = {put_source}, .in = n->b};
	int res;

	if (n->op == N_IN)
		return among(run, n->a, in);
	res = expr_each(run, n->a, in, &q.sink);
	return res == RES_TRUE ? q.found : res;
}
