/* What stands between operators: words, phrases, fields and numbers, to one node each. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "text/query_lex.h"

/* Letters that a word has at least. */
#define FUZZY_LEAST 3  /* for the distance 1 */
#define FUZZY_LEAST2 5 /* for the distance 2 */
#define FUZZY_LONG 8   /* "~" alone means 2 from here on */
#define PART_LEAST 3

static int
count_term(struct parser *p, size_t at)
{
	/* The entries of a list are counted by whoever reads it. */
	if (!p->list && ++p->terms > QUERY_TERMS_MAX)
		return query_fail(p, at, "more than %d words in one query", QUERY_TERMS_MAX);
	return 0;
}

static bool
only_wild(struct slice key)
{
	size_t i = *key.p == '#' || *key.p == '@' || term_is_field(key);

	for (; i < key.n; i++)
		if (key.p[i] != WILD_MANY && key.p[i] != WILD_ONE)
			return false;
	return true;
}

/* The distance behind the word W that ends with "~", which it is moved past; 0: there is none. */
static int
take_fuzzy(struct words *w)
{
	size_t at = w->end;
	struct slice rest = {w->text.p + at, w->text.n - at};
	int distance = FUZZY_MAX + 1; /* as long as the word allows */

	if (!rest.n || *rest.p != '~')
		return 0;
	at++;
	if (rest.n > 1 && (rest.p[1] == '1' || rest.p[1] == '2')) {
		distance = rest.p[1] - '0';
		at++;
	}
	if (at < w->text.n && w->text.p[at] != ' ')
		return 0;
	w->at = at;
	return distance;
}

static int
fuzzy_term(struct parser *p, const struct words *w, int distance, size_t at, uint32_t *term)
{
	char key[QUERY_WORD_MAX + 2] = {MARK_FUZZY};
	int32_t letters[FUZZY_LETTERS + 1];
	size_t n = fuzzy_letters((struct slice){w->key, w->n}, letters, FUZZY_LETTERS + 1);
	int least;

	if (w->kind != WORD_PLAIN || w->has_wild)
		return query_fail(p, at, "\"~\" takes a word without %s",
		    w->has_wild ? "\"*\" and \"?\"" : "\"#\" and \"@\"");
	if (!n)
		return query_fail(p, at, "a fuzzy word of more than %d letters", FUZZY_LETTERS);
	if (distance > FUZZY_MAX)
		distance = n >= FUZZY_LONG ? 2 : 1;
	least = distance == 2 ? FUZZY_LEAST2 : FUZZY_LEAST;
	if (n < (size_t)least)
		return query_fail(
		    p, at, "~%d needs a word of at least %d letters", distance, least);
	key[1] = (char)distance;
	memcpy(key + 2, w->key, w->n);
	*term = query_term(p->set, (struct slice){key, w->n + 2}, TERM_FUZZY);
	return 0;
}

static int
part_term(struct parser *p, const struct words *w, size_t at, uint32_t *term)
{
	char key[QUERY_WORD_MAX + 1] = {MARK_PART};

	if (w->n < PART_LEAST)
		return query_fail(p, at, "part: needs a word of at least %d letters", PART_LEAST);
	memcpy(key + 1, w->key, w->n);
	*term = query_term(p->set, (struct slice){key, w->n + 1}, TERM_PART);
	return 0;
}

static int
stem_term(struct parser *p, const struct words *w, int language, size_t at, uint32_t *term)
{
	char key[QUERY_WORD_MAX + 9];
	size_t n;

	if (!p->set->stemmers)
		p->set->stemmers = stemmers_new();
	n = stem_key(p->set->stemmers, language, (struct slice){w->key, w->n}, key);
	if (!n)
		return query_fail(p, at, "a word of more than %d bytes", QUERY_WORD_MAX);
	p->set->stem_langs |= UINT32_C(1) << language;
	*term = query_term(p->set, (struct slice){key, n}, TERM_STEM);
	return 0;
}

