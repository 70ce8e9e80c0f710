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
	size_t labels, decisions, units, outs, strings, meta, starts, prints, weights, end;
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
	l.weights = aligned(l.prints + (size_t)h->rows * sizeof(uint16_t));
	l.end = aligned(l.weights + (size_t)h->rows * h->stride);
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
	if ((h->flags & ~(MODEL_SCRIPTS | MODEL_THRESHOLDS | MODEL_NEGATION)) != 0 || h->knots > MODEL_KNOTS_MAX ||
	    (h->version == MODEL_VERSION_OLD && (h->flags & MODEL_THRESHOLDS || h->knots)))
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
	uint32_t count = m->header->labels + 2;

	m->names = xcalloc(m->header->labels, sizeof *m->names);
	for (uint32_t i = 0; i < count; i++) {
		const char *nul = p < end ? memchr(p, '\0', (size_t)(end - p)) : NULL;

		if (!nul)
			return bad(path, "list of names", err);
		if (i == 0)
			m->name = p;
		else if (i == 1)
			m->release = p;
		else
			m->names[i - 2] = p;
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
	m->weights = (const int8_t *)(p + l.weights);
	m->meta = (struct slice){p + l.meta, h->meta_size};
	m->spec = (struct ngram_spec){h->word_max, h->char_min, h->char_max, h->tokens,
	    (h->flags & MODEL_NEGATION) != 0};
	if (h->flags & MODEL_THRESHOLDS)
		m->thresholds = (const float *)(p + l.decisions);
	m->knots = (const struct model_knot *)(p + l.decisions + thresholds_size(h));
	m->units = (const struct model_unit *)(p + l.units);
	m->outs = (const float *)(p + l.outs);
	m->label_places = model_label_places(h->labels, h->hidden);
	if (read_strings(m, p + l.strings, path, err) < 0 || check_decisions(m, path, err) < 0 ||
	    check_hidden(m, path, err) < 0)
		return -1;
	return check_index(m, path, err);
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

/* About four features in a bucket. */
static uint32_t
bits_for(uint32_t rows)
{
	uint32_t bits = 1;

	while (bits < MODEL_BITS_MAX && (uint64_t)4 << bits < rows)
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

static void
put_weights(char *file, const struct layout *l, const struct model_parts *parts, uint32_t stride,
    const struct ordered *list)
{
	struct model_label *label = (struct model_label *)(file + l->labels);
	struct model_unit *unit = (struct model_unit *)(file + l->units);
	uint32_t places = model_label_places(parts->labels, parts->hidden);
	int8_t *out = (int8_t *)(file + l->weights);

	for (uint32_t c = 0; c < parts->labels; c++) {
		label[c] = parts->label[c];
		label[c].scale =
		    put_column(out, stride, c, parts->weights, parts->labels, c, list, parts->rows);
	}
	for (uint32_t j = 0; j < parts->hidden; j++) {
		unit[j].bias = parts->unit_bias[j];
		unit[j].scale = put_column(out, stride, places + j, parts->unit_weights,
		    parts->hidden, j, list, parts->rows);
		memcpy((float *)(file + l->outs) + (size_t)j * places,
		    parts->outs + (size_t)j * parts->labels, parts->labels * sizeof(float));
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

static void
put_strings(struct buf *b, const struct model_parts *parts)
{
	buf_add(b, parts->name, strlen(parts->name) + 1);
	buf_add(b, parts->release, strlen(parts->release) + 1);
	for (uint32_t c = 0; c < parts->labels; c++)
		buf_add(b, parts->names[c], strlen(parts->names[c]) + 1);
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
	    .bucket_bits = bits_for(parts->rows),
	    .strings_size = (uint32_t)strings_size,
	    .meta_size = (uint32_t)parts->meta.n,
	    .normalize_version = NORMALIZE_VERSION,
	    .flags = (uint16_t)(parts->flags | (parts->spec.negation ? MODEL_NEGATION : 0)),
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

int
model_build(const struct model_parts *parts, struct buf *out, struct sme_err *err)
{
	struct buf strings = BUF_INIT;
	struct model_header h;
	struct layout l;
	struct ordered *list;

	put_strings(&strings, parts);
	h = header_of(parts, strings.n);
	l = layout_of(&h);
	h.file_size = l.end;
	buf_clear(out);
	if (!buf_reserve(out, l.end)) {
		buf_release(&strings);
		return err_set(err, SME_DATA, "the model would be larger than %zu bytes", out->max);
	}
	memset(out->p, 0, l.end);
	out->n = l.end;
	list = order_features(parts);
	put_index(out->p, &l, &h, list);
	put_weights(out->p, &l, parts, h.stride, list);
	put_decisions(out->p, &l, &h, parts);
	memcpy(out->p + l.strings, strings.p, strings.n);
	if (parts->meta.n)
		memcpy(out->p + l.meta, parts->meta.p, parts->meta.n);
	memcpy(out->p, &h, sizeof h);
	((struct model_header *)out->p)->checksum = checksum((struct model_header *)out->p, l.end);
	free(list);
	buf_release(&strings);
	return 0;
}
