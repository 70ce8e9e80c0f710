/*
 * What tokens add up to, remembered for all threads: texts use the same ones again and again.
 *
 * Memos only come.  When there is no room left, a new generation begins: what is needed of the old
 * one is taken over, and with the next turn the rest is gone.  So what stands in a generation never
 * changes, and whoever finds a hash in it may read without a lock.
 */
#include <pthread.h>
#include <stdlib.h>

#include "core/mem.h"
#include "model/heads_int.h"

#define CACHE_LINE 64

/* Of a memo so many bytes are fetched ahead. */
#define FETCH_MAX 512

/* Hashes that share a line of cache, at most. */
#define WAYS 5

/* There are lines for all memos with about so many in each, so that few lines are full. */
#define LINE_MEMOS 2.5

#define MEMOS_MIN 64

struct line {
	_Atomic uint64_t hash[WAYS]; /* 0: free */
	uint32_t memo[WAYS];         /* the numbers of the memos; each is written before its hash */
	_Atomic uint32_t used;
};

_Static_assert(sizeof(struct line) == CACHE_LINE, "a line is one of the cache");

struct generation {
	unsigned users;     /* under the lock */
	_Atomic uint32_t n; /* memos */
	struct line *lines;
	char *first; /* memo */
	void *lines_memory, *memory;
};

struct memos {
	size_t size;   /* bytes of a memo */
	uint32_t room; /* memos of a generation */
	size_t mask;   /* of the lines */
	pthread_mutex_t lock;
	struct generation *young, *old, *idle; /* each may be NULL but the first */
	bool many;
	_Atomic unsigned turn;
};

static void *
aligned(void *p)
{
	return (char *)p + (-(uintptr_t)p & (CACHE_LINE - 1));
}

/* ---- generations ---- */

static struct generation *
generation_new(const struct memos *s)
{
	struct generation *g = xcalloc(1, sizeof *g);

	/* Either comes page by page, as it is used. */
	g->lines_memory = xcalloc(s->mask + 2, sizeof *g->lines);
	g->memory = xmalloc((s->room + 1) * s->size);
	if (s->many)
		mem_large(g->memory, s->room * s->size);
	g->lines = aligned(g->lines_memory);
	g->first = aligned(g->memory);
	return g;
}

static void
generation_free(struct generation *g)
{
	if (!g)
		return;
	free(g->lines_memory);
	free(g->memory);
	free(g);
}

static struct generation *
generation_use(struct generation *g)
{
	if (g)
		g->users++;
	return g;
}

/* When it was the last user, keep one for later, for it has all its pages. */
static void
generation_leave(struct memos *s, struct generation *g)
{
	if (!g || --g->users > 0)
		return;
	generation_free(s->idle);
	s->idle = g;
}

static struct generation *
generation_next(struct memos *s)
{
	struct generation *g = s->idle;

	s->idle = NULL;
	if (!g)
		return generation_new(s);
	memset(g->lines, 0, (s->mask + 1) * sizeof *g->lines);
	g->n = 0;
	return g;
}

/* ---- all ---- */

struct memos *
memos_new(size_t n, size_t memory)
{
	struct memos *s = xcalloc(1, sizeof *s);
	size_t room, lines = 1;

	s->size = (sizeof(struct memo) + n * sizeof(int16_t) + CACHE_LINE - 1) / CACHE_LINE *
	          CACHE_LINE;
	room = memory / 2 / s->size;
	s->room = (uint32_t)(room > MEMOS_MIN ? room : MEMOS_MIN);
	while ((double)lines * LINE_MEMOS < s->room)
		lines *= 2;
	s->mask = lines - 1;
	pthread_mutex_init(&s->lock, NULL);
	s->young = generation_use(generation_new(s));
	return s;
}

