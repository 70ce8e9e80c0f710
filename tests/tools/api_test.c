/*
 * A small network with an API, for the tests of connectors:  api_test DIR
 *
 * It listens on 127.0.0.1 and writes its port to DIR/port when it is ready, and a line for every
 * request to DIR/log: "METHOD PATH auth=AUTHORIZATION key=X-KEY body=BODY".  In DIR stand
 *
 *	mentions    a JSON object with an "id" a line, the oldest first
 *	token       when it is there, requests need "Authorization: Bearer " and this
 *	refresh     the refresh token; it is good for once
 *	password    of a login
 *	faults      "PATH COUNT ACTION ...": what happens to the next COUNT requests below PATH
 *
 *	GET  /v1/mentions?limit=N&before=ID&after=ID   newest first: {"data":[...],"next":ID or null}, and
 *	                                               a Link header
 *	GET  /v1/up?limit=N&after=ID                   oldest first
 *	POST /v1/posts                                 {"id":"N"}; the body becomes a line of DIR/posts
 *	POST /login, /refresh                          {"token","refresh","expires_in","did"}
 *
 * Actions: "status N [Name: value|...]" with @+N for the epoch in N seconds and T+N for that time as
 * RFC 3339; "body TEXT"; "cut" the answer in its middle; "drop" it; "slow MS"; "drip"; "headers", too
 * many of them; "endless".  A fault happens after the request has had its effect, "status" before.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TEXT 65536

static char request[TEXT], body_in[TEXT];
static char head[8192], body[16 << 20];
static size_t body_n;
static int status, logfd, issued, pouring; /* the connection is a child's now */

static struct fault {
	char path[100], action[20], rest[500];
	int count;
} faults[32];
static int nfaults;
static char faults_read[TEXT];

static char *
slurp(const char *name, char *to, size_t n)
{
	FILE *f = fopen(name, "r");

	*to = '\0';
	if (!f)
		return NULL;
	to[fread(to, 1, n - 1, f)] = '\0';
	fclose(f);
	return to;
}

static void
save(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	if (!f)
		exit(74);
	fputs(text, f);
	fclose(f);
}

static void
say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	body_n += (size_t)vsnprintf(body + body_n, sizeof body - body_n, fmt, ap);
	va_end(ap);
}

static void
header(const char *fmt, ...)
{
	size_t n = strlen(head);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(head + n, sizeof head - n, fmt, ap);
	va_end(ap);
	strncat(head, "\r\n", sizeof head - strlen(head) - 1);
}

/* ---- what the network can do ---- */

static const char *
query(const char *path, const char *name, char *to, size_t n)
{
	size_t len = strlen(name);

	*to = '\0';
	for (const char *p = strchr(path, '?'); p; p = strchr(p, '&')) {
		p++;
		if (strncmp(p, name, len) == 0 && p[len] == '=') {
			snprintf(to, n, "%.*s", (int)strcspn(p + len + 1, "& "), p + len + 1);
			return to;
		}
	}
	return NULL;
}

static void
list(const char *path, int up)
{
	static char text[16 << 20];
	static char *lines[100000];
	static unsigned long long ids[100000];
	char arg[40];
	const char *id;
	int n = 0, limit = query(path, "limit", arg, sizeof arg) ? atoi(arg) : 20, given = 0;
	unsigned long long after = query(path, "after", arg, sizeof arg) ? strtoull(arg, NULL, 10) : 0;
	unsigned long long before = query(path, "before", arg, sizeof arg) ? strtoull(arg, NULL, 10) : ~0ull;
	unsigned long long last = 0;

	slurp("mentions", text, sizeof text);
	for (char *p = strtok(text, "\n"); p && n < 100000; p = strtok(NULL, "\n")) {
		id = strstr(p, "\"id\":");
		id = id ? id + 5 + (id[5] == '"') : "0";
		ids[n] = strtoull(id, NULL, 10);
		lines[n++] = p;
	}
	say("{\"data\":[");
	for (int i = 0; i < n && given < limit; i++) {
		int at = up ? i : n - 1 - i;

		if (ids[at] <= after || ids[at] >= before)
			continue;
		say("%s%s", given++ ? "," : "", lines[at]);
		last = ids[at];
	}
	say("],\"next\":");
	if (given == limit) {
		say("\"%llu\"}", last);
		header("Link: </v1/mentions?limit=%d&before=%llu>; rel=\"next\", </v1/x>; rel=\"prev\"", limit, last);
	} else {
		say("null}");
	}
}

