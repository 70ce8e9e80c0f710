/*
 * Stand before a mail server and cut its first connection where it hurts; later ones pass.
 * usage: smtp_cut PORT before|after
 *
 *	before   the end of the mail never reaches the server
 *	after    the server has taken the mail, its answer never reaches the client
 *
 * PORT is that of the server on 127.0.0.1.  The first line of the output is the port to connect to.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in
loopback(int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
	    .sin_port = htons((unsigned short)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* The last five bytes of what the client said. */
static char tail[5];

static bool
ends_mail(const char *p, ssize_t n)
{
	for (ssize_t i = 0; i < n; i++) {
		memmove(tail, tail + 1, sizeof tail - 1);
		tail[sizeof tail - 1] = p[i];
	}
	return memcmp(tail, "\r\n.\r\n", sizeof tail) == 0;
}

/* Pass on what comes until a side leaves, or it is time to cut. */
static void
relay(int client, int server, bool cut, bool after)
{
	struct pollfd p[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
	bool taken = false;
	char buf[65536];

	while (poll(p, 2, -1) > 0) {
		int from = p[1].revents ? 1 : 0;
		ssize_t n = read(p[from].fd, buf, sizeof buf);

		if (n <= 0 || (from == 1 && taken))
			return;
		if (from == 0 && cut && ends_mail(buf, n)) {
			if (!after)
				return;
			taken = true;
		}
		if (send(p[!from].fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
			return;
	}
}

int
main(int argc, char **argv)
{
	struct sockaddr_in own = loopback(0), server = loopback(argc == 3 ? atoi(argv[1]) : 0);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t n = sizeof own;
	bool after;

	if (argc != 3 || bind(listener, (struct sockaddr *)&own, n) < 0 || listen(listener, 8) < 0 ||
	    getsockname(listener, (struct sockaddr *)&own, &n) < 0) {
		fputs("usage: smtp_cut PORT before|after\n", stderr);
		return 64;
	}
	after = strcmp(argv[2], "after") == 0;
	printf("%d\n", ntohs(own.sin_port));
	fflush(stdout);
	for (bool first = true;; first = false) {
		int client = accept(listener, NULL, NULL), up = socket(AF_INET, SOCK_STREAM, 0);

		if (client < 0 || connect(up, (struct sockaddr *)&server, sizeof server) < 0)
			return 69;
		relay(client, up, first, after);
		close(client);
		close(up);
	}
}
