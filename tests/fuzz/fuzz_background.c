/*
 * Made-up files of word frequencies.  Size and checksum are put right, so that what lies behind
 * them is tried as well; a file that is accepted must be safe to ask.
 */
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "model/background.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
use(const char *p, size_t n)
{
	struct sme_err err;
	struct background *b = background_from_memory((struct slice){p, n}, "fuzz", &err);

	if (!b)
		return;
	for (int lang = 0; lang < (int)background_header(b)->langs; lang++)
		for (uint64_t hash = 1; hash < 40; hash++) {
			int level = background_level(b, lang, hash << 58 | hash);

			background_prefetch(b, lang, hash);
			if (level < BACKGROUND_UNSEEN || level >= BACKGROUND_LEVELS ||
			    background_keyness(b, lang, level, 1, (unsigned)hash) < 0)
				abort();
		}
	background_find_lang(b, SLICE("de"));
	background_close(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t from = offsetof(struct background_header, checksum) + sizeof(uint64_t);
	char *copy = malloc(size ? size : 1);
	struct background_header *h = (struct background_header *)copy;

	if (size)
		memcpy(copy, data, size);
	use(copy, size);
	if (size >= sizeof *h) {
		memcpy(h->magic, BACKGROUND_MAGIC, sizeof h->magic);
		h->version = BACKGROUND_VERSION;
		h->header_size = sizeof *h;
		h->file_size = size;
		h->checksum = hash64(copy + from, size - from, BACKGROUND_VERSION);
		use(copy, size);
	}
	free(copy);
	return 0;
}
