#include "net/html.h"

#include <ctype.h>
#include <libxml/HTMLparser.h>
#include <stdlib.h>

#include "core/mem.h"
#include "net/html_int.h"
#include "net/url.h"

#define HTML_OPTIONS                                                                               \
	(HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET |       \
	    HTML_PARSE_NODEFDTD | HTML_PARSE_COMPACT)

struct html {
	htmlParserCtxtPtr ctxt;
};

struct html *
html_open(void)
{
	struct html *h = xmalloc(sizeof *h);

	h->ctxt = htmlNewParserCtxt();
	return h;
}

void
html_close(struct html *h)
{
	if (!h)
		return;
	htmlFreeParserCtxt(h->ctxt);
	free(h);
}

void
refs_link(struct refs *r, struct arena *a, struct slice url)
{
	if (!url_is_http(url) || r->nlinks >= REFS_MAX)
		return;
	for (size_t i = 0; i < r->nlinks; i++)
		if (slice_eq(r->links[i], url))
			return;
	r->links = xgrow(r->links, r->nlinks, &r->linkcap, sizeof *r->links);
	r->links[r->nlinks++] = arena_dup(a, url);
}

void
refs_media(struct refs *r, struct arena *a, struct slice type, struct slice url, struct slice alt)
{
	if (!url_is_http(url) || r->nmedia >= REFS_MAX)
		return;
	for (size_t i = 0; i < r->nmedia; i++) {
		if (!slice_eq(r->media[i].url, url))
			continue;
		if (!r->media[i].alt.n && alt.n)
			r->media[i].alt = arena_dup(a, alt);
		return;
	}
	r->media = xgrow(r->media, r->nmedia, &r->mediacap, sizeof *r->media);
	r->media[r->nmedia++] = (struct media){type, arena_dup(a, url), arena_dup(a, alt)};
}

void
refs_release(struct refs *r)
{
	free(r->links);
	free(r->media);
	*r = (struct refs){0};
}

struct slice
media_kind(struct slice mime, struct slice url)
{
	static const struct {
		const char *ending;
		struct slice kind;
	} endings[] = {{".jpg", {"image", 5}}, {".jpeg", {"image", 5}}, {".png", {"image", 5}},
	    {".gif", {"image", 5}}, {".webp", {"image", 5}}, {".svg", {"image", 5}},
	    {".mp4", {"video", 5}}, {".webm", {"video", 5}}, {".mov", {"video", 5}},
	    {".mp3", {"audio", 5}}, {".ogg", {"audio", 5}}, {".m4a", {"audio", 5}}};
	struct url u;

	if (slice_starts(mime, SLICE("image")))
		return SLICE("image");
	if (slice_starts(mime, SLICE("video")))
		return SLICE("video");
	if (slice_starts(mime, SLICE("audio")))
		return SLICE("audio");
	url_split(url, &u);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t n = strlen(endings[i].ending);

		if (u.path.n > n && strncasecmp(u.path.p + u.path.n - n, endings[i].ending, n) == 0)
			return endings[i].kind;
	}
	return SLICE("file");
}

/* ---- text ---- */

void
sink_break(struct sink *k, int n)
{
	if (k->breaks < n)
		k->breaks = n;
	k->space = false;
}

static void
sink_due(struct sink *k)
{
	bool begun = k->b->n > k->start;

	if (begun && k->breaks)
		buf_add(k->b, "\n\n", (size_t)k->breaks);
	else if (begun && k->space)
		buf_addc(k->b, ' ');
	k->breaks = 0;
	k->space = false;
}

/* The length of an invisible character at P: soft hyphen, zero width space, byte order mark. */
static size_t
invisible(const unsigned char *p, size_t n)
{
	if (n >= 2 && p[0] == 0xc2 && p[1] == 0xad)
		return 2;
	if (n >= 3 && p[0] == 0xe2 && p[1] == 0x80 && p[2] == 0x8b)
		return 3;
	if (n >= 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf)
		return 3;
	return 0;
}

