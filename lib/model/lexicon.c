#include "model/lexicon.h"

#include <math.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"
#include "text/ngram.h"

#define CLASS_SEED UINT64_C(0x6d0f27bd9c2a8e15)

/* Of a list so many classes at most: steps of a score, or a label and how clear it is. */
#define CLASSES_MAX 1024

/* A word among the negated ones has a class of its own. */
#define NEGATED CLASSES_MAX

/* Scores become so many steps either way. */
#define SCORE_STEPS 4

/* Learned words occur in at least so many rows, and speak at least so clearly; after the last
 * limit they do not count as clearer. */
#define LEARN_ROWS 4
static const double clear_from[] = {0.35, 0.7, 1.2, 2};
#define CLEAR_STEPS (sizeof clear_from / sizeof *clear_from)

struct word {
	uint64_t hash;
	uint32_t class;
};

struct lexicon {
	struct word *words;
	size_t n, cap;
	uint32_t lists;
	struct lexicon_entry *entries; /* by hash, then by class */
	size_t entries_n;
};

struct lexicon *
lexicon_new(void)
{
	return xcalloc(1, sizeof(struct lexicon));
}

void
lexicon_free(struct lexicon *x)
{
	if (!x)
		return;
	free(x->words);
	free(x->entries);
	free(x);
}

static void
add_word(struct lexicon *x, uint64_t hash, uint32_t class)
{
	x->words = xgrow(x->words, x->n, &x->cap, sizeof *x->words);
	x->words[x->n++] = (struct word){hash, class + x->lists * 2 * CLASSES_MAX};
}

/* The feature that TEXT is: one token or two; false for anything else. */
static bool
feature_of(struct norm *norm, struct slice text, uint64_t *hash)
{
	norm_run(norm, text);
	if (norm->n < 1 || norm->n > 2)
		return false;
	*hash = ngram_word(norm_token(norm, 0), norm->tokens[0].kind);
	if (norm->n == 2)
		*hash = ngram_pair(*hash, ngram_word(norm_token(norm, 1), norm->tokens[1].kind));
	return true;
}

/* The largest score of the list. */
static double
top_score(const struct dataset *d)
{
	double top = 0;

	for (size_t i = 0; i < d->n; i++)
		top = fmax(top, fabs(strtod(d->labels.items[d->rows[i].label].key.p, NULL)));
	return top > 0 ? top : 1;
}

static void
add_list(struct lexicon *x, const struct dataset *d, bool scores)
{
	struct norm norm = NORM_INIT;
	double top = scores ? top_score(d) : 0;

	for (size_t i = 0; i < d->n; i++) {
		uint32_t class = d->rows[i].label;
		uint64_t hash;

		if (scores) {
			double v = strtod(d->labels.items[class].key.p, NULL) / top * SCORE_STEPS;

			class = (uint32_t)(SCORE_STEPS + (v < 0 ? floor(v) : ceil(v)));
		}
		if (class < CLASSES_MAX && feature_of(&norm, d->rows[i].text, &hash))
			add_word(x, hash, class);
	}
	norm_release(&norm);
	x->lists++;
}

int
lexicon_read(struct lexicon *x, const char *file, struct sme_err *err)
{
	struct dataset_keys keys = {.text = "text", .label = "score", .id = "id"};
	char *files[] = {(char *)file, NULL};
	bool scores = true;
	int r = 0;

	for (int pass = 0; pass < 2 && r == 0; pass++) {
		struct dataset d = DATASET_INIT;

		r = dataset_read(&d, files, &keys, err);
		if (r == 0 && d.n) {
			dataset_finish(&d, 0);
			add_list(x, &d, scores);
			pass = 2;
		} else if (r == 0 && !scores) {
			r = err_set(err, SME_DATA,
			    "%s: no row has \"text\" and \"score\" or \"label\"", file);
		}
		dataset_release(&d);
		keys.label = "label";
		scores = false;
	}
	return r;
}

/* A word, once for each row of a label that has it. */
struct seen {
	uint64_t hash;
	uint32_t label, row;
};

