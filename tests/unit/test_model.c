/* Model files: what is written is read, and nothing damaged is. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"
#include "core/hash.h"
#include "model/decide.h"
#include "model/heads.h"
#include "model/model.h"
#include "model_make.h"

static void
test_round_trip(void **state)
{
	struct buf file = BUF_INIT, again = BUF_INIT;
	struct sme_err err;
	struct model *m;

	(void)state;
	make_model(&file, "mood", 0);
	make_model(&again, "mood", 0);
	assert_int_equal(file.n, again.n);
	assert_memory_equal(file.p, again.p, file.n);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	assert_string_equal(m->name, "mood");
	assert_string_equal(m->release, "r1");
	assert_true(slice_is(m->meta, "{\"rows\":7}"));
	for (int i = 0; i < LABELS; i++)
		assert_string_equal(m->names[i], names[i]);
	for (size_t i = 3; i < ROWS; i++) {
		int32_t row = model_find(m, hash_mix(i + 1));

		assert_true(row >= 0);
		for (size_t c = 0; c < LABELS; c++) {
			double w = (double)(int)(hash_mix(i * LABELS + c) % 200) / 100 - 1;
			double q = m->weights[(size_t)row * m->header->stride + c] *
			           (double)m->labels[c].scale;

			assert_true(w - q < 0.02 && q - w < 0.02);
		}
	}
	model_close(m);
	buf_release(&file);
	buf_release(&again);
}

static void
test_file(void **state)
{
	char path[] = "/tmp/test_model_XXXXXX";
	int fd = mkstemp(path);
	struct buf file = BUF_INIT;
	struct sme_err err;
	struct model *m;

	(void)state;
	assert_true(fd >= 0);
	make_model(&file, "mood", 0);
	assert_int_equal(file_write_all(fd, file.p, file.n), 0);
	m = model_open(path, &err);
	assert_non_null(m);
	model_close(m);
	assert_int_equal(ftruncate(fd, (off_t)file.n - 1), 0);
	assert_null(model_open(path, &err));
	assert_int_equal(err.status, SME_DATA);
	assert_non_null(strstr(err.text, "truncated"));
	assert_int_equal(ftruncate(fd, 3), 0);
	assert_null(model_open(path, &err));
	assert_int_equal(err.status, SME_DATA);
	close(fd);
	unlink(path);
	assert_null(model_open(path, &err));
	assert_int_equal(err.status, SME_NOINPUT);
	buf_release(&file);
}

#define UNITS 16

/* Words speak for nothing by themselves; "glad" and "sad" together, for label 2, against 1. */
static void
make_hidden(struct buf *file)
{
	static const char *const words[] = {"glad", "sad", "other"};
	uint64_t hashes[3];
	float weights[3 * LABELS] = {0}, units[3 * UNITS] = {0}, bias[UNITS] = {0};
	float outs[UNITS * LABELS] = {0};
	struct model_label label[LABELS] = {{.bias = 1, .rows = 7}};
	struct model_parts parts = {.name = "mood",
	    .release = "r1",
	    .names = names,
	    .meta = SLICE("{}"),
	    .spec = {.word_max = 1, .char_min = 0, .char_max = 0, .tokens = NGRAM_ALL_TOKENS},
	    .labels = LABELS,
	    .rows = 3,
	    .temperature = 1,
	    .label = label,
	    .hashes = hashes,
	    .weights = weights,
	    .hidden = UNITS,
	    .unit_bias = bias,
	    .unit_weights = units,
	    .outs = outs};
	struct sme_err err;

	for (size_t i = 0; i < 3; i++)
		hashes[i] = ngram_word(slice_of(words[i]), TOKEN_WORD);
	units[0 * UNITS + 5] = units[1 * UNITS + 5] = 2;
	bias[5] = -2.1f;
	outs[5 * LABELS + 2] = 8;
	outs[5 * LABELS + 1] = -8;
	assert_int_equal(model_build(&parts, file, &err), 0);
}

