/* A small model for the tests of model files and of heads. */
#include "core/hash.h"
#include "model/model.h"

#define LABELS 3
#define ROWS 500

static const char *const names[LABELS] = {"calm", "glad", "sad"};

/* "glad" and its n-grams speak for label 1, "sad" for 2; the other rows are filler. */
static inline void
make_deciding(struct buf *file, const char *name, uint16_t flags, const float *thresholds,
    const struct model_knot *knots, uint16_t n)
{
	static uint64_t hashes[ROWS];
	static float weights[ROWS * LABELS];
	struct model_label label[LABELS] = {
	    {.bias = 0.1f, .scripts = 1u << SCRIPT_LATIN | 1u << SCRIPT_GREEK, .rows = 7},
	    {.scripts = 1u << SCRIPT_LATIN}, {.scripts = 1u << SCRIPT_LATIN}};
	struct model_parts parts = {.name = name,
	    .release = "r1",
	    .names = names,
	    .meta = SLICE("{\"rows\":7}"),
	    .spec = {.word_max = 2, .char_min = 0, .char_max = 0, .tokens = NGRAM_ALL_TOKENS},
	    .labels = LABELS,
	    .rows = ROWS,
	    .flags = flags,
	    .temperature = 1,
	    .min_p = 0.25f,
	    .thresholds = thresholds,
	    .knot = knots,
	    .knots = n,
	    .label = label,
	    .hashes = hashes,
	    .weights = weights};
	struct sme_err err;

	for (size_t i = 0; i < ROWS; i++) {
		hashes[i] = hash_mix(i + 1);
		for (size_t c = 0; c < LABELS; c++)
			weights[i * LABELS + c] =
			    (float)(int)(hash_mix(i * LABELS + c) % 200) / 100 - 1;
	}
	hashes[0] = ngram_word(SLICE("glad"), TOKEN_WORD);
	hashes[1] = ngram_word(SLICE("sad"), TOKEN_WORD);
	hashes[2] = ngram_pair(ngram_word(SLICE("not"), TOKEN_WORD), hashes[0]);
	memcpy(weights, (float[]){-1, 2, -1, -1, -1, 2, 0, -4, 4}, 9 * sizeof *weights);
	assert_int_equal(model_build(&parts, file, &err), 0);
}

static inline void
make_model(struct buf *file, const char *name, uint16_t flags)
{
	make_deciding(file, name, flags, NULL, NULL, 0);
}

#define EXPERTS 2

/* An expert for work, to which "glad" is label 1, and one for games, to which it is label 2. */
static inline void
make_experts(struct buf *file, float temperature)
{
	static const char *const words[] = {"glad", "sad", "work", "game"};
	static const float weights[4][8] = {{-1, 5, -1, -1, -1, 5}, {1, -1, 2, -1, 3, 1},
	    {.5f, [6] = 8, [7] = -4}, {[6] = -4, [7] = 8}};
	uint64_t hashes[4];
	struct model_label label[8] = {{.bias = 0.1f, .rows = 7}, [3] = {.bias = 0.3f}};
	struct model_parts parts = {.name = "mood",
	    .release = "r1",
	    .names = names,
	    .meta = SLICE("{}"),
	    .spec = {.word_max = 1, .char_min = 0, .char_max = 0, .tokens = NGRAM_ALL_TOKENS},
	    .labels = LABELS,
	    .experts = EXPERTS,
	    .rows = 4,
	    .temperature = temperature,
	    .label = label,
	    .hashes = hashes,
	    .weights = weights[0]};
	struct sme_err err;

	for (size_t i = 0; i < 4; i++)
		hashes[i] = ngram_word(slice_of(words[i]), TOKEN_WORD);
	assert_int_equal(model_build(&parts, file, &err), 0);
}

/* Decisions for it, as model_parts takes them. */
static const float some[LABELS] = {0, 0.25f, 1};
static const struct model_knot table[2] = {{0.5f, 0.4f}, {0.75f, 0.7f}};

/* The checksum of a file that was changed on purpose. */
static inline void
seal(struct buf *file)
{
	struct model_header *h = (struct model_header *)file->p;
	size_t from = offsetof(struct model_header, checksum) + sizeof h->checksum;

	h->checksum = hash64(file->p + from, file->n - from, h->version);
}
