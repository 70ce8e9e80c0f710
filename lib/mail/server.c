#include "mail/server.h"

#include <ctype.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net/url.h"

int64_t
mail_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool
mail_stopped(const struct mail_server *s)
{
	struct pollfd p = {.fd = s->stop_fd, .events = POLLIN};

	return s->stop_fd > 0 && poll(&p, 1, 0) > 0;
}

void
mail_place(const struct mail_link *link, struct buf *out)
{
	struct url u;

	url_split(slice_of(link->server.url), &u);
	buf_printf(out, "%.*s://%.*s", SLICE_ARG(u.scheme), SLICE_ARG(u.host));
	if (u.port.n)
		buf_printf(out, ":%.*s", SLICE_ARG(u.port));
}

/* The address is looked at here, where the name has been resolved for the last time. */
static curl_socket_t
on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct mail_link *link = ctx;
	const struct mail_server *s = &link->server;
	struct address_net net;
	bool fine = address_of(&a->addr, &net) &&
	            (address_listed(s->allowed, &net) || (!s->plain && address_is_public(&net)));

	(void)purpose;
	if (!fine) {
		link->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t
on_line(char *p, size_t size, size_t n, void *ctx)
{
	struct mail_link *link = ctx;
	size_t len = 0;

	n *= size;
	for (size_t i = 0; i < n && len + 1 < sizeof link->said; i++)
		if (isprint((unsigned char)p[i]))
			link->said[len++] = p[i];
	link->said[len] = '\0';
	return n;
}

static int
on_progress(void *ctx, curl_off_t dt, curl_off_t dn, curl_off_t ut, curl_off_t un)
{
	struct mail_link *link = ctx;

	(void)dt, (void)dn, (void)ut, (void)un;
	return mail_stopped(&link->server);
}

/* Credentials are set as options, so nothing of them is in a URL. */
static void
set_login(CURL *e, const struct mail_server *s)
{
	if (!s->user)
		return;
	curl_easy_setopt(e, CURLOPT_USERNAME, s->user);
	if (s->bearer)
		curl_easy_setopt(e, CURLOPT_XOAUTH2_BEARER, s->bearer);
	else
		curl_easy_setopt(e, CURLOPT_PASSWORD, s->password ? s->password : "");
}

static bool
is_scheme(struct slice got, const char *scheme, bool *tls)
{
	size_t n = strlen(scheme);

	*tls = got.n == n + 1 && (got.p[n] == 's' || got.p[n] == 'S');
	return (got.n == n || *tls) && slice_eq_nocase((struct slice){got.p, n}, slice_of(scheme));
}

CURL *
mail_easy(struct mail_link *link, const struct mail_server *s, const char *scheme,
    struct sme_err *err)
{
	int64_t timeout = s->timeout ? s->timeout : 60000;
	struct buf place = BUF_INIT;
	struct url u;
	bool tls;
	CURL *e;

	*link = (struct mail_link){.server = *s};
	url_split(slice_of(s->url), &u);
	if (!is_scheme(u.scheme, scheme, &tls) || !u.host.n) {
		err_set(err, SME_CONFIG, "expected %s://HOST or %ss://HOST", scheme, scheme);
		return NULL;
	}
	e = curl_easy_init();
	if (!e) {
		err_set(err, SME_OSERR, "cannot start libcurl");
		return NULL;
	}
	mail_place(link, &place);
	curl_easy_setopt(e, CURLOPT_URL, buf_str(&place));
	buf_release(&place);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "imap,imaps,smtp,smtps");
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, link->error);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)(s->connect_timeout ? s->connect_timeout : 10000));
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)timeout);
	/* Also for the answer to QUIT and LOGOUT, when the rest is over. */
	curl_easy_setopt(e, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)((timeout + 999) / 1000));
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, link);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_line);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, link);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, link);
	curl_easy_setopt(e, CURLOPT_USE_SSL, (long)(s->plain && !tls ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	if (s->ca)
		curl_easy_setopt(e, CURLOPT_CAINFO, s->ca);
	set_login(e, s);
	return e;
}

/* "NO [UNAVAILABLE] ..." of IMAP (RFC 5530), and codes 4xx of SMTP. */
static bool
is_passing(const char *said)
{
	return *said == '4' || strstr(said, "[UNAVAILABLE]") || strstr(said, "[INUSE]") ||
	       strstr(said, "[LIMIT]");
}

int
mail_failed(const struct mail_link *link, CURLcode code, struct sme_err *err)
{
	const char *text = *link->error ? link->error : curl_easy_strerror(code);
	struct buf place = BUF_INIT;

	mail_place(link, &place);
	if (link->refused && code == CURLE_COULDNT_CONNECT)
		err_set(err, SME_CONFIG, link->server.plain
		    ? "%s: without TLS only addresses in allow_private are reached"
		    : "%s: its address is not public; if it is meant, name it in allow_private",
		    buf_str(&place));
	else if ((code == CURLE_LOGIN_DENIED || code == CURLE_AUTH_ERROR) && is_passing(link->said))
		err_set(err, SME_UNAVAILABLE, "%s: no login for now: %s", buf_str(&place), link->said);
	else if (code == CURLE_LOGIN_DENIED || code == CURLE_AUTH_ERROR)
		err_set(err, SME_NOPERM, "%s: the server refuses the login", buf_str(&place));
	else if (code == CURLE_USE_SSL_FAILED)
		err_set(err, SME_CONFIG, "%s: the server offers no STARTTLS", buf_str(&place));
	else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
	         code == CURLE_SSL_ISSUER_ERROR)
		err_set(err, SME_CONFIG, "%s: %.200s", buf_str(&place), text);
	else if (code == CURLE_ABORTED_BY_CALLBACK)
		err_set(err, SME_TEMPFAIL, "%s: interrupted", buf_str(&place));
	else
		err_set(err, SME_UNAVAILABLE, "%s: %.200s", buf_str(&place), text);
	buf_release(&place);
	return -1;
}
