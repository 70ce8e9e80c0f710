/*
 * Conditions in libjq.  It costs about 36 ms to start and compile, for it reads its own library of
 * functions each time; so a jq_state is opened only when a condition or an event needs it.
 */
#include <stdlib.h>

#include "core/mem.h"
#include "expr/expr_int.h"

/* libjq's messages go here, never to standard error. */
static void
catch_message(void *to, jv msg)
{
	struct buf *b = to;
	jv text = jq_format_error(msg);

	if (b->n)
		buf_addc(b, '\n');
	buf_add(b, jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text)));
	jv_free(text);
}

/*
 * In libjq 1.6 a number beyond 64 bits modulo -1 ends the process with SIGFPE, and both may stand
 * in an event.  The operator calls _mod/2; this one, put before the condition, knows the answer.
 */
static const char safe_modulo[] =
    "def _m(a; b): a % b; def _mod(a; b): b as $b | a as $a | if ($a | type) == \"number\" and "
    "($b | type) == \"number\" and $b > -2 and $b <= -1 then 0 else _m($a; $b) end; ";

/* Compile TEXT; what libjq says goes to MSG. */
static jq_state *
compile(struct slice text, struct buf *msg)
{
	struct buf program = BUF_INIT;
	jq_state *jq = jq_init();

	if (!jq) {
		buf_puts(msg, "out of memory");
		return NULL;
	}
	if (text.n && memchr(text.p, '%', text.n))
		buf_puts(&program, safe_modulo);
	buf_adds(&program, text);
	jq_set_error_cb(jq, catch_message, msg);
	if (!jq_compile(jq, buf_str(&program)))
		jq_teardown(&jq);
	buf_release(&program);
	return jq;
}

/* --- where it went wrong --- */

/* Does libjq, given the first N bytes, only miss the rest? */
static bool
only_unfinished(struct slice text, size_t n)
{
	struct buf msg = BUF_INIT;
	jq_state *jq = compile((struct slice){text.p, n}, &msg);
	bool yes = jq || strstr(buf_str(&msg), "unexpected $end");

	/* What is not a syntax error has been parsed to its end. */
	yes |= !strstr(buf_str(&msg), "syntax error");
	jq_teardown(&jq);
	buf_release(&msg);
	return yes;
}

/*
 * libjq names the line at best.  Its parser stops at the first token that cannot follow, and a text
 * cut off before that token is merely unfinished: so look for that token by halving.
 */
static size_t
syntax_token(const struct token *t, size_t count, struct slice text)
{
	size_t good = 0, bad = count;

	while (good < bad) {
		size_t mid = good + (bad - good) / 2;

		if (only_unfinished(text, t[mid].at + t[mid].n))
			good = mid + 1;
		else
			bad = mid;
	}
	return good;
}

/* "NAME/ARITY is not defined": the first place where that name stands. */
static size_t
name_place(const struct token *t, size_t count, const char *msg)
{
	size_t n = strcspn(msg, "/ ");

	for (size_t i = 0; i < count; i++)
		if (t[i].text.n == n && memcmp(t[i].text.p, msg, n) == 0)
			return t[i].at;
	return 0;
}

/* A string with an escape that jq does not know is one whose escapes we did not take either. */
static size_t
odd_place(const struct token *t, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (t[i].kind == TOK_ODD)
			return t[i].at;
	return 0;
}

/* The first line of libjq's MSG without what is said about shells and places. */
static void
tidy(char *msg)
{
	static const char *const tails[] = {" at <top-level>", " at line ", "\n"};
	char *at;

	if (strncmp(msg, "jq: error: ", 11) == 0)
		memmove(msg, msg + 11, strlen(msg + 11) + 1);
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
		if ((at = strstr(msg, tails[i])))
			*at = '\0';
}

static void
report_syntax(struct slice text, const struct token *t, size_t count, struct sme_err *err)
{
	size_t i = syntax_token(t, count, text);

	if (i == count || t[i].kind == TOK_END)
		expr_err_at(err, text, text.n, "syntax error: something is missing at the end");
	else
		expr_err_at(err, text, t[i].at, "syntax error: unexpected %.*s%s%s",
		    t[i].n < 60 ? (int)t[i].n : 60, text.p + t[i].at, t[i].n < 60 ? "" : "...",
		    text.p[t[i].at] == '|' && t[i].at && text.p[t[i].at - 1] == '|' ? ": write \"or\"" : "");
}

