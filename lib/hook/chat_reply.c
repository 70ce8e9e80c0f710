/* What the company answers: written by the publisher, and found again by it. */
#include <stdlib.h>

#include "core/mem.h"
#include "hook/chat_body.h"
#include "hook/chat_int.h"

static void
put_text(struct buf *out, const char *name, struct slice value)
{
	if (!value.p)
		return;
	buf_printf(out, ",\"%s\":", name);
	json_put_string(out, value);
}

static void
put_reply(struct buf *out, const struct chat_entry *e, void *ctx)
{
	const struct chat_body *body = ctx;

	(void)e;
	put_text(out, "author", body->author);
	put_text(out, "in_reply_to", body->in_reply_to);
	put_text(out, "edits", body->edits);
	put_text(out, "deletes", body->deletes);
	if (!body->deletes.p)
		put_text(out, "text", body->text);
}

void
chat_post_reply(struct call *r)
{
	struct chat_entry *e = xcalloc(1, sizeof *e);
	struct chat_body body;
	struct sme_err err;

	if (chat_body_reply(buf_slice(&r->body), &e->arena, &body, &err) < 0) {
		call_error(r, MHD_HTTP_BAD_REQUEST, err.text);
	} else if (!threads_has(r->source->chat->threads, body.user)) {
		call_error(r, MHD_HTTP_NOT_FOUND, "there is no conversation with this user");
	} else {
		e->entry.from = ENTRY_AGENT;
		e->entry.user = body.user;
		e->entry.key = body.key;
		chat_add(r, e, put_reply, &body);
		return;
	}
	arena_release(&e->arena);
	free(e);
}

void
chat_get_reply(struct call *r)
{
	struct slice key = {r->rest.p + 9, r->rest.n - 9}; /* behind "/replies/" */
	int64_t id = threads_answer(r->source->chat->threads, key);
	struct buf b = BUF_INIT;

	if (!id) {
		call_error(r, MHD_HTTP_NOT_FOUND, "there is no answer with this key");
		return;
	}
	buf_printf(&b, "{\"id\":\"%lld\"}\n", (long long)id);
	call_answer(r, MHD_HTTP_OK, "application/json", buf_slice(&b));
	buf_release(&b);
}
