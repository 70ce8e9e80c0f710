/* RSS, RDF and Atom. */
#include <libxml/tree.h>
#include <stdlib.h>

#include "core/rfc3339.h"
#include "net/date.h"
#include "net/feed.h"
#include "net/url.h"
#include "net/xmlread.h"

/* Vocabularies; those that we do not read are OTHER. */
enum vocab { CORE, CONTENT, DC, DCTERMS, MEDIA, SLASH, THREAD, SYND, ITUNES, RDF, OTHER };

static const struct {
	const char *uri; /* its beginning: versions and stray slashes vary */
	const char *prefix;
	enum vocab vocab;
} vocabs[] = {{"http://www.w3.org/2005/Atom", "atom", CORE}, {"http://purl.org/atom/", "atom03", CORE},
    {"http://purl.org/rss/1.0/modules/content", "content", CONTENT},
    {"http://purl.org/rss/1.0/modules/slash", "slash", SLASH},
    {"http://purl.org/rss/1.0/modules/syndication", "sy", SYND},
    {"http://purl.org/rss/1.0/modules", "mod", OTHER}, {"http://purl.org/rss/1.0/", "rss", CORE},
    {"http://my.netscape.com/rdf/simple", "rss09", CORE},
    {"http://backend.userland.com/", "rss2", CORE}, {"http://purl.org/dc/elements", "dc", DC},
    {"http://purl.org/dc/terms", "dcterms", DCTERMS}, {"http://search.yahoo.com/mrss", "media", MEDIA},
    {"http://purl.org/syndication/thread", "thr", THREAD},
    {"http://www.itunes.com/dtds/podcast", "itunes", ITUNES},
    {"http://www.w3.org/1999/02/22-rdf-syntax-ns", "rdf", RDF}};

enum field {
	F_NONE,
	F_TITLE,
	F_LINK,
	F_GUID,
	F_PUBLISHED,
	F_PUBLISHED_WEAK,
	F_UPDATED,
	F_CONTENT,
	F_SUMMARY,
	F_SUMMARY_WEAK,
	F_AUTHOR,
	F_CREATOR,
	F_ENCLOSURE,
	F_MEDIA,
	F_THUMBNAIL,
	F_GROUP,
	F_COMMENTS,
	F_REPLY,
	F_LANG,
	F_TTL
};

static const struct {
	enum vocab vocab;
	const char *name;
	enum field field;
} fields[] = {{CORE, "title", F_TITLE}, {CORE, "link", F_LINK}, {CORE, "guid", F_GUID},
    {CORE, "id", F_GUID}, {CORE, "pubDate", F_PUBLISHED}, {CORE, "published", F_PUBLISHED},
    {CORE, "issued", F_PUBLISHED}, {CORE, "date", F_PUBLISHED_WEAK}, {DC, "date", F_PUBLISHED_WEAK},
    {DCTERMS, "created", F_PUBLISHED_WEAK}, {DCTERMS, "issued", F_PUBLISHED_WEAK},
    {CORE, "updated", F_UPDATED}, {CORE, "modified", F_UPDATED}, {DCTERMS, "modified", F_UPDATED},
    {CONTENT, "encoded", F_CONTENT}, {CORE, "content", F_CONTENT}, {CORE, "description", F_SUMMARY},
    {CORE, "summary", F_SUMMARY}, {DC, "description", F_SUMMARY_WEAK},
    {MEDIA, "description", F_SUMMARY_WEAK}, {ITUNES, "summary", F_SUMMARY_WEAK},
    {CORE, "author", F_AUTHOR}, {DC, "creator", F_CREATOR}, {ITUNES, "author", F_CREATOR},
    {CORE, "managingEditor", F_CREATOR}, {CORE, "enclosure", F_ENCLOSURE},
    {MEDIA, "content", F_MEDIA}, {MEDIA, "thumbnail", F_THUMBNAIL}, {MEDIA, "group", F_GROUP},
    {SLASH, "comments", F_COMMENTS}, {THREAD, "total", F_COMMENTS},
    {THREAD, "in-reply-to", F_REPLY}, {CORE, "language", F_LANG}, {DC, "language", F_LANG},
    {CORE, "ttl", F_TTL}};

