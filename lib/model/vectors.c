#include "model/vectors.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/mem.h"
#include "model/vectors_int.h"
#include "text/normalize.h"

/* Words of which less is known than so many steps of a model's bytes are left out of it. */
#define STEPS_MIN 1.5f

_Static_assert(sizeof(struct vectors_header) == 64, "the header has no padding");

static size_t
aligned(size_t n)
{
	return (n + 63) & ~(size_t)63;
}

struct vectors_layout
vectors_layout(const struct vectors_header *h)
{
	struct vectors_layout l;

	l.meta = aligned(sizeof *h);
	l.hashes = aligned(l.meta + h->meta_size);
	l.values = aligned(l.hashes + (size_t)h->words * sizeof(uint64_t));
	l.end = aligned(l.values + (size_t)h->words * VECTORS_DIMS);
	return l;
}

uint64_t
vectors_checksum(const void *file, size_t n)
{
	const size_t from = offsetof(struct vectors_header, checksum) + sizeof(uint64_t);

	return hash64((const char *)file + from, n - from, VECTORS_VERSION);
}

static int
check_header(const struct vectors_header *h, size_t size, const char *path, struct sme_err *err)
{
	if (size < sizeof *h || memcmp(h->magic, VECTORS_MAGIC, sizeof h->magic) != 0)
		return err_set(err, SME_DATA, "%s: no word vectors of sme-train --vectors", path);
	if (h->version != VECTORS_VERSION || h->header_size != sizeof *h ||
	    h->dims != VECTORS_DIMS || h->normalize_version != NORMALIZE_VERSION)
		return err_set(err, SME_DATA,
		    "%s: made by another version of sme-train --vectors; make it again", path);
	if (h->file_size != size)
		return err_set(err, SME_DATA,
		    "%s: the file has %zu bytes and should have %llu; it is truncated or damaged",
		    path, size, (unsigned long long)h->file_size);
	if (h->checksum != vectors_checksum(h, size))
		return err_set(
		    err, SME_DATA, "%s: the checksum is wrong; the file is damaged", path);
	if (h->words < 1 || h->words > VECTORS_WORDS_MAX || vectors_layout(h).end != size)
		return err_set(err, SME_DATA,
		    "%s: the size of its parts is not sound; the file is damaged", path);
	return 0;
}

static int
attach(struct vectors *v, const char *p, size_t size, const char *path, struct sme_err *err)
{
	struct vectors_layout l;

	v->header = (const struct vectors_header *)(const void *)p;
	if (check_header(v->header, size, path, err) < 0)
		return -1;
	l = vectors_layout(v->header);
	v->meta = (struct slice){p + l.meta, v->header->meta_size};
	v->hashes = (const uint64_t *)(const void *)(p + l.hashes);
	v->values = (const int8_t *)(p + l.values);
	for (uint32_t i = 1; i < v->header->words; i++)
		if (v->hashes[i] <= v->hashes[i - 1])
			return err_set(err, SME_DATA,
			    "%s: the list of words is not sound; the file is damaged", path);
	return 0;
}

struct vectors *
vectors_from_memory(struct slice bytes, const char *path, struct sme_err *err)
{
	struct vectors *v = xcalloc(1, sizeof *v);

	if (attach(v, bytes.p, bytes.n, path, err) == 0)
		return v;
	vectors_close(v);
	return NULL;
}

static int
map_file(struct vectors *v, int fd, const char *path, struct sme_err *err)
{
	struct stat st;
	void *map;

	if (fstat(fd, &st) < 0)
		return err_sys(err, SME_IOERR, "%s", path);
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof *v->header)
		return err_set(err, SME_DATA, "%s: no word vectors of sme-train --vectors", path);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return err_sys(err, SME_IOERR, "%s", path);
	v->map = map;
	v->map_size = (size_t)st.st_size;
	return 0;
}

struct vectors *
vectors_open(const char *path, struct sme_err *err)
{
	struct vectors *v = xcalloc(1, sizeof *v);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r;

	if (fd < 0) {
		err_sys(err, errno == EACCES ? SME_NOPERM : SME_NOINPUT, "%s", path);
		free(v);
		return NULL;
	}
	r = map_file(v, fd, path, err);
	close(fd);
	if (r == 0 && attach(v, v->map, v->map_size, path, err) == 0)
		return v;
	vectors_close(v);
	return NULL;
}

void
vectors_close(struct vectors *v)
{
	if (!v)
		return;
	if (v->map)
		munmap(v->map, v->map_size);
	free(v);
}