void
sink_text(struct sink *k, struct slice s, bool lines)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0, skip;

	while (i < s.n) {
		if (lines && p[i] == '\n') {
			k->breaks += k->breaks < 2;
			k->space = false;
			i++;
		} else if (p[i] <= ' ' || p[i] == 0x7f) {
			k->space |= p[i] == ' ' || (p[i] >= '\t' && p[i] <= '\r');
			i++;
		} else if (i + 1 < s.n && p[i] == 0xc2 && p[i + 1] == 0xa0) {
			k->space = true;
			i += 2;
		} else if ((skip = invisible(p + i, s.n - i))) {
			i += skip;
		} else {
			size_t from = i;

			sink_due(k);
			while (i < s.n && p[i] > ' ' && p[i] < 0x7f)
				i++;
			i += i == from;
			while (i < s.n && (p[i] & 0xc0) == 0x80) /* the rest of one character */
				i++;
			buf_add(k->b, s.p + from, i - from);
		}
	}
}

enum tag {
	TAG_INLINE,
	TAG_SKIP, /* nothing in it is text */
	TAG_LINE, /* begins and ends a line */
	TAG_BLOCK,
	TAG_BR,
	TAG_ITEM,
	TAG_CELL,
	TAG_PRE,
	TAG_LINK,
	TAG_IMAGE,
	TAG_PLAYER,
	TAG_FRAME
};

static const struct {
	const char *name;
	enum tag tag;
} tags[] = {{"p", TAG_BLOCK}, {"br", TAG_BR}, {"a", TAG_LINK}, {"img", TAG_IMAGE},
    {"div", TAG_LINE}, {"li", TAG_ITEM}, {"ul", TAG_BLOCK}, {"ol", TAG_BLOCK}, {"h1", TAG_BLOCK},
    {"h2", TAG_BLOCK}, {"h3", TAG_BLOCK}, {"h4", TAG_BLOCK}, {"h5", TAG_BLOCK}, {"h6", TAG_BLOCK},
    {"blockquote", TAG_BLOCK}, {"pre", TAG_PRE}, {"table", TAG_BLOCK}, {"tr", TAG_LINE},
    {"td", TAG_CELL}, {"th", TAG_CELL}, {"dl", TAG_BLOCK}, {"dt", TAG_LINE}, {"dd", TAG_LINE},
    {"hr", TAG_BLOCK}, {"figure", TAG_BLOCK}, {"figcaption", TAG_LINE}, {"section", TAG_LINE},
    {"article", TAG_LINE}, {"header", TAG_LINE}, {"footer", TAG_LINE}, {"aside", TAG_LINE},
    {"main", TAG_LINE}, {"nav", TAG_LINE}, {"form", TAG_LINE}, {"script", TAG_SKIP},
    {"style", TAG_SKIP}, {"head", TAG_SKIP}, {"noscript", TAG_SKIP}, {"template", TAG_SKIP},
    {"object", TAG_SKIP}, {"svg", TAG_SKIP}, {"math", TAG_SKIP}, {"select", TAG_SKIP},
    {"textarea", TAG_SKIP}, {"iframe", TAG_FRAME}, {"video", TAG_PLAYER}, {"audio", TAG_PLAYER},
    {"source", TAG_PLAYER}};

static enum tag
tag_of(const xmlNode *n)
{
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (strcmp((const char *)n->name, tags[i].name) == 0)
			return tags[i].tag;
	return TAG_INLINE;
}

struct walk {
	struct sink sink;
	struct slice base;
	struct refs *refs;
	struct arena *arena;
	int lines; /* > 0 inside <pre> */
};

static struct slice
attribute(const xmlNode *n, const char *name)
{
	for (const xmlAttr *at = n->properties; at; at = at->next)
		if (at->name && strcmp((const char *)at->name, name) == 0 && at->children &&
		    at->children->content)
			return slice_of((const char *)at->children->content);
	return (struct slice){NULL, 0};
}

/* The URL in attribute NAME, absolute, in OUT; false when there is none to keep. */
static bool
resolved(const struct walk *w, const xmlNode *n, const char *name, struct buf *out)
{
	struct slice value = attribute(n, name);

	if (!w->refs || !value.n || value.n > HTML_URL_MAX)
		return false;
	url_resolve(out, w->base, value);
	return url_is_http(buf_slice(out));
}

