/* One try of a request, and the hops of its redirects. */
#include <stdlib.h>

#include "net/http_int.h"
#include "net/url.h"

/* An answer that has begun and comes slower than this, in bytes a second, is given up after a third of
 * the time-out, for which whoever drips would otherwise hold a connection. */
#define SPEED_MIN 100

static bool
is_too_slow(struct http_transfer *t)
{
	int64_t now = http_monotonic_ms();

	if (!t->first_byte)
		t->first_byte = now;
	now -= t->first_byte;
	return now > t->http->o.timeout / 3 && (int64_t)t->body.n * 1000 < SPEED_MIN * now;
}

static size_t
on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct http_transfer *t = ctx;

	buf_add(&t->body, p, size * n);
	if (t->body.over) {
		err_set(&t->refused, SME_UNAVAILABLE, "the answer is larger than %zu bytes",
		    t->http->o.body_max);
		return 0;
	}
	if (is_too_slow(t)) {
		err_set(&t->refused, SME_UNAVAILABLE, "the answer drips, with less than %d bytes a second",
		    SPEED_MIN);
		return 0;
	}
	return size * n;
}

static size_t
on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct http_transfer *t = ctx;
	struct slice line = {p, size * n};

	/* A new status line: what came before was an answer on the way. */
	if (slice_starts(line, SLICE("HTTP/")))
		buf_clear(&t->answer);
	buf_adds(&t->answer, line);
	if (!t->answer.over)
		return size * n;
	err_set(&t->refused, SME_UNAVAILABLE, "the answer's headers are larger than %zu bytes",
	    t->answer.max);
	return 0;
}

static void
set_method(struct http_transfer *t)
{
	const struct http_request *r = &t->request;
	bool get = !t->method || strcmp(t->method, "GET") == 0;

	if (!get && strcmp(t->method, "HEAD") == 0) {
		curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (r->body.p && !t->no_body) {
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, r->body.p);
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
	} else if (get) {
		return;
	}
	curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, t->method ? t->method : "GET");
	/* On a connection that was used before, libcurl itself sends once more what was not answered. */
	if (!get && !r->repeatable)
		curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L);
}

static void
set_limits(struct http_transfer *t)
{
	const struct http_options *o = &t->http->o;
	int64_t left = o->timeout - (http_monotonic_ms() - t->began);

	curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)(left > 1 ? left : 1));
	if (t->request.ca)
		curl_easy_setopt(t->easy, CURLOPT_CAINFO, t->request.ca);
	if (t->request.ca)
		curl_easy_setopt(t->easy, CURLOPT_CAPATH, NULL);
}

void
http_start(struct http *h, struct http_transfer *t)
{
	CURL *e = t->easy = curl_easy_init();

	if (!e)
		return;
	buf_clear(&t->body);
	buf_clear(&t->answer);
	t->error[0] = t->refused.text[0] = '\0';
	t->first_byte = 0;
	curl_easy_setopt(e, CURLOPT_URL, http_url(t));
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(e, CURLOPT_USERAGENT, h->o.user_agent);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->away ? t->headers : t->all_headers);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	set_limits(t);
	set_method(t);
	http_guard(t);
	curl_multi_add_handle(h->multi, e);
	h->running++;
}

void
http_drop_easy(struct http_transfer *t)
{
	if (!t->easy)
		return;
	curl_multi_remove_handle(t->http->multi, t->easy);
	curl_easy_cleanup(t->easy);
	t->easy = NULL;
	t->http->running--;
}

/* ---- redirects ---- */

static struct slice
port_of(const struct url *u)
{
	if (u->port.n)
		return u->port;
	return slice_eq_nocase(u->scheme, SLICE("https")) ? SLICE("443") : SLICE("80");
}

static bool
same_origin(const struct url *a, const struct url *b)
{
	return slice_eq_nocase(a->scheme, b->scheme) && slice_eq_nocase(a->host, b->host) &&
	       slice_eq(port_of(a), port_of(b));
}

/* The user of the request's URL stays with its host. */
static void
keep_user(struct buf *to, const struct url *own)
{
	struct buf with = BUF_INIT;
	struct url u;

	url_split(buf_slice(to), &u);
	if (!own->user.n || u.user.p || !u.host.p)
		return;
	buf_add(&with, to->p, (size_t)(u.host.p - to->p));
	buf_printf(&with, "%.*s@", SLICE_ARG(own->user));
	buf_puts(&with, u.host.p);
	buf_release(to);
	*to = with;
}

static int
refuse_redirect(struct http_transfer *t, struct slice to, const char *why)
{
	struct buf masked = BUF_INIT;

	url_masked(&masked, to);
	err_set(&t->refused, SME_UNAVAILABLE, "redirected to %.200s: %s", buf_str(&masked), why);
	buf_release(&masked);
	return -1;
}

static void
next_method(struct http_transfer *t, long status)
{
	bool head = t->method && strcmp(t->method, "HEAD") == 0;

	if (head || status == 307 || status == 308)
		return;
	t->method = NULL;
	t->no_body = true;
}

int
http_redirect(struct http_transfer *t, long status)
{
	struct http_response r = {.transfer = t};
	struct slice location = http_header(&r, "Location");
	struct buf to = BUF_INIT;
	struct url own, u;
	int rc;

	if (t->request.stay || !location.n || status < 301 || status > 308 || status == 304 ||
	    status == 305 || status == 306)
		return 0;
	url_resolve(&to, slice_of(http_url(t)), location);
	url_split(buf_slice(&to), &u);
	url_split(slice_of(t->request.url), &own);
	next_method(t, status);
	if (t->hops >= t->http->o.redirects) {
		err_set(&t->refused, SME_UNAVAILABLE, "more than %u redirects", t->http->o.redirects);
		rc = -1;
	} else if (!url_is_http(buf_slice(&to))) {
		rc = refuse_redirect(t, buf_slice(&to), "only http and https are followed");
	} else if (!same_origin(&own, &u) && t->request.secret && t->request.body.p && !t->no_body) {
		rc = refuse_redirect(t, buf_slice(&to), "what is sent holds a secret of another host");
	} else {
		t->away = !same_origin(&own, &u);
		if (!t->away)
			keep_user(&to, &own);
		t->moved |= t->hops++ == 0 && (status == 301 || status == 308);
		free(t->url);
		t->url = buf_detach(&to);
		rc = 1;
	}
	buf_release(&to);
	return rc;
}
