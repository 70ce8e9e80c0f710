/* Streams of case events, and the mentions that they are about: whatever is in them, each row that
 * comes out has a text and a label that fits one line. */
#include <stdlib.h>

#include "model/corrections.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dataset_keys keys = {
	    .text = "text", .label = "label", .id = "id", .group = "lang"};
	struct corrections_options o = {"intent", size % 2 ? "o2" : NULL, &keys, "fuzz"};
	struct corrections *c = corrections_new(&o);
	struct slice lines = {(const char *)data, size};
	struct dataset d = DATASET_INIT;
	struct sme_err err;

	if (corrections_note(c, lines, 1, &err) == 0 && corrections_find(c, lines, 1, &err) == 0) {
		const struct corrections_count *n = corrections_count(c);

		corrections_add(c, &d);
		if (n->learned != d.n + d.empty_text || n->learned > n->events)
			abort();
		dataset_finish(&d, 50);
	}
	for (size_t i = 0; i < d.n; i++)
		if (d.rows[i].label >= d.labels.n || !d.rows[i].id.n ||
		    dataset_label_is_odd(d.labels.items[d.rows[i].label].key))
			abort();
	corrections_free(c);
	dataset_release(&d);
	return 0;
}
