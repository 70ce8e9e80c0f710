/* The web chat: a page that uses the channel, and what it needs to begin. */
#include <sodium.h>
#include <stdlib.h>

#include "core/file.h"
#include "core/rfc3339.h"
#include "hook/chat_int.h"

/* A guest is known for so long; the browser keeps the token. */
#define GUEST_MS (INT64_C(30) * 24 * 60 * 60 * 1000)

/* Counts new guests; no user has a control byte in the id. */
#define GUESTS SLICE("\001guests")

static void
send_file(struct call *r, const char *name, const char *type)
{
	char *path = sme_share(name);
	struct buf b = BUF_INIT;
	struct sme_err err;

	if (file_read(path, &b, &err) < 0) {
		sme_warn("%s", err.text);
		call_answer(r, MHD_HTTP_NOT_FOUND, NULL, (struct slice){NULL, 0});
	} else {
		call_answer(r, MHD_HTTP_OK, type, buf_slice(&b));
		MHD_add_response_header(r->response, "Referrer-Policy", "no-referrer");
	}
	buf_release(&b);
	free(path);
}

void
chat_get_page(struct call *r)
{
	struct buf policy = BUF_INIT;

	buf_puts(&policy,
	    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'");
	for (NODE_EACH(it, r->source->chat->set.origins)) {
		buf_addc(&policy, ' ');
		buf_adds(&policy, it->text);
	}
	send_file(r, "web/chat.html", "text/html; charset=utf-8");
	MHD_add_response_header(r->response, "Content-Security-Policy", buf_str(&policy));
	buf_release(&policy);
}

void
chat_get_script(struct call *r)
{
	send_file(r, "web/chat.js", "text/javascript; charset=utf-8");
}

void
chat_get_style(struct call *r)
{
	send_file(r, "web/chat.css", "text/css; charset=utf-8");
}

void
chat_get_info(struct call *r)
{
	const struct chat_settings *set = &r->source->chat->set;
	struct buf b = BUF_INIT;

	buf_puts(&b, "{\"title\":");
	json_put_string(&b, set->title);
	buf_printf(
	    &b, ",\"guests\":%s,\"text_max\":%u}\n", set->guests ? "true" : "false", set->text_max);
	call_answer(r, MHD_HTTP_OK, "application/json", buf_slice(&b));
	buf_release(&b);
	chat_allow_origin(r);
}

static void
make_guest(struct call *r)
{
	struct sources *all = r->server->o->sources;
	unsigned char random[12];
	char user[6 + 2 * sizeof random + 1] = "guest-";
	struct identity id = {.user = SLICE(""), .expires = server_now(r->server) + GUEST_MS};
	struct slice secret = sources_secret(all, r->source, "identity_secret");
	struct buf b = BUF_INIT;

	randombytes_buf(random, sizeof random);
	sodium_bin2hex(user + 6, sizeof user - 6, random, sizeof random);
	id.user = slice_of(user);
	if (secret.n) {
		buf_printf(&b, "{\"user\":\"%s\",\"token\":\"", user);
		identity_put(&b, &id, secret);
		buf_puts(&b, "\",\"expires_at\":\"");
		rfc3339_put(&b, id.expires);
		buf_puts(&b, "\"}\n");
		call_answer(r, MHD_HTTP_CREATED, "application/json", buf_slice(&b));
	} else {
		call_unavailable(r);
	}
	sources_unlock(all);
	buf_release(&b);
}

void
chat_post_guest(struct call *r)
{
	const struct chat *c = r->source->chat;

	if (!c->set.guests) {
		call_error(r, MHD_HTTP_FORBIDDEN, "guests are not allowed here");
	} else if (!threads_allow(
		       c->threads, GUESTS, c->set.guests_per_minute, server_now(r->server))) {
		call_error(r, MHD_HTTP_TOO_MANY_REQUESTS, "too many; wait a little");
		MHD_add_response_header(r->response, "Retry-After", "10");
	} else {
		make_guest(r);
	}
	chat_allow_origin(r);
}
