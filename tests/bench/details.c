/*
 * details speed [BACKGROUND [PLACES]] <TEXTS   what each part of class costs, in ns for a text
 * details copies <TEXTS                        how often near copies share a key, and strangers do
 * details places N                             a list of N made-up names of places
 * TEXTS are lines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/mem.h"
#include "model/details.h"
#include "text/minhash.h"

#define ROUNDS 5

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

static struct slice *texts;
static size_t ntexts, texts_cap, bytes;
static struct arena arena = ARENA_INIT;

static void
read_texts(void)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, stdin)) > 0) {
		texts = xgrow(texts, ntexts, &texts_cap, sizeof *texts);
		texts[ntexts++] = arena_dup(&arena, (struct slice){line, (size_t)n - 1});
		bytes += (size_t)n - 1;
	}
	free(line);
}

/* ---- speed ---- */

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The best of some rounds, in ns for a text. */
static double
cost(const struct details *d)
{
	struct details_run *run = details_run_new(d);
	struct buf out = BUF_INIT;
	double best = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double start = now(), took;

		for (size_t i = 0; i < ntexts; i++) {
			buf_clear(&out);
			details_words(run, texts[i]);
			details_entities(run, 0);
			details_copies(run);
			details_lang(run, SLICE("de"));
			details_keywords(run);
			details_put_keywords(run, 0, &out);
			details_put(run, &out);
		}
		took = (now() - start) / (double)ntexts;
		best = round == 0 || took < best ? took : best;
	}
	buf_release(&out);
	details_run_free(run);
	return best;
}

static int
speed(const char *background, const char *places)
{
	struct sme_err err;
	struct details d = {0};
	static const struct {
		const char *name;
		unsigned parts;
	} rows[] = {{"keywords", DETAILS_KEYWORDS}, {"entities", DETAILS_ENTITIES},
	    {"dup", DETAILS_DUP}, {"all three", DETAILS_KEYWORDS | DETAILS_ENTITIES | DETAILS_DUP},
	    {"and redacted", DETAILS_KEYWORDS | DETAILS_ENTITIES | DETAILS_DUP | DETAILS_REDACTED}};

	read_texts();
	if (background && !(d.background = background_open(background, &err)))
		sme_die(err.status, "%s", err.text);
	if (places && !(d.places = places_read(places, &err)))
		sme_die(err.status, "%s", err.text);
	printf("%zu texts of %.0f bytes\n", ntexts, (double)bytes / (double)ntexts);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		d.parts = rows[i].parts;
		printf("  %-22s %8.0f ns\n", rows[i].name, cost(&d));
	}
	return 0;
}

/* ---- copies ---- */

static struct word_list words;

static bool
key_of(struct slice text, struct minhash *key)
{
	word_list_fill(&words, text);
	return minhash_of(&words, key);
}

/* Another case, link, handle, punctuation, and a vowel drawn out. */
static void
spell(struct slice text, struct buf *out)
{
	bool drawn = false;

	buf_clear(out);
	buf_printf(out, "RT @user%u: ", (unsigned)(next() % 1000));
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c >= 'a' && c <= 'z' && next() % 8 == 0)
			c = (char)(c - 32);
		buf_addc(out, c);
		if (!drawn && c && strchr("aeiou", c) && i && text.p[i - 1] > ' ' &&
		    next() % 20 == 0) {
			buf_puts(out, (char[]){c, c, c, 0});
			drawn = true;
		}
		if (c == '.' || c == '!')
			buf_puts(out, "!!");
	}
	buf_printf(out, " https://t.example/%llx", (unsigned long long)next());
}

enum edit { ADDED, DROPPED, CHANGED };

/* One word more at the end, one word (the N-th) left out, or another one there. */
static void
edit(struct slice text, enum edit how, size_t n, struct buf *out)
{
	struct slice rest = text, word;
	size_t at = 0;

	buf_clear(out);
	for (; slice_cut(&rest, ' ', &word); at++) {
		if (how == DROPPED && at == n)
			continue;
		buf_adds(out, how == CHANGED && at == n ? SLICE("etwasanderes") : word);
		buf_addc(out, ' ');
	}
	if (how == ADDED)
		buf_puts(out, "danke");
}

struct tally {
	size_t pairs, all, any;
};

static void
compare(const struct minhash *a, struct slice copy, struct tally *t)
{
	struct minhash b;
	size_t same = 0;

	if (!key_of(copy, &b))
		return;
	for (size_t i = 0; i < MINHASH_BANDS; i++)
		same += a->band[i] == b.band[i];
	t->pairs++;
	t->all += same == MINHASH_BANDS;
	t->any += same > 0;
}

static void
print(const char *name, const struct tally *t)
{
	printf("  %-28s %9zu pairs  same key %8.4f %%  a group in common %8.4f %%\n", name,
	    t->pairs, 100.0 * (double)t->all / (double)t->pairs,
	    100.0 * (double)t->any / (double)t->pairs);
}

static int
copies(void)
{
	struct tally spelled = {0}, edited[3] = {{0}}, strange = {0};
	struct buf copy = BUF_INIT;

	read_texts();
	word_list_init(&words);
	for (size_t i = 0; i < ntexts; i++) {
		struct minhash a;
		size_t spaces = 1;

		if (!key_of(texts[i], &a))
			continue;
		for (size_t k = 0; k < texts[i].n; k++)
			spaces += texts[i].p[k] == ' ';
		spell(texts[i], &copy);
		compare(&a, buf_slice(&copy), &spelled);
		for (int how = 0; how < 3; how++) {
			edit(texts[i], (enum edit)how, next() % spaces, &copy);
			compare(&a, buf_slice(&copy), &edited[how]);
		}
		for (int k = 0; k < 100; k++)
			compare(&a, texts[next() % ntexts], &strange);
	}
	print("another spelling, link, RT", &spelled);
	print("one word more at the end", &edited[ADDED]);
	print("one word left out", &edited[DROPPED]);
	print("one word changed", &edited[CHANGED]);
	print("any two texts", &strange);
	buf_release(&copy);
	word_list_release(&words);
	return 0;
}

static int
places(unsigned long n)
{
	static const char *const starts[] = {
	    "Bad ", "Neu", "Alt", "Ober", "Unter", "St. ", "Klein ", ""};
	static const char *const ends[] = {
	    "hausen", "dorf", "burg", "stedt", "ow", " am See", "heim", "bach"};

	for (unsigned long i = 0; i < n; i++) {
		uint64_t r = next();

		printf("%s%c%c%c%c%c%s\n", starts[i % 8], (char)('A' + r % 26), "aeiou"[r / 26 % 5],
		    (char)('a' + r / 130 % 26), "aeiou"[r / 3380 % 5], (char)('a' + r / 16900 % 26),
		    ends[i / 8 % 8]);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc >= 2 && strcmp(argv[1], "speed") == 0)
		return speed(argc > 2 ? argv[2] : NULL, argc > 3 ? argv[3] : NULL);
	if (argc == 2 && strcmp(argv[1], "copies") == 0)
		return copies();
	if (argc == 3 && strcmp(argv[1], "places") == 0)
		return places(strtoul(argv[2], NULL, 10));
	fputs("usage: details speed [BACKGROUND [PLACES]] | copies | places N\n", stderr);
	return 64;
}
