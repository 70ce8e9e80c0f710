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

#include "core/hash.h"
#include "core/mem.h"
#include "expr/expr_int.h"

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

static uint64_t seed;

static uint64_t
draw(uint64_t n)
{
	seed += UINT64_C(0x9e3779b97f4a7c15);
	return hash_mix(seed) % n;
}

#define PICK(list) (list)[draw(sizeof(list) / sizeof *(list))]

/* --- events --- */

static const char *const keys[] = {
    "a", "a", "b", "b", "c", "t", "m", "m", "l", "k\\u0061", "x y", "\\u00e9"};
static const char *const numbers[] = {"0", "-0", "1", "1", "2", "3", "-1", "10", "1.0", "1.5",
    "0.1", "0.30000000000000004", "100e-2", "1E2", "1000", "9007199254740992", "9007199254740993",
    "12345678901234567890", "1e308", "1e1000", "-1e1000", "5e-324", "1e-400",
    "0.1000000000000000055", "123456789012345", "1234567890123456", "0.000000000000001",
    "3.14159265358979", "2.2250738585072014e-308",
    "179769313486231580793728971405301000000000000000000000000000000000000"};
static const char *const strings[] = {"", "x", "y", "x", "image", "Kein Netz in Kiel", "kein netz",
    "\\u0041", "A", "a", "B\\n", "\\u00e9", "\xc3\xa9", "\xc3\x89", "\\ud83d\\ude00",
    "\xf0\x9f\x98\x80", "x\\u0000y", "\\u0000", "12", "-3", "1.5", "007", " 1", "abc", "abcd", "b",
    "\\udc00",
    "stra\xc3\x9f"
    "e",
    "STRASSE", "a\\/b", "a/b", "\\\"q\\\"", "\\\\", "xx", "xyx", "null", "nan", "\xef\xbf\xbd",
    "\xe2\x84\xaa", "K", "abcdefghijklmnop", "abcdefghijkl", "abcdefghijklm", "1.0", "-0", "12.",
    "9.75", "\xc5\xbf"};

static void
put_value(struct buf *b, int depth)
{
	uint64_t kind = draw(depth > 2 ? 7 : 11), n = draw(4);

	switch (kind) {
	case 0:
		buf_puts(b, "null");
		break;
	case 1:
		buf_puts(b, draw(2) ? "true" : "false");
		break;
	case 2:
	case 3:
		buf_puts(b, PICK(numbers));
		break;
	case 4:
	case 5:
	case 6:
		buf_printf(b, "\"%s\"", PICK(strings));
		break;
	case 7:
	case 8:
		buf_addc(b, '[');
		for (uint64_t i = 0; i < n; i++) {
			buf_puts(b, i ? ", " : "");
			put_value(b, depth + 1);
		}
		buf_addc(b, ']');
		break;
	default:
		buf_addc(b, '{');
		for (uint64_t i = 0; i < n; i++) {
			buf_printf(b, "%s\"%s\" : ", i ? "," : "", PICK(keys));
			put_value(b, depth + 1);
		}
		buf_addc(b, '}');
	}
}

/* Lists of objects such as media, so that any() has something to chew. */
static void
put_list(struct buf *b)
{
	uint64_t n = draw(4);

	buf_addc(b, '[');
	for (uint64_t i = 0; i < n; i++) {
		buf_puts(b, i ? "," : "");
		if (draw(8))
			buf_printf(b, "{\"a\":\"%s\",\"b\":%s}", PICK(strings), PICK(numbers));
		else
			put_value(b, 2);
	}
	buf_addc(b, ']');
}

static void
put_event(struct buf *b)
{
	uint64_t n = 1 + draw(6);

	buf_addc(b, '{');
	for (uint64_t i = 0; i < n; i++) {
		buf_printf(b, "%s\"%s\":", i ? "," : "", PICK(keys));
		if (draw(4))
			put_value(b, 0);
		else
			put_list(b);
	}
	buf_addc(b, '}');
}