static void
test_hidden(void **state)
{
	struct buf file = BUF_INIT;
	struct head_reason why[3];
	const struct head_result *r;
	struct heads_run *run;
	struct heads *heads;
	struct sme_err err;
	struct model *m;

	(void)state;
	make_hidden(&file);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	heads = heads_new(&m, 1, HEADS_MEMORY);
	run = heads_run_new(heads);
	assert_int_equal(heads_predict(run, SLICE("so glad"))->best, 0);
	assert_int_equal(heads_explain(run, 0, 0, why, 3), 0);
	assert_int_equal(heads_predict(run, SLICE("so sad"))->best, 0);
	/* (2 + 2) / sqrt(2) - 2.1 is the activity, 8 times that the score: one byte is this exact
	 */
	r = heads_predict(run, SLICE("glad, sad"));
	assert_int_equal(r->best, 2);
	assert_true(
	    r->p > 0.99 && r->probs[1] < 1e-4 && r->probs[0] > 0.0055 && r->probs[0] < 0.0085);
	assert_int_equal(heads_explain(run, 0, 2, why, 3), 2);
	assert_true(slice_is(norm_token(heads_norm(run), why[0].token), "glad"));
	assert_true(why[0].weight > 16.9 && why[0].weight < 17);
	/* another word makes both weaker */
	assert_int_equal(heads_predict(run, SLICE("glad other other other sad"))->best, 0);
	heads_run_free(run);
	heads_free(heads);
	model_close(m);
	buf_release(&file);
}

#define MANY 100 /* labels, of which each word speaks for one or two */
#define MANY_ROWS 500

/* The weight of word WORD for LABEL: in steps of what a byte can hold. */
static int
many_weight(size_t word, size_t label)
{
	if (label == word % MANY)
		return word < MANY ? 127 : (int)(word % 100) + 1;
	return label == word % 7 ? -(int)(word % 50) : 0;
}

static void
many_word(size_t word, char *out, size_t size)
{
	snprintf(out, size, "w%cx%c", (char)('a' + word / 26), (char)('a' + word % 26));
}

static void
make_sparse(struct buf *file)
{
	static char list[MANY][8];
	static const char *many[MANY];
	static float weights[MANY_ROWS * MANY];
	static uint64_t hashes[MANY_ROWS];
	static struct model_label label[MANY];
	struct model_parts parts = {.name = "many",
	    .release = "r1",
	    .names = many,
	    .meta = SLICE("{}"),
	    .spec = {.word_max = 2, .tokens = NGRAM_ALL_TOKENS},
	    .labels = MANY,
	    .rows = MANY_ROWS,
	    .temperature = 1,
	    .label = label,
	    .hashes = hashes,
	    .weights = weights};
	struct sme_err err;

	for (size_t c = 0; c < MANY; c++) {
		snprintf(list[c], sizeof list[c], "l%zu", c);
		many[c] = list[c];
	}
	for (size_t i = 0; i < MANY_ROWS; i++) {
		char word[8];

		many_word(i, word, sizeof word);
		hashes[i] = ngram_word(slice_of(word), TOKEN_WORD);
		for (size_t c = 0; c < MANY; c++)
			weights[i * MANY + c] = (float)many_weight(i, c);
	}
	/* the last one is a pair */
	hashes[MANY_ROWS - 1] = ngram_pair(hashes[0], hashes[1]);
	assert_int_equal(model_build(&parts, file, &err), 0);
}

/* Rows that are mostly 0 list what is not, and add up to the same. */
static void
test_sparse(void **state)
{
	struct buf file = BUF_INIT;
	struct heads_run *run;
	struct heads *heads;
	struct sme_err err;
	struct model *m;

	(void)state;
	make_sparse(&file);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	assert_true(m->header->flags & MODEL_SPARSE);
	assert_null(m->weights);
	assert_true(file.n < MANY_ROWS * MANY / 2);
	heads = heads_new(&m, 1, HEADS_MEMORY);
	run = heads_run_new(heads);
	for (size_t i = 0; i + 1 < MANY_ROWS; i++) {
		const struct head_result *r;
		double total = 0;
		char word[8];

		many_word(i, word, sizeof word);
		r = heads_predict(run, slice_of(word));
		for (size_t c = 0; c < MANY; c++)
			total += exp(many_weight(i, c));
		for (size_t c = 0; c < MANY; c++)
			assert_true(fabs(r->probs[c] - exp(many_weight(i, c)) / total) < 1e-6);
	}
	/* "waxa waxb": two words for labels 0 and 1, and what the pair has for label 99 */
	assert_int_equal(heads_predict(run, SLICE("waxb waxa"))->best, 0);
	assert_true(heads_predict(run, SLICE("waxa waxb"))->probs[99] > 1e-8);
	assert_true(heads_predict(run, SLICE("waxb waxa"))->probs[99] < 1e-30);
	heads_run_free(run);
	heads_free(heads);
	model_close(m);
	buf_release(&file);
}

