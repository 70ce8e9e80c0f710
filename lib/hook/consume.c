#include "hook/consume.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "hook/chat.h"
#include "hook/map.h"
#include "hook/outlet.h"

/* So many records are mapped before what they gave is handed on. */
#define BATCH 512

/* The position is saved when there is nothing to do, and at least so often. */
#define SAVE_MS INT64_C(1000)

/* A spool at rest for so long has its current segment deleted too. */
#define REST_MS INT64_C(10000)

/* Old conversations are looked for so often. */
#define EXPIRE_MS (INT64_C(60) * 60 * 1000)

/* One spool and how far we are in it. */
struct inbox {
	struct hook_source *source; /* whose chat it is; NULL: that of deliveries */
	struct spool *spool;
	struct spool_reader *reader;
	const char *position;
	struct spool_pos pos, saved;
};

struct consumer {
	const struct consumer_options *o;
	struct inbox *inboxes;
	size_t n;
	struct outlet *outlet;
	struct mapper *mapper;
	struct buf record;
	int64_t saved, worked, expired;
	bool gone; /* the reader: nothing more is mapped */
	pthread_t thread;
	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t more;
	bool woken, stop;
	int64_t patience;
	bool ended;
	struct sme_err err;
	atomic_uint_fast64_t deliveries, messages, events, rejected, behind;
};

/* ---- work ---- */

static int
take_records(struct consumer *c, struct inbox *in, struct sme_err *err)
{
	int n = 0, r = 1;

	while (n < BATCH && (r = spool_read(in->reader, &in->pos, &c->record, NULL, err)) == 1) {
		if (in->source)
			c->messages += mapper_entry(c->mapper, in->source, buf_slice(&c->record));
		else
			c->deliveries += mapper_delivery(c->mapper, buf_slice(&c->record));
		n++;
	}
	return r < 0 ? -1 : n;
}

/* What was mapped is out of our hands: then the positions count. */
static int
hand_on(struct consumer *c, struct sme_err *err)
{
	int r;

	mapper_flush(c->mapper);
	c->events = mapper_events(c->mapper);
	c->rejected = rejects_count(c->o->rejects);
	r = outlet_settle(c->outlet, err);
	c->gone = r == 0;
	return r == 1 ? 0 : -1;
}

/* Rejects are not written with a sync each, but what they stand for is forgotten only after one. */
static int
sync_rejects(struct consumer *c, struct sme_err *err)
{
	int fd, r;

	if (!c->o->rejects_path)
		return 0;
	fd = open(c->o->rejects_path, O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? -1 : fdatasync(fd);
	if (r < 0)
		err_sys(err, SME_IOERR, "%s", c->o->rejects_path);
	if (fd >= 0)
		close(fd);
	return r;
}

static int
save(struct consumer *c, bool current, struct sme_err *err)
{
	uint64_t behind = 0;

	c->saved = time_now_ms();
	if (sync_rejects(c, err) < 0)
		return -1;
	for (size_t i = 0; i < c->n; i++) {
		struct inbox *in = &c->inboxes[i];

		if ((in->pos.segment != in->saved.segment || in->pos.offset != in->saved.offset) &&
		    spool_pos_save(in->position, in->pos, err) < 0)
			return -1;
		in->saved = in->pos;
		if (!in->source && spool_forget(in->spool, in->pos, current, err) < 0)
			return -1;
		behind += spool_behind(in->spool, in->pos);
	}
	c->behind = behind;
	return 0;
}

static int
expire(struct consumer *c, int64_t now, struct sme_err *err)
{
	if (now - c->expired < EXPIRE_MS)
		return 0;
	c->expired = now;
	for (size_t i = 0; i < c->n; i++) {
		struct inbox *in = &c->inboxes[i];
		int64_t keep = in->source ? chat_keep(in->source->chat) : 0;

		if (keep &&
		    threads_expire(chat_threads(in->source->chat), now - keep, in->saved, err) < 0)
			return -1;
	}
	return 0;
}

/* 1 when there was something to do, 0 when not, -1 with ERR. */
static int
round_of_work(struct consumer *c, struct sme_err *err)
{
	int64_t now = time_now_ms();
	int some = 0, n;

	for (size_t i = 0; i < c->n; i++) {
		n = take_records(c, &c->inboxes[i], err);
		if (n < 0)
			return -1;
		some |= n > 0;
	}
	if (some) {
		c->worked = now;
		if (hand_on(c, err) < 0)
			return -1;
	}
	if ((!some || now - c->saved >= SAVE_MS) &&
	    save(c, !some && now - c->worked >= REST_MS, err) < 0)
		return -1;
	return expire(c, now, err) < 0 ? -1 : some;
}

/* Until woken, or about a second. */
static void
rest(struct consumer *c)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec++;
	pthread_mutex_lock(&c->lock);
	if (!c->woken && !c->stop)
		pthread_cond_timedwait(&c->more, &c->lock, &until);
	c->woken = false;
	pthread_mutex_unlock(&c->lock);
}

