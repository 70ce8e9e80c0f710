/*
 * What only the room may see: the parsed condition, the values it computes with, and the two
 * evaluators.  Four things can come out of evaluating one node; PUNT is the native evaluator saying
 * that this event is too odd for it, so that libjq decides.
 */
#ifndef SME_EXPR_EXPR_INT_H
#define SME_EXPR_EXPR_INT_H

#include <jq.h>
#include <oniguruma.h>
#include <stdatomic.h>

#include "core/arena.h"
#include "core/map.h"
#include "expr/expr.h"
#include "expr/lex.h"
#include "expr/needle.h"

/* A longer condition is refused. */
#define EXPR_TEXT_MAX ((size_t)64 << 10)
/* Parentheses, brackets and pipes inside each other in a native condition. */
#define EXPR_DEPTH_MAX 100
/* The nodes of a native condition; a chain of operators is evaluated recursively. */
#define EXPR_NODES_MAX 4000
/* For libjq, which compiles recursively and without a bound. */
#define EXPR_NEST_MAX 250
#define EXPR_TOKENS_MAX 8192
/* Decoded and joined strings of one event; what needs more goes to libjq. */
#define EXPR_SCRATCH_MAX ((size_t)64 << 20)

/* --- refuse.c --- */

/* Refuse what a condition must not do, such as reading further input.  Returns -1 with ERR set. */
int expr_refuse(struct slice text, struct sme_err *err);

