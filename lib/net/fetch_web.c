#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/fetch_int.h"
#include "net/url.h"

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

void
task_forget_answer(struct task *t)
{
	free(t->url);
	free(t->type);
	free(t->etag);
	free(t->modified);
	t->url = t->type = t->etag = t->modified = NULL;
	buf_release(&t->body);
	t->answered = false;
}

void
task_submit(struct task *t)
{
	struct buf etag = BUF_INIT, modified = BUF_INIT;
	const char *headers[5] = {"Accept: application/atom+xml, application/rss+xml, "
	                          "application/feed+json, application/xml;q=0.9, */*;q=0.8"};
	struct http_request request = {.url = t->src->url,
	    .headers = headers,
	    .own_host = t->src->own_host,
	    .allowed = &t->src->allowed};
	struct sme_err err;
	size_t n = 1;

	if (task_load(t, &err) < 0) {
		task_fail(t, &err);
		return;
	}
	if (t->cursor.not_before != TIME_NONE && t->cursor.not_before > time_now_ms()) {
		char until[RFC3339_SIZE], text[100];

		snprintf(text, sizeof text, "the server asked to be left alone until %s",
		    rfc3339_format(t->cursor.not_before, until));
		task_note(t, text);
		t->run->totals->unchanged++;
		return;
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
	if (task_save(t, &err) < 0)
		task_fail(t, &err);
}

static void
hand_on(struct task *t, int64_t *ttl)
{
	struct intake *in = intake_open(&t->run->intake, t->src, t->url, slice_of(t->type), task_known(t));
	struct buf masked = BUF_INIT;
	struct sme_err err;

	t->cursor.not_before = t->retry_after ? time_now_ms() + t->retry_after : TIME_NONE;
	if (intake_push(in, buf_slice(&t->body), &err) == 0 && intake_finish(in, &err) == 0) {
		*ttl = task_count(t, in);
		if (t->partial)
			task_note(t, "the answer is shorter than announced; what came was taken");
		/* Of half an answer no name is kept, or the other half would never come. */
		if (!t->partial)
			cursor_validators(&t->cursor, slice_of(t->etag), slice_of(t->modified));
		t->written = true;
	} else {
		task_count(t, in);
		writer_flush(t->run->intake.out);
		url_masked(&masked, slice_of(t->src->url));
		err_prefix(&err, "%.300s", buf_str(&masked));
		task_fail(t, &err);
		buf_release(&masked);
	}
	intake_close(in);
}

/* Returns how long the feed wants to be left alone. */
int64_t
task_take_answer(struct task *t)
{
	struct buf to = BUF_INIT;
	int64_t ttl = 0;

	if (t->moved) {
		buf_puts(&to, "moved for good to ");
		url_masked(&to, slice_of(t->url));
		task_note(t, buf_str(&to));
	}
	if (*t->err.text) {
		if (t->status == 410)
			err_prefix(&t->err, "gone for good, remove this source");
		task_fail(t, &t->err);
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
