/*
 * Random texts and queries for test_query_diff, the same on every run.  Both are written from words
 * of which it is known how they are spelled and what they are.
 */
#ifndef SME_TESTS_QUERY_GEN_H
#define SME_TESTS_QUERY_GEN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/buf.h"
#include "core/slice.h"

#define KIDS 4
#define WORDS 24 /* a text */
#define NODES 96 /* a query */
#define LISTS 4096

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
    {"#Netze", "#netze"},
    {"@o2", "@o2"},
    {"@Netz", "@netz"},
    {"@kim", "@kim"},
    {"kim", "kim"},
    {"Netze", "netze"},
    {"Nezt", "nezt"},
    {"Stoerng", "stoerng"},
    {"Vertrag", "vertrag"},
    {"Verträge", "vertraege"},
    {"Vertrages", "vertrages"},
    {"Internetzugang", "internetzugang"},
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
    /* Fuzzy words: the distance stands in front. */
    {"netz~", "~1netz"},
    {"Nettz~1", "~1nettz"},
    {"Stöhrung~", "~2stoehrung"},
    {"störunk~1", "~1stoerunk"},
    {"strasse~2", "~2strasse"},
    {"netzwrek~2", "~2netzwrek"},
    {"кривет~", "~1кривет"},
};

/* For part: and stem:. */
static const struct spelling bases[] = {
    {"netz", "netz"},
    {"Netz", "netz"},
    {"Ausfall", "ausfall"},
    {"funk", "funk"},
    {"werk", "werk"},
    {"Vertrag", "vertrag"},
    {"Verträge", "vertraege"},
    {"Störung", "stoerung"},
    {"netzwerk", "netzwerk"},
    {"nicht", "nicht"},
};

/* Which of these are parts of which of the spellings, themselves apart. */
static const struct spelling parts[] = {
    {"netze", "netz"},
    {"netzwerk", "netz"},
    {"netzausfall", "netz"},
    {"funknetz", "netz"},
    {"netzausfall", "ausfall"},
    {"funknetz", "funk"},
    {"netzwerk", "werk"},
    {"vertrages", "vertrag"},
};

/* Words whose stem is that of another one. */
static const struct spelling stems[] = {
    {"netze", "netz"},
    {"vertraege", "vertrag"},
    {"vertrages", "vertrag"},
};

static const char *const urls[] = {
    "https://www.netz.example/o2/tarif?x=1",
    "http://kim@netz.example:80/",
    "https://o2.example#netz",
    "netz.example",
};

#define COUNT(a) (unsigned)(sizeof(a) / sizeof *(a))

/* ---- a text ---- */

struct text {
	struct buf written;
	unsigned n;
	const char *is[WORDS]; /* "" is a web address */
	size_t start[WORDS], end[WORDS];
	const char *lang, *author, *country;
	struct slice links[2];
	unsigned nlinks;
	int followers;    /* below 0: not known */
	unsigned clauses; /* for the test */
};

