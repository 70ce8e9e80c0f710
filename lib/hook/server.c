#include "hook/server.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "hook/chat.h"
#include "hook/listen.h"
#include "hook/server_int.h"

/* Of one connection: its headers must fit. */
#define HEADER_MEMORY ((size_t)24 << 10)

/* How long requests under way are waited for when the server stops. */
#define STOP_MS 10000

static struct MHD_Daemon *
start_daemon(struct server *s)
{
	const struct server_options *o = s->o;

	return MHD_start_daemon(
	    MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
	    call_event, s, MHD_OPTION_LISTEN_SOCKET, s->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
	    o->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->per_ip,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)((o->timeout + 999) / 1000),
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADER_MEMORY, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_NOTIFY_COMPLETED, call_completed, s, MHD_OPTION_NOTIFY_CONNECTION,
	    conn_notify, s, MHD_OPTION_END);
}

static void
release(struct server *s)
{
	if (s->unlink)
		unlink(s->unlink);
	free(s->unlink);
	free(s->address);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

struct server *
server_start(const struct server_options *o, struct sme_err *err)
{
	struct server *s = xcalloc(1, sizeof *s);

	s->o = o;
	pthread_mutex_init(&s->lock, NULL);
	s->listen_fd = listen_on(o->listen, &s->unlink, err);
	if (s->listen_fd >= 0) {
		s->address = listen_address(s->listen_fd, o->listen);
		s->daemon = start_daemon(s);
		if (s->daemon)
			return s;
		err_set(err, SME_OSERR, "cannot start the HTTP server");
		close(s->listen_fd);
	}
	release(s);
	return NULL;
}

const char *
server_address(const struct server *s)
{
	return s->address;
}

void
server_tick(struct server *s)
{
	conn_expire(s);
	for (size_t i = 0; i < sources_count(s->o->sources); i++) {
		struct chat *chat = sources_at(s->o->sources, i)->chat;

		if (chat)
			chat_tick(chat, atomic_load(&s->closing));
	}
}

void
server_stop(struct server *s)
{
	int fd = MHD_quiesce_daemon(s->daemon);
	int64_t until = time_now_ms() + STOP_MS;

	if (fd != MHD_INVALID_SOCKET)
		close(fd);
	atomic_store(&s->closing, true);
	while (atomic_load(&s->active) && time_now_ms() < until) {
		server_tick(s);
		poll(NULL, 0, 5);
	}
	MHD_stop_daemon(s->daemon);
	release(s);
}

struct server_stats
server_stats(const struct server *s)
{
	return (struct server_stats){
	    .requests = s->stats.requests,
	    .accepted = s->stats.accepted,
	    .refused = s->stats.refused,
	    .too_large = s->stats.too_large,
	    .unavailable = s->stats.unavailable,
	    .timeouts = s->stats.timeouts,
	    .handshakes = s->stats.handshakes,
	    .messages = s->stats.messages,
	};
}
