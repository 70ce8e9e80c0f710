/*
 * What jq offers and a condition may not do.  The answer depends on the event alone: not on the
 * environment, the clock or other input; and a condition neither prints nor ends the tool.
 */
#include <stdio.h>

#include "expr/expr_int.h"

static const struct refused words[] = {
    {"ENV", "the environment", 0},
    {"debug", "printing", 0},
    {"env", "the environment", 0},
    {"get_search_list", "files", 0},
    {"halt", "ending the tool", 0},
    {"halt_error", "ending the tool", 0},
    {"import", "files", 0},
    {"include", "files", 0},
    {"input", "further input", 0},
    {"input_filename", "further input", 0},
    {"input_line_number", "further input", 0},
    {"inputs", "further input", 0},
    {"localtime", "the time zone of the machine", 0},
    {"modulemeta", "files", 0},
    {"now", "the clock", 0},
    {"stderr", "printing", 0},
    {"strflocaltime", "the time zone of the machine", 0},
    {NULL, NULL, 0},
};

void
expr_place(struct slice text, size_t at, size_t *line, size_t *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < at && i < text.n; i++) {
		++*column;
		if (text.p[i] == '\n') {
			++*line;
			*column = 1;
		}
	}
}

int
expr_err_at(struct sme_err *err, struct slice text, size_t at, const char *fmt, ...)
{
	char why[sizeof err->text];
	size_t line, column;
	va_list ap;

	expr_place(text, at, &line, &column);
	va_start(ap, fmt);
	vsnprintf(why, sizeof why, fmt, ap);
	va_end(ap);
	return err_set(err, SME_USAGE, "condition:%zu:%zu: %s", line, column, why);
}

static bool
is_op(const struct token *t, const char *op)
{
	return t->kind == TOK_OP && slice_is(t->text, op);
}

/* The brackets that are open, up to a depth that nobody needs. */
struct brackets {
	char open[EXPR_NEST_MAX];
	size_t n;
};

static void
track(struct brackets *b, const struct token *t)
{
	if (t->kind != TOK_OP)
		return;
	if (strchr("([{", *t->text.p)) {
		if (b->n < sizeof b->open)
			b->open[b->n] = *t->text.p;
		b->n++;
	} else if (strchr(")]}", *t->text.p) && b->n) {
		b->n--;
	}
}

/* Is the word at T a key of an object under construction, as in {input: 1}?  A slice has a ":" too.
 */
static bool
is_key(const struct brackets *b, const struct token *t)
{
	return is_op(t + 1, ":") && b->n && b->n <= sizeof b->open && b->open[b->n - 1] == '{';
}

static const struct token *
find_refused(const struct token *t, const struct refused **which)
{
	struct brackets b = {.n = 0};
	bool variable = false;

	for (; t->kind != TOK_END && t->kind != TOK_BAD; t++) {
		track(&b, t);
		/* $input is a variable like any other, and only $ENV is one like env. */
		if (t->kind == TOK_IDENT && variable == slice_is(t->text, "ENV") && !is_key(&b, t))
			for (*which = words; (*which)->name; ++*which)
				if (slice_is(t->text, (*which)->name))
					return t;
		variable = is_op(t, "$");
	}
	return NULL;
}

/* The words inside "\( )" of a string, as if they stood alone; deeper strings included. */
static bool
find_within(struct arena *a, struct slice all, struct slice part, int depth, struct refused *which)
{
	const struct refused *word;
	size_t count;
	struct token *t = expr_lex(a, part, &count);
	const struct token *bad = find_refused(t, &word);

	if (bad) {
		*which = *word;
		which->at = (size_t)(part.p - all.p) + bad->at;
		return true;
	}
	for (; t->kind != TOK_END && t->kind != TOK_BAD; t++) {
		if (t->kind != TOK_ODD)
			continue;
		for (size_t i = 0; i + 1 < t->text.n; i++) {
			struct slice rest = {t->text.p + i + 2, t->text.n - i - 2};

			if (t->text.p[i] != '\\')
				continue;
			i++;
			if (t->text.p[i] == '(' && depth < 20 &&
			    find_within(a, all, rest, depth + 1, which))
				return true;
		}
	}
	return false;
}

bool
expr_find_refused(struct slice text, struct refused *which)
{
	struct arena a = ARENA_INIT;
	bool found = find_within(&a, text, text, 0, which);

	arena_release(&a);
	return found;
}

int
expr_refuse(struct slice text, struct sme_err *err)
{
	struct refused which;

	if (!expr_find_refused(text, &which))
		return 0;
	return expr_err_at(err, text, which.at,
	    "\"%s\" cannot be used here: a condition must not depend on %s", which.name, which.why);
}
