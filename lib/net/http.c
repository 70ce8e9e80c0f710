#include "net/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/date.h"
#include "net/http_int.h"
#include "net/polite.h"
#include "net/url.h"

#ifndef SME_VERSION
#define SME_VERSION "unknown"
#endif

int64_t
http_monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
set_defaults(struct http_options *o)
{
	if (!o->user_agent)
		o->user_agent = "sme/" SME_VERSION;
	if (!o->connect_timeout)
		o->connect_timeout = 10000;
	if (!o->timeout)
		o->timeout = 60000;
	if (!o->tries)
		o->tries = 3;
	if (!o->backoff)
		o->backoff = 1000;
	if (!o->backoff_max)
		o->backoff_max = 60000;
	if (!o->parallel)
		o->parallel = 32;
	if (!o->per_host)
		o->per_host = 4;
	if (!o->redirects)
		o->redirects = 10;
	if (!o->body_max)
		o->body_max = (size_t)64 << 20;
}

/* The variables that libcurl heeds. */
static bool
has_proxy(void)
{
	static const char *const names[] = {
	    "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return true;
	}
	return false;
}

struct http *
http_open(const struct http_options *options, struct sme_err *err)
{
	struct http *h = xcalloc(1, sizeof *h);

	h->o = *options;
	set_defaults(&h->o);
	h->random = h->o.seed;
	h->proxied = has_proxy();
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(h->multi = curl_multi_init())) {
		free(h);
		err_set(err, SME_OSERR, "cannot start libcurl");
		return NULL;
	}
	return h;
}

/* What is sent may hold secrets. */
static void
wipe(const char *p, size_t n)
{
	if (p)
		explicit_bzero((char *)(size_t)p, n);
	free((char *)(size_t)p);
}

static void
free_headers(struct curl_slist *list)
{
	for (struct curl_slist *it = list; it; it = it->next)
		explicit_bzero(it->data, strlen(it->data));
	curl_slist_free_all(list);
}

static void
transfer_free(struct http_transfer *t)
{
	http_drop_easy(t);
	free_headers(t->headers);
	free_headers(t->all_headers);
	free((char *)(size_t)t->request.method);
	free((char *)(size_t)t->request.ca);
	wipe(t->request.url, strlen(t->request.url));
	wipe(t->request.body.p, t->request.body.n);
	free(t->url);
	buf_release(&t->body);
	buf_release(&t->answer);
	free(t);
}

void
http_close(struct http *h)
{
	if (!h)
		return;
	while (h->all) {
		struct http_transfer *t = h->all;

		h->all = t->next;
		transfer_free(t);
	}
	http_drop_tasks(h);
	polite_close(h->polite);
	curl_multi_cleanup(h->multi);
	curl_global_cleanup();
	free(h);
}

static struct curl_slist *
add_headers(struct curl_slist *list, const char *const *headers)
{
	for (size_t i = 0; headers && headers[i]; i++)
		list = curl_slist_append(list, headers[i]);
	return list;
}

void
http_submit(struct http *h, const struct http_request *request, http_done *done, void *ctx)
{
	struct http_transfer *t = xcalloc(1, sizeof *t), **at = &h->all;
	struct url u;

	t->http = h;
	t->request = *request;
	t->request.method = request->method ? xstrdup(request->method) : NULL;
	t->request.url = xstrdup(request->url);
	t->request.body.p = request->body.p ? xslicedup(request->body) : NULL;
	t->request.ca = request->ca ? xstrdup(request->ca) : NULL;
	t->headers = add_headers(NULL, request->headers);
	t->all_headers = add_headers(add_headers(NULL, request->headers), request->secret_headers);
	t->request.headers = t->request.secret_headers = NULL;
	t->done = done;
	t->ctx = ctx;
	t->body = (struct buf)BUF_INIT_MAX(h->o.body_max);
	t->answer = (struct buf)BUF_INIT_MAX(HTTP_HEADERS_MAX);
	t->due = http_monotonic_ms();
	url_split(slice_of(t->request.url), &u);
	t->host = hash64(u.host.p, u.host.n, 0);
	while (*at)
		at = &(*at)->next;
	*at = t;
	h->n++;
}