static void
take_link(struct walk *w, const xmlNode *n, const char *name)
{
	struct buf url = BUF_INIT;

	if (resolved(w, n, name, &url))
		refs_link(w->refs, w->arena, buf_slice(&url));
	buf_release(&url);
}

bool
html_own_mark(struct slice class)
{
	struct slice one;

	while (slice_cut(&class, ' ', &one))
		if (slice_is(one, "mention") || slice_is(one, "hashtag"))
			return true;
	return false;
}

static bool
is_emoji(const xmlNode *n)
{
	struct slice class = attribute(n, "class");

	return slice_find(class, SLICE("emoji")) >= 0 || slice_find(class, SLICE("smil")) >= 0;
}

static void
take_image(struct walk *w, const xmlNode *n)
{
	struct slice alt = attribute(n, "alt");
	struct buf url = BUF_INIT;

	if (is_emoji(n)) {
		sink_text(&w->sink, alt, false);
		return;
	}
	/* One pixel wide or high: it counts readers. */
	if (slice_is(attribute(n, "width"), "1") || slice_is(attribute(n, "height"), "1"))
		return;
	if (!resolved(w, n, "src", &url)) {
		buf_clear(&url);
		if (!resolved(w, n, "data-src", &url)) {
			buf_release(&url);
			return;
		}
	}
	refs_media(w->refs, w->arena, SLICE("image"), buf_slice(&url), alt);
	buf_release(&url);
}

static void
take_player(struct walk *w, const xmlNode *n)
{
	struct buf url = BUF_INIT;
	struct slice kind = media_kind(attribute(n, "type"), attribute(n, "src"));

	if (strcmp((const char *)n->name, "source") != 0)
		kind = n->name[0] == 'v' ? SLICE("video") : SLICE("audio");
	if (resolved(w, n, "src", &url))
		refs_media(w->refs, w->arena, kind, buf_slice(&url), (struct slice){NULL, 0});
	buf_release(&url);
}

static void
begin_item(struct walk *w, const xmlNode *n)
{
	bool numbered = n->parent && n->parent->name && strcmp((const char *)n->parent->name, "ol") == 0;
	unsigned number = 1;
	char mark[16] = "- ";

	for (const xmlNode *s = n->prev; numbered && s; s = s->prev)
		number += s->type == XML_ELEMENT_NODE && number < 9999;
	if (numbered)
		snprintf(mark, sizeof mark, "%u. ", number);
	sink_break(&w->sink, 1);
	sink_text(&w->sink, slice_of(mark), false);
}

/* False when the element's content is to be left out. */
static bool
enter(struct walk *w, const xmlNode *n)
{
	switch (tag_of(n)) {
	case TAG_SKIP:
		return false;
	case TAG_FRAME:
		take_link(w, n, "src");
		return false;
	case TAG_LINE:
		sink_break(&w->sink, 1);
		break;
	case TAG_BLOCK:
		sink_break(&w->sink, 2);
		break;
	case TAG_BR:
		w->sink.breaks += w->sink.breaks < 2;
		w->sink.space = false;
		break;
	case TAG_ITEM:
		begin_item(w, n);
		break;
	case TAG_CELL:
		w->sink.space = true;
		break;
	case TAG_PRE:
		sink_break(&w->sink, 2);
		w->lines++;
		break;
	case TAG_LINK:
		if (!html_own_mark(attribute(n, "class")))
			take_link(w, n, "href");
		break;
	case TAG_IMAGE:
		take_image(w, n);
		break;
	case TAG_PLAYER:
		take_player(w, n);
		break;
	case TAG_INLINE:
		break;
	}
	return true;
}

static void
leave(struct walk *w, const xmlNode *n)
{
	switch (tag_of(n)) {
	case TAG_PRE:
		w->lines--;
		sink_break(&w->sink, 2);
		break;
	case TAG_BLOCK:
		sink_break(&w->sink, 2);
		break;
	case TAG_LINE:
	case TAG_ITEM:
		sink_break(&w->sink, 1);
		break;
	default:
		break;
	}
}