static void
publish(void)
{
	FILE *f = fopen("posts", "a+");
	int n = 1;

	if (!f)
		exit(74);
	rewind(f);
	for (int c; (c = getc(f)) != EOF;)
		n += c == '\n';
	fprintf(f, "%s\n", body_in);
	fclose(f);
	say("{\"id\":\"%d\"}", n);
}

static void
issue(const char *file, const char *what)
{
	char want[200], token[60], again[60];

	if (!slurp(file, want, sizeof want) || !*want || !strstr(body_in, want)) {
		status = 400;
		say("{\"error\":\"invalid_grant\",\"error_description\":\"the %s is not valid\"}", what);
		return;
	}
	snprintf(token, sizeof token, "token-%d-%d", getpid(), ++issued);
	snprintf(again, sizeof again, "refresh-%d-%d", getpid(), issued);
	save("token", token);
	save("refresh", again);
	say("{\"token\":\"%s\",\"refresh\":\"%s\",\"expires_in\":3600,\"did\":\"did:us:0123456789abcdef\"}", token, again);
}

/* ---- faults ---- */

static void
read_faults(void)
{
	static char text[TEXT];

	slurp("faults", text, sizeof text);
	if (strcmp(text, faults_read) == 0)
		return;
	memcpy(faults_read, text, sizeof text);
	nfaults = 0;
	for (char *p = strtok(text, "\n"); p && nfaults < 32; p = strtok(NULL, "\n")) {
		struct fault *f = &faults[nfaults];

		*f = (struct fault){.count = 0};
		if (sscanf(p, "%99s %d %19s %499[^\n]", f->path, &f->count, f->action, f->rest) >= 3)
			nfaults++;
	}
}

static struct fault *
fault_for(const char *path)
{
	read_faults();
	for (int i = 0; i < nfaults; i++)
		if (faults[i].count && strncmp(path, faults[i].path, strlen(faults[i].path)) == 0) {
			faults[i].count--;
			return &faults[i];
		}
	return NULL;
}

/* @+N and T+N. */
static void
put_time(char *value, size_t n)
{
	time_t at = time(NULL);
	struct tm tm;

	if (strncmp(value, "@+", 2) == 0) {
		snprintf(value, n, "%lld", (long long)at + atoi(value + 2));
	} else if (strncmp(value, "T+", 2) == 0) {
		at += atoi(value + 2);
		gmtime_r(&at, &tm);
		strftime(value, n, "%Y-%m-%dT%H:%M:%SZ", &tm);
	}
}

static void
fail(struct fault *f)
{
	char text[500], *save_p = NULL;
	int used = 0;

	sscanf(f->rest, "%d %n", &status, &used);
	snprintf(text, sizeof text, "%s", f->rest + used);
	for (char *h = strtok_r(text, "|", &save_p); h; h = strtok_r(NULL, "|", &save_p)) {
		char value[200] = "", *colon = strstr(h, ": ");

		if (*h == '{') {
			say("%s", h);
			continue;
		}
		snprintf(value, sizeof value, "%s", colon ? colon + 2 : "");
		put_time(value, sizeof value);
		header("%.*s: %s", (int)strcspn(h, ":"), h, value);
	}
	if (!body_n)
		say("{\"error\":\"a fault\"}");
}

/* ---- the server ---- */

static void
send_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t w = write(fd, p, n);

		if (w <= 0)
			return;
		p += w;
		n -= (size_t)w;
	}
}

static void
pour(int fd, const char *piece, int pause_ms)
{
	pouring = 1;
	if (fork() != 0)
		return;
	for (int i = 0; i < 1000000 && write(fd, piece, strlen(piece)) > 0; i++)
		usleep((useconds_t)pause_ms * 1000);
	_exit(0);
}