struct reader_xml {
	struct feed *f;
	struct html *h;
	struct slice url;
	struct slice base;    /* of links without xml:base */
	const xmlNode *scope; /* where xml:base is looked for: the entry or the feed */
};

static enum vocab
vocab_of(const xmlNode *n, const char **local)
{
	const char *colon = strchr((const char *)n->name, ':');

	*local = (const char *)n->name;
	if (n->ns && n->ns->href) {
		for (size_t i = 0; i < sizeof vocabs / sizeof *vocabs; i++)
			if (strncmp((const char *)n->ns->href, vocabs[i].uri, strlen(vocabs[i].uri)) == 0)
				return vocabs[i].vocab;
		/* A namespace of its own making, under a prefix that everybody knows, or under none. */
		if (!n->ns->prefix)
			return strstr((const char *)n->ns->href, "xhtml") ? OTHER : CORE;
		for (size_t i = 0; i < sizeof vocabs / sizeof *vocabs; i++)
			if (strcmp((const char *)n->ns->prefix, vocabs[i].prefix) == 0)
				return vocabs[i].vocab;
		return OTHER;
	}
	if (!colon)
		return CORE;
	/* A prefix that was never declared stays in the name. */
	*local = colon + 1;
	for (size_t i = 0; i < sizeof vocabs / sizeof *vocabs; i++)
		if (strlen(vocabs[i].prefix) == (size_t)(colon - (const char *)n->name) &&
		    strncmp((const char *)n->name, vocabs[i].prefix, strlen(vocabs[i].prefix)) == 0)
			return vocabs[i].vocab;
	return OTHER;
}

static enum field
field_of(const xmlNode *n)
{
	const char *local;
	enum vocab vocab = vocab_of(n, &local);

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (fields[i].vocab == vocab && strcasecmp(fields[i].name, local) == 0)
			return fields[i].field;
	return F_NONE;
}

static bool
is_core(const xmlNode *n, const char *name)
{
	const char *local;

	return n->type == XML_ELEMENT_NODE && vocab_of(n, &local) == CORE &&
	       strcasecmp(local, name) == 0;
}

static const xmlNode *
child_core(const xmlNode *n, const char *name)
{
	for (n = n->children; n; n = n->next)
		if (is_core(n, name))
			return n;
	return NULL;
}

/* The attribute NAME, whatever its namespace, in the feed's memory. */
static struct slice
attr(struct reader_xml *r, const xmlNode *n, const char *name)
{
	for (const xmlAttr *a = n->properties; a; a = a->next)
		if (strcmp((const char *)a->name, name) == 0) {
			xmlChar *v = xmlNodeListGetString(n->doc, a->children, 1);
			struct slice s = {NULL, 0};

			if (v)
				s = arena_dup(&r->f->arena, slice_trim(slice_of((const char *)v)));
			xmlFree(v);
			return s;
		}
	return (struct slice){NULL, 0};
}

static bool
has_elements(const xmlNode *n)
{
	for (n = n->children; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE)
			return true;
	return false;
}

/* What stands in N: its text or, when it has elements, their markup, which is then HTML. */
static void
content_of(const xmlNode *n, struct buf *out)
{
	if (has_elements(n)) {
		xmlBuffer *b = xmlBufferCreate();

		for (xmlNode *c = n->children; c; c = c->next)
			xmlNodeDump(b, n->doc, c, 0, 0);
		buf_add(out, (const char *)xmlBufferContent(b), (size_t)xmlBufferLength(b));
		xmlBufferFree(b);
		return;
	}
	for (const xmlNode *c = n->children; c; c = c->next)
		if (c->content && (c->type == XML_TEXT_NODE || c->type == XML_CDATA_SECTION_NODE))
			buf_puts(out, (const char *)c->content);
}

/* The plain content of N, trimmed, in the feed's memory; p == NULL when there is none. */
static struct slice
value_of(struct reader_xml *r, const xmlNode *n)
{
	struct buf b = BUF_INIT;
	struct slice s;

	content_of(n, &b);
	s = slice_trim(buf_slice(&b));
	s = s.n ? arena_dup(&r->f->arena, s) : (struct slice){NULL, 0};
	buf_release(&b);
	return s;
}