/* Document order without recursion: depth is the sender's choice. */
static void
walk_tree(struct walk *w, const xmlNode *root)
{
	const xmlNode *n = root;

	while (n) {
		bool inside = false;

		if (n->type == XML_ELEMENT_NODE)
			inside = enter(w, n);
		else if ((n->type == XML_TEXT_NODE || n->type == XML_CDATA_SECTION_NODE) && n->content)
			sink_text(&w->sink, slice_of((const char *)n->content), w->lines > 0);
		if (inside && n->children) {
			n = n->children;
			continue;
		}
		if (inside)
			leave(w, n);
		while (n && n != root && !n->next) {
			n = n->parent;
			if (n)
				leave(w, n);
		}
		n = !n || n == root ? NULL : n->next;
	}
}

static bool
tag_likely(struct slice s)
{
	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] == '<' && (isalpha((unsigned char)s.p[i + 1]) || strchr("/!?", s.p[i + 1])))
			return true;
	return false;
}

static bool
entity_likely(struct slice s)
{
	const char *p = s.n ? memchr(s.p, '&', s.n) : NULL;

	while (p) {
		size_t left = s.n - (size_t)(p - s.p), n = 1;

		while (n < left && n < 12 && (isalnum((unsigned char)p[n]) || p[n] == '#'))
			n++;
		if (n > 1 && n < left && p[n] == ';')
			return true;
		p = memchr(p + 1, '&', left - 1);
	}
	return false;
}

bool
html_likely(struct slice s)
{
	return tag_likely(s) || entity_likely(s);
}

static xmlDoc *
parse(struct html *h, struct slice s)
{
	if (s.n > INT32_MAX)
		s.n = INT32_MAX;
	return htmlCtxtReadMemory(h->ctxt, s.p, (int)s.n, NULL, "UTF-8", HTML_OPTIONS);
}

void
html_text(struct html *h, struct slice s, struct slice base, struct buf *text, struct refs *refs,
    struct arena *a)
{
	struct walk w = {{text, text->n, 0, false}, base, refs, a, 0};
	bool tagged = tag_likely(s);
	xmlDoc *doc;

	if (!tagged && !entity_likely(s)) {
		sink_text(&w.sink, s, true);
		return;
	}
	if (tagged && html_simple(&w.sink, s, base, refs, a))
		return;
	w.lines = !tagged;
	doc = parse(h, s);
	if (doc && xmlDocGetRootElement(doc))
		walk_tree(&w, xmlDocGetRootElement(doc));
	xmlFreeDoc(doc);
}

void
html_plain(struct slice s, struct buf *text)
{
	struct sink sink = {text, text->n, 0, false};

	sink_text(&sink, s, true);
}

static bool
is_feed_link(const xmlNode *n)
{
	struct slice type = attribute(n, "type");

	return slice_eq_nocase(attribute(n, "rel"), SLICE("alternate")) &&
	       (slice_starts(type, SLICE("application/rss")) ||
	           slice_starts(type, SLICE("application/atom")) ||
	           slice_starts(type, SLICE("application/feed+json")));
}

/* The next element in document order below ROOT. */
static const xmlNode *
next_node(const xmlNode *n, const xmlNode *root)
{
	if (n->children && n->type == XML_ELEMENT_NODE)
		return n->children;
	while (n && n != root && !n->next)
		n = n->parent;
	return !n || n == root ? NULL : n->next;
}

bool
html_find_feed(struct html *h, struct slice s, struct slice base, struct buf *out)
{
	xmlDoc *doc = parse(h, s);
	const xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
	bool found = false;

	for (const xmlNode *n = root; n && !found; n = next_node(n, root)) {
		if (n->type != XML_ELEMENT_NODE || strcmp((const char *)n->name, "link") != 0 ||
		    !is_feed_link(n))
			continue;
		url_resolve(out, base, attribute(n, "href"));
		found = true;
	}
	xmlFreeDoc(doc);
	return found;
}
