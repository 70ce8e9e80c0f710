#include "score/trees.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"

static uint64_t
checksum(const struct trees_header *h, const void *list)
{
	struct trees_header plain = *h;

	plain.checksum = 0;
	return hash64(list, h->count * sizeof(struct tree), hash64(&plain, sizeof plain, 0));
}

static int
bad(const char *path, struct sme_err *err)
{
	return err_set(err, SME_DATA, "%s: damaged, or no file of sme-train --accounts", path);
}

static int
check_header(const struct trees_header *h, size_t size, const char *path, uint32_t features,
    uint32_t kind, struct sme_err *err)
{
	if (memcmp(h->magic, TREES_MAGIC, sizeof h->magic) != 0 || h->count > TREES_MAX ||
	    size != sizeof *h + h->count * sizeof(struct tree))
		return bad(path, err);
	if (h->version != TREES_VERSION || features > TREES_FEATURES || h->features != features || h->kind != kind)
		return err_set(err, SME_DATA,
		    "%s: made for another version of this program; train it again", path);
	if (!isfinite(h->base) || !isfinite(h->slope) || !isfinite(h->shift))
		return bad(path, err);
	return 0;
}

static int
check_trees(const struct trees *t, const char *path, struct sme_err *err)
{
	for (uint32_t i = 0; i < t->header.count; i++) {
		for (int n = 0; n < TREES_NODES; n++)
			if (t->list[i].nodes[n].feature >= t->header.features ||
			    t->list[i].nodes[n].missing_left > 1 ||
			    isnan(t->list[i].nodes[n].threshold))
				return bad(path, err);
		for (int n = 0; n < TREES_LEAVES; n++)
			if (!isfinite(t->list[i].leaves[n]))
				return bad(path, err);
	}
	return 0;
}

struct trees *
trees_from_memory(
    struct slice bytes, const char *path, uint32_t features, uint32_t kind, struct sme_err *err)
{
	struct trees *t;
	size_t size;

	if (bytes.n < sizeof t->header) {
		bad(path, err);
		return NULL;
	}
	t = xcalloc(1, sizeof *t);
	memcpy(&t->header, bytes.p, sizeof t->header);
	if (check_header(&t->header, bytes.n, path, features, kind, err) < 0) {
		free(t);
		return NULL;
	}
	size = t->header.count * sizeof *t->list;
	t->list = xcalloc(t->header.count + 1, sizeof *t->list);
	memcpy(t->list, bytes.p + sizeof t->header, size);
	if (t->header.checksum != checksum(&t->header, t->list) ? bad(path, err) < 0 :
	    check_trees(t, path, err) < 0) {
		trees_free(t);
		return NULL;
	}
	return t;
}

struct trees *
trees_open(const char *path, uint32_t features, uint32_t kind, struct sme_err *err)
{
	struct buf bytes = BUF_INIT_MAX(sizeof(struct trees_header) + TREES_MAX * sizeof(struct tree));
	struct trees *t = NULL;

	if (file_read(path, &bytes, err) == 0)
		t = trees_from_memory(buf_slice(&bytes), path, features, kind, err);
	buf_release(&bytes);
	return t;
}

void
trees_free(struct trees *t)
{
	if (!t)
		return;
	free(t->list);
	free(t);
}

void
trees_put(const struct trees *t, struct buf *out)
{
	struct trees_header h = t->header;

	h.checksum = checksum(&h, t->list);
	buf_add(out, (const char *)&h, sizeof h);
	buf_add(out, (const char *)t->list, h.count * sizeof *t->list);
}

/* What goes left when it is missing lies so far behind what goes right: both bytes of a node are one index. */
#define LEFT 256

double
trees_sum(const struct trees *t, const float *x)
{
	/* Missing numbers are very small where they go left, very large where they go right: so the walk
	 * has no branches. */
	float v[LEFT + TREES_FEATURES];
	double sum = t->header.base;

	for (uint32_t f = 0; f < t->header.features; f++) {
		v[LEFT + f] = isnan(x[f]) ? -INFINITY : x[f];
		v[f] = isnan(x[f]) ? INFINITY : x[f];
	}
	for (uint32_t i = 0; i < t->header.count; i++) {
		const struct tree *tree = &t->list[i];
		unsigned n = 0;

#pragma GCC unroll 4 /* TREES_DEPTH */
		for (int depth = 0; depth < TREES_DEPTH; depth++) {
			const struct tree_node *node = &tree->nodes[n];

			n = 2 * n + 1 + !(v[node->feature | node->missing_left << 8] <= node->threshold);
		}
		sum += tree->leaves[n - TREES_NODES];
	}
	return sum;
}

double
trees_probability(const struct trees *t, const float *x)
{
	return 1 / (1 + exp(-(t->header.slope * trees_sum(t, x) + t->header.shift)));
}
