/* Word vectors: learning them, the file, and what a head makes of them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/hash.h"
#include "core/mem.h"
#include "model/vectors.h"
#include "text/ngram.h"

/* Texts in which each of "tea" and "milk" stands among words of drinking, "bus" and "tram" among
 * words of travel. */
static void
write_texts(const char *path)
{
	static const char *const drink[] = {"drink", "cup", "hot", "sweet", "pour", "sip"};
	static const char *const travel[] = {"stop", "line", "late", "ride", "seat", "fare"};
	static const char *const things[] = {"tea", "milk", "bus", "tram"};
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (uint64_t i = 0; i < 4000; i++) {
		const char *const *words = i % 4 < 2 ? drink : travel;

		fprintf(f, "{\"text\":\"%s %s %s %s %d\"}\n", words[hash_mix(3 * i) % 6],
		    words[hash_mix(3 * i + 1) % 6], things[i % 4], words[hash_mix(3 * i + 2) % 6],
		    (int)i);
	}
	fputs("{\"text\":\"drink tea 1\"}\n{\"text\":\"drink TEA 2\"}\n{\"id\":7}\n", f);
	fclose(f);
}

static void
make(struct buf *out, struct vectors_report *report)
{
	char path[] = "/tmp/test_vectors.XXXXXX", *files[] = {path, NULL};
	struct vectors_options o = {.text_key = "text",
	    .release = "a release of 16",
	    .card = SLICE("{\"of\":\"tests\"}"),
	    .min_count = 5,
	    .epochs = 20};
	struct sme_err err;

	close(mkstemp(path));
	write_texts(path);
	assert_int_equal(vectors_build(files, &o, out, report, &err), 0);
	unlink(path);
}

static const int8_t *
vector(const struct vectors *v, const char *word)
{
	int32_t at = vectors_find(v, ngram_word(slice_of(word), TOKEN_WORD));

	assert_true(at >= 0);
	return vectors_of(v, (size_t)at);
}

static double
likeness(const struct vectors *v, const char *a, const char *b)
{
	const int8_t *x = vector(v, a), *y = vector(v, b);
	double xy = 0, xx = 0, yy = 0;

	for (size_t d = 0; d < VECTORS_DIMS; d++) {
		xy += x[d] * y[d];
		xx += x[d] * x[d];
		yy += y[d] * y[d];
	}
	return xy / sqrt(xx * yy);
}

static void
test_learn(void **state)
{
	struct buf file = BUF_INIT, again = BUF_INIT;
	struct vectors_report report;
	struct sme_err err;
	struct vectors *v;

	(void)state;
	make(&file, &report);
	make(&again, &report);
	assert_int_equal(file.n, again.n);
	assert_memory_equal(file.p, again.p, file.n);
	assert_int_equal(report.lines, 4003);
	assert_int_equal(report.no_text, 1);
	assert_true(report.copies > 0);
	assert_int_equal(report.words, 17); /* and the marker of numbers */
	v = vectors_from_memory(buf_slice(&file), "mem", &err);
	assert_non_null(v);
	assert_int_equal(v->header->words, 17);
	assert_string_equal(v->header->release, "a release of 16");
	assert_int_equal(v->meta.n, 14);
	assert_true(likeness(v, "tea", "milk") > likeness(v, "tea", "tram") + 0.5);
	assert_true(likeness(v, "bus", "tram") > likeness(v, "bus", "milk") + 0.5);
	assert_int_equal(vectors_find(v, ngram_word(SLICE("unheard"), TOKEN_WORD)), -1);
	assert_int_equal(vectors_find(NULL, 1), -1);
	vectors_close(v);
	buf_release(&file);
	buf_release(&again);
}

/* No byte of the file may be another, and none may lack. */
static void
test_damage(void **state)
{
	struct buf file = BUF_INIT;
	struct vectors_report report;
	struct sme_err err;

	(void)state;
	make(&file, &report);
	for (size_t i = 0; i < file.n; i += i < 200 ? 1 : 37) {
		file.p[i] ^= 1;
		assert_null(vectors_from_memory(buf_slice(&file), "mem", &err));
		assert_int_equal(err.status, SME_DATA);
		file.p[i] ^= 1;
	}
	for (size_t n = 0; n < file.n; n += 61)
		assert_null(vectors_from_memory((struct slice){file.p, n}, "mem", &err));
	assert_null(vectors_open("/nowhere", &err));
	assert_int_equal(err.status, SME_NOINPUT);
	buf_release(&file);
}

static bool
every(const struct sample *s)
{
	(void)s;
	return true;
}