/* ---- the end of a try ---- */

struct slice
http_header(const struct http_response *r, const char *name)
{
	struct slice all = buf_slice(&r->transfer->answer), line, found = {NULL, 0};
	size_t len = strlen(name);

	while (slice_cut(&all, '\n', &line))
		if (line.n > len && line.p[len] == ':' && strncasecmp(line.p, name, len) == 0)
			found = slice_trim((struct slice){line.p + len + 1, line.n - len - 1});
	return found;
}

struct slice
http_headers(const struct http_response *r)
{
	return buf_slice(&r->transfer->answer);
}

int64_t
http_retry_after(struct slice value, int64_t now)
{
	unsigned long long seconds;
	int64_t date;

	if (slice_u64(slice_trim(value), &seconds))
		return seconds < 366 * 86400 ? (int64_t)seconds * 1000 : 0;
	if (!value.n || !date_parse(value, &date) || date <= now)
		return 0;
	return date - now;
}

/* Does it make sense to ask again? */
static bool
is_passing(CURLcode code, long status)
{
	switch (code) {
	case CURLE_OK:
		return status == 408 || status == 425 || status == 429 || status == 500 ||
		       status == 502 || status == 503 || status == 504;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_SSL_CONNECT_ERROR:
		return true;
	default:
		return false;
	}
}

static uint64_t
next_random(struct http *h)
{
	return hash_mix(h->random += UINT64_C(0x9e3779b97f4a7c15));
}

/* Full jitter over the upper half: waits spread out, and none is too short to help. */
int64_t
http_backoff(struct http *h, unsigned tries)
{
	int64_t full = h->o.backoff;

	for (unsigned i = 1; i < tries && full < h->o.backoff_max; i++)
		full *= 2;
	if (full > h->o.backoff_max)
		full = h->o.backoff_max;
	return full / 2 + (int64_t)(next_random(h) % (uint64_t)(full / 2 + 1));
}

const struct http_options *
http_limits(const struct http *h)
{
	return &h->o;
}

static void
describe(struct http_transfer *t, struct http_response *r, CURLcode code)
{
	struct buf url = BUF_INIT;
	char tries[40] = "";

	url_masked(&url, slice_of(t->request.url));
	if (t->tries > 1)
		snprintf(tries, sizeof tries, " after %u tries", t->tries);
	if (*t->refused.text)
		snprintf(r->reason, sizeof r->reason, "%.290s", t->refused.text);
	else if (code == CURLE_OK)
		snprintf(r->reason, sizeof r->reason, "HTTP %ld%s", r->status, tries);
	else
		snprintf(r->reason, sizeof r->reason, "%.150s%s",
		    *t->error && code != CURLE_UNSUPPORTED_PROTOCOL ? t->error : curl_easy_strerror(code),
		    tries);
	err_set(&r->err, *t->refused.text ? t->refused.status : SME_UNAVAILABLE, "%.200s: %s",
	    buf_str(&url), r->reason);
	buf_release(&url);
}

static void
unlink_transfer(struct http *h, struct http_transfer *t)
{
	struct http_transfer **at = &h->all;

	while (*at && *at != t)
		at = &(*at)->next;
	if (*at)
		*at = t->next;
	h->n--;
}

static bool
is_get(const struct http_request *r)
{
	return !r->method || strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
}

/* The next try begins where the first one did. */
static void
begin_anew(struct http_transfer *t)
{
	free(t->url);
	t->url = NULL;
	t->method = t->request.method;
	t->no_body = t->away = t->moved = false;
	t->hops = 0;
	t->tries++;
	t->began = http_monotonic_ms();
}

