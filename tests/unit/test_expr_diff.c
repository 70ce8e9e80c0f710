/*
 * Native conditions against libjq: random conditions in the native subset on random events, the
 * same ones every time.  SME_EXPR_PAIRS=500000 in the environment asks for more of them,
 * SME_EXPR_SEED for others.  The libjq of this test reads events with jv_parse, not with lib/expr's
 * own builder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/mem.h"
#include "expr/expr_int.h"
#include "expr_gen.h"

/*
 * libjq 1.6 loses a little memory: on bad programs, on some texts, in index() of arrays, and a key
 * when an error ends the walk over an object.  What it loses may be a string that we made for it;
 * that we lose none ourselves test_expr sees.  To tell the frames apart the sanitizer must unwind
 * slowly.
 */
const char *__lsan_default_suppressions(void);
const char *__asan_default_options(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:jq_parse\nleak:jv_parser_next\nleak:string_jv\n";
}

const char *
__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

#define BATCH 40  /* conditions compiled by libjq at once, for that is what takes time */
#define EVENTS 50 /* events for each of them */

/* --- libjq's answers --- */

struct answer {
	int res; /* RES_FALSE, RES_TRUE, RES_ERROR */
	char error[512];
};

static void
quiet(void *to, jv msg)
{
	*(bool *)to = true;
	jv_free(msg);
}

static jq_state *
jq_of(const char *program)
{
	bool failed = false;
	jq_state *jq = jq_init();
	struct buf safe = BUF_INIT;

	/* Its own remainder would end the test at 1e1000 % -1. */
	buf_puts(&safe, "def _m(a; b): a % b; def _mod(a; b): b as $b | a as $a | "
			"if [$a, $b | type] == [\"number\", \"number\"] and $b > -2 and $b <= -1 "
			"then 0 else _m($a; $b) end; ");
	buf_puts(&safe, program);
	jq_set_error_cb(jq, quiet, &failed);
	if (!jq_compile(jq, safe.p))
		jq_teardown(&jq);
	else
		jq_set_error_cb(jq, NULL, NULL);
	buf_release(&safe);
	return jq;
}

/* The outputs OUT of one condition up to the error (an object) that ended them, if any. */
static struct answer
answer_of(jv out)
{
	struct answer a = {.res = RES_FALSE};

	jv_array_foreach(out, i, x)
	{
		if (jv_get_kind(x) == JV_KIND_OBJECT && a.res == RES_FALSE) {
			jv msg = jv_object_get(jv_copy(x), jv_string("e"));

			a.res = RES_ERROR;
			snprintf(a.error, sizeof a.error, "%s",
			    jv_get_kind(msg) == JV_KIND_STRING ? jv_string_value(msg) : "?");
			jv_free(msg);
		} else if (jv_get_kind(x) == JV_KIND_TRUE && a.res == RES_FALSE) {
			a.res = RES_TRUE;
		}
		jv_free(x);
	}
	jv_free(out);
	return a;
}

static void
put_wrapped(struct buf *b, const char *condition)
{
	/* The newline ends a comment. */
	buf_printf(b, "[try ((%s\n) | if . then true else false end) catch {e:.}]", condition);
}

/* --- the comparison --- */

struct side {
	char *text;
	struct scan_plan *plan;
	struct expr *e;
	struct expr_run *run;
	struct scanner *scanner;
};

static struct {
	uint64_t pairs, punts, trues, errors;
} seen;

/* Evaluate by lib/expr's own libjq instead. */
static bool forced;

static void
side_open(struct side *s, const char *text)
{
	struct sme_err err = {0};

	s->text = xstrdup(text);
	s->plan = scan_plan_new();
	s->e = forced ? expr_compile_libjq(text, &err) : expr_compile(text, s->plan, &err);
	if (!s->e) {
		jq_state *jq = jq_of(text);

		if (jq)
			fail_msg("libjq compiles, we do not: %s: %s", text, err.text);
		return;
	}
	s->run = expr_run_new(s->e);
	s->scanner = scanner_new(s->plan);
}

static void
side_close(struct side *s)
{
	if (s->e) {
		scanner_free(s->scanner);
		expr_run_free(s->run);
		expr_free(s->e);
	}
	scan_plan_free(s->plan);
	free(s->text);
}

static void
check_pair(struct side *s, const struct buf *event, const struct answer *want)
{
	static const int results[] = {
	    [EXPR_FALSE] = RES_FALSE, [EXPR_TRUE] = RES_TRUE, [EXPR_ERROR] = RES_ERROR};
	struct sme_err err = {0};
	int got;

	assert_int_equal(scanner_scan(s->scanner, event->p, event->n), 0);
	if (s->e->root)
		got = expr_eval_native(s->e, s->run, buf_slice(event), s->scanner->values, &err);
	else
		got = results[expr_eval(s->e, s->run, buf_slice(event), s->scanner->values, &err)];
	seen.pairs++;
	seen.punts += got == RES_PUNT;
	seen.trues += got == RES_TRUE;
	seen.errors += got == RES_ERROR;
	if (got == RES_PUNT)
		return;
	if (got != want->res || (got == RES_ERROR && strcmp(err.text, want->error) != 0))
		fail_msg("%s\n  on %s\n  native %d %s\n  libjq  %d %s", s->text, event->p, got,
		    err.text, want->res, want->error);
}

static void
new_event(struct buf *event)
{
	buf_clear(event);
	put_event(event);
	assert_true(buf_reserve(event, SCAN_PADDING));
}

