/* Zoneinfo files: whatever the bytes, a clear answer and no read beyond them. */
#include <stdint.h>
#include <stdlib.h>

#include "clock/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Instants as they come from milliseconds in an int64_t. */
	static const int64_t at[] = {0, 1795305600, 4102444800, -62135596800, 9200000000000000,
	    -9200000000000000};
	struct sme_err err;
	struct zone *z = zone_parse(SLICE("fuzz"), (struct slice){(const char *)data, size}, &err);

	if (!z)
		return 0;
	for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
		int64_t change = zone_next_change(z, at[i]);

		if (change <= at[i])
			abort();
		if (change != ZONE_NEVER && zone_offset(z, at[i]) != zone_offset(z, change - 1))
			abort();
	}
	zone_close(z);
	return 0;
}
