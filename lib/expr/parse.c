/*
 * The native part of the jq language, after the grammar of jq 1.6 with its precedences: | , // or
 * and (comparison, not associative) + - * / %.  What is not in it ends the parse with a reason;
 * then libjq decides whether it is jq at all, so nothing here reports a syntax error.
 */
#include "expr/parse_int.h"

static struct node *parse_mul(struct parser *p);

struct node *
parse_fail(struct parser *p, const struct token *t, struct slice why)
{
	if (!p->failed) {
		p->failed = true;
		p->why = why;
		p->at = t->at;
	}
	return NULL;
}

/* One more level of recursion; whoever comes back subtracts it. */
static bool
deeper(struct parser *p)
{
	if (++p->depth > EXPR_DEPTH_MAX)
		parse_fail(p, p->t, SLICE("an expression nested this deeply"));
	return !p->failed;
}

struct node *
node_new(struct parser *p, enum node_op op, struct node *a, struct node *b)
{
	struct node *n = arena_zalloc(p->a, sizeof *n);

	if (++p->nodes > EXPR_NODES_MAX)
		parse_fail(p, p->t, SLICE("an expression of this length"));
	n->op = op;
	n->a = a;
	n->b = b;
	n->multi = (a && a->multi) || (b && b->multi);
	return n;
}

struct node *
node_literal(struct parser *p, struct val v)
{
	struct node *n = node_new(p, N_LIT, NULL, NULL);

	n->lit = v;
	return n;
}

/* --- terms --- */

static struct node *
parse_if(struct parser *p)
{
	struct node *cond, *yes, *no, *n;

	p->t++;
	cond = parse_pipe(p);
	if (!cond || !is_ident(p->t, "then"))
		return parse_fail(p, p->t, SLICE("this form of if"));
	p->t++;
	yes = parse_pipe(p);
	if (!yes)
		return NULL;
	if (is_ident(p->t, "elif")) {
		no = deeper(p) ? parse_if(p) : NULL;
		p->depth--;
	} else {
		if (!is_ident(p->t, "else"))
			return parse_fail(p, p->t, SLICE("this form of if"));
		p->t++;
		no = parse_pipe(p);
		if (no && !is_ident(p->t, "end"))
			return parse_fail(p, p->t, SLICE("this form of if"));
		p->t++;
	}
	if (!no)
		return NULL;
	n = node_new(p, N_IF, cond, yes);
	n->c = no;
	n->multi |= no->multi;
	return n;
}

static struct node *
parse_word(struct parser *p)
{
	static const char *const keywords[] = {"def", "reduce", "foreach", "try", "catch", "label",
	    "import", "include", "module", "as", "and", "or", "then", "elif", "else", "end",
	    "__loc__", NULL};
	const struct token *t = p->t;

	for (size_t i = 0; keywords[i]; i++)
		if (is_ident(t, keywords[i]))
			return parse_fail(p, t, t->text);
	if (is_op(t + 1, "("))
		return parse_call(p);
	if (is_ident(t, "null") || is_ident(t, "true") || is_ident(t, "false")) {
		p->t++;
		return node_literal(
		    p, is_ident(t, "null") ? val_null() : val_bool(is_ident(t, "true")));
	}
	return parse_call(p);
}

static struct node *
member(struct parser *p, struct node *of, struct slice key)
{
	struct node *n = node_new(p, N_FIELD, of, NULL);

	n->key = key;
	n->opt = take_op(p, "?");
	return n;
}

/* What follows a "[" behind a term: nothing, a string or a whole number. */
static struct node *
parse_bracket(struct parser *p, struct node *of)
{
	const struct token *t = p->t;
	struct node *n;
	double x;
	bool minus;

	if (take_op(p, "]")) {
		n = node_new(p, N_ITER, of, NULL);
		n->multi = true;
		n->opt = take_op(p, "?");
		return n;
	}
	if (t->kind == TOK_STRING && is_op(t + 1, "]")) {
		p->t += 2;
		return member(p, of, t->text);
	}
	minus = take_op(p, "-");
	if (p->t->kind != TOK_NUMBER || !is_op(p->t + 1, "]"))
		return parse_fail(p, t, SLICE("a computed index or a slice"));
	x = expr_number(p->t->text.p, p->t->text.n);
	if (x != (double)(int)(x < 1e9 ? x : 0))
		return parse_fail(p, t, SLICE("an index that is not a whole number"));
	p->t += 2;
	n = node_new(p, N_INDEX, of, NULL);
	n->lit = val_num(minus ? -x : x);
	n->opt = take_op(p, "?");
	return n;
}

