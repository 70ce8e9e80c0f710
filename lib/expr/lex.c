/* The tokens of the jq language, as in jq 1.6. */
#include <stdlib.h>

#include "core/buf.h"
#include "core/mem.h"
#include "expr/expr_int.h"

struct lexer {
	struct arena *a;
	const char *p, *start, *end;
	struct token *toks;
	size_t n, cap;
};

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
peek(const struct lexer *l, size_t i)
{
	return (size_t)(l->end - l->p) > i ? l->p[i] : '\0';
}

static void
push(struct lexer *l, enum tok_kind kind, size_t n, struct slice text)
{
	l->toks = xgrow(l->toks, l->n, &l->cap, sizeof *l->toks);
	l->toks[l->n++] = (struct token){kind, (size_t)(l->p - l->start), n, text};
	l->p += n;
}

static void
skip_blank(struct lexer *l)
{
	for (; l->p < l->end; l->p++) {
		if (*l->p == '#')
			while (l->p + 1 < l->end && l->p[1] != '\n')
				l->p++;
		else if (!strchr(" \t\n\r", *l->p))
			return;
	}
}

/* How far a word reaches from I: letters, digits, and "::" between words. */
static size_t
word_end(const struct lexer *l, size_t i)
{
	while (is_word(peek(l, i)) || is_digit(peek(l, i)) ||
	       (peek(l, i) == ':' && peek(l, i + 1) == ':' && is_word(peek(l, i + 2))))
		i += peek(l, i) == ':' ? 2 : 1;
	return i;
}

/* As jq 1.6 has it: digits and points in any order, then an exponent. */
static size_t
number_end(const struct lexer *l)
{
	size_t i = 0, e;

	while (is_digit(peek(l, i)) || peek(l, i) == '.')
		i++;
	if (i && (peek(l, i) == 'e' || peek(l, i) == 'E')) {
		e = i + 1;
		if (peek(l, e) == '+' || peek(l, e) == '-')
			e++;
		if (is_digit(peek(l, e)))
			for (i = e; is_digit(peek(l, i));)
				i++;
	}
	return i;
}

/* Digits, and among them at most one point. */
static bool
is_number(const char *p, size_t n)
{
	size_t digits = 0, points = 0;

	for (size_t i = 0; i < n && (is_digit(p[i]) || p[i] == '.'); i++) {
		digits += is_digit(p[i]);
		points += p[i] == '.';
	}
	return digits && points <= 1;
}

static size_t
field_end(const struct lexer *l)
{
	size_t n = 1;

	if (peek(l, 0) != '.' || !is_word(peek(l, 1)))
		return 0;
	while (is_word(peek(l, n)) || is_digit(peek(l, n)))
		n++;
	return n;
}

