/*
 * Mistakes that jq takes for programs: `.a = 1`, which makes a new event, and that is always true; an
 * expression that is none, which only shows where it is reached.  A rule with one never does what was meant.
 */
#include "expr/expr_int.h"

/* The place of the argument of the test() that is number K in the text. */
static size_t
test_place(const struct token *t, size_t k)
{
	for (; t->kind != TOK_END && t->kind != TOK_BAD; t++)
		if (t->kind == TOK_IDENT && slice_is(t->text, "test") && t[1].kind == TOK_OP &&
		    slice_is(t[1].text, "(") && k-- == 0)
			return t[2].at;
	return 0;
}

static int
check_regexes(const struct expr *e, const struct node *n, const struct token *t, struct sme_err *err)
{
	char why[sizeof err->text];

	if (n->op == N_TEST && expr_check_regex(n, err) < 0) {
		memcpy(why, err->text, sizeof why);
		return expr_err_at(err, e->text, test_place(t, n->regex), "%s", why);
	}
	if (n->a && check_regexes(e, n->a, t, err) < 0)
		return -1;
	if (n->b && check_regexes(e, n->b, t, err) < 0)
		return -1;
	return n->c ? check_regexes(e, n->c, t, err) : 0;
}

static bool
is_one_of(struct slice s, const char *const *words)
{
	while (*words && !slice_is(s, *words))
		words++;
	return *words != NULL;
}

/* test(3), which is an error whatever the event, and so never holds. */
static int
check_argument(const struct expr *e, const struct token *t, struct sme_err *err)
{
	static const char *const functions[] = {"contains", "endswith", "match", "startswith", "test", NULL};
	static const char *const values[] = {"false", "null", "true", NULL};

	if (t->kind != TOK_IDENT || !is_one_of(t->text, functions) || t[1].kind != TOK_OP || !slice_is(t[1].text, "(") ||
	    (t[2].kind != TOK_NUMBER && (t[2].kind != TOK_IDENT || !is_one_of(t[2].text, values))) ||
	    t[3].kind != TOK_OP || !slice_is(t[3].text, ")"))
		return 0;
	return expr_err_at(err, e->text, t[2].at, "%.*s looks for a text in double quotes", SLICE_ARG(t->text));
}

int
expr_check(const struct expr *e, struct sme_err *err)
{
	struct arena a = ARENA_INIT;
	size_t count;
	const struct token *t = expr_lex(&a, e->text, &count);
	int r = 0;

	if (t->kind == TOK_END)
		r = expr_err_at(err, e->text, 0, "there is no condition, and so it would always hold; for that, write true");
	for (size_t i = 0; r == 0 && i < count; i++)
		if (t[i].kind == TOK_OP && slice_is(t[i].text, "="))
			r = expr_err_at(err, e->text, t[i].at, "\"=\" changes the event; to compare, write \"==\"");
		else
			r = check_argument(e, &t[i], err);
	if (r == 0 && e->root)
		r = check_regexes(e, e->root, t, err);
	arena_release(&a);
	return r;
}

struct expr *
expr_compile_checked(const char *text, struct scan_plan *plan, struct sme_err *err)
{
	struct expr *e = expr_compile(text, plan, err);

	if (!e || expr_check(e, err) == 0)
		return e;
	expr_free(e);
	return NULL;
}
