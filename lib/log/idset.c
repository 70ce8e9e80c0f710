#include "log/idset.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static size_t
find_slot(const struct idset *s, struct hash128 id)
{
	size_t at = (size_t)id.b & s->mask;

	/* By b, since the runs on disk are sorted by a: what is spilled does not come out of one
	 * corner of the table. */
	while ((s->slots[at].a | s->slots[at].b) && hash128_cmp(s->slots[at], id) != 0)
		at = (at + 1) & s->mask;
	return at;
}

bool
idset_has(const struct idset *s, struct hash128 id)
{
	size_t at;

	if (!s->n)
		return false;
	at = find_slot(s, id);
	return s->slots[at].a | s->slots[at].b;
}

static void
grow(struct idset *s)
{
	struct idset old = *s;
	size_t n = old.slots ? (old.mask + 1) * 2 : 1024;

	s->slots = xcalloc(n, sizeof *s->slots);
	s->mask = n - 1;
	for (size_t i = 0; old.slots && i <= old.mask; i++)
		if (old.slots[i].a | old.slots[i].b)
			s->slots[find_slot(s, old.slots[i])] = old.slots[i];
	free(old.slots);
}

bool
idset_add(struct idset *s, struct hash128 id)
{
	size_t at;

	if (!s->slots || (s->n + 1) * 4 > (s->mask + 1) * 3)
		grow(s);
	at = find_slot(s, id);
	if (s->slots[at].a | s->slots[at].b)
		return false;
	s->slots[at] = id;
	s->n++;
	return true;
}

void
idset_clear(struct idset *s)
{
	if (s->n)
		memset(s->slots, 0, (s->mask + 1) * sizeof *s->slots);
	s->n = 0;
}

void
idset_release(struct idset *s)
{
	free(s->slots);
	*s = (struct idset)IDSET_INIT;
}

static int
compare(const void *x, const void *y)
{
	return hash128_cmp(*(const struct hash128 *)x, *(const struct hash128 *)y);
}

struct hash128 *
idset_sorted(const struct idset *s)
{
	struct hash128 *out = xreallocarray(NULL, s->n, sizeof *out);
	size_t n = 0;

	for (size_t i = 0; s->slots && i <= s->mask; i++)
		if (s->slots[i].a | s->slots[i].b)
			out[n++] = s->slots[i];
	qsort(out, n, sizeof *out, compare);
	return out;
}
