/* The fields of an event: what the operators with a colon look at. */
#include <string.h>

#include "text/query_local.h"

/* A longer address is cut: folded and with its mark it must be a key. */
#define LINK_MAX 200

static void
look_up_value(struct query_scratch *s, enum term_field field, struct slice value)
{
	char key[QUERY_WORD_MAX + 9];
	int n;

	key[0] = (char)field;
	n = fold_field(value, false, key + 1);
	if (n <= 0 || n >= QUERY_WORD_MAX)
		return;
	memset(key + 1 + n, 0, 8);
	query_look_up(s, key, (size_t)n + 1);
}

static void
look_up_name(struct query_scratch *s, enum term_field field, struct slice name)
{
	name = slice_trim(name);
	if (name.n && *name.p == '@')
		name = (struct slice){name.p + 1, name.n - 1};
	look_up_value(s, field, name);
}

/* URL without scheme; empty when it has none but may not lack it. */
static struct slice
without_scheme(struct slice url, bool may_lack)
{
	ptrdiff_t at = slice_find(url, SLICE("://"));

	if (at < 0)
		return may_lack ? url : (struct slice){NULL, 0};
	return (struct slice){url.p + at + 3, url.n - (size_t)at - 3};
}

/* The host of URL, which begins with it; *REST gets what follows the port. */
static struct slice
cut_host(struct slice url, struct slice *rest)
{
	struct slice host = {NULL, 0};
	size_t from = 0, to;

	for (to = 0; to < url.n && !memchr("/?#", url.p[to], 3); to++)
		if (url.p[to] == '@')
			from = to + 1;
	*rest = (struct slice){url.p + to, url.n - to};
	url = (struct slice){url.p + from, to - from};
	slice_cut(&url, ':', &host);
	return host;
}

/* The host itself and every domain above it. */
static void
look_up_host(struct query_scratch *s, enum term_field field, struct slice host)
{
	struct slice label;

	while (host.n) {
		look_up_value(s, field, host);
		slice_cut(&host, '.', &label);
	}
}

static void
look_up_site(struct query_scratch *s, struct slice url)
{
	struct slice rest;

	look_up_host(s, FIELD_SITE, cut_host(without_scheme(url, false), &rest));
}

/* HOST with the path, up to each place where one of its parts ends. */
static void
look_up_paths(struct query_scratch *s, struct slice host, struct slice rest)
{
	char url[LINK_MAX];
	size_t n = host.n;

	if (host.n >= LINK_MAX)
		return;
	memcpy(url, host.p, host.n);
	for (size_t i = 0; i <= rest.n && n < LINK_MAX; i++) {
		bool ends = i == rest.n || memchr("/?#&", rest.p[i], 4);

		if (ends && i > 0 && url[n - 1] != '/')
			look_up_value(s, FIELD_LINKS, (struct slice){url, n});
		if (i < rest.n)
			url[n++] = rest.p[i];
	}
}

static void
look_up_link(struct query_scratch *s, struct slice url)
{
	struct slice rest, label, host = cut_host(without_scheme(url, true), &rest);

	look_up_host(s, FIELD_LINKS, host);
	while (s->set->has_paths && rest.n && host.n) {
		look_up_paths(s, host, rest);
		slice_cut(&host, '.', &label);
	}
}

static void
look_up_links(struct query_scratch *s, const struct query_fields *f)
{
	for (size_t i = 0; i < f->nlinks; i++)
		look_up_link(s, f->links[i]);
	for (size_t i = 0; i < s->nlinks; i++)
		look_up_link(s, s->links[i]);
}

void
query_look_up_fields(struct query_scratch *s, const struct query_fields *f)
{
	const bool *has = s->set->has_field;

	s->word = NONE;
	s->followers = f->has_followers ? f->followers : -1;
	if (has[FIELD_AUTHOR]) {
		look_up_name(s, FIELD_AUTHOR, f->author);
		look_up_name(s, FIELD_AUTHOR, f->author_name);
	}
	if (has[FIELD_SITE])
		look_up_site(s, f->url);
	if (has[FIELD_LANG])
		look_up_value(s, FIELD_LANG, f->lang);
	if (has[FIELD_CHANNEL])
		look_up_name(s, FIELD_CHANNEL, f->channel);
	if (has[FIELD_NETWORK])
		look_up_value(s, FIELD_NETWORK, f->network);
	if (has[FIELD_KIND])
		look_up_value(s, FIELD_KIND, f->kind);
	for (size_t i = 0; has[FIELD_COUNTRY] && i < 3; i++)
		look_up_value(s, FIELD_COUNTRY, f->country[i]);
	if (has[FIELD_LINKS])
		look_up_links(s, f);
}
