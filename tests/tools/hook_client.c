/*
 * Sends signed deliveries as fast as they are taken, and notes which were answered with 200.
 *
 *	hook_client [-C] [-a FILE] [-b BYTES] [-c CONNECTIONS] [-i FIRST] [-m ITEMS] [-n COUNT]
 *	    [-t SECONDS] ADDRESS PATH KEY
 *
 * ADDRESS is HOST:PORT or unix:PATH.  With -C it sends messages of the in-app channel instead, and KEY
 * is the token; otherwise each delivery has ITEMS (1) items, with the ids N-0, N-1 ...  Every delivery has an id of its own, from FIRST on; the ids that
 * got a 200 go to FILE, one a line.  A connection that breaks is made again, and what had no answer is
 * sent again.  At the end: "ACKNOWLEDGED OTHER SECONDS".  Ends after COUNT, after SECONDS, or at SIGTERM.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "hook/verify.h"

struct conn {
	int fd; /* -1: to be made */
	unsigned long id;
	bool busy; /* id has been sent and not answered */
	struct buf out, in;
	size_t sent;
};

static struct {
	const char *address, *path, *key, *acked;
	size_t bytes, connections;
	unsigned long first, count, items;
	double seconds;
	bool chat;
} opt = {.bytes = 600, .connections = 64, .count = 1000000000, .items = 1};

