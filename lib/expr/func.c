/* Functions and operators on ready values.  What they do with odd types they leave to libjq, which
 * also has the wording of the error. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/mem.h"
#include "expr/expr_int.h"

/* Up to here a double holds every whole number. */
#define EXACT 9007199254740992.0

static int
error(struct expr_run *run, const char *text)
{
	err_set(run->err, SME_DATA, "%s", text);
	return RES_ERROR;
}

/* --- members and elements --- */

static int
no_member(struct expr_run *run, const struct step *step, const char *type)
{
	if (step->opt)
		return RES_EMPTY;
	err_set(
	    run->err, SME_DATA, "Cannot index %s with string \"%.*s\"", type, SLICE_ARG(step->key));
	return RES_ERROR;
}

int
expr_path(struct expr_run *run, const struct node *n, struct val *out)
{
	const struct json_value *v = &run->values[n->steps[n->n_steps - 1].index];

	if (v->type != JSON_MISSING) {
		*out = val_of(v);
		return RES_TRUE;
	}
	*out = val_null();
	for (size_t i = 0; i + 1 < n->n_steps; i++) {
		v = &run->values[n->steps[i].index];
		if (v->type == JSON_MISSING || v->type == JSON_NULL)
			return RES_TRUE;
		if (v->type != JSON_OBJECT) {
			struct val holder = val_of(v);

			return no_member(run, &n->steps[i + 1], val_type_name(&holder));
		}
	}
	return RES_TRUE;
}

static int
element(struct expr_run *run, const struct node *n, const struct val *a, struct val *out)
{
	struct json_value array, x;
	struct json_iter it;
	long i = (long)n->lit.num;

	*out = val_null();
	if (a->type == JSON_NULL)
		return RES_TRUE;
	if (a->type != JSON_ARRAY) {
		if (n->opt)
			return RES_EMPTY;
		err_set(run->err, SME_DATA, "Cannot index %s with number", val_type_name(a));
		return RES_ERROR;
	}
	array = val_json(a);
	if (i < 0)
		for (it = json_each(&array); json_next(&it, NULL, &x);)
			i++;
	/* From the end: what is still negative counts from before the start. */
	if (n->lit.num < 0 && i < 0)
		return RES_TRUE;
	for (it = json_each(&array); json_next(&it, NULL, &x); i--)
		if (i == 0) {
			*out = val_of(&x);
			return RES_TRUE;
		}
	return RES_TRUE;
}

int
expr_part(struct expr_run *run, const struct node *n, const struct val *a, struct val *out)
{
	struct json_value object, x;

	if (n->op == N_INDEX)
		return element(run, n, a, out);
	*out = val_null();
	if (a->type == JSON_NULL)
		return RES_TRUE;
	if (a->type != JSON_OBJECT)
		return no_member(run, &(struct step){n->key, 0, n->opt}, val_type_name(a));
	object = val_json(a);
	x = json_member(&object, n->key);
	*out = val_of(&x);
	return RES_TRUE;
}

/* --- arithmetic --- */

static int
modulo(struct expr_run *run, const struct val *a, const struct val *b, struct val *out)
{
	double x = val_number(a), y = val_number(b);

	/* -1 leaves no remainder; libjq 1.6 is killed by an infinite number modulo -1. */
	if (y > -2 && y <= -1) {
		*out = val_num(0);
		return RES_TRUE;
	}
	/* What does not fit a whole number is what the processor makes of it: libjq shall say. */
	if (!(fabs(x) < EXACT) || !(fabs(y) < EXACT))
		return RES_PUNT;
	if ((int64_t)y == 0)
		return err_values(
		    run, a, b, "cannot be divided (remainder) because the divisor is zero");
	*out = val_num((double)((int64_t)x % (int64_t)y));
	return RES_TRUE;
}

static int
arithmetic(struct expr_run *run, enum node_op op, const struct val *a, const struct val *b,
    struct val *out)
{
	double x = val_number(a), y = val_number(b);

	switch (op) {
	case N_ADD:
		*out = val_num(x + y);
		return RES_TRUE;
	case N_SUB:
		*out = val_num(x - y);
		return RES_TRUE;
	case N_MUL:
		*out = val_num(x * y);
		return RES_TRUE;
	case N_DIV:
		if (y == 0)
			return err_values(
			    run, a, b, "cannot be divided because the divisor is zero");
		*out = val_num(x / y);
		return RES_TRUE;
	default:
		return modulo(run, a, b, out);
	}
}

