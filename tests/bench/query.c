/*
 * query COMMAND TEXTS [KIND]: generated queries of 8 terms on generated texts, the same on every
 *run. texts    print the texts, one a line words    print the words of the queries, one a line run
 *match the queries and print how long it took naive    the same as a loop of strcasestr(3) over the
 *queries compare  the same as a loop over the fuzzy words and the words of a text KIND is one of
 *kinds[]: what one of the terms of each query is.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/buf.h"
#include "core/mem.h"
#include "text/query.h"
#include "text/query_fuzzy.h"

#define VOCABULARY 60000
#define QUERIES 10000
#define TERMS 8

enum kind { PLAIN, NEAR, WILD, FUZZY, PART, STEM, MIXED, KINDS };

static const char *const kinds[KINDS] = {"plain", "near", "wild", "fuzzy", "part", "stem", "mixed"};
static enum kind kind;

static uint64_t state = 7;

/* splitmix64 */
static uint64_t
next(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned
below(unsigned n)
{
	return (unsigned)(next() % n);
}

static char words[VOCABULARY][32];

/* Frequent words are short, as in languages. */
static void
make_words(void)
{
	static const char *const on[] = {"", "b", "d", "f", "g", "h", "k", "l", "m", "n", "r", "s",
	    "st", "t", "v", "w", "z", "sch", "pr", "br"};
	static const char *const nuclei[] = {"a", "e", "i", "o", "u", "ei", "au", "ü", "ä", "ie"};
	static const char *const off[] = {"", "", "n", "r", "s", "t", "l", "ng", "ch", "nd"};

	for (unsigned i = 0; i < VOCABULARY; i++) {
		unsigned syllables = i < 100 ? 1 : i < 3000 ? 2 : 2 + below(3);
		size_t n = 0;

		for (unsigned s = 0; s < syllables; s++)
			n += (size_t)snprintf(words[i] + n, sizeof words[i] - n, "%s%s%s",
			    on[below(20)], nuclei[below(10)], off[below(10)]);
	}
}

/* A word of rank FROM or more, rank r with the likelihood 1/r. */
static const char *
pick(unsigned from)
{
	double u = (double)(next() >> 11) / 9007199254740992.0;

	return words[(unsigned)(from * exp(u * log((double)(VOCABULARY - 1) / from)))];
}

static void
make_text(struct buf *b)
{
	unsigned n = 10 + below(31);

	buf_clear(b);
	for (unsigned i = 0; i < n; i++)
		buf_printf(b, "%s%s", i ? (below(8) ? " " : ", ") : "", pick(1));
}

/* The term of a query that makes it one of its kind. */
static const char *
make_special(const char *word, enum kind k)
{
	static const char *const forms[KINDS] = {
	    "%s", "%s", "*%s*", "%s~", "part:%s", "stem:%s", "%s"};
	static char special[48];

	snprintf(special, sizeof special, forms[k], word);
	return special;
}

static void
make_near(struct buf *b, const char *t[TERMS])
{
	buf_printf(b, "(%s OR %s) NEAR/8 (%s OR %s) OR %s NEAR/3f %s OR %s NEAR/5 %s", t[0], t[1],
	    t[2], t[3], t[4], t[5], t[6], t[7]);
}

/* The words of queries are not those of grammar. */
static void
make_query(struct buf *b, const char *t[TERMS], unsigned shape)
{
	enum kind k = kind == MIXED ? shape / 4 % MIXED : kind;
	const char *word;

	for (unsigned i = 0; i < TERMS; i++)
		t[i] = pick(50);
	/* Fuzzy words and parts have some letters. */
	while (k > NEAR && strlen(t[4]) < 5)
		t[4] = pick(50);
	buf_clear(b);
	if (k == NEAR) {
		make_near(b, t);
		return;
	}
	word = t[4];
	t[4] = make_special(word, k);
	switch (shape % 4) {
	case 0:
		buf_printf(b, "(%s OR %s) AND (%s OR %s OR %s%s) NOT (%s OR %s OR %s)", t[0], t[1],
		    t[2], t[3], t[4], k == PLAIN ? "*" : "", t[5], t[6], t[7]);
		break;
	case 1:
		buf_printf(b, "\"%s %s\" OR \"%s %s\" OR %s NEAR/5 %s OR (#%s AND %s)", t[0], t[1],
		    t[2], t[3], t[4], t[5], t[6], t[7]);
		break;
	case 2:
		buf_printf(b, "(%s AND %s) OR (%s AND %s) OR %s NEAR/3f (%s OR %s) OR @%s", t[0],
		    t[1], t[2], t[3], t[4], t[5], t[6], t[7]);
		break;
	default:
		buf_printf(b, "%s AND (%s OR %s OR %s OR %s OR %s OR %s OR %s)", t[0], t[1], t[2],
		    t[3], t[4], t[5], t[6], t[7]);
	}
	t[4] = word;
}

/* Of this process: others may be busy on the machine. */
static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct texts {
	struct buf all;
	size_t *at; /* N + 1 */
	size_t n;
};

static void
make_texts(struct texts *x, size_t n)
{
	struct buf b = BUF_INIT;

	x->all = (struct buf)BUF_INIT_MAX(SIZE_MAX / 2);
	x->at = xcalloc(n + 1, sizeof *x->at);
	x->n = n;
	for (size_t i = 0; i < n; i++) {
		make_text(&b);
		buf_adds(&x->all, buf_slice(&b));
		buf_addc(&x->all, '\0');
		x->at[i + 1] = x->all.n;
	}
	buf_release(&b);
}

static void
report(const char *name, const struct texts *x, double took, size_t found)
{
	printf("%s %.0f texts/s, %.1f MB/s, %.2f matches a text, %zu bytes a text\n", name,
	    (double)x->n / took, (double)x->all.n / took / 1e6, (double)found / (double)x->n,
	    x->all.n / x->n);
}

static void
run(const struct texts *x)
{
	struct query_set *set = query_set_new();
	struct query_scratch *s;
	struct query_fields f = {.lang = SLICE("de")};
	struct buf b = BUF_INIT;
	const char *t[TERMS];
	const uint32_t *hits;
	struct sme_err err;
	double start;
	size_t found = 0;

	for (unsigned i = 0; i < QUERIES; i++) {
		make_query(&b, t, i);
		if (query_set_add(set, SLICE("q"), buf_slice(&b), QUERY_GLOBAL, &err) < 0)
			sme_die(SME_BUG, "%s", err.text);
	}
	start = seconds();
	query_set_compile(set);
	fprintf(stderr, "compiled in %.0f ms\n", (seconds() - start) * 1e3);
	s = query_scratch_new(set);
	start = seconds();
	for (size_t i = 0; i < x->n; i++)
		found +=
		    query_run(s, (struct slice){x->all.p + x->at[i], x->at[i + 1] - x->at[i] - 1},
			&f, QUERY_GLOBAL, &hits);
	report("query", x, seconds() - start, found);
	query_scratch_free(s);
	query_set_free(set);
	buf_release(&b);
}

/* Every term of every query is looked for; what follows from it is left out. */
static void
naive(const struct texts *x)
{
	struct buf b = BUF_INIT;
	const char **t = xcalloc(QUERIES * TERMS, sizeof *t);
	double start;
	size_t found = 0;

	for (unsigned i = 0; i < QUERIES; i++)
		make_query(&b, t + (size_t)i * TERMS, i);
	start = seconds();
	for (size_t i = 0; i < x->n; i++)
		for (size_t k = 0; k < QUERIES * TERMS; k++)
			found += strcasestr(x->all.p + x->at[i], t[k]) != NULL;
	report("naive", x, seconds() - start, found);
	free(t);
	buf_release(&b);
}

/* Every fuzzy word is compared with every word of a text; what follows from it is left out. */
static void
compare(const struct texts *x)
{
	int32_t(*fuzzy)[FUZZY_LETTERS] = xcalloc(QUERIES, sizeof *fuzzy), word[FUZZY_LETTERS];
	size_t *lengths = xcalloc(QUERIES, sizeof *lengths), found = 0;
	struct buf b = BUF_INIT;
	const char *t[TERMS];
	double start;

	for (unsigned i = 0; i < QUERIES; i++) {
		make_query(&b, t, i);
		lengths[i] = fuzzy_letters(slice_of(t[4]), fuzzy[i], FUZZY_LETTERS);
	}
	start = seconds();
	for (size_t i = 0; i < x->n; i++) {
		struct slice rest = slice_of(x->all.p + x->at[i]), one;

		while (slice_cut(&rest, ' ', &one)) {
			size_t n = fuzzy_letters(one, word, FUZZY_LETTERS);

			for (unsigned k = 0; k < QUERIES; k++)
				found += fuzzy_distance(fuzzy[k], lengths[k], word, n,
					     lengths[k] < 8 ? 1 : 2) <= 1;
		}
	}
	report("compare", x, seconds() - start, found);
	free(fuzzy);
	free(lengths);
	buf_release(&b);
}

static void
choose_kind(const char *name)
{
	for (unsigned i = 0; i < KINDS; i++)
		if (strcmp(kinds[i], name) == 0) {
			kind = (enum kind)i;
			return;
		}
	sme_die(SME_USAGE, "no such kind: %s", name);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "run", *t[TERMS];
	struct texts x;
	struct buf b = BUF_INIT;

	if (argc > 3)
		choose_kind(argv[3]);
	make_words();
	make_texts(&x, argc > 2 ? strtoul(argv[2], NULL, 10) : 200000);
	if (strcmp(what, "texts") == 0)
		for (size_t i = 0; i < x.n; i++)
			puts(x.all.p + x.at[i]);
	state = 8; /* the queries do not depend on the number of texts */
	if (strcmp(what, "words") == 0)
		for (unsigned i = 0; i < QUERIES; i++) {
			make_query(&b, t, i);
			for (unsigned k = 0; k < TERMS; k++)
				puts(t[k]);
		}
	if (strcmp(what, "run") == 0)
		run(&x);
	if (strcmp(what, "naive") == 0)
		naive(&x);
	if (strcmp(what, "compare") == 0)
		compare(&x);
	buf_release(&b);
	buf_release(&x.all);
	free(x.at);
	return 0;
}
