#include "model/matrix.h"

#include <math.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"
#include "model/lexicon.h"
#include "model/vectors.h"

/* The sketch that tells rare features from others: one saturating counter for each of so many
 * hash values. */
#define SKETCH_BITS 26

#define NO_ID UINT32_MAX

/* A piece is a run of at most so many words. */
#define PIECE_WORDS 3

/* Hash → number, open addressing.  The hashes are well mixed already. */
struct index {
	uint64_t *hash;
	uint32_t *id;
	size_t mask, n;
};

static void
index_init(struct index *x, size_t slots)
{
	x->hash = xcalloc(slots, sizeof *x->hash);
	x->id = xmalloc(slots * sizeof *x->id);
	memset(x->id, 0xff, slots * sizeof *x->id);
	x->mask = slots - 1;
	x->n = 0;
}

static void
index_release(struct index *x)
{
	free(x->hash);
	free(x->id);
}

static size_t
index_slot(const struct index *x, uint64_t hash)
{
	size_t at = (hash >> 20) & x->mask;

	while (x->id[at] != NO_ID && x->hash[at] != hash)
		at = (at + 1) & x->mask;
	return at;
}

static void
index_grow(struct index *x)
{
	struct index bigger;

	index_init(&bigger, (x->mask + 1) * 2);
	for (size_t i = 0; i <= x->mask; i++) {
		size_t at;

		if (x->id[i] == NO_ID)
			continue;
		at = index_slot(&bigger, x->hash[i]);
		bigger.hash[at] = x->hash[i];
		bigger.id[at] = x->id[i];
	}
	bigger.n = x->n;
	index_release(x);
	*x = bigger;
}

static uint32_t
index_number(struct index *x, uint64_t hash)
{
	size_t at;

	if ((x->n + 1) * 2 > x->mask)
		index_grow(x);
	at = index_slot(x, hash);
	if (x->id[at] == NO_ID) {
		x->hash[at] = hash;
		x->id[at] = (uint32_t)x->n++;
	}
	return x->id[at];
}

/* Lists of features, one behind the other. */
struct pool {
	uint32_t *ids;
	size_t *start; /* [spans + 1] */
	size_t n, cap, spans, start_cap;
};

/* The making of a matrix. */
struct maker {
	const struct dataset *d;
	pick_fn *pick;
	const struct matrix_options *o;
	struct norm norm;
	struct ngram_list list;
	uint8_t *sketch;
	struct index index;
	struct matrix *m;
	struct pool whole, own;
	struct pool again;              /* features of a row that are in it already */
	size_t *last, last_n, last_cap; /* of each feature the last row that had it, from 1 */
	size_t label_cap, kind_cap, sample_cap, script_cap, first_cap, distinct_cap;
	bool alone[SCRIPT_COUNT]; /* one label only is written so */
};

static uint8_t *
counter(struct maker *k, uint64_t hash)
{
	return &k->sketch[hash >> (64 - SKETCH_BITS)];
}

static void
find_alone(struct maker *k)
{
	for (unsigned s = 0; s < SCRIPT_COUNT && k->o->gate; s++) {
		uint32_t n = 0;

		for (uint32_t c = 0; c < k->m->labels; c++)
			n += matrix_gate(k->o->gate, c, s);
		k->alone[s] = n < 2;
	}
}

/* Normalise sample S; false when it is not to become a row. */
static bool
take(struct maker *k, const struct sample *s)
{
	enum script script;

	if (!k->pick(s))
		return false;
	norm_run(&k->norm, s->text);
	script = norm_script(&k->norm);
	return !k->alone[script] && matrix_gate(k->o->gate, s->label, script);
}

static void
count_features(struct maker *k)
{
	for (size_t i = 0; i < k->d->n; i++) {
		if (!take(k, &k->d->rows[i]))
			continue;
		ngram_collect(&k->list, &k->norm, &k->o->spec);
		for (size_t j = 0; j < k->list.n; j++) {
			uint8_t *c = counter(k, k->list.hash[j]);

			*c += *c < UINT8_MAX;
		}
	}
}

/* The number of a feature, new or not. */
static uint32_t
feature_number(struct maker *k, uint64_t hash, bool is_word, bool is_class)
{
	struct matrix *m = k->m;
	size_t known = k->index.n;
	uint32_t id = index_number(&k->index, hash);

	if (k->index.n > known && (known & (known - 1)) == 0) {
		size_t cap = known ? 2 * known : 1;

		m->hash = xreallocarray(m->hash, cap, sizeof *m->hash);
		m->is_word = xreallocarray(m->is_word, cap, sizeof *m->is_word);
		m->is_class = xreallocarray(m->is_class, cap, sizeof *m->is_class);
	}
	if (k->index.n > known) {
		m->hash[id] = hash;
		m->is_word[id] = is_word;
		m->is_class[id] = is_class;
	}
	return id;
}

