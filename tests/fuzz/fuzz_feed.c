/*
 * A document, whatever its bytes: it is read or refused with a reason.  Read twice, the second time
 * nothing is new; and no item's name is given to two.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/map.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/feed.h"
#include "net/known.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct known_key *
keys_of(const struct feed *f)
{
	struct known_key *keys = xcalloc(f->n + 1, sizeof *keys);

	for (size_t i = 0; i < f->n; i++) {
		const struct feed_entry *e = &f->entries[i];

		keys[i] = (struct known_key){e->guid, e->link, e->title, e->text, e->published, 0};
	}
	return keys;
}

static void
check_identity(const struct feed *f)
{
	struct known_key *keys = keys_of(f);
	struct known_verdict *v = xcalloc(f->n + 1, sizeof *v);
	struct known known = {0};
	struct map names = MAP_INIT;

	known_document(&known, keys, f->n, v);
	for (size_t i = 0; i < known.n; i++) {
		union map_value *seen = map_put(&names, known.items[i].native);

		if (seen->u++ || !known.items[i].native.n)
			abort();
	}
	known_document(&known, keys, f->n, v);
	known_release(&known);
	map_release(&names);
	free(keys);
	free(v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice body = {(const char *)data, size};
	struct feed_source src = {SLICE("https://h.example/d/feed"), {NULL, 0}};
	struct html *h = html_open();
	struct sme_err err = {.text = ""};
	struct feed f;

	if (feed_parse(&f, h, body, &src, &err) == 0) {
		check_identity(&f);
		feed_release(&f);
	} else if (!err.text[0]) {
		abort();
	}
	html_close(h);
	return 0;
}
