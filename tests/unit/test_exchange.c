/*
 * What an exchange says of requests that went wrong: whether they may have been done, and how often they
 * were sent.  The network is a thread of this process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connector/exchange.h"
#include "connector/value.h"
#include "core/rfc3339.h"

static const char connector_text[] =
    "def meta: {name: \"net\", title: \"Net\", as_of: {date: \"2026-11-26\", source: \"here\"}, can: [],\n"
    "	auth: {scheme: \"none\"},\n"
    "	errors: [{status: 200, path: \"problem\", value: \"busy\", class: \"transient\"},\n"
    "		{status: 200, path: \"problem\", present: true, class: \"rule\"}]};\n"
    "def publish($account; $reply): {url: \"/say\", json: {text: $reply.text}};\n"
    "def published($account): {id: .body.id};\n";

/* ---- the network ---- */

static struct {
	int fd, port;
	pthread_t thread;
	_Atomic(const char *) answer; /* raw; "": the connection is cut when the request is there */
	atomic_int requests;
	atomic_bool stays; /* the connection stays open after an answer */
	char last[4096];
} net;

static bool
serve_one(int c)
{
	char *end = NULL, *length;
	size_t n = 0, want = 0;
	const char *answer;

	memset(net.last, 0, sizeof net.last);
	while (!end || n < (size_t)(end + 4 - net.last) + want) {
		ssize_t got = read(c, net.last + n, sizeof net.last - 1 - n);

		if (got <= 0)
			return false;
		n += (size_t)got;
		end = strstr(net.last, "\r\n\r\n");
		length = strcasestr(net.last, "content-length: ");
		want = length ? strtoul(length + 16, NULL, 10) : 0;
	}
	atomic_fetch_add(&net.requests, 1);
	answer = atomic_load(&net.answer);
	return *answer && write(c, answer, strlen(answer)) > 0 && atomic_load(&net.stays);
}

static void *
serve_connection(void *arg)
{
	int c = (int)(intptr_t)arg;

	while (serve_one(c))
		;
	close(c);
	return NULL;
}

static void *
serve(void *arg)
{
	pthread_t thread;
	int c;

	while ((c = accept(net.fd, NULL, NULL)) >= 0)
		if (pthread_create(&thread, NULL, serve_connection, (void *)(intptr_t)c) == 0)
			pthread_detach(thread);
	return arg;
}

static int
start_net(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	net.fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(net.fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(net.fd, 16) < 0)
		return -1;
	getsockname(net.fd, (struct sockaddr *)&a, &len);
	net.port = ntohs(a.sin_port);
	return pthread_create(&net.thread, NULL, serve, NULL);
}

static int
stop_net(void **state)
{
	(void)state;
	shutdown(net.fd, SHUT_RDWR);
	pthread_join(net.thread, NULL);
	return close(net.fd);
}

/* ---- an account on it ---- */

struct fixture {
	struct http *http;
	struct connector *connector;
	struct account account;
	struct exchange *x;
	char base[64];
	char path[4096];
};

static int
open_account(void **state)
{
	static struct fixture f;
	const struct http_options o = {.timeout = 3000, .backoff = 1, .tries = 3};
	struct exchange_run run = {.now = TIME_NONE};
	struct address_net here;
	struct sme_err err;
	FILE *file;

	memset(&f, 0, sizeof f);
	snprintf(f.path, sizeof f.path, "%s/test_exchange.%d.jq", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp",
	    (int)getpid());
	file = fopen(f.path, "w");
	if (!file || fputs(connector_text, file) < 0 || fclose(file) != 0)
		return -1;
	f.connector = connector_open(f.path, NULL, &err);
	unlink(f.path);
	f.http = run.http = http_open(&o, &err);
	if (!f.connector || !f.http) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	snprintf(f.base, sizeof f.base, "http://127.0.0.1:%d", net.port);
	f.account = (struct account){.name = SLICE("a"), .tenant = SLICE("t"), .secret = SLICE("a")};
	f.account.base = slice_of(f.base);
	address_parse(SLICE("127.0.0.1"), &here);
	address_list_add(&f.account.allowed, &here);
	account_complete(&f.account, connector_meta(f.connector));
	f.x = exchange_open(&f.account, f.connector, &run);
	*state = &f;
	return 0;
}

static int
close_account(void **state)
{
	struct fixture *f = *state;

	http_close(f->http);
	exchange_close(f->x);
	address_list_release(&f->account.allowed);
	connector_close(f->connector);
	return 0;
}

static struct answer
ask(struct fixture *f, const char *request, const char *answer)
{
	struct answer a;

	atomic_store(&net.answer, answer);
	atomic_store(&net.requests, 0);
	exchange_once(f->x, jv_parse(request), &a);
	return a;
}

