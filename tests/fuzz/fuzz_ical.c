/* iCalendar files and rules for holidays: whatever the bytes, an answer or an error with text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "clock/holidays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct holidays h;
	struct slice text = {(const char *)data, size};
	struct sme_err err;
	size_t n = 0;
	int r;

	memset(&h, 0, sizeof h);
	r = size && *data == '{' ? holidays_add_rules(&h, SLICE("XY"), text, "fuzz", &err) :
	    holidays_add_ical(&h, text, "fuzz", &err);
	if (r < 0 && !*err.text)
		abort();
	for (int64_t d = 0; (d = holidays_next(&h, d)) != INT64_MAX; d++)
		n++;
	if (n != h.n)
		abort();
	return 0;
}
