#include "model/model.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/mem.h"

#if __BYTE_ORDER != __LITTLE_ENDIAN
#error "model files are mapped as they are and need a little-endian machine"
#endif

#define CHECKED_FROM (offsetof(struct model_header, checksum) + sizeof(uint64_t))

_Static_assert(sizeof(struct model_header) == 80, "the header has no padding");
_Static_assert(sizeof(struct model_label) == 16, "a label has no padding");
_Static_assert(sizeof(struct model_unit) == 8, "a hidden unit has no padding");

/* Where the parts of a file begin. */
struct layout {
	size_t labels, decisions, units, outs, strings, meta, starts, prints, weights;
	size_t firsts, counts, entries; /* in place of the weights */
	size_t end;
};

static size_t
aligned(size_t n)
{
	return (n + 63) & ~(size_t)63;
}

static size_t
thresholds_size(const struct model_header *h)
{
	return h->flags & MODEL_THRESHOLDS ? h->labels * sizeof(float) : 0;
}

static size_t
outs_size(const struct model_header *h)
{
	return (size_t)h->hidden * model_label_places(h->labels, h->hidden) * sizeof(float);
}

/* All counts are bounded, so that nothing here overflows. */
static struct layout
layout_of(const struct model_header *h)
{
	struct layout l;

	l.labels = aligned(sizeof *h);
	l.decisions = aligned(l.labels + (size_t)h->labels * sizeof(struct model_label));
	l.units = aligned(
	    l.decisions + thresholds_size(h) + (size_t)h->knots * sizeof(struct model_knot));
	l.outs = aligned(l.units + (size_t)h->hidden * sizeof(struct model_unit));
	l.strings = aligned(l.outs + outs_size(h));
	l.meta = aligned(l.strings + h->strings_size);
	l.starts = aligned(l.meta + h->meta_size);
	l.prints = aligned(l.starts + (((size_t)1 << h->bucket_bits) + 1) * sizeof(uint32_t));
	l.weights = l.firsts = aligned(l.prints + (size_t)h->rows * sizeof(uint16_t));
	l.counts = aligned(l.firsts + (((size_t)1 << h->bucket_bits) + 1) * sizeof(uint32_t));
	l.entries = aligned(l.counts + h->rows);
	if (!(h->flags & MODEL_SPARSE))
		l.end = aligned(l.weights + (size_t)h->rows * h->stride);
	else /* the entries are what is left */
		l.end = h->file_size > l.entries ? aligned(h->file_size) : l.entries;
	return l;
}

static uint64_t
checksum(const struct model_header *h, size_t n)
{
	return hash64((const char *)h + CHECKED_FROM, n - CHECKED_FROM, h->version);
}

static int
check_header(const struct model_header *h, size_t size, const char *path, struct sme_err *err)
{
	if (size < sizeof *h || memcmp(h->magic, MODEL_MAGIC, sizeof h->magic) != 0)
		return err_set(err, SME_DATA, "%s: not a model file of sme-train", path);
	if (h->version < MODEL_VERSION_OLD || h->version > MODEL_VERSION ||
	    h->header_size != sizeof *h)
		return err_set(err, SME_DATA,
		    "%s: model format %u, this program reads format %d; train it again", path,
		    h->version, MODEL_VERSION);
	if (h->file_size != size)
		return err_set(err, SME_DATA,
		    "%s: the file has %zu bytes and should have %llu; it is truncated or damaged",
		    path, size, (unsigned long long)h->file_size);
	if (h->checksum != checksum(h, size))
		return err_set(
		    err, SME_DATA, "%s: the checksum is wrong; the file is damaged", path);
	if (h->normalize_version != NORMALIZE_VERSION)
		return err_set(err, SME_DATA,
		    "%s: made for another way of reading text (version %u, this is %d); train it "
		    "again",
		    path, h->normalize_version, NORMALIZE_VERSION);
	return 0;
}

static int
bad(const char *path, const char *what, struct sme_err *err)
{
	return err_set(err, SME_DATA, "%s: the %s is not sound; the file is damaged", path, what);
}

