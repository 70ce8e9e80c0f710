/* What follows from a clause without looking at any text. */
#include <string.h>

#include "text/query_lex.h"
#include "text/query_lint.h"

/* A longer list is not looked through entry by entry for what all of them have in common. */
#define ENTRIES_MAX 1000

/* Does the pattern Q find all that the pattern P finds?  "?" of Q could not stand for "*" of P. */
static bool
pattern_covers(struct slice q, struct slice p)
{
	if (memchr(q.p, WILD_ONE, q.n) && memchr(p.p, WILD_MANY, p.n))
		return false;
	return query_wild_match(q, p);
}

/* ---- words ---- */

static bool
is_name(struct slice key)
{
	return *key.p == '#' || *key.p == '@';
}

static struct slice
without(struct slice key, size_t n)
{
	return (struct slice){key.p + n, key.n - n};
}

static bool
is_near(const struct term *fuzzy, struct slice word)
{
	int32_t letters[FUZZY_LETTERS + FUZZY_MAX + 1];
	size_t n = fuzzy_letters(word, letters, FUZZY_LETTERS + FUZZY_MAX + 1);

	return query_fuzzy_same(fuzzy, letters, n);
}

static bool
has_part(struct slice word, struct slice part)
{
	for (size_t at = 0; at + part.n <= word.n; at++)
		if (memcmp(word.p + at, part.p, part.n) == 0 && query_part_fits(word, at, part.n))
			return true;
	return false;
}

static bool
has_stem(const struct query_set *set, struct slice word, struct slice stem)
{
	char key[QUERY_WORD_MAX + 9];
	size_t n = stem_key(set->stemmers, stem.p[1] - 'A', word, key);

	return slice_eq((struct slice){key, n}, stem);
}

/* Does the plain word WORD find the term B? */
static bool
word_finds(const struct query_set *set, struct slice word, const struct term *b)
{
	switch (b->kind) {
	case TERM_EXACT:
		return slice_eq(word, b->key);
	case TERM_WILD:
		return query_wild_match(b->key, word);
	case TERM_FUZZY:
		return is_near(b, word);
	case TERM_PART:
		return has_part(word, without(b->key, 1));
	default:
		return has_stem(set, word, b->key);
	}
}

static bool
pattern_implies(struct slice a, const struct term *b)
{
	if (b->kind != TERM_WILD)
		return false;
	return pattern_covers(b->key, a) ||
	       (is_name(a) && !is_name(b->key) && pattern_covers(b->key, without(a, 1)));
}

/* Is what has this part found by the pattern B? */
static bool
part_implies(struct slice part, const struct term *b)
{
	char any[QUERY_WORD_MAX + 2] = {WILD_MANY};

	if (b->kind != TERM_WILD)
		return false;
	memcpy(any + 1, part.p, part.n);
	any[part.n + 1] = WILD_MANY;
	return pattern_covers(b->key, (struct slice){any, part.n + 2});
}

/* ---- values of fields ---- */

/* The host of a value of links: up to its path. */
static struct slice
host_of(struct slice value)
{
	const char *slash = memchr(value.p, '/', value.n);

	return (struct slice){value.p, slash ? (size_t)(slash - value.p) : value.n};
}

/* Is A the domain B, or one below it, and does its path go on where B's ends? */
static bool
link_implies(struct slice a, struct slice b)
{
	struct slice host = host_of(a), domain = host_of(b), path, start;

	if (!slice_ends(host, domain) ||
	    (host.n > domain.n && host.p[host.n - domain.n - 1] != '.'))
		return false;
	path = without(a, host.n);
	start = without(b, domain.n);
	return slice_starts(path, start) &&
	       (path.n == start.n || !start.n || memchr("/?#&", path.p[start.n], 4));
}

static bool
value_implies(const struct term *a, const struct term *b)
{
	char field = *a->key.p;

	if (*b->key.p != field)
		return false;
	if (a->kind == TERM_WILD)
		return b->kind == TERM_WILD && pattern_covers(b->key, a->key);
	if (b->kind == TERM_WILD)
		return query_wild_match(b->key, a->key);
	if (field == FIELD_SITE || field == FIELD_LINKS)
		return link_implies(without(a->key, 1), without(b->key, 1));
	return slice_eq(a->key, b->key);
}

bool
term_implies(const struct query_set *set, uint32_t ia, uint32_t ib)
{
	const struct term *a = &set->terms[ia], *b = &set->terms[ib];

	if (ia == ib)
		return true;
	if (term_is_field(a->key) || term_is_field(b->key))
		return value_implies(a, b);
	switch (a->kind) {
	case TERM_EXACT:
		if (!is_name(a->key))
			return word_finds(set, a->key, b);
		return (b->kind == TERM_WILD && query_wild_match(b->key, a->key)) ||
		       word_finds(set, without(a->key, 1), b);
	case TERM_WILD:
		return pattern_implies(a->key, b);
	case TERM_FUZZY:
		return b->kind == TERM_FUZZY && a->key.p[1] <= b->key.p[1] &&
		       slice_eq(without(a->key, 2), without(b->key, 2));
	case TERM_PART:
		return part_implies(without(a->key, 1), b);
	default:
		return false;
	}
}

/* ---- clauses ---- */

/* The words of a leaf that is a word, a phrase or raw; how many, 0 for anything else. */
static uint32_t
words_of(const struct query_set *set, const struct node *node, const uint32_t **terms)
{
	const struct raw *raw;

	switch (node->op) {
	case NODE_TERM:
		*terms = &node->arg;
		return 1;
	case NODE_PHRASE:
		*terms = set->phrases + node->arg;
		return node->n;
	case NODE_RAW:
		raw = &set->raws[node->arg];
		*terms = set->phrases + raw->terms;
		return raw->n;
	default:
		return 0;
	}
}