/* Every single bit of the file is watched over. */
static void
test_damage(void **state)
{
	struct buf file = BUF_INIT;
	struct sme_err err;

	if (*(const int *)*state == 2)
		make_sparse(&file);
	else if (*(const int *)*state)
		make_hidden(&file);
	else
		make_deciding(&file, "mood", MODEL_THRESHOLDS, some, table, 2);
	for (size_t i = 0; i < file.n; i++) {
		file.p[i] = (char)(file.p[i] ^ 1 << i % 8);
		err.text[0] = '\0';
		assert_null(model_from_memory(buf_slice(&file), "x.model", &err));
		assert_int_equal(err.status, SME_DATA);
		assert_memory_equal(err.text, "x.model: ", 9);
		file.p[i] = (char)(file.p[i] ^ 1 << i % 8);
	}
	for (size_t n = 0; n < file.n; n++)
		assert_null(model_from_memory((struct slice){file.p, n}, "x", &err));
	buf_release(&file);
}

static void
refused(struct buf *file, const char *why)
{
	struct sme_err err;

	seal(file);
	assert_null(model_from_memory(buf_slice(file), "x.model", &err));
	assert_int_equal(err.status, SME_DATA);
	if (!strstr(err.text, why))
		fail_msg("expected \"%s\": %s", why, err.text);
}

/* A table of sparse rows that would be read beyond is refused, whatever its checksum. */
static void
test_unsound_sparse(void **state)
{
	struct buf file = BUF_INIT;
	struct model_header *h;
	struct sme_err err;
	struct model *m;
	size_t counts, firsts, entries, last;

	(void)state;
	make_sparse(&file);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	counts = (size_t)((const char *)m->counts - file.p);
	firsts = (size_t)((const char *)m->firsts - file.p);
	entries = (size_t)((const char *)m->entries - file.p);
	last = m->firsts[1u << m->header->bucket_bits] - 1;
	model_close(m);
	h = (struct model_header *)file.p;
	file.p[counts + 3]++;
	refused(&file, "table of weights");
	file.p[counts + 3]--;
	((uint32_t *)(file.p + firsts))[2]++;
	refused(&file, "table of weights");
	((uint32_t *)(file.p + firsts))[2]--;
	((struct model_entry *)(file.p + entries))[7].label = MANY;
	refused(&file, "table of weights");
	((struct model_entry *)(file.p + entries))[7].label = 0;
	((struct model_entry *)(file.p + entries))[last].label = UINT8_MAX;
	refused(&file, "table of weights");
	((struct model_entry *)(file.p + entries))[last].label = 0;
	h->version = MODEL_VERSION_2;
	refused(&file, "description of its parts");
	h->version = MODEL_VERSION;
	h->file_size = file.n = entries;
	refused(&file, "table of weights");
	h->file_size = file.n = entries - 64;
	refused(&file, "size of its parts");
	buf_release(&file);
}

static void
test_unsound_experts(void **state)
{
	static const uint8_t wrong[] = {1, 3, MODEL_EXPERTS_MAX + 1, UINT8_MAX};
	struct buf file = BUF_INIT;
	struct model_header *h;

	(void)state;
	for (size_t i = 0; i < sizeof wrong; i++) {
		make_experts(&file, 1);
		((struct model_header *)file.p)->experts = wrong[i];
		refused(&file, wrong[i] == 3 ? "number of labels" : "number of experts");
	}
	make_experts(&file, 1);
	h = (struct model_header *)file.p;
	h->flags |= MODEL_SCRIPTS;
	refused(&file, "number of experts");
	h->flags = MODEL_SPARSE;
	refused(&file, "number of experts");
	h->flags = 0;
	h->version = MODEL_VERSION_3;
	refused(&file, "number of experts");
	buf_release(&file);
}