#define HEAD(status) "HTTP/1.1 " status " X\r\nContent-Type: application/json\r\nConnection: close\r\n"
#define POST "{\"url\":\"/say\",\"json\":{}}"
#define GET "{\"url\":\"/see\"}"

/* ---- tests ---- */

static void
test_writes(void **state)
{
	static const struct {
		const char *answer;
		enum answer_class class;
		bool maybe;
	} rows[] = {
	    {HEAD("200") "Content-Length: 10\r\n\r\n{\"id\":\"1\"}", ANSWER_OK, false},
	    {HEAD("201") "Content-Length: 0\r\n\r\n", ANSWER_OK, false},
	    {"", ANSWER_TRANSIENT, true},
	    {"HTTP/1.1 2", ANSWER_TRANSIENT, true},
	    {HEAD("200") "Content-Length: 100\r\n\r\n{\"id\"", ANSWER_TRANSIENT, true},
	    {HEAD("200") "Content-Length: 5\r\n\r\n{\"id\"", ANSWER_TRANSIENT, true},
	    {HEAD("500") "Content-Length: 0\r\n\r\n", ANSWER_TRANSIENT, true},
	    {HEAD("504") "Content-Length: 0\r\n\r\n", ANSWER_TRANSIENT, true},
	    {HEAD("429") "Retry-After: 7\r\nContent-Length: 0\r\n\r\n", ANSWER_TRANSIENT, false},
	    {HEAD("408") "Content-Length: 0\r\n\r\n", ANSWER_TRANSIENT, false},
	    {HEAD("200") "Content-Length: 18\r\n\r\n{\"problem\":\"busy\"}", ANSWER_TRANSIENT, false},
	    {HEAD("200") "Content-Length: 16\r\n\r\n{\"problem\":\"no\"}", ANSWER_RULE, false},
	    {HEAD("401") "Content-Length: 0\r\n\r\n", ANSWER_AUTH, false},
	    {HEAD("403") "Content-Length: 0\r\n\r\n", ANSWER_PERMANENT, false},
	    {HEAD("302") "Location: /see\r\nContent-Length: 0\r\n\r\n", ANSWER_PERMANENT, false},
	    {HEAD("307") "Location: /say\r\nContent-Length: 0\r\n\r\n", ANSWER_PERMANENT, false},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct answer a = ask(f, POST, rows[i].answer);

		if (a.class != rows[i].class || a.maybe_done != rows[i].maybe)
			fail_msg("row %zu: class %d, maybe %d: %s", i, a.class, a.maybe_done, a.err.text);
		/* Once, whatever came of it. */
		assert_int_equal(atomic_load(&net.requests), 1);
		answer_release(&a);
		exchange_restore_limits(f->x, jv_parse("{\"write\":{}}"));
	}
}

/* What may be repeated blindly is not repeated by exchange_once, either: that is for its caller. */
static void
test_idempotent(void **state)
{
	struct answer a =
	    ask(*state, "{\"url\":\"/say\",\"json\":{},\"idempotent\":true}", HEAD("503") "\r\n");

	assert_true(a.maybe_done);
	assert_int_equal(atomic_load(&net.requests), 1);
	answer_release(&a);
}

static void
test_reads(void **state)
{
	struct answer a = ask(*state, GET, HEAD("503") "\r\n");

	assert_int_equal(a.class, ANSWER_TRANSIENT);
	assert_int_equal(atomic_load(&net.requests), 3);
	assert_string_equal(a.err.text + strlen(a.err.text) - 8, "HTTP 503");
	answer_release(&a);
	a = ask(*state, GET, HEAD("404") "\r\n");
	assert_int_equal(a.class, ANSWER_PERMANENT);
	assert_int_equal(atomic_load(&net.requests), 1);
	answer_release(&a);
}

/*
 * libcurl sends a request once more when a connection that was used before ends without an answer.  That
 * must not happen to what changes something.
 */
