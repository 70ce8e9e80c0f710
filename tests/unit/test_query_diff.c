/*
 * Generated queries on generated texts: the set must find what a deliberately simple evaluator
 * finds. The simple one never sees a query's text or a mention's: it works on the tree and the
 * words that both were written from, so parser, folding and word boundaries are tested as well.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "text/query.h"

#define SETS 150
#define QUERIES 25 /* a set */
#define TEXTS 20   /* a set */
#define KIDS 4
#define WORDS 24 /* a text */
#define NODES 64 /* a query */
#define PLACES 4096

/* ---- randomness, the same on every run ---- */

static uint64_t seed = 20261122;

static unsigned
roll(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)((seed >> 11) % n);
}

/* ---- words: how they are written, and what they are ---- */

static const struct spelling {
	const char *written, *is;
} spellings[] = {
    {"Netz", "netz"},
    {"NETZ", "netz"},
    {"netz", "netz"},
    {"Netzwerk", "netzwerk"},
    {"Netzausfall", "netzausfall"},
    {"Funknetz", "funknetz"},
    {"Störung", "stoerung"},
    {"STOERUNG", "stoerung"},
    {"störung", "stoerung"},
    {"Sto\xcc\x88rung", "stoerung"},
    {"Straße", "strasse"},
    {"STRASSE", "strasse"},
    {"Café", "cafe"},
    {"cafe", "cafe"},
    {"o2", "o2"},
    {"O2", "o2"},
    {"a", "a"},
    {"A", "a"},
    {"an", "an"},
    {"Änderung", "aenderung"},
    {"5G", "5g"},
    {"Привет", "привет"},
    {"ПРИВЕТ", "привет"},
    {"ist", "ist"},
    {"nicht", "nicht"},
    {"👍", "👍"},
    {"👍🏽", "👍"},
    {"❤️", "❤"},
    {"€", "€"},
    {"電", "電"},
    {"停", "停"},
    {"#Netz", "#netz"},
    {"#netz", "#netz"},
    {"#O2", "#o2"},
    {"#Störung", "#stoerung"},
    {"@o2", "@o2"},
    {"@Netz", "@netz"},
    {"@kim", "@kim"},
    {"kim", "kim"},
    {"https://netz.example/o2?a=ist", ""},
    {"www.netz.example", ""},
};

static const char *const separators[] = {
    " ",
    " ",
    " ",
    " ",
    ", ",
    ". ",
    " – ",
    "\n",
    " ... ",
    " „",
    "“ ",
    "; ",
    " (",
    ") ",
    " & ",
};

static const struct spelling patterns[] = {
    {"netz*", "netz*"},
    {"*netz", "*netz"},
    {"*netz*", "*netz*"},
    {"n*z", "n*z"},
    {"n?tz", "n?tz"},
    {"St*ung", "st*ung"},
    {"*aus*l*", "*aus*l*"},
    {"*e*", "*e*"},
    {"a*", "a*"},
    {"Ä*", "ae*"},
    {"#n*", "#n*"},
    {"#*z", "#*z"},
    {"@*", NULL},
    {"@*2", "@*2"},
    {"О*", "о*"},
    {"п?ив*т", "п?ив*т"},
    {"i?t", "i?t"},
    {"*?o?*", "*?o?*"},
};

#define COUNT(a) (unsigned)(sizeof(a) / sizeof *(a))

/* ---- a text ---- */

struct text {
	struct buf written;
	unsigned n;
	const char *is[WORDS]; /* "" is a web address */
	size_t start[WORDS], end[WORDS];
	const char *lang, *author;
};

static void
make_text(struct text *t)
{
	static const char *const langs[] = {"de", "en", "fr"}, *const authors[] = {
								   "kim", "Max", "o2"};

	buf_clear(&t->written);
	t->n = roll(WORDS + 1);
	t->lang = langs[roll(3)];
	t->author = authors[roll(3)];
	for (unsigned i = 0; i < t->n; i++) {
		const struct spelling *w = &spellings[roll(COUNT(spellings))];

		/* White space on both sides of what would otherwise grow. */
		buf_puts(&t->written, *w->is ? separators[roll(COUNT(separators))] : " ");
		t->is[i] = w->is;
		t->start[i] = t->written.n;
		buf_puts(&t->written, w->written);
		t->end[i] = t->written.n;
		if (!*w->is)
			buf_puts(&t->written, " ");
	}
	buf_puts(&t->written, roll(2) ? "!" : "");
}

/* ---- a query as a tree ---- */

