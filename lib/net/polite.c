#include "net/polite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/map.h"
#include "core/mem.h"
#include "net/http_int.h"
#include "net/robots.h"
#include "net/url.h"

/* The product token that the groups of robots.txt name. */
#define AGENT "sme"

#define REDIRECTS_MAX 10

/* RFC 9309, 2.4: what was read longer ago is read again. */
#define ROBOTS_KEEP (INT64_C(24) * 3600 * 1000)

/* One request on its way, from host to host where redirects lead it. */
struct visit {
	struct visit *next;
	struct http *http;
	struct host *host;
	struct arena arena; /* what the request points to */
	struct http_request request;
	int64_t interval;
	unsigned redirects;
	http_done *done;
	void *ctx;
};

struct host {
	struct robots *robots; /* NULL: not known yet */
	long status;           /* of the answer to the request for it */
	bool asked;
	int64_t asked_at;
	struct visit *current; /* the one that is under way */
	int64_t free_at;       /* monotonic ms, as asked_at: not before */
	struct visit *waiting, **tail;
};

struct polite {
	struct map hosts; /* URL of robots.txt → struct host */
};

static void
visit_free(struct visit *v)
{
	arena_release(&v->arena);
	free(v);
}

void
polite_close(struct polite *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->hosts.n; i++) {
		struct host *host = p->hosts.items[i].value.ptr;

		while (host->waiting) {
			struct visit *v = host->waiting;

			host->waiting = v->next;
			visit_free(v);
		}
		if (host->current)
			visit_free(host->current);
		robots_free(host->robots);
		free(host);
	}
	map_release(&p->hosts);
	free(p);
}

static const char *const *
keep_headers(struct arena *a, const char *const *headers)
{
	size_t n = 0;
	const char **kept;

	while (headers && headers[n])
		n++;
	kept = arena_zalloc(a, (n + 1) * sizeof *kept);
	for (size_t i = 0; i < n; i++)
		kept[i] = arena_strdup(a, headers[i]);
	return kept;
}

static struct visit *
visit_new(
    struct http *h, const struct http_request *r, int64_t interval, http_done *done, void *ctx)
{
	struct visit *v = xcalloc(1, sizeof *v);

	*v = (struct visit){
	    .http = h, .request = *r, .interval = interval, .done = done, .ctx = ctx};
	v->request.method = NULL;
	v->request.body = (struct slice){NULL, 0};
	v->request.stay = true; /* each step is looked at */
	v->request.url = arena_strdup(&v->arena, r->url);
	v->request.headers = keep_headers(&v->arena, r->headers);
	v->request.secret_headers = keep_headers(&v->arena, r->secret_headers);
	v->request.ca = r->ca ? arena_strdup(&v->arena, r->ca) : NULL;
	return v;
}

static void work_on(struct host *host);

/* V ends with R; the next one of its host may begin. */
static void
finish(struct visit *v, const struct http_response *r)
{
	struct http_request request = v->request;
	struct host *host = v->host;

	v->done(v->ctx, &request, r);
	visit_free(v);
	host->current = NULL;
	work_on(host);
}

static void
refuse(struct visit *v)
{
	struct http_response r = {.url = v->request.url, .unsent = true};
	long status = v->host->status;
	bool read = status >= 200 && status < 500;
	struct buf url = BUF_INIT;

	if (read)
		snprintf(r.reason, sizeof r.reason, "robots.txt of the host does not allow it");
	else
		snprintf(r.reason, sizeof r.reason,
		    "robots.txt of the host could not be read%s, so nothing "
		    "may be fetched",
		    status ? " (server error)" : "");
	url_masked(&url, slice_of(v->request.url));
	err_set(&r.err, read ? SME_NOPERM : SME_TEMPFAIL, "%s: %s", buf_str(&url), r.reason);
	buf_release(&url);
	finish(v, &r);
}

static void enqueue(struct visit *v);