static void
add_number(struct pool *p, uint32_t id)
{
	p->ids = xgrow(p->ids, p->n, &p->cap, sizeof *p->ids);
	p->ids[p->n++] = id;
}

/* Is feature ID, of the row that is being made, in it already? */
static bool
comes_again(struct maker *k, uint32_t id)
{
	size_t row = k->m->rows;
	bool again;

	while (k->last_n <= id) {
		k->last = xgrow(k->last, k->last_n, &k->last_cap, sizeof *k->last);
		k->last[k->last_n++] = 0;
	}
	again = k->last[id] == row;
	k->last[id] = row;
	return again;
}

/* The features of the row that come again go behind the others. */
static void
add_again(struct maker *k, struct pool *p)
{
	struct matrix *m = k->m;

	if (!k->o->distinct)
		return;
	m->distinct = xgrow(m->distinct, m->rows - 1, &k->distinct_cap, sizeof *m->distinct);
	m->distinct[m->rows - 1] = p->n - p->start[p->spans];
	for (size_t i = 0; i < k->again.n; i++)
		add_number(p, k->again.ids[i]);
	k->again.n = 0;
}

/* Append what is in the list and is frequent enough to the features in P; what comes again, if that
 * is to be told apart, to those in k->again. */
static void
add_features(struct maker *k, struct pool *p)
{
	for (size_t j = 0; j < k->list.n; j++) {
		uint64_t hash = k->list.hash[j];
		bool is_word = j < k->list.words;
		const struct lexicon_entry *entries;
		size_t classes = is_word ? lexicon_find(k->o->lexicon, hash, &entries) : 0;
		struct pool *to = p;
		uint32_t id;

		if (classes == 0 && *counter(k, hash) < k->o->min_rows &&
		    !(is_word && vectors_find(k->o->vectors, hash) >= 0))
			continue;
		id = feature_number(k, hash, is_word, false);
		if (k->o->distinct && comes_again(k, id))
			to = &k->again;
		add_number(to, id);
		for (size_t i = 0; i < classes; i++)
			add_number(to, feature_number(k, entries[i].class, true, true));
	}
	add_again(k, p);
	p->start = xgrow(p->start, ++p->spans, &p->start_cap, sizeof *p->start);
	p->start[p->spans] = p->n;
}

/* Append the features of each word of the text. */
static void
add_words(struct maker *k)
{
	struct norm word = k->norm;

	word.n = 1;
	for (size_t i = 0; i < k->norm.n; i++) {
		if (!ngram_reads(&k->o->spec, k->norm.tokens[i].kind))
			continue;
		word.tokens = k->norm.tokens + i;
		ngram_collect(&k->list, &word, &k->o->spec);
		add_features(k, &k->own);
	}
}

/* Append a row for sample SAMPLE, which has been normalised. */
static void
add_row(struct maker *k, uint32_t sample)
{
	struct matrix *m = k->m;
	size_t row = m->rows++;

	m->label = xgrow(m->label, row, &k->label_cap, sizeof *m->label);
	m->sample = xgrow(m->sample, row, &k->sample_cap, sizeof *m->sample);
	m->script = xgrow(m->script, row, &k->script_cap, sizeof *m->script);
	m->sample[row] = sample;
	m->script[row] = (uint8_t)norm_script(&k->norm);
	m->label[row] = k->d->rows[sample].label;
	m->kind = xgrow(m->kind, row, &k->kind_cap, sizeof *m->kind);
	m->kind[row] = (uint8_t)k->d->rows[sample].group;
	ngram_collect(&k->list, &k->norm, &k->o->spec);
	add_features(k, &k->whole);
	if (!k->o->pieces)
		return;
	add_words(k);
	m->first = xgrow(m->first, m->rows, &k->first_cap, sizeof *m->first);
	m->first[m->rows] = k->own.spans;
}

