/*
 * One table for all heads of a group, made from their files when many features are looked for.  In
 * the files each head costs three or more waits for memory; here all heads together cost two.
 */
#include <stdlib.h>

#include "core/mem.h"
#include "model/heads_joint.h"

/* Features of a bucket, on average, between these and half as many. */
#define BUCKET_FEATURES 8

/* What is at most in a bucket, so that its records are found by 16 bits. */
#define BUCKET_MAX 1024
#define BUCKET_BYTES UINT16_MAX

/* A sparse row with more entries takes longer to add than one with a weight for every place. */
#define ENTRIES_MAX 15

/* A row of one head, as the file has it. */
struct row {
	const void *from; /* the entries or the weights */
	uint16_t print, extra;
	uint8_t head, count; /* of entries */
	uint32_t size;       /* in the table */
	int next;            /* of the same bucket, then of the same feature; or -1 */
};

/* The first and the last of rows that are linked; -1: none. */
struct chain {
	int first, last;
};

/* A feature, as far as the rows tell that it is one. */
struct known {
	struct record record;
	unsigned bits; /* of record.extra that are known */
	uint32_t size; /* of its rows */
	struct chain wide, narrow;
};

/* Making some parts of the table: what one thread knows. */
struct making {
	const struct group *group;
	struct joint *joint;
	struct row *rows; /* of some buckets that stand side by side */
	size_t n, cap;
	struct chain *chains; /* of each of these buckets */
	struct known known[BUCKET_MAX];
	uint16_t prints[BUCKET_MAX + 8]; /* theirs */
	uint64_t order[BUCKET_MAX];      /* of the features: the size above the number */
	const struct model_entry *entries[GROUP_MAX]; /* where each sparse head goes on */
	size_t end;                                   /* of the buckets so far */
};

static void
link_row(struct row *rows, struct chain *chain, int i)
{
	if (chain->first < 0)
		chain->first = i;
	else
		rows[chain->last].next = i;
	chain->last = i;
	rows[i].next = -1;
}

/* Of a row with COUNT entries, if it has entries. */
static bool
is_dense(const struct model *m, unsigned count)
{
	return !m->entries || count > ENTRIES_MAX;
}

static uint32_t
row_size(const struct model *m, unsigned count)
{
	if (m->header->stride <= NARROW)
		return NARROW;
	if (is_dense(m, count))
		return sizeof(uint16_t) + m->header->stride;
	return (uint32_t)(sizeof(uint16_t) + count * sizeof(struct model_entry));
}

/* Take row number I of head number HEAD, for which there is room. */
static inline void
gather_row(struct making *k, const struct model *m, unsigned head, uint32_t i, uint16_t extra)
{
	struct row *row = &k->rows[k->n];

	row->print = m->prints[i];
	row->extra = extra;
	row->head = (uint8_t)head;
	if (m->entries) {
		row->from = k->entries[head];
		row->count = m->counts[i];
		k->entries[head] += row->count;
	} else {
		row->from = m->weights + (size_t)i * m->header->stride;
		row->count = 0;
	}
	row->size = row_size(m, row->count);
	link_row(k->rows, &k->chains[row->print & ((1u << k->joint->low) - 1)], (int)k->n);
	k->n++;
}

static void
gather_head(struct making *k, unsigned head, uint32_t part)
{
	const struct model *m = k->group->models[head];
	unsigned further = k->joint->further[head];
	uint32_t b = part << further, end = (part + 1) << further;
	size_t room = k->n + (m->starts[end] - m->starts[b]);

	if (k->cap < room) {
		k->cap = 2 * room;
		k->rows = xreallocarray(k->rows, k->cap, sizeof *k->rows);
	}
	for (; b < end; b++)
		for (uint32_t i = m->starts[b]; i < m->starts[b + 1]; i++)
			gather_row(k, m, head, i, (uint16_t)(b << (EXTRA_BITS - further)));
}

/* Gather the rows whose hashes have PART as their high bits. */
static void
gather(struct making *k, uint32_t part)
{
	k->n = 0;
	for (uint32_t b = 0; b < 1u << k->joint->low; b++)
		k->chains[b] = (struct chain){-1, -1};
	for (unsigned i = 0; i < k->group->n; i++)
		gather_head(k, i, part);
}

/* The feature that the row is of, FROM one on, among N; -1: none of them. */
static int
find_known(const struct making *k, const struct row *row, size_t n)
{
	unsigned bits = k->joint->further[row->head];

	for (uint32_t f = 0;; f++) {
		const struct known *known;
		int32_t at = model_find_print(k->prints + f, (uint32_t)n - f, row->print);

		if (at < 0)
			return -1;
		f += (uint32_t)at;
		known = &k->known[f];
		if (same_bits(known->record.extra, row->extra) >=
		    (bits < known->bits ? bits : known->bits))
			return (int)f;
	}
}

