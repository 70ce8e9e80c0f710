/* Made-up lists of places; one that is accepted is looked for in its own text. */
#include <stdlib.h>

#include "text/minhash.h"
#include "text/places.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};
	struct entity_scratch s = ENTITY_SCRATCH_INIT;
	struct word_list words;
	struct minhash key;
	struct sme_err err;
	struct places *p = places_parse(text, "fuzz", &err);

	word_list_init(&words);
	word_list_fill(&words, text);
	minhash_of(&words, &key);
	if (p) {
		entity_find(NULL, &s, text, 0, true);
		places_find(p, &words, text, &s);
		for (size_t i = 0; i < s.n; i++)
			if (s.list[i].start >= s.list[i].end || s.list[i].end > size ||
			    (i && s.list[i - 1].end > s.list[i].start))
				abort();
	}
	entity_scratch_release(&s);
	word_list_release(&words);
	places_free(p);
	return 0;
}
