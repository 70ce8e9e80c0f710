/*
 * Connections that take too long.  libmicrohttpd ends one on which nothing moves at all; a client
 * that sends a byte now and then is ended here.
 */
#include <stdlib.h>
#include <sys/socket.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "hook/server_int.h"

static void
link_conn(struct server *s, struct conn *c)
{
	pthread_mutex_lock(&s->lock);
	c->next = s->conns;
	if (c->next)
		c->next->prev = c;
	s->conns = c;
	pthread_mutex_unlock(&s->lock);
}

static void
unlink_conn(struct server *s, struct conn *c)
{
	pthread_mutex_lock(&s->lock);
	if (c->next)
		c->next->prev = c->prev;
	*(c->prev ? &c->prev->next : &s->conns) = c->next;
	pthread_mutex_unlock(&s->lock);
}

void
conn_notify(void *ctx, struct MHD_Connection *mhd, void **socket_ctx,
    enum MHD_ConnectionNotificationCode code)
{
	struct server *s = ctx;
	struct conn *c = *socket_ctx;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
		    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

		c = xcalloc(1, sizeof *c);
		c->fd = info ? info->connect_fd : -1;
		c->deadline = time_now_ms() + s->o->timeout;
		*socket_ctx = c;
		link_conn(s, c);
	} else if (c) {
		/* The descriptor is still open: expiring cannot hit another one of its number. */
		unlink_conn(s, c);
		free(c);
	}
}

void
conn_allow(struct server *s, struct conn *c, int64_t ms)
{
	if (!c)
		return;
	pthread_mutex_lock(&s->lock);
	c->deadline = ms < 0 ? INT64_MAX : time_now_ms() + ms;
	pthread_mutex_unlock(&s->lock);
}

void
conn_expire(struct server *s)
{
	int64_t now = time_now_ms();

	pthread_mutex_lock(&s->lock);
	for (struct conn *c = s->conns; c; c = c->next) {
		if (c->deadline > now || c->fd < 0)
			continue;
		shutdown(c->fd, SHUT_RDWR);
		c->deadline = INT64_MAX;
		atomic_fetch_add(&s->stats.timeouts, 1);
	}
	pthread_mutex_unlock(&s->lock);
}