/* Add row number I to the feature that it is of, among the N known ones, or begin another; how many
 * there are now. */
static size_t
add_row(struct making *k, size_t n, int i)
{
	struct row *row = &k->rows[i];
	unsigned bits = k->joint->further[row->head];
	head_set bit = (head_set)(1u << row->head);
	int f = find_known(k, row, n);
	struct known *known;

	if (f < 0) {
		if (n == BUCKET_MAX)
			return n + 1;
		f = (int)n;
		k->prints[n] = row->print;
		k->known[n++] = (struct known){{row->extra, 0}, bits, 0, {-1, -1}, {-1, -1}};
	}
	known = &k->known[f];
	if (known->record.heads & bit)
		return n; /* the first one in the file is the one that counts */
	known->record.heads |= bit;
	known->size += row->size;
	if (bits > known->bits) {
		known->bits = bits;
		known->record.extra = row->extra;
	}
	link_row(k->rows, k->joint->wide & bit ? &known->wide : &known->narrow, i);
	return n;
}

static void
put_u16(char *p, size_t at, size_t v)
{
	memcpy(p + at, &(uint16_t){(uint16_t)v}, sizeof(uint16_t));
}

/* A row of few places: the weights are in one load, the entries few. */
static void
put_narrow(const struct model *m, const struct row *row, char *to)
{
	const struct model_entry *e = row->from;

	if (!m->entries) {
		memcpy(to, row->from, NARROW);
		return;
	}
	memset(to, 0, NARROW);
	for (unsigned i = 0; i < row->count; i++)
		to[e[i].label] = e[i].weight;
}

static void
put_wide(const struct model *m, const struct row *row, char *to)
{
	bool dense = is_dense(m, row->count);
	const struct model_entry *e = row->from;

	put_u16(to, 0, dense ? DENSE : row->count);
	to += sizeof(uint16_t);
	if (!m->entries) {
		memcpy(to, row->from, m->header->stride);
	} else if (!dense) {
		memcpy(to, e, row->count * sizeof *e);
	} else {
		memset(to, 0, m->header->stride);
		for (unsigned i = 0; i < row->count; i++)
			to[e[i].label] = e[i].weight;
	}
}

static char *
put_rows(const struct making *k, const struct known *known, char *to)
{
	const struct model *const *models = k->group->models;

	for (int i = known->wide.first; i >= 0; i = k->rows[i].next) {
		put_wide(models[k->rows[i].head], &k->rows[i], to);
		to += k->rows[i].size;
	}
	for (int i = known->narrow.first; i >= 0; i = k->rows[i].next) {
		put_narrow(models[k->rows[i].head], &k->rows[i], to);
		to += NARROW;
	}
	return to;
}

/* What the heads have most to say of comes first: it is what most texts have. */
static void
sort_known(struct making *k, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t one = (uint64_t)k->known[i].size << 32 | i;
		size_t at = i;

		for (; at > 0 && k->order[at - 1] < one; at--)
			k->order[at] = k->order[at - 1];
		k->order[at] = one;
	}
}

/* Put N features into BUCKET; its size, or 0 when they are too much. */
static size_t
put_bucket(struct making *k, size_t n, char *bucket)
{
	size_t size = (1 + 2 * n) * sizeof(uint16_t) + n * sizeof(struct record);
	char *p = bucket + (1 + 2 * n) * sizeof(uint16_t);

	for (size_t f = 0; f < n; f++)
		size += k->known[f].size;
	if (size > BUCKET_BYTES)
		return 0;
	sort_known(k, n);
	put_u16(bucket, 0, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t f = (uint32_t)k->order[i];
		const struct known *known = &k->known[f];

		put_u16(bucket, (1 + i) * sizeof(uint16_t), k->prints[f]);
		put_u16(bucket, (1 + n + i) * sizeof(uint16_t), (size_t)(p - bucket));
		memcpy(p, &known->record, sizeof known->record);
		p = put_rows(k, known, p + sizeof known->record);
	}
	return size;
}

/* The high bits of the hashes with which piece number I begins. */
static uint32_t
piece_begin(const struct joint *j, unsigned i)
{
	return (uint32_t)(((uint64_t)i << j->high) / JOINT_PIECES);
}

/* Bytes that the buckets of piece number PIECE have at most.  What is not used of them costs
 * nothing. */
