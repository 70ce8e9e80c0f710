/* What tokens add up to, remembered: texts use the same ones again and again. */
#include <stdlib.h>

#include "core/mem.h"
#include "model/heads_int.h"

#define CACHE_LINE 64

/* Of a slot so many bytes are fetched ahead. */
#define FETCH_MAX 512

/* Of two slots that a hash may have, both are looked at: the lowest bit of their number. */
#define WAYS 2

static size_t
rounded(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

void
memos_init(struct memos *s, size_t n, size_t memory)
{
	size_t slots = 64;

	*s = (struct memos){0};
	s->size = rounded(sizeof(struct memo) + n * sizeof(int16_t), CACHE_LINE);
	while (slots * 2 * s->size <= memory)
		slots *= 2;
	s->mask = slots - WAYS;
	s->memory = xcalloc(slots + 1, s->size); /* pages come as they are used */
	mem_large(s->memory, slots * s->size);
	s->first = s->memory + (-(uintptr_t)s->memory & (CACHE_LINE - 1));
}

void
memos_release(struct memos *s)
{
	for (size_t i = 0; i < s->spares; i++)
		free(s->spare[i]);
	free(s->spare);
	free(s->memory);
}

void
memos_next(struct memos *s)
{
	s->turn += s->turn == UINT32_MAX ? 2 : 1;
	s->spares_used = 0;
}

static struct memo *
slot(const struct memos *s, uint64_t hash)
{
	return (struct memo *)(void *)(s->first + (hash & s->mask) * s->size);
}

static struct memo *
other(const struct memos *s, struct memo *m)
{
	return (struct memo *)(void *)((char *)m + s->size);
}

void
memos_fetch(const struct memos *s, uint64_t hash)
{
	struct memo *m = slot(s, hash);

	__builtin_prefetch(m);
	__builtin_prefetch(other(s, m));
}

static struct memo *
fetch_rest(const struct memos *s, struct memo *m)
{
	for (size_t at = CACHE_LINE; at < s->size && at < FETCH_MAX; at += CACHE_LINE)
		__builtin_prefetch((const char *)m + at);
	return m;
}

struct memo *
memos_spare(struct memos *s)
{
	if (s->spares_used == s->spares) {
		s->spare = xgrow(s->spare, s->spares, &s->spares_cap, sizeof *s->spare);
		s->spare[s->spares++] = xmalloc(s->size);
	}
	return (struct memo *)(void *)s->spare[s->spares_used++];
}

struct memo *
memos_get(struct memos *s, uint64_t hash, bool *new)
{
	struct memo *m = slot(s, hash), *second = other(s, m);

	*new = false;
	if (second->hash == hash && second->turn)
		m = second;
	if (m->hash == hash && m->turn) {
		m->turn = s->turn;
		return fetch_rest(s, m);
	}
	/* The one that was not needed for longer gives way. */
	if (s->turn - second->turn > s->turn - m->turn)
		m = second;
	if (m->turn == s->turn) /* both are needed; what comes again gets another one */
		m = memos_spare(s);
	*new = true;
	m->hash = hash;
	m->turn = s->turn;
	return fetch_rest(s, m);
}
