#include "hook/thread.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/map.h"
#include "core/mem.h"
#include "hook/spool_int.h"

/* "C1", from, then u64 id and three lengths. */
#define HEAD (3 + 8 + 3 * 4)

/* In the map of keys: it is being added. */
#define UNDERWAY INT64_C(-1)

struct place {
	int64_t id;
	struct spool_pos pos;
};

struct thread {
	struct place *places; /* in order of id */
	size_t n, cap;
	int64_t last;     /* the highest id given */
	int64_t refilled; /* see threads_allow */
	double allowed;
};

struct threads {
	struct spool *spool;
	struct spool_reader *reader;
	pthread_mutex_t lock;
	struct map users; /* → struct thread * */
	struct map keys;  /* from, user, NUL, key → id, UNDERWAY, or 0: it was dropped */
	struct buf scratch, record;
	threads_news *news;
	void *ctx;
};

void
entry_put(struct buf *out, const struct entry *e)
{
	const struct slice parts[] = {e->user, e->key, e->json};
	unsigned char head[HEAD] = {'C', '1', (unsigned char)e->from};

	spool_put(head + 3, (uint64_t)e->id, 8);
	for (int i = 0; i < 3; i++)
		spool_put(head + 11 + 4 * i, parts[i].n, 4);
	buf_add(out, (const char *)head, sizeof head);
	for (int i = 0; i < 3; i++)
		buf_adds(out, parts[i]);
}

bool
entry_read(struct slice record, struct entry *e)
{
	struct slice *parts[] = {&e->user, &e->key, &e->json};
	const unsigned char *head = (const unsigned char *)record.p;
	size_t at = HEAD;

	if (record.n < HEAD || head[0] != 'C' || head[1] != '1' ||
	    (head[2] != ENTRY_USER && head[2] != ENTRY_AGENT))
		return false;
	e->from = head[2];
	e->id = (int64_t)spool_u64(head + 3);
	for (int i = 0; i < 3; i++) {
		size_t n = spool_u32(head + 11 + 4 * i);

		if (n > record.n - at)
			return false;
		*parts[i] = (struct slice){record.p + at, n};
		at += n;
	}
	return at == record.n && e->id > 0;
}

/* ---- the index ---- */

static struct thread *
thread_of(struct threads *t, struct slice user)
{
	union map_value *v = map_put(&t->users, user);

	if (!v->ptr)
		v->ptr = xcalloc(1, sizeof(struct thread));
	return v->ptr;
}

/* Keys of users are their own; those of answers are ours. */
static struct slice
key_of(struct threads *t, enum entry_from from, struct slice user, struct slice key)
{
	buf_clear(&t->scratch);
	buf_addc(&t->scratch, (char)from);
	if (from == ENTRY_USER)
		buf_adds(&t->scratch, user);
	buf_addc(&t->scratch, '\0');
	buf_adds(&t->scratch, key);
	return buf_slice(&t->scratch);
}

/* Entries of one thread may become durable in another order than their ids were given. */
static void
add_place(struct thread *th, int64_t id, struct spool_pos pos)
{
	size_t i = th->n;

	th->places = xgrow(th->places, th->n, &th->cap, sizeof *th->places);
	for (; i > 0 && th->places[i - 1].id > id; i--)
		th->places[i] = th->places[i - 1];
	th->places[i] = (struct place){id, pos};
	th->n++;
	if (id > th->last)
		th->last = id;
}

static void
index_entry(struct threads *t, const struct entry *e, struct spool_pos pos)
{
	union map_value *v = map_put(&t->keys, key_of(t, e->from, e->user, e->key));

	/* Sent again after a failure that left it on disk all the same. */
	if (v->i > 0)
		return;
	v->i = e->id;
	add_place(thread_of(t, e->user), e->id, pos);
}

static int
load(struct threads *t, struct sme_err *err)
{
	struct spool_pos pos = {0}, start;
	struct entry e;
	int r;

	while ((r = spool_read(t->reader, &pos, &t->record, &start, err)) == 1)
		if (entry_read(buf_slice(&t->record), &e))
			index_entry(t, &e, start);
	return r;
}

struct threads *
threads_open(
    const char *dir, struct spool_pos pos, void (*say)(const char *text), struct sme_err *err)
{
	struct spool *spool = spool_open(dir, pos, say, err);
	struct threads *t;

	if (!spool)
		return NULL;
	t = xcalloc(1, sizeof *t);
	t->spool = spool;
	t->reader = spool_reader_open(spool);
	t->scratch = t->record = (struct buf)BUF_INIT;
	pthread_mutex_init(&t->lock, NULL);
	if (load(t, err) == 0)
		return t;
	threads_close(t);
	return NULL;
}

void
threads_close(struct threads *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->users.n; i++) {
		struct thread *th = t->users.items[i].value.ptr;

		free(th->places);
		free(th);
	}
	map_release(&t->users);
	map_release(&t->keys);
	buf_release(&t->scratch);
	buf_release(&t->record);
	spool_reader_close(t->reader);
	spool_close(t->spool);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

struct spool *
threads_spool(struct threads *t)
{
	return t->spool;
}

/* ---- adding ---- */

