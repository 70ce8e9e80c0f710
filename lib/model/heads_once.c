/* Which features a text has shown so far, for heads that count each of them once. */
#include <stdlib.h>

#include "core/mem.h"
#include "model/heads_int.h"

#define SLOTS_AT_FIRST 1024

/* Of a text, turn by turn: what another turn left is as good as free. */
struct seen {
	uint64_t hash;
	uint32_t turn;
	head_set by;
};

struct once {
	struct seen *slots; /* open addressing, at most half full */
	size_t mask, n;
	uint32_t turn;
};

struct once *
once_new(void)
{
	struct once *o = xcalloc(1, sizeof *o);

	o->slots = xcalloc(SLOTS_AT_FIRST, sizeof *o->slots);
	o->mask = SLOTS_AT_FIRST - 1;
	o->turn = 1;
	return o;
}

void
once_free(struct once *o)
{
	if (!o)
		return;
	free(o->slots);
	free(o);
}

void
once_next(struct once *o)
{
	o->n = 0;
	if (++o->turn == 0) {
		memset(o->slots, 0, (o->mask + 1) * sizeof *o->slots);
		o->turn = 1;
	}
}

/* Where HASH is, or would be. */
static struct seen *
find(const struct once *o, uint64_t hash)
{
	size_t at = (hash >> 20) & o->mask;

	while (o->slots[at].turn == o->turn && o->slots[at].hash != hash)
		at = (at + 1) & o->mask;
	return &o->slots[at];
}

static void
grow(struct once *o)
{
	struct once bigger = *o;

	bigger.mask = o->mask * 2 + 1;
	bigger.slots = xcalloc(bigger.mask + 1, sizeof *bigger.slots);
	for (size_t i = 0; i <= o->mask; i++)
		if (o->slots[i].turn == o->turn)
			*find(&bigger, o->slots[i].hash) = o->slots[i];
	free(o->slots);
	*o = bigger;
}

head_set
once_add(struct once *o, uint64_t hash, head_set set)
{
	struct seen *s;
	head_set new;

	if ((o->n + 1) * 2 > o->mask)
		grow(o);
	s = find(o, hash);
	if (s->turn != o->turn) {
		*s = (struct seen){.hash = hash, .turn = o->turn};
		o->n++;
	}
	new = set & (head_set)~s->by;
	s->by |= set;
	return new;
}