/* Set ERR to "condition:LINE:COLUMN: WHY"; returns -1. */
int expr_err_at(struct sme_err *err, struct slice text, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* --- lex.c --- */

/* How long the UTF-8 character at I is; 0 when there is none. */
size_t utf8_length(struct slice s, size_t i);

/* --- values --- */

enum val_form {
	VAL_RAW,  /* p, n: JSON text */
	VAL_TEXT, /* p, n: the bytes of a string */
	VAL_NUM   /* num */
};

struct val {
	uint8_t type; /* enum json_type, never JSON_MISSING; the order is jq's order of types */
	uint8_t form;
	bool escaped; /* VAL_RAW string with a backslash */
	const char *p;
	size_t n;
	double num;
};

enum {
	RES_FALSE,
	RES_TRUE, /* for a value: there is one */
	RES_EMPTY,
	RES_ERROR, /* run->err has jq's message */
	RES_PUNT,
	RES_STOP /* only from a sink: it has seen enough */
};

/* --- parse.c --- */

enum node_op {
	N_DOT,
	N_LIT,
	N_PATH,  /* a chain of members from the top of the event, by way of the scan plan */
	N_FIELD, /* a . key */
	N_INDEX, /* a [number] */
	N_ITER,  /* a [] */
	N_PIPE,
	N_COMMA,
	N_ALT,
	N_OR,
	N_AND,
	N_EQ,
	N_NE,
	N_LT,
	N_LE,
	N_GT,
	N_GE,
	N_ADD,
	N_SUB,
	N_MUL,
	N_DIV,
	N_MOD,
	N_NEG,
	N_IF,
	N_NOT,
	N_EMPTY,
	N_SELECT,
	N_TYPE,
	N_LENGTH,
	N_DOWNCASE,
	N_UPCASE,
	N_TONUMBER,
	N_TOSTRING,
	N_STARTSWITH,
	N_ENDSWITH,
	N_CONTAINS,
	N_HAS,
	N_INDEXOF, /* index("text") */
	N_TEST,
	N_IN,
	N_IN2,
	N_ANY,
	N_ALL
};

/* One member of a chain: its name, where the plan has it, and whether "?" stands behind it. */
struct step {
	struct slice key;
	int index;
	bool opt;
};

struct node {
	enum node_op op;
	bool multi;    /* may give more than one output */
	bool opt;      /* "?" behind .key, [number] or [] */
	bool path_lit; /* N_PATH compared with a literal, or that it contains it: the fast cases */
	struct node *a, *b, *c;
	struct slice key;  /* N_FIELD; N_TEST: the expression */
	struct slice mods; /* N_TEST: the letters; p == NULL: none given */
	struct val lit;    /* N_LIT; the number of N_INDEX */
	struct step *steps; /* N_PATH, and N_HAS of the event itself */
	size_t n_steps;
	size_t regex; /* N_TEST: which of the run's */
	const struct needles *needles; /* N_TEST: NULL: there are none */
};

struct parsed {
	struct node *root;
	size_t regexes;
	struct slice why; /* when root is NULL: what is not native */
	size_t at;        /* and where it stands */
};

void expr_parse(struct arena *a, struct slice text, struct parsed *p);

/* Turn chains of members into N_PATH and ask PLAN for them. */
void expr_plan(struct arena *a, struct node *root, struct scan_plan *plan);

/* --- expr.c --- */

struct expr {
	struct arena arena;
	struct slice text;
	struct node *root; /* NULL: libjq decides everything */
	size_t regexes;
	struct slice why; /* libjq: the construct that needs it */
	size_t why_at;
	_Atomic(jq_state *) spare; /* compiled to check the syntax; the first run takes it */
};

struct chunk {
	struct chunk *next;
	size_t used, cap;
	char bytes[];
};

struct expr_run {
	const struct expr *e;
	const struct json_value *values;
	struct sme_err *err;
	struct val root;
	regex_t **regexes;    /* compiled when first used */
	struct chunk *chunks; /* the newest first */
	size_t chunk_bytes;
	struct buf decode;
	jq_state *jq; /* started when first needed */
	struct buf jq_message;
};

/* As expr_compile, but libjq evaluates everything: for comparing the two. */
struct expr *expr_compile_libjq(const char *text, struct sme_err *err);

/* As expr_eval, for a native condition without libjq behind it: RES_TRUE, RES_FALSE, RES_ERROR, or
 * RES_PUNT for an event that it leaves to libjq. */
int expr_eval_native(const struct expr *e, struct expr_run *run, struct slice line,
    const struct json_value *values, struct sme_err *err);

/* --- eval.c, each.c, func.c --- */

/* One output at most: the value of a node that is not multi. */
int expr_value(struct expr_run *run, const struct node *n, const struct val *in, struct val *out);
/* The same where only truth counts. */
int expr_truth(struct expr_run *run, const struct node *n, const struct val *in);

/* Where outputs go; returns RES_TRUE for more, RES_STOP, RES_ERROR or RES_PUNT to end it. */
struct sink {
	int (*put)(struct sink *s, struct expr_run *run, const struct val *v);
};

/* All outputs of any node, in jq's order.  RES_TRUE when it came to the end. */
int expr_each(struct expr_run *run, const struct node *n, const struct val *in, struct sink *s);

/* any, all and IN: RES_FALSE, RES_TRUE or worse. */
int expr_any(struct expr_run *run, const struct node *n, const struct val *in);
int expr_all(struct expr_run *run, const struct node *n, const struct val *in);
int expr_in(struct expr_run *run, const struct node *n, const struct val *in);

/* One binary operator or function on ready values: comparison, arithmetic, contains and so on. */
int expr_binary(struct expr_run *run, const struct node *n, const struct val *a,
    const struct val *b, struct val *out);
/* The functions without arguments, and N_TEST. */
int expr_unary(struct expr_run *run, const struct node *n, const struct val *in, struct val *out);
/* Member, element: A's part that N names. */
int expr_part(struct expr_run *run, const struct node *n, const struct val *a, struct val *out);
int expr_path(struct expr_run *run, const struct node *n, struct val *out);
int expr_test(struct expr_run *run, const struct node *n, const struct val *in);

/* --- regex.c, check.c --- */

/* Can the expression of the N_TEST be used at all?  0, or -1 with ERR. */
int expr_check_regex(const struct node *n, struct sme_err *err);
int expr_check(const struct expr *e, struct sme_err *err);

/* --- val.c --- */

struct val val_of(const struct json_value *v);
struct json_value val_json(const struct val *v); /* VAL_RAW only */
double val_number(const struct val *v);
double expr_number(const char *p, size_t n); /* raw text of a JSON number */
/* The bytes of a string; false when they do not fit. */
bool val_text(struct expr_run *run, const struct val *v, struct slice *out);
/* *R <0, 0, >0 in jq's order. Returns RES_TRUE or RES_PUNT. */
int val_cmp(struct expr_run *run, const struct val *a, const struct val *b, int *r);
int num_cmp(double a, double b);
/* RES_FALSE, RES_TRUE or RES_PUNT. */
int val_contains(struct expr_run *run, const struct val *a, const struct val *b);
const char *val_type_name(const struct val *v);

static inline struct val
val_bool(bool b)
{
	return (struct val){.type = b ? JSON_TRUE : JSON_FALSE, .form = VAL_RAW};
}

static inline struct val
val_null(void)
{
	return (struct val){.type = JSON_NULL, .form = VAL_RAW};
}

static inline struct val
val_num(double x)
{
	return (struct val){.type = JSON_NUMBER, .form = VAL_NUM, .num = x};
}

static inline struct val
val_str(struct slice s)
{
	return (struct val){.type = JSON_STRING, .form = VAL_TEXT, .p = s.p, .n = s.n};
}

static inline bool
val_true(const struct val *v)
{
	return v->type > JSON_FALSE;
}

/* V as jq prints it, when that is plainly its raw text. */
bool val_plain(const struct val *v, struct slice *out);

/* RES_ERROR with jq's message that shows one value or two; RES_PUNT when libjq must print them. */
int err_value(struct expr_run *run, const char *before, const struct val *v, const char *behind);
int err_values(struct expr_run *run, const struct val *v, const struct val *w, const char *behind);

/* Scratch memory of one event; NULL when there would be too much. */
void *run_alloc(struct expr_run *run, size_t n);

struct scratch_mark {
	struct chunk *chunk;
	size_t used;
};

struct scratch_mark run_mark(const struct expr_run *run);
void run_reset(struct expr_run *run, struct scratch_mark mark);

/* --- libjq.c --- */

/* A jq_state with TEXT compiled; NULL with ERR set (the message of libjq, the place found). */
jq_state *jq_open(struct slice text, struct sme_err *err);
enum expr_result jq_eval(struct expr_run *run, const struct val *event, struct sme_err *err);

/* --- jvbuild.c --- */

/* The value V as libjq has it.  Unlike jv_parse it takes every event that the scanner takes. */
jv jv_from_json(const struct json_value *v, struct buf *scratch);

#endif