static int
check_counts(const struct model_header *h, const char *path, struct sme_err *err)
{
	if (h->hidden > MODEL_HIDDEN_MAX || h->hidden % 16 != 0 ||
	    (h->version < MODEL_VERSION && h->hidden))
		return bad(path, "number of hidden units", err);
	if (h->labels < 2 || h->labels > MODEL_LABELS_MAX ||
	    h->stride != model_stride(h->labels, h->hidden))
		return bad(path, "number of labels", err);
	if (h->bucket_bits < 1 || h->bucket_bits > MODEL_BITS_MAX || h->rows > 1u << 28)
		return bad(path, "number of features", err);
	if (h->word_max > 2 || h->char_max > NGRAM_CHAR_MAX || h->char_min > h->char_max ||
	    (h->char_min == 0 && h->char_max != 0))
		return bad(path, "feature description", err);
	if ((h->flags & ~MODEL_FLAGS) != 0 || h->knots > MODEL_KNOTS_MAX ||
	    (h->version == MODEL_VERSION_OLD && (h->flags & MODEL_THRESHOLDS || h->knots)))
		return bad(path, "description of its parts", err);
	if (h->flags & MODEL_SPARSE &&
	    (h->version < MODEL_VERSION || h->hidden || h->labels > MODEL_SPARSE_LABELS))
		return bad(path, "description of its parts", err);
	if (!isfinite(h->temperature) || h->temperature <= 0 || !(h->min_p >= 0 && h->min_p <= 1))
		return bad(path, "calibration", err);
	if (layout_of(h).end != h->file_size)
		return bad(path, "size of its parts", err);
	return 0;
}

/* Cut the strings; the last one must end with the part. */
static int
read_strings(struct model *m, const char *p, const char *path, struct sme_err *err)
{
	const char *end = p + m->header->strings_size;
	uint32_t labels = m->header->labels;
	uint32_t count = labels + 2 + ((m->header->flags & MODEL_LANGS) != 0);

	m->langs = "";
	m->names = xcalloc(m->header->labels, sizeof *m->names);
	for (uint32_t i = 0; i < count; i++) {
		const char *nul = p < end ? memchr(p, '\0', (size_t)(end - p)) : NULL;

		if (!nul)
			return bad(path, "list of names", err);
		if (i == 0)
			m->name = p;
		else if (i == 1)
			m->release = p;
		else if (i - 2 < labels)
			m->names[i - 2] = p;
		else
			m->langs = p;
		p = nul + 1;
	}
	return p == end && m->name[0] ? 0 : bad(path, "list of names", err);
}

static int
check_index(const struct model *m, const char *path, struct sme_err *err)
{
	uint32_t buckets = 1u << m->header->bucket_bits, last = 0;

	for (uint32_t i = 0; i <= buckets; i++) {
		if (m->starts[i] < last)
			return bad(path, "feature index", err);
		last = m->starts[i];
	}
	if (m->starts[0] != 0 || last != m->header->rows)
		return bad(path, "feature index", err);
	for (uint32_t i = 0; i < m->header->labels; i++)
		if (!isfinite(m->labels[i].scale) || !isfinite(m->labels[i].bias))
			return bad(path, "table of labels", err);
	return 0;
}

/* The entries of each bucket are as many as its rows have, and name labels. */
static int
check_sparse(const struct model *m, size_t entries, const char *path, struct sme_err *err)
{
	uint32_t at = 0, row = 0;
	uint8_t top = 0;

	for (uint32_t b = 0; b < 1u << m->header->bucket_bits; b++) {
		if (m->firsts[b] != at)
			return bad(path, "table of weights", err);
		for (; row < m->starts[b + 1]; row++)
			at += m->counts[row];
	}
	if (m->firsts[1u << m->header->bucket_bits] != at || at > entries)
		return bad(path, "table of weights", err);
	for (uint32_t i = 0; i < at; i++)
		top = m->entries[i].label > top ? m->entries[i].label : top;
	return top < m->header->labels ? 0 : bad(path, "table of weights", err);
}

