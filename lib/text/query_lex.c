/* Pieces of the query language: operators, fields, phrases, words; and errors that name a place. */
#include "text/query_lex.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	uint8_t field;
} fields[] = {
    {"author", FIELD_AUTHOR},
    {"site", FIELD_SITE},
    {"links", FIELD_LINKS},
    {"lang", FIELD_LANG},
    {"country", FIELD_COUNTRY},
    {"channel", FIELD_CHANNEL},
    {"network", FIELD_NETWORK},
    {"type", FIELD_KIND},
    {"followers", FIELD_FOLLOWERS},
    {"raw", VALUE_RAW},
    {"stem", VALUE_STEM},
    {"part", VALUE_PART},
    {"list", VALUE_LIST},
};

/* Put up to 40 bytes of S into OUT, whole characters, control characters as spaces. */
static void
excerpt(struct slice s, bool tail, char out[48])
{
	size_t from = tail && s.n > 40 ? s.n - 40 : 0, n = 0;

	while (from < s.n && from > 0 && (s.p[from] & 0xc0) == 0x80)
		from++;
	s.p += from;
	s.n -= from;
	if (s.n > 40)
		for (s.n = 40; s.n && (s.p[s.n] & 0xc0) == 0x80; s.n--)
			;
	for (; n < s.n; n++)
		out[n] = (unsigned char)s.p[n] < ' ' ? ' ' : s.p[n];
	out[n] = '\0';
}

/* An error at the byte AT of the query. */
int
query_fail(struct parser *p, size_t at, const char *fmt, ...)
{
	char what[320], before[48], after[48];
	size_t column = 1;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < at; i++)
		column += (p->text.p[i] & 0xc0) != 0x80;
	excerpt((struct slice){p->text.p, at}, true, before);
	excerpt((struct slice){p->text.p + at, p->text.n - at}, false, after);
	return err_set(
	    p->err, SME_CONFIG, "column %zu: %s: %s<-- here %s", column, what, before, after);
}

/* The length of a quote at AT that is not the one on the keyboard, or 0. */
static size_t
curly_quote(struct slice s, size_t at)
{
	if (s.n - at >= 3 && s.p[at] == '\xe2' && s.p[at + 1] == '\x80' &&
	    (s.p[at + 2] == '\x9c' || s.p[at + 2] == '\x9d' || s.p[at + 2] == '\x9e'))
		return 3;
	return 0;
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A phrase in quotes; curly ones close each other, whatever language's they are. */
static int
lex_phrase(struct parser *p, struct token *t, size_t quote)
{
	size_t at = t->at + quote;

	t->kind = TOKEN_PHRASE;
	for (; at < p->text.n; at++) {
		if (quote == 1 ? p->text.p[at] == '"' : curly_quote(p->text, at) != 0)
			break;
	}
	if (at >= p->text.n)
		return query_fail(p, t->at, "the quote that opens here is not closed");
	t->value = (struct slice){p->text.p + t->at + quote, at - t->at - quote};
	t->end = at + quote;
	if (t->end < p->text.n && p->text.p[t->end] == '~')
		return query_fail(p, t->end, "\"~\" is no operator here; write word NEAR/n word");
	return 0;
}

/* "NEAR/5" or "NEAR/5f". */
static int
lex_near(struct parser *p, struct token *t)
{
	struct slice s = t->value;
	unsigned long long n;

	t->kind = TOKEN_NEAR;
	s.p += 4;
	s.n -= 4;
	if (s.n && s.p[s.n - 1] == 'f') {
		t->ordered = true;
		s.n--;
	}
	if (s.n < 2 || !slice_u64((struct slice){s.p + 1, s.n - 1}, &n) || n > QUERY_NEAR_MAX)
		return query_fail(p, t->at,
		    "NEAR takes a distance from 0 to %d, such as NEAR/5 or NEAR/5f",
		    QUERY_NEAR_MAX);
	t->n = (uint16_t)n;
	return 0;
}

/* "stem.en:": the language at AT, behind the point.  How many bytes it has with its point, or -1.
 */
static int
lex_language(struct parser *p, struct token *t, size_t at)
{
	struct slice rest = {t->value.p + at, t->value.n - at}, code;
	int language;

	slice_cut(&rest, ':', &code);
	language = stem_language(code);
	if (language < 0)
		return query_fail(
		    p, t->at + at, "stem. takes one of these languages: %s", stem_languages());
	t->field = (uint8_t)(VALUE_STEM + language);
	return (int)code.n + 1;
}

static int
unknown_field(struct parser *p, const struct token *t, size_t n)
{
	char known[160] = "";

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		snprintf(
		    known + strlen(known), sizeof known - strlen(known), " %s:", fields[i].name);
	return query_fail(p, t->at,
	    "no operator \"%.*s:\" (there are%s); use quotes to search for it",
	    n > 20 ? 20 : (int)n, t->value.p, known);
}

/* Make a field of the word that begins with its name and ":"; any other word is left as it is. */
static int
lex_field(struct parser *p, struct token *t)
{
	size_t n = 0;
	int more = 0;

	while (n < t->value.n && ((t->value.p[n] | 0x20) >= 'a' && (t->value.p[n] | 0x20) <= 'z'))
		n++;
	if (!n || n == t->value.n)
		return 0;
	if (t->value.p[n] == '.' && slice_is((struct slice){t->value.p, n}, "stem") &&
	    memchr(t->value.p, ':', t->value.n)) {
		more = lex_language(p, t, n + 1);
		if (more < 0)
			return -1;
	} else if (t->value.p[n] != ':') {
		return 0;
	}
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		if (!slice_is((struct slice){t->value.p, n}, fields[i].name))
			continue;
		t->kind = TOKEN_FIELD;
		if (!more)
			t->field = fields[i].field;
		t->end = t->at + n + (size_t)more + 1;
		return 0;
	}
	return unknown_field(p, t, n);
}

