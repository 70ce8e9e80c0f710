/*
 * Entities in any text, with a pattern that is the input's first line.  They are in order and do not
 * overlap, and masking changes nothing but them.
 */
#include <stdlib.h>
#include <string.h>

#include "text/entity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool holds)
{
	if (!holds)
		abort();
}

static void
check(const struct entity_set *set, const struct entity_scratch *s, struct slice text)
{
	struct buf out = BUF_INIT;
	size_t masked = 0, names = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct entity *e = &s->list[i];

		expect(e->start < e->end && e->end <= text.n);
		expect(i == 0 || s->list[i - 1].end <= e->start);
		expect(e->value + e->value_n <= s->values.n);
		masked += e->end - e->start;
		names += entity_type_name(set, e->type).n + 2;
	}
	entity_redact(set, s, text, &out);
	expect(out.n == text.n - masked + names);
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct entity_scratch s = ENTITY_SCRATCH_INIT;
	struct entity_set *set = entity_set_new();
	struct slice text = {(const char *)data, size}, pattern;
	struct sme_err err;

	if (slice_cut(&text, '\n', &pattern)) {
		bool good = entity_check_pattern(pattern, &err) == 0;

		expect((entity_set_add(set, SLICE("own"), pattern, 1, &err) == 0) == good);
	}
	if (text.p) {
		for (int masks = 0; masks < 2; masks++) {
			entity_find(set, &s, text, 1, masks);
			check(set, &s, text);
		}
	}
	entity_scratch_release(&s);
	entity_set_free(set);
	return 0;
}
