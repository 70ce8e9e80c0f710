/*
 * A network for the tests, whose ways are a jq program:  fake_api PORTFILE LOG FILE.jq...
 *
 * The files are read one after the other as one program.  It gets {state, request} and yields
 * {state, answer}: state is whatever it likes, {} at first; request is {method, path, query, headers,
 * body, now}, names of headers in lower case, a parameter "x[]" a list, body a value when it is JSON,
 * otherwise a text, now in seconds.  answer is {status, headers, body} and, for what a network does wrong:
 *
 *	cut: N       only the first N bytes of the body, although all are announced
 *	drop: true   no answer at all, the connection is reset
 *	pace: MS     the body byte by byte, with a pause after each
 *	delay: MS    a pause before the answer
 *
 * It listens on 127.0.0.1 and writes its port to PORTFILE when it is ready; LOG gets one line of JSON
 * for each request: {request, answer}.  Requests are worked on one at a time, answers go out beside
 * each other.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <jq.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_MAX ((size_t)4 << 20)

static jq_state *program;
static jv state; /* of the network; under `lock`, like the program and the log */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *logfile;

__attribute__((format(printf, 1, 2), noreturn)) static void
fail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("fake_api: ", stderr);
	vfprintf(stderr, format, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(70);
}

/* ---- the request ---- */

static char *
unescape(const char *s, size_t n)
{
	char *out = malloc(n + 1), *o = out;

	if (!out)
		fail("out of memory");
	for (size_t i = 0; i < n; i++) {
		char hex[3] = {0};

		if (s[i] == '%' && i + 2 < n && isxdigit((unsigned char)s[i + 1]) &&
		    isxdigit((unsigned char)s[i + 2])) {
			memcpy(hex, s + i + 1, 2);
			*o++ = (char)strtol(hex, NULL, 16);
			i += 2;
		} else {
			*o++ = s[i] == '+' ? ' ' : s[i];
		}
	}
	*o = '\0';
	return out;
}

static jv
add_to_list(jv object, const char *key, const char *value)
{
	jv list = jv_object_get(jv_copy(object), jv_string(key));

	if (!jv_is_valid(list)) {
		jv_free(list);
		list = jv_array();
	}
	return jv_object_set(object, jv_string(key), jv_array_append(list, jv_string(value)));
}

/* "a=1&b=2" as an object. */
static jv
pairs(const char *s, size_t n)
{
	jv out = jv_object();

	while (n) {
		const char *end = memchr(s, '&', n);
		size_t len = end ? (size_t)(end - s) : n;
		const char *eq = memchr(s, '=', len);
		size_t klen = eq ? (size_t)(eq - s) : len;
		char *k = unescape(s, klen);
		char *v = eq ? unescape(eq + 1, len - klen - 1) : unescape("", 0);

		size_t n_k = strlen(k);

		if (n_k > 2 && strcmp(k + n_k - 2, "[]") == 0)
			out = add_to_list(out, k, v);
		else if (klen)
			out = jv_object_set(out, jv_string(k), jv_string(v));
		free(k);
		free(v);
		s += len + (end != NULL);
		n -= len + (end != NULL);
	}
	return out;
}

static jv
body_value(const char *type, const char *body, size_t n)
{
	jv v;

	/* curl calls everything a form. */
	if (strcasestr(type, "x-www-form-urlencoded") && *body != '{' && *body != '[')
		return pairs(body, n);
	v = jv_parse_sized(body, (int)n);
	if (n && jv_is_valid(v))
		return v;
	jv_free(v);
	return jv_string_sized(body, (int)n);
}

static jv
header_values(char *head, char *type, size_t size)
{
	jv headers = jv_object();
	char *save = NULL;

	*type = '\0';
	for (char *l = strtok_r(head, "\r\n", &save); l; l = strtok_r(NULL, "\r\n", &save)) {
		char *colon = strchr(l, ':'), *v;

		if (!colon)
			continue;
		*colon = '\0';
		for (char *p = l; *p; p++)
			*p = (char)tolower((unsigned char)*p);
		v = colon + 1 + strspn(colon + 1, " \t");
		if (strcmp(l, "content-type") == 0)
			snprintf(type, size, "%s", v);
		headers = jv_object_set(headers, jv_string(l), jv_string(v));
	}
	return headers;
}

