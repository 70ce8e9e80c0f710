#include "connector/select.h"

#include <ctype.h>
#include <libxml/HTMLparser.h>
#include <libxml/HTMLtree.h>
#include <libxml/hash.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <stdlib.h>
#include <string.h>

#include "clock/zone.h"
#include "connector/value.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/charset.h"
#include "net/pagedate.h"
#include "net/url.h"

#define FIELDS_MAX 64
#define FIELD_BYTES ((size_t)256 << 10)
#define TOTAL_BYTES ((size_t)16 << 20)

/* Steps of all expressions on one page: some seconds at worst, for a page that is made to do harm.
 */
#define STEPS_MAX 20000000

#define HTML_OPTIONS                                                                               \
	(HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |       \
	    HTML_PARSE_NODEFDTD | HTML_PARSE_COMPACT)

enum field_kind { FIELD_TEXT, FIELD_URL, FIELD_HTML, FIELD_DATE };

struct field {
	jv name;
	enum field_kind kind;
	xmlXPathCompExpr *path;
};

struct selector {
	xmlXPathContext *xpath;
	xmlXPathCompExpr *items, *next;
	struct field *fields;
	size_t n;
	char *format;
	struct zone *zone;
	struct buf base, text;
	size_t total;
	int64_t now;
	char wrong[160]; /* what libxml2 says of an expression */
};

/* ---- the expressions ---- */

static void
note_error(void *to, xmlErrorPtr e)
{
	struct selector *s = to;

	if (!s->wrong[0] && e->message)
		snprintf(
		    s->wrong, sizeof s->wrong, "%.*s", (int)strcspn(e->message, "\n"), e->message);
}

/* has-class("a"): as CSS has it. */
static void
has_class(xmlXPathParserContext *ctxt, int nargs)
{
	xmlChar *name, *all;
	struct slice rest, word;
	bool found = false;

	CHECK_ARITY(1);
	name = xmlXPathPopString(ctxt);
	if (xmlXPathCheckError(ctxt)) {
		xmlFree(name);
		return;
	}
	all = ctxt->context->node && ctxt->context->node->type == XML_ELEMENT_NODE
	          ? xmlGetNoNsProp(ctxt->context->node, (const xmlChar *)"class")
	          : NULL;
	rest = slice_of((const char *)all);
	for (char *p = (char *)all; p && *p; p++)
		if (isspace((unsigned char)*p))
			*p = ' ';
	while (slice_cut(&rest, ' ', &word))
		found |= word.n && slice_is(word, (const char *)name);
	xmlFree(all);
	xmlFree(name);
	xmlXPathReturnBoolean(ctxt, found);
}

static void
no_function(xmlXPathParserContext *ctxt, int nargs)
{
	(void)nargs;
	xmlXPathErr(ctxt, XPATH_UNKNOWN_FUNC_ERROR);
}

/* For what is not known: otherwise libxml2 writes to standard error. */
static xmlXPathFunction
find_function(void *to, const xmlChar *name, const xmlChar *space)
{
	struct selector *s = to;

	if (xmlHashLookup2(s->xpath->funcHash, name, space))
		return NULL; /* as usual */
	snprintf(s->wrong, sizeof s->wrong, "there is no function %.60s()", (const char *)name);
	return no_function;
}

static xmlXPathCompExpr *
compile(struct selector *s, const char *what, jv text, struct sme_err *err)
{
	xmlXPathCompExpr *path = NULL;

	s->wrong[0] = '\0';
	if (jv_get_kind(text) != JV_KIND_STRING)
		err_set(err, SME_CONFIG, "select.%s: expected an XPath expression", what);
	else if (!(path = xmlXPathCtxtCompile(s->xpath, (const xmlChar *)jv_string_value(text))))
		err_set(err, SME_CONFIG, "select.%s: %s: \"%s\"", what,
		    s->wrong[0] ? s->wrong : "no XPath expression", jv_string_value(text));
	jv_free(text);
	return path;
}

static enum field_kind
kind_of(struct slice name)
{
	if (slice_is(name, "url") || slice_ends(name, SLICE("_url")))
		return FIELD_URL;
	if (slice_is(name, "html") || slice_starts(name, SLICE("html_")))
		return FIELD_HTML;
	if (slice_is(name, "date") || slice_ends(name, SLICE("_at")))
		return FIELD_DATE;
	return FIELD_TEXT;
}