/* The base of links in N: xml:base of it and of what is around it, each resolved with the next. */
static struct slice
base_of(struct reader_xml *r, const xmlNode *n)
{
	struct slice base = r->base;
	const xmlNode *chain[16];
	size_t depth = 0;

	for (; n && n->type == XML_ELEMENT_NODE && depth < 16; n = n->parent)
		if (n->properties)
			chain[depth++] = n;
	while (depth) {
		const xmlNode *at = chain[--depth];

		for (const xmlAttr *a = at->properties; a; a = a->next)
			if (strcmp((const char *)a->name, "base") == 0 || /* prefix lost in a repair: */
			    strcmp((const char *)a->name, "xml:base") == 0)
				base = feed_url(r->f, base, attr(r, at, (const char *)a->name));
	}
	return base;
}

/* Is the text of N to be read as HTML?  Atom says so in an attribute; RSS leaves it to guessing. */
static bool
is_html(struct reader_xml *r, const xmlNode *n, struct slice text)
{
	struct slice type = attr(r, n, "type");

	if (has_elements(n) || slice_find(type, SLICE("html")) >= 0)
		return true;
	if (slice_is(type, "text") || slice_is(type, "text/plain"))
		return false;
	return html_likely(text);
}

static struct slice
text_of(struct reader_xml *r, const xmlNode *n, struct refs *refs)
{
	struct buf b = BUF_INIT_MAX(FEED_MAX);
	struct slice text;

	content_of(n, &b);
	text = feed_text(r->f, r->h, buf_slice(&b), is_html(r, n, buf_slice(&b)), base_of(r, n), refs);
	buf_release(&b);
	return text;
}

static void
keep_first(struct slice *to, struct slice s)
{
	if (!to->n)
		*to = s;
}

/* RSS has "mail@host (Name)" or either; Atom has elements. */
static void
take_author(struct reader_xml *r, const xmlNode *n, struct slice *name, struct slice *url)
{
	const xmlNode *child = child_core(n, "name"), *uri = child_core(n, "uri");
	struct slice v;
	const char *open, *close;

	if (!uri)
		uri = child_core(n, "url");
	if (uri && url)
		keep_first(url, feed_url(r->f, base_of(r, n), value_of(r, uri)));
	if (child || has_elements(n)) {
		if (child)
			keep_first(name, text_of(r, child, NULL));
		return;
	}
	v = text_of(r, n, NULL);
	open = v.n ? memchr(v.p, '(', v.n) : NULL;
	close = v.n ? memrchr(v.p, ')', v.n) : NULL;
	if (open && close > open + 1 && memchr(v.p, '@', (size_t)(open - v.p)))
		v = (struct slice){open + 1, (size_t)(close - open) - 1};
	keep_first(name, slice_trim(v));
}

static int64_t
date_of(struct reader_xml *r, const xmlNode *n)
{
	struct slice s = value_of(r, n);
	int64_t ms;

	return s.n && date_parse(s, &ms) ? ms : TIME_NONE;
}

static void
keep_date(int64_t *to, int64_t ms)
{
	if (*to == TIME_NONE)
		*to = ms;
}

static void
add_media(struct reader_xml *r, struct feed_entry *e, const xmlNode *n, const char *name)
{
	struct slice url = feed_url(r->f, base_of(r, n), attr(r, n, name));
	struct slice mime = attr(r, n, "type"), medium = attr(r, n, "medium");
	struct slice alt = attr(r, n, "title"), kind;

	for (const xmlNode *c = n->children; c && !alt.n; c = c->next)
		if (c->type == XML_ELEMENT_NODE && field_of(c) == F_TITLE)
			alt = value_of(r, c);
	kind = media_kind(mime.n ? mime : medium, url);
	if (field_of(n) == F_THUMBNAIL)
		kind = SLICE("image");
	if (url.n)
		refs_media(&e->refs, &r->f->arena, kind, url, alt);
}