/* --- conditions --- */

static const char *const paths[] = {".a", ".b", ".c", ".t", ".a.b", ".b.a", ".a.b.c", ".m", ".l",
    ".[\"k\\u0061\"]", ".a?", ".a.b?", ".a?.b", ".a[0]", ".a[-1]", ".b[1]?", ".\"x y\"",
    ".a[\"b\"]", ".", ".[\"\xc3\xa9\"]", ".missing", ".m[0].a", ".a[-3]", ".b.a?.c",
    ".[\"\\u00e9\"]"};
static const char *const generators[] = {".m[]", ".m[]?", ".a[]", ".m[].a", ".m[]?.a", ".m[].b?",
    ".a[]?, .b[]?", "(.a, .b)", ".m[]? | .a?", ".m[] | select(.b? == 1)", ".l[]?[]?", ".a.b[]",
    "1, 2, 3", ".m[]?.a?", ".a, .b, .c", "\"x\", \"y\", .t", "empty", ".[\"m\"][]?", "[1,2,[3]][]"};
static const char *const comparisons[] = {"==", "!=", "<", "<=", ">", ">="};
static const char *const literals[] = {"null", "true", "false", "0", "1", "-1", "2", "1.5", "10",
    "9007199254740993", "1e1000", "\"x\"", "\"\"", "\"Kein Netz in Kiel\"", "\"\\u00e9\"", "\"A\"",
    "\"image\"", "\"\\ud83d\\ude00\"", "[]", "[1]", "[\"x\",null]", "\"b\"", "0.1", "1.", ".5",
    "\"a/b\"", "\"\\\"q\\\"\"", "-1e1000", "5e-324", "[[1,2],[3]]", "100"};
static const char *const calls[] = {"length", "type", "ascii_downcase", "ascii_upcase", "tonumber",
    "tostring", "not", "index(\"x\")", "startswith(\"x\")", "endswith(\"y\")", "contains(\"e\")",
    "contains([\"x\"])", "contains(null)", "has(\"a\")", "has(\"kb\")", "any", "all",
    "startswith(1)", "contains(.)", "contains(1)", "has(0)", "index(\"b\")", "startswith(\"\")",
    "IN(1,\"x\",null)", "contains(\"\")", "contains([1,[2]])", "has(\"\\u00e9\")",
    "endswith(\"\\u00e9\")", "."};
static const char *const regexes[] = {"x", "", "^x", "netz", "a.c", "[a-c]+", "\\\\d+", "(", "e$",
    "\\u00e9", "^.$", "x|y", "k", "ss", "(?i)NETZ", "\\\\bin\\\\b", "(?<n>a)b", "^$", ".",
    "\\\\p{Lu}", "s", "x y", "a{2,1}", "\\\\w+ \\\\w+", "*"};
static const char *const flags[] = {"i", "x", "g", "s", "n", "p", "l", "ix", "gi", "q", "", "xi"};

static void put_condition(struct buf *b, int depth);

static void
put_operand(struct buf *b, int depth)
{
	static const char *const arithmetic[] = {"+", "-", "*", "/", "%", "+"};

	switch (draw(depth > 2 ? 6 : 12)) {
	case 0:
	case 1:
	case 2:
		buf_puts(b, PICK(paths));
		break;
	case 3:
		buf_puts(b, PICK(literals));
		break;
	case 4:
		buf_printf(b, "(%s | %s)", PICK(paths), PICK(calls));
		break;
	case 5:
		buf_printf(b, "(%s // %s)", PICK(paths), PICK(literals));
		break;
	case 6:
	case 7:
		buf_puts(b, PICK(paths));
		buf_printf(b, " %s ", PICK(arithmetic));
		put_operand(b, depth + 1);
		break;
	case 8:
		buf_puts(b, "-");
		buf_puts(b, PICK(paths));
		break;
	case 9:
		buf_printf(b, "(%s)", PICK(generators));
		break;
	case 10:
		buf_addc(b, '(');
		put_condition(b, depth + 1);
		buf_addc(b, ')');
		break;
	default:
		buf_puts(b, "if ");
		put_condition(b, depth + 1);
		buf_printf(b, " then %s elif %s then %s else %s end", PICK(paths), PICK(paths),
		    PICK(literals), PICK(paths));
	}
}