static int
by_hash_label_row(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	if (x->label != y->label)
		return x->label < y->label ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static struct seen *
words_seen(const struct dataset *d, size_t *n)
{
	struct norm norm = NORM_INIT;
	struct seen *list = NULL;
	size_t cap = 0;

	*n = 0;
	for (size_t i = 0; i < d->n; i++) {
		norm_run(&norm, d->rows[i].text);
		for (size_t t = 0; t < norm.n; t++) {
			list = xgrow(list, *n, &cap, sizeof *list);
			list[(*n)++] = (struct seen){
			    ngram_word(norm_token(&norm, t), norm.tokens[t].kind),
			    d->rows[i].label, (uint32_t)i};
		}
	}
	norm_release(&norm);
	qsort(list, *n, sizeof *list, by_hash_label_row);
	return list;
}

/* In how many rows of each label is the word LIST[0..N) seen? */
static double
count_rows(const struct seen *list, size_t n, double *count, size_t labels)
{
	double all = 0;

	memset(count, 0, labels * sizeof *count);
	for (size_t i = 0; i < n; i++) {
		bool again = i && list[i].label == list[i - 1].label && list[i].row == list[i - 1].row;

		count[list[i].label] += !again;
		all += !again;
	}
	return all;
}

/* Add a word that is in COUNT[c] of the TOTAL[c] rows of label c, if it says anything. */
static void
learn_word(struct lexicon *x, uint64_t hash, const double *count, double all, const double *total,
    double rows, size_t labels)
{
	double best = 0;
	uint32_t label = 0, step = 0;

	for (uint32_t c = 0; c < labels; c++) {
		double odds = log((count[c] + 0.5) / (total[c] + 1)) -
			      log((all - count[c] + 0.5) / (rows - total[c] + 1));

		if (odds > best) {
			best = odds;
			label = c;
		}
	}
	while (step < CLEAR_STEPS && best >= clear_from[step])
		step++;
	if (step && label * CLEAR_STEPS + step < CLASSES_MAX)
		add_word(x, hash, label * (uint32_t)CLEAR_STEPS + step - 1);
}

void
lexicon_learn(struct lexicon *x, const struct dataset *d)
{
	size_t labels = d->labels.n, n;
	double *total = xcalloc(labels + 1, sizeof *total);
	double *count = xcalloc(labels + 1, sizeof *count);
	struct seen *list = words_seen(d, &n);

	for (size_t i = 0; i < d->n; i++)
		total[d->rows[i].label]++;
	for (size_t from = 0, to; from < n; from = to) {
		double all;

		for (to = from; to < n && list[to].hash == list[from].hash;)
			to++;
		all = count_rows(list + from, to - from, count, labels);
		if (all >= LEARN_ROWS)
			learn_word(x, list[from].hash, count, all, total, (double)d->n, labels);
	}
	x->lists++;
	free(list);
	free(count);
	free(total);
}

static int
by_hash_class(const void *a, const void *b)
{
	const struct lexicon_entry *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->class < y->class ? -1 : x->class > y->class;
}

static uint64_t
class_hash(uint32_t class)
{
	return hash_mix(CLASS_SEED + class);
}

void
lexicon_finish(struct lexicon *x, bool negation)
{
	size_t n = 0;

	x->entries = xcalloc(2 * x->n + 1, sizeof *x->entries);
	for (size_t i = 0; i < x->n; i++) {
		struct word w = x->words[i];

		x->entries[n++] = (struct lexicon_entry){w.hash, class_hash(w.class)};
		if (negation)
			x->entries[n++] = (struct lexicon_entry){
			    ngram_negated(w.hash), class_hash(w.class + NEGATED)};
	}
	qsort(x->entries, n, sizeof *x->entries, by_hash_class);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || by_hash_class(&x->entries[i], &x->entries[i - 1]) != 0)
			x->entries[x->entries_n++] = x->entries[i];
}

size_t
lexicon_find(const struct lexicon *x, uint64_t hash, const struct lexicon_entry **entries)
{
	size_t lo = 0, hi = x ? x->entries_n : 0, end;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (x->entries[mid].hash < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	*entries = x ? x->entries + lo : NULL;
	for (end = lo; x && end < x->entries_n && x->entries[end].hash == hash;)
		end++;
	return end - lo;
}

/* A feature's hash and number, to be looked up. */
struct numbered {
	uint64_t hash;
	uint32_t id;
};

static int
by_hash(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static struct numbered *
number_features(const struct matrix *m)
{
	struct numbered *list = xcalloc((size_t)m->features + 1, sizeof *list);

	for (uint32_t f = 0; f < m->features; f++)
		list[f] = (struct numbered){m->hash[f], f};
	qsort(list, m->features, sizeof *list, by_hash);
	return list;
}

/* Add the weights of feature HASH to ROW, if it was learned. */
static void
add_weights(const struct numbered *list, const struct matrix *m, const struct solution *s,
    uint64_t hash, float *row)
{
	struct numbered key = {.hash = hash};
	const struct numbered *found = bsearch(&key, list, m->features, sizeof *list, by_hash);

	for (uint32_t c = 0; found && c < s->labels; c++)
		row[c] += s->weights[(size_t)found->id * s->labels + c];
}

uint32_t
lexicon_fold(const struct lexicon *x, const struct matrix *m, const struct solution *s,
    uint64_t **hashes, float **weights)
{
	struct numbered *list = number_features(m);
	size_t most = m->features + x->entries_n, labels = s->labels;
	uint32_t n = 0;

	*hashes = xcalloc(most + 1, sizeof **hashes);
	*weights = xcalloc(most * labels + 1, sizeof **weights);
	for (uint32_t f = 0; f < m->features; f++) {
		const struct lexicon_entry *none;

		if (m->is_class[f] || lexicon_find(x, m->hash[f], &none))
			continue;
		(*hashes)[n] = m->hash[f];
		memcpy(*weights + n++ * labels, s->weights + f * labels, labels * sizeof **weights);
	}
	for (size_t i = 0; i < x->entries_n; i++) {
		const struct lexicon_entry *e = &x->entries[i];

		if (i == 0 || e->hash != e[-1].hash) {
			(*hashes)[n] = e->hash;
			add_weights(list, m, s, e->hash, *weights + n++ * labels);
		}
		add_weights(list, m, s, e->class, *weights + (n - 1) * labels);
	}
	free(list);
	return n;
}
