/*
 * robots.txt, whatever its bytes: some page may be fetched or not, the same each time; what is said to
 * others changes nothing; and robots.txt itself may always be.  The first line is the URL.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "net/robots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
allowed(struct slice text, struct slice url, struct robots **keep)
{
	*keep = robots_parse(text, "sme");
	return robots_allow(*keep, url);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size}, path;
	struct buf url = BUF_INIT, more = BUF_INIT;
	struct robots *one, *two;
	bool first;

	slice_cut(&text, '\n', &path);
	buf_puts(&url, "https://h.example/");
	buf_adds(&url, path);
	first = allowed(text, buf_slice(&url), &one);
	if (!robots_allow(one, SLICE("https://h.example/robots.txt")) || robots_delay(one) < 0 ||
	    robots_delay(one) > 60000)
		abort();
	buf_adds(&more, text);
	buf_puts(&more, "\nx: y\nUser-agent: other\nDisallow: /\nAllow: /$\n");
	/* An unfinished group at the end would take the new name in, and a cut one is not read. */
	if (first != allowed(text, buf_slice(&url), &two))
		abort();
	robots_free(two);
	two = robots_parse(buf_slice(&more), "other");
	if (robots_allow(two, SLICE("https://h.example/x")) && more.n < ROBOTS_MAX &&
	    !slice_starts(text, SLICE("\xef\xbb\xbf")) && slice_find(text, SLICE("llow")) < 0)
		abort();
	robots_free(two);
	robots_free(one);
	buf_release(&url);
	buf_release(&more);
	return 0;
}
