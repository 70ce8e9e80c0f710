/*
 * Generators: nodes with any number of outputs, each handed to a sink.  A sink that has seen enough
 * stops the generator where it is, as jq's break does.
 */
#include "expr/expr_int.h"

/* A sink that goes on with node N on input IN for each output, into the sink NEXT. */
struct stage {
	struct sink sink;
	const struct node *n;
	const struct val *in;
	const struct val *right; /* the operand that is there already */
	struct sink *next;
	bool found;
};

static int
each_part(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct stage *st = (struct stage *)s;
	struct val out;
	int res = expr_part(run, st->n, v, &out);

	if (res == RES_EMPTY)
		return RES_TRUE;
	return res == RES_TRUE ? st->next->put(st->next, run, &out) : res;
}

static int
each_element(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct stage *st = (struct stage *)s;
	struct json_value array, x;
	struct json_iter it;

	if (v->type != JSON_ARRAY) {
		/* In which order an object comes is jq's secret. */
		if (v->type == JSON_OBJECT)
			return RES_PUNT;
		return st->n->opt ? RES_TRUE : err_value(run, "Cannot iterate over ", v, "");
	}
	array = val_json(v);
	for (it = json_each(&array); json_next(&it, NULL, &x);) {
		struct val e = val_of(&x);
		int res = st->next->put(st->next, run, &e);

		if (res != RES_TRUE)
			return res;
	}
	return RES_TRUE;
}

static int
each_pipe(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct stage *st = (struct stage *)s;

	return expr_each(run, st->n->b, v, st->next);
}

static int
each_unary(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct stage *st = (struct stage *)s;
	struct val out;
	int res = expr_unary(run, st->n, v, &out);

	return res == RES_TRUE ? st->next->put(st->next, run, &out) : res;
}

/* A left operand; the right one is fixed. */
static int
each_left(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct stage *st = (struct stage *)s;
	struct val out;
	int res = expr_binary(run, st->n, v, st->right, &out);

	return res == RES_TRUE ? st->next->put(st->next, run, &out) : res;
}

static int
each_right(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct stage *st = (struct stage *)s;
	struct stage left = {.sink = {each_left}, .n = st->n, .right = v, .next = st->next};

	return expr_each(run, st->n->a, st->in, &left.sink);
}

/* The argument of a function whose input is IN. */
static int
each_argument(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct stage *st = (struct stage *)s;
	struct val out;
	int res = expr_binary(run, st->n, st->in, v, &out);

	return res == RES_TRUE ? st->next->put(st->next, run, &out) : res;
}

static int
each_truth(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct stage *st = (struct stage *)s;
	struct val out = val_bool(val_true(v));

	return st->next->put(st->next, run, &out);
}

static int
each_logic(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct stage *st = (struct stage *)s;
	struct stage right = {.sink = {each_truth}, .next = st->next};

	if (val_true(v) == (st->n->op == N_OR))
		return each_truth(s, run, v);
	return expr_each(run, st->n->b, st->in, &right.sink);
}

static int
each_true(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct stage *st = (struct stage *)s;

	if (!val_true(v))
		return RES_TRUE;
	st->found = true;
	return st->next->put(st->next, run, v);
}

static int
each_if(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct stage *st = (struct stage *)s;

	return expr_each(run, val_true(v) ? st->n->b : st->n->c, st->in, st->next);
}

static int
each_select(struct sink *s, struct expr_run *run, const struct val *v)
{
	struct stage *st = (struct stage *)s;

	return val_true(v) ? st->next->put(st->next, run, st->in) : RES_TRUE;
}

static int
alternatives(struct expr_run *run, const struct node *n, const struct val *in, struct sink *s)
{
	struct stage st = {.sink = {each_true}, .next = s};
	int res = expr_each(run, n->a, in, &st.sink);

	return res == RES_TRUE && !st.found ? expr_each(run, n->b, in, s) : res;
}

static int
one(struct expr_run *run, const struct node *n, const struct val *in, struct sink *s)
{
	struct val v;
	int res = expr_value(run, n, in, &v);

	if (res == RES_EMPTY)
		return RES_TRUE;
	return res == RES_TRUE ? s->put(s, run, &v) : res;
}

int
expr_each(struct expr_run *run, const struct node *n, const struct val *in, struct sink *s)
{
	struct stage st = {.n = n, .in = in, .next = s};
	const struct node *first = n->a;
	int res;

	if (!n->multi)
		return one(run, n, in, s);
	switch (n->op) {
	case N_COMMA:
		res = expr_each(run, n->a, in, s);
		return res == RES_TRUE ? expr_each(run, n->b, in, s) : res;
	case N_ALT:
		return alternatives(run, n, in, s);
	case N_FIELD:
	case N_INDEX:
		st.sink.put = each_part;
		break;
	case N_ITER:
		st.sink.put = each_element;
		break;
	case N_PIPE:
		st.sink.put = each_pipe;
		break;
	case N_AND:
	case N_OR:
		st.sink.put = each_logic;
		break;
	case N_IF:
		st.sink.put = each_if;
		break;
	case N_SELECT:
		st.sink.put = each_select;
		break;
	case N_NEG:
		st.sink.put = each_unary;
		break;
	case N_STARTSWITH:
	case N_ENDSWITH:
	case N_CONTAINS:
	case N_HAS:
		st.sink.put = each_argument;
		break;
	default: /* operators */
		st.sink.put = each_right;
		first = n->b;
	}
	return expr_each(run, first, in, &st.sink);
}