/* Files of the version before decisions are read on; decisions in one are not. */
static void
test_old_version(void **state)
{
	struct buf file = BUF_INIT;
	struct sme_err err;
	struct model *m;

	(void)state;
	make_model(&file, "mood", 0);
	((struct model_header *)file.p)->version = MODEL_VERSION_OLD;
	seal(&file);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	assert_null(m->thresholds);
	model_close(m);
	((struct model_header *)file.p)->version = MODEL_VERSION + 1;
	refused(&file, "train it again");
	make_deciding(&file, "mood", 0, NULL, table, 2);
	((struct model_header *)file.p)->version = MODEL_VERSION_OLD;
	refused(&file, "description of its parts");
	buf_release(&file);
}

/* What decides is looked at even when the checksum is right. */
static void
test_unsound_decisions(void **state)
{
	static const float thresholds[][LABELS] = {
	    {0, 1.5f, 0}, {0, -0.1f, 0}, {0, 0, __builtin_nanf("")}};
	static const struct model_knot knots[][2] = {{{0.5f, 0.4f}, {0.5f, 0.7f}},
	    {{0.5f, 0.4f}, {0.6f, 0.3f}}, {{0, 0.4f}, {0.6f, 0.5f}}, {{0.5f, 0.4f}, {1, 0.5f}},
	    {{0.5f, 0.4f}, {0.6f, 1.5f}}, {{0.5f, __builtin_nanf("")}, {0.6f, 0.5f}}};
	struct buf file = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds; i++) {
		make_deciding(&file, "mood", MODEL_THRESHOLDS, thresholds[i], table, 2);
		refused(&file, "table of thresholds");
	}
	for (size_t i = 0; i < sizeof knots / sizeof *knots; i++) {
		make_deciding(&file, "mood", MODEL_THRESHOLDS, some, knots[i], 2);
		refused(&file, "calibration table");
	}
	make_model(&file, "mood", 0);
	((struct model_header *)file.p)->knots = MODEL_KNOTS_MAX + 1;
	refused(&file, "description of its parts");
	((struct model_header *)file.p)->knots = 20;
	refused(&file, "size of its parts");
	buf_release(&file);
}

/* Where the units of a file from make_hidden begin. */
static struct model_unit *
units_of(struct buf *file)
{
	struct sme_err err;
	struct model *m = model_from_memory(buf_slice(file), "x", &err);
	size_t at;

	assert_non_null(m);
	at = (size_t)((const char *)m->units - file->p);
	model_close(m);
	return (struct model_unit *)(file->p + at);
}

static void
test_unsound_hidden(void **state)
{
	static const float wrong[] = {
	    __builtin_nanf(""), __builtin_inff(), -2 * MODEL_UNIT_MAX, 2 * MODEL_UNIT_MAX};
	struct buf file = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		make_hidden(&file);
		units_of(&file)[UNITS - 1].scale = wrong[i];
		refused(&file, "table of hidden units");
		make_hidden(&file);
		units_of(&file)[0].bias = wrong[i];
		refused(&file, "table of hidden units");
		make_hidden(&file);
		((float *)(units_of(&file) + UNITS))[UNITS * 16 - 1] = wrong[i];
		refused(&file, "table of hidden units");
	}
	make_hidden(&file);
	for (uint32_t n = 1; n < 2 * MODEL_HIDDEN_MAX; n++) {
		((struct model_header *)file.p)->hidden = n == UNITS ? 0 : n;
		refused(&file,
		    n % 16 || n > MODEL_HIDDEN_MAX ? "number of hidden units" : "number of labels");
	}
	((struct model_header *)file.p)->hidden = UNITS;
	((struct model_header *)file.p)->version = MODEL_VERSION_2;
	refused(&file, "number of hidden units");
	make_hidden(&file);
	((struct model_header *)file.p)->hidden += 16;
	((struct model_header *)file.p)->stride += 16;
	refused(&file, "size of its parts");
	buf_release(&file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test_prestate(test_damage, &(int){0}),
	    {"test_damage, with hidden units", test_damage, NULL, NULL, &(int){1}},
	    {"test_damage, with sparse rows", test_damage, NULL, NULL, &(int){2}},
	    cmocka_unit_test(test_hidden),
	    cmocka_unit_test(test_sparse),
	    cmocka_unit_test(test_unsound_sparse),
	    cmocka_unit_test(test_unsound_experts),
	    cmocka_unit_test(test_old_version),
	    cmocka_unit_test(test_unsound_decisions),
	    cmocka_unit_test(test_unsound_hidden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