static void
fill_rows(struct maker *k)
{
	struct matrix *m = k->m;

	k->whole.start = xgrow(NULL, 0, &k->whole.start_cap, sizeof *k->whole.start);
	k->own.start = xgrow(NULL, 0, &k->own.start_cap, sizeof *k->own.start);
	k->whole.start[0] = k->own.start[0] = 0;
	if (k->o->pieces) {
		m->first = xgrow(NULL, 0, &k->first_cap, sizeof *m->first);
		m->first[0] = 0;
	}
	for (size_t i = 0; i < k->d->n; i++)
		if (take(k, &k->d->rows[i]))
			add_row(k, (uint32_t)i);
	m->start = k->whole.start;
	m->ids = k->whole.ids;
	m->own_start = k->own.start;
	m->own = k->own.ids;
	m->features = (uint32_t)k->index.n;
}

/* A feature and how much it tells. */
struct ranked {
	double gain;
	uint32_t id;
};

static int
by_gain(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->gain != y->gain)
		return x->gain < y->gain ? 1 : -1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* Labels are told apart within a script where a gate keeps the others away. */
static size_t
cells_of(const struct matrix *m)
{
	return (size_t)m->labels * (m->gate ? SCRIPT_COUNT : 1);
}

static size_t
cell_of(const struct matrix *m, size_t row)
{
	return (m->gate ? (size_t)m->script[row] * m->labels : 0) + m->label[row];
}

/* Rows in order of script and label; START gets a place for each such cell and one more. */
static size_t *
order_by_cell(const struct matrix *m, size_t *start)
{
	size_t *order = xcalloc(m->rows + 1, sizeof *order), cells = cells_of(m), *at;

	memset(start, 0, (cells + 2) * sizeof *start);
	for (size_t i = 0; i < m->rows; i++)
		start[cell_of(m, i) + 1]++;
	for (size_t c = 0; c < cells; c++)
		start[c + 1] += start[c];
	at = xcalloc(cells + 1, sizeof *at);
	memcpy(at, start, (cells + 1) * sizeof *at);
	for (size_t i = 0; i < m->rows; i++)
		order[at[cell_of(m, i)]++] = i;
	free(at);
	return order;
}

static double
part_of_gain(double together, double feature, double label, double all)
{
	return together > 0 ? together * log(together * all / (feature * label)) : 0;
}

/* Count the features of the rows ORDER[FROM..TO) in COUNT; returns how many there are. */
static size_t
count_in(const struct matrix *m, const size_t *order, size_t from, size_t to, uint32_t *count)
{
	size_t all = 0;

	for (size_t i = from; i < to; i++) {
		const uint32_t *ids;
		size_t n = matrix_row(m, order[i], &ids);

		for (size_t j = 0; j < n; j++)
			count[ids[j]]++;
		all += n;
	}
	return all;
}

/* Add to GAIN what knowing that the rows ORDER[FROM..TO) carry one label tells about features.
 * TOTAL has the counts of each feature in all rows, which have ALL of them. */
static void
gain_of_label(const struct matrix *m, const size_t *order, size_t from, size_t to,
    const uint32_t *total, size_t all, uint32_t *count, struct ranked *gain)
{
	double label_total = (double)count_in(m, order, from, to, count);

	for (size_t i = from; i < to; i++) {
		const uint32_t *ids;
		size_t n = matrix_row(m, order[i], &ids);

		for (size_t j = 0; j < n; j++) {
			uint32_t id = ids[j], c = count[id];

			gain[id].gain += part_of_gain(c, total[id], label_total, (double)all);
			count[id] = 0;
		}
	}
}

/* Is feature F, whose hash may be on a list or have a vector, to be kept whatever it tells? */
static bool
is_wanted(const struct matrix *m, const struct lexicon *lexicon, uint32_t f)
{
	const struct lexicon_entry *entries;

	return m->is_class[f] || lexicon_find(lexicon, m->hash[f], &entries) ||
	       vectors_find(m->vectors, m->hash[f]) >= 0;
}

/* Rank all features by mutual information of feature and label, over occurrences; those that are
 * wanted come first. */
static struct ranked *
rank_features(const struct matrix *m, const struct lexicon *lexicon)
{
	struct ranked *gain = xcalloc((size_t)m->features + 1, sizeof *gain);
	uint32_t *total = xcalloc((size_t)m->features + 1, sizeof *total);
	uint32_t *count = xcalloc((size_t)m->features + 1, sizeof *count);
	size_t *start = xcalloc(cells_of(m) + 2, sizeof *start);
	size_t *order = order_by_cell(m, start);

	for (uint32_t f = 0; f < m->features; f++)
		gain[f].id = f;
	for (size_t cell = 0; cell < cells_of(m); cell += m->labels) {
		size_t from = start[cell], to = start[cell + m->labels];
		size_t all = count_in(m, order, from, to, total);

		for (size_t c = cell; c < cell + m->labels; c++)
			gain_of_label(m, order, start[c], start[c + 1], total, all, count, gain);
		memset(total, 0, (size_t)m->features * sizeof *total);
	}
	for (uint32_t f = 0; f < m->features; f++)
		if (is_wanted(m, lexicon, f))
			gain[f].gain = INFINITY;
	qsort(gain, m->features, sizeof *gain, by_gain);
	free(total);
	free(count);
	free(start);
	free(order);
	return gain;
}