void
memos_free(struct memos *s)
{
	if (!s)
		return;
	generation_free(s->young);
	generation_free(s->old);
	generation_free(s->idle);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

size_t
memos_size(const struct memos *s)
{
	return s->size;
}

void
memos_many(struct memos *s)
{
	pthread_mutex_lock(&s->lock);
	s->many = true;
	mem_large(s->young->memory, s->room * s->size);
	pthread_mutex_unlock(&s->lock);
}

static struct line *
line_of(const struct memos *s, const struct generation *g, uint64_t hash)
{
	return &g->lines[hash & s->mask];
}

static struct memo *
memo_at(const struct memos *s, const struct generation *g, uint32_t i)
{
	return (struct memo *)(void *)(g->first + i * s->size);
}

static struct memo *
find(const struct memos *s, const struct generation *g, uint64_t hash)
{
	struct line *l = line_of(s, g, hash);
	unsigned at = WAYS;
	struct memo *m;

	for (unsigned i = 0; i < WAYS; i++) /* without a jump, for no one can tell which it is */
		at = atomic_load_explicit(&l->hash[i], memory_order_acquire) == hash ? i : at;
	if (at == WAYS || hash == 0)
		return NULL;
	m = memo_at(s, g, l->memo[at]);
	for (size_t byte = 0; byte < s->size && byte < FETCH_MAX; byte += CACHE_LINE)
		__builtin_prefetch((const char *)m + byte);
	return m;
}

/* Remember what M says in generation G, if its line has room; false when G has none. */
static bool
add(const struct memos *s, struct generation *g, const struct memo *m)
{
	struct line *l = line_of(s, g, m->hash);
	uint32_t number, i;

	if (l->used >= WAYS || find(s, g, m->hash))
		return true;
	if (g->n >= s->room)
		return false;
	number = atomic_fetch_add(&g->n, 1);
	if (number >= s->room)
		return false;
	i = atomic_fetch_add(&l->used, 1);
	if (i >= WAYS) /* others were faster */
		return true;
	memcpy(memo_at(s, g, number), m, s->size);
	l->memo[i] = number;
	atomic_store_explicit(&l->hash[i], m->hash, memory_order_release);
	return true;
}

/* ---- what one thread sees ---- */

static void
leave(struct memos_view *v)
{
	generation_leave(v->memos, v->young);
	generation_leave(v->memos, v->old);
	v->young = v->old = NULL;
}

static void
enter(struct memos_view *v)
{
	v->young = generation_use(v->memos->young);
	v->old = generation_use(v->memos->old);
	v->turn = v->memos->turn;
}

/* Begin a new generation, unless another thread did. */
static void
turn_over(struct memos_view *v)
{
	struct memos *s = v->memos;

	pthread_mutex_lock(&s->lock);
	leave(v);
	if (s->turn == v->turn) {
		generation_leave(s, s->old);
		s->old = s->young;
		s->young = generation_use(generation_next(s));
		s->turn++;
	}
	enter(v);
	pthread_mutex_unlock(&s->lock);
}

/* See the generations of now. */
static void
look_again(struct memos_view *v)
{
	pthread_mutex_lock(&v->memos->lock);
	leave(v);
	enter(v);
	pthread_mutex_unlock(&v->memos->lock);
}

void
memos_open(struct memos_view *v, struct memos *s)
{
	*v = (struct memos_view){.memos = s};
	look_again(v);
}

void
memos_close(struct memos_view *v)
{
	pthread_mutex_lock(&v->memos->lock);
	leave(v);
	pthread_mutex_unlock(&v->memos->lock);
	for (size_t i = 0; i < v->spares; i++)
		free(v->spare[i]);
	free(v->spare);
	free(v->news);
}

void
memos_next(struct memos_view *v)
{
	bool room = true;

	for (size_t i = 0; i < v->news_n && room; i++)
		room = add(v->memos, v->young, v->news[i]);
	v->news_n = v->spares_used = 0;
	if (!room)
		turn_over(v);
	else if (v->turn != v->memos->turn)
		look_again(v);
}

void
memos_fetch(const struct memos_view *v, uint64_t hash)
{
	__builtin_prefetch(line_of(v->memos, v->young, hash));
}

struct memo *
memos_find(const struct memos_view *v, uint64_t hash)
{
	struct memo *m = find(v->memos, v->young, hash);

	if (!m && v->old)
		__builtin_prefetch(line_of(v->memos, v->old, hash));
	return m;
}

struct memo *
memos_spare(struct memos_view *v)
{
	if (v->spares_used == v->spares) {
		v->spare = xgrow(v->spare, v->spares, &v->spares_cap, sizeof *v->spare);
		v->spare[v->spares++] = xmalloc(v->memos->size);
	}
	return v->spare[v->spares_used++];
}

struct memo *
memos_get(struct memos_view *v, uint64_t hash, bool *new)
{
	struct memo *m = v->old ? find(v->memos, v->old, hash) : NULL;

	*new = !m;
	if (!m) {
		m = memos_spare(v);
		m->hash = hash;
	}
	v->news = xgrow(v->news, v->news_n, &v->news_cap, sizeof *v->news);
	v->news[v->news_n++] = m;
	return m;
}
