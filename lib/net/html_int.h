/* Private to lib/net: text taken from HTML, by the two readers that do it. */
#ifndef SME_NET_HTML_INT_H
#define SME_NET_HTML_INT_H

#include "net/html.h"

/* A longer URL in an attribute is not kept. */
#define HTML_URL_MAX 4096

/* Where text goes; white space and breaks wait until something visible follows. */
struct sink {
	struct buf *b;
	size_t start;
	int breaks; /* line ends that are due: 0 to 2 */
	bool space;
};

/* N line ends are due. */
void sink_break(struct sink *k, int n);

/* Text follows; with LINES its line ends count. */
void sink_text(struct sink *k, struct slice s, bool lines);

/* @name and #tag of a post, told by their class: links to lists of the network, not what the author
 * points to. */
bool html_own_mark(struct slice class);

/*
 * Read S without libxml2 when it is as networks write posts: paragraphs that hold text, br, span, a, b,
 * strong, i, em, and the five common entities, all well nested.  False, with nothing changed, for
 * anything else.  The result is that of libxml2.
 */
bool html_simple(struct sink *k, struct slice s, struct slice base, struct refs *refs,
    struct arena *a);

#endif
