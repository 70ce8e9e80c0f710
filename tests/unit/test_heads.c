/* Models at work: what they say of texts, when they are sure, and why. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/file.h"
#include "core/hash.h"
#include "core/map.h"
#include "model/decide.h"
#include "model/heads_group.h"
#include "model/model.h"
#include "model_make.h"

static void
test_decisions(void **state)
{
	struct buf file = BUF_INIT;
	struct sme_err err;
	struct model *m;
	struct heads *heads;
	struct heads_run *run;
	const struct head_result *r;

	(void)state;
	make_deciding(&file, "mood", MODEL_THRESHOLDS, some, table, 2);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	assert_memory_equal(m->thresholds, some, sizeof some);
	assert_memory_equal(m->knots, table, sizeof table);
	heads = heads_new(&m, 1, HEADS_MEMORY);
	run = heads_run_new(heads);
	/* "sad" is never sure enough for its threshold of 1 */
	r = heads_predict(run, SLICE("so sad"));
	assert_int_equal(r->best, 0);
	assert_true(r->p == r->probs[0] && r->probs[2] > r->p);
	r = heads_predict(run, SLICE("I am GLAD!"));
	assert_int_equal(r->best, 1);
	assert_true(decide_floor(m, 0) == 0.25 && decide_floor(m, 1) == 0.25);
	assert_true(decide_floor(m, 2) == 1);
	heads_run_free(run);
	heads_free(heads);
	model_close(m);
	buf_release(&file);
}

static void
predict(const char *text, uint16_t flags, int best, double at_least)
{
	struct buf file = BUF_INIT;
	struct sme_err err;
	struct model *m;
	struct heads *heads;
	struct heads_run *run;
	const struct head_result *r;

	make_model(&file, "mood", flags);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	heads = heads_new(&m, 1, HEADS_MEMORY);
	run = heads_run_new(heads);
	for (int i = 0; i < 3; i++) { /* what is remembered changes nothing */
		double total = 0;

		r = heads_predict(run, slice_of(text));
		assert_int_equal(r->best, best);
		assert_true(r->p >= at_least && r->p <= 1);
		for (int c = 0; c < LABELS && best >= 0; c++)
			total += r->probs[c];
		assert_true(best < 0 || (total > 0.999999 && total < 1.000001));
	}
	heads_run_free(run);
	heads_free(heads);
	model_close(m);
	buf_release(&file);
}

static void
test_predict(void **state)
{
	(void)state;
	predict("I am GLAD!", 0, 1, 0.8);
	predict("so sad", 0, 2, 0.8);
	predict("I am not glad", 0, 2, 0.7);
	predict("nothing known", 0, -1, 0);
	predict("", 0, -1, 0);
	/* In Greek, only the label that was seen in Greek can win. */
	predict("glad χαίρω πολύ", MODEL_SCRIPTS, 0, 1);
	predict("glad где ты была", MODEL_SCRIPTS, -1, 0);
	/* The script alone tells, or what is the more frequent in it. */
	predict("ωραία", MODEL_SCRIPTS, 0, 1);
	predict("nothing known", MODEL_SCRIPTS, 0, 0.34);
	predict("12345", MODEL_SCRIPTS, -1, 0);
}

/* A temperature next to nothing makes a head sure, not mad. */
static void
test_cold(void **state)
{
	struct buf file = BUF_INIT;
	struct sme_err err;
	struct model *m;
	struct heads *heads;
	struct heads_run *run;

	(void)state;
	make_model(&file, "mood", MODEL_SCRIPTS);
	((struct model_header *)file.p)->temperature = 1e-43f;
	seal(&file);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	heads = heads_new(&m, 1, HEADS_MEMORY);
	run = heads_run_new(heads);
	assert_int_equal(heads_predict(run, SLICE("nothing known"))->best, 0);
	assert_true(heads_predict(run, SLICE("nothing known"))->p == 1);
	assert_int_equal(heads_predict(run, SLICE("glad"))->best, 1);
	assert_true(heads_predict(run, SLICE("glad"))->p == 1);
	heads_run_free(run);
	heads_free(heads);
	model_close(m);
	buf_release(&file);
}

