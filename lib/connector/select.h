/*
 * A list page of a site without an API, as HTML, into records.  What is where on the page is said
 * by XPath expressions, which come from the connector or its settings; the page comes from
 * anywhere.
 */
#ifndef SME_CONNECTOR_SELECT_H
#define SME_CONNECTOR_SELECT_H

#include <jq.h>
#include <stdint.h>

#include "core/err.h"
#include "core/slice.h"

/* A longer page is refused; of one that lists more items the first so many are taken. */
#define SELECT_PAGE_MAX ((size_t)4 << 20)
#define SELECT_ITEMS_MAX 1000

/* The page as it came. */
struct select_input {
	struct slice html;
	struct slice content_type; /* the header; may be empty */
	struct slice url;          /* after redirects: what relative links are relative to */
	int64_t now;               /* "3 hours ago" is counted from it; ms since 1970 */
};

/*
 * What SELECT, the member of a request, finds:
 *
 *	{items: "//article",                     each node that this finds is an item
 *	 fields: {id: "@data-id", ...,           within an item: text, attribute or number
 *	          next: "//a[@rel='next']/@href"},  on the page: the one that follows
 *	 dates: {format: "%d.%m.%Y", zone: "Europe/Berlin"}}   how dates are to be read, optional
 *
 * *BODY becomes {items: [{FIELD: "text", ...}, ...], next: "URL" or null}.  A field that finds
 * nothing or an empty text is not there.  The name of a field says what becomes of it: "url" and
 * "..._url" become absolute; "html" and "html_..." stay HTML, of anything else the text is taken,
 * with white space collapsed; "date" and "..._at" become RFC 3339 when they can be read
 * (pagedate.h).  In expressions, has-class("a") is true for an element of that class.
 *
 * SELECT is consumed.  -1 with ERR: SME_CONFIG when SELECT is wrong, SME_DATA when the page is too
 * large or an expression takes too long on it; *BODY is then invalid.
 */
int select_page(jv select, const struct select_input *in, jv *body, struct sme_err *err);

/* Is SELECT, which is consumed, in order?  For checking a connector without a page. */
int select_check(jv select, struct sme_err *err);

#endif