/* Consumes both. */
static int
add_field(struct selector *s, jv name, jv text, struct sme_err *err)
{
	char what[128];
	xmlXPathCompExpr *path;

	snprintf(what, sizeof what, "fields.%.100s", jv_string_value(name));
	path = compile(s, what, text, err);
	if (!path) {
		jv_free(name);
		return -1;
	}
	if (slice_is(value_text(name), "next")) {
		s->next = path;
		jv_free(name);
		return 0;
	}
	s->fields[s->n++] = (struct field){name, kind_of(value_text(name)), path};
	return 0;
}

static int
read_fields(struct selector *s, jv fields, struct sme_err *err)
{
	int r = 0,
	    n = jv_get_kind(fields) == JV_KIND_OBJECT ? jv_object_length(jv_copy(fields)) : 0;

	if (n == 0 || n > FIELDS_MAX)
		r = err_set(err, SME_CONFIG,
		    "select.fields: expected an object of up to %d expressions", FIELDS_MAX);
	s->fields = xcalloc(n > 0 && r == 0 ? (size_t)n : 1, sizeof *s->fields);
	if (r == 0)
		for (int i = jv_object_iter(fields); r == 0 && jv_object_iter_valid(fields, i);
		     i = jv_object_iter_next(fields, i))
			r = add_field(
			    s, jv_object_iter_key(fields, i), jv_object_iter_value(fields, i), err);
	jv_free(fields);
	return r;
}

static int
read_dates(struct selector *s, jv dates, struct sme_err *err)
{
	jv format = value_get(dates, "format"), zone = value_get(dates, "zone");
	struct slice name = value_text(zone);
	int r = 0;

	if (value_text(format).p)
		s->format = xstrdup(jv_string_value(format));
	if (name.p && !(s->zone = zone_open(name, err)))
		r = err_prefix(err, "select.dates.zone");
	jv_free(format);
	jv_free(zone);
	jv_free(dates);
	return r;
}

/* Consumes SELECT.  S is to be released in any case. */
static int
selector_read(struct selector *s, jv select, struct sme_err *err)
{
	*s = (struct selector){
	    .xpath = xmlXPathNewContext(NULL), .base = BUF_INIT, .text = BUF_INIT};
	s->xpath->error = note_error;
	s->xpath->userData = s;
	s->xpath->opLimit = STEPS_MAX;
	xmlXPathRegisterFunc(s->xpath, (const xmlChar *)"has-class", has_class);
	xmlXPathRegisterFuncLookup(s->xpath, find_function, s);
	s->items = compile(s, "items", value_get(select, "items"), err);
	if (!s->items || read_fields(s, value_get(select, "fields"), err) < 0 ||
	    read_dates(s, value_get(select, "dates"), err) < 0) {
		jv_free(select);
		return -1;
	}
	jv_free(select);
	return 0;
}

static void
selector_release(struct selector *s)
{
	for (size_t i = 0; i < s->n; i++) {
		jv_free(s->fields[i].name);
		xmlXPathFreeCompExpr(s->fields[i].path);
	}
	free(s->fields);
	xmlXPathFreeCompExpr(s->items);
	xmlXPathFreeCompExpr(s->next);
	xmlXPathFreeContext(s->xpath);
	zone_close(s->zone);
	free(s->format);
	buf_release(&s->base);
	buf_release(&s->text);
}

/* ---- what they find ---- */

static void
put_space(struct buf *b)
{
	if (b->n && b->p[b->n - 1] != ' ')
		buf_addc(b, ' ');
}

/* TEXT with white space collapsed, at the end of B; no more than FIELD_BYTES. */
static void
put_collapsed(struct buf *b, struct slice text)
{
	bool space = false;

	for (size_t i = 0; i < text.n && b->n < FIELD_BYTES; i++) {
		/* U+00A0 is white space that many templates are padded with. */
		bool nbsp = text.n - i > 1 && memcmp(text.p + i, "\xc2\xa0", 2) == 0;

		if (isspace((unsigned char)text.p[i]) || nbsp) {
			space = true;
			i += nbsp;
			continue;
		}
		if (space)
			put_space(b);
		space = false;
		buf_addc(b, text.p[i]);
	}
	if (space)
		put_space(b);
}

static bool
is_block(const xmlNode *n)
{
	const htmlElemDesc *tag = n->type == XML_ELEMENT_NODE ? htmlTagLookup(n->name) : NULL;

	return tag && (!tag->isinline || slice_is(slice_of(tag->name), "br"));
}

