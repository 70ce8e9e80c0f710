/* From texts to a file of word vectors: words that are frequent enough, then vectors_learn. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/mem.h"
#include "model/rarity.h"
#include "model/rows.h"
#include "model/vectors_int.h"
#include "stream/scan.h"
#include "text/ngram.h"

#define TEXT_SEED UINT64_C(0x71c2b94d5e08a63f)

/* A word met in the texts. */
struct word {
	uint64_t hash; /* 0: a free slot */
	uint32_t number, count, texts;
	size_t last; /* the text that it was counted in last, from 1 */
};

/* Slots by hash, open addressing; the number of slots is a power of two. */
struct words {
	struct word *slots;
	size_t n, mask;
};

struct builder {
	const struct vectors_options *o;
	struct vectors_report *report;
	struct norm norm;
	struct words words, seen; /* seen: texts, by the hash of what was read */
	uint32_t *tokens;         /* numbers of words, text behind text */
	size_t *ends;             /* of the texts */
	size_t n, cap, ends_cap;
	struct scan_plan *plan;
	struct scanner *scanner;
	int text;
	struct buf string;
};

static struct word *
slot_of(const struct words *w, uint64_t hash)
{
	size_t at = (size_t)(hash >> 20) & w->mask;

	while (w->slots[at].hash && w->slots[at].hash != hash)
		at = (at + 1) & w->mask;
	return &w->slots[at];
}

static void
grow(struct words *w)
{
	struct words old = *w;
	size_t n = w->mask ? (w->mask + 1) * 2 : (size_t)1 << 16;

	w->slots = xcalloc(n, sizeof *w->slots);
	w->mask = n - 1;
	for (size_t i = 0; old.mask && i <= old.mask; i++)
		if (old.slots[i].hash)
			*slot_of(w, old.slots[i].hash) = old.slots[i];
	free(old.slots);
}

/* The word with this hash, made if it is new. */
static struct word *
word_of(struct words *w, uint64_t hash)
{
	struct word *s;

	hash = hash ? hash : 1;
	if (!w->mask || (w->n + 1) * 2 > w->mask)
		grow(w);
	s = slot_of(w, hash);
	if (!s->hash) {
		s->hash = hash;
		s->number = (uint32_t)w->n++;
	}
	return s;
}

static void
add_text(struct builder *b, struct slice text)
{
	size_t number = b->report->texts + 1;

	norm_run(&b->norm, text);
	if (word_of(&b->seen, hash64(b->norm.text.p, b->norm.text.n, TEXT_SEED))->count++) {
		b->report->copies++;
		return;
	}
	for (size_t i = 0; i < b->norm.n; i++) {
		struct word *w =
		    word_of(&b->words, ngram_word(norm_token(&b->norm, i), b->norm.tokens[i].kind));

		w->count++;
		w->texts += w->last != number;
		w->last = number;
		b->tokens = xgrow(b->tokens, b->n, &b->cap, sizeof *b->tokens);
		b->tokens[b->n++] = w->number;
	}
	b->ends = xgrow(b->ends, b->report->texts, &b->ends_cap, sizeof *b->ends);
	b->ends[b->report->texts++] = b->n;
}

static int
add_row(void *ctx, const struct json_value *values, const char *file, size_t lineno, struct sme_err *err)
{
	struct builder *b = ctx;
	struct slice text;

	(void)file, (void)lineno, (void)err;
	b->report->lines++;
	buf_clear(&b->string);
	text = json_string(&values[b->text], &b->string);
	if (text.n)
		add_text(b, text);
	else
		b->report->no_text++;
	return 0;
}

