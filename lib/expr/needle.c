#include "expr/needle.h"

#include <string.h>

/* Shorter ones are in most texts. */
#define NEEDLE_MIN 2
/* Of longer ones the begin is looked for, so that no text takes its product with one. */
#define NEEDLE_MAX 32
#define NEEDLES_MAX 16

struct needles {
	struct slice text[NEEDLES_MAX];
	bool whole[NEEDLES_MAX]; /* the alternative is nothing but this */
	size_t n;
	bool nocase;
};

/* An alternative as far as it has been read. */
struct reading {
	struct slice run, best;
	bool whole;
};

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* The run of letters ends here. */
static void
cut(struct reading *r)
{
	if (r->run.n > r->best.n)
		r->best = r->run;
	r->run.n = 0;
	r->whole = false;
}

/* What was last need not be there. */
static void
drop_last(struct reading *r)
{
	while (r->run.n && ((unsigned char)r->run.p[r->run.n - 1] & 0xc0) == 0x80)
		r->run.n--;
	r->run.n -= r->run.n > 0;
	cut(r);
}

/* How long the class, group or count at the begin of S is; 0: it is one that we leave to the matcher. */
static size_t
span(struct slice s)
{
	const char *end, *in = s.p + 1;
	size_t n;

	if (*s.p == '(') {
		/* Options, looking around, verbs; groups within groups are rare enough. */
		end = memchr(in, ')', s.n - 1);
		n = end ? (size_t)(end - s.p) : 0;
		if (!n || *in == '?' || *in == '*' || memchr(in, '(', n - 1) || memchr(in, '[', n - 1) ||
		    memchr(in, '\\', n - 1))
			return 0;
		return n + 1;
	}
	if (*s.p == '[') {
		end = memchr(in, ']', s.n - 1);
		n = end ? (size_t)(end - s.p) : 0;
		if (n < 2 || (n == 2 && *in == '^') || memchr(in, '[', n - 1) || memchr(in, '\\', n - 1) ||
		    memchr(in, '&', n - 1))
			return 0;
		return n + 1;
	}
	for (n = 1; n < s.n && ((s.p[n] >= '0' && s.p[n] <= '9') || s.p[n] == ','); n++)
		;
	return n > 1 && n < s.n && s.p[n] == '}' ? n + 1 : 0;
}

/* The part of an alternative at the begin of S: how long it is, 0 when it is not understood. */
static size_t
read_part(struct reading *r, struct slice s, bool nocase)
{
	switch (*s.p) {
	case '\\':
		if (s.n < 2 || (is_alnum(s.p[1]) && !strchr("bBdDsSwW", s.p[1])) || (s.p[1] & 0x80))
			return 0;
		cut(r);
		return 2;
	case '(':
	case '[':
		cut(r);
		return span(s);
	case '{':
		drop_last(r);
		return span(s);
	case '*':
	case '?':
		drop_last(r);
		return 1;
	case '+':
	case '.':
	case '^':
	case '$':
		cut(r);
		return 1;
	case ')':
	case '\0':
		return 0;
	default:
		if (nocase && (*s.p & 0x80)) {
			cut(r);
			return 1;
		}
		if (!r->run.n)
			r->run.p = s.p;
		r->run.n++;
		return 1;
	}
}

/* One alternative off the front of *REST. */
static bool
read_alternative(struct needles *n, struct slice *rest)
{
	struct reading r = {.whole = true};
	bool whole;

	while (rest->n && *rest->p != '|') {
		size_t part = read_part(&r, *rest, n->nocase);

		if (!part)
			return false;
		rest->p += part;
		rest->n -= part;
	}
	whole = r.whole;
	cut(&r);
	if (r.best.n < NEEDLE_MIN || n->n == NEEDLES_MAX)
		return false;
	if (r.best.n > NEEDLE_MAX) {
		r.best.n = NEEDLE_MAX;
		whole = false;
	}
	n->text[n->n] = r.best;
	n->whole[n->n++] = whole;
	return true;
}

const struct needles *
needles_of(struct arena *a, struct slice re, struct slice mods)
{
	struct needles *n = arena_zalloc(a, sizeof *n);

	/* With "x" white space and what follows "#" means nothing. */
	if (mods.n && memchr(mods.p, 'x', mods.n))
		return NULL;
	n->nocase = mods.n && memchr(mods.p, 'i', mods.n);
	for (;;) {
		if (!read_alternative(n, &re))
			return NULL;
		if (!re.n)
			return n;
		re.p++;
		re.n--;
	}
}

/* ---- looking ---- */

/* Is the character at P one that is the same as ASCII letters when case does not count, such as U+212A and
 * U+00DF?  By Unicode's CaseFolding.txt there are no others. */
static bool
folds(const unsigned char *p, size_t left)
{
	switch (*p) {
	case 0xc3:
		return left > 1 && p[1] == 0x9f;
	case 0xc4:
		return left > 1 && p[1] == 0xb0;
	case 0xc5:
		return left > 1 && (p[1] == 0x89 || p[1] == 0xbf);
	case 0xc7:
		return left > 1 && p[1] == 0xb0;
	case 0xe1:
		return left > 2 && p[1] == 0xba && p[2] >= 0x96 && p[2] <= 0x9e;
	case 0xe2:
		return left > 2 && p[1] == 0x84 && p[2] == 0xaa;
	case 0xef:
		return left > 2 && p[1] == 0xac && p[2] <= 0x86;
	default:
		return false;
	}
}

static bool
has_folds(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	for (size_t i = 0; i < s.n; i++)
		if (p[i] >= 0xc3 && folds(p + i, s.n - i))
			return true;
	return false;
}

enum needles_say
needles_look(const struct needles *n, struct slice text)
{
	bool found = false;

	for (size_t i = 0; i < n->n; i++) {
		if ((n->nocase ? slice_find_nocase(text, n->text[i]) : slice_find(text, n->text[i])) < 0)
			continue;
		if (n->whole[i])
			return NEEDLES_YES;
		found = true;
	}
	return found || (n->nocase && has_folds(text)) ? NEEDLES_ASK : NEEDLES_NO;
}