/* What decides lies between 0 and 1, and the table rises. */
static int
check_decisions(const struct model *m, const char *path, struct sme_err *err)
{
	float p = 0, q = 0;

	for (uint32_t i = 0; m->thresholds && i < m->header->labels; i++)
		if (!(m->thresholds[i] >= 0 && m->thresholds[i] <= 1))
			return bad(path, "table of thresholds", err);
	for (uint16_t i = 0; i < m->header->knots; i++) {
		const struct model_knot *k = &m->knots[i];

		if (!(k->p > p && k->p < 1 && k->q >= q && k->q <= 1))
			return bad(path, "calibration table", err);
		p = k->p;
		q = k->q;
	}
	return 0;
}

static bool
is_moderate(float x)
{
	return x >= -MODEL_UNIT_MAX && x <= MODEL_UNIT_MAX;
}

static int
check_hidden(const struct model *m, const char *path, struct sme_err *err)
{
	for (uint32_t j = 0; j < m->header->hidden; j++)
		if (!is_moderate(m->units[j].scale) || !is_moderate(m->units[j].bias))
			return bad(path, "table of hidden units", err);
	for (size_t i = 0; i < (size_t)m->header->hidden * m->label_places; i++)
		if (!is_moderate(m->outs[i]))
			return bad(path, "table of hidden units", err);
	return 0;
}

static int
attach(struct model *m, const char *p, size_t size, const char *path, struct sme_err *err)
{
	const struct model_header *h = m->header = (const struct model_header *)p;
	struct layout l;

	if (check_header(h, size, path, err) < 0 || check_counts(h, path, err) < 0)
		return -1;
	l = layout_of(h);
	m->labels = (const struct model_label *)(p + l.labels);
	m->starts = (const uint32_t *)(p + l.starts);
	m->prints = (const uint16_t *)(p + l.prints);
	if (h->flags & MODEL_SPARSE) {
		m->firsts = (const uint32_t *)(p + l.firsts);
		m->counts = (const uint8_t *)(p + l.counts);
		m->entries = (const struct model_entry *)(p + l.entries);
	} else {
		m->weights = (const int8_t *)(p + l.weights);
	}
	m->meta = (struct slice){p + l.meta, h->meta_size};
	m->spec = (struct ngram_spec){
	    h->word_max, h->char_min, h->char_max, h->tokens, (h->flags & MODEL_NEGATION) != 0};
	if (h->flags & MODEL_THRESHOLDS)
		m->thresholds = (const float *)(p + l.decisions);
	m->knots = (const struct model_knot *)(p + l.decisions + thresholds_size(h));
	m->units = (const struct model_unit *)(p + l.units);
	m->outs = (const float *)(p + l.outs);
	m->label_places = model_label_places(h->labels, h->hidden);
	if (read_strings(m, p + l.strings, path, err) < 0 || check_decisions(m, path, err) < 0 ||
	    check_hidden(m, path, err) < 0 || check_index(m, path, err) < 0)
		return -1;
	if (!m->entries)
		return 0;
	return check_sparse(m, (size - l.entries) / sizeof *m->entries, path, err);
}

struct model *
model_from_memory(struct slice bytes, const char *path, struct sme_err *err)
{
	struct model *m = xcalloc(1, sizeof *m);

	if (attach(m, bytes.p, bytes.n, path, err) == 0)
		return m;
	model_close(m);
	return NULL;
}

/* Map the file at FD; its pages are read ahead, for the checksum touches them all. */
static int
map_file(struct model *m, int fd, const char *path, struct sme_err *err)
{
	struct stat st;
	void *map;

	if (fstat(fd, &st) < 0)
		return err_sys(err, SME_IOERR, "%s", path);
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof *m->header)
		return err_set(err, SME_DATA, "%s: not a model file of sme-train", path);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		return err_sys(err, SME_IOERR, "%s", path);
	m->map = map;
	m->map_size = (size_t)st.st_size;
	return 0;
}

