/* What the files of the parser share. */
#ifndef SME_EXPR_PARSE_INT_H
#define SME_EXPR_PARSE_INT_H

#include "expr/expr_int.h"

struct parser {
	struct arena *a;
	const struct token *t; /* the next token */
	struct slice why;
	size_t at;
	bool failed;
	int depth;
	size_t nodes;
	size_t regexes;
};

/* Remember the first reason why this is not native; returns NULL. */
struct node *parse_fail(struct parser *p, const struct token *t, struct slice why);

struct node *node_new(struct parser *p, enum node_op op, struct node *a, struct node *b);
struct node *node_literal(struct parser *p, struct val v);

/* An expression of any precedence. */
struct node *parse_pipe(struct parser *p);

/* A name with its arguments; an array of literals. */
struct node *parse_call(struct parser *p);
struct node *parse_array(struct parser *p);

static inline bool
is_op(const struct token *t, const char *op)
{
	return t->kind == TOK_OP && slice_is(t->text, op);
}

static inline bool
is_ident(const struct token *t, const char *name)
{
	return t->kind == TOK_IDENT && slice_is(t->text, name);
}

static inline bool
take_op(struct parser *p, const char *op)
{
	if (!is_op(p->t, op))
		return false;
	p->t++;
	return true;
}

#endif
