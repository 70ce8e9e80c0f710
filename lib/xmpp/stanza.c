#include "xmpp/stanza.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

struct stanzas {
	xmlSAXHandler sax;
	xmlParserCtxt *parser;
	size_t depth;
	size_t since; /* bytes of the stanza that is coming in */
	bool begun, ended, bad;
	xmlNode *first, *last; /* complete ones, linked by `next` */
	xmlNode *given;
};

static void
on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int n,
    const xmlChar **namespaces, int nattr, int ndefault, const xmlChar **attr)
{
	xmlParserCtxt *parser = ctx;
	struct stanzas *s = parser->_private;

	xmlSAX2StartElementNs(ctx, name, prefix, uri, n, namespaces, nattr, ndefault, attr);
	s->depth++;
	s->begun = true;
}

/* A child of the stream is complete: it leaves the tree, which therefore never grows. */
static void
on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	xmlParserCtxt *parser = ctx;
	struct stanzas *s = parser->_private;
	xmlNode *n = parser->node;

	xmlSAX2EndElementNs(ctx, name, prefix, uri);
	if (--s->depth == 0)
		s->ended = true;
	if (s->depth != 1 || !n)
		return;
	/* Its namespaces may be declared by the stream, which stays. */
	xmlUnlinkNode(n);
	n->next = NULL;
	if (s->last)
		s->last->next = n;
	else
		s->first = n;
	s->last = n;
	s->since = 0;
}

static void
on_characters(void *ctx, const xmlChar *text, int n)
{
	xmlParserCtxt *parser = ctx;
	struct stanzas *s = parser->_private;

	/* White space between stanzas keeps the connection alive, and is nothing to keep. */
	if (s->depth > 1)
		xmlSAX2Characters(ctx, text, n);
	else
		s->since = 0;
}

static void
on_doctype(void *ctx, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	xmlParserCtxt *parser = ctx;

	(void)name, (void)external, (void)system;
	((struct stanzas *)parser->_private)->bad = true;
	xmlStopParser(parser);
}

static void
on_instruction(void *ctx, const xmlChar *target, const xmlChar *data)
{
	(void)target;
	on_doctype(ctx, data, NULL, NULL);
}

static void
on_comment(void *ctx, const xmlChar *text)
{
	on_doctype(ctx, text, NULL, NULL);
}

static void
on_error(void *ctx, xmlErrorPtr e)
{
	(void)ctx, (void)e;
}

struct stanzas *
stanzas_open(void)
{
	struct stanzas *s = xcalloc(1, sizeof *s);

	xmlSAXVersion(&s->sax, 2);
	s->sax.startElementNs = on_start;
	s->sax.endElementNs = on_end;
	s->sax.characters = s->sax.ignorableWhitespace = on_characters;
	s->sax.internalSubset = s->sax.externalSubset = on_doctype;
	s->sax.processingInstruction = on_instruction;
	s->sax.comment = on_comment;
	s->sax.serror = on_error;
	s->parser = xmlCreatePushParserCtxt(&s->sax, NULL, NULL, 0, NULL);
	/* It is UTF-8, whatever it says (RFC 6120, 11.6). */
	xmlCtxtResetPush(s->parser, NULL, 0, NULL, "UTF-8");
	s->parser->_private = s;
	xmlCtxtUseOptions(s->parser, XML_PARSE_IGNORE_ENC | XML_PARSE_NOENT | XML_PARSE_NONET |
					 XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	return s;
}

void
stanzas_close(struct stanzas *s)
{
	if (!s)
		return;
	while (stanzas_next(s))
		;
	/* What is not complete is still in the tree. */
	if (s->parser->myDoc)
		xmlFreeDoc(s->parser->myDoc);
	s->parser->myDoc = NULL;
	xmlFreeParserCtxt(s->parser);
	free(s);
}

int
stanzas_feed(struct stanzas *s, struct slice bytes, struct sme_err *err)
{
	/* In pieces, so that the limit is of one stanza and not of what came at once. */
	while (bytes.n && !s->bad && !s->ended) {
		size_t n = bytes.n < 4096 ? bytes.n : 4096;

		s->since += n;
		s->bad = xmlParseChunk(s->parser, bytes.p, (int)n, 0) != 0 || s->bad ||
		         s->since > STANZA_MAX;
		bytes.p += n;
		bytes.n -= n;
	}
	if (!s->bad)
		return 0;
	return err_set(err, SME_DATA, "the server sends what is no XMPP");
}

const xmlNode *
stanzas_next(struct stanzas *s)
{
	xmlFreeNode(s->given);
	s->given = s->first;
	if (!s->given)
		return NULL;
	s->first = s->given->next;
	if (!s->first)
		s->last = NULL;
	s->given->next = NULL;
	return s->given;
}

bool
stanzas_begun(const struct stanzas *s)
{
	return s->begun;
}

bool
stanzas_ended(const struct stanzas *s)
{
	return s->ended;
}

bool
stanza_is(const xmlNode *n, const char *name, const char *ns)
{
	if (!n || n->type != XML_ELEMENT_NODE || strcmp((const char *)n->name, name) != 0)
		return false;
	return !ns || (n->ns && n->ns->href && strcmp((const char *)n->ns->href, ns) == 0);
}

const xmlNode *
stanza_child(const xmlNode *n, const char *name, const char *ns)
{
	for (const xmlNode *c = n ? n->children : NULL; c; c = c->next)
		if (stanza_is(c, name, ns))
			return c;
	return NULL;
}

struct slice
stanza_attr(const xmlNode *n, const char *name)
{
	for (const xmlAttr *a = n && n->type == XML_ELEMENT_NODE ? n->properties : NULL; a;
	     a = a->next)
		if (!a->ns && strcmp((const char *)a->name, name) == 0)
			/* One text node: entities of our own are not kept apart. */
			return slice_of(a->children ? (const char *)a->children->content : "");
	return (struct slice){NULL, 0};
}

void
stanza_text(const xmlNode *n, struct buf *out)
{
	for (const xmlNode *c = n ? n->children : NULL; c; c = c->next)
		if ((c->type == XML_TEXT_NODE || c->type == XML_CDATA_SECTION_NODE) && c->content)
			buf_puts(out, (const char *)c->content);
}

void
stanza_escape(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '<':
			buf_puts(out, "&lt;");
			break;
		case '>':
			buf_puts(out, "&gt;");
			break;
		case '&':
			buf_puts(out, "&amp;");
			break;
		case '"':
			buf_puts(out, "&quot;");
			break;
		case '\'':
			buf_puts(out, "&apos;");
			break;
		default:
			if ((unsigned char)s.p[i] >= 0x20 || strchr("\t\n", s.p[i]))
				buf_addc(out, s.p[i]);
		}
	}
}
