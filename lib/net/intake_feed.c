#include <stdlib.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/charset.h"
#include "net/intake_int.h"
#include "net/mention.h"
#include "net/url.h"

/* What all items of a feed have in common. */
struct frame {
	struct intake *in;
	const struct feed *feed;
	struct slice instance, network, channel;
	struct arena arena; /* of one item */
};

static struct slice
first_of(struct slice a, struct slice b)
{
	return a.n ? a : b;
}

static struct slice
host_of(struct slice url)
{
	struct url u;

	url_split(url, &u);
	if (u.host.n > 4 && slice_starts(u.host, SLICE("www.")))
		return (struct slice){u.host.p + 4, u.host.n - 4};
	return u.host;
}

static struct slice
id_of(struct frame *f, struct slice native)
{
	struct buf b = BUF_INIT;
	struct slice s;

	if (!native.n)
		return (struct slice){NULL, 0};
	mention_id(&b, f->network, f->instance, native);
	s = arena_dup(&f->arena, buf_slice(&b));
	buf_release(&b);
	return s;
}

/* A name is no address, but all that many feeds have: "Kim Vogel" → "Kim_Vogel". */
static struct slice
author_id(struct frame *f, const struct mention *m, struct slice url)
{
	struct slice name = arena_dup(&f->arena, m->author.handle);

	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] == ' ')
			((char *)(size_t)name.p)[i] = '_';
	return id_of(f, first_of(url, name));
}

/* "https://social.example/@kim" → "kim": the one form of profile address that names a person. */
static struct slice
handle_of(const struct feed_entry *e)
{
	ptrdiff_t at = slice_find(e->author_url, SLICE("/@"));
	struct slice handle;

	if (at < 0)
		return e->author;
	handle = (struct slice){e->author_url.p + at + 2, e->author_url.n - (size_t)at - 2};
	for (size_t n = 0; n < handle.n; n++)
		if (strchr("/?#", handle.p[n]))
			handle.n = n;
	return first_of(handle, e->author);
}

/* "de-AT" → "de". */
static struct slice
language(struct frame *f, struct slice tag)
{
	char text[9];

	return mention_lang_code(tag, text) ? arena_dup(&f->arena, slice_of(text)) :
	                                     (struct slice){NULL, 0};
}

static int64_t
date_of(const struct feed_entry *e)
{
	return e->published != TIME_NONE ? e->published : e->updated;
}

static struct slice
text_of(const struct feed_entry *e)
{
	return first_of(e->text, e->title);
}

/* The post's own address is no link of it. */
static void
drop_own_link(struct refs *refs, struct slice own)
{
	size_t kept = 0;

	for (size_t i = 0; i < refs->nlinks; i++)
		if (!slice_eq(refs->links[i], own))
			refs->links[kept++] = refs->links[i];
	refs->nlinks = kept;
}

static void
put_entry(struct frame *f, struct feed_entry *e, const struct known_item *item)
{
	const struct source *src = f->in->src;
	struct mention m;

	mention_init(&m);
	drop_own_link(&e->refs, e->link);
	m.id = id_of(f, item->native);
	m.revision = item->revision;
	m.tenant = first_of(src->tenant, SLICE("default"));
	m.network = f->network;
	m.channel = f->channel;
	m.in_reply_to = id_of(f, e->reply_to);
	m.kind = first_of(src->kind, m.in_reply_to.n ? SLICE("comment") : SLICE("post"));
	m.created_at = item->created_at;
	m.fetched_at = f->in->run->now;
	m.author.handle = handle_of(e);
	m.author.name = first_of(e->author, first_of(f->feed->author, f->feed->title));
	m.author.handle = first_of(m.author.handle, m.author.name);
	m.author.id = author_id(f, &m, e->author_url);
	m.title = e->text.n ? e->title : (struct slice){NULL, 0};
	m.text = text_of(e);
	m.lang_hint = language(f, first_of(e->lang, src->lang));
	m.url = e->link;
	m.thread = m.in_reply_to;
	m.replies = e->comments;
	m.refs = &e->refs;
	mention_put(&f->in->event, &m);
	arena_release(&f->arena);
	intake_emit(f->in, 1);
}

static bool
says_something(const struct feed_entry *e)
{
	return e->title.n || e->text.n || e->link.n || e->refs.nmedia;
}

static void
put_entries(struct frame *f, struct feed *feed, struct known *seen)
{
	struct known_key *keys = xcalloc(feed->n + 1, sizeof *keys);
	struct known_verdict *verdicts = xcalloc(feed->n + 1, sizeof *verdicts);

	for (size_t i = 0; i < feed->n; i++) {
		const struct feed_entry *e = &feed->entries[i];
		int64_t date = date_of(e);

		keys[i] = (struct known_key){e->guid, e->link, e->title, e->text, date,
		    date != TIME_NONE ? date : f->in->run->now};
	}
	known_document(seen, keys, feed->n, verdicts);
	/* Feeds stand newest first; events go out in the order in which they were written. */
	for (size_t i = feed->n; i-- > 0;)
		if ((verdicts[i].kind == KNOWN_NEW || verdicts[i].kind == KNOWN_CHANGED) &&
		    says_something(&feed->entries[i]))
			put_entry(f, &feed->entries[i], &seen->items[verdicts[i].item]);
	free(keys);
	free(verdicts);
}

int
intake_feed(struct intake *in, struct sme_err *err)
{
	struct feed_source from = {slice_of(in->url), charset_of_type(in->content_type)};
	struct frame f = {.in = in};
	struct known alone = {0};
	struct feed feed;
	struct slice host;

	if (feed_parse(&feed, in->run->html, buf_slice(&in->held), &from, err) < 0)
		return -1;
	host = host_of(slice_of(in->src->url));
	host = first_of(first_of(host, host_of(feed.link)), buf_slice(&in->stem));
	f.feed = &feed;
	f.instance = host;
	f.network = first_of(in->src->network, SLICE("feed"));
	f.channel = first_of(in->src->channel, host);
	in->count.repaired = feed.repaired;
	in->count.ttl = feed.ttl;
	put_entries(&f, &feed, in->seen ? in->seen : &alone);
	known_release(&alone);
	feed_release(&feed);
	return 0;
}
