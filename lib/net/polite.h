/*
 * Pages that were made for people, fetched as a guest should: robots.txt of each host is read once,
 * or once a day, and honoured, also where a redirect leads; and requests to one host keep their
 * distance.
 */
#ifndef SME_NET_POLITE_H
#define SME_NET_POLITE_H

#include "net/http.h"

/*
 * As http_submit, GET only, with at least INTERVAL ms, or the host's Crawl-delay, between the
 * starts of two requests to its host; the requests of a host run one after another.  What may not
 * be fetched ends with status 0 and an error: SME_NOPERM when robots.txt does not allow it to
 * "sme", SME_TEMPFAIL when that could not be read, which is taken as a no.
 */
void polite_submit(struct http *h, const struct http_request *request, int64_t interval,
    http_done *done, void *ctx);

/* For http_close: what was not begun is dropped without a call. */
struct polite;
void polite_close(struct polite *p);

#endif