static void
test_used_connection(void **state)
{
	struct answer a;

	atomic_store(&net.stays, true);
	a = ask(*state, GET, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
	assert_int_equal(a.class, ANSWER_OK);
	answer_release(&a);
	atomic_store(&net.stays, false);
	a = ask(*state, POST, "");
	assert_true(a.maybe_done);
	assert_int_equal(atomic_load(&net.requests), 1);
	answer_release(&a);
}

static void
test_not_sent(void **state)
{
	struct fixture *f = *state;
	struct answer a;

	f->account.base = SLICE("http://127.0.0.1:1");
	a = ask(f, POST, "");
	assert_int_equal(a.class, ANSWER_TRANSIENT);
	assert_false(a.maybe_done);
	assert_int_equal(a.status, 0);
	answer_release(&a);
	f->account.base = SLICE("http://127.0.0.2:1");
	a = ask(f, POST, "");
	assert_int_equal(a.class, ANSWER_AUTH);
	assert_false(a.maybe_done);
	answer_release(&a);
	f->account.base = slice_of(f->base);
	a = ask(f, "{\"url\":\"/say\",\"json\":{},\"headers\":{\"A\":\"x\\ny\"}}", "");
	assert_int_equal(a.class, ANSWER_PERMANENT);
	assert_false(a.maybe_done);
	assert_int_equal(atomic_load(&net.requests), 0);
	answer_release(&a);
	a = ask(f, "{\"url\":\"gopher://127.0.0.1/\"}", "");
	assert_int_equal(a.class, ANSWER_PERMANENT);
	answer_release(&a);
}

/* A pause that is too long for anybody to wait here is said, and nothing is sent. */
static void
test_pause(void **state)
{
	struct fixture *f = *state;
	struct answer a = ask(f, POST, HEAD("429") "Retry-After: 100\r\n\r\n");

	assert_in_range(a.retry_after, 99000, 100000);
	answer_release(&a);
	a = ask(f, POST, HEAD("200") "\r\n");
	assert_int_equal(atomic_load(&net.requests), 0);
	assert_int_equal(a.class, ANSWER_TRANSIENT);
	assert_false(a.maybe_done);
	assert_in_range(a.retry_after, 90000, 100000);
	answer_release(&a);
	/* Reading has a bucket of its own. */
	a = ask(f, GET, HEAD("200") "\r\n");
	assert_int_equal(a.class, ANSWER_OK);
	answer_release(&a);
}

/* A template in what somebody wrote is text; the dry run shows what would be sent. */
static void
test_guard(void **state)
{
	struct fixture *f = *state;
	struct buf shown = BUF_INIT;
	struct sme_err err;
	struct answer a;
	jv out, reply = jv_object_set(jv_object(), jv_string("text"), jv_string("a {secret:token} b"));

	assert_int_equal(exchange_call(f->x, CALL_PUBLISH, reply, jv_null(), &out, &err), 0);
	assert_int_equal(exchange_describe(f->x, jv_array_get(jv_copy(out), 0), &shown, &err), 0);
	assert_non_null(strstr(buf_str(&shown), "{\"text\":\"a {secret:token} b\"}"));
	atomic_store(&net.answer, HEAD("200") "Content-Length: 10\r\n\r\n{\"id\":\"1\"}");
	exchange_once(f->x, jv_array_get(out, 0), &a);
	assert_int_equal(a.class, ANSWER_OK);
	assert_non_null(strstr(net.last, "{\"text\":\"a {secret:token} b\"}"));
	answer_release(&a);
	buf_release(&shown);
}

static void
test_response(void **state)
{
	struct answer a = ask(*state,
	    "{\"url\":\"/see\",\"tag\":\"t\",\"context\":{\"page\":2}}",
	    "HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: 2\r\nSet-Cookie: c\r\nLink: </n?p=2>; rel=\"next\"\r\n"
	    "Content-Length: 24\r\nConnection: close\r\n\r\n{\"id\":12345678901234567}");
	jv at;

	assert_int_equal(a.class, ANSWER_OK);
	at = value_path(a.response, SLICE("headers.x-a"));
	assert_string_equal(jv_string_value(at), "1, 2");
	jv_free(at);
	at = value_path(a.response, SLICE("headers.set-cookie"));
	assert_int_equal(jv_get_kind(at), JV_KIND_NULL);
	at = value_path(a.response, SLICE("body.id"));
	assert_string_equal(jv_string_value(at), "12345678901234567");
	jv_free(at);
	at = value_path(a.response, SLICE("links.next"));
	assert_non_null(strstr(jv_string_value(at), "http://127.0.0.1:"));
	assert_non_null(strstr(jv_string_value(at), "/n?p=2"));
	jv_free(at);
	at = value_path(a.response, SLICE("request.page"));
	assert_true(jv_number_value(at) == 2);
	at = value_path(a.response, SLICE("request.tag"));
	assert_string_equal(jv_string_value(at), "t");
	jv_free(at);
	answer_release(&a);
	/* What a connector carried along comes back as it was, however many pages it goes. */
	a = ask(*state, "{\"url\":\"/see\",\"context\":{\"q\":\"{\xee\x80\x80secret:x}\"}}",
	    HEAD("200") "\r\n");
	at = value_path(a.response, SLICE("request.q"));
	assert_string_equal(jv_string_value(at), "{secret:x}");
	jv_free(at);
	answer_release(&a);
}

int
main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, open_account, close_account)
	const struct CMUnitTest tests[] = {
	    EACH(test_writes),
	    EACH(test_idempotent),
	    EACH(test_reads),
	    EACH(test_used_connection),
	    EACH(test_not_sent),
	    EACH(test_pause),
	    EACH(test_guard),
	    EACH(test_response),
	};

	return cmocka_run_group_tests(tests, start_net, stop_net);
}
