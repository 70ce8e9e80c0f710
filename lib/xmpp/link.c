#include "xmpp/link.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "core/mem.h"

struct xmpp_link {
	struct xmpp_server server;
	CURL *easy;
	char error[CURL_ERROR_SIZE];
	bool refused; /* the address */
	int64_t deadline;
};

static int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
failed(const struct xmpp_link *l, enum sme_status status, const char *why, struct sme_err *err)
{
	return err_set(err, status, "xmpp%s://%.*s: %.200s", l->server.tls ? "s" : "",
	    (int)(l->server.host.n < 100 ? l->server.host.n : 100), l->server.host.p, why);
}

static bool
stopped(const struct xmpp_link *l)
{
	struct pollfd p = {.fd = l->server.stop_fd, .events = POLLIN};

	return p.fd > 0 && poll(&p, 1, 0) > 0;
}

/* The address is looked at here, where the name has been resolved for the last time. */
static curl_socket_t
on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct xmpp_link *l = ctx;
	struct address_net net;
	bool fine = address_of(&a->addr, &net) && (address_listed(l->server.allowed, &net) ||
	                                              (l->server.tls && address_is_public(&net)));

	(void)purpose;
	if (!fine) {
		l->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static int
on_progress(void *ctx, curl_off_t dt, curl_off_t dn, curl_off_t ut, curl_off_t un)
{
	(void)dt, (void)dn, (void)ut, (void)un;
	return stopped(ctx);
}

/* For libcurl it is a server of the web that it only connects to. */
static void
set_options(struct xmpp_link *l)
{
	const struct xmpp_server *s = &l->server;
	struct buf url = BUF_INIT;

	buf_printf(&url, "http%s://%.*s:%.*s/", s->tls ? "s" : "", SLICE_ARG(s->host),
	    SLICE_ARG(s->port.n ? s->port : s->tls ? SLICE("5223") : SLICE("5222")));
	curl_easy_setopt(l->easy, CURLOPT_URL, buf_str(&url));
	buf_release(&url);
	curl_easy_setopt(l->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(l->easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(l->easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
	curl_easy_setopt(l->easy, CURLOPT_ERRORBUFFER, l->error);
	curl_easy_setopt(l->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(l->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(l->easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(l->easy, CURLOPT_CONNECTTIMEOUT_MS,
	    (long)(s->connect_timeout ? s->connect_timeout : 10000));
	curl_easy_setopt(l->easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(l->easy, CURLOPT_OPENSOCKETDATA, l);
	curl_easy_setopt(l->easy, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(l->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(l->easy, CURLOPT_XFERINFODATA, l);
	if (s->ca)
		curl_easy_setopt(l->easy, CURLOPT_CAINFO, s->ca);
}

static int
not_connected(const struct xmpp_link *l, CURLcode code, struct sme_err *err)
{
	const char *text = *l->error ? l->error : curl_easy_strerror(code);

	if (l->refused)
		return failed(l, SME_CONFIG, l->server.tls
		    ? "its address is not public; if it is meant, name it in allow_private"
		    : "without TLS only addresses in allow_private are reached", err);
	if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
	    code == CURLE_SSL_ISSUER_ERROR)
		return failed(l, SME_CONFIG, text, err);
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return failed(l, SME_TEMPFAIL, "interrupted", err);
	return failed(l, SME_UNAVAILABLE, text, err);
}

struct xmpp_link *
xmpp_link_open(const struct xmpp_server *s, struct sme_err *err)
{
	struct xmpp_link *l = xcalloc(1, sizeof *l);
	CURLcode code;

	l->server = *s;
	l->easy = curl_easy_init();
	if (!l->easy)
		sme_die(SME_OSERR, "cannot start libcurl");
	set_options(l);
	code = curl_easy_perform(l->easy);
	xmpp_link_begin(l);
	if (code == CURLE_OK)
		return l;
	not_connected(l, code, err);
	xmpp_link_close(l);
	return NULL;
}

void
xmpp_link_close(struct xmpp_link *l)
{
	if (!l)
		return;
	curl_easy_cleanup(l->easy);
	free(l);
}

void
xmpp_link_begin(struct xmpp_link *l)
{
	l->deadline = clock_ms() + (l->server.timeout ? l->server.timeout : 60000);
}

static int
wait_for(struct xmpp_link *l, short events, struct sme_err *err)
{
	int64_t left = l->deadline - clock_ms();
	struct pollfd p[2] = {{.events = events}, {.fd = l->server.stop_fd, .events = POLLIN}};
	curl_socket_t fd = -1;

	if (stopped(l))
		return failed(l, SME_TEMPFAIL, "interrupted", err);
	if (left <= 0)
		return failed(l, SME_UNAVAILABLE, "the server takes too long", err);
	curl_easy_getinfo(l->easy, CURLINFO_ACTIVESOCKET, &fd);
	p[0].fd = (int)fd;
	poll(p, p[1].fd > 0 ? 2 : 1, (int)(left < 60000 ? left : 60000));
	return 0;
}

int
xmpp_link_send(struct xmpp_link *l, struct slice s, struct sme_err *err)
{
	while (s.n) {
		size_t n = 0;
		CURLcode code = curl_easy_send(l->easy, s.p, s.n, &n);

		if (code == CURLE_AGAIN) {
			if (wait_for(l, POLLOUT, err) < 0)
				return -1;
			continue;
		}
		if (code != CURLE_OK)
			return failed(l, SME_UNAVAILABLE, "the connection was lost", err);
		s = (struct slice){s.p + n, s.n - n};
	}
	return 0;
}

int
xmpp_link_receive(struct xmpp_link *l, struct buf *in, struct sme_err *err)
{
	char piece[16384];
	CURLcode code;
	size_t n = 0;

	while ((code = curl_easy_recv(l->easy, piece, sizeof piece, &n)) == CURLE_AGAIN)
		if (wait_for(l, POLLIN, err) < 0)
			return -1;
	if (code != CURLE_OK || n == 0)
		return failed(l, SME_UNAVAILABLE, "the connection was lost", err);
	buf_add(in, piece, n);
	return 0;
}
