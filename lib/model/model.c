#include "model/model_int.h"

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

size_t
model_thresholds_size(const struct model_header *h)
{
	return h->flags & MODEL_THRESHOLDS ? h->labels * sizeof(float) : 0;
}

static size_t
outs_size(const struct model_header *h)
{
	return (size_t)h->hidden * model_label_places(h->labels, h->hidden) * sizeof(float);
}

struct layout
model_layout(const struct model_header *h)
{
	struct layout l;

	l.labels = model_aligned(sizeof *h);
	l.decisions = model_aligned(
	    l.labels + (size_t)model_columns(h->labels, h->experts) * sizeof(struct model_label));
	l.units = model_aligned(
	    l.decisions + model_thresholds_size(h) + (size_t)h->knots * sizeof(struct model_knot));
	l.outs = model_aligned(l.units + (size_t)h->hidden * sizeof(struct model_unit));
	l.strings = model_aligned(l.outs + outs_size(h));
	l.meta = model_aligned(l.strings + h->strings_size);
	l.starts = model_aligned(l.meta + h->meta_size);
	l.prints = model_aligned(l.starts + (((size_t)1 << h->bucket_bits) + 1) * sizeof(uint32_t));
	l.weights = l.firsts = model_aligned(l.prints + (size_t)h->rows * sizeof(uint16_t));
	l.counts = model_aligned(l.firsts + (((size_t)1 << h->bucket_bits) + 1) * sizeof(uint32_t));
	l.entries = model_aligned(l.counts + h->rows);
	if (!(h->flags & MODEL_SPARSE))
		l.end = model_aligned(l.weights + (size_t)h->rows * h->stride);
	else /* the entries are what is left */
		l.end = h->file_size > l.entries ? model_aligned(h->file_size) : l.entries;
	return l;
}

uint64_t
model_checksum(const struct model_header *h, size_t n)
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
	if (h->checksum != model_checksum(h, size))
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

static bool
experts_may_be(const struct model_header *h)
{
	return h->version >= MODEL_VERSION && h->experts > 1 && h->experts <= MODEL_EXPERTS_MAX &&
	       h->labels <= MODEL_EXPERTS_LABELS && !h->hidden &&
	       !(h->flags & (MODEL_SCRIPTS | MODEL_SPARSE));
}

static int
check_counts(const struct model_header *h, const char *path, struct sme_err *err)
{
	if (h->hidden > MODEL_HIDDEN_MAX || h->hidden % 16 != 0 ||
	    (h->version < MODEL_VERSION_3 && h->hidden))
		return bad(path, "number of hidden units", err);
	if (h->experts && !experts_may_be(h))
		return bad(path, "number of experts", err);
	if (h->labels < 2 || h->labels > MODEL_LABELS_MAX ||
	    h->stride != model_stride(model_columns(h->labels, h->experts), h->hidden))
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
	    (h->version < MODEL_VERSION_3 || h->hidden || h->labels > MODEL_SPARSE_LABELS))
		return bad(path, "description of its parts", err);
	if (!isfinite(h->temperature) || h->temperature <= 0 || !(h->min_p >= 0 && h->min_p <= 1))
		return bad(path, "calibration", err);
	if (model_layout(h).end != h->file_size)
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
	uint32_t buckets = 1u << m->header->bucket_bits, falls = 0;

	/* Without a jump out: there are a million of them, and they are asked at every start. */
	for (uint32_t i = 0; i < buckets; i++)
		falls |= (uint32_t)(m->starts[i + 1] < m->starts[i]);
	if (falls || m->starts[0] != 0 || m->starts[buckets] != m->header->rows)
		return bad(path, "feature index", err);
	for (uint32_t i = 0; i < model_columns(m->header->labels, m->header->experts); i++)
		if (!isfinite(m->labels[i].scale) || !isfinite(m->labels[i].bias))
			return bad(path, "table of labels", err);
	return 0;
}

/* The largest label that the N entries at E name.  Sixteen bytes at once: there are millions, and
 * they are asked at every start. */
static uint8_t
top_label(const struct model_entry *e, size_t n)
{
	uint8_t top = 0;
	size_t i = 0;

#ifdef __SSE2__
	const __m128i label = _mm_set1_epi16(255);
	__m128i tops[2] = {_mm_setzero_si128(), _mm_setzero_si128()};
	uint8_t each[16];

	for (; i + 16 <= n; i += 16)
		for (unsigned k = 0; k < 2; k++) {
			const __m128i *at = (const __m128i *)(const void *)(e + i + k * 8);
			__m128i v = _mm_and_si128(_mm_loadu_si128(at), label);

			tops[k] = _mm_max_epu8(tops[k], v);
		}
	_mm_storeu_si128((__m128i *)(void *)each, _mm_max_epu8(tops[0], tops[1]));
	for (unsigned k = 0; k < sizeof each; k++)
		top = each[k] > top ? each[k] : top;
#endif
	for (; i < n; i++)
		top = e[i].label > top ? e[i].label : top;
	return top;
}

/* What the N bytes at P, eight at most, of eight that can be read, add up to. */
static uint32_t
sum_eight(const uint8_t *p, uint32_t n)
{
	const uint64_t even = UINT64_C(0x00ff00ff00ff00ff);
	uint64_t v;

	memcpy(&v, p, sizeof v);
	v &= n == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * n) - 1;
	return (uint32_t)(((v & even) + (v >> 8 & even)) * UINT64_C(0x0001000100010001) >> 48);
}

/* The entries of rows FROM to TO. */
static uint32_t
count_entries(const struct model *m, uint32_t from, uint32_t to)
{
	uint32_t n = 0;

	if (to - from <= 8 && m->header->rows - from >= 8)
		return sum_eight(m->counts + from, to - from);
	for (uint32_t row = from; row < to; row++)
		n += m->counts[row];
	return n;
}

/* The entries of each bucket are as many as its rows have, and name labels. */
static int
check_sparse(const struct model *m, size_t entries, const char *path, struct sme_err *err)
{
	uint32_t buckets = 1u << m->header->bucket_bits, at = 0, wrong = 0;

	for (uint32_t b = 0; b < buckets; b++) {
		wrong |= m->firsts[b] ^ at;
		at += count_entries(m, m->starts[b], m->starts[b + 1]);
	}
	if (wrong || m->firsts[buckets] != at || at > entries)
		return bad(path, "table of weights", err);
	if (top_label(m->entries, at) >= m->header->labels)
		return bad(path, "table of weights", err);
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
	l = model_layout(h);
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
	m->spec = (struct ngram_spec){h->word_max, h->char_min, h->char_max, h->tokens,
	    (h->flags & MODEL_NEGATION) != 0, (h->flags & MODEL_ONCE) != 0};
	if (h->flags & MODEL_THRESHOLDS)
		m->thresholds = (const float *)(p + l.decisions);
	m->knots = (const struct model_knot *)(p + l.decisions + model_thresholds_size(h));
	m->units = (const struct model_unit *)(p + l.units);
	m->outs = (const float *)(p + l.outs);
	m->label_places = model_label_places(model_columns(h->labels, h->experts), h->hidden);
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
