/* Files of trees: whatever the bytes, they are refused, or every question has an answer. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "score/bot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = {(const char *)data, size};
	struct bot_account a = BOT_ACCOUNT_UNKNOWN;
	struct trees_header h;
	struct sme_err err;
	struct trees *t;
	char *copy = malloc(size + 1);

	/* Past the checksum, which no mutation meets. */
	memcpy(copy, data, size);
	if (size >= sizeof h) {
		memcpy(&h, data, sizeof h);
		h.checksum = 0;
		h.checksum = hash64(copy + sizeof h, size - sizeof h, hash64(&h, sizeof h, 0));
		memcpy(copy, &h, sizeof h);
		bytes.p = copy;
	}
	t = trees_from_memory(bytes, "fuzz", BOT_FEATURES, BOT_KIND, &err);
	if (t) {
		double p;

		a.followers = a.following = a.posts = 3;
		p = bot_likelihood(t, &a);
		if (isnan(p))
			abort();
		trees_free(t);
	}
	free(copy);
	return 0;
}