/* What rows say of "tea" and "bus" is known of "milk" and "tram", too, which none of them has. */
static void
test_fold(void **state)
{
	const double weight[2] = {1, 1};
	struct buf file = BUF_INIT;
	struct vectors_report report;
	struct sme_err err;
	struct matrix_options how = {
	    .spec = {.word_max = 1, .tokens = 1 << TOKEN_WORD}, .min_rows = 2};
	struct solve_options o = {
	    .strength = 3, .word_weight = 1, .vector_share = 1, .label_weight = weight};
	struct dataset d = DATASET_INIT;
	struct solution s = {0};
	struct matrix *m;
	size_t rows[40];
	uint64_t *hashes;
	float *weights;
	uint32_t n, found = 0;

	(void)state;
	make(&file, &report);
	how.vectors = vectors_from_memory(buf_slice(&file), "mem", &err);
	assert_non_null(how.vectors);
	for (size_t i = 0; i < 40; i++) {
		char text[64];

		snprintf(text, sizeof text, "%s a%zu", i % 2 ? "tea" : "bus", i);
		dataset_add(&d, &(struct dataset_row){.text = slice_of(text),
				    .label = i % 2 ? SLICE("shop") : SLICE("city"),
				    .file = "x"});
		rows[i] = i;
	}
	dataset_finish(&d, 0);
	m = matrix_new(&d, every, &how);
	assert_int_equal(m->features, 2);
	solve_liblinear(m, rows, 40, &o, &s);
	assert_non_null(s.vector_weights);
	hashes = xcalloc(2, sizeof *hashes);
	weights = xcalloc(4, sizeof *weights);
	memcpy(hashes, m->hash, 2 * sizeof *hashes);
	memcpy(weights, s.weights, 4 * sizeof *weights);
	n = vectors_fold(m, &s, &hashes, &weights, 2);
	assert_true(n > 2 && n <= 17);
	for (uint32_t i = 0; i < n; i++) {
		bool milk = hashes[i] == ngram_word(SLICE("milk"), TOKEN_WORD);
		bool tram = hashes[i] == ngram_word(SLICE("tram"), TOKEN_WORD);

		found += milk + tram;
		if (milk) /* labels are in order: city, shop */
			assert_true(weights[2 * i + 1] > weights[2 * i]);
		if (tram)
			assert_true(weights[2 * i + 1] < weights[2 * i]);
	}
	assert_int_equal(found, 2);
	free(hashes);
	free(weights);
	solution_release(&s);
	matrix_free(m);
	dataset_release(&d);
	vectors_close((struct vectors *)(uintptr_t)how.vectors);
	buf_release(&file);
}

/* Units that learn with vectors give a word the label of words like it, though no row that they
 * learned has it. */
static void
test_hidden(void **state)
{
	static const char *const words[] = {"tea", "bus", "milk", "tram"};
	const double weight[2] = {1, 1};
	struct buf file = BUF_INIT;
	struct vectors_report report;
	struct sme_err err;
	struct matrix_options how = {
	    .spec = {.word_max = 1, .tokens = 1 << TOKEN_WORD}, .min_rows = 1};
	struct solve_options o = {.epochs = 50,
	    .word_weight = 1,
	    .vector_share = 1,
	    .hidden = 32,
	    .label_weight = weight};
	struct dataset d = DATASET_INIT;
	struct matrix *m;
	size_t rows[60], right[2] = {0};

	(void)state;
	make(&file, &report);
	how.vectors = vectors_from_memory(buf_slice(&file), "mem", &err);
	assert_non_null(how.vectors);
	for (size_t i = 0; i < 64; i++) {
		const char *word = words[i < 60 ? i % 2 : i % 4];

		dataset_add(&d, &(struct dataset_row){.text = slice_of(word),
				    .label = i % 2 ? SLICE("city") : SLICE("shop"),
				    .file = "x"});
		if (i < 60)
			rows[i] = i;
	}
	dataset_finish(&d, 0);
	m = matrix_new(&d, every, &how);
	for (int without = 0; without < 2; without++) {
		struct solution s = {.labels = 2};

		o.vector_share = without ? 0 : 1;
		solve_hidden(m, rows, 60, &o, &s);
		for (size_t i = 60; i < 64; i++) {
			float scores[2];

			solution_unit_scores(&s, m, i, scores);
			right[without] += (scores[0] > scores[1]) == (m->label[i] == 0) &&
			                  (scores[1] > scores[0]) == (m->label[i] == 1);
		}
		solution_release(&s);
	}
	assert_int_equal(right[0], 4);
	assert_int_not_equal(right[1], 4);
	matrix_free(m);
	dataset_release(&d);
	vectors_close((struct vectors *)(uintptr_t)how.vectors);
	buf_release(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_learn),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_fold),
	    cmocka_unit_test(test_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