static volatile sig_atomic_t stop;
static int epoll;
static FILE *acked;
static unsigned long next_id, good, other;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
dial(void)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list;
	char host[100];
	const char *colon = strrchr(opt.address, ':');
	int fd, r;

	if (strncmp(opt.address, "unix:", 5) == 0) {
		snprintf(un.sun_path, sizeof un.sun_path, "%s", opt.address + 5);
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		r = connect(fd, (struct sockaddr *)&un, sizeof un);
	} else {
		snprintf(host, sizeof host, "%.*s", (int)(colon - opt.address), opt.address);
		if (getaddrinfo(host, colon + 1, &hints, &list) != 0)
			return -1;
		fd = socket(list->ai_family, SOCK_STREAM, 0);
		r = connect(fd, list->ai_addr, list->ai_addrlen);
		freeaddrinfo(list);
	}
	if (r < 0) {
		close(fd);
		return -1;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void
put_text(struct buf *body, unsigned long id)
{
	buf_printf(body, "\"text\":\"Seit gestern kein Netz in Kiel, nummer %lu", id);
	while (body->n + 4 < opt.bytes)
		buf_puts(body, " und so weiter");
	buf_puts(body, "\"}");
}

static void
put_items(struct buf *body, unsigned long id)
{
	buf_puts(body, "{\"items\":[");
	for (unsigned long i = 0; i < opt.items; i++) {
		buf_printf(body, "%s{\"id\":\"%lu-%lu\",", i ? "," : "", id, i);
		put_text(body, id);
	}
	buf_puts(body, "]}");
}

/* Delivery number ID as a request. */
static void
make_request(struct conn *c)
{
	static struct buf body = BUF_INIT;
	char mac[VERIFY_HEX];

	buf_clear(&body);
	if (opt.chat) {
		buf_printf(&body, "{\"id\":\"%lu\",", c->id);
		put_text(&body, c->id);
	} else {
		put_items(&body, c->id);
	}
	buf_clear(&c->out);
	buf_printf(&c->out, "POST %s HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n",
	    opt.path);
	if (opt.chat)
		buf_printf(&c->out, "Authorization: Bearer %s\r\n", opt.key);
	else
		buf_printf(&c->out, "X-SME-Signature: sha256=%s\r\n",
		    verify_hex(slice_of(opt.key), buf_slice(&body), mac));
	buf_printf(&c->out, "Content-Length: %zu\r\n\r\n", body.n);
	buf_adds(&c->out, buf_slice(&body));
	c->sent = 0;
}

static void
want(struct conn *c, unsigned events, int how)
{
	struct epoll_event e = {.events = events, .data.ptr = c};

	epoll_ctl(epoll, how, c->fd, &e);
}

static void
drop(struct conn *c)
{
	close(c->fd);
	c->fd = -1;
}

static void
push(struct conn *c)
{
	ssize_t n = send(c->fd, c->out.p + c->sent, c->out.n - c->sent, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN) {
		drop(c);
		return;
	}
	c->sent += n > 0 ? (size_t)n : 0;
	want(c, c->sent < c->out.n ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
}

/* The next delivery, or the one that has no answer yet. */
static void
begin(struct conn *c)
{
	if (!c->busy) {
		if (next_id - opt.first >= opt.count)
			return;
		c->id = next_id++;
		c->busy = true;
	}
	make_request(c);
	push(c);
}

/* One whole answer at the start of c->in: its length, or 0. */
static size_t
answer_length(const struct conn *c)
{
	const char *end = c->in.n ? strstr(c->in.p, "\r\n\r\n") : NULL, *length;

	if (!end)
		return 0;
	length = strcasestr(c->in.p, "\r\nContent-Length:");
	end += 4 + (length && length < end ? strtoul(length + 17, NULL, 10) : 0);
	return end <= c->in.p + c->in.n ? (size_t)(end - c->in.p) : 0;
}

static void
take(struct conn *c)
{
	size_t n = answer_length(c);

	if (!n)
		return;
	if (strncmp(c->in.p + 9, "200", 3) == 0 || strncmp(c->in.p + 9, "201", 3) == 0) {
		good++;
		if (acked)
			fprintf(acked, "%lu\n", c->id);
		c->busy = false;
	} else {
		other++;
	}
	buf_clear(&c->in);
	if (!stop)
		begin(c);
}

static void
pull(struct conn *c)
{
	ssize_t n;

	buf_reserve(&c->in, 4096);
	n = recv(c->fd, c->in.p + c->in.n, 4000, 0);
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		drop(c);
		return;
	}
	if (n < 0)
		return;
	c->in.n += (size_t)n;
	c->in.p[c->in.n] = '\0';
	take(c);
}

static bool
revive(struct conn *c)
{
	c->fd = dial();
	if (c->fd < 0)
		return false;
	buf_clear(&c->in);
	want(c, EPOLLIN, EPOLL_CTL_ADD);
	begin(c);
	return true;
}

static bool
finished(const struct conn *conns, double until)
{
	if (stop || (opt.seconds > 0 && now() >= until))
		return true;
	if (next_id - opt.first < opt.count)
		return false;
	for (size_t i = 0; i < opt.connections; i++)
		if (conns[i].busy)
			return false;
	return true;
}

static void
work(struct conn *conns)
{
	double until = now() + opt.seconds;
	struct epoll_event events[64];

	while (!finished(conns, until)) {
		bool down = false;
		int n;

		for (size_t i = 0; i < opt.connections && !down; i++)
			if (conns[i].fd < 0)
				down = !revive(&conns[i]);
		n = epoll_wait(epoll, events, 64, down ? 2 : 20);
		for (int i = 0; i < n; i++) {
			struct conn *c = events[i].data.ptr;

			if (events[i].events & EPOLLOUT)
				push(c);
			if (c->fd >= 0 && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
				pull(c);
		}
	}
}

int
main(int argc, char **argv)
{
	struct conn *conns;
	double start;
	int o;

	while ((o = getopt(argc, argv, "Ca:b:c:i:m:n:t:")) != -1) {
		switch (o) {
		case 'C': opt.chat = true; break;
		case 'a': opt.acked = optarg; break;
		case 'b': opt.bytes = strtoul(optarg, NULL, 10); break;
		case 'c': opt.connections = strtoul(optarg, NULL, 10); break;
		case 'i': opt.first = strtoul(optarg, NULL, 10); break;
		case 'm': opt.items = strtoul(optarg, NULL, 10); break;
		case 'n': opt.count = strtoul(optarg, NULL, 10); break;
		case 't': opt.seconds = strtod(optarg, NULL); break;
		default: return 64;
		}
	}
	if (argc - optind != 3)
		return 64;
	opt.address = argv[optind];
	opt.path = argv[optind + 1];
	opt.key = argv[optind + 2];
	acked = opt.acked ? fopen(opt.acked, "a") : NULL;
	if (acked)
		setvbuf(acked, NULL, _IOLBF, 1 << 16);
	signal(SIGTERM, on_signal);
	next_id = opt.first;
	epoll = epoll_create1(0);
	conns = calloc(opt.connections, sizeof *conns);
	for (size_t i = 0; i < opt.connections; i++)
		conns[i] = (struct conn){.fd = -1, .out = BUF_INIT, .in = BUF_INIT};
	start = now();
	work(conns);
	printf("%lu %lu %.3f\n", good, other, now() - start);
	return 0;
}