static void
put_quantor(struct buf *b)
{
	static const char *const conds[] = {".", ".a == \"x\"", ".b > 1", ".a? == \"x\"",
	    "test(\"x\")", "type == \"string\"", ". == 1", ".a == .b", "not", "length > 1",
	    ".b? // false", ". == null", ".a | ascii_downcase == \"a\"", "has(\"a\")",
	    "any(.[]?; . == 1)", "all(.a?; . == \"x\")", "IN(\"x\",1)", "select(. != null)",
	    "empty"};
	const char *q = draw(2) ? "any" : "all";

	switch (draw(4)) {
	case 0:
		buf_printf(b, "(%s | %s)", PICK(paths), q);
		break;
	case 1:
		buf_printf(b, "(%s | %s(%s))", PICK(paths), q, PICK(conds));
		break;
	case 2:
		buf_printf(b, "%s(%s; %s)", q, PICK(generators), PICK(conds));
		break;
	default:
		buf_printf(b, "%s(%s; ", q, PICK(generators));
		/* The condition must have one output. */
		buf_puts(b, "(");
		buf_puts(b, PICK(conds));
		buf_printf(b, ") %s ", draw(2) ? "and" : "or");
		buf_puts(b, PICK(conds));
		buf_puts(b, ")");
	}
}

static void
put_condition(struct buf *b, int depth)
{
	switch (draw(depth > 3 ? 7 : 13)) {
	case 0:
	case 1:
	case 2:
		buf_printf(b, "%s %s %s", PICK(paths), PICK(comparisons), PICK(literals));
		break;
	case 3:
		put_operand(b, depth + 1);
		buf_printf(b, " %s ", PICK(comparisons));
		put_operand(b, depth + 1);
		break;
	case 4:
		buf_printf(b, "(%s | %s)", PICK(paths), PICK(calls));
		break;
	case 5:
		if (draw(2))
			buf_printf(b, "(%s | test(\"%s\"))", PICK(paths), PICK(regexes));
		else
			buf_printf(b, "(%s|test(\"%s\"; \"%s\"))", PICK(paths), PICK(regexes),
			    PICK(flags));
		break;
	case 6:
		put_quantor(b);
		break;
	case 7:
		put_condition(b, depth + 1);
		buf_puts(b, draw(2) ? " and " : " or ");
		put_condition(b, depth + 1);
		break;
	case 8:
		buf_addc(b, '(');
		put_condition(b, depth + 1);
		buf_puts(b, draw(2) ? ") and (" : ") or (");
		put_condition(b, depth + 1);
		buf_addc(b, ')');
		break;
	case 9:
		buf_addc(b, '(');
		put_condition(b, depth + 1);
		buf_puts(b, draw(2) ? " | not)" : ")");
		break;
	case 10:
		buf_puts(b, PICK(paths));
		buf_puts(b, " // (");
		put_condition(b, depth + 1);
		buf_addc(b, ')');
		break;
	case 11:
		if (draw(2))
			buf_printf(
			    b, "(%s | IN(%s, %s))", PICK(paths), PICK(literals), PICK(generators));
		else
			buf_printf(
			    b, "IN(%s; %s, %s)", PICK(generators), PICK(literals), PICK(paths));
		break;
	default:
		buf_printf(b, "(%s | %s%s)", PICK(generators), draw(2) ? "" : ". == ", PICK(calls));
	}
}

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

	jq_set_error_cb(jq, quiet, &failed);
	if (!jq_compile(jq, program))
		jq_teardown(&jq);
	else
		jq_set_error_cb(jq, NULL, NULL);
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