/* "~" stands behind a word, alone or with a distance. */
static int
check_fuzzy(struct parser *p, const struct token *t, size_t i)
{
	struct slice s = t->value, rest = {s.p + i + 1, s.n - i - 1};
	unsigned char before = i ? (unsigned char)s.p[i - 1] : 0;

	if (before < 0x80 && !(before >= '0' && before <= '9') &&
	    !((before | 0x20) >= 'a' && (before | 0x20) <= 'z'))
		return query_fail(p, t->at + i, "\"~\" stands right behind a word, as in netz~");
	if (rest.n && !slice_is(rest, "1") && !slice_is(rest, "2"))
		return query_fail(
		    p, t->at + i, "\"~\" takes a distance of 1 or 2, as in netz~1, or none");
	return 0;
}

/* Things that mean something elsewhere and would be searched for as words here. */
static int
lex_refuse(struct parser *p, struct token *t)
{
	static const char *const operators[] = {"AND", "OR", "NOT"};
	struct slice s = t->value;

	for (size_t i = 0; i < 3; i++)
		if (slice_eq_nocase(s, slice_of(operators[i])))
			return query_fail(p, t->at,
			    "operators are capitals: %s; use quotes to search for the word",
			    operators[i]);
	if (s.n > 5 && slice_eq_nocase((struct slice){s.p, 5}, SLICE("near/")))
		return query_fail(p, t->at, "operators are capitals: NEAR/n");
	if (s.n > 1 && (s.p[0] == '-' || s.p[0] == '+' || s.p[0] == '!'))
		return query_fail(p, t->at, "\"%c\" is no operator; write %s", s.p[0],
		    s.p[0] == '+' ? "AND" : "NOT");
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '|')
			return query_fail(p, t->at + i, "\"|\" is no operator; write OR");
		if (s.p[i] == '~' && check_fuzzy(p, t, i) < 0)
			return -1;
	}
	if (s.n > 1 && s.p[s.n - 1] == '?')
		return query_fail(
		    p, t->at + s.n - 1, "\"?\" stands for one character inside a word");
	return 0;
}

/* What stands between spaces, parentheses and quotes. */
static int
lex_word(struct parser *p, struct token *t)
{
	size_t at = t->at;

	while (at < p->text.n && !is_space(p->text.p[at]) && !strchr("()\"", p->text.p[at]) &&
	       !curly_quote(p->text, at))
		at++;
	/* A NUL is found by strchr. */
	t->end = at == t->at ? at + 1 : at;
	t->value = (struct slice){p->text.p + t->at, t->end - t->at};
	t->kind = TOKEN_WORD;
	if (slice_is(t->value, "AND"))
		t->kind = TOKEN_AND;
	else if (slice_is(t->value, "OR"))
		t->kind = TOKEN_OR;
	else if (slice_is(t->value, "NOT"))
		t->kind = TOKEN_NOT;
	else if (slice_is(t->value, "NEAR") || slice_starts(t->value, SLICE("NEAR/")))
		return lex_near(p, t);
	if (t->kind == TOKEN_WORD && lex_field(p, t) < 0)
		return -1;
	return t->kind == TOKEN_WORD ? lex_refuse(p, t) : 0;
}

/* Read the next token into p->token. */
int
query_advance(struct parser *p)
{
	struct token *t = &p->token;

	p->done = t->end;
	while (p->at < p->text.n && is_space(p->text.p[p->at]))
		p->at++;
	*t = (struct token){.kind = TOKEN_END, .at = p->at, .end = p->at + 1};
	if (p->at >= p->text.n) {
		t->end = p->at;
		return 0;
	}
	switch (p->text.p[p->at]) {
	case '(':
		t->kind = TOKEN_OPEN;
		break;
	case ')':
		t->kind = TOKEN_CLOSE;
		break;
	default: {
		size_t quote = p->text.p[p->at] == '"' ? 1 : curly_quote(p->text, p->at);

		if ((quote ? lex_phrase(p, t, quote) : lex_word(p, t)) < 0)
			return -1;
	}
	}
	p->at = t->end;
	return 0;
}

/* The value of a field or raw: takes everything up to a space, operators of other suites as well.
 */
int
query_advance_value(struct parser *p)
{
	struct token *t = &p->token;
	struct slice list = SLICE("list:");
	size_t at = p->at;

	if (at >= p->text.n || is_space(p->text.p[at]) || p->text.p[at] == ')')
		return query_fail(p, at, "a value must follow \":\" at once");
	/* Here stand words as elsewhere; values of fields may be anything. */
	if (t->field == VALUE_PART || t->field >= VALUE_STEM)
		return query_advance(p);
	if (t->field != VALUE_LIST && p->text.n - at >= list.n &&
	    memcmp(p->text.p + at, list.p, list.n) == 0)
		return query_advance(p);
	if (p->text.p[at] == '(' || p->text.p[at] == '"' || curly_quote(p->text, at))
		return query_advance(p);
	while (at < p->text.n && !is_space(p->text.p[at]) && p->text.p[at] != '(' &&
	       p->text.p[at] != ')' && p->text.p[at] != '"')
		at++;
	*t = (struct token){
	    .kind = TOKEN_WORD, .at = p->at, .end = at, .value = {p->text.p + p->at, at - p->at}};
	p->at = at;
	return 0;
}

const char *
query_token_name(const struct parser *p, char out[64])
{
	const struct token *t = &p->token;
	char text[48];

	if (t->kind == TOKEN_END)
		return "the end";
	excerpt((struct slice){p->text.p + t->at, t->end - t->at}, false, text);
	snprintf(out, 64, "\"%s\"", text);
	return out;
}