static size_t
bound(const struct joint *j, const struct group *g, unsigned piece)
{
	uint32_t from = piece_begin(j, piece), to = piece_begin(j, piece + 1);
	size_t n = ((size_t)(to - from) << j->low) * sizeof(uint16_t) + BUCKET_BYTES + FETCHED;

	for (unsigned i = 0; i < g->n; i++) {
		const struct model *m = g->models[i];
		uint32_t b = from << j->further[i], end = to << j->further[i];
		size_t rows = m->starts[end] - m->starts[b], row = m->header->stride + sizeof(uint16_t);
		size_t entries = m->entries ? m->firsts[end] - m->firsts[b] : 0;

		n += rows * (sizeof(struct record) + 2 * sizeof(uint16_t));
		if (m->header->stride <= NARROW || !m->entries)
			n += rows * row;
		else
			n += rows * sizeof(uint16_t) + entries * sizeof *m->entries +
			     entries / ENTRIES_MAX * row;
	}
	return n;
}

/* Put the gathered rows into the bucket number B of PART; -1 when they are too many. */
static int
make_bucket(struct making *k, uint32_t part, uint32_t b)
{
	struct joint *j = k->joint;
	size_t n = 0, size;

	for (int i = k->chains[b].first, next; i >= 0 && n <= BUCKET_MAX; i = next) {
		next = k->rows[i].next;
		n = add_row(k, n, i);
	}
	size = n > BUCKET_MAX ? 0 : put_bucket(k, n, j->buckets + k->end);
	if (!size)
		return -1;
	j->starts[part << j->low | b] = (uint32_t)k->end;
	k->end += size;
	return 0;
}

static int
make_piece(struct making *k, unsigned piece)
{
	struct joint *j = k->joint;
	uint32_t end = piece_begin(j, piece + 1);
	int r = 0;

	k->end = j->pieces[piece];
	for (unsigned i = 0; i < k->group->n; i++) {
		const struct model *m = k->group->models[i];

		if (m->entries)
			k->entries[i] =
			    m->entries + m->firsts[piece_begin(j, piece) << j->further[i]];
	}
	for (uint32_t part = piece_begin(j, piece); part < end && r == 0; part++) {
		gather(k, part);
		for (uint32_t b = 0; b < 1u << j->low && r == 0; b++)
			r = make_bucket(k, part, b);
	}
	return r;
}

/* Choose which bits of a hash choose the bucket; false when the files differ too much. */
static bool
choose_bits(struct joint *j, const struct group *g)
{
	unsigned most = 0;

	j->high = MODEL_BITS_MAX;
	for (unsigned i = 0; i < g->n; i++) {
		const struct model_header *h = g->models[i]->header;

		most = h->bucket_bits > most ? h->bucket_bits : most;
		j->high = h->bucket_bits < j->high ? h->bucket_bits : j->high;
	}
	while (j->low < 16 && g->rows >> (j->high + j->low) >= BUCKET_FEATURES)
		j->low++;
	return most - j->high <= EXTRA_BITS;
}

static void
choose_heads(struct joint *j, const struct group *g)
{
	for (unsigned i = 0; i < g->n; i++) {
		const struct model_header *h = g->models[i]->header;
		head_set bit = (head_set)(1u << i);

		for (unsigned b = h->bucket_bits - j->high; b <= EXTRA_BITS; b++)
			j->by_same[b] |= bit;
		if (h->stride > NARROW)
			j->wide |= bit;
		j->further[i] = (uint8_t)(h->bucket_bits - j->high);
		j->stride[i] = h->stride;
		j->at[i] = (uint32_t)g->at[i];
	}
}

/* Room for the buckets of all pieces, one behind the other; false when there is too much. */
static bool
make_room(struct joint *j, const struct group *g)
{
	size_t starts = sizeof *j->starts << (j->high + j->low), end = 0;

	for (unsigned i = 0; i < JOINT_PIECES; i++) {
		j->pieces[i] = end;
		end += (bound(j, g, i) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	}
	if (end > UINT32_MAX)
		return false;
	j->starts = xmalloc(starts + end);
	mem_large(j->starts, starts + end);
	j->buckets = (char *)j->starts + starts;
	return true;
}

struct joint *
joint_begin(const struct group *g)
{
	struct joint *j = xcalloc(1, sizeof *j);

	if (choose_bits(j, g)) {
		choose_heads(j, g);
		if (make_room(j, g))
			return j;
	}
	free(j);
	return NULL;
}

bool
joint_make(struct joint *j, const struct group *g)
{
	struct making *k;
	bool last = false;
	unsigned piece;

	if (j->begun >= JOINT_PIECES)
		return false;
	k = xcalloc(1, sizeof *k);
	k->group = g;
	k->joint = j;
	k->chains = xcalloc((size_t)1 << j->low, sizeof *k->chains);
	while ((piece = atomic_fetch_add(&j->begun, 1)) < JOINT_PIECES) {
		if (make_piece(k, piece) < 0)
			j->failed = true;
		last = atomic_fetch_add(&j->made, 1) == JOINT_PIECES - 1;
	}
	free(k->rows);
	free(k->chains);
	free(k);
	return last && !j->failed;
}

void
joint_free(struct joint *j)
{
	if (!j)
		return;
	free(j->starts);
	free(j);
}