static void
test_explain(void **state)
{
	struct buf file = BUF_INIT;
	struct head_reason why[2];
	struct sme_err err;
	struct model *m;
	struct heads *heads;
	struct heads_run *run;

	(void)state;
	make_model(&file, "mood", 0);
	m = model_from_memory(buf_slice(&file), "x", &err);
	assert_non_null(m);
	heads = heads_new(&m, 1, HEADS_MEMORY);
	run = heads_run_new(heads);
	heads_predict(run, SLICE("well, sad and glad"));
	assert_int_equal(heads_explain(run, 0, 2, why, 2), 1);
	assert_true(slice_is(norm_token(heads_norm(run), why[0].token), "sad"));
	assert_int_equal(heads_explain(run, 0, 1, why, 2), 1);
	assert_true(slice_is(norm_token(heads_norm(run), why[0].token), "glad"));
	heads_run_free(run);
	heads_free(heads);
	model_close(m);
	buf_release(&file);
}

/* ---- many heads, little memory ---- */

#define MANY 19
#define WORDS 600
#define MANY_ROWS 3000

/* Word number I of the texts below. */
static struct slice
word_of(unsigned i, char *out)
{
	int n = 0;

	for (uint64_t h = hash_mix(i + 1); n < 2 + (int)(i % 7); h /= 9)
		out[n++] = "aehinrstz"[h % 9];
	out[n] = '\0';
	return (struct slice){out, (size_t)n};
}

/* Head number HEAD knows some of the words and of the n-grams in them, some pairs and some that a
 * negation reaches; every third is sparse. */
static void
make_head(struct buf *file, unsigned head)
{
	static uint64_t hashes[MANY_ROWS];
	static float weights[MANY_ROWS * LABELS];
	struct model_label label[LABELS] = {{.bias = 0.5f}, {.bias = 0}, {.bias = 0}};
	struct map seen = MAP_INIT;
	char name[8], word[16];
	struct model_parts parts = {.name = name,
	    .release = "r1",
	    .langs = head % 2   ? "de"
	             : head % 5 ? "en"
	                        : "",
	    .names = names,
	    .meta = SLICE("{}"),
	    .spec = {.word_max = (uint8_t)(head % 3),
		.char_min = (uint8_t)(head % 4 ? head % 4 : 1),
		.char_max = 4,
		.tokens = head % 2 ? NGRAM_ALL_TOKENS : 1,
		.negation = head % 2,
		.once = head % 7 == 3},
	    .labels = LABELS,
	    .flags = (uint16_t)(MODEL_LANGS | (head % 2 ? MODEL_NEGATION : 0)),
	    .temperature = 1,
	    .label = label,
	    .hashes = hashes,
	    .weights = weights};
	struct sme_err err;

	if (!*parts.langs)
		parts.flags &= (uint16_t)~MODEL_LANGS;
	snprintf(name, sizeof name, "h%u", head);
	for (unsigned i = 0; i < WORDS && parts.rows + 200 < MANY_ROWS; i++) {
		struct norm norm = NORM_INIT;
		struct ngram_list list = {0};
		char text[40];

		if (hash_mix(i * MANY + head) % 8)
			continue;
		snprintf(
		    text, sizeof text, "not %s %s", word_of(i, word).p, i % 2 ? "zarte" : "ist");
		norm_run(&norm, slice_of(text));
		ngram_collect(&list, &norm, &parts.spec);
		for (size_t j = 0; j < list.n; j++) {
			struct slice key = {(const char *)&list.hash[j], sizeof list.hash[j]};

			if (map_get(&seen, key))
				continue;
			map_put(&seen, key);
			hashes[parts.rows] = list.hash[j];
			for (unsigned c = 0; c < LABELS; c++)
				weights[parts.rows * LABELS + c] =
				    head % 3 || c == j % LABELS
					? (float)(hash_mix(list.hash[j] + c + head) % 5) / 2 - 1
					: 0;
			parts.rows++;
		}
		free(list.hash);
		norm_release(&norm);
	}
	map_release(&seen);
	assert_int_equal(model_build(&parts, file, &err), 0);
}

