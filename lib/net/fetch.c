#include "net/fetch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/cursor.h"
#include "net/settle.h"
#include "net/url.h"
#include "stream/reader.h"

/* Sources that are fetched at once and then handed on; bounds what is held in memory. */
#define WAVE 256

/* A feed's wish to be left alone is granted up to this. */
#define TTL_MAX INT64_C(86400000)

struct task {
	struct run *run;
	const struct source *src;
	struct fetch_source_stat *stat;
	struct cursor cursor;
	bool loaded;     /* the cursor */
	bool busy;       /* its request is under way */
	bool answered;   /* the answer waits to be handed on */
	bool tried;      /* at all */
	int64_t due;     /* of --follow, by the monotonic clock */
	/* The answer. */
	long status;
	struct buf body;
	char *url, *type, *etag, *modified;
	bool partial, moved;
	int64_t retry_after;
	struct sme_err err;
};

struct run {
	const struct fetch_options *o;
	struct fetch_totals *totals;
	struct intake_run intake;
	struct http *http;
	struct task *tasks;
	size_t n, done;
	char *dir; /* of the cursors; NULL when none is needed */
	int lock;
	bool network_failed;
	enum sme_status worst;
};

static int64_t
monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool
stopped(const struct run *r)
{
	return r->totals->gone || (r->o->stop && *r->o->stop);
}

/* ---- telling ---- */

/* "NAME: what is wrong", or without the name when the text begins with the place itself. */
static void
say(const struct task *t, void (*how)(void *, const char *), const struct sme_err *err)
{
	struct buf b = BUF_INIT, masked = BUF_INIT;
	const struct source *src = t->src;

	url_masked(&masked, slice_of(src->name));
	if (strcmp(src->name, "-") != 0 && strncmp(err->text, buf_str(&masked), masked.n) != 0)
		buf_printf(&b, "%s: ", buf_str(&masked));
	buf_puts(&b, err->text);
	how(t->run->o->report.ctx, buf_str(&b));
	buf_release(&b);
	buf_release(&masked);
}

static void
fail(struct task *t, const struct sme_err *err)
{
	struct run *r = t->run;

	r->totals->failed++;
	r->network_failed |= t->src->url != NULL;
	if (r->worst == SME_OK)
		r->worst = err->status;
	t->stat->failed = true;
	if (r->o->report.failed)
		say(t, r->o->report.failed, err);
}

static void
note(struct task *t, const char *text)
{
	struct sme_err err;

	err_set(&err, SME_OK, "%s", text);
	if (t->run->o->report.note)
		say(t, t->run->o->report.note, &err);
}

/* ---- cursors ---- */

/* What tells a source from another that bears its name.  A URL may hold a password, so a hash. */
static struct slice
cursor_key(const struct source *src, char text[24])
{
	const char *place = src->url ? src->url : src->path;

	snprintf(text, 24, "%016" PRIx64, hash64(place, strlen(place), 0));
	return slice_of(text);
}

static int
load(struct task *t, struct sme_err *err)
{
	struct buf name = BUF_INIT;
	char key[24];
	int r;

	if (t->loaded)
		return 0;
	if (!t->src->remember) {
		t->cursor.not_before = TIME_NONE;
		t->loaded = true;
		return 0;
	}
	url_masked(&name, slice_of(t->src->name));
	r = cursor_load(&t->cursor, t->run->dir, buf_str(&name), cursor_key(t->src, key), err);
	buf_release(&name);
	t->loaded = r == 0;
	if (t->loaded && t->run->o->again) {
		known_release(&t->cursor.seen);
		t->cursor.etag = t->cursor.modified = t->cursor.stamp = (struct slice){NULL, 0};
		t->cursor.not_before = TIME_NONE;
	}
	return r;
}

/* Everything that was handed on is in safe hands: remember it. */
static int
save(struct task *t, struct sme_err *err)
{
	char key[24];

	return t->src->remember ? cursor_save(&t->cursor, cursor_key(t->src, key), err) : 0;
}

/* Forget what this attempt put into the cursor: it was not handed on for sure. */
static void
unload(struct task *t)
{
	cursor_release(&t->cursor);
	t->loaded = false;
}

/* Returns the feed's ttl. */
static int64_t
take_count(struct task *t, const struct intake *in)
{
	struct intake_count count = intake_counted(in);

	t->run->totals->events += count.events;
	t->run->totals->rejected += count.rejected;
	t->stat->events += count.events;
	if (count.repaired)
		note(t, "not well-formed; what could be read was taken");
	return count.ttl;
}

/*
 * Flush, wait until the output is taken, then save.  When it may not have been taken, the cursor
 * stays as it was.
 */
static void
commit(struct task *t)
{
	struct run *r = t->run;
	struct sme_err err;
	int taken;

	writer_flush(r->intake.out);
	taken = t->src->remember ? settle(r->intake.out->fd, r->o->stop, &err) : 1;
	if (taken == 0) {
		r->totals->gone = true;
		return;
	}
	if (taken < 0 || save(t, &err) < 0) {
		fail(t, &err);
		return;
	}
	t->stat->failed = false;
	t->stat->last_success = r->intake.now;
}

