#include "net/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/date.h"
#include "net/url.h"

#ifndef SME_VERSION
#define SME_VERSION "unknown"
#endif

/* Headers of one answer; more are not kept. */
#define HEADERS_MAX ((size_t)64 << 10)

struct http_transfer {
	struct http *http;
	struct http_request request; /* its own copy */
	struct curl_slist *headers;
	http_done *done;
	void *ctx;
	CURL *easy;              /* NULL while it waits for its next try */
	struct buf body, answer; /* the unpacked body; the header lines of the last answer */
	char error[CURL_ERROR_SIZE];
	uint64_t host; /* as a hash */
	unsigned tries;
	bool moved, first_answer;
	int64_t due; /* by the monotonic clock: when the next try begins */
	struct http_transfer *next;
};

struct http {
	struct http_options o;
	CURLM *multi;
	struct http_transfer *all; /* in order of submission */
	size_t n, running;
	uint64_t random;
};

static int64_t
monotonic_ms(void)
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

struct http *
http_open(const struct http_options *options, struct sme_err *err)
{
	struct http *h = xcalloc(1, sizeof *h);

	h->o = *options;
	set_defaults(&h->o);
	h->random = h->o.seed;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(h->multi = curl_multi_init())) {
		free(h);
		err_set(err, SME_OSERR, "cannot start libcurl");
		return NULL;
	}
	return h;
}

static void
drop_easy(struct http_transfer *t)
{
	if (!t->easy)
		return;
	curl_multi_remove_handle(t->http->multi, t->easy);
	curl_easy_cleanup(t->easy);
	t->easy = NULL;
	t->http->running--;
}

static void
transfer_free(struct http_transfer *t)
{
	drop_easy(t);
	curl_slist_free_all(t->headers);
	free((char *)(size_t)t->request.method);
	free((char *)(size_t)t->request.url);
	free((char *)(size_t)t->request.body.p);
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
	curl_multi_cleanup(h->multi);
	curl_global_cleanup();
	free(h);
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
	for (size_t i = 0; request->headers && request->headers[i]; i++)
		t->headers = curl_slist_append(t->headers, request->headers[i]);
	t->request.headers = NULL;
	t->done = done;
	t->ctx = ctx;
	t->body = (struct buf)BUF_INIT_MAX(h->o.body_max);
	t->answer = (struct buf)BUF_INIT_MAX(HEADERS_MAX);
	t->due = monotonic_ms();
	url_split(slice_of(t->request.url), &u);
	t->host = hash64(u.host.p, u.host.n, 0);
	while (*at)
		at = &(*at)->next;
	*at = t;
	h->n++;
}

/* ---- one try ---- */

static size_t
on_body(char *p, size_t size, size_t n, void *ctx)
{
	struct http_transfer *t = ctx;

	buf_add(&t->body, p, size * n);
	return t->body.over ? 0 : size * n;
}

static size_t
on_header(char *p, size_t size, size_t n, void *ctx)
{
	struct http_transfer *t = ctx;
	struct slice line = {p, size * n};

	/* A new status line: what came before was an answer on the way. */
	if (slice_starts(line, SLICE("HTTP/"))) {
		struct slice code = line;
		const char *sp = memchr(line.p, ' ', line.n);

		if (sp && t->first_answer) {
			code = (struct slice){sp + 1, line.n - (size_t)(sp + 1 - line.p)};
			t->moved = slice_starts(code, SLICE("301")) || slice_starts(code, SLICE("308"));
			t->first_answer = false;
		}
		buf_clear(&t->answer);
	}
	buf_adds(&t->answer, line);
	return size * n;
}

static bool
is_get(const struct http_request *r)
{
	return !r->method || strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
}

static void
set_method(struct http_transfer *t)
{
	const struct http_request *r = &t->request;

	if (r->method && strcmp(r->method, "HEAD") == 0)
		curl_easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
	if (r->body.p) {
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, r->body.p);
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
	}
	if (r->method && (r->body.p || !is_get(r)))
		curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, r->method);
}