enum claim
threads_claim(struct threads *t, enum entry_from from, struct slice user, struct slice key,
    int64_t now, int64_t *id)
{
	enum claim claim = CLAIM_KNOWN;
	union map_value *v;

	pthread_mutex_lock(&t->lock);
	v = map_put(&t->keys, key_of(t, from, user, key));
	*id = v->i;
	if (v->i == UNDERWAY) {
		claim = CLAIM_UNDERWAY;
	} else if (v->i == 0) {
		struct thread *th = thread_of(t, user);

		v->i = UNDERWAY;
		*id = th->last = now > th->last ? now : th->last + 1;
		claim = CLAIM_NEW;
	}
	pthread_mutex_unlock(&t->lock);
	return claim;
}

void
threads_dropped(struct threads *t, enum entry_from from, struct slice user, struct slice key)
{
	pthread_mutex_lock(&t->lock);
	map_put(&t->keys, key_of(t, from, user, key))->i = 0;
	pthread_mutex_unlock(&t->lock);
}

void
threads_added(struct threads *t, const struct entry *e, struct spool_pos pos)
{
	pthread_mutex_lock(&t->lock);
	map_put(&t->keys, key_of(t, e->from, e->user, e->key))->i = e->id;
	add_place(thread_of(t, e->user), e->id, pos);
	pthread_mutex_unlock(&t->lock);
	if (t->news)
		t->news(t->ctx, e->user);
}

void
threads_watch(struct threads *t, threads_news *news, void *ctx)
{
	t->news = news;
	t->ctx = ctx;
}

bool
threads_allow(struct threads *t, struct slice user, unsigned per_minute, int64_t now)
{
	struct thread *th;
	bool fine;

	pthread_mutex_lock(&t->lock);
	th = thread_of(t, user);
	th->allowed += (double)(now - th->refilled) * per_minute / 60000;
	if (!th->refilled || th->allowed > per_minute)
		th->allowed = per_minute;
	th->refilled = now;
	fine = th->allowed >= 1;
	if (fine)
		th->allowed--;
	pthread_mutex_unlock(&t->lock);
	return fine;
}

/* ---- reading ---- */

bool
threads_has(struct threads *t, struct slice user)
{
	const struct thread *th;
	bool some;

	pthread_mutex_lock(&t->lock);
	th = map_ptr(&t->users, user);
	some = th && th->n;
	pthread_mutex_unlock(&t->lock);
	return some;
}

int64_t
threads_answer(struct threads *t, struct slice key)
{
	const union map_value *v;
	int64_t id;

	pthread_mutex_lock(&t->lock);
	v = map_get(&t->keys, key_of(t, ENTRY_AGENT, (struct slice){NULL, 0}, key));
	id = v && v->i > 0 ? v->i : 0;
	pthread_mutex_unlock(&t->lock);
	return id;
}

int64_t
threads_last(struct threads *t, struct slice user)
{
	const struct thread *th;
	int64_t last;

	pthread_mutex_lock(&t->lock);
	th = map_ptr(&t->users, user);
	last = th && th->n ? th->places[th->n - 1].id : 0;
	pthread_mutex_unlock(&t->lock);
	return last;
}

/* The first place behind the id AFTER. */
static size_t
find_after(const struct thread *th, int64_t after)
{
	size_t low = 0, high = th->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (th->places[mid].id <= after)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int
threads_read(struct threads *t, struct slice user, int64_t after, threads_fn *fn, void *ctx,
    struct sme_err *err)
{
	const struct thread *th;
	int r = 0;

	pthread_mutex_lock(&t->lock);
	th = map_ptr(&t->users, user);
	for (size_t i = th ? find_after(th, after) : 0; th && i < th->n; i++) {
		struct spool_pos pos = th->places[i].pos;
		struct entry e;

		r = spool_read(t->reader, &pos, &t->record, NULL, err);
		if (r < 0)
			break;
		/* A segment that has expired since gives another's entry, or none. */
		if (r == 0 || !entry_read(buf_slice(&t->record), &e) || e.id != th->places[i].id ||
		    !slice_eq(e.user, user))
			continue;
		if (!fn(ctx, &e))
			break;
	}
	pthread_mutex_unlock(&t->lock);
	return r < 0 ? -1 : 0;
}

/* ---- the end ---- */

int64_t
threads_erase(struct threads *t, struct slice user, struct sme_err *err)
{
	struct spool_pos pos = {0}, start;
	struct entry e;
	int64_t n = 0;
	int r;

	while ((r = spool_read(t->reader, &pos, &t->record, &start, err)) == 1) {
		if (!entry_read(buf_slice(&t->record), &e) || !slice_eq(e.user, user))
			continue;
		if (spool_erase(t->spool, start, t->record.n, err) < 0)
			return -1;
		n++;
	}
	return r < 0 ? -1 : n;
}

int
threads_expire(struct threads *t, int64_t before, struct spool_pos pos, struct sme_err *err)
{
	struct spool_reader *reader = spool_reader_open(t->spool);
	struct spool_pos at = {0}, start = {0}, keep = {0};
	struct buf record = BUF_INIT;
	struct entry e;
	int r = 0;

	/* Up to the segment of the first entry that is young enough or not mapped yet. */
	do {
		r = spool_read(reader, &at, &record, &start, err);
		keep = r == 1 ? start : at;
	} while (r == 1 && keep.segment < pos.segment &&
		 !(entry_read(buf_slice(&record), &e) && e.id >= before));
	if (keep.segment > pos.segment)
		keep = pos;
	if (r >= 0)
		r = spool_forget(t->spool, keep, false, err);
	buf_release(&record);
	spool_reader_close(reader);
	return r < 0 ? -1 : 0;
}