static void
run_batch(struct side *sides, size_t n, const struct buf *program)
{
	struct buf event = BUF_INIT;
	jq_state *jq = jq_of(program->p);

	/* One that libjq does not compile spoils all: which one is it? */
	for (size_t i = 0; !jq && i < n; i++) {
		jq_state *one = jq_of(sides[i].text);

		if (!one && sides[i].e)
			fail_msg("libjq does not compile this: %s", sides[i].text);
		jq_teardown(&one);
	}
	for (int i = 0; jq && i < EVENTS; i++) {
		jv in, out;

		new_event(&event);
		in = jv_parse_sized(event.p, (int)event.n);
		assert_true(jv_is_valid(in));
		jq_start(jq, in, 0);
		out = jq_next(jq);
		assert_int_equal(jv_get_kind(out), JV_KIND_ARRAY);
		for (size_t k = 0; k < n; k++) {
			struct answer want = answer_of(jv_array_get(jv_copy(out), (int)k));

			check_pair(&sides[k], &event, &want);
		}
		jv_free(out);
	}
	jq_teardown(&jq);
	buf_release(&event);
}

/* --- damaged conditions --- */

static const char *const splinters[] = {"not", "|", ",", "?", "==", "and", "or", "(", ")", "[", "]",
    ".", "..", "-", "1", ".e5", "\"x\"", "//", ".5", "1.", "if", "then", "else", "end", "as", "#",
    ";", ".a", "<", "%", "+", "null", "any", "$", "{", "}", ":", "=", "elif", "1.2.", "length",
    "* 2", "\n"};

/* One token of TEXT lost, doubled, or replaced by one from the list. */
static void
damage(struct buf *text)
{
	struct arena a = ARENA_INIT;
	struct buf out = BUF_INIT;
	size_t count;
	struct token *t = expr_lex(&a, buf_slice(text), &count);
	size_t at = draw(count);
	const char *end = text->p + t[at].at + t[at].n;

	buf_add(&out, text->p, t[at].at);
	switch (draw(3)) {
	case 0:
		break;
	case 1:
		buf_printf(&out, "%.*s %.*s", (int)t[at].n, text->p + t[at].at, (int)t[at].n,
		    text->p + t[at].at);
		break;
	default:
		buf_printf(&out, " %s ", PICK(splinters));
	}
	buf_puts(&out, end);
	buf_clear(text);
	buf_adds(text, buf_slice(&out));
	buf_release(&out);
	arena_release(&a);
}

/* A condition that still is one, natively.  side_open sees to it that what is none for us is none
 * for libjq; the batch, that what is one for us is one for libjq. */
static void
open_damaged(struct side *s, struct buf *text)
{
	for (;;) {
		buf_clear(text);
		put_condition(text, 1);
		damage(text);
		if (draw(2))
			damage(text);
		side_open(s, buf_str(text));
		if (s->e && s->e->root)
			return;
		side_close(s);
	}
}

static void
batch(bool damaged)
{
	struct side sides[BATCH] = {0};
	struct buf program = BUF_INIT, text = BUF_INIT;

	buf_addc(&program, '[');
	for (size_t i = 0; i < BATCH; i++) {
		buf_clear(&text);
		if (damaged) {
			open_damaged(&sides[i], &text);
		} else {
			put_condition(&text, 0);
			side_open(&sides[i], text.p);
		}
		assert_non_null(sides[i].e);
		assert_true(forced || sides[i].e->root);
		buf_puts(&program, i ? "," : "");
		put_wrapped(&program, buf_str(&text));
	}
	buf_addc(&program, ']');
	run_batch(sides, BATCH, &program);
	for (size_t i = 0; i < BATCH; i++)
		side_close(&sides[i]);
	buf_release(&program);
	buf_release(&text);
}

/* --- the tests --- */

static uint64_t
from_env(const char *name, uint64_t fallback)
{
	const char *env = getenv(name);

	return env ? strtoull(env, NULL, 10) : fallback;
}

static int
start(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof seen);
	forced = false;
	seed = from_env("SME_EXPR_SEED", 1);
	return 0;
}

static void
report(void)
{
	print_message("%ju pairs: %ju true, %ju errors, %ju left to libjq by the event\n",
	    (uintmax_t)seen.pairs, (uintmax_t)seen.trues, (uintmax_t)seen.errors,
	    (uintmax_t)seen.punts);
}

static void
test_native_is_libjq(void **state)
{
	uint64_t wanted = from_env("SME_EXPR_PAIRS", 20000);

	(void)state;
	while (seen.pairs < wanted)
		batch(false);
	report();
	/* The comparison is worth something only when most of it is one. */
	assert_true(seen.punts < seen.pairs / 2);
	assert_true(seen.trues > seen.pairs / 20);
}

static void
test_damaged_conditions(void **state)
{
	uint64_t wanted = from_env("SME_EXPR_PAIRS", 20000) / 10;

	(void)state;
	while (seen.pairs < wanted)
		batch(true);
	report();
}

/* The libjq of lib/expr with its own way to build events. */
static void
test_own_libjq(void **state)
{
	(void)state;
	forced = true;
	batch(false);
	report();
	assert_int_equal(seen.punts, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_native_is_libjq, start),
	    cmocka_unit_test_setup(test_damaged_conditions, start),
	    cmocka_unit_test_setup(test_own_libjq, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
