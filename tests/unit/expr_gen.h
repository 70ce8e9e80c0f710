/* Random events and conditions for test_expr_diff, the same for the same seed. */
#ifndef SME_TESTS_EXPR_GEN_H
#define SME_TESTS_EXPR_GEN_H

#include <stdint.h>

#include "core/buf.h"
#include "core/hash.h"

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
static const char *const numbers[] = {"0", "-0", "1", "1", "12345678", "99999999", "123456789",
    "1234567", "-12345", "42", "405", "6e2", "2", "3", "-1", "10", "1.0", "1.5", "0.1",
    "0.30000000000000004", "100e-2", "1E2", "1000", "9007199254740992", "9007199254740993",
    "12345678901234567890", "1e308", "1e1000", "-1e1000", "5e-324", "1e-400",
    "0.1000000000000000055", "123456789012345", "1234567890123456", "0.000000000000001",
    "3.14159265358979", "2.2250738585072014e-308",
    "179769313486231580793728971405301000000000000000000000000000000000000"};
static const char *const strings[] = {"", "x", "y", "x", "image", "Kein Netz in Kiel", "kein netz",
    "\\u0041", "A", "a", "B\\n", "\\u00e9", "\xc3\xa9", "\xc3\x89", "\\ud83d\\ude00",
    "\xf0\x9f\x98\x80", "x\\u0000y", "\\u0000", "12", "-3", "1.5", "007", " 1", "abc", "abcd", "b",
    "\\udc00", "gro\xc3\x9f", "GROSS", "a\\/b", "a/b", "\\\"q\\\"", "\\\\", "xx", "xyx", "null",
    "nan", "\xef\xbf\xbd", "\xe2\x84\xaa", "K", "abcdefghijklmnop", "abcdefghijkl", "abcdefghijklm",
    "1.0", "-0", "12.", "9.75", "\xc5\xbf"};

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
static const char *const literals[] = {"null", "true", "false", "0", "1", "12345678", "99999999",
    "405", "600", "-1", "2", "1.5", "10", "9007199254740993", "1e1000", "\"x\"", "\"\"",
    "\"Kein Netz in Kiel\"", "\"\\u00e9\"", "\"A\"", "\"image\"", "\"\\ud83d\\ude00\"", "[]", "[1]",
    "[\"x\",null]", "\"b\"", "0.1", "1.", ".5", "\"a/b\"", "\"\\\"q\\\"\"", "-1e1000", "5e-324",
    "[[1,2],[3]]", "100"};
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
	switch (draw(depth > 3 ? 8 : 14)) {
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
		buf_printf(b, "has(\"%s\")", PICK(keys));
		break;
	case 8:
		put_condition(b, depth + 1);
		buf_puts(b, draw(2) ? " and " : " or ");
		put_condition(b, depth + 1);
		break;
	case 9:
		buf_addc(b, '(');
		put_condition(b, depth + 1);
		buf_puts(b, draw(2) ? ") and (" : ") or (");
		put_condition(b, depth + 1);
		buf_addc(b, ')');
		break;
	case 10:
		buf_addc(b, '(');
		put_condition(b, depth + 1);
		buf_puts(b, draw(2) ? " | not)" : ")");
		break;
	case 11:
		buf_puts(b, PICK(paths));
		buf_puts(b, " // (");
		put_condition(b, depth + 1);
		buf_addc(b, ')');
		break;
	case 12:
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

#endif