/* Do the words B stand side by side among the words A? */
static bool
phrase_implies(
    const struct query_set *set, const uint32_t *a, uint32_t na, const uint32_t *b, uint32_t nb)
{
	for (uint32_t at = 0; at + nb <= na; at++) {
		uint32_t k = 0;

		while (k < nb && term_implies(set, a[at + k], b[k]))
			k++;
		if (k == nb)
			return true;
	}
	return false;
}

static bool
same_leaf(const struct query_set *set, const struct node *a, const struct node *b)
{
	const uint32_t *x, *y;

	if (a->op != b->op)
		return false;
	switch (a->op) {
	case NODE_PHRASE:
		return words_of(set, a, &x) == words_of(set, b, &y) &&
		       memcmp(x, y, a->n * sizeof *x) == 0;
	case NODE_RAW:
		return slice_eq(set->raws[a->arg].text, set->raws[b->arg].text);
	default:
		return a->arg == b->arg;
	}
}

static bool
same_tree(const struct query_set *set, const struct node *a, const struct node *b)
{
	if (a->size != b->size)
		return false;
	for (uint32_t i = 0; i < a->size; i++)
		if (a[i].op != b[i].op || a[i].size != b[i].size || a[i].n != b[i].n ||
		    a[i].ordered != b[i].ordered ||
		    (a[i].size == 1 && !same_leaf(set, &a[i], &b[i])))
			return false;
	return true;
}

static const struct node *
right_of(const struct node *near)
{
	return near + 1 + near[1].size;
}

/* Do the words A, side by side, hold the two words that B wants near each other? */
static bool
words_are_near(const struct query_set *set, const uint32_t *a, uint32_t na, const struct node *b)
{
	const struct node *left = b + 1, *right = right_of(b);

	if (left->op != NODE_TERM || right->op != NODE_TERM)
		return false;
	for (uint32_t i = 0; i < na; i++)
		for (uint32_t j = i + 1; j < na && j - i - 1 <= b->n; j++)
			if ((term_implies(set, a[i], left->arg) &&
				term_implies(set, a[j], right->arg)) ||
			    (!b->ordered && term_implies(set, a[j], left->arg) &&
				term_implies(set, a[i], right->arg)))
				return true;
	return false;
}

static bool
near_implies(const struct query_set *set, const struct node *a, const struct node *b)
{
	if (a->n > b->n || (b->ordered && !a->ordered))
		return false;
	if (same_tree(set, a + 1, b + 1) && same_tree(set, right_of(a), right_of(b)))
		return true;
	return !b->ordered && same_tree(set, a + 1, right_of(b)) &&
	       same_tree(set, right_of(a), b + 1);
}

/* Does some entry of B follow from A? */
static bool
implies_entry(const struct query_set *set, const struct node *a, const struct list *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (clause_implies(set, a, &b->nodes[i]))
			return true;
	return false;
}

static bool
all_entries_imply(const struct query_set *set, const struct list *a, const struct node *b)
{
	if (a->n == 0 || a->n > ENTRIES_MAX)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!clause_implies(set, &a->nodes[i], b))
			return false;
	return true;
}

bool
clause_implies(const struct query_set *set, const struct node *a, const struct node *b)
{
	const uint32_t *x, *y;
	const struct range *r, *q;
	uint32_t n, m;

	if (a->op == NODE_LIST)
		return (b->op == NODE_LIST && a->arg == b->arg) ||
		       (b->op != NODE_LIST && all_entries_imply(set, &set->lists[a->arg], b));
	if (b->op == NODE_LIST)
		return implies_entry(set, a, &set->lists[b->arg]);
	if (a->op == NODE_NUMBER || b->op == NODE_NUMBER) {
		r = &set->ranges[a->arg];
		q = &set->ranges[b->arg];
		return a->op == b->op && r->low >= q->low && r->high <= q->high;
	}
	if (a->op == NODE_NEAR)
		return b->op == NODE_NEAR && near_implies(set, a, b);
	n = words_of(set, a, &x);
	if (b->op == NODE_NEAR)
		return words_are_near(set, x, n, b);
	if (b->op == NODE_RAW)
		return same_leaf(set, a, b);
	m = words_of(set, b, &y);
	return phrase_implies(set, x, n, y, m);
}

/* Has a mention only one value of this field? */
static bool
is_single(char field)
{
	return field == FIELD_LANG || field == FIELD_CHANNEL || field == FIELD_NETWORK ||
	       field == FIELD_KIND || field == FIELD_SITE;
}

bool
clause_excludes(const struct query_set *set, const struct node *a, const struct node *b)
{
	const struct term *x, *y;
	const struct range *r, *q;

	if (a->op == NODE_NUMBER && b->op == NODE_NUMBER) {
		r = &set->ranges[a->arg];
		q = &set->ranges[b->arg];
		return r->high < q->low || q->high < r->low;
	}
	if (a->op != NODE_TERM || b->op != NODE_TERM)
		return false;
	x = &set->terms[a->arg];
	y = &set->terms[b->arg];
	if (*x->key.p != *y->key.p || !is_single(*x->key.p))
		return false;
	/* A host has several names, so a pattern of one says nothing. */
	if (*x->key.p == FIELD_SITE && (x->kind == TERM_WILD || y->kind == TERM_WILD))
		return false;
	if (x->kind == TERM_WILD && y->kind == TERM_WILD)
		return false;
	return !value_implies(x, y) && !value_implies(y, x);
}
