/*
 * The native evaluator for what has one output at most.  jq computes the right side of an operator
 * before the left one; errors come out in the same order here.
 */
#include <stdlib.h>

#include "expr/expr_int.h"

static int
number_against(double x, const struct node *n)
{
	double y = n->b->lit.num;

	switch (n->op) {
	case N_EQ:
		return x == y;
	case N_NE:
		return x != y;
	case N_LT:
		return x < y;
	case N_LE:
		return x <= y;
	case N_GT:
		return x > y;
	default:
		return x >= y;
	}
}

/*
 * Up to eight digits at once: moved to the upper end of a word, with zeros before them, and added
 * in pairs.  The bytes behind the number are read, which the line's padding allows.
 */
static bool
small_number(const struct json_value *v, double *out)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t x;

	if (v->n > 8)
		return false;
	memcpy(&x, v->p, 8);
	x = v->n == 8 ? x : x << (64 - 8 * v->n) | UINT64_C(0x3030303030303030) >> 8 * v->n;
	/* Digits are 0x30 to 0x39: the upper half is 3, and still is when 6 is added. */
	if ((x & UINT64_C(0xf0f0f0f0f0f0f0f0)) != UINT64_C(0x3030303030303030) ||
	    ((x + UINT64_C(0x0606060606060606)) & UINT64_C(0xf0f0f0f0f0f0f0f0)) !=
		UINT64_C(0x3030303030303030))
		return false;
	x -= UINT64_C(0x3030303030303030);
	x = x * 10 + (x >> 8);
	x = ((x & UINT64_C(0xff000000ff)) * UINT64_C(0x000f424000000064) +
		(x >> 16 & UINT64_C(0xff000000ff)) * UINT64_C(0x0000271000000001)) >>
	    32;
	*out = (double)(uint32_t)x;
	return true;
#else
	(void)v;
	(void)out;
	return false;
#endif
}

/* .path OP literal, the condition that most rules are made of; numbers of events are never NaN. */
static int
path_against(struct expr_run *run, const struct node *n)
{
	const struct json_value *v = &run->values[n->a->steps[n->a->n_steps - 1].index];
	const struct val *lit = &n->b->lit;
	double x;

	if (v->type == JSON_NUMBER && lit->type == JSON_NUMBER)
		return number_against(small_number(v, &x) ? x : expr_number(v->p, v->n), n);
	if (v->type == JSON_STRING && lit->type == JSON_STRING && !v->escaped && n->op <= N_NE)
		return (v->n - 2 == lit->n && memcmp(v->p + 1, lit->p, lit->n) == 0) ==
		       (n->op == N_EQ);
	return RES_STOP;
}

/* .path | contains("text").  A string without escapes has no NUL. */
static int
path_contains(struct expr_run *run, const struct node *n)
{
	const struct json_value *v = &run->values[n->a->steps[n->a->n_steps - 1].index];
	const struct val *lit = &n->b->a->lit;

	if (v->type != JSON_STRING || v->escaped)
		return RES_STOP;
	return slice_find((struct slice){v->p + 1, v->n - 2}, (struct slice){lit->p, lit->n}) >= 0;
}

static int
binary(struct expr_run *run, const struct node *n, const struct val *in, struct val *out)
{
	struct val left, right;
	int res = expr_value(run, n->b, in, &right);

	if (res != RES_TRUE)
		return res;
	res = expr_value(run, n->a, in, &left);
	return res == RES_TRUE ? expr_binary(run, n, &left, &right, out) : res;
}

/* A function of one argument: its input is what the condition stands on. */
static int
call(struct expr_run *run, const struct node *n, const struct val *in, struct val *out)
{
	struct val arg;
	int res = expr_value(run, n->a, in, &arg);

	return res == RES_TRUE ? expr_binary(run, n, in, &arg, out) : res;
}

static int
alternative(struct expr_run *run, const struct node *n, const struct val *in, struct val *out)
{
	int res = expr_value(run, n->a, in, out);

	if (res > RES_EMPTY || (res == RES_TRUE && val_true(out)))
		return res;
	return expr_value(run, n->b, in, out);
}

static int
pipe_value(struct expr_run *run, const struct node *n, const struct val *in, struct val *out)
{
	struct val mid;
	int res = expr_value(run, n->a, in, &mid);

	return res == RES_TRUE ? expr_value(run, n->b, &mid, out) : res;
}