struct model *
model_open(const char *path, struct sme_err *err)
{
	struct model *m = xcalloc(1, sizeof *m);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0) {
		err_sys(err, errno == EACCES ? SME_NOPERM : SME_NOINPUT, "%s", path);
		free(m);
		return NULL;
	}
	r = map_file(m, fd, path, err);
	close(fd);
	if (r == 0 && attach(m, m->map, m->map_size, path, err) == 0)
		return m;
	model_close(m);
	return NULL;
}

void
model_close(struct model *m)
{
	if (!m)
		return;
	if (m->map)
		munmap(m->map, m->map_size);
	free(m->names);
	free(m);
}

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
	uint32_t places = model_label_places(parts->labels, parts->hidden);
	int8_t *out = xcalloc((size_t)parts->rows * stride + 1, 1);

	for (uint32_t c = 0; c < parts->labels; c++) {
		label[c] = parts->label[c];
		label[c].scale =
		    put_column(out, stride, c, parts->weights, parts->labels, c, list, parts->rows);
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

	h->file_size = layout_of(h).end;
	if (h->hidden || h->labels > MODEL_SPARSE_LABELS)
		return;
	for (size_t i = 0; i < (size_t)h->rows * h->stride; i++)
		entries += weights[i] != 0;
	sparse.version = MODEL_VERSION;
	sparse.flags |= MODEL_SPARSE;
	sparse.bucket_bits = bits_for(h->rows, 8);
	sparse.file_size = 0;
	sparse.file_size =
	    aligned(layout_of(&sparse).entries + entries * sizeof(struct model_entry));
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
	if (thresholds_size(h))
		memcpy(file + l->decisions, parts->thresholds, thresholds_size(h));
	if (h->knots)
		memcpy(file + l->decisions + thresholds_size(h), parts->knot,
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
	    .version = parts->hidden ? MODEL_VERSION : MODEL_VERSION_2,
	    .header_size = sizeof h,
	    .labels = parts->labels,
	    .stride = model_stride(parts->labels, parts->hidden),
	    .rows = parts->rows,
	    .bucket_bits = bits_for(parts->rows, 4),
	    .strings_size = (uint32_t)strings_size,
	    .meta_size = (uint32_t)parts->meta.n,
	    .normalize_version = NORMALIZE_VERSION,
	    .flags = (uint16_t)(parts->flags | (parts->spec.negation ? MODEL_NEGATION : 0) |
			    (has_langs(parts) ? MODEL_LANGS : 0)),
	    .knots = parts->knots,
	    .tokens = parts->spec.tokens,
	    .word_max = parts->spec.word_max,
	    .char_min = parts->spec.char_min,
	    .char_max = parts->spec.char_max,
	    .temperature = parts->temperature,
	    .min_p = parts->min_p,
	    .hidden = parts->hidden,
	};

	memcpy(h.magic, MODEL_MAGIC, sizeof h.magic);
	return h;
}

/* Put the parts of PARTS, quantised to WEIGHTS, into a file of zeros at P. */
static void
put_parts(char *p, const struct model_header *h, const struct model_parts *parts,
    const struct ordered *list, const int8_t *weights)
{
	struct layout l = layout_of(h);

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
	struct model_label *label = xcalloc(parts->labels, sizeof *label);
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
	l = layout_of(&h);
	buf_clear(out);
	if (buf_reserve(out, h.file_size)) {
		out->n = h.file_size;
		memset(out->p, 0, out->n);
		put_parts(out->p, &h, parts, list, weights);
		memcpy(out->p + l.labels, label, parts->labels * sizeof *label);
		memcpy(out->p + l.units, unit, parts->hidden * sizeof *unit);
		memcpy(out->p + l.strings, strings.p, strings.n);
		h.checksum = 0;
		memcpy(out->p, &h, sizeof h);
		((struct model_header *)out->p)->checksum =
		    checksum((struct model_header *)out->p, out->n);
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