/* The term of one word.  What stands behind it is looked at, and taken, for "~". */
static int
word_term(struct parser *p, struct words *w, uint8_t mode, size_t at, uint32_t *term)
{
	struct slice key = {w->key, w->n};
	bool form = mode == VALUE_PART || mode >= VALUE_STEM;
	char behind = w->end < w->text.n ? w->text.p[w->end] : '\0';
	int distance = mode == VALUE_WORDS ? take_fuzzy(w) : 0;

	if (form && (behind == '*' || behind == '~'))
		return query_fail(p, at + w->end - w->start, "%s: takes no \"%c\"",
		    mode == VALUE_PART ? "part" : "stem", behind);
	if (distance)
		return fuzzy_term(p, w, distance, at, term);
	if (form && w->kind != WORD_PLAIN)
		return query_fail(p, at, "%s: takes words without \"#\" and \"@\"",
		    mode == VALUE_PART ? "part" : "stem");
	if (mode == VALUE_PART)
		return part_term(p, w, at, term);
	if (form)
		return stem_term(p, w, mode - VALUE_STEM, at, term);
	*term = query_term(p->set, key, w->has_wild ? TERM_WILD : TERM_EXACT);
	return 0;
}

static int
check_word(struct parser *p, const struct words *w, int n, size_t at)
{
	if (w->kind == WORD_LINK)
		return query_fail(p, at,
		    "web addresses are not searched as words; links: looks at those in the "
		    "mention, site: at where it is from");
	if (!w->n)
		return query_fail(p, at, "a word of more than %d bytes", QUERY_WORD_MAX);
	if (only_wild((struct slice){w->key, w->n}))
		return query_fail(p, at, "a wildcard must touch a word");
	if (count_term(p, at) < 0)
		return -1;
	if (n == QUERY_PHRASE_MAX)
		return query_fail(p, at, "a phrase of more than %d words", QUERY_PHRASE_MAX);
	return 0;
}

/* Add the words of VALUE to set->phrases; how many, or -1.  RAW (may be NULL) gets their place. */
static int
add_words(struct parser *p, struct slice value, uint8_t mode, struct raw *raw)
{
	struct words w = {.text = value, .wild = mode == VALUE_WORDS};
	struct query_set *set = p->set;
	size_t base = (size_t)(value.p - p->text.p);
	int n = 0;

	while (words_next(&w)) {
		uint32_t term = NONE;

		if (check_word(p, &w, n, base + w.start) < 0 ||
		    word_term(p, &w, mode, base + w.start, &term) < 0)
			return -1;
		n++;
		if (raw) {
			raw->lead = n == 1 ? (uint32_t)w.start : raw->lead;
			raw->end = (uint32_t)w.end;
		}
		set->phrases =
		    xgrow(set->phrases, set->nphrases, &set->phrases_cap, sizeof *set->phrases);
		set->phrases[set->nphrases++] = term;
	}
	return n;
}

/* A word, or several that must stand side by side, as in a phrase. */
static int
add_phrase(struct parser *p, uint8_t mode, struct slice value, size_t at)
{
	struct query_set *set = p->set;
	size_t first = set->nphrases;
	int n = add_words(p, value, mode, NULL);

	if (n < 0)
		return -1;
	if (n == 0)
		return query_fail(p, at, "there is no word in this");
	if (n == 1) {
		query_push(p, NODE_TERM, set->phrases[first]);
		set->nphrases = first;
		return 0;
	}
	query_push(p, NODE_PHRASE, (uint32_t)first)->n = (uint16_t)n;
	return 0;
}

static int
add_raw(struct parser *p, struct slice value, size_t at)
{
	struct query_set *set = p->set;
	struct raw raw = {.terms = (uint32_t)set->nphrases};
	int n = add_words(p, value, VALUE_RAW, &raw);

	if (n < 0)
		return -1;
	if (n == 0)
		return query_fail(p, at, "raw: needs a letter, digit or emoji");
	set->raws = xgrow(set->raws, set->nraws, &set->raws_cap, sizeof *set->raws);
	raw.n = (uint32_t)n;
	raw.text = arena_dup(&set->arena, value);
	set->raws[set->nraws] = raw;
	query_push(p, NODE_RAW, (uint32_t)set->nraws++);
	return 0;
}