/* All of a request: bytes up to the end of the body that is announced.  NULL: none came. */
static char *
receive(int fd, size_t *n, char **body)
{
	char *buf = malloc(REQUEST_MAX + 1), *end = NULL;
	size_t need = 0;

	if (!buf)
		fail("out of memory");
	for (*n = 0; *n < REQUEST_MAX && (!end || *n < need);) {
		ssize_t r = recv(fd, buf + *n, REQUEST_MAX - *n, 0);
		char *length;

		if (r <= 0)
			break;
		*n += (size_t)r;
		buf[*n] = '\0';
		if (end || !(end = strstr(buf, "\r\n\r\n")))
			continue;
		length = strcasestr(buf, "\r\nContent-Length:");
		need = (size_t)(end - buf) + 4;
		if (length && length < end)
			need += strtoul(length + 17, NULL, 10);
		if (strcasestr(buf, "\r\nExpect: 100-continue"))
			send(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25, MSG_NOSIGNAL);
	}
	if (!end || *n < need) {
		free(buf);
		return NULL;
	}
	*end = '\0';
	*body = end + 4;
	return buf;
}

static jv
request_value(char *buf, size_t n, const char *body)
{
	char *line = buf, *head = strstr(buf, "\r\n"), *path, *query, *end, type[200];
	char *plain;
	jv r = jv_object(), headers;

	if (head)
		*head = '\0';
	path = strchr(line, ' ');
	if (!path || !(end = strchr(path + 1, ' ')))
		return jv_null();
	*path++ = *end = '\0';
	query = strchr(path, '?');
	if (query)
		*query++ = '\0';
	headers = header_values(head ? head + 2 : end, type, sizeof type);
	plain = unescape(path, strlen(path));
	r = jv_object_set(r, jv_string("method"), jv_string(line));
	r = jv_object_set(r, jv_string("path"), jv_string(plain));
	r = jv_object_set(r, jv_string("query"), query ? pairs(query, strlen(query)) : jv_object());
	r = jv_object_set(r, jv_string("headers"), headers);
	r = jv_object_set(r, jv_string("body"),
	    body_value(type, body, n - (size_t)(body - buf)));
	free(plain);
	return jv_object_set(r, jv_string("now"), jv_number((double)time(NULL)));
}

/* ---- the answer ---- */

static double
number(jv answer, const char *key)
{
	jv v = jv_object_get(jv_copy(answer), jv_string(key));
	double x = jv_get_kind(v) == JV_KIND_NUMBER ? jv_number_value(v) : -1;

	jv_free(v);
	return x;
}

static void
pause_ms(double ms)
{
	if (ms > 0)
		usleep((useconds_t)(ms * 1000));
}

static int
send_all(int fd, const char *p, size_t n, double pace)
{
	while (n) {
		ssize_t w = send(fd, p, pace > 0 ? 1 : n, MSG_NOSIGNAL);

		if (w <= 0)
			return -1;
		p += w;
		n -= (size_t)w;
		pause_ms(pace);
	}
	return 0;
}

static void
reset(int fd)
{
	struct linger l = {.l_onoff = 1};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
}

static void
send_answer(int fd, jv answer)
{
	jv body = jv_object_get(jv_copy(answer), jv_string("body"));
	jv headers = jv_object_get(jv_copy(answer), jv_string("headers"));
	jv drop = jv_object_get(jv_copy(answer), jv_string("drop"));
	int status = (int)number(answer, "status");
	double cut = number(answer, "cut"), pace = number(answer, "pace");
	bool text = jv_get_kind(body) == JV_KIND_STRING;
	char *head = NULL;
	size_t nhead = 0, nbody;
	FILE *f = open_memstream(&head, &nhead);

	pause_ms(number(answer, "delay"));
	if (!f)
		fail("out of memory");
	if (!text)
		body = jv_dump_string(body, 0);
	nbody = (size_t)jv_string_length_bytes(jv_copy(body));
	fprintf(f, "HTTP/1.1 %d Fake\r\nContent-Length: %zu\r\nConnection: close\r\n", status, nbody);
	if (!text)
		fputs("Content-Type: application/json\r\n", f);
	if (jv_get_kind(headers) == JV_KIND_OBJECT)
		jv_object_foreach(headers, key, value)
		{
			jv t = jv_get_kind(value) == JV_KIND_STRING ? jv_copy(value)
			                                            : jv_dump_string(jv_copy(value), 0);

			fprintf(f, "%s: %s\r\n", jv_string_value(key), jv_string_value(t));
			jv_free(t);
			jv_free(key);
			jv_free(value);
		}
	fputs("\r\n", f);
	fclose(f);
	if (jv_get_kind(drop) == JV_KIND_TRUE) {
		reset(fd);
	} else if (send_all(fd, head, nhead, 0) == 0) {
		if (cut >= 0 && (size_t)cut < nbody)
			nbody = (size_t)cut;
		send_all(fd, jv_string_value(body), nbody, pace);
	}
	free(head);
	jv_free(drop);
	jv_free(headers);
	jv_free(body);
	jv_free(answer);
}

