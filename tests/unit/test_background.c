/* Word frequencies and the keywords that follow from them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/hash.h"
#include "core/mem.h"
#include "model/keywords.h"

/* A background of one language, "en" with 10,000 texts of 100,000 words, and a few words of it. */
static const struct {
	const char *word;
	uint8_t level;
} known[] = {{"the", BACKGROUND_STOP}, {"in", BACKGROUND_STOP}, {"is", BACKGROUND_STOP},
    {"no", BACKGROUND_STOP}, {"good", 11}, {"day", 9}, {"signal", 3}, {"router", 2}, {"tower", 2},
    {"kiel", 1}, {"x2", 2}, {"ab", 2}, {"kim", 2}};

static uint64_t
hash_of(const char *word)
{
	char padded[64] = "";

	strcpy(padded, word);
	return word_hash(padded, strlen(padded));
}

static int
by_key(const void *a, const void *b)
{
	const struct background_word *x = a, *y = b;

	return x->key < y->key ? -1 : x->key > y->key;
}

static void
make(struct buf *out)
{
	static const struct background_lang langs[] = {{"de", 10, 100}, {"en", 10000, 100000}};
	struct background_word words[sizeof known / sizeof *known];
	struct sme_err err;

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		words[i] = (struct background_word){
		    background_key(SLICE("en"), hash_of(known[i].word)), known[i].level};
	qsort(words, sizeof words / sizeof *words, sizeof *words, by_key);
	assert_int_equal(background_write(langs, 2, words, sizeof words / sizeof *words, "test",
			     SLICE("{}"), out, &err),
	    0);
}

static void
test_levels(void **state)
{
	struct buf file = BUF_INIT;
	struct sme_err err;
	struct background *b;

	(void)state;
	make(&file);
	b = background_from_memory(buf_slice(&file), "mem", &err);
	assert_non_null(b);
	assert_int_equal(background_find_lang(b, SLICE("en")), 1);
	assert_int_equal(background_find_lang(b, SLICE("e")), -1);
	assert_int_equal(background_find_lang(b, SLICE("eng")), -1);
	assert_int_equal(background_find_lang(b, SLICE("")), -1);
	assert_int_equal(background_find_lang(b, SLICE("a language")), -1);
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		assert_int_equal(background_level(b, 1, hash_of(known[i].word)), known[i].level);
	assert_int_equal(background_level(b, 0, hash_of("router")), BACKGROUND_UNSEEN);
	assert_int_equal(background_level(b, 1, hash_of("unheard")), BACKGROUND_UNSEEN);
	background_close(b);
	buf_release(&file);
}

static double
x_ln(double x, double y)
{
	return x > 0 ? x * log(x / y) : 0;
}

/* Whole numbers give what the formula in floating point gives. */
static void
test_keyness(void **state)
{
	struct buf file = BUF_INIT;
	struct sme_err err;
	struct background *b;

	(void)state;
	make(&file);
	b = background_from_memory(buf_slice(&file), "mem", &err);
	for (int level = BACKGROUND_UNSEEN; level < BACKGROUND_LEVELS; level++)
		for (unsigned count = 1; count <= 3; count++)
			for (unsigned words = 3; words <= 300; words += 9) {
				double texts = level < 0 ? 0 : pow(2, level), d = 100000;
				double e1 = words * (count + texts) / d, e2 = count + texts;
				double want = 2 * (x_ln(count, e1) + x_ln(texts, e2)) * 1000;
				int64_t got = background_keyness(b, 1, level, count, words);

				if (level == BACKGROUND_STOP ||
				    count / (double)words <= texts / d || want < 0)
					want = 0;
				assert_true(fabs((double)got - want) < 1 + want * 0.001);
			}
	assert_true(background_keyness(b, 1, 1, 3, 10) == background_keyness(b, 1, 1, 9, 10));
	background_close(b);
	buf_release(&file);
}

