/*
 * robots.txt as RFC 9309 says: which pages of a host a program may fetch that is not a person's
 * browser.
 */
#ifndef SME_NET_ROBOTS_H
#define SME_NET_ROBOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/slice.h"

/* What stands behind this many bytes of a file is not read. */
#define ROBOTS_MAX ((size_t)500 << 10)

struct robots;

/*
 * The rules of TEXT for the program AGENT, such as "sme": the groups that name it, else those for
 * "*", else none.  Anything may stand in TEXT.
 */
struct robots *robots_parse(struct slice text, const char *agent);

/*
 * What the answer to a request for robots.txt means: TEXT for status 200 to 299, no rules for any
 * other below 500, and for 500 and above, or 0 (no answer at all), that nothing may be fetched.
 */
struct robots *robots_answer(long status, struct slice text, const char *agent);

void robots_free(struct robots *r);

/*
 * May URL, of the host R is of, be fetched?  The longest rule that matches decides, of two as long
 * that which allows; "*" and "$" mean what they do in the RFC, and an escape is what it stands for.
 * /robots.txt itself always may.
 */
bool robots_allow(const struct robots *r, struct slice url);

/* Crawl-delay, which is no part of the RFC: what the host asks to wait between two requests, in
 * milliseconds, at most a minute; 0 when it says nothing. */
int64_t robots_delay(const struct robots *r);

/* Append the URL of the file for the host of URL; false when that is not http or https. */
bool robots_url(struct buf *out, struct slice url);

#endif