/* Renumber the features in the COUNT lists of IDS, and close up where they are gone; DISTINCT, or
 * NULL, tells how many stand first in each. */
static void
renumber(uint32_t *ids, size_t *start, size_t *distinct, size_t count, const uint32_t *to)
{
	size_t n = 0, at = 0;

	for (size_t i = 0; i < count; i++) {
		size_t apart = distinct ? at + distinct[i] : 0, first = n;

		for (; at < start[i + 1]; at++) {
			if (to[ids[at]] != NO_ID)
				ids[n++] = to[ids[at]];
			if (at + 1 == apart)
				distinct[i] = n - first;
		}
		start[i + 1] = n;
	}
}

/* Keep the MAX features that tell most; the others disappear from all rows. */
static void
keep_best(struct matrix *m, const struct lexicon *lexicon, uint32_t max)
{
	struct ranked *gain = rank_features(m, lexicon);
	uint32_t *to = xmalloc((size_t)m->features * sizeof *to);
	uint64_t *hash = xcalloc(max, sizeof *hash);
	bool *is_word = xcalloc(max, sizeof *is_word);
	bool *is_class = xcalloc(max, sizeof *is_class);

	memset(to, 0xff, (size_t)m->features * sizeof *to);
	for (uint32_t i = 0; i < max; i++) {
		to[gain[i].id] = i;
		hash[i] = m->hash[gain[i].id];
		is_word[i] = m->is_word[gain[i].id];
		is_class[i] = m->is_class[gain[i].id];
	}
	renumber(m->ids, m->start, m->distinct, m->rows, to);
	if (m->first)
		renumber(m->own, m->own_start, NULL, m->first[m->rows], to);
	free(gain);
	free(to);
	free(m->hash);
	free(m->is_word);
	free(m->is_class);
	m->hash = hash;
	m->is_word = is_word;
	m->is_class = is_class;
	m->features = max;
}

/* Where the features stand in the vectors. */
static void
place_vectors(struct matrix *m)
{
	m->vector = xcalloc((size_t)m->features + 1, sizeof *m->vector);
	for (uint32_t f = 0; f < m->features; f++)
		m->vector[f] = vectors_find(m->vectors, m->hash[f]);
}

struct matrix *
matrix_new(const struct dataset *d, pick_fn *pick, const struct matrix_options *o)
{
	struct maker k = {.d = d, .pick = pick, .o = o, .norm = NORM_INIT};

	k.m = xcalloc(1, sizeof *k.m);
	k.m->labels = (uint32_t)d->labels.n;
	k.m->gate = o->gate;
	k.m->pieces = o->pieces;
	k.m->vectors = o->vectors;
	find_alone(&k);
	k.sketch = xcalloc((size_t)1 << SKETCH_BITS, 1);
	index_init(&k.index, 1 << 16);
	count_features(&k);
	fill_rows(&k);
	index_release(&k.index);
	free(k.sketch);
	free(k.list.hash);
	free(k.again.ids);
	free(k.last);
	norm_release(&k.norm);
	if (o->max_features && k.m->features > o->max_features)
		keep_best(k.m, o->lexicon, o->max_features);
	if (o->vectors)
		place_vectors(k.m);
	return k.m;
}

size_t
matrix_piece(const struct matrix *m, size_t i, uint64_t chance, const uint32_t **ids)
{
	size_t words = matrix_words(m, i), count = 1 + chance % PIECE_WORDS;
	const size_t *start = m->own_start + m->first[i];

	if (count > words)
		count = words;
	start += (chance >> 8) % (words - count + 1);
	*ids = m->own + start[0];
	return start[count] - start[0];
}

void
matrix_free(struct matrix *m)
{
	if (!m)
		return;
	free(m->start);
	free(m->ids);
	free(m->distinct);
	free(m->label);
	free(m->kind);
	free(m->sample);
	free(m->script);
	free(m->first);
	free(m->own_start);
	free(m->own);
	free(m->hash);
	free(m->is_word);
	free(m->is_class);
	free(m->vector);
	free(m);
}
