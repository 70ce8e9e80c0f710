/* Tables of an author's count: refused, or each author has the whole number that stands there. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "score/people.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size}, line, field;
	struct buf name = BUF_INIT;
	struct sme_err err;
	struct people *p = people_text_counts(text, "fuzz", 1e15, &err);

	if (!p)
		return 0;
	while (slice_cut(&text, '\n', &line)) {
		double found;

		if (!slice_trim(line).n || *slice_trim(line).p == '#')
			continue;
		slice_cut(&line, '\t', &field);
		buf_clear(&name);
		people_name(slice_trim(field), SLICE("x"), SLICE(""), &name);
		found = people_find(p, buf_slice(&name), SLICE("x"), SLICE("kim"));
		if (!(found >= 0 && found <= 1e15 && floor(found) == found))
			abort();
	}
	buf_release(&name);
	people_free(p);
	return 0;
}
