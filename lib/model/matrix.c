#include "model/matrix.h"

#include <math.h>
#include <stdlib.h>

#include "core/mem.h"

/* The sketch that tells rare features from others: one saturating counter for each of so many
 * hash values. */
#define SKETCH_BITS 26

#define NO_ID UINT32_MAX

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

/* The making of a matrix. */
struct maker {
	const struct dataset *d;
	pick_fn *pick;
	const void *ctx;
	const struct ngram_spec *spec;
	unsigned min_rows;
	struct norm norm;
	struct ngram_list list;
	uint8_t *sketch;
	struct index index;
	struct matrix *m;
	size_t ids_cap;
};

static uint8_t *
counter(struct maker *k, uint64_t hash)
{
	return &k->sketch[hash >> (64 - SKETCH_BITS)];
}

static bool
features_of(struct maker *k, const struct sample *s)
{
	if (!k->pick(s, k->ctx))
		return false;
	norm_run(&k->norm, s->text);
	ngram_collect(&k->list, &k->norm, k->spec);
	return true;
}

static void
count_features(struct maker *k)
{
	for (size_t i = 0; i < k->d->n; i++) {
		if (!features_of(k, &k->d->rows[i]))
			continue;
		for (size_t j = 0; j < k->list.n; j++) {
			uint8_t *c = counter(k, k->list.hash[j]);

			*c += *c < UINT8_MAX;
		}
		k->m->rows++;
	}
}

static void
add_feature(struct maker *k, size_t *n, uint64_t hash, bool is_word)
{
	struct matrix *m = k->m;
	size_t known = k->index.n;
	uint32_t id = index_number(&k->index, hash);

	if (k->index.n > known && (known & (known - 1)) == 0) {
		size_t cap = known ? 2 * known : 1;

		m->hash = xreallocarray(m->hash, cap, sizeof *m->hash);
		m->is_word = xreallocarray(m->is_word, cap, sizeof *m->is_word);
	}
	if (k->index.n > known) {
		m->hash[id] = hash;
		m->is_word[id] = is_word;
	}
	m->ids = xgrow(m->ids, *n, &k->ids_cap, sizeof *m->ids);
	m->ids[(*n)++] = id;
}