static void
start(struct http *h, struct http_transfer *t)
{
	CURL *e = t->easy = curl_easy_init();

	if (!e)
		return;
	buf_clear(&t->body);
	buf_clear(&t->answer);
	t->error[0] = '\0';
	t->first_answer = true;
	t->moved = false;
	t->tries++;
	curl_easy_setopt(e, CURLOPT_URL, t->request.url);
	curl_easy_setopt(e, CURLOPT_PRIVATE, t);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(e, CURLOPT_MAXREDIRS, (long)h->o.redirects);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)h->o.connect_timeout);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)h->o.timeout);
	curl_easy_setopt(e, CURLOPT_USERAGENT, h->o.user_agent);
	curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	set_method(t);
	curl_multi_add_handle(h->multi, e);
	h->running++;
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
static int64_t
wait_for(struct http *h, unsigned tries)
{
	int64_t full = h->o.backoff;

	for (unsigned i = 1; i < tries && full < h->o.backoff_max; i++)
		full *= 2;
	if (full > h->o.backoff_max)
		full = h->o.backoff_max;
	return full / 2 + (int64_t)(next_random(h) % (uint64_t)(full / 2 + 1));
}

static void
describe(struct http_transfer *t, struct http_response *r, CURLcode code)
{
	struct buf url = BUF_INIT;
	char tries[40] = "";

	url_masked(&url, slice_of(t->request.url));
	if (t->tries > 1)
		snprintf(tries, sizeof tries, " after %u tries", t->tries);
	if (code == CURLE_OK)
		err_set(&r->err, SME_UNAVAILABLE, "%.300s: HTTP %ld%s", buf_str(&url), r->status, tries);
	else if (t->body.over)
		err_set(&r->err, SME_UNAVAILABLE, "%.300s: the answer is larger than %zu bytes",
		    buf_str(&url), t->http->o.body_max);
	else if (code == CURLE_TOO_MANY_REDIRECTS)
		err_set(&r->err, SME_UNAVAILABLE, "%.300s: more than %u redirects", buf_str(&url),
		    t->http->o.redirects);
	else
		err_set(&r->err, SME_UNAVAILABLE, "%.300s: %.150s%s", buf_str(&url),
		    *t->error && code != CURLE_UNSUPPORTED_PROTOCOL ? t->error
		                                                    : curl_easy_strerror(code), tries);
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

static void
finish(struct http *h, struct http_transfer *t, CURLcode code)
{
	struct http_response r = {.tries = t->tries, .transfer = t, .moved = t->moved};
	char *effective = NULL;
	bool again;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &r.status);
	curl_easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &effective);
	r.retry_after = http_retry_after(http_header(&r, "Retry-After"), time_now_ms());
	again = is_passing(code, r.status) && (is_get(&t->request) || t->request.repeatable) &&
	        t->tries < h->o.tries && r.retry_after <= h->o.backoff_max;
	if (again) {
		int64_t wait = wait_for(h, t->tries);

		t->due = monotonic_ms() + (r.retry_after > wait ? r.retry_after : wait);
		drop_easy(t);
		return;
	}
	r.url = effective ? effective : t->request.url;
	r.partial = code == CURLE_PARTIAL_FILE;
	r.body = buf_slice(&t->body);
	if ((code != CURLE_OK && !(r.partial && r.status < 300)) || r.status >= 400)
		describe(t, &r, code);
	unlink_transfer(h, t);
	t->done(t->ctx, &t->request, &r);
	transfer_free(t);
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
	int64_t now = monotonic_ms(), next = -1;

	for (struct http_transfer *t = h->all; t; t = t->next) {
		if (t->easy)
			continue;
		if (t->due <= now && has_room(h, t->host))
			start(h, t);
		else if (t->due > now && (next < 0 || t->due - now < next))
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
	int64_t end = timeout < 0 ? INT64_MAX : monotonic_ms() + timeout;
	struct curl_waitfd wake = {.fd = h->o.wake_fd, .events = CURL_WAIT_POLLIN};
	bool woken = false;

	for (;;) {
		int64_t wait = start_due(h), left = end == INT64_MAX ? 10000 : end - monotonic_ms();
		int running;

		curl_multi_perform(h->multi, &running);
		if (finish_ended(h) || woken || left <= 0 || (!h->n && timeout < 0))
			return h->n;
		if (wait < 0 || wait > left)
			wait = left;
		wake.revents = 0;
		curl_multi_poll(h->multi, &wake, h->o.wake_fd > 0, (int)(wait < 10000 ? wait : 10000), NULL);
		woken = wake.revents != 0;
	}
}
