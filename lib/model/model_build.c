#include <math.h>
#include <stdlib.h>

#include "core/mem.h"
#include "model/model_int.h"

/* A feature on its way into the file. */
struct ordered {
	uint64_t hash;
	uint32_t from; /* its row in the parts */
};

static int
by_hash(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static struct ordered *
order_features(const struct model_parts *parts)
{
	struct ordered *list = xcalloc(parts->rows ? parts->rows : 1, sizeof *list);

	for (uint32_t i = 0; i < parts->rows; i++)
		list[i] = (struct ordered){parts->hashes[i], i};
	qsort(list, parts->rows, sizeof *list, by_hash);
	return list;
}

/* About so many features in a bucket. */
static uint32_t
bits_for(uint32_t rows, uint32_t in_bucket)
{
	uint32_t bits = 1;

	while (bits < MODEL_BITS_MAX && (uint64_t)in_bucket << bits < rows)
		bits++;
	return bits;
}

static void
put_index(
    char *file, const struct layout *l, const struct model_header *h, const struct ordered *list)
{
	uint32_t *starts = (uint32_t *)(file + l->starts);
	uint16_t *prints = (uint16_t *)(file + l->prints);

	for (uint32_t i = 0; i < h->rows; i++) {
		starts[(list[i].hash >> (64 - h->bucket_bits)) + 1]++;
		prints[i] = (uint16_t)list[i].hash;
	}
	for (uint32_t b = 0; b < 1u << h->bucket_bits; b++)
		starts[b + 1] += starts[b];
}

/*
 * Column FROM of the COLUMNS in the parts becomes column TO of the file, its largest weight 127.
 * Returns what the weights are to be multiplied by.
 */
static float
put_column(int8_t *out, uint32_t stride, uint32_t to, const float *weights, uint32_t columns,
    uint32_t from, const struct ordered *list, uint32_t rows)
{
	float top = 0;

	for (uint32_t i = 0; i < rows; i++)
		top = fmaxf(top, fabsf(weights[(size_t)i * columns + from]));
	for (uint32_t i = 0; top > 0 && i < rows; i++) {
		float w = weights[(size_t)list[i].from * columns + from];

		out[(size_t)i * stride + to] = (int8_t)lrintf(w / top * 127);
	}
	return top / 127;
}

/* All weights in file order, [rows][stride], and the scales that belong to them. */
static int8_t *
quantise(const struct model_parts *parts, uint32_t stride, const struct ordered *list,
    struct model_label *label, struct model_unit *unit)
{
	uint32_t columns = model_columns(parts->labels, parts->experts);
	uint32_t places = model_label_places(columns, parts->hidden);
	int8_t *out = xcalloc((size_t)parts->rows * stride + 1, 1);

	for (uint32_t c = 0; c < columns; c++) {
		label[c] = parts->label[c];
		label[c].scale =
		    put_column(out, stride, c, parts->weights, columns, c, list, parts->rows);
	}
	for (uint32_t j = 0; j < parts->hidden; j++) {
		unit[j].bias = parts->unit_bias[j];
		unit[j].scale = put_column(out, stride, places + j, parts->unit_weights,
		    parts->hidden, j, list, parts->rows);
	}
	return out;
}

static void
put_outs(char *file, const struct layout *l, const struct model_parts *parts)
{
	uint32_t places = model_label_places(parts->labels, parts->hidden);

	for (uint32_t j = 0; j < parts->hidden; j++)
		memcpy((float *)(file + l->outs) + (size_t)j * places,
		    parts->outs + (size_t)j * parts->labels, parts->labels * sizeof(float));
}

/* Make H the header of a sparse file where that is smaller. */
static void
choose_rows(struct model_header *h, const int8_t *weights)
{
	struct model_header sparse = *h;
	size_t entries = 0;

	h->file_size = model_layout(h).end;
	if (h->hidden || h->experts || h->labels > MODEL_SPARSE_LABELS)
		return;
	for (size_t i = 0; i < (size_t)h->rows * h->stride; i++)
		entries += weights[i] != 0;
	sparse.version = MODEL_VERSION_3;
	sparse.flags |= MODEL_SPARSE;
	sparse.bucket_bits = bits_for(h->rows, 8);
	sparse.file_size = 0;
	sparse.file_size =
	    model_aligned(model_layout(&sparse).entries + entries * sizeof(struct model_entry));
	if (sparse.file_size < h->file_size)
		*h = sparse;
}

static void
put_entries(char *file, const struct layout *l, const struct model_header *h, const int8_t *weights)
{
	const uint32_t *starts = (const uint32_t *)(file + l->starts);
	uint32_t *firsts = (uint32_t *)(file + l->firsts), n = 0, row = 0;
	uint8_t *counts = (uint8_t *)(file + l->counts);
	struct model_entry *entries = (struct model_entry *)(file + l->entries);

	for (uint32_t b = 0; b < 1u << h->bucket_bits; b++) {
		for (; row < starts[b + 1]; row++) {
			const int8_t *w = weights + (size_t)row * h->stride;
			uint32_t before = n;

			for (uint32_t c = 0; c < h->labels; c++)
				if (w[c])
					entries[n++] = (struct model_entry){(uint8_t)c, w[c]};
			counts[row] = (uint8_t)(n - before);
		}
		firsts[b + 1] = n;
	}
}

static void
put_decisions(char *file, const struct layout *l, const struct model_header *h,
    const struct model_parts *parts)
{
	if (model_thresholds_size(h))
		memcpy(file + l->decisions, parts->thresholds, model_thresholds_size(h));
	if (h->knots)
		memcpy(file + l->decisions + model_thresholds_size(h), parts->knot,
		    h->knots * sizeof *parts->knot);
}

static bool
has_langs(const struct model_parts *parts)
{
	return parts->langs && *parts->langs;
}

static void
put_strings(struct buf *b, const struct model_parts *parts)
{
	buf_add(b, parts->name, strlen(parts->name) + 1);
	buf_add(b, parts->release, strlen(parts->release) + 1);
	for (uint32_t c = 0; c < parts->labels; c++)
		buf_add(b, parts->names[c], strlen(parts->names[c]) + 1);
	if (has_langs(parts))
		buf_add(b, parts->langs, strlen(parts->langs) + 1);
}

static struct model_header
header_of(const struct model_parts *parts, size_t strings_size)
{
	struct model_header h = {
	    .version = parts->experts  ? MODEL_VERSION
	               : parts->hidden ? MODEL_VERSION_3
	                               : MODEL_VERSION_2,
	    .header_size = sizeof h,
	    .labels = parts->labels,
	    .stride = model_stride(model_columns(parts->labels, parts->experts), parts->hidden),
	    .rows = parts->rows,
	    .bucket_bits = bits_for(parts->rows, 4),
	    .strings_size = (uint32_t)strings_size,
	    .meta_size = (uint32_t)parts->meta.n,
	    .normalize_version = NORMALIZE_VERSION,
	    .flags = (uint16_t)(parts->flags | (parts->spec.negation ? MODEL_NEGATION : 0) |
				(parts->spec.once ? MODEL_ONCE : 0) |
				(has_langs(parts) ? MODEL_LANGS : 0)),
	    .knots = parts->knots,
	    .tokens = parts->spec.tokens,
	    .word_max = parts->spec.word_max,
	    .char_min = parts->spec.char_min,
	    .char_max = parts->spec.char_max,
	    .temperature = parts->temperature,
	    .min_p = parts->min_p,
	    .hidden = parts->hidden,
	    .experts = (uint8_t)parts->experts,
	};

	memcpy(h.magic, MODEL_MAGIC, sizeof h.magic);
	return h;
}

/* Put the parts of PARTS, quantised to WEIGHTS, into a file of zeros at P. */
static void
put_parts(char *p, const struct model_header *h, const struct model_parts *parts,
    const struct ordered *list, const int8_t *weights)
{
	struct layout l = model_layout(h);

	put_index(p, &l, h, list);
	if (h->flags & MODEL_SPARSE)
		put_entries(p, &l, h, weights);
	else if (h->rows)
		memcpy(p + l.weights, weights, (size_t)h->rows * h->stride);
	put_outs(p, &l, parts);
	put_decisions(p, &l, h, parts);
	if (parts->meta.n)
		memcpy(p + l.meta, parts->meta.p, parts->meta.n);
}

int
model_build(const struct model_parts *parts, struct buf *out, struct sme_err *err)
{
	struct buf strings = BUF_INIT;
	uint32_t columns = model_columns(parts->labels, parts->experts);
	struct model_label *label = xcalloc(columns, sizeof *label);
	struct model_unit *unit = xcalloc(parts->hidden + 1, sizeof *unit);
	struct ordered *list = order_features(parts);
	struct model_header h;
	struct layout l;
	int8_t *weights;
	int r = 0;

	put_strings(&strings, parts);
	h = header_of(parts, strings.n);
	weights = quantise(parts, h.stride, list, label, unit);
	choose_rows(&h, weights);
	l = model_layout(&h);
	buf_clear(out);
	if (buf_reserve(out, h.file_size)) {
		out->n = h.file_size;
		memset(out->p, 0, out->n);
		put_parts(out->p, &h, parts, list, weights);
		memcpy(out->p + l.labels, label, columns * sizeof *label);
		memcpy(out->p + l.units, unit, parts->hidden * sizeof *unit);
		memcpy(out->p + l.strings, strings.p, strings.n);
		h.checksum = 0;
		memcpy(out->p, &h, sizeof h);
		((struct model_header *)out->p)->checksum =
		    model_checksum((struct model_header *)out->p, out->n);
	} else {
		r = err_set(err, SME_DATA, "the model would be larger than %zu bytes", out->max);
	}
	free(weights);
	free(list);
	free(label);
	free(unit);
	buf_release(&strings);
	return r;
}
