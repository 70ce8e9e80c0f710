/*
 * Server-sent events: a conversation as it goes on.  A stream sleeps (its connection is suspended)
 * until there is news for its user, its next sign of life is due, or its time is up.
 */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "hook/chat_int.h"

#define BEAT_MS INT64_C(15000)
/* Then the client connects again and goes on where it was. */
#define LIFE_MS (INT64_C(60) * 60 * 1000)
/* Of one user at once; the oldest one ends. */
#define STREAMS_MAX 4
#define PIECE ((size_t)64 << 10)

struct stream {
	struct stream *prev, *next; /* the newest first */
	struct chat *chat;
	struct MHD_Connection *mhd;
	char *user;
	int64_t after, until, beat;
	struct buf out;
	size_t sent;
	bool asleep, end;
};

static bool
put_event(void *ctx, const struct entry *e)
{
	struct stream *s = ctx;

	buf_printf(&s->out, "id: %lld\ndata: ", (long long)e->id);
	buf_adds(&s->out, e->json);
	buf_puts(&s->out, "\n\n");
	s->after = e->id;
	return s->out.n < PIECE;
}

/* What there is to say now; nothing when the stream may sleep.  False: it ends. */
static bool
fill(struct stream *s)
{
	int64_t now = time_now_ms();
	struct sme_err err;

	buf_clear(&s->out);
	s->sent = 0;
	if (threads_read(s->chat->threads, slice_of(s->user), s->after, put_event, s, &err) < 0)
		return false;
	if (!s->out.n && (s->chat->closing || s->end || now >= s->until))
		return false;
	if (!s->out.n && now >= s->beat)
		buf_puts(&s->out, ":\n\n");
	if (s->out.n)
		s->beat = now + BEAT_MS;
	return true;
}

static ssize_t
read_stream(void *ctx, uint64_t at, char *to, size_t max)
{
	struct stream *s = ctx;
	size_t n = 0;
	bool more = true;

	(void)at;
	pthread_mutex_lock(&s->chat->lock);
	if (s->sent == s->out.n)
		more = fill(s);
	if (more) {
		n = s->out.n - s->sent < max ? s->out.n - s->sent : max;
		if (n)
			memcpy(to, s->out.p + s->sent, n);
		s->sent += n;
		if (!n) {
			s->asleep = true;
			MHD_suspend_connection(s->mhd);
		}
	}
	pthread_mutex_unlock(&s->chat->lock);
	return more ? (ssize_t)n : MHD_CONTENT_READER_END_OF_STREAM;
}

static void
free_stream(void *ctx)
{
	struct stream *s = ctx;

	pthread_mutex_lock(&s->chat->lock);
	if (s->next)
		s->next->prev = s->prev;
	*(s->prev ? &s->prev->next : &s->chat->streams) = s->next;
	pthread_mutex_unlock(&s->chat->lock);
	buf_release(&s->out);
	free(s->user);
	free(s);
}

/* Under the lock. */
static void
wake(struct stream *s)
{
	if (!s->asleep)
		return;
	s->asleep = false;
	MHD_resume_connection(s->mhd);
}

static void
add_stream(struct chat *c, struct stream *s)
{
	unsigned same = 0;

	pthread_mutex_lock(&c->lock);
	s->next = c->streams;
	if (s->next)
		s->next->prev = s;
	c->streams = s;
	for (struct stream *i = s; i; i = i->next) {
		if (strcmp(i->user, s->user) != 0 || ++same <= STREAMS_MAX)
			continue;
		i->end = true;
		wake(i);
	}
	pthread_mutex_unlock(&c->lock);
}

void
chat_stream(struct call *r, struct slice user, int64_t after, int64_t until)
{
	struct chat *c = r->source->chat;
	struct stream *s = xcalloc(1, sizeof *s);
	int64_t now = time_now_ms();

	s->chat = c;
	s->mhd = r->mhd;
	s->user = xslicedup(user);
	s->after = after;
	s->until = until < now + LIFE_MS ? until : now + LIFE_MS;
	s->out = (struct buf)BUF_INIT;
	add_stream(c, s);
	r->status = MHD_HTTP_OK;
	r->streaming = true;
	r->response =
	    MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, read_stream, s, free_stream);
	MHD_add_response_header(r->response, "Content-Type", "text/event-stream");
	MHD_add_response_header(r->response, "Cache-Control", "no-store");
	/* nginx would gather what it gets. */
	MHD_add_response_header(r->response, "X-Accel-Buffering", "no");
}

void
chat_news(void *ctx, struct slice user)
{
	struct chat *c = ctx;

	pthread_mutex_lock(&c->lock);
	for (struct stream *s = c->streams; s; s = s->next)
		if (slice_is(user, s->user))
			wake(s);
	pthread_mutex_unlock(&c->lock);
}

void
chat_tick(struct chat *c, bool closing)
{
	int64_t now = time_now_ms();

	pthread_mutex_lock(&c->lock);
	c->closing |= closing;
	for (struct stream *s = c->streams; s; s = s->next)
		if (c->closing || s->end || now >= s->beat || now >= s->until)
			wake(s);
	pthread_mutex_unlock(&c->lock);
}
