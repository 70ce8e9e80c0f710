/* JSON Feed 1.0 and 1.1. */
#include "core/rfc3339.h"
#include "net/date.h"
#include "net/feed.h"
#include "stream/tree.h"

/* ids should be strings, but numbers are seen. */
static struct slice
scalar(const struct json_node *n, const char *key)
{
	const struct json_node *v = node_get(n, key);

	if (v && (v->type == JSON_STRING || v->type == JSON_NUMBER))
		return v->text;
	return (struct slice){NULL, 0};
}

static int64_t
date(const struct json_node *n, const char *key)
{
	int64_t ms;

	return date_parse(node_text(n, key), &ms) ? ms : TIME_NONE;
}

/* The first of "authors" (1.1) or "author" (1.0). */
static const struct json_node *
author_of(const struct json_node *n)
{
	const struct json_node *list = node_get(n, "authors");

	if (list && list->type == JSON_ARRAY && list->child)
		return list->child;
	return node_get(n, "author");
}

static void
take_media(struct feed *f, struct feed_entry *e, const struct json_node *item, struct slice base)
{
	static const char *const images[] = {"image", "banner_image"};

	for (size_t i = 0; i < sizeof images / sizeof *images; i++)
		refs_media(&e->refs, &f->arena, SLICE("image"),
		    feed_url(f, base, node_text(item, images[i])), (struct slice){NULL, 0});
	for (NODE_EACH(at, node_get(item, "attachments"))) {
		struct slice url = feed_url(f, base, node_text(at, "url"));

		refs_media(&e->refs, &f->arena, media_kind(node_text(at, "mime_type"), url), url,
		    node_text(at, "title"));
	}
}

static void
take_text(struct feed *f, struct html *h, struct feed_entry *e, const struct json_node *item,
    struct slice base)
{
	struct slice html = node_text(item, "content_html"), text = node_text(item, "content_text");

	if (html.n)
		e->text = feed_text(f, h, html, true, base, &e->refs);
	if (!e->text.n && text.n)
		e->text = feed_text(f, h, text, false, base, NULL);
	if (!e->text.n)
		e->text = feed_text(f, h, node_text(item, "summary"), false, base, NULL);
}

static void
take_item(struct feed *f, struct html *h, const struct json_node *item, struct slice base)
{
	struct feed_entry *e;
	const struct json_node *author = author_of(item);
	struct slice external, lang;

	if (item->type != JSON_OBJECT)
		return;
	e = feed_add(f);
	e->guid = arena_dup(&f->arena, scalar(item, "id"));
	if (!e->guid.n)
		e->guid.p = NULL;
	e->link = feed_url(f, base, node_text(item, "url"));
	external = feed_url(f, base, node_text(item, "external_url"));
	if (e->link.n)
		refs_link(&e->refs, &f->arena, external);
	else
		e->link = external;
	e->title = feed_text(f, h, node_text(item, "title"), false, base, NULL);
	take_text(f, h, e, item, base);
	e->author = feed_text(f, h, node_text(author, "name"), false, base, NULL);
	e->author_url = feed_url(f, base, node_text(author, "url"));
	lang = node_text(item, "language");
	e->lang = lang.n ? arena_dup(&f->arena, lang) : f->lang;
	e->published = date(item, "date_published");
	e->updated = date(item, "date_modified");
	take_media(f, e, item, base);
}

int
feed_parse_json(struct feed *f, struct html *h, struct slice body, const struct feed_source *src,
    struct sme_err *err)
{
	struct arena a = ARENA_INIT;
	const struct json_node *root = json_tree(&a, body, err);
	const struct json_node *items = node_get(root, "items");
	struct slice base = src->url;
	int r = 0;

	if (!root) {
		r = err_prefix(err, "not a JSON Feed");
	} else if (slice_find(node_text(root, "version"), SLICE("jsonfeed.org/version/")) < 0 &&
	           (!items || items->type != JSON_ARRAY)) {
		r = err_set(err, SME_DATA, "JSON, but not a JSON Feed: no \"version\" and no \"items\"");
	} else {
		f->kind = "jsonfeed";
		f->link = feed_url(f, base, node_text(root, "home_page_url"));
		if (!base.n)
			base = node_text(root, "feed_url").n ? node_text(root, "feed_url") : f->link;
		f->title = feed_text(f, h, node_text(root, "title"), false, base, NULL);
		f->lang = arena_dup(&f->arena, node_text(root, "language"));
		f->author = feed_text(f, h, node_text(author_of(root), "name"), false, base, NULL);
		for (NODE_EACH(item, items))
			take_item(f, h, item, base);
	}
	arena_release(&a);
	return r;
}
