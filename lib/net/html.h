/* HTML as it stands in feeds into plain text, and the links and pictures that were in it. */
#ifndef SME_NET_HTML_H
#define SME_NET_HTML_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/slice.h"

/* What hangs on a post.  At most REFS_MAX of each kind are kept, each URL once. */
#define REFS_MAX 64

struct media {
	struct slice type; /* "image", "video", "audio" or "file" */
	struct slice url, alt;
};

struct refs {
	struct slice *links;
	struct media *media;
	size_t nlinks, nmedia, linkcap, mediacap;
};

/* URL is copied to A.  Only http and https count. */
void refs_link(struct refs *r, struct arena *a, struct slice url);
void refs_media(struct refs *r, struct arena *a, struct slice type, struct slice url,
    struct slice alt);
void refs_release(struct refs *r);

/* The kind of a MIME type or, when there is none, of the file name at the end of URL. */
struct slice media_kind(struct slice mime, struct slice url);

/* A parser that is used again for every text. */
struct html;

struct html *html_open(void);
void html_close(struct html *h);

/*
 * Append the text of S, which is UTF-8: paragraphs with an empty line between them, lists with "- "
 * or numbers, white space collapsed, no scripts and styles.  Without any tag in S its line ends are
 * kept.  Links and pictures, made absolute with BASE, are added to REFS (may be NULL; memory from A).
 */
void html_text(struct html *h, struct slice s, struct slice base, struct buf *text,
    struct refs *refs, struct arena *a);

/* Append S, which is no HTML, with white space collapsed and line ends kept. */
void html_plain(struct slice s, struct buf *text);

/* Has S a tag or an entity in it? */
bool html_likely(struct slice s);

/* The first feed that the page S names in a <link rel="alternate">, absolute, appended to OUT;
 * false when it names none. */
bool html_find_feed(struct html *h, struct slice s, struct slice base, struct buf *out);

#endif
