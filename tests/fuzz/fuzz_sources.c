/*
 * Lists of domains, and links: the input is a list, an empty line, and a link, which is judged by that list
 * and by one of ours.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "score/sources.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char ours[] = "tagesblatt.example\t0.9\nblog.example\t0.6\nblog.example/@troll\t0.1\n"
			   "lies.example\t0\nm\xc3\xbcnchen.example\t0.8\nkicker.example\t0.7\n";

static void
judge(const struct sources *s, struct slice url)
{
	struct slice imitated;
	double c = sources_credibility(s, url, &imitated);

	if (!(c == -1 || (c >= 0 && c <= 1)) || (imitated.p && c != SOURCES_FORGED))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sources *known;
	struct slice all = {(const char *)data, size}, url = all;
	const char *gap = size ? memmem(data, size, "\n\n", 2) : NULL;
	struct sme_err err;
	struct sources *s;

	if (!known)
		known = sources_text(slice_of(ours), "ours", &err);
	if (gap) {
		all.n = (size_t)(gap - all.p);
		url = (struct slice){gap + 2, size - all.n - 2};
	}
	judge(known, url);
	s = sources_text(all, "fuzz", &err);
	if (s)
		judge(s, url);
	sources_free(s);
	return 0;
}