/* ---- files ---- */

/* What changes when the file does. */
static bool
stamp_of(const char *path, struct buf *stamp)
{
	struct stat sb;

	if (strcmp(path, "-") == 0 || stat(path, &sb) < 0 || !S_ISREG(sb.st_mode))
		return false;
	buf_printf(stamp, "%llu %llu %lld %lld.%09ld", (unsigned long long)sb.st_dev,
	    (unsigned long long)sb.st_ino, (long long)sb.st_size, (long long)sb.st_mtim.tv_sec,
	    sb.st_mtim.tv_nsec);
	return true;
}

static struct known *
seen_of(struct task *t)
{
	return t->src->remember || t->run->o->follow ? &t->cursor.seen : NULL;
}

static int
push_blocks(struct task *t, struct reader *reader, struct intake *in, struct sme_err *err)
{
	struct block b;
	enum reader_kind kind;

	while (!stopped(t->run)) {
		if (reader_would_block(reader))
			writer_flush(t->run->intake.out);
		kind = reader_next(reader, &b, err);
		if (kind == READER_END)
			return 0;
		if (kind == READER_ERROR)
			return -1;
		if (intake_push(in, (struct slice){b.p, b.n}, err) < 0)
			return -1;
		if (kind == READER_OVERSIZE && b.last && intake_push(in, SLICE("\n"), err) < 0)
			return -1;
	}
	return err_set(err, SME_TEMPFAIL, "interrupted");
}

static void
read_file(struct task *t, const char *stamp)
{
	char *files[] = {xstrdup(t->src->path), NULL};
	struct reader *reader = reader_open(files);
	struct intake *in = intake_open(&t->run->intake, t->src, "", (struct slice){NULL, 0}, seen_of(t));
	struct sme_err err;
	int r = push_blocks(t, reader, in, &err);

	if (r == 0)
		r = intake_finish(in, &err);
	take_count(t, in);
	if (r == 0) {
		cursor_stamp(&t->cursor, slice_of(stamp));
		commit(t);
	} else {
		writer_flush(t->run->intake.out);
		if (slice_starts(slice_of(err.text), slice_of(t->src->path)) ||
		    (err_prefix(&err, "%s", strcmp(t->src->path, "-") == 0 ? "stdin" : t->src->path)))
			fail(t, &err);
	}
	intake_close(in);
	reader_close(reader);
	free(files[0]);
}

static void
take_path(struct task *t)
{
	struct buf stamp = BUF_INIT;
	struct sme_err err;

	if (load(t, &err) < 0) {
		fail(t, &err);
	} else if (stamp_of(t->src->path, &stamp) && seen_of(t) &&
	           slice_eq(buf_slice(&stamp), t->cursor.stamp)) {
		t->run->totals->unchanged++;
		t->stat->failed = false;
	} else {
		read_file(t, buf_str(&stamp));
	}
	buf_release(&stamp);
}

/* ---- the web ---- */

static char *
header_copy(const struct http_response *a, const char *name)
{
	return xslicedup(http_header(a, name));
}

static void
on_answer(void *ctx, const struct http_request *request, const struct http_response *a)
{
	struct task *t = ctx;

	(void)request;
	t->busy = false;
	t->answered = true;
	t->status = a->status;
	t->err = a->err;
	t->partial = a->partial;
	t->moved = a->moved;
	t->retry_after = a->retry_after;
	t->url = xstrdup(a->url);
	t->type = header_copy(a, "Content-Type");
	t->etag = header_copy(a, "ETag");
	t->modified = header_copy(a, "Last-Modified");
	t->body = (struct buf)BUF_INIT_MAX(a->body.n + 1);
	buf_adds(&t->body, a->body);
}

static void
forget_answer(struct task *t)
{
	free(t->url);
	free(t->type);
	free(t->etag);
	free(t->modified);
	t->url = t->type = t->etag = t->modified = NULL;
	buf_release(&t->body);
	t->answered = false;
}

/* False when there is nothing to ask for: the server wants to be left alone, or the cursor is
 * damaged. */
static bool
submit(struct task *t)
{
	struct buf etag = BUF_INIT, modified = BUF_INIT;
	const char *headers[5] = {"Accept: application/atom+xml, application/rss+xml, "
	                          "application/feed+json, application/xml;q=0.9, */*;q=0.8"};
	struct http_request request = {.url = t->src->url, .headers = headers};
	struct sme_err err;
	size_t n = 1;

	if (load(t, &err) < 0) {
		fail(t, &err);
		return false;
	}
	if (t->cursor.not_before != TIME_NONE && t->cursor.not_before > time_now_ms()) {
		char until[RFC3339_SIZE], text[100];

		snprintf(text, sizeof text, "the server asked to be left alone until %s",
		    rfc3339_format(t->cursor.not_before, until));
		note(t, text);
		t->run->totals->unchanged++;
		return false;
	}
	if (t->cursor.etag.n) {
		buf_printf(&etag, "If-None-Match: %.*s", SLICE_ARG(t->cursor.etag));
		headers[n++] = buf_str(&etag);
	}
	if (t->cursor.modified.n) {
		buf_printf(&modified, "If-Modified-Since: %.*s", SLICE_ARG(t->cursor.modified));
		headers[n++] = buf_str(&modified);
	}
	http_submit(t->run->http, &request, on_answer, t);
	t->busy = true;
	buf_release(&etag);
	buf_release(&modified);
	return true;
}

