/* Timers, and threads for what blocks. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "core/mem.h"
#include "net/http_int.h"

struct http_task {
	struct http *http;
	http_job *work, *done;
	void *ctx;
	int64_t due; /* of a timer */
	pthread_t thread;
	bool started;
	atomic_bool ended;
	struct http_task *next;
};

static struct http_task *
add_task(struct http *h, http_job *work, http_job *done, void *ctx)
{
	struct http_task *t = xcalloc(1, sizeof *t), **at = &h->tasks;

	t->http = h;
	t->work = work;
	t->done = done;
	t->ctx = ctx;
	while (*at)
		at = &(*at)->next;
	*at = t;
	h->n++;
	return t;
}

void
http_after(struct http *h, int64_t ms, http_job *done, void *ctx)
{
	add_task(h, NULL, done, ctx)->due = http_monotonic_ms() + ms;
}

static void *
run_task(void *arg)
{
	struct http_task *t = arg;
	struct http *h = t->http;

	t->work(t->ctx);
	atomic_store(&t->ended, true);
	curl_multi_wakeup(h->multi);
	return NULL;
}

void
http_run(struct http *h, http_job *work, http_job *done, void *ctx)
{
	struct http_task *t = add_task(h, work, done, ctx);

	t->started = pthread_create(&t->thread, NULL, run_task, t) == 0;
	if (t->started)
		return;
	work(ctx); /* no thread to be had: then it blocks */
	atomic_store(&t->ended, true);
}

static bool
has_ended(const struct http_task *t, int64_t now)
{
	return t->work ? atomic_load(&t->ended) : t->due <= now;
}

bool
http_finish_tasks(struct http *h)
{
	int64_t now = http_monotonic_ms();
	struct http_task **at = &h->tasks;
	bool any = false;

	while (*at) {
		struct http_task *t = *at;

		if (!has_ended(t, now)) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		h->n--;
		if (t->started)
			pthread_join(t->thread, NULL);
		t->done(t->ctx);
		free(t);
		any = true;
		at = &h->tasks; /* the call may have changed the list */
	}
	return any;
}

int64_t
http_next_timer(const struct http *h)
{
	int64_t now = http_monotonic_ms(), next = -1;

	for (const struct http_task *t = h->tasks; t; t = t->next)
		if (!t->work && (next < 0 || t->due - now < next))
			next = t->due > now ? t->due - now : 0;
	return next;
}

void
http_drop_tasks(struct http *h)
{
	while (h->tasks) {
		struct http_task *t = h->tasks;

		h->tasks = t->next;
		if (t->started)
			pthread_join(t->thread, NULL);
		free(t);
	}
}