static void
make_text(struct text *t)
{
	static const char *const langs[] = {"de", "en", "fr"}, *const authors[] = {
								   "kim", "Max", "o2"};
	static const char *const countries[] = {"DE", "at", ""};

	buf_clear(&t->written);
	t->n = roll(WORDS + 1);
	t->lang = langs[roll(3)];
	t->author = authors[roll(3)];
	t->country = countries[roll(3)];
	t->followers = (int)roll(40) - 5;
	t->nlinks = roll(3);
	for (unsigned i = 0; i < t->nlinks; i++)
		t->links[i] = slice_of(urls[roll(COUNT(urls))]);
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

enum op { PHRASE, RAW, LIST, LANG, AUTHOR, COUNTRY, LINKS, FOLLOWERS, AND, OR, NOT, NEAR };

/* How the words of a phrase are taken. */
enum form { PLAIN, PART, STEM };

struct tree {
	enum op op;
	unsigned n; /* kids, or words of a phrase, or the distance */
	bool ordered;
	struct tree *kid[KIDS];
	struct spelling word[KIDS];
	enum form form;
	int low, high; /* followers */
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
	t->form = roll(5) ? PLAIN : 1 + roll(2);
	for (unsigned i = 0; i < t->n; i++) {
		if (t->form != PLAIN) {
			t->word[i] = bases[roll(COUNT(bases))];
			continue;
		}
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

/* The entries of a list are phrases, or authors. */
static struct tree *
make_list(bool authors)
{
	static const char *const names[] = {"kim", "@MAX", "*2", "nobody"};
	struct tree *t = make_node(LIST);

	t->n = 1 + roll(KIDS);
	t->ordered = authors;
	for (unsigned i = 0; i < t->n; i++) {
		if (authors) {
			t->kid[i] = make_node(AUTHOR);
			t->kid[i]->value = names[roll(4)];
			continue;
		}
		do {
			if (t->kid[i])
				nnodes--;
			t->kid[i] = make_phrase();
		} while (t->kid[i]->form != PLAIN);
	}
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
	if (what == 4)
		return make_list(false);
	return what == 3 ? make_raw() : make_phrase();
}

static struct tree *
make_leaf(void)
{
	static const char *const langs[] = {"de", "EN", "f*"}, *const authors[] = {
								   "kim", "@MAX", "*2"};
	static const char *const sites[] = {"netz.example", "example", "etz.example", "o2.example",
	    "netz.example/o2", "netz.example/o", "netz.example/o2/tarif", "www.netz.example/"};
	struct tree *t;

	switch (roll(16)) {
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
	case 3:
		t = make_node(COUNTRY);
		t->value = roll(2) ? "de" : "A*";
		return t;
	case 4:
		t = make_node(LINKS);
		t->value = sites[roll(COUNT(sites))];
		return t;
	case 5:
		t = make_node(FOLLOWERS);
		t->low = (int)roll(20);
		t->high = roll(2) ? 1 << 30 : t->low + (int)roll(20);
		return t;
	case 6:
		return make_list(roll(2));
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
static const int strength[] = {[OR] = 1,
    [AND] = 2,
    [NOT] = 3,
    [NEAR] = 4,
    [PHRASE] = 5,
    [RAW] = 5,
    [LANG] = 5,
    [AUTHOR] = 5,
    [COUNTRY] = 5,
    [LINKS] = 5,
    [FOLLOWERS] = 5,
    [LIST] = 5};

static void write_tree(struct buf *b, const struct tree *t, int outer);

static void
write_phrase(struct buf *b, const struct tree *t)
{
	static const char *const forms[] = {"", "part:", "stem:"};
	bool quotes = t->n > 1 || roll(3) == 0;

	buf_puts(b, forms[t->form]);
	buf_puts(b, quotes ? "\"" : "");
	for (unsigned i = 0; i < t->n; i++) {
		buf_puts(b, i ? " " : "");
		buf_puts(b, t->word[i].written);
	}
	buf_puts(b, quotes ? "\"" : "");
}

/* List files, by number; the set reads them when the query is added. */
static struct buf files[LISTS];
static unsigned nfiles;

static void
write_list(struct buf *b, const struct tree *t)
{
	struct buf *file = &files[nfiles % LISTS];

	buf_clear(file);
	for (unsigned i = 0; i < t->n; i++) {
		const struct tree *kid = t->kid[i];

		if (t->ordered)
			buf_puts(file, kid->value);
		for (unsigned k = 0; !t->ordered && k < kid->n; k++)
			buf_printf(file, "%s%s", k ? " " : "", kid->word[k].written);
		buf_puts(file, roll(4) ? "\n" : "\r\n\n# remark\n");
	}
	buf_printf(b, "%slist:%u", t->ordered ? "author:" : "", nfiles++);
}

static void
write_number(struct buf *b, const struct tree *t)
{
	if (t->high == 1 << 30)
		buf_printf(b, roll(2) ? "followers:>=%d" : "followers:(>=%d)", t->low);
	else
		buf_printf(b, "followers:%d..%d", t->low, t->high);
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
	case COUNTRY:
		buf_printf(b, "country:%s", t->value);
		break;
	case LINKS:
		buf_printf(b, "links:%s", t->value);
		break;
	case FOLLOWERS:
		write_number(b, t);
		break;
	case LIST:
		write_list(b, t);
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

#endif