int32_t
vectors_find(const struct vectors *v, uint64_t hash)
{
	uint32_t lo = 0, hi = v ? v->header->words : 0;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (v->hashes[mid] < hash)
			lo = mid + 1;
		else
			hi = mid;
	}
	return v && lo < v->header->words && v->hashes[lo] == hash ? (int32_t)lo : -1;
}

/* ---- in rows ---- */

void
vectors_sum(const struct matrix *m, const uint32_t *ids, size_t n, int32_t *sum)
{
	memset(sum, 0, VECTORS_DIMS * sizeof *sum);
	for (size_t i = 0; i < n; i++) {
		int32_t at = m->vector[ids[i]];
		const int8_t *v = at < 0 ? NULL : vectors_of(m->vectors, (size_t)at);

		for (size_t d = 0; v && d < VECTORS_DIMS; d++)
			sum[d] += v[d];
	}
}

float
vectors_scale(const struct matrix *m, const size_t *rows, size_t count, double share)
{
	double squares = 0;

	if (!m->vectors || share <= 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		int32_t sum[VECTORS_DIMS];
		const uint32_t *ids;
		size_t n = matrix_row(m, rows[i], &ids);

		vectors_sum(m, ids, n, sum);
		for (size_t d = 0; n && d < VECTORS_DIMS; d++)
			squares += (double)sum[d] * sum[d] / (double)n;
	}
	return squares > 0 ? (float)(share * sqrt((double)count / squares)) : 0;
}

/* ---- into the weights of words ---- */

/* What S says of the word at place I of the vectors, for each label: added to ROW. */
static void
add_row(const struct vectors *v, const struct solution *s, size_t i, float *row)
{
	const int8_t *values = vectors_of(v, i);

	for (size_t d = 0; d < VECTORS_DIMS; d++)
		for (uint32_t c = 0; c < s->labels; c++)
			row[c] += values[d] * s->vector_weights[d * s->labels + c];
}

void
vectors_add(const struct matrix *m, struct solution *s)
{
	for (uint32_t f = 0; f < m->features; f++)
		if (m->vector[f] >= 0)
			add_row(m->vectors, s, (size_t)m->vector[f],
			    s->weights + (size_t)f * s->labels);
}

/* Which words of the vectors the matrix has features for. */
static bool *
known_words(const struct matrix *m)
{
	bool *known = xcalloc(m->vectors->header->words + 1, sizeof *known);

	for (uint32_t f = 0; f < m->features; f++)
		if (m->vector[f] >= 0)
			known[m->vector[f]] = true;
	return known;
}

/* What is worth a place in a model, for each label: more than the least step of its bytes. */
static float *
least_weights(const float *weights, uint32_t n, uint32_t labels)
{
	float *least = xcalloc(labels, sizeof *least);

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t c = 0; c < labels; c++)
			least[c] = fmaxf(
			    least[c], fabsf(weights[(size_t)i * labels + c]) / 127 * STEPS_MIN);
	return least;
}

static bool
says_enough(const float *row, const float *least, uint32_t labels)
{
	for (uint32_t c = 0; c < labels; c++)
		if (fabsf(row[c]) > least[c])
			return true;
	return false;
}

uint32_t
vectors_fold(const struct matrix *m, const struct solution *s, uint64_t **hashes, float **weights,
    uint32_t n)
{
	const struct vectors *v = m->vectors;
	uint32_t words = v->header->words, labels = s->labels, all = n;
	bool *known = known_words(m);
	float *least = least_weights(*weights, n, labels);

	for (uint32_t i = 0; i < n; i++) { /* words of a list that no row has */
		int32_t at = vectors_find(v, (*hashes)[i]);

		if (at < 0 || known[at])
			continue;
		add_row(v, s, (size_t)at, *weights + (size_t)i * labels);
		known[at] = true;
	}
	*hashes = xreallocarray(*hashes, (size_t)n + words, sizeof **hashes);
	*weights = xreallocarray(*weights, ((size_t)n + words) * labels, sizeof **weights);
	for (uint32_t i = 0; i < words; i++) {
		float *row = *weights + (size_t)all * labels;

		if (known[i])
			continue;
		memset(row, 0, labels * sizeof *row);
		add_row(v, s, i, row);
		(*hashes)[all] = v->hashes[i];
		all += says_enough(row, least, labels);
	}
	free(known);
	free(least);
	return all;
}
