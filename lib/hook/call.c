/* One request from its first line to its answer. */
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "hook/server_int.h"
#include "stream/json.h"

/* All bodies together may take so much, or four of the longest. */
#define MEMORY_MIN ((size_t)64 << 20)

/* A client whose body is too long is read on for so many times the limit, so that it gets to see
 * the answer. */
#define SWALLOW 4

int64_t
server_now(const struct server *s)
{
	return s->o->now == TIME_NONE ? time_now_ms() : s->o->now;
}

struct slice
call_header(const struct call *r, const char *name)
{
	return slice_of(MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, name));
}

struct slice
call_query(const struct call *r, const char *name)
{
	return slice_of(MHD_lookup_connection_value(r->mhd, MHD_GET_ARGUMENT_KIND, name));
}

void
call_answer(struct call *r, unsigned status, const char *type, struct slice body)
{
	struct MHD_Response *response =
	    MHD_create_response_from_buffer(body.n, (void *)(size_t)body.p, MHD_RESPMEM_MUST_COPY);

	if (r->response)
		MHD_destroy_response(r->response);
	r->status = status;
	r->response = response;
	MHD_add_response_header(response, "Cache-Control", "no-store");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (type)
		MHD_add_response_header(response, "Content-Type", type);
}

void
call_error(struct call *r, unsigned status, const char *text)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, "{\"error\":");
	json_put_string(&b, slice_of(text));
	buf_puts(&b, "}\n");
	call_answer(r, status, "application/json", buf_slice(&b));
	buf_release(&b);
}

void
call_unavailable(struct call *r)
{
	atomic_fetch_add(&r->server->stats.unavailable, 1);
	call_error(r, MHD_HTTP_SERVICE_UNAVAILABLE, "cannot be kept now; send it again later");
	MHD_add_response_header(r->response, "Retry-After", "10");
}

void
call_too_large(struct call *r)
{
	atomic_fetch_add(&r->server->stats.too_large, 1);
	call_error(r, MHD_HTTP_CONTENT_TOO_LARGE, "the body is too long");
}

/* ---- waiting for the disk ---- */

static void
job_done(struct commit_job *job, bool ok)
{
	struct call *r = (struct call *)job;
	struct server *s = r->server;

	atomic_store(&s->failing, !ok);
	r->committed(r, ok);
	if (ok && s->o->arrived)
		s->o->arrived(s->o->ctx);
	/* From here on R belongs to the server's thread. */
	MHD_resume_connection(r->mhd);
}

void
call_commit(struct call *r, struct spool *spool)
{
	r->job =
	    (struct commit_job){.spool = spool, .record = buf_slice(&r->record), .done = job_done};
	conn_allow(r->server, r->conn, -1);
	MHD_suspend_connection(r->mhd);
	commit_submit(r->server->o->committer, &r->job);
}

/* ---- from libmicrohttpd ---- */

static enum MHD_Result
send_answer(struct call *r)
{
	if (!r->response)
		return MHD_NO;
	conn_allow(r->server, r->conn, r->streaming ? -1 : r->server->o->timeout);
	return MHD_queue_response(r->mhd, r->status, r->response);
}

static bool
has_body(const struct call *r)
{
	return r->handle && strcmp(r->method, "GET") != 0 && strcmp(r->method, "HEAD") != 0;
}

/* A length that is announced is judged before the body comes. */
static void
check_length(struct call *r)
{
	struct slice length = call_header(r, "Content-Length");
	unsigned long long n;

	if (!r->response && has_body(r) && slice_u64(length, &n) && n > r->server->o->body)
		call_too_large(r);
}

static enum MHD_Result
begin(struct server *s, struct MHD_Connection *mhd, const char *url, const char *method, void **ctx)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct call *r = xcalloc(1, sizeof *r);

	r->server = s;
	r->mhd = mhd;
	r->conn = info ? info->socket_context : NULL;
	r->url = url;
	r->method = method;
	r->body = (struct buf)BUF_INIT_MAX(s->o->body + 1);
	r->record = (struct buf)BUF_INIT;
	*ctx = r;
	atomic_fetch_add(&s->active, 1);
	atomic_fetch_add(&s->stats.requests, 1);
	route_call(r);
	check_length(r);
	if (r->response)
		return send_answer(r);
	conn_allow(s, r->conn, s->o->timeout);
	return MHD_YES;
}

static enum MHD_Result
take_body(struct call *r, const char *data, size_t *n)
{
	struct server *s = r->server;
	size_t limit = s->o->body, room = limit * 4 > MEMORY_MIN ? limit * 4 : MEMORY_MIN;

	r->arrived += *n;
	if (r->arrived > limit)
		r->too_large = true;
	if (!r->too_large && atomic_fetch_add(&s->memory, *n) + *n > room)
		r->no_memory = true;
	r->counted += r->too_large ? 0 : *n;
	if (r->too_large || r->no_memory)
		buf_clear(&r->body);
	else
		buf_add(&r->body, data, *n);
	*n = 0;
	return r->arrived > limit * SWALLOW ? MHD_NO : MHD_YES;
}

static enum MHD_Result
whole(struct call *r)
{
	if (r->response)
		return send_answer(r); /* it was waiting */
	if (r->too_large) {
		call_too_large(r);
	} else if (r->no_memory) {
		call_unavailable(r);
	} else {
		r->handle(r);
		if (r->job.done)
			return MHD_YES;
	}
	return send_answer(r);
}

enum MHD_Result
call_event(void *ctx, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *data, size_t *n, void **request)
{
	(void)version;
	if (!*request)
		return begin(ctx, mhd, url, method, request);
	return *n ? take_body(*request, data, n) : whole(*request);
}

/* What a person may read of it: no query, no body, no address, and of the path only what is ours.
 */
static void
say(const struct call *r)
{
	if (sme_verbosity > 0)
		sme_verbose("%s %s %u, %zu bytes", r->method, r->source ? r->url : "-", r->status,
		    r->arrived);
}

void
call_completed(
    void *ctx, struct MHD_Connection *mhd, void **request, enum MHD_RequestTerminationCode why)
{
	struct call *r = *request;

	(void)ctx;
	(void)mhd;
	(void)why;
	if (!r)
		return;
	*request = NULL;
	say(r);
	conn_allow(r->server, r->conn, r->server->o->timeout);
	atomic_fetch_sub(&r->server->memory, r->counted);
	atomic_fetch_sub(&r->server->active, 1);
	if (r->response)
		MHD_destroy_response(r->response);
	buf_release(&r->body);
	buf_release(&r->record);
	free(r->user);
	free(r);
}