static int
by_hash(const void *a, const void *b)
{
	const struct word *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

/* The words that are frequent enough, in order of their hashes. */
static struct word *
frequent_words(const struct builder *b, uint32_t *n)
{
	struct word *list = xcalloc(b->words.n + 1, sizeof *list);

	*n = 0;
	for (size_t i = 0; b->words.mask && i <= b->words.mask; i++)
		if (b->words.slots[i].hash && b->words.slots[i].count >= b->o->min_count)
			list[(*n)++] = b->words.slots[i];
	qsort(list, *n, sizeof *list, by_hash);
	return list;
}

/* Renumber the tokens by their places in LIST and close up where words are gone. */
static void
renumber(struct builder *b, const struct word *list, uint32_t n)
{
	uint32_t *to = xmalloc((b->words.n + 1) * sizeof *to);
	size_t kept = 0, at = 0;

	memset(to, 0xff, (b->words.n + 1) * sizeof *to);
	for (uint32_t i = 0; i < n; i++)
		to[list[i].number] = i;
	for (size_t t = 0; t < b->report->texts; t++) {
		for (; at < b->ends[t]; at++)
			if (to[b->tokens[at]] != UINT32_MAX)
				b->tokens[kept++] = to[b->tokens[at]];
		b->ends[t] = kept;
	}
	b->report->tokens = kept;
	free(to);
}

/*
 * Vectors as they are added up in a row: the mean of all words, which says nothing, is taken away,
 * and rare words count more.
 */
static void
weigh(float *vectors, const struct word *list, uint32_t n, size_t texts)
{
	double mean[VECTORS_DIMS] = {0}, all = 0;

	for (uint32_t i = 0; i < n; i++) {
		for (size_t d = 0; d < VECTORS_DIMS; d++)
			mean[d] += (double)vectors[(size_t)i * VECTORS_DIMS + d] * list[i].count;
		all += list[i].count;
	}
	for (uint32_t i = 0; i < n; i++) {
		float rare = 1 + rarity_log((double)texts / list[i].texts);

		for (size_t d = 0; d < VECTORS_DIMS; d++) {
			float *x = &vectors[(size_t)i * VECTORS_DIMS + d];

			*x = (*x - (float)(mean[d] / all)) * rare;
		}
	}
}

/* Bytes, the largest of all 127. */
static void
quantise(const float *vectors, size_t n, int8_t *out)
{
	float top = 0;

	for (size_t i = 0; i < n; i++)
		top = fmaxf(top, fabsf(vectors[i]));
	for (size_t i = 0; top > 0 && i < n; i++)
		out[i] = (int8_t)lrintf(vectors[i] / top * 127);
}

static int
write_file(const struct builder *b, const struct word *list, uint32_t n, const float *vectors,
    struct buf *out, struct sme_err *err)
{
	struct vectors_header h = {.version = VECTORS_VERSION,
	    .header_size = sizeof h,
	    .words = n,
	    .dims = VECTORS_DIMS,
	    .meta_size = (uint32_t)b->o->card.n,
	    .normalize_version = NORMALIZE_VERSION};
	struct vectors_layout l;
	uint64_t *hashes;

	memcpy(h.magic, VECTORS_MAGIC, sizeof h.magic);
	memcpy(h.release, b->o->release, strnlen(b->o->release, sizeof h.release));
	l = vectors_layout(&h);
	h.file_size = l.end;
	buf_clear(out);
	if (!buf_reserve(out, l.end))
		return err_set(err, SME_DATA, "the file would be larger than %zu bytes", out->max);
	out->n = l.end;
	memset(out->p, 0, out->n);
	memcpy(out->p, &h, sizeof h);
	if (b->o->card.n)
		memcpy(out->p + l.meta, b->o->card.p, b->o->card.n);
	hashes = (uint64_t *)(void *)(out->p + l.hashes);
	for (uint32_t i = 0; i < n; i++)
		hashes[i] = list[i].hash;
	quantise(vectors, (size_t)n * VECTORS_DIMS, (int8_t *)(out->p + l.values));
	((struct vectors_header *)(void *)out->p)->checksum = vectors_checksum(out->p, out->n);
	return 0;
}

static int
finish(struct builder *b, struct buf *out, struct sme_err *err)
{
	uint32_t n, *count;
	struct word *list = frequent_words(b, &n);
	float *vectors;
	int r;

	b->report->words = n;
	if (n < 2 || n > VECTORS_WORDS_MAX) {
		free(list);
		return err_set(err, SME_DATA, "%u words stand %u times or more in the texts; %s", n,
		    b->o->min_count, n < 2 ? "give more texts" : "raise --min-rows");
	}
	renumber(b, list, n);
	count = xcalloc(n, sizeof *count);
	for (uint32_t i = 0; i < n; i++)
		count[i] = list[i].count;
	vectors = vectors_learn(
	    &(struct vectors_corpus){b->tokens, b->ends, b->report->texts, n, count}, b->o->epochs);
	weigh(vectors, list, n, b->report->texts);
	r = write_file(b, list, n, vectors, out, err);
	free(vectors);
	free(count);
	free(list);
	return r;
}

static void
release(struct builder *b)
{
	scanner_free(b->scanner);
	scan_plan_free(b->plan);
	norm_release(&b->norm);
	free(b->words.slots);
	free(b->seen.slots);
	free(b->tokens);
	free(b->ends);
	buf_release(&b->string);
}

int
vectors_build(char *const *files, const struct vectors_options *o, struct buf *out,
    struct vectors_report *report, struct sme_err *err)
{
	struct builder b = {.o = o, .report = report, .norm = NORM_INIT, .string = BUF_INIT};
	int status;

	*report = (struct vectors_report){0};
	b.plan = scan_plan_new();
	b.text = scan_plan_add(b.plan, o->text_key);
	b.scanner = scanner_new(b.plan);
	status = rows_read(files, b.scanner, add_row, &b, err);
	if (status == 0)
		status = finish(&b, out, err);
	release(&b);
	return status;
}