static bool
is_hidden(const xmlNode *n)
{
	struct slice name = slice_of((const char *)n->name);

	return n->type == XML_ELEMENT_NODE && (slice_is(name, "script") || slice_is(name, "style"));
}

/* The text of N, without recursion and no more than FIELD_BYTES. */
static void
put_text(struct buf *b, const xmlNode *root)
{
	const xmlNode *n = root;

	while (n && b->n < FIELD_BYTES) {
		if ((n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) && n->content)
			put_collapsed(b, slice_of((const char *)n->content));
		else if (is_block(n))
			put_space(b);
		if (n->type == XML_ELEMENT_NODE && n->children && !is_hidden(n)) {
			n = n->children;
			continue;
		}
		while (n != root && !n->next)
			n = n->parent;
		n = n == root ? NULL : n->next;
	}
}

static void
put_html(struct buf *b, xmlNode *n)
{
	xmlBuffer *out = xmlBufferCreate();

	htmlNodeDump(out, n->doc, n);
	buf_add(b, (const char *)xmlBufferContent(out), (size_t)xmlBufferLength(out));
	xmlBufferFree(out);
}

/* The first node of a set, in order of the page. */
static void
put_node(struct buf *b, xmlNode *n, enum field_kind kind)
{
	if (n->type == XML_ATTRIBUTE_NODE) {
		xmlChar *value = xmlNodeGetContent(n);

		put_collapsed(b, slice_of((const char *)value));
		xmlFree(value);
	} else if (kind == FIELD_HTML && n->type == XML_ELEMENT_NODE) {
		put_html(b, n);
	} else {
		put_text(b, n);
	}
}

/* What PATH finds at NODE, as text in S->text; false when an expression gave up. */
static bool
evaluate(struct selector *s, xmlXPathCompExpr *path, xmlNode *node, enum field_kind kind)
{
	xmlXPathObject *o;

	buf_clear(&s->text);
	s->wrong[0] = '\0';
	s->xpath->node = node;
	o = xmlXPathCompiledEval(path, s->xpath);
	if (!o)
		return false;
	if (o->type == XPATH_NODESET || o->type == XPATH_XSLT_TREE) {
		if (o->nodesetval && o->nodesetval->nodeNr)
			put_node(&s->text, o->nodesetval->nodeTab[0], kind);
	} else {
		xmlChar *text = xmlXPathCastToString(o);

		put_collapsed(&s->text, slice_of((const char *)text));
		xmlFree(text);
	}
	xmlXPathFreeObject(o);
	return true;
}

static int
too_much(const struct selector *s, const char *what, struct sme_err *err)
{
	return err_set(err, SME_DATA, "select.%s: %s", what,
	    s->wrong[0] ? s->wrong : "the expression takes too long on this page");
}

/* What was found, as the name of the field says; invalid when there is nothing. */
static jv
field_value(struct selector *s, enum field_kind kind)
{
	struct slice text = slice_trim(buf_slice(&s->text));
	struct buf url = BUF_INIT;
	char at[RFC3339_SIZE];
	int64_t ms;
	jv v;

	if (!text.n)
		return jv_invalid();
	if (text.n > FIELD_BYTES)
		text.n = FIELD_BYTES;
	s->total += text.n;
	if (kind == FIELD_DATE && page_date(text, s->now, s->zone, s->format, &ms))
		return jv_string(rfc3339_format(ms, at));
	if (kind != FIELD_URL)
		return value_string(text);
	url_resolve(&url, buf_slice(&s->base), text);
	v = value_string(buf_slice(&url));
	buf_release(&url);
	return v;
}

static int
read_item(struct selector *s, xmlNode *node, jv *item, struct sme_err *err)
{
	*item = jv_object();
	for (size_t i = 0; i < s->n; i++) {
		const struct field *f = &s->fields[i];
		jv value;

		if (!evaluate(s, f->path, node, f->kind)) {
			char what[128];

			snprintf(what, sizeof what, "fields.%.100s", jv_string_value(f->name));
			return too_much(s, what, err);
		}
		value = field_value(s, f->kind);
		if (jv_is_valid(value))
			*item = jv_object_set(*item, jv_copy(f->name), value);
		else
			jv_free(value);
	}
	if (s->total > TOTAL_BYTES)
		return err_set(err, SME_DATA,
		    "select: the items hold more than %zu MiB of text; do they "
		    "contain each other?",
		    TOTAL_BYTES >> 20);
	return 0;
}

