/*
 * The HTTP side of sme-hook: one thread that takes requests, checks them, hands them to the
 * committer and answers once they are durable.
 *
 *	/hook/SOURCE	handshakes (GET) and deliveries (POST) of networks
 *	/chat/SOURCE/	the in-app channel, see chat.h
 *	/health		200 while deliveries can be kept, 503 while they cannot
 */
#ifndef SME_HOOK_SERVER_H
#define SME_HOOK_SERVER_H

#include <stdint.h>

#include "core/err.h"
#include "hook/commit.h"
#include "hook/sources.h"

/* Defaults, see sme.jq(5). */
#define SERVER_LISTEN "127.0.0.1:8480"
#define SERVER_BODY ((size_t)1 << 20)
#define SERVER_CONNECTIONS 512
#define SERVER_TIMEOUT INT64_C(20000)

struct server_options {
	const char *listen;   /* "127.0.0.1:8480", "[::1]:8480" or "unix:/run/sme/hook.sock" */
	size_t body;          /* a longer one is answered with 413 */
	unsigned connections; /* at once */
	unsigned per_ip;      /* of one address at once; 0: no limit of its own */
	int64_t timeout;      /* ms for a request to arrive whole, and for its answer to be taken */
	struct sources *sources;
	struct spool *spool; /* for deliveries */
	struct committer *committer;
	/* Called after records became durable, on the committer's thread. */
	void (*arrived)(void *ctx);
	void *ctx;
	int64_t now; /* TIME_NONE: the clock */
};

/* Counted since the start. */
struct server_stats {
	uint64_t requests, accepted, refused, too_large, unavailable, timeouts, handshakes, messages;
};

struct server;

/* Listen and start.  OPTIONS and all it points to must stay until server_stop. */
struct server *server_start(const struct server_options *o, struct sme_err *err);

/* Where it listens, with the port that was given for port 0. */
const char *server_address(const struct server *s);

/* About once a second: end what takes too long, keep streams alive. */
void server_tick(struct server *s);

/* Take no new connections, finish the requests that are under way, and stop. */
void server_stop(struct server *s);

struct server_stats server_stats(const struct server *s);

#endif
