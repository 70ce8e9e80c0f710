/* A request under way: what http.c, http_try.c and http_guard.c share. */
#ifndef SME_NET_HTTP_INT_H
#define SME_NET_HTTP_INT_H

#include <curl/curl.h>

#include "net/http.h"

/* Headers of one answer, in bytes. */
#define HTTP_HEADERS_MAX ((size_t)64 << 10)

struct http_transfer {
	struct http *http;
	struct http_request request; /* its own copy */
	struct curl_slist *headers, *all_headers; /* for others; for the host of the request */
	http_done *done;
	void *ctx;
	CURL *easy;              /* NULL while it waits for its next try */
	struct buf body, answer; /* the unpacked body; the header lines of the last answer */
	char error[CURL_ERROR_SIZE];
	struct sme_err refused;  /* why this side ended it; empty: it did not */
	char *url;               /* after redirects; NULL: that of the request */
	const char *method;      /* after redirects; NULL: GET */
	bool no_body;            /* a redirect has made a GET of it */
	bool away;               /* a redirect led from the host of the request */
	unsigned hops;
	uint64_t host;           /* as a hash */
	unsigned tries;
	bool moved, sent;
	int64_t began;           /* this try, by the monotonic clock, redirects included */
	int64_t first_byte;      /* of this answer's body; 0: none yet */
	int64_t due;             /* when the next try begins */
	struct http_transfer *next;
};

struct http {
	struct http_options o;
	CURLM *multi;
	struct http_transfer *all; /* in order of submission */
	size_t n, running;
	uint64_t random;
	bool proxied; /* the environment names a proxy */
	bool woken;   /* wake_fd could be read, and a call has returned for it */
	struct http_task *tasks; /* timers and threads */
	struct polite *polite;   /* NULL: not used */
};

int64_t http_monotonic_ms(void);

/* The URL that is being asked for. */
static inline const char *
http_url(const struct http_transfer *t)
{
	return t->url ? t->url : t->request.url;
}

/* Begin a try, or the next hop of one. */
void http_start(struct http *h, struct http_transfer *t);
void http_drop_easy(struct http_transfer *t);

/*
 * The answer is a redirect that is to be followed: T is ready for its next hop when it returns 1.
 * 0: it is the answer; -1: it is refused, and T says why.
 */
int http_redirect(struct http_transfer *t, long status);

/* Call those that are due or have ended.  Were there any? */
bool http_finish_tasks(struct http *h);

/* The time until the next timer, or -1. */
int64_t http_next_timer(const struct http *h);

/* Wait for the threads and drop all. */
void http_drop_tasks(struct http *h);

/* Have the connections of T looked at. */
void http_guard(struct http_transfer *t);

#endif
