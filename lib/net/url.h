/* URLs: cut into parts and put together as RFC 3986 says, and two forms of them that feeds need. */
#ifndef SME_NET_URL_H
#define SME_NET_URL_H

#include "core/buf.h"
#include "core/slice.h"

/* The parts point into the URL.  A part that is not there has p == NULL; one that is there but
 * empty, as the query of "http://h/?", has not. */
struct url {
	struct slice scheme, user, host, port, path, query, fragment;
};

void url_split(struct slice s, struct url *u);

/* Does S start with "http://" or "https://"? */
bool url_is_http(struct slice s);

/*
 * Append REF made absolute with BASE (RFC 3986, 5.2); without a usable BASE, REF as it is.  White
 * space at the ends goes, inside it becomes %20, control bytes vanish.
 */
void url_resolve(struct buf *out, struct slice base, struct slice ref);

/*
 * Append what tells one page from another: no scheme, no "www.", no user, no default port, host in
 * lower case, no slash at the end, no tracking or session parameters, escapes in one spelling, and
 * a fragment only when it looks like a place of its own ("#comment-12").  For comparing only.
 */
void url_canonical(struct buf *out, struct slice s);

/* Append S for a message: user and password, and parameters that look like secrets, become "***". */
void url_masked(struct buf *out, struct slice s);

#endif