static int
read_items(struct selector *s, xmlNode *root, jv *items, struct sme_err *err)
{
	xmlXPathObject *o;
	int r = 0;

	*items = jv_array();
	s->wrong[0] = '\0';
	s->xpath->node = root;
	o = xmlXPathCompiledEval(s->items, s->xpath);
	if (!o)
		return too_much(s, "items", err);
	if (o->type != XPATH_NODESET)
		r = err_set(
		    err, SME_CONFIG, "select.items: expected an expression that finds elements");
	for (int i = 0;
	     r == 0 && o->nodesetval && i < o->nodesetval->nodeNr && i < SELECT_ITEMS_MAX; i++) {
		jv item;

		r = read_item(s, o->nodesetval->nodeTab[i], &item, err);
		*items = jv_array_append(*items, item);
	}
	xmlXPathFreeObject(o);
	return r;
}

static int
read_next(struct selector *s, xmlNode *root, jv *next, struct sme_err *err)
{
	*next = jv_null();
	if (!s->next)
		return 0;
	if (!evaluate(s, s->next, root, FIELD_URL))
		return too_much(s, "fields.next", err);
	*next = field_value(s, FIELD_URL);
	if (!jv_is_valid(*next) || !url_is_http(value_text(*next))) {
		jv_free(*next);
		*next = jv_null();
	}
	return 0;
}

/* ---- the page ---- */

/* charset=... of a <meta> among the first bytes. */
static struct slice
charset_of_meta(struct slice html)
{
	struct slice head = {html.p, html.n < 2048 ? html.n : 2048}, from;
	ptrdiff_t at = slice_find(head, SLICE("charset="));
	size_t n = 0;

	if (at < 0)
		return (struct slice){NULL, 0};
	from = (struct slice){head.p + at + 8, head.n - (size_t)at - 8};
	while (from.n && (*from.p == '"' || *from.p == '\'' || *from.p == ' ')) {
		from.p++;
		from.n--;
	}
	while (n < from.n && n < 40 &&
	       (isalnum((unsigned char)from.p[n]) || strchr("-_:.", from.p[n])))
		n++;
	return (struct slice){from.p, n};
}

static xmlDoc *
parse(const struct select_input *in)
{
	struct slice declared = charset_of_type(in->content_type);
	struct buf utf8 = BUF_INIT;
	xmlDoc *doc;

	if (!declared.n)
		declared = charset_of_meta(in->html);
	charset_decode(&utf8, in->html, declared);
	doc = htmlReadMemory(buf_str(&utf8), (int)utf8.n, NULL, "UTF-8", HTML_OPTIONS);
	buf_release(&utf8);
	return doc;
}

/* What relative links are relative to: <base>, or where the page came from. */
static void
find_base(struct selector *s, xmlNode *root, struct slice url)
{
	xmlXPathCompExpr *path =
	    xmlXPathCtxtCompile(s->xpath, (const xmlChar *)"string((//base/@href)[1])");

	if (path && evaluate(s, path, root, FIELD_URL) && s->text.n)
		url_resolve(&s->base, url, buf_slice(&s->text));
	else
		buf_adds(&s->base, url);
	xmlXPathFreeCompExpr(path);
}

static int
read_page(struct selector *s, const struct select_input *in, jv *body, struct sme_err *err)
{
	xmlDoc *doc = parse(in);
	xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	jv items = jv_array(), next = jv_null();
	int r = 0;

	if (root) {
		s->xpath->doc = doc;
		find_base(s, root, in->url);
		jv_free(items);
		r = read_items(s, root, &items, err);
		if (r == 0)
			r = read_next(s, root, &next, err);
	}
	xmlFreeDoc(doc);
	if (r < 0) {
		jv_free(items);
		jv_free(next);
		return -1;
	}
	*body = jv_object_set(
	    jv_object_set(jv_object(), jv_string("items"), items), jv_string("next"), next);
	return 0;
}

int
select_page(jv select, const struct select_input *in, jv *body, struct sme_err *err)
{
	struct selector s;
	int r = selector_read(&s, select, err);

	*body = jv_invalid();
	s.now = in->now;
	if (r == 0 && in->html.n > SELECT_PAGE_MAX)
		r = err_set(
		    err, SME_DATA, "the page is larger than %zu MiB", SELECT_PAGE_MAX >> 20);
	if (r == 0)
		r = read_page(&s, in, body, err);
	selector_release(&s);
	return r;
}

int
select_check(jv select, struct sme_err *err)
{
	struct selector s;
	int r = selector_read(&s, select, err);

	selector_release(&s);
	return r;
}