static struct node *
parse_dot(struct parser *p)
{
	const struct token *t = p->t;
	struct node *dot = node_new(p, N_DOT, NULL, NULL);

	p->t++;
	if (t->kind == TOK_FIELD)
		return member(p, dot, t->text);
	if (p->t->kind != TOK_STRING)
		return dot;
	p->t++;
	return member(p, dot, p->t[-1].text);
}

static struct node *
parse_primary(struct parser *p)
{
	const struct token *t = p->t;
	struct node *n;

	switch (t->kind) {
	case TOK_FIELD:
		return parse_dot(p);
	case TOK_NUMBER:
		p->t++;
		return node_literal(p, val_num(expr_number(t->text.p, t->text.n)));
	case TOK_STRING:
		p->t++;
		return node_literal(p, val_str(t->text));
	case TOK_IDENT:
		return parse_word(p);
	case TOK_ODD:
		return parse_fail(p, t, SLICE("a string with interpolation or odd escapes"));
	case TOK_FORMAT:
		return parse_fail(p, t, t->text);
	case TOK_BAD:
	case TOK_END:
		return parse_fail(p, t, SLICE("the end of the condition"));
	case TOK_OP:
		break;
	}
	if (is_op(t, "."))
		return parse_dot(p);
	if (is_op(t, "["))
		return parse_array(p);
	if (take_op(p, "(")) {
		n = parse_pipe(p);
		if (n && !take_op(p, ")"))
			return parse_fail(p, p->t, SLICE("what stands in parentheses"));
		return n;
	}
	if (is_op(t, "$"))
		return parse_fail(p, t, SLICE("a variable"));
	return parse_fail(p, t, is_op(t, "{") ? SLICE("an object") : t->text);
}

/* N is complete: what may not follow it natively? */
static struct node *
unsuffixed(struct parser *p, struct node *n)
{
	/* "?" behind a whole expression also catches what goes wrong later, in jq 1.6. */
	if (n && (is_op(p->t, "?") || is_op(p->t, "?//")))
		return parse_fail(p, p->t, SLICE("the operator ? behind a whole expression"));
	if (n && is_ident(p->t, "as"))
		return parse_fail(p, p->t, SLICE("a variable (as)"));
	return n;
}

static struct node *
parse_term(struct parser *p)
{
	struct node *n;

	if (take_op(p, "-")) {
		n = deeper(p) ? parse_mul(p) : NULL;
		p->depth--;
		if (n && n->op == N_LIT && n->lit.type == JSON_NUMBER)
			return node_literal(p, val_num(-n->lit.num));
		return n ? node_new(p, N_NEG, n, NULL) : NULL;
	}
	/* In jq 1.6 nothing can stand behind the "end" of an if but an operator. */
	if (is_ident(p->t, "if"))
		return unsuffixed(p, parse_if(p));
	n = parse_primary(p);
	while (n) {
		if (p->t->kind == TOK_FIELD) {
			p->t++;
			n = member(p, n, p->t[-1].text);
		} else if (is_op(p->t, ".") && p->t[1].kind == TOK_STRING) {
			p->t += 2;
			n = member(p, n, p->t[-1].text);
		} else if (take_op(p, "[")) {
			n = parse_bracket(p, n);
		} else {
			break;
		}
	}
	return unsuffixed(p, n);
}

/* --- operators --- */

struct binop {
	const char *text;
	enum node_op op;
};

static const struct binop *
find_op(const struct parser *p, const struct binop *ops)
{
	for (; ops->text; ops++)
		if (p->t->kind == TOK_OP && slice_is(p->t->text, ops->text))
			return ops;
	return NULL;
}