static bool
is_stopped(struct consumer *c)
{
	bool stop;

	pthread_mutex_lock(&c->lock);
	stop = c->stop;
	pthread_mutex_unlock(&c->lock);
	return stop;
}

static bool
out_of_patience(struct consumer *c)
{
	bool out;

	pthread_mutex_lock(&c->lock);
	out = c->stop && time_now_ms() >= c->patience;
	pthread_mutex_unlock(&c->lock);
	return out;
}

static void *
work(void *ctx)
{
	struct consumer *c = ctx;
	struct sme_err err = {0};
	bool last;
	int r;

	/* Once more after the word to stop: what came before it is there by then. */
	for (;; rest(c)) {
		last = is_stopped(c);
		while ((r = round_of_work(c, &err)) > 0 && !out_of_patience(c))
			;
		if (last || r < 0)
			break;
	}
	if (r >= 0)
		r = save(c, true, &err);
	pthread_mutex_lock(&c->lock);
	c->ended = true;
	c->err = r < 0 && !c->gone ? err : (struct sme_err){0};
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* ---- start and stop ---- */

static void
add_inbox(struct consumer *c, struct hook_source *source, struct spool *spool, const char *position,
    struct spool_pos pos)
{
	c->inboxes[c->n++] = (struct inbox){
	    .source = source,
	    .spool = spool,
	    .reader = spool_reader_open(spool),
	    .position = position,
	    .pos = pos,
	    .saved = pos,
	};
}

static int
add_inboxes(struct consumer *c, struct sme_err *err)
{
	size_t n = sources_count(c->o->sources);
	struct spool_pos pos;

	c->inboxes = xcalloc(n + 1, sizeof *c->inboxes);
	add_inbox(c, NULL, c->o->spool, c->o->position, c->o->pos);
	for (size_t i = 0; i < n; i++) {
		struct hook_source *s = sources_at(c->o->sources, i);

		if (!s->chat)
			continue;
		if (spool_pos_load(s->position, &pos, err) < 0)
			return -1;
		add_inbox(c, s, threads_spool(chat_threads(s->chat)), s->position, pos);
	}
	return 0;
}

static void
release(struct consumer *c)
{
	for (size_t i = 0; i < c->n; i++)
		spool_reader_close(c->inboxes[i].reader);
	free(c->inboxes);
	mapper_close(c->mapper);
	outlet_close(c->outlet);
	buf_release(&c->record);
	pthread_cond_destroy(&c->more);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

struct consumer *
consumer_start(const struct consumer_options *o, struct sme_err *err)
{
	struct consumer *c = xcalloc(1, sizeof *c);

	c->o = o;
	c->record = (struct buf)BUF_INIT;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->more, NULL);
	c->outlet = outlet_open(o->log, o->rejects, o->say, err);
	if (c->outlet && add_inboxes(c, err) == 0) {
		c->mapper = mapper_open(o->sources, outlet_writer(c->outlet), o->rejects);
		if (pthread_create(&c->thread, NULL, work, c) == 0)
			return c;
		err_set(err, SME_OSERR, "cannot start a thread");
	}
	release(c);
	return NULL;
}

void
consumer_wake(struct consumer *c)
{
	pthread_mutex_lock(&c->lock);
	if (!c->woken) {
		c->woken = true;
		pthread_cond_signal(&c->more);
	}
	pthread_mutex_unlock(&c->lock);
}

bool
consumer_ended(struct consumer *c)
{
	bool ended;

	pthread_mutex_lock(&c->lock);
	ended = c->ended;
	pthread_mutex_unlock(&c->lock);
	return ended;
}

struct consumer_stats
consumer_stats(struct consumer *c)
{
	return (struct consumer_stats){
	    .deliveries = c->deliveries,
	    .messages = c->messages,
	    .events = c->events,
	    .rejected = c->rejected,
	    .behind = c->behind,
	};
}

int
consumer_stop(struct consumer *c, int64_t patience, struct sme_err *err)
{
	struct timespec until;
	int r;

	pthread_mutex_lock(&c->lock);
	c->stop = true;
	c->patience = time_now_ms() + patience;
	pthread_cond_signal(&c->more);
	pthread_mutex_unlock(&c->lock);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)(patience / 1000);
	if (pthread_timedjoin_np(c->thread, NULL, &until) != 0) {
		outlet_interrupt(c->outlet);
		pthread_join(c->thread, NULL);
	}
	r = c->err.status ? -1 : c->gone;
	if (r < 0)
		*err = c->err;
	release(c);
	return r;
}