static void
fill_rows(struct maker *k)
{
	struct matrix *m = k->m;
	size_t n = 0, row = 0;

	m->start = xcalloc(m->rows + 1, sizeof *m->start);
	m->label = xcalloc(m->rows + 1, sizeof *m->label);
	for (size_t i = 0; i < k->d->n; i++) {
		if (!features_of(k, &k->d->rows[i]))
			continue;
		m->label[row] = k->d->rows[i].label;
		for (size_t j = 0; j < k->list.n; j++)
			if (*counter(k, k->list.hash[j]) >= k->min_rows)
				add_feature(k, &n, k->list.hash[j], j < k->list.words);
		m->start[++row] = n;
	}
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

/* Rows in order of their label; START gets labels + 1 places. */
static size_t *
order_by_label(const struct matrix *m, size_t *start)
{
	size_t *order = xcalloc(m->rows + 1, sizeof *order), *at;

	memset(start, 0, (m->labels + 2) * sizeof *start);
	for (size_t i = 0; i < m->rows; i++)
		start[m->label[i] + 1]++;
	for (uint32_t c = 0; c < m->labels; c++)
		start[c + 1] += start[c];
	at = xcalloc(m->labels + 1, sizeof *at);
	memcpy(at, start, (m->labels + 1) * sizeof *at);
	for (size_t i = 0; i < m->rows; i++)
		order[at[m->label[i]]++] = i;
	free(at);
	return order;
}

static double
part_of_gain(double together, double feature, double label, double all)
{
	return together > 0 ? together * log(together * all / (feature * label)) : 0;
}

/* Add to GAIN what knowing that the rows ORDER[FROM..TO) carry one label tells about features. */
static void
gain_of_label(const struct matrix *m, const size_t *order, size_t from, size_t to,
    const uint32_t *total, uint32_t *count, struct ranked *gain)
{
	size_t label_total = 0;

	for (size_t i = from; i < to; i++) {
		const uint32_t *ids;
		size_t n = matrix_row(m, order[i], &ids);

		for (size_t j = 0; j < n; j++)
			count[ids[j]]++;
		label_total += n;
	}
	for (size_t i = from; i < to; i++) {
		const uint32_t *ids;
		size_t n = matrix_row(m, order[i], &ids);

		for (size_t j = 0; j < n; j++) {
			uint32_t id = ids[j], c = count[id];

			gain[id].gain += part_of_gain(c, total[id], (double)label_total,
			    (double)m->start[m->rows]);
			count[id] = 0;
		}
	}
}

/* Rank all features by mutual information of feature and label, over occurrences. */
static struct ranked *
rank_features(const struct matrix *m)
{
	struct ranked *gain = xcalloc((size_t)m->features + 1, sizeof *gain);
	uint32_t *total = xcalloc((size_t)m->features + 1, sizeof *total);
	uint32_t *count = xcalloc((size_t)m->features + 1, sizeof *count);
	size_t *start = xcalloc(m->labels + 2, sizeof *start);
	size_t *order = order_by_label(m, start);

	for (size_t i = 0; i < m->start[m->rows]; i++)
		total[m->ids[i]]++;
	for (uint32_t f = 0; f < m->features; f++)
		gain[f].id = f;
	for (uint32_t c = 0; c < m->labels; c++)
		gain_of_label(m, order, start[c], start[c + 1], total, count, gain);
	qsort(gain, m->features, sizeof *gain, by_gain);
	free(total);
	free(count);
	free(start);
	free(order);
	return gain;
}

/* Keep the MAX features that tell most; the others disappear from all rows. */
static void
keep_best(struct matrix *m, uint32_t max)
{
	struct ranked *gain = rank_features(m);
	uint32_t *to = xmalloc((size_t)m->features * sizeof *to);
	uint64_t *hash = xcalloc(max, sizeof *hash);
	bool *is_word = xcalloc(max, sizeof *is_word);
	size_t n = 0, at = 0;

	memset(to, 0xff, (size_t)m->features * sizeof *to);
	for (uint32_t i = 0; i < max; i++) {
		to[gain[i].id] = i;
		hash[i] = m->hash[gain[i].id];
		is_word[i] = m->is_word[gain[i].id];
	}
	for (size_t row = 0; row < m->rows; row++) {
		for (; at < m->start[row + 1]; at++)
			if (to[m->ids[at]] != NO_ID)
				m->ids[n++] = to[m->ids[at]];
		m->start[row + 1] = n;
	}
	free(gain);
	free(to);
	free(m->hash);
	free(m->is_word);
	m->hash = hash;
	m->is_word = is_word;
	m->features = max;
}

struct matrix *
matrix_new(const struct dataset *d, pick_fn *pick, const void *ctx, const struct ngram_spec *spec,
    unsigned min_rows, uint32_t max_features)
{
	struct maker k = {.d = d, .pick = pick, .ctx = ctx, .spec = spec, .min_rows = min_rows};

	k.norm = (struct norm)NORM_INIT;
	k.m = xcalloc(1, sizeof *k.m);
	k.m->labels = (uint32_t)d->labels.n;
	k.sketch = xcalloc((size_t)1 << SKETCH_BITS, 1);
	index_init(&k.index, 1 << 16);
	count_features(&k);
	fill_rows(&k);
	index_release(&k.index);
	free(k.sketch);
	free(k.list.hash);
	norm_release(&k.norm);
	if (max_features && k.m->features > max_features)
		keep_best(k.m, max_features);
	return k.m;
}

void
matrix_free(struct matrix *m)
{
	if (!m)
		return;
	free(m->start);
	free(m->ids);
	free(m->label);
	free(m->hash);
	free(m->is_word);
	free(m);
}