/* What head M says of TEXT, one feature after the other. */
static void
one_by_one(const struct model *m, struct slice text, double *probs)
{
	struct norm norm = NORM_INIT;
	struct ngram_list list = {0};
	double sums[LABELS] = {0}, total = 0;
	unsigned hits = 0;

	norm_run(&norm, text);
	ngram_collect(&list, &norm, &m->spec);
	for (size_t i = 0; i < list.n; i++) {
		bool again = false;
		int32_t row = model_find(m, list.hash[i]);
		const struct model_entry *e = NULL;
		unsigned count = 0;

		for (size_t j = 0; m->spec.once && j < i && !again; j++)
			again = list.hash[j] == list.hash[i];
		if (row < 0 || again)
			continue;
		hits++;
		if (m->entries)
			e = model_entries(m, list.hash[i], (uint32_t)row, &count);
		for (unsigned j = 0; j < count; j++)
			sums[e[j].label] += e[j].weight;
		for (uint32_t c = 0; !m->entries && c < LABELS; c++)
			sums[c] += m->weights[(size_t)row * m->header->stride + c];
	}
	for (int c = 0; c < LABELS; c++)
		total += probs[c] = hits ? exp(sums[c] * (double)m->labels[c].scale / sqrt(hits) +
					       (double)m->labels[c].bias)
		                         : 0;
	for (int c = 0; c < LABELS && hits; c++)
		probs[c] /= total;
	free(list.hash);
	norm_release(&norm);
}

/* A few words, or many when I can be divided by 50. */
static void
make_text(unsigned i, struct buf *text)
{
	unsigned n = i % 50 ? 1 + i % 9 : 400;
	char word[16];

	buf_clear(text);
	for (unsigned w = 0; w < n; w++) {
		buf_adds(
		    text, word_of((unsigned)(hash_mix(i * 1000 + w) % (i % 2 ? WORDS : 50)), word));
		buf_puts(text, w % 7 == 3 ? "! " : w % 5 == 2 ? " not " : " ");
	}
}

static void
open_heads(struct buf *file, struct model **models)
{
	struct sme_err err;

	for (unsigned i = 0; i < MANY; i++) {
		file[i] = (struct buf)BUF_INIT;
		make_head(&file[i], i);
		models[i] = model_from_memory(buf_slice(&file[i]), "x", &err);
		assert_non_null(models[i]);
		assert_true(!models[i]->entries == (i % 3 > 0));
	}
}

static void
close_heads(struct buf *file, struct model **models)
{
	for (unsigned i = 0; i < MANY; i++) {
		model_close(models[i]);
		buf_release(&file[i]);
	}
}

/* All at once, some at a time, and one by one they say the same, however little is remembered. */
static void
test_many(void **state)
{
	struct buf file[MANY], text = BUF_INIT;
	struct model *models[MANY];
	struct heads *heads, *forgetful;
	struct heads_run *all, *some_of;
	double probs[LABELS];

	(void)state;
	open_heads(file, models);
	heads = heads_new(models, MANY, HEADS_MEMORY);
	all = heads_run_new(heads);
	forgetful = heads_new(models, MANY, 0);
	some_of = heads_run_new(forgetful);
	for (unsigned i = 0; i < 1500; i++) {
		int ask[] = {(int)(i % MANY), -1, (int)(i * 7 % MANY), 2, 17};
		const struct head_result *r;

		make_text(i, &text);
		r = heads_predict(all, buf_slice(&text));
		heads_read(some_of, buf_slice(&text));
		heads_ask(some_of, ask, sizeof ask / sizeof *ask);
		for (unsigned h = 0; h < MANY; h++) {
			if (h != i % MANY && h != 17 && h % 4)
				continue;
			one_by_one(models[h], buf_slice(&text), probs);
			for (int c = 0; c < LABELS; c++) {
				assert_true(fabs(r[h].probs[c] - probs[c]) < 1e-9);
				assert_true(heads_answer(some_of, h)->probs[c] == r[h].probs[c]);
			}
		}
	}
	heads_run_free(all);
	heads_run_free(some_of);
	heads_free(heads);
	heads_free(forgetful);
	close_heads(file, models);
	buf_release(&text);
}

#define THREADS 3

/* One of several threads that read texts, not all the same ones, with the same HEADS. */
struct reading {
	pthread_t thread;
	const struct heads *heads;
	struct model **models;
	unsigned first, wrong;
};