/* V goes on at LOCATION when that can be followed. */
static bool
follow(struct visit *v, const struct http_response *r)
{
	struct slice to = http_header(r, "location");
	bool moved = r->status == 301 || r->status == 302 || r->status == 303 || r->status == 307 ||
	             r->status == 308;
	struct host *host = v->host;
	struct buf url = BUF_INIT;

	if (!moved || !to.n || v->redirects++ == REDIRECTS_MAX)
		return false;
	url_resolve(&url, slice_of(r->url), to);
	if (!url_is_http(buf_slice(&url))) {
		buf_release(&url);
		return false;
	}
	v->request.url = arena_dup(&v->arena, buf_slice(&url)).p;
	buf_release(&url);
	host->current = NULL;
	enqueue(v);
	/* Credentials and leave to go to private addresses are for the first host. */
	if (v->host != host) {
		v->request.secret_headers = NULL;
		v->request.own_host = false;
	}
	work_on(host);
	if (v->host != host)
		work_on(v->host);
	return true;
}

static void
visited(void *ctx, const struct http_request *request, const struct http_response *r)
{
	struct visit *v = ctx;
	struct http_response lost = *r;

	(void)request;
	if (follow(v, r))
		return;
	if (r->status >= 300 && r->status < 400 && r->status != 304)
		err_set(&lost.err, SME_DATA, "%s",
		    strcpy(
			lost.reason, "redirected too often, or to where nothing can be fetched"));
	finish(v, &lost);
}

static void
start(void *ctx)
{
	struct visit *v = ctx;

	http_submit(v->http, &v->request, visited, v);
}

/* The next request of HOST, when there is one and its turn has come. */
static void
work_on(struct host *host)
{
	struct visit *v = host->waiting;
	int64_t now = http_monotonic_ms(), wait, delay;

	if (!v || host->current || !host->robots)
		return;
	host->waiting = v->next;
	if (!host->waiting)
		host->tail = &host->waiting;
	host->current = v;
	if (!robots_allow(host->robots, slice_of(v->request.url))) {
		refuse(v);
		return;
	}
	wait = host->free_at > now ? host->free_at - now : 0;
	delay = robots_delay(host->robots);
	host->free_at = now + wait + (v->interval > delay ? v->interval : delay);
	if (wait)
		http_after(v->http, wait, start, v);
	else
		start(v);
}

static void
got_robots(void *ctx, const struct http_request *request, const struct http_response *r)
{
	struct visit *v = ctx;
	struct host *host = v->host;

	(void)request;
	host->status = r->status;
	host->robots = robots_answer(r->status, r->body, AGENT);
	work_on(host);
}

/* The first visit asks for robots.txt, with the same authorities and addresses. */
static void
ask_robots(struct visit *v, const char *url)
{
	struct http_request r = {
	    .url = url,
	    .own_host = v->request.own_host,
	    .allowed = v->request.allowed,
	    .ca = v->request.ca,
	};

	v->host->asked = true;
	v->host->asked_at = http_monotonic_ms();
	http_submit(v->http, &r, got_robots, v);
}

static struct host *
host_of(struct polite *p, struct slice robots)
{
	union map_value *known = map_put(&p->hosts, robots);
	struct host *host = known->ptr;

	if (!host) {
		host = known->ptr = xcalloc(1, sizeof *host);
		host->tail = &host->waiting;
	}
	return host;
}

static void
enqueue(struct visit *v)
{
	struct buf robots = BUF_INIT;

	if (!robots_url(&robots, slice_of(v->request.url)))
		buf_puts(&robots, "http://invalid/robots.txt");
	v->host = host_of(v->http->polite, buf_slice(&robots));
	v->next = NULL;
	*v->host->tail = v;
	v->host->tail = &v->next;
	if (v->host->robots && http_monotonic_ms() - v->host->asked_at > ROBOTS_KEEP) {
		robots_free(v->host->robots);
		v->host->robots = NULL;
		v->host->asked = false;
	}
	if (!v->host->asked)
		ask_robots(v, robots.p);
	buf_release(&robots);
}

void
polite_submit(struct http *h, const struct http_request *request, int64_t interval, http_done *done,
    void *ctx)
{
	struct visit *v = visit_new(h, request, interval, done, ctx);

	if (!h->polite)
		h->polite = xcalloc(1, sizeof *h->polite);
	enqueue(v);
	work_on(v->host);
}
