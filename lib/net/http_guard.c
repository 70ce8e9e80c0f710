/* Where a connection may go, see http.h. */
#include <stdlib.h>
#include <unistd.h>

#include "net/http_int.h"
#include "net/url.h"

/* The host of the URL without the brackets of an IPv6 address. */
static struct slice
host_of(const char *url)
{
	struct url u;

	url_split(slice_of(url), &u);
	if (u.host.n > 2 && u.host.p[0] == '[')
		return (struct slice){u.host.p + 1, u.host.n - 2};
	return u.host;
}

static bool
is_own_host(const struct http_transfer *t)
{
	return t->request.own_host &&
	       (!t->url || slice_eq_nocase(host_of(t->url), host_of(t->request.url)));
}

static bool
shows_secret(const struct http_transfer *t)
{
	return t->request.secret && !t->away && strncasecmp(http_url(t), "http:", 5) == 0;
}

static bool
refuse_plain(struct http_transfer *t, const char *place)
{
	err_set(&t->refused, SME_CONFIG,
	    "plain http would show the secret to everybody on the way; use https, or list %s in "
	    "allow_private", place);
	return false;
}

static bool
may_connect(struct http_transfer *t, const struct address_net *a)
{
	struct slice host = host_of(http_url(t));
	char text[ADDRESS_SIZE];

	if (address_listed(t->request.allowed, a))
		return true;
	address_text(a, text);
	if (shows_secret(t))
		return refuse_plain(t, text);
	if (address_is_public(a) || is_own_host(t))
		return true;
	err_set(&t->refused, SME_NOPERM,
	    "%.*s is at %s, an address that is not public; list it in allow_private if that is right",
	    (int)(host.n < 100 ? host.n : 100), host.p, text);
	return false;
}

/* It is the proxy that we connect to: all there is to judge by is the name. */
static bool
may_ask_proxy(struct http_transfer *t)
{
	struct slice host = host_of(http_url(t));
	struct address_net a;

	if (address_parse(host, &a))
		return may_connect(t, &a);
	if (shows_secret(t))
		return refuse_plain(t, "the host's address");
	if (!address_is_near(host) || is_own_host(t))
		return true;
	err_set(&t->refused, SME_NOPERM, "%.*s is not a public host",
	    (int)(host.n < 100 ? host.n : 100), host.p);
	return false;
}

static curl_socket_t
on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct http_transfer *t = ctx;
	struct address_net a;

	(void)purpose;
	if (!t->http->proxied && (!address_of(&to->addr, &a) || !may_connect(t, &a)))
		return CURL_SOCKET_BAD;
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* A connection that was made for somebody else may be used again: look at where it leads, too. */
static int
on_request(void *ctx, char *ip, char *local_ip, int port, int local_port)
{
	struct http_transfer *t = ctx;
	struct address_net a;
	bool may;

	(void)local_ip;
	(void)port;
	(void)local_port;
	may = t->http->proxied ? may_ask_proxy(t)
	                       : address_parse(slice_of(ip), &a) && may_connect(t, &a);
	t->sent |= may;
	return may ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

void
http_guard(struct http_transfer *t)
{
	curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
}
