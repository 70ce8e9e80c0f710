/* Functions and literal arrays of native conditions. */
#include "core/buf.h"
#include "expr/parse_int.h"

/* --- literal arrays --- */

/* A JSON number as jq's lexer takes it may also be "1." or ".5" or "007". */
static bool
json_spelled(struct slice s)
{
	size_t dot;

	if (s.p[0] == '.' || (s.n > 1 && s.p[0] == '0' && s.p[1] >= '0' && s.p[1] <= '9'))
		return false;
	for (dot = 0; dot < s.n && s.p[dot] != '.'; dot++)
		;
	return dot == s.n || (dot + 1 < s.n && s.p[dot + 1] >= '0' && s.p[dot + 1] <= '9');
}

static bool
put_literal(struct parser *p, struct buf *b, int depth)
{
	const struct token *t = p->t;

	if (take_op(p, "[")) {
		buf_addc(b, '[');
		if (!take_op(p, "]")) {
			do {
				if (b->p[b->n - 1] != '[')
					buf_addc(b, ',');
				if (depth > 20 || !put_literal(p, b, depth + 1))
					return false;
			} while (take_op(p, ","));
			if (!take_op(p, "]"))
				return false;
		}
		buf_addc(b, ']');
		return true;
	}
	p->t++;
	if (t->kind == TOK_NUMBER && json_spelled(t->text))
		buf_adds(b, t->text);
	else if (t->kind == TOK_STRING)
		json_put_string(b, t->text);
	else if (is_ident(t, "null") || is_ident(t, "true") || is_ident(t, "false"))
		buf_adds(b, t->text);
	else
		return false;
	return true;
}

struct node *
parse_array(struct parser *p)
{
	const struct token *start = p->t;
	struct buf b = BUF_INIT;
	struct node *n = NULL;
	char *text;

	if (put_literal(p, &b, 0)) {
		text = arena_zalloc(p->a, b.n + SCAN_PADDING);
		memcpy(text, b.p, b.n);
		n = node_literal(
		    p, (struct val){.type = JSON_ARRAY, .form = VAL_RAW, .p = text, .n = b.n});
	} else {
		parse_fail(p, start, SLICE("an array that is not made of literals"));
	}
	buf_release(&b);
	return n;
}

/* --- functions --- */

static const struct func {
	const char *name;
	enum node_op op;
	int args;
} funcs[] = {
    {"not", N_NOT, 0},
    {"empty", N_EMPTY, 0},
    {"type", N_TYPE, 0},
    {"length", N_LENGTH, 0},
    {"ascii_downcase", N_DOWNCASE, 0},
    {"ascii_upcase", N_UPCASE, 0},
    {"tonumber", N_TONUMBER, 0},
    {"tostring", N_TOSTRING, 0},
    {"any", N_ANY, 0},
    {"all", N_ALL, 0},
    {"any", N_ANY, 1},
    {"all", N_ALL, 1},
    {"any", N_ANY, 2},
    {"all", N_ALL, 2},
    {"select", N_SELECT, 1},
    {"startswith", N_STARTSWITH, 1},
    {"endswith", N_ENDSWITH, 1},
    {"contains", N_CONTAINS, 1},
    {"has", N_HAS, 1},
    {"index", N_INDEXOF, 1},
    {"test", N_TEST, 1},
    {"test", N_TEST, 2},
    {"IN", N_IN, 1},
    {"IN", N_IN2, 2},
    {NULL, N_DOT, 0},
};

static bool
is_text(const struct node *n)
{
	return n->op == N_LIT && n->lit.type == JSON_STRING;
}

static struct node *
make_test(struct parser *p, const struct token *t, struct node *re, struct node *mods)
{
	struct node *n;

	if (!is_text(re) || (mods && !is_text(mods) && mods->lit.type != JSON_NULL))
		return parse_fail(p, t, SLICE("test() with something else than literal strings"));
	n = node_new(p, N_TEST, NULL, NULL);
	n->key = (struct slice){re->lit.p, re->lit.n};
	if (mods && is_text(mods))
		n->mods = (struct slice){mods->lit.p, mods->lit.n};
	n->regex = p->regexes++;
	n->needles = needles_of(p->a, n->key, n->mods);
	return n;
}

/* any and all go over a generator with a condition; the short forms leave out one or both. */
static struct node *
make_any(struct parser *p, enum node_op op, struct node *gen, struct node *cond, int args)
{
	struct node *n;

	if (args < 2) {
		cond = args ? gen : node_new(p, N_DOT, NULL, NULL);
		gen = node_new(p, N_ITER, node_new(p, N_DOT, NULL, NULL), NULL);
		gen->multi = true;
	}
	n = node_new(p, op, gen, cond);
	n->multi = false;
	return n;
}

static struct node *
make_call(struct parser *p, const struct token *t, const struct func *f, struct node **arg)
{
	struct node *n;

	switch (f->op) {
	case N_TEST:
		return make_test(p, t, arg[0], arg[1]);
	case N_ANY:
	case N_ALL:
		if (f->args && arg[f->args - 1]->multi)
			return parse_fail(
			    p, t, SLICE("any() or all() whose condition has several outputs"));
		return make_any(p, f->op, arg[0], arg[1], f->args);
	case N_INDEXOF:
		if (!is_text(arg[0]) || !arg[0]->lit.n)
			return parse_fail(
			    p, t, SLICE("index() with something else than a literal string"));
		break;
	default:
		break;
	}
	n = node_new(p, f->op, arg[0], arg[1]);
	if (f->op == N_IN || f->op == N_IN2)
		n->multi = false;
	return n;
}

struct node *
parse_call(struct parser *p)
{
	const struct token *t = p->t++;
	struct node *arg[2] = {NULL, NULL};
	int args = 0;

	if (take_op(p, "(")) {
		do {
			if (args == 2)
				return parse_fail(p, t, SLICE("a function of that many arguments"));
			arg[args] = parse_pipe(p);
			if (!arg[args++])
				return NULL;
		} while (take_op(p, ";"));
		if (!take_op(p, ")"))
			return parse_fail(p, p->t, SLICE("what stands behind an argument"));
	}
	for (const struct func *f = funcs; f->name; f++)
		if (args == f->args && slice_is(t->text, f->name))
			return make_call(p, t, f, arg);
	return parse_fail(p, t, t->text);
}