static int
join(struct expr_run *run, const struct val *a, const struct val *b, struct val *out)
{
	struct slice s, t;
	char *p;

	if (!val_text(run, a, &s) || !val_text(run, b, &t) || !(p = run_alloc(run, s.n + t.n + 1)))
		return RES_PUNT;
	memcpy(p, s.p, s.n);
	memcpy(p + s.n, t.p, t.n);
	*out = val_str((struct slice){p, s.n + t.n});
	return RES_TRUE;
}

/* Operands that do not go together.  jq also adds, subtracts and merges arrays and objects, repeats
 * and splits strings. */
static int
mismatch(struct expr_run *run, enum node_op op, const struct val *a, const struct val *b)
{
	static const char *const texts[] = {[N_ADD] = "cannot be added",
	    [N_SUB] = "cannot be subtracted",
	    [N_MUL] = "cannot be multiplied",
	    [N_DIV] = "cannot be divided",
	    [N_MOD] = "cannot be divided (remainder)"};

	if (a->type >= JSON_ARRAY || b->type >= JSON_ARRAY)
		return RES_PUNT;
	if (op != N_ADD && op != N_SUB && (a->type == JSON_STRING || b->type == JSON_STRING))
		return RES_PUNT;
	return err_values(run, a, b, texts[op]);
}

static int
calculate(struct expr_run *run, const struct node *n, const struct val *a, const struct val *b,
    struct val *out)
{
	if (a->type == JSON_NUMBER && b->type == JSON_NUMBER)
		return arithmetic(run, n->op, a, b, out);
	if (n->op == N_ADD && (a->type == JSON_NULL || b->type == JSON_NULL)) {
		*out = a->type == JSON_NULL ? *b : *a;
		return RES_TRUE;
	}
	if (n->op == N_ADD && a->type == JSON_STRING && b->type == JSON_STRING)
		return join(run, a, b, out);
	return mismatch(run, n->op, a, b);
}

/* --- comparison and containment --- */

static int
compare(struct expr_run *run, const struct node *n, const struct val *a, const struct val *b)
{
	int r, res = val_cmp(run, a, b, &r);

	if (res != RES_TRUE)
		return res;
	switch (n->op) {
	case N_EQ:
		return r == 0;
	case N_NE:
		return r != 0;
	case N_LT:
		return r < 0;
	case N_LE:
		return r <= 0;
	case N_GT:
		return r > 0;
	default:
		return r >= 0;
	}
}

static int
starts_ends(struct expr_run *run, const struct node *n, const struct val *a, const struct val *b)
{
	bool starts = n->op == N_STARTSWITH;
	struct slice s, t;

	if (a->type != JSON_STRING || b->type != JSON_STRING)
		return error(run, starts ? "startswith() requires string inputs"
					 : "endswith() requires string inputs");
	if (!val_text(run, a, &s) || !val_text(run, b, &t))
		return RES_PUNT;
	return starts ? slice_starts(s, t) : slice_ends(s, t);
}

static int
has(const struct val *a, const struct val *b, struct expr_run *run)
{
	struct json_value object;
	struct slice key;

	if (b->type != JSON_STRING || !val_text(run, b, &key))
		return RES_PUNT;
	if (a->type == JSON_NULL)
		return RES_FALSE;
	if (a->type != JSON_OBJECT) {
		err_set(run->err, SME_DATA, "Cannot check whether %s has a string key",
		    val_type_name(a));
		return RES_ERROR;
	}
	object = val_json(a);
	return json_member(&object, key).type != JSON_MISSING;
}

/* Of a string the byte, of an array the element where B stands first; null when nowhere. */
static int
index_of(struct expr_run *run, const struct val *a, const struct val *b, struct val *out)
{
	struct slice s, t;
	struct json_value array, x;
	struct json_iter it;
	ptrdiff_t at;
	double i = 0;

	*out = val_null();
	if (a->type == JSON_NULL)
		return RES_TRUE;
	if (!val_text(run, b, &t))
		return RES_PUNT;
	if (a->type == JSON_STRING) {
		if (!val_text(run, a, &s))
			return RES_PUNT;
		at = slice_find(s, t);
		if (at >= 0)
			*out = val_num((double)at);
		return RES_TRUE;
	}
	if (a->type != JSON_ARRAY)
		return RES_PUNT;
	array = val_json(a);
	for (it = json_each(&array); json_next(&it, NULL, &x); i++)
		if (json_is(&x, t)) {
			*out = val_num(i);
			return RES_TRUE;
		}
	return RES_TRUE;
}