/* Atom: <link rel href>; RSS: <link>text</link>. */
static void
take_link(struct reader_xml *r, struct feed_entry *e, const xmlNode *n)
{
	struct slice href = attr(r, n, "href"), rel = attr(r, n, "rel");

	if (slice_is(rel, "enclosure")) {
		add_media(r, e, n, "href");
		return;
	}
	if (slice_is(rel, "related") || slice_is(rel, "via")) {
		refs_link(&e->refs, &r->f->arena, feed_url(r->f, base_of(r, n), href));
		return;
	}
	if (rel.n && !slice_is(rel, "alternate"))
		return;
	if (!href.n)
		href = value_of(r, n);
	if (href.n)
		keep_first(&e->link, feed_url(r->f, base_of(r, n), href));
}

/* What an entry says in several places; the best is chosen when all are read. */
struct draft {
	const xmlNode *content, *summary, *summary_weak, *guid;
	struct slice creator;
	int64_t weak;
};

static void take_fields(struct reader_xml *r, struct feed_entry *e, struct draft *d,
    const xmlNode *parent, int depth);

static void
take_comments(struct reader_xml *r, struct feed_entry *e, const xmlNode *n)
{
	unsigned long long v;

	if (slice_u64(value_of(r, n), &v) && v < INT32_MAX)
		e->comments = (int64_t)v;
}

static void
take_field(struct reader_xml *r, struct feed_entry *e, struct draft *d, const xmlNode *n, int depth)
{
	switch (field_of(n)) {
	case F_TITLE:
		if (!depth)
			keep_first(&e->title, text_of(r, n, NULL));
		break;
	case F_LINK:
		take_link(r, e, n);
		break;
	case F_GUID:
		d->guid = d->guid ? d->guid : n;
		break;
	case F_PUBLISHED:
		keep_date(&e->published, date_of(r, n));
		break;
	case F_PUBLISHED_WEAK:
		keep_date(&d->weak, date_of(r, n));
		break;
	case F_UPDATED:
		keep_date(&e->updated, date_of(r, n));
		break;
	case F_CONTENT:
		d->content = d->content ? d->content : n;
		break;
	case F_SUMMARY:
		d->summary = d->summary ? d->summary : n;
		break;
	case F_SUMMARY_WEAK:
		d->summary_weak = d->summary_weak ? d->summary_weak : n;
		break;
	case F_AUTHOR:
		take_author(r, n, &e->author, &e->author_url);
		break;
	case F_CREATOR:
		take_author(r, n, &d->creator, NULL);
		break;
	case F_ENCLOSURE:
	case F_THUMBNAIL:
		add_media(r, e, n, "url");
		break;
	case F_MEDIA:
		add_media(r, e, n, "url");
		/* fall through */
	case F_GROUP:
		if (depth < 2)
			take_fields(r, e, d, n, depth + 1);
		break;
	case F_COMMENTS:
		take_comments(r, e, n);
		break;
	case F_REPLY:
		keep_first(&e->reply_to, attr(r, n, "ref"));
		keep_first(&e->reply_to, attr(r, n, "href"));
		break;
	case F_LANG:
		keep_first(&e->lang, value_of(r, n));
		break;
	case F_NONE:
	case F_TTL:
		break;
	}
}

static void
take_fields(struct reader_xml *r, struct feed_entry *e, struct draft *d, const xmlNode *parent,
    int depth)
{
	for (const xmlNode *n = parent->children; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE)
			take_field(r, e, d, n, depth);
}

/* The xml:lang that holds at N. */
static struct slice
lang_of(struct reader_xml *r, const xmlNode *n)
{
	struct slice lang = {NULL, 0};

	for (; n && n->type == XML_ELEMENT_NODE && !lang.n; n = n->parent)
		if (n->properties)
			lang = attr(r, n, "lang");
	return lang;
}

static void
take_guid(struct reader_xml *r, struct feed_entry *e, const xmlNode *guid)
{
	struct slice v = guid ? value_of(r, guid) : (struct slice){NULL, 0};

	e->guid = v;
	/* A permalink stands in for a link; "true" is what leaving the attribute out means. */
	if (!e->link.n && url_is_http(v) && !slice_is(attr(r, guid, "isPermaLink"), "false"))
		e->link = feed_url(r->f, base_of(r, guid), v);
}

