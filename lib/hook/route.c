/* Which handler a path belongs to, and the handlers of webhooks. */
#include <ctype.h>
#include <string.h>

#include "hook/chat.h"
#include "hook/delivery.h"
#include "hook/server_int.h"

static void
not_allowed(struct call *r, const char *allow)
{
	call_answer(r, MHD_HTTP_METHOD_NOT_ALLOWED, NULL, (struct slice){NULL, 0});
	MHD_add_response_header(r->response, "Allow", allow);
}

/* ---- handshakes ---- */

static void
handshake_meta(struct call *r)
{
	struct sources *all = r->server->o->sources;
	struct slice challenge = call_query(r, "hub.challenge");
	bool fine = verify_hub(call_query(r, "hub.mode"), call_query(r, "hub.verify_token"),
	    challenge, sources_secret(all, r->source, "verify_token"));

	sources_unlock(all);
	if (fine)
		call_answer(r, MHD_HTTP_OK, "text/plain", challenge);
}

static void
handshake_crc(struct call *r)
{
	struct sources *all = r->server->o->sources;
	struct buf answer = BUF_INIT;
	bool fine = verify_crc(call_query(r, "crc_token"),
	    sources_secret(all, r->source, r->source->scheme->field), &answer);

	sources_unlock(all);
	if (fine)
		call_answer(r, MHD_HTTP_OK, "application/json", buf_slice(&answer));
	buf_release(&answer);
}

static void
refuse(struct call *r)
{
	atomic_fetch_add(&r->server->stats.refused, 1);
	call_answer(r, MHD_HTTP_FORBIDDEN, NULL, (struct slice){NULL, 0});
}

static void
handshake(struct call *r)
{
	if (slice_is(r->source->challenge, "meta"))
		handshake_meta(r);
	else if (slice_is(r->source->challenge, "crc"))
		handshake_crc(r);
	if (r->response)
		atomic_fetch_add(&r->server->stats.handshakes, 1);
	else
		refuse(r);
}

/* ---- deliveries ---- */

static enum MHD_Result
keep_header(void *ctx, enum MHD_ValueKind kind, const char *key, const char *value)
{
	char name[100];
	size_t n = strlen(key);

	(void)kind;
	if (n >= sizeof name)
		return MHD_YES;
	for (size_t i = 0; i < n; i++)
		name[i] = (char)tolower((unsigned char)key[i]);
	if (delivery_keeps((struct slice){name, n}))
		delivery_pair(ctx, (struct slice){name, n}, slice_of(value));
	return MHD_YES;
}

static enum MHD_Result
keep_query(void *ctx, enum MHD_ValueKind kind, const char *key, const char *value)
{
	(void)kind;
	delivery_pair(ctx, slice_of(key), slice_of(value));
	return MHD_YES;
}

static void
answer_delivery(struct call *r, bool ok)
{
	if (!ok) {
		call_unavailable(r);
		return;
	}
	atomic_fetch_add(&r->server->stats.accepted, 1);
	call_answer(r, MHD_HTTP_OK, NULL, (struct slice){NULL, 0});
}

static bool
is_signed(struct call *r)
{
	struct sources *all = r->server->o->sources;
	const struct hook_source *source = r->source;
	bool fine = verify_signature(source->scheme, call_header(r, source->header),
	    sources_secret(all, source, source->scheme->field), buf_slice(&r->body));

	sources_unlock(all);
	return fine;
}

static void
deliver(struct call *r)
{
	struct buf headers = BUF_INIT, query = BUF_INIT;

	if (!is_signed(r)) {
		refuse(r);
		return;
	}
	MHD_get_connection_values(r->mhd, MHD_HEADER_KIND, keep_header, &headers);
	MHD_get_connection_values(r->mhd, MHD_GET_ARGUMENT_KIND, keep_query, &query);
	delivery_put(&r->record, &(struct delivery){.received = server_now(r->server),
				     .source = r->source->name,
				     .headers = buf_slice(&headers),
				     .query = buf_slice(&query),
				     .body = buf_slice(&r->body)});
	buf_release(&headers);
	buf_release(&query);
	buf_release(&r->body);
	r->committed = answer_delivery;
	call_commit(r, r->server->o->spool);
}

void
hook_route(struct call *r)
{
	if (strcmp(r->method, "POST") == 0)
		r->handle = deliver;
	else if (strcmp(r->method, "GET") == 0)
		r->handle = handshake;
	else
		not_allowed(r, "GET, POST");
}

/* ---- all ---- */

static void
health(struct call *r)
{
	bool failing = atomic_load(&r->server->failing);

	call_answer(r, failing ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK, "text/plain",
	    failing ? SLICE("failing\n") : SLICE("ok\n"));
}

static bool
below(const char *url, const char *prefix, struct slice *rest)
{
	size_t n = strlen(prefix);

	if (strncmp(url, prefix, n) != 0)
		return false;
	*rest = slice_of(url + n);
	return true;
}

void
route_call(struct call *r)
{
	struct sources *all = r->server->o->sources;
	struct slice name;

	if (below(r->url, "/hook/", &name)) {
		r->source = sources_find(all, name);
		if (r->source && r->source->scheme) {
			hook_route(r);
			return;
		}
	} else if (below(r->url, "/chat/", &r->rest)) {
		const char *slash = memchr(r->rest.p, '/', r->rest.n);

		name = (struct slice){r->rest.p, slash ? (size_t)(slash - r->rest.p) : r->rest.n};
		r->rest = (struct slice){r->rest.p + name.n, r->rest.n - name.n};
		r->source = sources_find(all, name);
		if (r->source && r->source->chat) {
			chat_route(r);
			return;
		}
	}
	if (strcmp(r->url, "/health") == 0) {
		health(r);
		return;
	}
	r->source = NULL;
	call_answer(r, MHD_HTTP_NOT_FOUND, NULL, (struct slice){NULL, 0});
}
