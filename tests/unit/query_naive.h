/*
 * The simple evaluator of test_query_diff.  It never sees a query's text or a mention's: it works
 * on the tree and the words that both were written from, so parser, folding and word boundaries are
 * tested as well.
 */
#ifndef SME_TESTS_QUERY_NAIVE_H
#define SME_TESTS_QUERY_NAIVE_H

#include "query_gen.h"

#define PLACES 4096

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

/* The code points of S. */
static int
letters_of(const char *s, int *out)
{
	int n = 0;

	for (; *s; s += char_length(s)) {
		out[n] = 0;
		for (size_t i = 0; i < char_length(s); i++)
			out[n] = (int)((unsigned)out[n] << 8 | (unsigned char)s[i]);
		n++;
	}
	return n;
}

#define LETTERS 40

/* Damerau-Levenshtein as Lowrance and Wagner wrote it: swaps over any gap. */
static int
simple_distance(const char *s, const char *t)
{
	int a[LETTERS], b[LETTERS], n = letters_of(s, a), m = letters_of(t, b);
	int d[LETTERS + 1][LETTERS + 1];

	for (int i = 0; i <= n; i++)
		for (int j = 0; j <= m; j++) {
			d[i][j] = i == 0 ? j : i;
			if (i == 0 || j == 0)
				continue;
			d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (d[i - 1][j] + 1 < d[i][j])
				d[i][j] = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < d[i][j])
				d[i][j] = d[i][j - 1] + 1;
			for (int k = 1; k < i; k++)
				for (int l = 1; l < j; l++)
					if (a[k - 1] == b[j - 1] && a[i - 1] == b[l - 1] &&
					    d[k - 1][l - 1] + i - k + j - l - 1 < d[i][j])
						d[i][j] = d[k - 1][l - 1] + i - k + j - l - 1;
		}
	return d[n][m];
}

static bool
is_pair(const struct spelling *list, unsigned n, const char *word, const char *of)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(list[i].written, word) == 0 && strcmp(list[i].is, of) == 0)
			return true;
	return false;
}

static const char *
simple_stem(const char *word)
{
	for (unsigned i = 0; i < COUNT(stems); i++)
		if (strcmp(stems[i].written, word) == 0)
			return stems[i].is;
	return word;
}

/* A pattern without sign also finds what stands behind a sign. */
static bool
simple_word(const char *pattern, enum form form, const char *is)
{
	bool sign = *is == '#' || *is == '@';

	if (!*is)
		return false;
	if (*pattern == '#' || *pattern == '@')
		return *pattern == *is && simple_wild(pattern + 1, is + 1);
	is += sign;
	if (form == PART)
		return strcmp(pattern, is) == 0 || is_pair(parts, COUNT(parts), is, pattern);
	if (form == STEM)
		return strcmp(simple_stem(pattern), simple_stem(is)) == 0;
	if (*pattern == '~')
		return simple_distance(pattern + 2, is) <= pattern[1] - '0';
	return simple_wild(pattern, is);
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
			all = all && simple_word(t->word[k].is, t->form, x->is[i + k]);
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
	case LIST:
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

/* Is the address on the host of VALUE or below it, and is its path VALUE's or below it? */
static bool
simple_link(const char *value, const char *url)
{
	const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url, *path;
	const char *slash = strchr(value, '/'), *user;
	char want[64], name[64];
	size_t n = slash ? (size_t)(slash - value) : strlen(value);

	path = host + strcspn(host, "/?#");
	user = memchr(host, '@', (size_t)(path - host));
	host = user ? user + 1 : host;
	snprintf(name, sizeof name, ".%.*s", (int)strcspn(host, ":/?#"), host);
	snprintf(want, sizeof want, ".%.*s", (int)n, value);
	if (strlen(name) < strlen(want) || strcmp(name + strlen(name) - strlen(want), want) != 0)
		return false;
	if (!slash || !slash[1])
		return true;
	n = strlen(slash);
	return strncmp(path, slash, n) == 0 && (!path[n] || strchr("/?#&", path[n]));
}

static bool
simple_links(const char *value, const struct text *x)
{
	for (unsigned i = 0; i < x->nlinks; i++)
		if (simple_link(value, x->links[i].p))
			return true;
	for (unsigned i = 0; i < x->n; i++) {
		char url[64];

		snprintf(url, sizeof url, "%.*s", (int)(x->end[i] - x->start[i]),
		    x->written.p + x->start[i]);
		if (!*x->is[i] && simple_link(value, url))
			return true;
	}
	return false;
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
	case COUNTRY:
		return *x->country && simple_value(t->value, x->country);
	case LINKS:
		return simple_links(t->value, x);
	case FOLLOWERS:
		return x->followers >= 0 && x->followers >= t->low && x->followers <= t->high;
	case LIST:
		for (unsigned i = 0; i < t->n; i++)
			any = any || simple_eval(t->kid[i], x);
		return any;
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

#endif