/* The same request once more, after a while?  What this side has refused it refuses again. */
static bool
goes_again(struct http_transfer *t, const struct http_response *r, CURLcode code)
{
	const struct http_options *o = &t->http->o;
	unsigned tries = t->request.tries ? t->request.tries : o->tries;
	int64_t wait;

	if (*t->refused.text || !is_passing(code, r->status) || t->tries >= tries ||
	    !(is_get(&t->request) || t->request.repeatable) || r->retry_after > o->backoff_max)
		return false;
	wait = http_backoff(t->http, t->tries);
	t->due = http_monotonic_ms() + (r->retry_after > wait ? r->retry_after : wait);
	http_drop_easy(t);
	return true;
}

static void
hand_over(struct http *h, struct http_transfer *t, struct http_response *r, CURLcode code)
{
	char *effective = NULL;

	curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &effective);
	r->url = effective ? effective : t->request.url;
	r->partial = code == CURLE_PARTIAL_FILE;
	r->body = buf_slice(&t->body);
	r->tries = t->tries;
	r->moved = t->moved;
	r->unsent = !t->sent;
	r->passing = !*t->refused.text && is_passing(code, r->status);
	if (*t->refused.text || (code != CURLE_OK && !(r->partial && r->status < 300)) ||
	    r->status >= 400)
		describe(t, r, code);
	unlink_transfer(h, t);
	t->done(t->ctx, &t->request, r);
	transfer_free(t);
}

static void
finish(struct http *h, struct http_transfer *t, CURLcode code)
{
	struct http_response r = {.transfer = t};
	int hop;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &r.status);
	if (code == CURLE_OK)
		t->refused.text[0] = '\0'; /* of an address that was passed over */
	hop = code == CURLE_OK ? http_redirect(t, r.status) : 0;
	if (hop > 0) {
		http_drop_easy(t);
		http_start(h, t);
		return;
	}
	r.retry_after = http_retry_after(http_header(&r, "Retry-After"), time_now_ms());
	if (hop < 0 || !goes_again(t, &r, code))
		hand_over(h, t, &r, code);
}

/*
 * May one more begin?  libcurl could hold it back itself, but then the time in its queue counts
 * against the time-out, and of a hundred feeds of one slow host the last would always fail.
 */
static bool
has_room(const struct http *h, uint64_t host)
{
	unsigned same = 0;

	for (const struct http_transfer *t = h->all; t; t = t->next)
		same += t->easy && t->host == host;
	return h->running < h->o.parallel && same < h->o.per_host;
}

/* Begin the tries that are due; the time until the next one is, or -1. */
static int64_t
start_due(struct http *h)
{
	int64_t now = http_monotonic_ms(), next = -1;

	for (struct http_transfer *t = h->all; t; t = t->next) {
		if (t->easy)
			continue;
		if (t->due <= now && has_room(h, t->host)) {
			begin_anew(t);
			http_start(h, t);
		} else if (t->due > now && (next < 0 || t->due - now < next))
			next = t->due - now;
	}
	return next;
}

static bool
finish_ended(struct http *h)
{
	bool any = false;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(h->multi, &left))) {
		struct http_transfer *t = NULL;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		finish(h, t, code);
		any = true;
	}
	return any;
}

size_t
http_wait(struct http *h, int64_t timeout)
{
	int64_t end = timeout < 0 ? INT64_MAX : http_monotonic_ms() + timeout;
	struct curl_waitfd wake = {.fd = h->o.wake_fd, .events = CURL_WAIT_POLLIN};
	bool waking = h->o.wake_fd > 0 && !h->woken, woken = false;

	for (;;) {
		int64_t wait = start_due(h), timer = http_next_timer(h);
		int64_t left = end == INT64_MAX ? 10000 : end - http_monotonic_ms();
		bool any;
		int running;

		curl_multi_perform(h->multi, &running);
		any = finish_ended(h);
		any |= http_finish_tasks(h);
		if (any || woken || left <= 0 || (!h->n && timeout < 0))
			return h->n;
		if (wait < 0 || (timer >= 0 && timer < wait))
			wait = timer;
		if (wait < 0 || wait > left)
			wait = left;
		wake.revents = 0;
		curl_multi_poll(h->multi, &wake, waking, (int)(wait < 10000 ? wait : 10000), NULL);
		woken = wake.revents != 0;
		h->woken |= woken;
	}
}