static int
part_value(struct expr_run *run, const struct node *n, const struct val *in, struct val *out)
{
	struct val of;
	int res = expr_value(run, n->a, in, &of);

	return res == RES_TRUE ? expr_part(run, n, &of, out) : res;
}

static int
select_value(struct expr_run *run, const struct node *n, const struct val *in, struct val *out)
{
	int res = expr_truth(run, n->a, in);

	*out = *in;
	return res == RES_FALSE ? RES_EMPTY : res;
}

static int
negate_value(struct expr_run *run, const struct node *n, const struct val *in, struct val *out)
{
	struct val x;
	int res = expr_value(run, n->a, in, &x);

	return res == RES_TRUE ? expr_unary(run, n, &x, out) : res;
}

int
expr_value(struct expr_run *run, const struct node *n, const struct val *in, struct val *out)
{
	int res;

	switch (n->op) {
	case N_DOT:
		*out = *in;
		return RES_TRUE;
	case N_LIT:
		*out = n->lit;
		return RES_TRUE;
	case N_PATH:
		return expr_path(run, n, out);
	case N_FIELD:
	case N_INDEX:
		return part_value(run, n, in, out);
	case N_PIPE:
		return pipe_value(run, n, in, out);
	case N_ALT:
		return alternative(run, n, in, out);
	case N_ADD:
	case N_SUB:
	case N_MUL:
	case N_DIV:
	case N_MOD:
		return binary(run, n, in, out);
	case N_NEG:
		return negate_value(run, n, in, out);
	case N_IF:
		res = expr_truth(run, n->a, in);
		return res > RES_TRUE ? res
		                      : expr_value(run, res == RES_TRUE ? n->b : n->c, in, out);
	case N_SELECT:
		return select_value(run, n, in, out);
	case N_EMPTY:
		return RES_EMPTY;
	case N_TYPE:
	case N_LENGTH:
	case N_DOWNCASE:
	case N_UPCASE:
	case N_TONUMBER:
	case N_TOSTRING:
		return expr_unary(run, n, in, out);
	case N_INDEXOF:
		return call(run, n, in, out);
	default:
		res = expr_truth(run, n, in);
		if (res > RES_TRUE)
			return res;
		*out = val_bool(res == RES_TRUE);
		return RES_TRUE;
	}
}

/* Kept out of the fast cases, which need none of its many registers. */
static int __attribute__((noinline)) truth_of(
    struct expr_run *run, const struct node *n, const struct val *in);

/* The conditions that most rules are made of; RES_STOP: it is none of them. */
static inline int
fast_truth(struct expr_run *run, const struct node *n)
{
	if (!n->path_lit)
		return RES_STOP;
	return n->op == N_PIPE ? path_contains(run, n) : path_against(run, n);
}

int
expr_truth(struct expr_run *run, const struct node *n, const struct val *in)
{
	int res;

	while (n->op == N_AND || n->op == N_OR) {
		res = expr_truth(run, n->a, in);
		if (res > RES_TRUE || (res == RES_TRUE) == (n->op == N_OR))
			return res;
		n = n->b;
	}
	res = fast_truth(run, n);
	return res == RES_STOP ? truth_of(run, n, in) : res;
}

static int
truth_of(struct expr_run *run, const struct node *n, const struct val *in)
{
	struct val v;
	int res;

	switch (n->op) {
	case N_EQ:
	case N_NE:
	case N_LT:
	case N_LE:
	case N_GT:
	case N_GE:
		res = binary(run, n, in, &v);
		break;
	case N_NOT:
		return !val_true(in);
	case N_HAS:
		if (n->n_steps)
			return run->values[n->steps[0].index].type != JSON_MISSING;
		/* fall through */
	case N_STARTSWITH:
	case N_ENDSWITH:
	case N_CONTAINS:
		res = call(run, n, in, &v);
		break;
	case N_TEST:
		return expr_test(run, n, in);
	case N_IN:
	case N_IN2:
		return expr_in(run, n, in);
	case N_ANY:
		return expr_any(run, n, in);
	case N_ALL:
		return expr_all(run, n, in);
	case N_PIPE:
		/* Truth of the last part of a pipe needs no value of it. */
		res = expr_value(run, n->a, in, &v);
		return res == RES_TRUE ? expr_truth(run, n->b, &v) : res;
	default:
		res = expr_value(run, n, in, &v);
	}
	return res == RES_TRUE ? val_true(&v) : res;
}