static void *
read_texts(void *arg)
{
	struct reading *r = arg;
	struct heads_run *run = heads_run_new(r->heads);
	struct buf text = BUF_INIT;
	double probs[LABELS];

	for (unsigned i = r->first; i < r->first + 1500; i++) {
		unsigned h = i % MANY;
		const struct head_result *res;

		make_text(i, &text);
		res = heads_predict(run, buf_slice(&text));
		one_by_one(r->models[h], buf_slice(&text), probs);
		for (int c = 0; c < LABELS; c++)
			r->wrong += !(fabs(res[h].probs[c] - probs[c]) < 1e-9);
	}
	heads_run_free(run);
	buf_release(&text);
	return NULL;
}

/* Threads make one table and remember words together, however little room there is for them. */
static void
test_threads(void **state)
{
	struct buf file[MANY];
	struct model *models[MANY];
	struct reading reading[THREADS];
	struct heads *heads;

	(void)state;
	open_heads(file, models);
	heads = heads_new(models, MANY, 0);
	for (unsigned i = 0; i < THREADS; i++) {
		reading[i] = (struct reading){.heads = heads, .models = models, .first = i * 500};
		assert_int_equal(
		    pthread_create(&reading[i].thread, NULL, read_texts, &reading[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(reading[i].thread, NULL);
		assert_int_equal(reading[i].wrong, 0);
	}
	heads_free(heads);
	close_heads(file, models);
}

/* Heads on others say what they say by themselves, and leave the others as they are. */
static void
test_shared(void **state)
{
	struct buf file[MANY], text = BUF_INIT;
	struct model *models[MANY], *list[] = {NULL, NULL, NULL};
	struct heads *base, *heads;
	struct heads_run *first, *run;

	(void)state;
	open_heads(file, models);
	list[0] = models[16]; /* of the second group */
	list[1] = models[18];
	list[2] = models[3];
	base = heads_new(models, MANY - 1, HEADS_MEMORY);
	heads = heads_new_on(base, list, 3, 0);
	first = heads_run_new(base);
	run = heads_run_new_on(first, heads);
	for (unsigned i = 0; i < 1000; i++) {
		const struct head_result *r;
		double probs[LABELS];

		make_text(i, &text);
		if (i % 3 == 0) {
			r = heads_predict(first, buf_slice(&text));
			one_by_one(models[i % (MANY - 1)], buf_slice(&text), probs);
			assert_true(fabs(r[i % (MANY - 1)].probs[0] - probs[0]) < 1e-9);
			continue;
		}
		heads_read(run, buf_slice(&text));
		for (unsigned s = 0; s < i % 5; s++)
			heads_step(run);
		heads_ask(run, (int[]){2, -1, (int)(i % 2)}, 3);
		for (unsigned h = 0; h < 3; h++) {
			one_by_one(list[h], buf_slice(&text), probs);
			for (int c = 0; c < LABELS; c++)
				assert_true(fabs(heads_answer(run, h)->probs[c] - probs[c]) < 1e-9);
		}
	}
	heads_run_free(run);
	heads_run_free(first);
	heads_free(heads);
	heads_free(base);
	close_heads(file, models);
	buf_release(&text);
}

/* ---- the table of all heads ---- */

#define JOINT 5
#define QUERIES 60

/* Hashes that files of different sizes take for one another, or not: the same but for one bit, of
 * the high ones above all. */
static uint64_t
near_hash(unsigned i)
{
	uint64_t h = hash_mix(i / QUERIES + 77);

	return i % QUERIES ? h ^ UINT64_C(1) << (64 - i % QUERIES) : h;
}

/* Head number HEAD has ROWS rows, some of them near_hash; every other one lists its weights, and
 * some have many labels. */
static void
make_joint(struct buf *file, unsigned head, uint32_t rows)
{
	static const char *const labels[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10",
	    "11", "12", "13", "14", "15", "16", "17", "18", "19"};
	uint32_t n = head % 3 ? 3 : 20;
	struct model_label label[20] = {{.bias = 0}};
	uint64_t *hashes = calloc(rows, sizeof *hashes);
	float *weights = calloc((size_t)rows * n, sizeof *weights);
	struct model_parts parts = {.name = "joint",
	    .release = "r1",
	    .names = labels,
	    .meta = SLICE("{}"),
	    .spec = {.word_max = 1, .tokens = NGRAM_ALL_TOKENS},
	    .labels = n,
	    .rows = rows,
	    .temperature = 1,
	    .label = label,
	    .hashes = hashes,
	    .weights = weights};
	struct sme_err err;

	for (uint32_t i = 0; i < rows; i++) {
		uint64_t r = hash_mix(head * 100000 + i + 1000);

		hashes[i] = i < rows / 2 ? near_hash(i * (head + 1)) : r;
		for (uint32_t c = 0; c < n; c++)
			weights[i * n + c] = head % 2 && (r >> 40) % 40 > 20 + c % 9
			                         ? 0
			                         : (float)(hash_mix(r + c) % 200) - 100;
	}
	assert_int_equal(model_build(&parts, file, &err), 0);
	free(hashes);
	free(weights);
}

/* What a look-up in the file of head HEAD adds to. */
static void
from_file(const struct group *g, unsigned head, uint64_t hash, int16_t *sums, uint8_t *hits)
{
	const struct model *m = g->models[head];
	int32_t row = model_find(m, hash);
	const struct model_entry *e = NULL;
	unsigned count = 0;

	sums += g->at[head];
	if (row < 0)
		return;
	hits[head]++;
	if (m->entries)
		e = model_entries(m, hash, (uint32_t)row, &count);
	for (unsigned i = 0; i < count; i++)
		sums[e[i].label] = (int16_t)(sums[e[i].label] + e[i].weight);
	for (uint32_t c = 0; !m->entries && c < m->header->stride; c++)
		sums[c] = (int16_t)(sums[c] + m->weights[(size_t)row * m->header->stride + c]);
}

static void
ask_joint(struct group *g, struct joint *joint, const struct heads_kernel *kernel)
{
	struct lookups l = {.group = g, .kernel = kernel, .joint = joint};
	struct memo *m = calloc(1, sizeof *m + g->width * sizeof(int16_t) + 64);
	int16_t *sums = calloc(g->width, sizeof *sums);
	uint8_t hits[GROUP_MAX] = {0};
	unsigned known = 0;

	for (unsigned i = 0; i < 100000; i++) {
		uint64_t hash = near_hash(i);
		head_set set = i % 7 ? (head_set)~0u : (head_set)hash_mix(i);

		lookup(&l, hash, set, m);
		for (unsigned h = 0; h < g->n; h++)
			if (set >> h & 1)
				from_file(g, h, hash, sums, hits);
		if (i % 50)
			continue;
		lookup_finish(&l);
		assert_memory_equal(memo_sums(m), sums, g->width * sizeof *sums);
		assert_memory_equal(m->hits, hits, sizeof hits);
		for (unsigned h = 0; h < g->n; h++)
			known += hits[h];
		memset(m->hits, 0, sizeof m->hits);
		memset(memo_sums(m), 0, g->width * sizeof *sums);
		memset(sums, 0, g->width * sizeof *sums);
		memset(hits, 0, sizeof hits);
	}
	assert_true(known > 1000);
	free(m);
	free(sums);
}

/* The table knows what the files know, however many bits of a hash each of them keeps. */
static void
test_joint(void **state)
{
	static const uint32_t rows[JOINT] = {6000, 60, 700, 20000, 5000};
	struct buf file[JOINT];
	struct model *models[JOINT];
	struct group g = {.n = 0};
	struct joint *joint;
	struct sme_err err;

	(void)state;
	for (unsigned i = 0; i < JOINT; i++) {
		file[i] = (struct buf)BUF_INIT;
		make_joint(&file[i], i, rows[i]);
		models[i] = model_from_memory(buf_slice(&file[i]), "x", &err);
		assert_non_null(models[i]);
		group_add(&g, models[i]);
	}
	group_finish(&g, 0);
	joint = joint_begin(&g);
	assert_non_null(joint);
	assert_true(joint_make(joint, &g));
	assert_false(joint_make(joint, &g));
	ask_joint(&g, joint, heads_kernel_plain());
	if (heads_kernel_avx2())
		ask_joint(&g, joint, heads_kernel_avx2());
	joint_free(joint);
	group_release(&g);
	for (unsigned i = 0; i < JOINT; i++) {
		model_close(models[i]);
		buf_release(&file[i]);
	}
}

/* The same without the vectors that this machine may have. */
static void
test_many_plain(void **state)
{
	setenv("SME_SIMD", "plain", 1);
	test_many(state);
	unsetenv("SME_SIMD");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_decisions),
	    cmocka_unit_test(test_predict),
	    cmocka_unit_test(test_cold),
	    cmocka_unit_test(test_explain),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_many_plain),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test(test_joint),
	    cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