static void
answer(int fd, const struct fault *f)
{
	static char out[sizeof head + 200];
	static char many[200000];
	const char *action = f ? f->action : "";
	int n = snprintf(out, sizeof out, "HTTP/1.1 %d Said\r\n%sContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n", status, head, body_n);

	if (strcmp(action, "drop") == 0)
		return;
	if (strcmp(action, "slow") == 0)
		usleep((useconds_t)atoi(f->rest) * 1000);
	if (strcmp(action, "drip") == 0) {
		send_all(fd, "HTTP/1.1 200 OK\r\n\r\n", 19);
		pour(fd, " ", 100);
		return;
	}
	if (strcmp(action, "headers") == 0) {
		memset(many, 'x', sizeof many - 1);
		memcpy(many, "HTTP/1.1 200 OK", 15);
		for (size_t i = 15; i + 10 < sizeof many; i += 1000)
			memcpy(many + i, "\r\nX-Y: z", 8);
		pour(fd, many, 1);
		return;
	}
	if (strcmp(action, "endless") == 0) {
		memset(many, ' ', sizeof many - 1);
		send_all(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", 51);
		pour(fd, many, 0);
		return;
	}
	send_all(fd, out, (size_t)n);
	send_all(fd, body, strcmp(action, "cut") == 0 ? body_n / 2 : body_n);
}

static int
receive(int fd)
{
	size_t n = 0, want = 0;
	char *end = NULL, *length;

	memset(request, 0, sizeof request);
	while (n < sizeof request - 1) {
		ssize_t got = read(fd, request + n, sizeof request - 1 - n);

		if (got <= 0)
			return 0;
		n += (size_t)got;
		end = strstr(request, "\r\n\r\n");
		length = strcasestr(request, "content-length: ");
		want = length && end && length < end ? strtoul(length + 16, NULL, 10) : 0;
		if (end && n >= (size_t)(end + 4 - request) + want)
			break;
	}
	if (!end)
		return 0;
	memcpy(body_in, end + 4, want);
	body_in[want] = '\0';
	*end = '\0';
	return 1;
}

static void
value_of(const char *name, char *to, size_t n)
{
	const char *p = strcasestr(request, name);

	*to = '\0';
	if (p)
		snprintf(to, n, "%.*s", (int)strcspn(p + strlen(name), "\r\n"), p + strlen(name));
}

static void
serve(int fd)
{
	char method[20] = "", path[2000] = "", auth[600], key[200], token[200], want[220];
	static char line[2 * TEXT];
	struct fault *f;

	if (!receive(fd))
		return;
	sscanf(request, "%19s %1999s", method, path);
	value_of("\nauthorization: ", auth, sizeof auth);
	value_of("\nx-key: ", key, sizeof key);
	snprintf(line, sizeof line, "%s %s auth=%s key=%s body=%s\n", method, path, auth, key, body_in);
	send_all(logfd, line, strlen(line));
	status = 200;
	*head = '\0';
	body_n = 0;
	f = fault_for(path);
	snprintf(want, sizeof want, "Bearer %s", slurp("token", token, sizeof token) ? token : "");
	if (f && strcmp(f->action, "status") == 0)
		fail(f);
	else if (strcmp(path, "/login") == 0)
		issue("password", "password");
	else if (strcmp(path, "/refresh") == 0)
		issue("refresh", "refresh token");
	else if (*token && strcmp(auth, want) != 0)
		status = 401, say("{\"error\":\"the access token is invalid\"}");
	else if (strncmp(path, "/v1/mentions", 12) == 0)
		list(path, 0);
	else if (strncmp(path, "/v1/up", 6) == 0)
		list(path, 1);
	else if (strcmp(path, "/v1/posts") == 0)
		publish();
	else
		status = 404, say("{\"error\":\"not found\"}");
	if (f && strcmp(f->action, "body") == 0)
		body_n = 0, say("%s", f->rest);
	answer(fd, f);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	char port[20];

	if (argc != 2 || chdir(argv[1]) < 0)
		return 64;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	logfd = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (logfd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 128) < 0)
		return 71;
	getsockname(fd, (struct sockaddr *)&a, &len);
	snprintf(port, sizeof port, "%d\n", ntohs(a.sin_port));
	save("port.new", port);
	if (rename("port.new", "port") < 0)
		return 74;
	for (;;) {
		int c = accept(fd, NULL, NULL);

		if (c < 0)
			continue;
		pouring = 0;
		serve(c);
		if (!pouring)
			shutdown(c, SHUT_WR);
		close(c);
	}
}
