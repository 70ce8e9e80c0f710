#include "net/feed.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/charset.h"
#include "net/url.h"

struct feed_entry *
feed_add(struct feed *f)
{
	struct feed_entry *e;

	f->entries = xgrow(f->entries, f->n, &f->cap, sizeof *f->entries);
	e = &f->entries[f->n++];
	*e = (struct feed_entry){.published = TIME_NONE, .updated = TIME_NONE, .comments = -1};
	return e;
}

struct slice
feed_url(struct feed *f, struct slice base, struct slice ref)
{
	struct buf b = BUF_INIT;
	struct slice s = {NULL, 0};

	if (slice_trim(ref).n) {
		url_resolve(&b, base, ref);
		s = arena_dup(&f->arena, buf_slice(&b));
	}
	buf_release(&b);
	return s;
}

struct slice
feed_text(struct feed *f, struct html *h, struct slice s, bool html, struct slice base,
    struct refs *refs)
{
	struct buf b = BUF_INIT;
	struct slice text = {NULL, 0};

	if (html)
		html_text(h, s, base, &b, refs, &f->arena);
	else
		html_plain(s, &b);
	if (b.n)
		text = arena_dup(&f->arena, buf_slice(&b));
	buf_release(&b);
	return text;
}

static bool
looks_like_html(struct slice s)
{
	struct slice head = {s.p, s.n < 512 ? s.n : 512};

	for (size_t i = 0; i + 5 < head.n; i++)
		if (head.p[i] == '<' && (strncasecmp(head.p + i, "<html", 5) == 0 ||
		                            strncasecmp(head.p + i, "<!doctype html", 14) == 0))
			return true;
	return false;
}

/* A page where a feed was expected: say so, and where its feed is. */
static int
refuse_html(struct html *h, struct slice text, struct slice url, struct sme_err *err)
{
	struct buf found = BUF_INIT;
	int r;

	if (html_find_feed(h, text, url, &found))
		r = err_set(err, SME_DATA, "a page in HTML, not a feed; it names the feed %s",
		    buf_str(&found));
	else
		r = err_set(err, SME_DATA, "a page in HTML, not a feed; it names no feed");
	buf_release(&found);
	return r;
}

int
feed_parse(struct feed *f, struct html *h, struct slice body, const struct feed_source *src,
    struct sme_err *err)
{
	struct buf text = BUF_INIT_MAX(FEED_MAX * 3);
	struct slice declared = src->charset.n ? src->charset : charset_of_xml(body);
	struct slice start;
	int r;

	*f = (struct feed){0};
	if (body.n > FEED_MAX)
		return err_set(err, SME_DATA, "larger than %zu MiB", FEED_MAX >> 20);
	charset_decode(&text, body, declared);
	start = slice_trim(buf_slice(&text));
	if (!start.n)
		r = err_set(err, SME_DATA, "empty, expected a feed");
	else if (*start.p == '{')
		r = feed_parse_json(f, h, start, src, err);
	else if (looks_like_html(start))
		r = refuse_html(h, start, src->url, err);
	else
		r = feed_parse_xml(f, h, start, src, err);
	buf_release(&text);
	if (r < 0)
		feed_release(f);
	return r;
}

void
feed_release(struct feed *f)
{
	for (size_t i = 0; i < f->n; i++)
		refs_release(&f->entries[i].refs);
	free(f->entries);
	arena_release(&f->arena);
	*f = (struct feed){0};
}
