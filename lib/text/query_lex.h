/* Private to the queries: the query language in pieces, and its errors. */
#ifndef SME_TEXT_QUERY_LEX_H
#define SME_TEXT_QUERY_LEX_H

#include "text/query_local.h"

enum token_kind {
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_NEAR,
	TOKEN_FIELD, /* "author:" and the like; its value follows */
	TOKEN_PHRASE,
	TOKEN_WORD /* what stands between spaces */
};

/* How words are to be taken: plainly, as the value of a field (enum term_field), or as one of
 * these. */
enum {
	VALUE_WORDS, /* no field */
	VALUE_RAW = 32,
	VALUE_KEYWORD, /* words without operators */
	VALUE_PART,
	VALUE_LIST, /* the value is the name of a file */
	VALUE_STEM  /* and the number of the language */
};

struct token {
	enum token_kind kind;
	size_t at, end;     /* in the query */
	struct slice value; /* of a phrase or word */
	uint8_t field;
	uint16_t n;
	bool ordered;
};

struct parser {
	struct query_set *set;
	struct slice text;
	struct token token; /* the next one */
	size_t at;          /* behind it */
	size_t done;        /* where the token before it ended */
	size_t clause;      /* where the clause at hand begins, its field included */
	int depth;
	size_t terms;
	const struct list_file *list; /* the file that TEXT is a line of, or NULL */
	struct sme_err *err;
};

/* An error at the byte AT of the query; returns -1. */
int query_fail(struct parser *p, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Read the next token into p->token. */
int query_advance(struct parser *p);

/* Read the value of a field: everything up to a space, what is an operator elsewhere as well. */
int query_advance_value(struct parser *p);

/* query_leaf.c: add the one node that VALUE, which stands at AT, is. */
int query_add_leaf(struct parser *p, uint8_t mode, struct slice value, size_t at);

/* query_list.c: add the node of the list in the file named by VALUE. */
int query_add_list(struct parser *p, uint8_t mode, struct slice value, size_t at);

struct node *query_push(struct parser *p, enum node_op op, uint32_t arg);

/* The next token for a message, quoted. */
const char *query_token_name(const struct parser *p, char out[64]);

#endif
