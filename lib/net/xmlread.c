#include "net/xmlread.h"

#include <libxml/parser.h>

#include "net/feed.h"
#include "net/xmlfix.h"

/* No network, no external subset, no substitution; and no NOENT, for nothing is declared. */
#define XML_OPTIONS                                                                                \
	(XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA |           \
	    XML_PARSE_COMPACT)

/* A tag of more bytes is not handed to libxml2 as it is. */
#define TAG_MAX ((size_t)64 << 10)

/*
 * What is not well-formed is parsed again after a repair, so nothing is to be had from going on, and
 * much to be lost: libxml2 copies what it has of a comment for each further error in it.
 */
static void
stop_at_error(void *ctx, xmlErrorPtr error)
{
	(void)ctx;
	if (error->level == XML_ERR_FATAL && error->ctxt)
		xmlStopParser(error->ctxt);
}

static xmlDoc *
read_xml(struct slice s, bool recover)
{
	xmlParserCtxt *ctxt = s.n > INT32_MAX ? NULL : xmlNewParserCtxt();
	xmlDoc *doc;

	if (!ctxt)
		return NULL;
	if (!recover)
		ctxt->sax->serror = stop_at_error;
	doc = xmlCtxtReadMemory(ctxt, s.p, (int)s.n, NULL, "UTF-8",
	    XML_OPTIONS | (recover ? XML_PARSE_RECOVER : 0));
	xmlFreeParserCtxt(ctxt);
	return doc;
}

/*
 * Has S a tag so long that its attributes, compared with one another, would keep libxml2 busy for
 * minutes?  The repair drops what is too much.
 */
static bool
has_monster(struct slice s)
{
	const char *p = s.p, *end = s.p + s.n;

	while (p < end && (p = memchr(p, '<', (size_t)(end - p)))) {
		size_t left = (size_t)(end - p);
		const char *gt = memchr(p, '>', left < TAG_MAX ? left : TAG_MAX);

		if (!gt && left > TAG_MAX && p[1] != '!' && p[1] != '?')
			return true;
		p = gt ? gt + 1 : p + 1;
	}
	return false;
}

xmlDoc *
xml_read(struct slice s, bool *repaired)
{
	struct slice root = xml_root(s);
	struct buf fixed = BUF_INIT_MAX(FEED_MAX * 4);
	xmlDoc *doc = root.n && !has_monster(root) ? read_xml(root, false) : NULL;

	*repaired = !doc;
	if (!doc && root.n) {
		xml_repair(&fixed, root);
		doc = read_xml(buf_slice(&fixed), true);
	}
	buf_release(&fixed);
	return doc;
}