enum op { PHRASE, RAW, LANG, AUTHOR, AND, OR, NOT, NEAR };

struct tree {
	enum op op;
	unsigned n; /* kids, or words of a phrase, or the distance */
	bool ordered;
	struct tree *kid[KIDS];
	struct spelling word[KIDS];
	char raw[200];
	const char *value;
};

static struct tree nodes[NODES];
static unsigned nnodes;

static struct tree *
make_node(enum op op)
{
	struct tree *t = &nodes[nnodes++];

	memset(t, 0, sizeof *t);
	t->op = op;
	return t;
}

static struct tree *
make_phrase(void)
{
	struct tree *t = make_node(PHRASE);

	t->n = roll(3) ? 1 : 1 + roll(3);
	for (unsigned i = 0; i < t->n; i++) {
		do
			t->word[i] = roll(4) ? spellings[roll(COUNT(spellings))]
			                     : patterns[roll(COUNT(patterns))];
		while (!t->word[i].is || !*t->word[i].is);
	}
	return t;
}

static struct tree *
make_raw(void)
{
	struct tree *t = make_node(RAW);
	const char *separator = separators[roll(9)];

	t->n = 1 + roll(2);
	for (unsigned i = 0; i < t->n; i++) {
		do
			t->word[i] = spellings[roll(COUNT(spellings))];
		while (!*t->word[i].is);
		if (i)
			strcat(t->raw, separator);
		strcat(t->raw, t->word[i].written);
	}
	if (roll(3) == 0)
		strcat(t->raw, ",");
	return t;
}

/* Something with a place in the text, for NEAR. */
static struct tree *
make_placed(int depth)
{
	struct tree *t;
	unsigned what = depth > 0 && nnodes < NODES - 16 ? roll(8) : 7;

	if (what == 0) {
		t = make_node(NEAR);
		t->n = roll(4);
		t->ordered = roll(2);
		t->kid[0] = make_placed(depth - 1);
		t->kid[1] = make_placed(depth - 1);
		return t;
	}
	if (what <= 2) {
		t = make_node(OR);
		t->n = 2 + roll(KIDS - 1);
		for (unsigned i = 0; i < t->n; i++)
			t->kid[i] = make_placed(depth - 1);
		return t;
	}
	return what == 3 ? make_raw() : make_phrase();
}

static struct tree *
make_leaf(void)
{
	static const char *const langs[] = {"de", "EN", "f*"}, *const authors[] = {
								   "kim", "@MAX", "*2"};
	struct tree *t;

	switch (roll(10)) {
	case 0:
		t = make_node(LANG);
		t->value = langs[roll(3)];
		return t;
	case 1:
		t = make_node(AUTHOR);
		t->value = authors[roll(3)];
		return t;
	case 2:
		return make_raw();
	default:
		return make_phrase();
	}
}

static struct tree *
make_tree(int depth)
{
	struct tree *t;

	if (depth == 0 || nnodes > NODES - 24 || roll(4) == 0)
		return make_leaf();
	switch (roll(6)) {
	case 0:
		t = make_node(NOT);
		t->n = 1;
		t->kid[0] = make_tree(depth - 1);
		return t;
	case 1:
		t = make_node(NEAR);
		t->n = roll(4);
		t->ordered = roll(2);
		t->kid[0] = make_placed(2);
		t->kid[1] = make_placed(2);
		return t;
	default:
		t = make_node(roll(2) ? AND : OR);
		t->n = 2 + roll(KIDS - 1);
		for (unsigned i = 0; i < t->n; i++)
			t->kid[i] = make_tree(depth - 1);
		return t;
	}
}

/* ---- the tree as a query ---- */

/* How tightly an operator binds. */
static const int strength[] = {
    [OR] = 1, [AND] = 2, [NOT] = 3, [NEAR] = 4, [PHRASE] = 5, [RAW] = 5, [LANG] = 5, [AUTHOR] = 5};

static void write_tree(struct buf *b, const struct tree *t, int outer);

static void
write_phrase(struct buf *b, const struct tree *t)
{
	bool quotes = t->n > 1 || roll(3) == 0;

	buf_puts(b, quotes ? "\"" : "");
	for (unsigned i = 0; i < t->n; i++) {
		buf_puts(b, i ? " " : "");
		buf_puts(b, t->word[i].written);
	}
	buf_puts(b, quotes ? "\"" : "");
}

static void
write_kids(struct buf *b, const struct tree *t)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct tree *kid = t->kid[i];

		if (i && t->op == OR)
			buf_puts(b, " OR ");
		else if (i)
			buf_puts(b, roll(2) ? " AND " : " ");
		write_tree(b, kid, strength[t->op]);
	}
}