static void
take_entry(struct reader_xml *r, const xmlNode *n)
{
	struct feed_entry *e = feed_add(r->f);
	struct draft d = {.weak = TIME_NONE};
	struct slice about = attr(r, n, "about");

	take_fields(r, e, &d, n, 0);
	take_guid(r, e, d.guid);
	if (!e->guid.n && about.n) /* RSS 1.0 */
		e->guid = about;
	if (!e->link.n && url_is_http(about))
		e->link = about;
	keep_date(&e->published, d.weak);
	if (d.content)
		e->text = text_of(r, d.content, &e->refs);
	if (!e->text.n && d.summary)
		e->text = text_of(r, d.summary, &e->refs);
	if (!e->text.n && d.summary_weak)
		e->text = text_of(r, d.summary_weak, &e->refs);
	keep_first(&e->author, d.creator);
	keep_first(&e->lang, lang_of(r, n));
	keep_first(&e->lang, r->f->lang);
}

/* The fields of the feed itself, from <channel> or <feed>. */
static void
take_channel(struct reader_xml *r, const xmlNode *channel)
{
	struct feed_entry e = {.published = TIME_NONE, .updated = TIME_NONE};
	struct draft d = {.weak = TIME_NONE};
	unsigned long long ttl;

	for (const xmlNode *n = channel->children; n; n = n->next) {
		enum field field = n->type == XML_ELEMENT_NODE ? field_of(n) : F_NONE;

		if (field == F_TITLE || field == F_LINK || field == F_LANG || field == F_AUTHOR ||
		    field == F_CREATOR)
			take_field(r, &e, &d, n, 0);
		else if (field == F_TTL && slice_u64(value_of(r, n), &ttl) && ttl < 60 * 24 * 31)
			r->f->ttl = (int64_t)ttl * 60000;
	}
	keep_first(&e.author, d.creator);
	keep_first(&e.lang, lang_of(r, channel));
	r->f->title = e.title;
	r->f->link = e.link;
	r->f->lang = e.lang;
	r->f->author = e.author;
	refs_release(&e.refs);
}

static void
take_entries(struct reader_xml *r, const xmlNode *parent)
{
	for (const xmlNode *n = parent->children; n; n = n->next)
		if (n->type == XML_ELEMENT_NODE && (is_core(n, "item") || is_core(n, "entry")))
			take_entry(r, n);
}

static int
take_root(struct reader_xml *r, const xmlNode *root, struct sme_err *err)
{
	const xmlNode *channel = child_core(root, "channel");
	const char *local;
	bool rdf = vocab_of(root, &local) == RDF || strcasecmp(local, "RDF") == 0;

	r->f->kind = rdf ? "rdf" : is_core(root, "feed") ? "atom" : "rss";
	if (is_core(root, "channel"))
		channel = root;
	if (!rdf && !channel && !is_core(root, "feed") && !is_core(root, "rss"))
		return err_set(err, SME_DATA, "XML, but no feed: the root element is <%s>", root->name);
	r->base = r->url;
	take_channel(r, channel ? channel : root);
	/* Links of RSS are meant for the site; those of Atom for where the feed came from. */
	if (url_is_http(r->f->link) && (!r->url.n || strcmp(r->f->kind, "atom") != 0))
		r->base = r->f->link;
	if (channel)
		take_entries(r, channel);
	if (channel != root)
		take_entries(r, root);
	return 0;
}

int
feed_parse_xml(struct feed *f, struct html *h, struct slice body, const struct feed_source *src,
    struct sme_err *err)
{
	struct reader_xml r = {.f = f, .h = h, .url = src->url};
	xmlDoc *doc = xml_read(body, &f->repaired);
	int status;

	if (doc && xmlDocGetRootElement(doc))
		status = take_root(&r, xmlDocGetRootElement(doc), err);
	else
		status = err_set(err, SME_DATA, "not a feed: neither XML nor JSON");
	xmlFreeDoc(doc);
	return status;
}