/* The value as it is looked up: without "@", scheme and the "/" at the end. */
static struct slice
tidy_value(uint8_t field, struct slice value)
{
	ptrdiff_t scheme = field == FIELD_LINKS ? slice_find(value, SLICE("://")) : -1;

	value = slice_trim(value);
	if ((field == FIELD_AUTHOR || field == FIELD_CHANNEL) && value.n && *value.p == '@')
		value = (struct slice){value.p + 1, value.n - 1};
	if (scheme >= 0)
		value = (struct slice){value.p + scheme + 3, value.n - (size_t)scheme - 3};
	while (field == FIELD_LINKS && value.n && value.p[value.n - 1] == '/')
		value.n--;
	return value;
}

static int
add_field(struct parser *p, uint8_t field, struct slice value, size_t at)
{
	char key[QUERY_WORD_MAX + 1];
	bool wild;
	int n;

	value = tidy_value(field, value);
	wild = value.n && memchr(value.p, '*', value.n);
	if (field == FIELD_SITE && value.n && memchr(value.p, '/', value.n))
		return query_fail(p, at, "site: takes a host name such as example.com");
	key[0] = (char)field;
	n = fold_field(value, wild, key + 1);
	if (n < 0 || n >= QUERY_WORD_MAX)
		return query_fail(p, at, "a value of more than %d bytes", QUERY_WORD_MAX - 1);
	if (n == 0 || only_wild((struct slice){key, (size_t)n + 1}))
		return query_fail(p, at, "the value is empty");
	if (count_term(p, at) < 0)
		return -1;
	query_push(p, NODE_TERM,
	    query_term(p->set, (struct slice){key, (size_t)n + 1}, wild ? TERM_WILD : TERM_EXACT));
	return 0;
}

/* "1840", "10k" or "2M", up to 15 digits; false for anything else. */
static bool
parse_count(struct slice s, double *out)
{
	unsigned long long n;
	double unit = 1;

	if (s.n && (s.p[s.n - 1] | 0x20) == 'k')
		unit = 1e3;
	if (s.n && (s.p[s.n - 1] | 0x20) == 'm')
		unit = 1e6;
	s.n -= unit > 1;
	if (s.n > 15 || !slice_u64(s, &n))
		return false;
	*out = (double)n * unit;
	return true;
}

/* ">N", ">=N", "<N", "<=N", "=N", "N" or "N..M" */
static bool
parse_range(struct slice s, struct range *r)
{
	ptrdiff_t dots = slice_find(s, SLICE(".."));
	size_t sign = s.n && memchr("<>=", s.p[0], 3) ? 1 + (s.n > 1 && s.p[1] == '=') : 0;
	struct slice rest = {s.p + sign, s.n - sign};
	double n;

	if (dots >= 0)
		return parse_count((struct slice){s.p, (size_t)dots}, &r->low) &&
		       parse_count(
			   (struct slice){s.p + dots + 2, s.n - (size_t)dots - 2}, &r->high);
	if (sign == 2 && s.p[0] == '=')
		return false;
	if (!parse_count(rest, &n))
		return false;
	*r = (struct range){n, n};
	if (sign && s.p[0] == '>')
		*r = (struct range){sign == 2 ? n : nextafter(n, INFINITY), INFINITY};
	if (sign && s.p[0] == '<')
		*r = (struct range){0, sign == 2 ? n : nextafter(n, -INFINITY)};
	return true;
}

static int
add_number(struct parser *p, struct slice value, size_t at)
{
	struct query_set *set = p->set;
	struct range r = {0, 0};

	if (!parse_range(slice_trim(value), &r))
		return query_fail(
		    p, at, "followers: takes a number such as >1000, <=10k, 500 or 100..2000");
	if (r.low > r.high)
		return query_fail(p, at, "no number is in this range; write the smaller one first");
	if (count_term(p, at) < 0)
		return -1;
	set->ranges = xgrow(set->ranges, set->nranges, &set->ranges_cap, sizeof *set->ranges);
	set->ranges[set->nranges] = r;
	query_push(p, NODE_NUMBER, (uint32_t)set->nranges++);
	return 0;
}

int
query_add_leaf(struct parser *p, uint8_t mode, struct slice value, size_t at)
{
	if (mode == FIELD_FOLLOWERS)
		return add_number(p, value, at);
	if (mode == VALUE_RAW)
		return add_raw(p, value, at);
	if (mode > VALUE_WORDS && mode < FIELD_END)
		return add_field(p, mode, value, at);
	return add_phrase(p, mode, value, at);
}
