#include "net/fetch.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/fetch_int.h"

/* Sources that are fetched at once and then handed on; bounds what is held in memory. */
#define WAVE 256

/* A feed's wish to be left alone is granted up to this. */
#define TTL_MAX INT64_C(86400000)

static int64_t
monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
progress(struct run *r)
{
	if (r->o->report.progress)
		r->o->report.progress(r->o->report.ctx, r->done, r->n, r->totals->events);
}

static void
set_clock(struct run *r)
{
	int64_t now = time_now_ms();

	r->intake.now = r->o->now == TIME_NONE ? now - now % 1000 : r->o->now;
}

/* Fetch the tasks from FROM to TO, all at once, and hand them on in their order. */
static void
run_wave(struct run *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (r->tasks[i].src->url)
			task_submit(&r->tasks[i]);
		else if (r->tasks[i].src->driver)
			task_drive(&r->tasks[i]);
	while (!run_stopped(r) && http_wait(r->http, -1))
		;
	for (size_t i = from; i < to && !run_stopped(r); i++) {
		struct task *t = &r->tasks[i];

		if (t->answered && t->src->url)
			task_take_answer(t);
		else if (t->src->path)
			task_read_file(t);
		task_forget_answer(t);
		r->done++;
		progress(r);
	}
	tasks_commit(r, &r->tasks[from], to - from);
	for (size_t i = from; i < to; i++)
		task_unload(&r->tasks[i]);
}

static void
run_once(struct run *r)
{
	set_clock(r);
	for (size_t at = 0; at < r->n && !run_stopped(r); at += WAVE)
		run_wave(r, at, at + WAVE < r->n ? at + WAVE : r->n);
}

static int64_t
interval(const struct task *t)
{
	return t->src->interval ? t->src->interval : t->run->o->follow;
}

/* Start what is due; the time until the next is, at most a minute. */
static int64_t
start_due(struct run *r)
{
	int64_t now = monotonic_ms(), next = 60000;

	for (size_t i = 0; i < r->n && !run_stopped(r); i++) {
		struct task *t = &r->tasks[i];

		if (t->busy || t->answered)
			continue;
		if (t->due <= now) {
			t->due = now + interval(t);
			set_clock(r);
			if (t->src->url)
				task_submit(t);
			else if (t->src->driver)
				task_drive(t);
			else
				task_read_file(t);
		}
		if (!t->busy && t->due - now < next)
			next = t->due - now > 0 ? t->due - now : 0;
	}
	return next;
}

static void
run_follow(struct run *r)
{
	while (!run_stopped(r)) {
		int64_t wait = start_due(r);

		http_wait(r->http, wait);
		set_clock(r);
		for (size_t i = 0; i < r->n && !run_stopped(r); i++) {
			struct task *t = &r->tasks[i];
			int64_t pause;

			if (!t->answered)
				continue;
			pause = t->src->url ? task_take_answer(t) : t->retry_after;
			pause = pause < TTL_MAX ? pause : TTL_MAX;
			if (pause > interval(t))
				t->due += pause - interval(t);
			task_forget_answer(t);
		}
		tasks_commit(r, r->tasks, r->n);
		if (r->o->report.round)
			r->o->report.round(r->o->report.ctx);
	}
}

/* Every source failed: say of what kind, unless it was the net. */
static enum sme_status
status_of(const struct run *r)
{
	const struct fetch_totals *t = r->totals;

	if (r->o->follow)
		return SME_OK;
	if (run_stopped(r))
		return SME_TEMPFAIL;
	if (t->failed && t->failed >= r->n)
		return r->network_failed ? SME_UNAVAILABLE : r->worst;
	return t->failed || t->rejected ? SME_REJECTED : SME_OK;
}

static int
open_cursors(struct run *r, struct sme_err *err)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->tasks[i].src->remember && !r->dir) {
			r->dir = cursor_dir(err);
			r->lock = r->dir ? cursor_lock(r->dir, err) : -1;
			if (r->lock < 0)
				return -1;
		}
	return 0;
}

static void
close_run(struct run *r)
{
	http_close(r->http);
	for (size_t i = 0; i < r->n; i++) {
		task_forget_answer(&r->tasks[i]);
		task_unload(&r->tasks[i]);
	}
	html_close(r->intake.html);
	free(r->tasks);
	free(r->dir);
	if (r->lock >= 0)
		close(r->lock);
}

int
fetch_run(const struct source *sources, size_t n, const struct fetch_options *o,
    struct writer *out, struct rejects *rejects, struct fetch_source_stat *stats,
    struct fetch_totals *totals, struct sme_err *err)
{
	struct run r = {.o = o,
	    .totals = totals,
	    .intake = {out, rejects, html_open(), 0},
	    .tasks = xcalloc(n, sizeof(*r.tasks)),
	    .n = n,
	    .lock = -1};

	*totals = (struct fetch_totals){.sources = n};
	for (size_t i = 0; i < n; i++) {
		stats[i] = (struct fetch_source_stat){.last_success = TIME_NONE};
		r.tasks[i].run = &r;
		r.tasks[i].src = &sources[i];
		r.tasks[i].stat = &stats[i];
	}
	if (open_cursors(&r, err) < 0 || !(r.http = http_open(&o->http, err))) {
		close_run(&r);
		return -1;
	}
	if (o->follow)
		run_follow(&r);
	else
		run_once(&r);
	writer_flush(out);
	totals->status = status_of(&r);
	close_run(&r);
	return 0;
}
