#include "hook/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"

#define BACKLOG 1024

/* "HOST:PORT", of which HOST may be in brackets, empty or "*". */
static bool
split(const char *where, char host[256], char port[6])
{
	const char *colon = strrchr(where, ':');
	struct slice h = {where, colon ? (size_t)(colon - where) : 0};
	unsigned long long n;

	if (!colon || !slice_u64(slice_of(colon + 1), &n) || n > 65535 || strlen(colon + 1) > 5)
		return false;
	if (h.n > 1 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		h = (struct slice){h.p + 1, h.n - 2};
	else if (memchr(h.p, ':', h.n))
		return false;
	if (h.n >= 256)
		return false;
	memcpy(host, h.p, h.n);
	host[h.n] = '\0';
	strcpy(port, colon + 1);
	return true;
}

int
listen_check(const char *where, struct sme_err *err)
{
	char host[256], port[6];

	if (strncmp(where, "unix:", 5) == 0) {
		size_t n = strlen(where + 5);

		if (n && n < sizeof((struct sockaddr_un *)0)->sun_path)
			return 0;
		return err_set(err, SME_CONFIG,
		    "%s: expected a path of at most 107 bytes behind unix:", where);
	}
	if (split(where, host, port))
		return 0;
	return err_set(err, SME_CONFIG,
	    "\"%s\": expected an address such as \"127.0.0.1:8480\" or \"unix:/run/sme/hook.sock\"",
	    where);
}

/* Does nobody listen at ADDR any more? */
static bool
is_stale(const struct sockaddr_un *addr)
{
	struct stat sb;
	int fd, r;

	if (lstat(addr->sun_path, &sb) < 0 || !S_ISSOCK(sb.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	r = connect(fd, (const struct sockaddr *)addr, sizeof *addr);
	r = r < 0 ? errno : 0;
	close(fd);
	return r == ECONNREFUSED;
}

static int
listen_unix(const char *where, char **to_unlink, struct sme_err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd;

	strcpy(addr.sun_path, where + 5);
	if (is_stale(&addr))
		unlink(addr.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(err, SME_OSERR, "socket");
	if (bind(fd, (struct sockaddr *)&addr, sizeof addr) < 0) {
		err_sys(err, errno == EADDRINUSE ? SME_TEMPFAIL : SME_CANTCREAT, "%s", where);
		close(fd);
		return -1;
	}
	if (chmod(addr.sun_path, 0660) < 0 || listen(fd, BACKLOG) < 0) {
		err_sys(err, SME_CANTCREAT, "%s", where);
		unlink(addr.sun_path);
		close(fd);
		return -1;
	}
	*to_unlink = xstrdup(addr.sun_path);
	return fd;
}

static int
listen_inet(const struct addrinfo *a)
{
	int on = 1, off = 0;
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	on = errno;
	close(fd);
	errno = on;
	return -1;
}

int
listen_on(const char *where, char **to_unlink, struct sme_err *err)
{
	struct addrinfo hints = {
	    .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *list = NULL;
	char host[256], port[6];
	bool all;
	int fd = -1, r;

	*to_unlink = NULL;
	if (listen_check(where, err) < 0)
		return -1;
	if (strncmp(where, "unix:", 5) == 0)
		return listen_unix(where, to_unlink, err);
	split(where, host, port);
	all = !*host || strcmp(host, "*") == 0;
	r = getaddrinfo(all ? NULL : host, port, &hints, &list);
	if (r)
		return err_set(err, SME_CONFIG, "%s: %s", where, gai_strerror(r));
	/* For all addresses a socket of IPv6 takes IPv4 as well. */
	for (const struct addrinfo *a = list; all && a && fd < 0; a = a->ai_next)
		if (a->ai_family == AF_INET6)
			fd = listen_inet(a);
	for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
		fd = listen_inet(a);
	if (fd < 0)
		err_sys(err, errno == EADDRINUSE ? SME_TEMPFAIL : SME_CANTCREAT, "%s", where);
	freeaddrinfo(list);
	return fd;
}

char *
listen_address(int fd, const char *where)
{
	struct sockaddr_storage addr;
	socklen_t n = sizeof addr;
	char host[64], port[8];
	struct buf b = BUF_INIT;

	if (strncmp(where, "unix:", 5) == 0 || getsockname(fd, (struct sockaddr *)&addr, &n) < 0 ||
	    getnameinfo((struct sockaddr *)&addr, n, host, sizeof host, port, sizeof port,
		NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return xstrdup(where);
	buf_printf(&b, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);
	return buf_detach(&b);
}