/* What the server says about the next visit outlives this run even if nothing else came. */
static void
keep_wait(struct task *t)
{
	struct sme_err err;
	int64_t wait = t->retry_after ? time_now_ms() + t->retry_after : TIME_NONE;

	if (t->cursor.not_before == wait)
		return;
	t->cursor.not_before = wait;
	if (save(t, &err) < 0)
		fail(t, &err);
}

static void
hand_on(struct task *t, int64_t *ttl)
{
	struct intake *in = intake_open(&t->run->intake, t->src, t->url, slice_of(t->type), seen_of(t));
	struct buf masked = BUF_INIT;
	struct sme_err err;

	t->cursor.not_before = t->retry_after ? time_now_ms() + t->retry_after : TIME_NONE;
	if (intake_push(in, buf_slice(&t->body), &err) == 0 && intake_finish(in, &err) == 0) {
		*ttl = take_count(t, in);
		if (t->partial)
			note(t, "the answer is shorter than announced; what came was taken");
		/* Of half an answer no name is kept, or the other half would never come. */
		if (!t->partial)
			cursor_validators(&t->cursor, slice_of(t->etag), slice_of(t->modified));
		commit(t);
	} else {
		take_count(t, in);
		writer_flush(t->run->intake.out);
		url_masked(&masked, slice_of(t->src->url));
		err_prefix(&err, "%.300s", buf_str(&masked));
		fail(t, &err);
		buf_release(&masked);
	}
	intake_close(in);
}

/* Returns how long the feed wants to be left alone. */
static int64_t
take_answer(struct task *t)
{
	struct buf to = BUF_INIT;
	int64_t ttl = 0;

	if (t->moved) {
		buf_puts(&to, "moved for good to ");
		url_masked(&to, slice_of(t->url));
		note(t, buf_str(&to));
	}
	if (*t->err.text) {
		if (t->status == 410)
			err_prefix(&t->err, "gone for good, remove this source");
		fail(t, &t->err);
		keep_wait(t);
	} else if (t->status == 304) {
		t->run->totals->unchanged++;
		t->stat->failed = false;
		t->stat->last_success = t->run->intake.now;
		keep_wait(t);
	} else {
		hand_on(t, &ttl);
	}
	buf_release(&to);
	return ttl > t->retry_after ? ttl : t->retry_after;
}

/* ---- the run ---- */

static void
progress(struct run *r)
{
	if (r->o->report.progress)
		r->o->report.progress(r->o->report.ctx, r->done, r->n, r->totals->events);
}

static void
set_clock(struct run *r)
{
	r->intake.now = r->o->now == TIME_NONE ? time_now_ms() : r->o->now;
}

/* Fetch the tasks from FROM to TO, all at once, and hand them on in their order. */
static void
run_wave(struct run *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (r->tasks[i].src->url)
			submit(&r->tasks[i]);
	while (!stopped(r) && http_wait(r->http, -1))
		;
	for (size_t i = from; i < to && !stopped(r); i++) {
		struct task *t = &r->tasks[i];

		if (t->answered)
			take_answer(t);
		else if (t->src->path)
			take_path(t);
		forget_answer(t);
		unload(t);
		r->done++;
		progress(r);
	}
}

static void
run_once(struct run *r)
{
	set_clock(r);
	for (size_t at = 0; at < r->n && !stopped(r); at += WAVE)
		run_wave(r, at, at + WAVE < r->n ? at + WAVE : r->n);
}

/* Start what is due; the time until the next is, at most a minute. */
static int64_t
start_due(struct run *r)
{
	int64_t now = monotonic_ms(), next = 60000;

	for (size_t i = 0; i < r->n && !stopped(r); i++) {
		struct task *t = &r->tasks[i];

		if (t->busy || t->answered)
			continue;
		if (t->due <= now) {
			t->due = now + r->o->follow;
			set_clock(r);
			if (t->src->url)
				submit(t);
			else
				take_path(t);
		}
		if (!t->busy && t->due - now < next)
			next = t->due - now > 0 ? t->due - now : 0;
	}
	return next;
}

static void
run_follow(struct run *r)
{
	while (!stopped(r)) {
		int64_t wait = start_due(r);

		http_wait(r->http, wait);
		set_clock(r);
		for (size_t i = 0; i < r->n && !stopped(r); i++) {
			struct task *t = &r->tasks[i];
			int64_t pause;

			if (!t->answered)
				continue;
			pause = take_answer(t);
			pause = pause < TTL_MAX ? pause : TTL_MAX;
			if (pause > r->o->follow)
				t->due += pause - r->o->follow;
			forget_answer(t);
		}
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
	if (stopped(r))
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
		forget_answer(&r->tasks[i]);
		unload(&r->tasks[i]);
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
