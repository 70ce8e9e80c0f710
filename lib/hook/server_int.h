/* Private to the server: connections and requests. */
#ifndef SME_HOOK_SERVER_INT_H
#define SME_HOOK_SERVER_INT_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "core/buf.h"
#include "hook/server.h"

/* A client's connection: only what is needed to end one that takes too long. */
struct conn {
	struct conn *prev, *next;
	int fd;
	int64_t deadline; /* INT64_MAX: it is our turn */
};

struct server {
	const struct server_options *o;
	struct MHD_Daemon *daemon;
	int listen_fd;
	char *unlink; /* the path of a unix socket */
	char *address;
	pthread_mutex_t lock; /* of conns */
	struct conn *conns;
	atomic_bool closing;   /* streams should end */
	atomic_bool failing;   /* the last delivery could not be kept */
	atomic_size_t memory;  /* of all bodies */
	atomic_uint active;    /* requests under way */
	struct {
		atomic_uint_fast64_t requests, accepted, refused, too_large, unavailable, timeouts,
		    handshakes, messages;
	} stats;
};

/* ---- connections ---- */

void conn_notify(void *ctx, struct MHD_Connection *mhd, void **socket_ctx,
    enum MHD_ConnectionNotificationCode code);

/* The client has MS milliseconds for what is its turn now; -1: it is ours. */
void conn_allow(struct server *s, struct conn *c, int64_t ms);

/* Cut off those whose time is up. */
void conn_expire(struct server *s);

/* ---- requests ---- */

struct call;

/* Called with the whole body: sets the answer (call_answer) or waits (call_commit). */
typedef void call_fn(struct call *r);

struct call {
	struct commit_job job; /* first: the committer gives it back */
	struct server *server;
	struct MHD_Connection *mhd;
	struct conn *conn;
	call_fn *handle;
	/* On the committer's thread: sets the answer. */
	void (*committed)(struct call *r, bool ok);
	struct hook_source *source; /* NULL: of none */
	const char *method, *url;   /* live as long as the request */
	struct slice rest;          /* of the path, behind the source */
	struct buf body, record;
	size_t arrived;             /* of the body */
	size_t counted;             /* of it, in server->memory */
	bool too_large, no_memory, streaming;
	void *user;                 /* the handler's; freed with free(3) */
	unsigned status;
	struct MHD_Response *response;
};

/* Set the answer; TYPE may be NULL when BODY is empty.  Headers can be added to r->response. */
void call_answer(struct call *r, unsigned status, const char *type, struct slice body);

/* What libmicrohttpd calls. */
enum MHD_Result call_event(void *ctx, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *n, void **request);
void call_completed(void *ctx, struct MHD_Connection *mhd, void **request,
    enum MHD_RequestTerminationCode why);

/* {"error":TEXT} as an answer. */
void call_error(struct call *r, unsigned status, const char *text);

void call_too_large(struct call *r);

/* 503 with Retry-After. */
void call_unavailable(struct call *r);

/* Make r->record durable in SPOOL, then call `committed`.  The last thing a handler does. */
void call_commit(struct call *r, struct spool *spool);

/* A header of the request, or an argument of its query; p == NULL when it is missing. */
struct slice call_header(const struct call *r, const char *name);
struct slice call_query(const struct call *r, const char *name);

int64_t server_now(const struct server *s);

/* Set r->handle, from r->method and r->url, or an answer at once. */
void route_call(struct call *r);

/* The routes of a source: r->source and r->rest are set. */
void hook_route(struct call *r);

#endif
