/* What users write, and what they read. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "hook/chat_body.h"
#include "hook/chat_int.h"

/* One answer to GET messages is at most about so long, in bytes. */
#define PAGE_BYTES ((size_t)1 << 20)

/* ---- adding ---- */

static void
free_entry(struct chat_entry *e)
{
	arena_release(&e->arena);
	free(e);
}

static void
answer_id(struct call *r, unsigned status, int64_t id)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "{\"id\":\"%lld\"}\n", (long long)id);
	call_answer(r, status, "application/json", buf_slice(&b));
	buf_release(&b);
	chat_allow_origin(r);
}

/* On the committer's thread. */
static void
entry_done(struct call *r, bool ok)
{
	struct threads *threads = r->source->chat->threads;
	struct chat_entry *e = r->user;

	if (ok) {
		threads_added(threads, &e->entry, r->job.at);
		answer_id(r, MHD_HTTP_CREATED, e->entry.id);
		atomic_fetch_add(&r->server->stats.messages, 1);
	} else {
		threads_dropped(threads, e->entry.from, e->entry.user, e->entry.key);
		call_unavailable(r);
		chat_allow_origin(r);
	}
	arena_release(&e->arena);
}

void
chat_put_head(struct buf *out, const struct entry *e, int64_t now)
{
	buf_printf(out, "{\"id\":\"%lld\",\"from\":\"%s\",\"created_at\":\"", (long long)e->id,
	    e->from == ENTRY_USER ? "user" : "agent");
	rfc3339_put(out, now);
	buf_addc(out, '"');
}

void
chat_add(struct call *r, struct chat_entry *e, chat_put_fn *put, void *ctx)
{
	struct threads *threads = r->source->chat->threads;
	int64_t now = server_now(r->server);
	struct buf json = BUF_INIT;

	switch (
	    threads_claim(threads, e->entry.from, e->entry.user, e->entry.key, now, &e->entry.id)) {
	case CLAIM_KNOWN:
		answer_id(r, MHD_HTTP_OK, e->entry.id);
		free_entry(e);
		return;
	case CLAIM_UNDERWAY:
		call_unavailable(r);
		chat_allow_origin(r);
		free_entry(e);
		return;
	case CLAIM_NEW:
		break;
	}
	chat_put_head(&json, &e->entry, now);
	put(&json, e, ctx);
	buf_puts(&json, "}");
	e->entry.json = buf_slice(&json);
	entry_put(&r->record, &e->entry);
	buf_release(&json);
	buf_release(&r->body);
	r->user = e;
	r->committed = entry_done;
	call_commit(r, threads_spool(threads));
}

/* ---- messages ---- */

struct message {
	const struct chat_body *body;
	const struct identity *id;
};

static void
put_message(struct buf *out, const struct chat_entry *e, void *ctx)
{
	const struct message *m = ctx;

	buf_puts(out, ",\"client_id\":");
	json_put_string(out, e->entry.key);
	if (m->id->name.p) {
		buf_puts(out, ",\"name\":");
		json_put_string(out, m->id->name);
	}
	buf_puts(out, ",\"text\":");
	json_put_string(out, m->body->text);
	chat_body_media(out, m->body);
}

static void
take_message(struct call *r, struct chat_entry *e, const struct identity *id)
{
	struct chat *chat = r->source->chat;
	struct chat_body body;
	struct sme_err err;

	if (chat_body_message(buf_slice(&r->body), chat->set.text_max, &e->arena, &body, &err) <
	    0) {
		call_error(r, MHD_HTTP_BAD_REQUEST, err.text);
	} else if (!threads_allow(
		       chat->threads, id->user, chat->set.per_minute, server_now(r->server))) {
		call_error(r, MHD_HTTP_TOO_MANY_REQUESTS, "too many messages; wait a little");
		MHD_add_response_header(r->response, "Retry-After", "10");
	} else {
		e->entry.from = ENTRY_USER;
		e->entry.user = id->user;
		e->entry.key = body.key;
		chat_add(r, e, put_message, &(struct message){&body, id});
		return;
	}
	chat_allow_origin(r);
	free_entry(e);
}

void
chat_post_message(struct call *r)
{
	struct chat_entry *e = xcalloc(1, sizeof *e);
	struct identity id;

	if (chat_identity(r, &e->arena, &id))
		take_message(r, e, &id);
	else
		free_entry(e);
}

/* ---- reading ---- */

struct page {
	struct buf *out;
	int left;
	bool more;
};

static bool
put_entry(void *ctx, const struct entry *e)
{
	struct page *p = ctx;

	if (p->left-- == 0 || p->out->n > PAGE_BYTES) {
		p->more = true;
		return false;
	}
	if (p->out->p[p->out->n - 1] != '[')
		buf_puts(p->out, ",\n");
	buf_adds(p->out, e->json);
	return true;
}

static void
put_page(struct call *r, struct slice user, int64_t after)
{
	struct buf b = BUF_INIT;
	struct page page = {&b, CHAT_PAGE, false};
	struct sme_err err;

	buf_puts(&b, "{\"messages\":[");
	if (threads_read(r->source->chat->threads, user, after, put_entry, &page, &err) < 0) {
		sme_warn("%s", err.text);
		call_unavailable(r);
	} else {
		buf_printf(&b, "],\"more\":%s}\n", page.more ? "true" : "false");
		call_answer(r, MHD_HTTP_OK, "application/json", buf_slice(&b));
	}
	buf_release(&b);
}

static bool
wants_stream(const struct call *r)
{
	return slice_find(call_header(r, "Accept"), SLICE("text/event-stream")) >= 0;
}

void
chat_get_messages(struct call *r)
{
	struct slice text = call_query(r, "after"), last = call_header(r, "Last-Event-ID");
	struct arena a = ARENA_INIT;
	struct identity id;
	unsigned long long after = 0;

	if (last.n)
		text = last;
	if (!chat_identity(r, &a, &id)) {
		arena_release(&a);
		return;
	}
	if (text.p && (!slice_u64(text, &after) || after > INT64_MAX))
		call_error(r, MHD_HTTP_BAD_REQUEST, "after: expected the id of a message");
	else if (wants_stream(r))
		chat_stream(r, id.user, (int64_t)after, id.expires);
	else
		put_page(r, id.user, (int64_t)after);
	chat_allow_origin(r);
	arena_release(&a);
}