size_t
utf8_length(struct slice s, size_t i)
{
	const unsigned char *p = (const unsigned char *)s.p + i;
	size_t n = *p < 0x80   ? 1
	           : *p < 0xc2 ? 0
	           : *p < 0xe0 ? 2
	           : *p < 0xf0 ? 3
	           : *p < 0xf5 ? 4
	                       : 0;

	if (n > s.n - i)
		return 0;
	for (size_t k = 1; k < n; k++)
		if ((p[k] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

static int
hex4(const struct lexer *l, size_t i)
{
	int v = 0;

	for (size_t end = i + 4; i < end; i++) {
		char c = peek(l, i);

		if (is_digit(c))
			v = v * 16 + (c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			v = v * 16 + ((c | 32) - 'a' + 10);
		else
			return -1;
	}
	return v;
}

/* The escape whose backslash is at I: its length, or 0 when libjq should look at it. */
static size_t
escape(const struct lexer *l, size_t i, struct buf *b)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	char c = peek(l, i + 1);
	const char *hit = c ? strchr(from, c) : NULL;
	int hi, lo;

	if (hit) {
		buf_addc(b, to[hit - from]);
		return 2;
	}
	if (c != 'u' || (hi = hex4(l, i + 2)) <= 0)
		return 0;
	if (hi < 0xd800 || hi > 0xdfff) {
		buf_put_utf8(b, (unsigned)hi);
		return 6;
	}
	if (hi > 0xdbff || peek(l, i + 6) != '\\' || peek(l, i + 7) != 'u' ||
	    (lo = hex4(l, i + 8)) < 0xdc00 || lo > 0xdfff)
		return 0;
	buf_put_utf8(b, 0x10000 + ((unsigned)(hi - 0xd800) << 10) + (unsigned)(lo - 0xdc00));
	return 12;
}

static const char *string_end(const char *p, const char *end, int depth);

/* Where the interpolation ends whose "\(" stands before P, behind its ")"; NULL when nowhere. */
static const char *
interpolation_end(const char *p, const char *end, int depth)
{
	size_t open = 1;

	while (p && p < end) {
		if (*p == '"') {
			p = depth > 20 ? NULL : string_end(p, end, depth + 1);
			continue;
		}
		open += *p == '(';
		open -= *p == ')';
		p++;
		if (open == 0)
			return p;
	}
	return NULL;
}

/* Where the string that begins at P ends, behind its closing quote; NULL when it does not. */
static const char *
string_end(const char *p, const char *end, int depth)
{
	for (p++; p < end; p++) {
		if (*p == '"')
			return p + 1;
		if (*p != '\\' || ++p >= end || *p != '(')
			continue;
		p = interpolation_end(p + 1, end, depth);
		if (!p)
			return NULL;
		p--;
	}
	return NULL;
}

static void
lex_string(struct lexer *l)
{
	struct buf b = BUF_INIT;
	size_t i = 1, len;
	bool odd = false;
	const char *end = string_end(l->p, l->end, 0);

	if (!end) {
		push(l, TOK_BAD, 1, SLICE("this string does not end"));
		return;
	}
	while (l->p + i < end - 1 && !odd) {
		if (peek(l, i) != '\\') {
			buf_addc(&b, peek(l, i++));
			continue;
		}
		len = escape(l, i, &b);
		odd = len == 0;
		i += len;
	}
	push(l, odd ? TOK_ODD : TOK_STRING, (size_t)(end - l->p),
	    odd ? (struct slice){l->p, (size_t)(end - l->p)} : arena_dup(l->a, buf_slice(&b)));
	buf_release(&b);
}

/* What other languages write in its place. */
static struct slice
no_meaning(char c)
{
	if (c == '\'')
		return SLICE("texts stand in double quotes");
	if (c == '&')
		return SLICE("this character has no meaning here: write \"and\"");
	if (c == '!')
		return SLICE("this character has no meaning here: write \"| not\" behind it");
	return SLICE("this character has no meaning here");
}

static void
lex_op(struct lexer *l)
{
	static const char *const ops[] = {"?//",
	    "//=", "|=", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=", "//", "..", NULL};
	size_t left = (size_t)(l->end - l->p);

	for (size_t i = 0; ops[i]; i++) {
		size_t n = strlen(ops[i]);

		if (left >= n && memcmp(l->p, ops[i], n) == 0) {
			push(l, TOK_OP, n, (struct slice){l->p, n});
			return;
		}
	}
	if (*l->p && strchr(".?=;,:|+-*/%$<>()[]{}", *l->p))
		push(l, TOK_OP, 1, (struct slice){l->p, 1});
	else
		push(l, TOK_BAD, 1, no_meaning(*l->p));
}

static void
lex_one(struct lexer *l)
{
	char c = peek(l, 0);
	size_t n, field = field_end(l), number = number_end(l);

	/* The longest token wins, and a number against a member of the same length: .e5 is none. */
	if (number && number >= field && !(number == 1 && c == '.') &&
	    !(number == 2 && memcmp(l->p, "..", 2) == 0)) {
		push(l, is_number(l->p, number) ? TOK_NUMBER : TOK_ODD, number,
		    (struct slice){l->p, number});
	} else if (field) {
		push(l, TOK_FIELD, field, (struct slice){l->p + 1, field - 1});
	} else if (c == '"') {
		lex_string(l);
	} else if (is_word(c)) {
		n = word_end(l, 0);
		push(l, TOK_IDENT, n, (struct slice){l->p, n});
	} else if (c == '@' && (is_word(peek(l, 1)) || is_digit(peek(l, 1)))) {
		for (n = 2; is_word(peek(l, n)) || is_digit(peek(l, n)); n++)
			;
		push(l, TOK_FORMAT, n, (struct slice){l->p, n});
	} else {
		lex_op(l);
	}
}

struct token *
expr_lex(struct arena *a, struct slice text, size_t *count)
{
	struct lexer l = {.a = a, .p = text.p, .start = text.p, .end = text.p + text.n};
	struct token *out;

	for (skip_blank(&l); l.p < l.end; skip_blank(&l)) {
		lex_one(&l);
		if (l.toks[l.n - 1].kind == TOK_BAD)
			break;
	}
	if (!l.n || l.toks[l.n - 1].kind != TOK_BAD)
		push(&l, TOK_END, 0, (struct slice){"", 0});
	out = arena_alloc(a, l.n * sizeof *out);
	memcpy(out, l.toks, l.n * sizeof *out);
	*count = l.n;
	free(l.toks);
	return out;
}