static void
report(struct slice text, char *msg, struct sme_err *err)
{
	struct arena a = ARENA_INIT;
	size_t count;
	struct token *t = expr_lex(&a, text, &count);
	const struct token *last = &t[count - 1];

	tidy(msg);
	if (last->kind == TOK_BAD)
		expr_err_at(err, text, last->at, "%.*s", SLICE_ARG(last->text));
	else if (strncmp(msg, "syntax error", 12) == 0)
		report_syntax(text, t, count, err);
	else if (strstr(msg, "is not defined"))
		expr_err_at(err, text, name_place(t, count, msg), "%s", msg);
	else
		expr_err_at(err, text, odd_place(t, count), "%s", msg);
	arena_release(&a);
}

/* Brackets that are not closed, at their deepest. */
static size_t
nesting(const struct token *t, size_t count)
{
	size_t open = 0, most = 0;

	for (size_t i = 0; i < count; i++) {
		if (t[i].kind != TOK_OP)
			continue;
		if (strchr("([{", *t[i].text.p) && ++open > most)
			most = open;
		else if (strchr(")]}", *t[i].text.p) && open)
			open--;
	}
	return most;
}

jq_state *
jq_open(struct slice text, struct sme_err *err)
{
	struct buf msg = BUF_INIT;
	struct arena a = ARENA_INIT;
	size_t count;
	struct token *t = expr_lex(&a, text, &count);
	jq_state *jq = NULL;

	if (count > EXPR_TOKENS_MAX || nesting(t, count) > EXPR_NEST_MAX) {
		err_set(err, SME_USAGE,
		    "condition: more than %d words, or nested more than %d deep", EXPR_TOKENS_MAX,
		    EXPR_NEST_MAX);
	} else {
		jq = compile(text, &msg);
		if (!jq)
			report(text, msg.p ? msg.p : (char[]){"it cannot be compiled"}, err);
	}
	arena_release(&a);
	buf_release(&msg);
	return jq;
}

/* --- evaluation --- */

/* The error value INVALID as jq's own main prints it. */
static void
set_error(struct sme_err *err, jv invalid)
{
	jv msg = jv_invalid_get_msg(invalid), text;

	if (jv_get_kind(msg) == JV_KIND_STRING) {
		err_set(err, SME_DATA, "%s", jv_string_value(msg));
		jv_free(msg);
		return;
	}
	text = jv_dump_string(msg, 0);
	err_set(err, SME_DATA, "(not a string): %s", jv_string_value(text));
	jv_free(text);
}

static jq_state *
state_of(struct expr_run *run, struct sme_err *err)
{
	/* The cast takes away a const that only says "shared": the pointer is atomic. */
	struct expr *e = (struct expr *)(uintptr_t)run->e;

	if (!run->jq)
		run->jq = atomic_exchange(&e->spare, NULL);
	if (!run->jq)
		run->jq = jq_open(run->e->text, err);
	if (run->jq)
		jq_set_error_cb(run->jq, catch_message, &run->jq_message);
	return run->jq;
}

enum expr_result
jq_eval(struct expr_run *run, const struct val *event, struct sme_err *err)
{
	struct json_value v = val_json(event);
	enum expr_result res = EXPR_FALSE;
	jq_state *jq = state_of(run, err);
	jv out;

	if (!jq)
		return EXPR_ERROR;
	buf_clear(&run->jq_message);
	jq_start(jq, jv_from_json(&v, &run->decode), 0);
	while (jv_is_valid(out = jq_next(jq)) && res == EXPR_FALSE) {
		if (jv_get_kind(out) != JV_KIND_FALSE && jv_get_kind(out) != JV_KIND_NULL)
			res = EXPR_TRUE;
		jv_free(out);
		if (res == EXPR_TRUE)
			return res;
	}
	if (jv_invalid_has_msg(jv_copy(out))) {
		set_error(err, out);
		return EXPR_ERROR;
	}
	jv_free(out);
	return res;
}
