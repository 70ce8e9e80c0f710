/* The words of a text in the jq language, and those that tie it to more than its input. */
#ifndef SME_EXPR_LEX_H
#define SME_EXPR_LEX_H

#include "core/arena.h"
#include "core/slice.h"

enum tok_kind {
	TOK_END,
	TOK_FIELD, /* .name; text is the name */
	TOK_NUMBER,
	TOK_STRING, /* text is decoded */
	TOK_ODD,    /* for libjq to judge: interpolation, odd escapes, numbers like 1.2.3 */
	TOK_IDENT,  /* keywords too */
	TOK_FORMAT, /* @name */
	TOK_OP,     /* text is the operator as written */
	TOK_BAD     /* no token; text says why */
};

struct token {
	enum tok_kind kind;
	size_t at, n; /* in the condition's text */
	struct slice text;
};

/* Cut TEXT into tokens, the last one TOK_END or TOK_BAD.  Memory is A's. */
struct token *expr_lex(struct arena *a, struct slice text, size_t *count);

/* A word that ties a text to more than its input, such as `now`. */
struct refused {
	const char *name, *why; /* why: "the clock" */
	size_t at;              /* in the text, in bytes */
};

/* Is there one in TEXT, inside of strings with \( ) too?  Then WHICH tells the first. */
bool expr_find_refused(struct slice text, struct refused *which);

/* The line and the column, both from 1, of the byte AT. */
void expr_place(struct slice text, size_t at, size_t *line, size_t *column);

#endif
