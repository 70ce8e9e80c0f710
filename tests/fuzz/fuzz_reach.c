/* Tables of usual counts: refused, or more of a count is never less reach. */
#include <stdint.h>
#include <stdlib.h>

#include "score/reach.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct reach_table *t, struct slice network)
{
	struct buf why = BUF_INIT;
	double last = 0;

	for (double count = 0; count < 1e16; count = count * 3 + 1) {
		double points = reach_points(t, network, (double[REACH_FIELDS]){count, -1, -1, -1, count, count});

		if (!(points >= last && points <= 100))
			abort();
		last = points;
	}
	reach_explain(t, network, (double[REACH_FIELDS]){3, 1, -1, -1, 2, 4}, &why);
	if (!why.n)
		abort();
	buf_release(&why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sme_err err;
	struct reach_table *t = reach_table_text((struct slice){(const char *)data, size}, "fuzz", &err);

	if (!t)
		return 0;
	check(t, SLICE("x"));
	check(t, SLICE("nowhere"));
	reach_table_free(t);
	return 0;
}
