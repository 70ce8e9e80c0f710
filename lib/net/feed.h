/*
 * RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, and JSON Feed 1.x: one shape of entry for all.  What is
 * slightly broken, as in the wild, still gives its entries.  No document ever makes us read another
 * file or address, and none can grow: document types are dropped unread.
 */
#ifndef SME_NET_FEED_H
#define SME_NET_FEED_H

#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "net/html.h"

/* A larger document is refused, in bytes. */
#define FEED_MAX ((size_t)64 << 20)

struct feed_entry {
	struct slice guid;       /* as the feed has it; p == NULL: none.  So with all that follow */
	struct slice link;       /* absolute */
	struct slice title;      /* plain text */
	struct slice text;       /* plain text; never the title */
	struct slice author;     /* a name */
	struct slice author_url; /* absolute */
	struct slice lang;
	struct slice reply_to;   /* the guid of what it answers */
	int64_t published, updated; /* TIME_NONE */
	int64_t comments;           /* how many; -1 unknown */
	struct refs refs;
};

struct feed {
	const char *kind; /* "rss", "atom", "rdf" or "jsonfeed" */
	struct slice title, link, lang, author;
	int64_t ttl;   /* milliseconds the feed asks not to be fetched again, or 0 */
	bool repaired; /* it was not well-formed */
	struct feed_entry *entries; /* as they stand in the document */
	size_t n, cap;
	struct arena arena;
};

/* What the caller knows about a document. */
struct feed_source {
	struct slice url;     /* it came from; the base of relative links; may be empty */
	struct slice charset; /* of the Content-Type; may be empty */
};

/*
 * Parse BODY.  -1 with ERR (SME_DATA) when it is no feed at all; a feed without entries is none's
 * fault and succeeds.  feed_release frees everything.
 */
int feed_parse(struct feed *f, struct html *h, struct slice body, const struct feed_source *src,
    struct sme_err *err);
void feed_release(struct feed *f);

/* For the readers of one format. */
int feed_parse_xml(struct feed *f, struct html *h, struct slice body, const struct feed_source *src,
    struct sme_err *err);
int feed_parse_json(struct feed *f, struct html *h, struct slice body,
    const struct feed_source *src, struct sme_err *err);
struct feed_entry *feed_add(struct feed *f);

/* REF absolute with BASE, in the feed's memory. */
struct slice feed_url(struct feed *f, struct slice base, struct slice ref);

/* The text of HTML (or of plain text, when HTML is false) in the feed's memory. */
struct slice feed_text(struct feed *f, struct html *h, struct slice s, bool html,
    struct slice base, struct refs *refs);

#endif