static void
write_node(struct buf *b, const struct tree *t)
{
	switch (t->op) {
	case PHRASE:
		write_phrase(b, t);
		break;
	case RAW:
		buf_printf(b, "raw:\"%s\"", t->raw);
		break;
	case LANG:
		buf_printf(b, roll(2) ? "lang:%s" : "lang:(%s)", t->value);
		break;
	case AUTHOR:
		buf_printf(b, "author:%s", t->value);
		break;
	case NOT:
		buf_puts(b, "NOT ");
		write_tree(b, t->kid[0], strength[NOT]);
		break;
	case NEAR:
		write_tree(b, t->kid[0], strength[NEAR]);
		buf_printf(b, " NEAR/%u%s ", t->n, t->ordered ? "f" : "");
		write_tree(b, t->kid[1], strength[NEAR] + 1);
		break;
	default:
		write_kids(b, t);
	}
}

/* With parentheses where the operator around it asks for them, and sometimes where not. */
static void
write_tree(struct buf *b, const struct tree *t, int outer)
{
	bool parens = strength[t->op] < outer || roll(8) == 0;

	buf_puts(b, parens ? "(" : "");
	write_node(b, t);
	buf_puts(b, parens ? ")" : "");
}

/* ---- the simple evaluator ---- */

static size_t
char_length(const char *s)
{
	size_t n = 1;

	while ((s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static bool
simple_wild(const char *pattern, const char *s)
{
	if (!*pattern)
		return !*s;
	if (*pattern == '*')
		return simple_wild(pattern + 1, s) ||
		       (*s && simple_wild(pattern, s + char_length(s)));
	if (!*s)
		return false;
	if (*pattern == '?')
		return simple_wild(pattern + 1, s + char_length(s));
	return *pattern == *s && simple_wild(pattern + 1, s + 1);
}

/* A pattern without sign also finds what stands behind a sign. */
static bool
simple_word(const char *pattern, const char *is)
{
	bool sign = *is == '#' || *is == '@';

	if (!*is)
		return false;
	if (*pattern == '#' || *pattern == '@')
		return *pattern == *is && simple_wild(pattern + 1, is + 1);
	return simple_wild(pattern, sign ? is + 1 : is);
}

struct place {
	unsigned from, to;
};

static struct place places[PLACES];
static unsigned nplaces;

static void
add_place(unsigned from, unsigned to)
{
	assert_true(nplaces < PLACES);
	places[nplaces++] = (struct place){from, to};
}

static void
simple_phrase(const struct tree *t, const struct text *x)
{
	for (unsigned i = 0; i + t->n <= x->n; i++) {
		bool all = true;

		for (unsigned k = 0; k < t->n; k++)
			all = all && simple_word(t->word[k].is, x->is[i + k]);
		if (all)
			add_place(i, i + t->n - 1);
	}
}

static void
simple_raw(const struct tree *t, const struct text *x)
{
	size_t n = strlen(t->raw);

	for (unsigned i = 0; i + t->n <= x->n; i++) {
		bool sign =
		    (*x->is[i] == '#' || *x->is[i] == '@') && *t->raw != '#' && *t->raw != '@';
		size_t start = x->start[i] + sign, last = start;
		bool all =
		    start + n <= x->written.n && memcmp(x->written.p + start, t->raw, n) == 0;

		/* The last word ends where a word of the text ends. */
		for (unsigned k = 0; k < t->n; k++) {
			const char *at = strstr(t->raw + (last - start), t->word[k].written);

			last = start + (size_t)(at - t->raw) + strlen(t->word[k].written);
			all = all && last == x->end[i + k];
		}
		if (all && *x->is[i])
			add_place(i, i + t->n - 1);
	}
}

static void
simple_places(const struct tree *t, const struct text *x)
{
	unsigned base = nplaces, mid, end;

	switch (t->op) {
	case PHRASE:
		simple_phrase(t, x);
		return;
	case RAW:
		simple_raw(t, x);
		return;
	case OR:
		for (unsigned i = 0; i < t->n; i++)
			simple_places(t->kid[i], x);
		return;
	default:
		break;
	}
	simple_places(t->kid[0], x);
	mid = nplaces;
	simple_places(t->kid[1], x);
	end = nplaces;
	for (unsigned r = mid; r < end; r++)
		for (unsigned l = base; l < mid; l++) {
			struct place a = places[l], b = places[r];

			if ((a.to < b.from && b.from - a.to <= t->n + 1) ||
			    (!t->ordered && b.to < a.from && a.from - b.to <= t->n + 1)) {
				add_place(b.from, b.to);
				break;
			}
		}
	memmove(places + base, places + end, (nplaces - end) * sizeof *places);
	nplaces -= end - base;
}

static bool
simple_value(const char *pattern, const char *value)
{
	char a[32] = "", b[32] = "";

	for (size_t i = 0; pattern[i]; i++)
		a[i] =
		    (char)(pattern[i] >= 'A' && pattern[i] <= 'Z' ? pattern[i] + 32 : pattern[i]);
	for (size_t i = 0; value[i]; i++)
		b[i] = (char)(value[i] >= 'A' && value[i] <= 'Z' ? value[i] + 32 : value[i]);
	return simple_wild(*a == '@' ? a + 1 : a, b);
}

static bool
simple_eval(const struct tree *t, const struct text *x)
{
	bool all = true, any = false;

	switch (t->op) {
	case LANG:
		return simple_value(t->value, x->lang);
	case AUTHOR:
		return simple_value(t->value, x->author);
	case NOT:
		return !simple_eval(t->kid[0], x);
	case AND:
	case OR:
		for (unsigned i = 0; i < t->n; i++) {
			bool kid = simple_eval(t->kid[i], x);

			all = all && kid;
			any = any || kid;
		}
		return t->op == AND ? all : any;
	default:
		nplaces = 0;
		simple_places(t, x);
		return nplaces > 0;
	}
}

/* ---- both against each other ---- */

struct query {
	struct tree nodes[NODES];
	const struct tree *root;
	struct buf text;
};

static struct query queries[QUERIES];

/* The trees point into nodes; a copy of each query's nodes must point into itself. */
static void
make_query(struct query *q, struct query_set *set)
{
	struct sme_err err;
	struct tree *root;

	nnodes = 0;
	root = make_tree(4);
	memcpy(q->nodes, nodes, nnodes * sizeof *nodes);
	for (unsigned i = 0; i < nnodes; i++)
		for (unsigned k = 0; k < KIDS; k++)
			if (nodes[i].kid[k])
				q->nodes[i].kid[k] = q->nodes + (nodes[i].kid[k] - nodes);
	q->root = q->nodes + (root - nodes);
	buf_clear(&q->text);
	write_tree(&q->text, q->root, 0);
	if (query_set_add(set, SLICE("q"), buf_slice(&q->text), QUERY_GLOBAL, &err) < 0)
		fail_msg("%s: %s", buf_str(&q->text), err.text);
}

/* How many of the queries matched; each must be the simple evaluator's opinion. */
static size_t
compare(struct query_scratch *s, const struct text *x)
{
	const struct query_fields f = {.lang = slice_of(x->lang), .author = slice_of(x->author)};
	const uint32_t *hits;
	size_t n = query_run(s, buf_slice(&x->written), &f, QUERY_GLOBAL, &hits), at = 0;

	for (unsigned i = 0; i < QUERIES; i++) {
		bool found = at < n && hits[at] == i;

		if (simple_eval(queries[i].root, x) != found)
			fail_msg("%s\non: %s (lang %s, author %s)\n%s", buf_str(&queries[i].text),
			    buf_str(&x->written), x->lang, x->author,
			    found ? "matches, should not" : "should match");
		at += found;
	}
	assert_int_equal(at, n);
	return n;
}

static void
test_diff(void **state)
{
	struct text x = {.written = BUF_INIT};
	size_t matched = 0, pairs = 0;

	(void)state;
	for (unsigned i = 0; i < QUERIES; i++)
		queries[i].text = (struct buf)BUF_INIT;
	for (unsigned round = 0; round < SETS; round++) {
		struct query_set *set = query_set_new();
		struct query_scratch *s;

		for (unsigned i = 0; i < QUERIES; i++)
			make_query(&queries[i], set);
		query_set_compile(set);
		s = query_scratch_new(set);
		for (unsigned i = 0; i < TEXTS; i++) {
			make_text(&x);
			matched += compare(s, &x);
			pairs += QUERIES;
		}
		query_scratch_free(s);
		query_set_free(set);
	}
	for (unsigned i = 0; i < QUERIES; i++)
		buf_release(&queries[i].text);
	buf_release(&x.written);
	printf("%zu pairs of query and text, %zu matches\n", pairs, matched);
	/* Neither all nor nothing, or the test would test nothing. */
	assert_in_range(matched, pairs / 5, pairs * 4 / 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_diff)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