/* jq computes constants when it compiles, and then calls 1/0 an error of syntax. */
static struct node *
arithmetic(struct parser *p, enum node_op op, struct node *l, struct node *r)
{
	if (!r)
		return NULL;
	if (l->op == N_LIT && r->op == N_LIT)
		return parse_fail(p, p->t - 1, SLICE("arithmetic with constants alone"));
	return node_new(p, op, l, r);
}

static struct node *
parse_mul(struct parser *p)
{
	static const struct binop ops[] = {{"*", N_MUL}, {"/", N_DIV}, {"%", N_MOD}, {NULL, N_DOT}};
	struct node *n = parse_term(p);
	const struct binop *o;

	while (n && (o = find_op(p, ops))) {
		p->t++;
		n = arithmetic(p, o->op, n, parse_term(p));
	}
	return n;
}

static struct node *
parse_add(struct parser *p)
{
	static const struct binop ops[] = {{"+", N_ADD}, {"-", N_SUB}, {NULL, N_DOT}};
	struct node *n = parse_mul(p);
	const struct binop *o;

	while (n && (o = find_op(p, ops))) {
		p->t++;
		n = arithmetic(p, o->op, n, parse_mul(p));
	}
	return n;
}

static struct node *
parse_compare(struct parser *p)
{
	static const struct binop ops[] = {{"==", N_EQ}, {"!=", N_NE}, {"<", N_LT}, {"<=", N_LE},
	    {">", N_GT}, {">=", N_GE}, {NULL, N_DOT}};
	struct node *n = parse_add(p), *r;
	const struct binop *o = n ? find_op(p, ops) : NULL;

	if (!o)
		return n;
	p->t++;
	r = parse_add(p);
	if (r && find_op(p, ops))
		return parse_fail(p, p->t, SLICE("a comparison of a comparison"));
	return r ? node_new(p, o->op, n, r) : NULL;
}

static struct node *
parse_and(struct parser *p)
{
	struct node *n = parse_compare(p), *r;

	while (n && is_ident(p->t, "and")) {
		p->t++;
		r = parse_compare(p);
		n = r ? node_new(p, N_AND, n, r) : NULL;
	}
	return n;
}

static struct node *
parse_or(struct parser *p)
{
	struct node *n = parse_and(p), *r;

	while (n && is_ident(p->t, "or")) {
		p->t++;
		r = parse_and(p);
		n = r ? node_new(p, N_OR, n, r) : NULL;
	}
	return n;
}

static struct node *
parse_alt(struct parser *p)
{
	struct node *n = parse_or(p), *r;

	if (!n || !is_op(p->t, "//"))
		return n;
	if (!deeper(p))
		return NULL;
	p->t++;
	r = parse_alt(p);
	p->depth--;
	return r ? node_new(p, N_ALT, n, r) : NULL;
}

static struct node *
parse_comma(struct parser *p)
{
	struct node *n = parse_alt(p), *r;

	while (n && take_op(p, ",")) {
		r = parse_alt(p);
		n = r ? node_new(p, N_COMMA, n, r) : NULL;
		if (n)
			n->multi = true;
	}
	return n;
}

struct node *
parse_pipe(struct parser *p)
{
	struct node *n, *r;

	if (!deeper(p))
		return NULL;
	n = parse_comma(p);
	if (n && take_op(p, "|")) {
		r = parse_pipe(p);
		n = r ? node_new(p, N_PIPE, n, r) : NULL;
	}
	p->depth--;
	return n;
}

void
expr_parse(struct arena *a, struct slice text, struct parsed *out)
{
	size_t count;
	struct parser p = {.a = a, .t = expr_lex(a, text, &count)};
	struct node *n;

	if (p.t->kind == TOK_END)
		n = node_new(&p, N_DOT, NULL, NULL);
	else
		n = parse_pipe(&p);
	if (p.failed)
		n = NULL;
	if (n && p.t->kind != TOK_END)
		n = parse_fail(&p, p.t,
		    p.t->kind == TOK_OP || p.t->kind == TOK_IDENT ? p.t->text : SLICE("this"));
	*out = (struct parsed){.root = n, .regexes = p.regexes, .why = p.why, .at = p.at};
}
