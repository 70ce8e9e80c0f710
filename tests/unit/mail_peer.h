/*
 * A server that follows a script, for one connection, on a thread of its own.  A line of the script:
 *
 *	"S text"   send TEXT as it is, "%t" being the first word of the last line that had two
 *	"C text"   read a line; it must begin with TEXT, after its first word where TEXT begins with "%t "
 *	"N 12"     read so many bytes
 *	"D"        read up to a line with only a dot
 *	"X"        close the connection and end
 *	"H"        keep it open and say nothing until the client leaves
 *
 * What was read is kept in `got`.
 */
#ifndef TESTS_MAIL_PEER_H
#define TESTS_MAIL_PEER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "net/address.h"

struct peer {
	int listener;
	unsigned port;
	const char *const *script;
	pthread_t thread;
	struct buf got;
	char tag[64];
	const char *missed; /* the line of the script that was not met */
};

static bool
peer_byte(int fd, struct peer *p)
{
	char c;

	if (read(fd, &c, 1) != 1)
		return false;
	buf_addc(&p->got, c);
	return true;
}

static bool
peer_read_line(int fd, struct peer *p, const char *want)
{
	size_t start = p->got.n;
	const char *line, *space;

	do
		if (!peer_byte(fd, p))
			return false;
	while (p->got.p[p->got.n - 1] != '\n');
	line = p->got.p + start;
	space = strchr(line, ' ');
	if (space)
		snprintf(p->tag, sizeof p->tag, "%.*s", (int)(space - line), line);
	if (strncmp(want, "%t ", 3) == 0) {
		want += 3;
		line = space ? space + 1 : line;
	}
	return strncmp(line, want, strlen(want)) == 0;
}

static void
peer_send(int fd, const struct peer *p, const char *text)
{
	struct buf b = BUF_INIT;
	const char *at;

	while ((at = strstr(text, "%t"))) {
		buf_add(&b, text, (size_t)(at - text));
		buf_puts(&b, p->tag);
		text = at + 2;
	}
	buf_puts(&b, text);
	for (size_t n = 0; n < b.n;) {
		ssize_t k = send(fd, b.p + n, b.n - n, MSG_NOSIGNAL);

		if (k <= 0)
			break;
		n += (size_t)k;
	}
	buf_release(&b);
}

static bool
peer_read_data(int fd, struct peer *p)
{
	while (p->got.n < 5 || memcmp(p->got.p + p->got.n - 5, "\r\n.\r\n", 5) != 0)
		if (!peer_byte(fd, p))
			return false;
	return true;
}

static bool
peer_step(int fd, struct peer *p, const char *step)
{
	bool ok = true;

	if (*step == 'S')
		peer_send(fd, p, step + 2);
	else if (*step == 'C')
		ok = peer_read_line(fd, p, step + 2);
	else if (*step == 'D')
		ok = peer_read_data(fd, p);
	else if (*step == 'N')
		for (int n = atoi(step + 2); ok && n > 0; n--)
			ok = peer_byte(fd, p);
	else if (*step == 'H')
		while (peer_byte(fd, p))
			;
	return ok;
}

static void *
peer_run(void *ctx)
{
	struct peer *p = ctx;
	int fd = accept(p->listener, NULL, NULL);

	for (const char *const *step = p->script; *step && fd >= 0 && **step != 'X'; step++)
		if (!peer_step(fd, p, *step)) {
			p->missed = *step;
			break;
		}
	close(fd);
	return NULL;
}

/* SCRIPT ends in NULL. */
static void
peer_start(struct peer *p, const char *const *script)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof a;

	*p = (struct peer){.listener = socket(AF_INET, SOCK_STREAM, 0), .script = script, .got = BUF_INIT};
	if (bind(p->listener, (struct sockaddr *)&a, n) < 0 || listen(p->listener, 1) < 0 ||
	    getsockname(p->listener, (struct sockaddr *)&a, &n) < 0)
		abort();
	p->port = ntohs(a.sin_port);
	if (pthread_create(&p->thread, NULL, peer_run, p) != 0)
		abort();
}

/* Wait for its end; what was not met of the script, or NULL. */
static const char *
peer_end(struct peer *p)
{
	pthread_join(p->thread, NULL);
	close(p->listener);
	return p->missed;
}

static struct address_list *
loopback(void)
{
	static struct address_list list;
	struct address_net net;

	if (!list.n && address_parse(SLICE("127.0.0.0/8"), &net))
		address_list_add(&list, &net);
	return &list;
}

#endif