/* What the program says to REQUEST, which is consumed. */
static jv
ask(jv request)
{
	jv in = jv_object(), out, answer, line;

	pthread_mutex_lock(&lock);
	in = jv_object_set(in, jv_string("state"), jv_copy(state));
	in = jv_object_set(in, jv_string("request"), jv_copy(request));
	jq_start(program, in, 0);
	out = jq_next(program);
	if (jv_get_kind(out) == JV_KIND_OBJECT) {
		jv_free(state);
		state = jv_object_get(jv_copy(out), jv_string("state"));
		answer = jv_object_get(out, jv_string("answer"));
	} else {
		jv why = jv_invalid_has_msg(jv_copy(out)) ? jv_invalid_get_msg(out) : jv_string("no answer");

		why = jv_get_kind(why) == JV_KIND_STRING ? why : jv_dump_string(why, 0);
		fprintf(stderr, "fake_api: %s\n", jv_string_value(why));
		answer = jv_object_set(jv_object(), jv_string("status"), jv_number(500));
		answer = jv_object_set(answer, jv_string("body"), why);
	}
	line = jv_object_set(jv_object(), jv_string("request"), request);
	line = jv_object_set(line, jv_string("answer"), jv_copy(answer));
	line = jv_dump_string(line, 0);
	fprintf(logfile, "%s\n", jv_string_value(line));
	fflush(logfile);
	jv_free(line);
	pthread_mutex_unlock(&lock);
	return answer;
}

static void *
serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	char *body, *buf;
	size_t n;

	if ((buf = receive(fd, &n, &body))) {
		send_answer(fd, ask(request_value(buf, n, body)));
		free(buf);
	}
	close(fd);
	return NULL;
}

/* ---- the program ---- */

static void
complain(void *data, jv why)
{
	(void)data;
	if (jv_get_kind(why) == JV_KIND_STRING)
		fprintf(stderr, "fake_api: %s\n", jv_string_value(why));
	jv_free(why);
}

static void
load(char **files)
{
	char *text = NULL;
	size_t n = 0;
	FILE *all = open_memstream(&text, &n);

	if (!all)
		fail("out of memory");
	for (; *files; files++) {
		FILE *f = fopen(*files, "r");

		if (!f)
			fail("%s: %s", *files, strerror(errno));
		for (int c; (c = getc(f)) != EOF;)
			putc(c, all);
		fclose(f);
	}
	fclose(all);
	program = jq_init();
	if (!program)
		fail("out of memory");
	jq_set_error_cb(program, complain, NULL);
	if (!jq_compile(program, text))
		exit(70);
	free(text);
	state = jv_object();
}

static int
listen_on(const char *portfile)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *f;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 128) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		fail("cannot listen: %s", strerror(errno));
	if (!(f = fopen(portfile, "w")))
		fail("%s: %s", portfile, strerror(errno));
	fprintf(f, "%d\n", ntohs(a.sin_port));
	fclose(f);
	return fd;
}

int
main(int argc, char **argv)
{
	pthread_attr_t detached;
	int fd;

	if (argc < 4)
		fail("usage: fake_api PORTFILE LOG FILE.jq...");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	load(argv + 3);
	if (!(logfile = fopen(argv[2], "w")))
		fail("%s: %s", argv[2], strerror(errno));
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	fd = listen_on(argv[1]);
	for (;;) {
		int c = accept(fd, NULL, NULL);
		pthread_t t;

		if (c >= 0 && pthread_create(&t, &detached, serve, (void *)(intptr_t)c) != 0)
			close(c);
	}
}