int
expr_binary(struct expr_run *run, const struct node *n, const struct val *a, const struct val *b,
    struct val *out)
{
	int res;

	switch (n->op) {
	case N_ADD:
	case N_SUB:
	case N_MUL:
	case N_DIV:
	case N_MOD:
		return calculate(run, n, a, b, out);
	case N_INDEXOF:
		return index_of(run, a, b, out);
	case N_STARTSWITH:
	case N_ENDSWITH:
		res = starts_ends(run, n, a, b);
		break;
	case N_CONTAINS:
		res = a->type == b->type
		          ? val_contains(run, a, b)
		          : err_values(run, a, b, "cannot have their containment checked");
		break;
	case N_HAS:
		res = has(a, b, run);
		break;
	default:
		res = compare(run, n, a, b);
	}
	if (res > RES_TRUE)
		return res;
	*out = val_bool(res == RES_TRUE);
	return RES_TRUE;
}

/* --- functions without arguments --- */

static int
length(struct expr_run *run, const struct val *in, struct val *out)
{
	struct slice s;
	struct json_value array;
	struct json_iter it;
	double n = 0;

	switch (in->type) {
	case JSON_NULL:
		break;
	case JSON_NUMBER:
		n = fabs(val_number(in));
		break;
	case JSON_STRING:
		if (!val_text(run, in, &s))
			return RES_PUNT;
		for (size_t i = 0; i < s.n; i++)
			n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
		break;
	case JSON_ARRAY:
		array = val_json(in);
		for (it = json_each(&array); json_next(&it, NULL, &array);)
			n++;
		break;
	case JSON_OBJECT:
		return RES_PUNT;
	default:
		return err_value(run, "", in, " has no length");
	}
	*out = val_num(n);
	return RES_TRUE;
}

static int
change_case(struct expr_run *run, const struct node *n, const struct val *in, struct val *out)
{
	char first = n->op == N_DOWNCASE ? 'A' : 'a';
	struct slice s;
	char *p;

	if (in->type != JSON_STRING)
		return error(run, "explode input must be a string");
	if (!val_text(run, in, &s) || !(p = run_alloc(run, s.n + 1)))
		return RES_PUNT;
	for (size_t i = 0; i < s.n; i++)
		p[i] = (char)(s.p[i] >= first && s.p[i] <= first + 25 ? s.p[i] ^ 0x20 : s.p[i]);
	*out = val_str((struct slice){p, s.n});
	return RES_TRUE;
}

/* Short decimals are numbers to everyone; of what else jq takes libjq knows. */
static bool
is_decimal(struct slice s)
{
	size_t i = s.n && s.p[0] == '-', point = 0;

	if (i == s.n || s.n > 15 || s.p[s.n - 1] == '.' || s.p[i] == '.')
		return false;
	for (; i < s.n; i++) {
		point += s.p[i] == '.';
		if (s.p[i] != '.' && (s.p[i] < '0' || s.p[i] > '9'))
			return false;
	}
	return point <= 1;
}

static int
to_number(struct expr_run *run, const struct val *in, struct val *out)
{
	struct slice s;

	if (in->type == JSON_NUMBER) {
		*out = *in;
		return RES_TRUE;
	}
	if (in->type != JSON_STRING)
		return err_value(run, "", in, " cannot be parsed as a number");
	if (!val_text(run, in, &s) || !is_decimal(s))
		return RES_PUNT;
	*out = val_num(expr_number(s.p, s.n));
	return RES_TRUE;
}

static int
to_string(const struct val *in, struct val *out)
{
	struct slice s;

	if (in->type == JSON_STRING) {
		*out = *in;
		return RES_TRUE;
	}
	if (!val_plain(in, &s))
		return RES_PUNT;
	*out = val_str(s);
	return RES_TRUE;
}

int
expr_unary(struct expr_run *run, const struct node *n, const struct val *in, struct val *out)
{
	switch (n->op) {
	case N_NOT:
		*out = val_bool(!val_true(in));
		return RES_TRUE;
	case N_NEG:
		if (in->type != JSON_NUMBER)
			return err_value(run, "", in, " cannot be negated");
		*out = val_num(-val_number(in));
		return RES_TRUE;
	case N_TYPE:
		*out = val_str(slice_of(val_type_name(in)));
		return RES_TRUE;
	case N_LENGTH:
		return length(run, in, out);
	case N_DOWNCASE:
	case N_UPCASE:
		return change_case(run, n, in, out);
	case N_TONUMBER:
		return to_number(run, in, out);
	default: /* N_TOSTRING */
		return to_string(in, out);
	}
}
