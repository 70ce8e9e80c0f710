/*
 * The HTTP engine: many requests at once on libcurl's multi interface, each with time-outs, redirects
 * and retries.  It knows nothing of feeds or networks; what asks for pages or signs requests is
 * built on top.  One engine belongs to one thread.
 */
#ifndef SME_NET_HTTP_H
#define SME_NET_HTTP_H

#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "net/address.h"

/* No limit stands at "for ever": what is 0 here gets the default that is named. */
struct http_options {
	const char *user_agent;    /* "sme/VERSION" */
	int64_t connect_timeout;   /* milliseconds; 10 s */
	int64_t timeout;           /* of one try from start to end; 60 s */
	unsigned tries;            /* 3 */
	int64_t backoff;           /* before the second try, then doubled; 1 s */
	int64_t backoff_max;       /* and never longer than this, whatever Retry-After says; 60 s */
	unsigned parallel;         /* transfers at once; 32 */
	unsigned per_host;         /* connections to one host at once; 4 */
	unsigned redirects;        /* 10; only to http and https */
	size_t body_max;           /* of an unpacked body; 64 MiB */
	uint64_t seed;             /* of the jitter; the same seed, the same waits */
	int wake_fd;               /* > 0: http_wait returns when this can be read */
};

/*
 * Whoever answers may be hostile.  A connection to an address that is not public (address.h) is
 * refused unless `allowed` lists it, or `own_host` is set and it is the host of `url`; that is looked
 * at when the connection is made, so it does not matter what a name meant before.  A redirect leads
 * to http or https only.  Behind a proxy, which looks names up itself, hosts are judged by name.
 */
struct http_request {
	const char *method; /* NULL: GET */
	const char *url;
	const char *const *headers; /* "Name: value", NULL-terminated; NULL: none */
	/* The same, but a redirect to another scheme, host or port does not take them along. */
	const char *const *secret_headers;
	struct slice body; /* sent as it is when p is set */
	bool repeatable;   /* may be sent again though it is not GET or HEAD */
	bool stay;         /* a redirect is the answer */
	/* URL, body or headers hold a secret: plain http only to an address that `allowed` lists, and
	 * no body to another host. */
	bool secret;
	bool own_host;
	const struct address_list *allowed; /* NULL: none; must outlive the request */
	const char *ca;  /* file of the authorities to trust in place of the system's; NULL: those */
	unsigned tries;  /* 0: as the engine's */
	void *user;
};

struct http_response {
	long status;           /* of the last try; 0: there was no answer */
	const char *url;       /* after redirects */
	struct slice body;     /* unpacked; may be taken with http_take_body */
	bool partial;          /* the connection ended before the announced length */
	unsigned tries;
	int64_t retry_after;   /* milliseconds the server asks to wait, or 0 */
	bool moved;            /* the first answer was a permanent redirect (301, 308) */
	bool unsent;           /* no try got as far as sending anything */
	bool passing;          /* it failed, but may work a while later */
	/* Why it failed, empty when there is a final answer below 400; the URL, masked, is in it. */
	struct sme_err err;
	char reason[300]; /* the same without the URL */
	struct http_transfer *transfer; /* private */
};

/* The value of the header NAME in the last answer, or an empty slice with p == NULL. */
struct slice http_header(const struct http_response *r, const char *name);

/* All header lines of the last answer, the status line first. */
struct slice http_headers(const struct http_response *r);

/*
 * The end of a request: called from http_wait, once for each http_submit.  RESPONSE and all that it
 * points to dies when the call returns.  New requests may be submitted from here.
 */
typedef void http_done(void *ctx, const struct http_request *request,
    const struct http_response *response);

struct http;

/* NULL with ERR when libcurl cannot start. */
struct http *http_open(const struct http_options *options, struct sme_err *err);

/* Requests that are under way are dropped without a call. */
void http_close(struct http *h);

/* The request is copied, its strings included, but not what `allowed` points to. */
void http_submit(struct http *h, const struct http_request *request, http_done *done, void *ctx);

/* Call DONE from http_wait after MS milliseconds. */
typedef void http_job(void *ctx);
void http_after(struct http *h, int64_t ms, http_job *done, void *ctx);

/*
 * Run WORK on a thread of its own, for what blocks, then DONE from http_wait.  http_close waits for
 * WORK to end; DONE is then not called.
 */
void http_run(struct http *h, http_job *work, http_job *done, void *ctx);

/* What the engine waits before the try that follows the TRIES-th, in milliseconds, with jitter. */
int64_t http_backoff(struct http *h, unsigned tries);

const struct http_options *http_limits(const struct http *h); /* with the defaults filled in */

/*
 * Work on all requests, wait at most TIMEOUT ms (-1: until one ends or wake_fd is readable, which is
 * told once), and call back for those that have ended; with nothing under way it just waits.  Returns how many are
 * still under way.
 */
size_t http_wait(struct http *h, int64_t timeout);

/* Retry-After, as seconds or as a date to be compared with NOW: milliseconds, 0 when it is neither
 * or is past. */
int64_t http_retry_after(struct slice value, int64_t now);

#endif
