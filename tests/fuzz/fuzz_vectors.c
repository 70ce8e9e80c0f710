/*
 * Made-up files of word vectors.  Size and checksum are put right, so that what lies behind
 * them is tried as well; a file that is accepted must be safe to ask.
 */
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "model/vectors.h"
#include "text/normalize.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
use(const char *p, size_t n)
{
	struct sme_err err;
	struct vectors *v = vectors_from_memory((struct slice){p, n}, "fuzz", &err);

	if (!v)
		return;
	for (uint32_t i = 0; i < v->header->words; i++)
		if (vectors_find(v, v->hashes[i]) != (int32_t)i)
			abort();
	vectors_find(v, 0);
	vectors_find(v, UINT64_MAX);
	vectors_close(v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t from = offsetof(struct vectors_header, checksum) + sizeof(uint64_t);
	char *copy = malloc(size ? size : 1);
	struct vectors_header *h = (struct vectors_header *)copy;

	if (size)
		memcpy(copy, data, size);
	use(copy, size);
	if (size >= sizeof *h) {
		memcpy(h->magic, VECTORS_MAGIC, sizeof h->magic);
		h->version = VECTORS_VERSION;
		h->header_size = sizeof *h;
		h->file_size = size;
		h->dims = VECTORS_DIMS;
		h->normalize_version = NORMALIZE_VERSION;
		h->checksum = hash64(copy + from, size - from, VECTORS_VERSION);
		use(copy, size);
	}
	free(copy);
	return 0;
}
