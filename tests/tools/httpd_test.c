/*
 * A web server with canned replies for the tests of sme-fetch:  httpd_test DIR PORTFILE LOG
 *
 * It listens on 127.0.0.1, writes its port to PORTFILE when it is ready, a line for every request to
 * LOG, and serves the files of DIR.  The first part of a path says how:
 *
 *	/plain/F         as it is                    /etag/F       with ETag; 304 when it is sent back
 *	/gzip/F          Content-Encoding: gzip      /modified/F   with Last-Modified, 304 likewise
 *	/chunked/F       in chunks                   /short/F      100 bytes less than announced
 *	/slow/MS/F       after MS milliseconds       /charset/C/F  with charset=C
 *	/flaky/N/F       N times 503 before          /seq/F        F.1, F.2, ... for each request
 *	/redirect/N/F    N times 302 before          /moved/F      301 to /plain/F
 *	/retry/V/F       once 503 and Retry-After: V /auth/F       only for user "u", password "p"
 *	/to/URL          302 to URL                  /status/N     nothing but status N
 *	/robots.txt      that of DIR, if there is one
 *	/hang            no answer at all            /bomb         10 KiB that unpack to 10 MiB
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#define STAMP "Sat, 21 Nov 2026 10:00:00 GMT"

/* How often each path was asked for, shared by the processes that answer. */
static struct {
	char path[200];
	int count;
} *hits;
#define NHITS 256

struct reply {
	int fd;
	const char *request; /* all of it, headers included */
	char headers[1024];
	int status;
	char *body;
	size_t n;
	int chunked, missing;
};

static void
send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w <= 0)
			_exit(0);
		p += w;
		n -= (size_t)w;
	}
}

static int
hit(const char *path)
{
	for (int i = 0; i < NHITS; i++) {
		if (!*hits[i].path)
			snprintf(hits[i].path, sizeof hits[i].path, "%s", path);
		if (strcmp(hits[i].path, path) == 0)
			return __atomic_fetch_add(&hits[i].count, 1, __ATOMIC_SEQ_CST);
	}
	return 0;
}

static void
load(struct reply *r, const char *path)
{
	char name[300];
	FILE *f;

	snprintf(name, sizeof name, "%.*s", (int)strcspn(path, "?"), path); /* a query changes nothing */
	f = strstr(name, "..") ? NULL : fopen(name, "r");
	if (!f) {
		r->status = 404;
		return;
	}
	r->body = malloc(16 << 20);
	r->n = fread(r->body, 1, 16 << 20, f);
	fclose(f);
}

static void
pack(struct reply *r)
{
	z_stream z = {0};
	char *out = malloc(r->n + 4096);

	deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	z.next_in = (unsigned char *)r->body;
	z.avail_in = (unsigned)r->n;
	z.next_out = (unsigned char *)out;
	z.avail_out = (unsigned)r->n + 4096;
	deflate(&z, Z_FINISH);
	r->n = z.total_out;
	deflateEnd(&z);
	free(r->body);
	r->body = out;
	strcat(r->headers, "Content-Encoding: gzip\r\n");
}

static void
finish(struct reply *r)
{
	char head[2048];
	int n = snprintf(head, sizeof head, "HTTP/1.1 %d Canned\r\n%sConnection: close\r\n", r->status,
	    r->headers);

	if (r->chunked)
		n += snprintf(head + n, sizeof head - (size_t)n, "Transfer-Encoding: chunked\r\n\r\n");
	else
		n += snprintf(head + n, sizeof head - (size_t)n, "Content-Length: %zu\r\n\r\n",
		    r->n + (size_t)r->missing);
	send_all(r->fd, head, (size_t)n);
	for (size_t at = 0; r->chunked && at < r->n; at += 7) {
		size_t piece = r->n - at < 7 ? r->n - at : 7;

		n = snprintf(head, sizeof head, "%zx\r\n%.*s\r\n", piece, (int)piece, r->body + at);
		send_all(r->fd, head, (size_t)n);
	}
	if (r->chunked)
		send_all(r->fd, "0\r\n\r\n", 5);
	else if (r->n)
		send_all(r->fd, r->body, r->n);
}

static void
header(struct reply *r, const char *name, const char *value)
{
	size_t n = strlen(r->headers);

	snprintf(r->headers + n, sizeof r->headers - n, "%s: %s\r\n", name, value);
}

/* Cut "A/B" at the slash: A stays in *S, B is returned. */
static char *
cut(char *s)
{
	char *slash = strchr(s, '/');

	if (!slash)
		return s + strlen(s);
	*slash = '\0';
	return slash + 1;
}