static void
put_checksum(struct buf *file)
{
	struct background_header *h = (struct background_header *)file->p;
	size_t from = offsetof(struct background_header, checksum) + sizeof h->checksum;

	h->checksum = hash64(file->p + from, file->n - from, BACKGROUND_VERSION);
}

/* Any byte changed, any byte missing: refused.  So is what has a good checksum and bad insides. */
static void
test_damage(void **state)
{
	struct buf file = BUF_INIT;
	struct background_header *h;
	struct sme_err err;

	(void)state;
	make(&file);
	h = (struct background_header *)file.p;
	for (size_t i = 0; i < file.n; i++) {
		file.p[i] ^= 0x40;
		assert_null(background_from_memory(buf_slice(&file), "mem", &err));
		assert_int_equal(err.status, SME_DATA);
		file.p[i] ^= 0x40;
		assert_null(background_from_memory((struct slice){file.p, i}, "mem", &err));
	}
	h->words++;
	put_checksum(&file);
	assert_null(background_from_memory(buf_slice(&file), "mem", &err));
	assert_string_equal(err.text, "mem: the index is not sound; the file is damaged");
	h->words--;
	h->langs = 0;
	put_checksum(&file);
	assert_null(background_from_memory(buf_slice(&file), "mem", &err));
	assert_string_equal(
	    err.text, "mem: the number of languages is not sound; the file is damaged");
	h->langs = 2;
	h->bucket_bits = 30;
	put_checksum(&file);
	assert_null(background_from_memory(buf_slice(&file), "mem", &err));
	buf_release(&file);
}

static void
test_keywords(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
	    {"The signal is good in Kiel", "Kiel|signal"},
	    {"no signal in Kiel", "Kiel|no signal"},
	    {"No-Signal", "No-Signal"},
	    {"no, signal", "signal"},
	    {"SIGNAL TOWER router kiel", "SIGNAL TOWER router|kiel"},
	    {"signal, tower", "tower|signal"},
	    {"signal and signal", "signal"},
	    {"unheard of", "unheard"},
	    {"uhm", ""},         /* not seen and short */
	    {"X2 and x2", "X2"}, /* written like a name */
	    {"ab", ""},          /* short */
	    {"12345678", ""},
	    {"#Kiel #12", "#Kiel"},
	    {"@kiel https://kiel.example kiel@signal.example", ""},
	    {"Kim: kim@router.example", "Kim"},
	    {"the is in no", ""},
	    {"\xf0\x9f\x98\xa1 \xe2\x82\xac", ""},
	    {"", ""},
	};
	struct entity_scratch s = ENTITY_SCRATCH_INIT;
	struct buf file = BUF_INIT, got = BUF_INIT;
	struct keyword k[KEYWORDS_MAX];
	struct keywords_run *run = keywords_run_new();
	struct word_list words;
	struct background *b;
	struct sme_err err;

	(void)state;
	make(&file);
	b = background_from_memory(buf_slice(&file), "mem", &err);
	word_list_init(&words);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice t = slice_of(cases[i].text);
		size_t n;

		word_list_fill(&words, t);
		entity_find(NULL, &s, t, 0, true);
		keywords_begin(run, b, 1, &words, t);
		n = keywords_find(run, &s, k);
		buf_clear(&got);
		for (size_t j = 0; j < n; j++) {
			buf_puts(&got, j ? "|" : "");
			buf_add(&got, t.p + k[j].start, k[j].end - k[j].start);
		}
		if (strcmp(buf_str(&got), cases[i].want) != 0)
			fail_msg("%s: want \"%s\", got \"%s\"", cases[i].text, cases[i].want,
			    buf_str(&got));
	}
	word_list_release(&words);
	entity_scratch_release(&s);
	keywords_run_free(run);
	background_close(b);
	buf_release(&file);
	buf_release(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_levels),
	    cmocka_unit_test(test_keyness),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_keywords),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