static void
canned(struct reply *r, const char *how, char *rest, const char *path)
{
	char text[300], *name;

	if (strcmp(how, "status") == 0) {
		r->status = atoi(rest);
	} else if (strcmp(how, "to") == 0) {
		r->status = 302;
		header(r, "Location", rest);
	} else if (strcmp(how, "moved") == 0) {
		r->status = 301;
		snprintf(text, sizeof text, "/plain/%s", rest);
		header(r, "Location", text);
	} else if (strcmp(how, "redirect") == 0) {
		name = cut(rest);
		r->status = 302;
		if (atoi(rest) > 1)
			snprintf(text, sizeof text, "/redirect/%d/%s", atoi(rest) - 1, name);
		else
			snprintf(text, sizeof text, "/plain/%s", name);
		header(r, "Location", text);
	} else if (strcmp(how, "flaky") == 0) {
		name = cut(rest);
		if (hit(path) < atoi(rest))
			r->status = 503;
		else
			load(r, name);
	} else if (strcmp(how, "retry") == 0) {
		name = cut(rest);
		if (hit(path) == 0) {
			r->status = 503;
			for (char *p = rest; *p; p++)
				*p = *p == '_' ? ' ' : *p;
			header(r, "Retry-After", rest);
		} else {
			load(r, name);
		}
	} else if (strcmp(how, "slow") == 0) {
		name = cut(rest);
		usleep((useconds_t)atoi(rest) * 1000);
		load(r, name);
	} else if (strcmp(how, "charset") == 0) {
		name = cut(rest);
		snprintf(text, sizeof text, "text/xml; charset=%s", rest);
		header(r, "Content-Type", text);
		load(r, name);
	} else if (strcmp(how, "seq") == 0) {
		int n = hit(path) + 1;

		for (; n > 0; n--) {
			snprintf(text, sizeof text, "%s.%d", rest, n);
			if (access(text, R_OK) == 0)
				break;
		}
		load(r, text);
	} else if (strcmp(how, "etag") == 0) {
		load(r, rest);
		snprintf(text, sizeof text, "\"%lx\"", crc32(0, (unsigned char *)r->body, (unsigned)r->n));
		header(r, "ETag", text);
		if (strstr(r->request, text))
			r->status = 304, r->n = 0;
	} else if (strcmp(how, "modified") == 0) {
		load(r, rest);
		header(r, "Last-Modified", STAMP);
		if (strstr(r->request, "If-Modified-Since: " STAMP))
			r->status = 304, r->n = 0;
	} else if (strcmp(how, "auth") == 0) {
		load(r, rest);
		if (!strstr(r->request, "Authorization: Basic dTpw"))
			r->status = 401, r->n = 0;
	} else if (strcmp(how, "hang") == 0) {
		sleep(60);
		_exit(0);
	} else if (strcmp(how, "bomb") == 0) {
		r->n = 10 << 20;
		r->body = calloc(1, r->n);
		pack(r);
	} else if (strcmp(how, "robots.txt") == 0) {
		load(r, how);
	} else {
		load(r, rest);
		if (strcmp(how, "gzip") == 0)
			pack(r);
		r->chunked = strcmp(how, "chunked") == 0;
		r->missing = strcmp(how, "short") == 0 ? 100 : 0;
	}
}

static void
answer(int fd, int log)
{
	char request[8192] = "", path[300] = "", copy[300], line[700], *rest;
	const char *agent, *etag;
	size_t n = 0;
	struct reply r = {.fd = fd, .request = request, .status = 200};

	while (n < sizeof request - 1 && !strstr(request, "\r\n\r\n")) {
		ssize_t got = read(fd, request + n, sizeof request - 1 - n);

		if (got <= 0)
			return;
		n += (size_t)got;
		request[n] = '\0';
	}
	sscanf(request, "GET %299s", path);
	agent = strstr(request, "User-Agent: ");
	etag = strstr(request, "If-");
	n = (size_t)snprintf(line, sizeof line, "%s agent=%.*s %.*s\n", path,
	    agent ? (int)strcspn(agent + 12, "\r") : 0, agent ? agent + 12 : "",
	    etag ? (int)strcspn(etag, "\r") : 0, etag ? etag : "");
	if (write(log, line, n) < 0)
		return;
	snprintf(copy, sizeof copy, "%s", path + (*path == '/'));
	rest = cut(copy);
	canned(&r, copy, rest, path);
	finish(&r);
}

static int
listen_local(const char *portfile)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char tmp[4096];
	FILE *f;

	if (bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 128) < 0)
		return -1;
	getsockname(fd, (struct sockaddr *)&a, &len);
	snprintf(tmp, sizeof tmp, "%s.tmp", portfile);
	f = fopen(tmp, "w");
	if (!f)
		return -1;
	fprintf(f, "%d\n", ntohs(a.sin_port));
	fclose(f);
	return rename(tmp, portfile) < 0 ? -1 : fd;
}

int
main(int argc, char **argv)
{
	int fd, log;

	if (argc != 4 || (log = open(argv[3], O_WRONLY | O_CREAT | O_APPEND, 0600)) < 0)
		return 64;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	hits = mmap(NULL, NHITS * sizeof *hits, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fd = listen_local(argv[2]);
	if (fd < 0 || chdir(argv[1]) < 0)
		return 71;
	for (;;) {
		int c = accept(fd, NULL, NULL);

		if (c < 0)
			continue;
		if (fork() == 0) {
			answer(c, log);
			shutdown(c, SHUT_WR);
			_exit(0);
		}
		close(c);
	}
}
