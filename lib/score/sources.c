#include "score/sources.h"

#include <stdlib.h>
#include <string.h>

#include "core/map.h"
#include "core/mem.h"
#include "net/url.h"
#include "score/table.h"

/* Names shorter than this are too near to too many others. */
#define NAME_MIN 5

/* A link inside a link inside a link. */
#define HOPS_MAX 4

/* A listed domain that others may imitate. */
struct trusted {
	struct slice domain; /* as listed */
	struct slice name;   /* the skeleton of its own label: "example" of "example.co.uk" */
};

struct sources {
	struct map listed; /* canonical "domain" or "domain/path" → credibility */
	struct trusted *trusted;
	size_t n, cap;
	struct map names; /* a name's skeleton, and each with one character less → trusted + 1 */
	struct arena arena;
};

/* Hosts whose links lead elsewhere without saying where. */
static const char *const shorteners[] = {"t.co", "bit.ly", "tinyurl.com", "goo.gl", "ow.ly", "buff.ly",
    "is.gd", "rebrand.ly", "lnkd.in", "cutt.ly", "t.ly", "dlvr.it", "youtu.be", "fb.me", "wp.me",
    "trib.al", "amzn.to", "spoti.fi", "shorturl.at", "tiny.cc", "v.gd", "s.id", "rb.gy", "t1p.de",
    "kurzelinks.de", "x.gd"};

/* Parameters in which a redirector carries its target. */
static const char *const targets[] = {"url", "u", "q", "target", "to", "dest", "redirect"};

/* Second-level labels under which names are given. */
static const char *const seconds[] = {"co", "com", "org", "net", "gov", "ac", "edu", "gv", "or"};

static bool
is_one_of(struct slice s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_is(s, list[i]))
			return true;
	return false;
}

#define IS_ONE_OF(s, list) is_one_of(s, list, sizeof(list) / sizeof *(list))

/* ---- hosts ---- */

/* Where the host of a canonical page ends. */
static size_t
host_end(struct slice page)
{
	size_t n = 0;

	while (n < page.n && !memchr("/?#:", page.p[n], 4))
		n++;
	return n;
}

/* The last label of HOST, which is cut off; p == NULL when none is left. */
static struct slice
cut_last(struct slice *host)
{
	size_t i = host->n;
	struct slice label;

	if (!host->n)
		return (struct slice){NULL, 0};
	while (i > 0 && host->p[i - 1] != '.')
		i--;
	label = (struct slice){host->p + i, host->n - i};
	host->n = i ? i - 1 : 0;
	return label;
}

/* The label that somebody registered: "example" of "www.example.co.uk". */
static struct slice
own_label(struct slice host)
{
	struct slice label, last = cut_last(&host);

	label = cut_last(&host);
	if (last.n == 2 && host.n && IS_ONE_OF(label, seconds))
		label = cut_last(&host);
	return label.p ? label : last;
}

/* ---- loading ---- */

static void
add_name(struct sources *s, struct slice name, size_t number)
{
	union map_value *v = map_put(&s->names, name);

	if (!v->u)
		v->u = number + 1;
}

static void
add_trusted(struct sources *s, struct slice domain)
{
	struct buf name = BUF_INIT, less = BUF_INIT;
	struct trusted *t;

	host_skeleton(&name, own_label(domain));
	if (name.n >= NAME_MIN) {
		s->trusted = xgrow(s->trusted, s->n, &s->cap, sizeof *s->trusted);
		t = &s->trusted[s->n];
		t->domain = arena_dup(&s->arena, domain);
		t->name = arena_dup(&s->arena, buf_slice(&name));
		add_name(s, t->name, s->n);
		for (size_t i = 0; i < name.n; i++) {
			buf_clear(&less);
			buf_add(&less, name.p, i);
			buf_add(&less, name.p + i + 1, name.n - i - 1);
			add_name(s, buf_slice(&less), s->n);
		}
		s->n++;
	}
	buf_release(&name);
	buf_release(&less);
}

/* A domain, and maybe a path, the way links are looked up. */
static void
canonical(struct buf *out, struct slice page)
{
	struct buf url = BUF_INIT;

	buf_puts(&url, "https://");
	buf_adds(&url, page);
	buf_clear(out);
	url_canonical(out, buf_slice(&url));
	buf_release(&url);
}

static int
read_row(struct sources *s, const struct table *in, struct buf *page, struct sme_err *err)
{
	double value;

	if (table_number(in, 1, 1, &value, err) < 0)
		return -1;
	if (!memchr(in->fields[0].p, '.', in->fields[0].n))
		return err_set(err, SME_CONFIG, "%s:%zu: \"%.*s\" is no domain", in->path, in->line,
		    SLICE_ARG(in->fields[0]));
	canonical(page, in->fields[0]);
	map_put(&s->listed, buf_slice(page))->d = value;
	if (value >= SOURCES_TRUSTED && host_end(buf_slice(page)) == page->n)
		add_trusted(s, buf_slice(page));
	return 0;
}

struct sources *
sources_load(const char *path, struct sme_err *err)
{
	struct sources *s = xcalloc(1, sizeof *s);
	struct buf page = BUF_INIT;
	struct table in;
	int r = table_open(&in, path, err);

	if (r == 0) {
		while ((r = table_row(&in, 2, err)) > 0)
			if ((r = read_row(s, &in, &page, err)) < 0)
				break;
		table_close(&in);
	}
	buf_release(&page);
	if (r == 0)
		return s;
	sources_free(s);
	return NULL;
}

void
sources_free(struct sources *s)
{
	if (!s)
		return;
	map_release(&s->listed);
	map_release(&s->names);
	arena_release(&s->arena);
	free(s->trusted);
	free(s);
}

/* ---- asking ---- */

/* The longest listed beginning of the path, then the host and what is above it. */
static double
find_listed(const struct sources *s, struct slice page)
{
	size_t host = host_end(page);
	union map_value *v;

	for (size_t n = page.n; n > host; n--)
		if ((n == page.n || page.p[n] == '/') && (v = map_get(&s->listed, (struct slice){page.p, n})))
			return v->d;
	for (struct slice h = {page.p, host}; h.n;) {
		const char *dot = memchr(h.p, '.', h.n);

		if ((v = map_get(&s->listed, h)))
			return v->d;
		if (!dot)
			break;
		h.n -= (size_t)(dot + 1 - h.p);
		h.p = dot + 1;
	}
	return -1;
}

/* Are A and B at most one insertion, removal, exchange or swap of neighbours apart? */
static bool
nearly(struct slice a, struct slice b)
{
	size_t head = 0, tail = 0, n, m;

	while (head < a.n && head < b.n && a.p[head] == b.p[head])
		head++;
	while (tail < a.n - head && tail < b.n - head && a.p[a.n - 1 - tail] == b.p[b.n - 1 - tail])
		tail++;
	n = a.n - head - tail;
	m = b.n - head - tail;
	if (n <= 1 && m <= 1)
		return true;
	return n == 2 && m == 2 && a.p[head] == b.p[head + 1] && a.p[head + 1] == b.p[head];
}

static const struct trusted *
find_name(const struct sources *s, struct slice name, struct slice probe)
{
	union map_value *v = map_get(&s->names, probe);

	return v && nearly(name, s->trusted[v->u - 1].name) ? &s->trusted[v->u - 1] : NULL;
}

/* A trusted name that NAME, a skeleton, is or nearly is. */
static const struct trusted *
similar_name(const struct sources *s, struct slice name)
{
	const struct trusted *t;
	struct buf less = BUF_INIT;

	if (name.n < NAME_MIN - 1 || name.n > 63)
		return NULL;
	t = find_name(s, name, name);
	for (size_t i = 0; i < name.n && !t && name.n >= NAME_MIN; i++) {
		buf_clear(&less);
		buf_add(&less, name.p, i);
		buf_add(&less, name.p + i + 1, name.n - i - 1);
		t = find_name(s, name, buf_slice(&less));
	}
	buf_release(&less);
	return t;
}

/* A word of the label, between hyphens, that is a trusted name: "example-login". */
static const struct trusted *
name_in_label(const struct sources *s, struct slice label)
{
	struct slice word;

	while (slice_cut(&label, '-', &word)) {
		union map_value *v = map_get(&s->names, word);

		if (v && slice_eq(s->trusted[v->u - 1].name, word))
			return &s->trusted[v->u - 1];
	}
	return NULL;
}

/* The trusted domain that the unlisted HOST pretends to be.  A subdomain may carry the name, too:
 * "example.org.evil.test". */
static const struct trusted *
imitated_by(const struct sources *s, struct slice host)
{
	struct buf label = BUF_INIT;
	const struct trusted *t = NULL;
	struct slice rest = host, own = own_label(host), one;

	if (!s->n || !host.n)
		return NULL;
	host_skeleton(&label, own);
	t = similar_name(s, buf_slice(&label));
	if (!t)
		t = name_in_label(s, buf_slice(&label));
	while (!t && slice_cut(&rest, '.', &one) && one.p != own.p) {
		union map_value *v;

		buf_clear(&label);
		host_skeleton(&label, one);
		v = map_get(&s->names, buf_slice(&label));
		if (v && slice_eq(s->trusted[v->u - 1].name, buf_slice(&label)))
			t = &s->trusted[v->u - 1];
	}
	buf_release(&label);
	return t;
}

/* What a redirector's parameter says, decoded; false when the link carries no link. */
static bool
carried_link(struct slice url, struct buf *out)
{
	struct url u;
	struct slice part, key;

	url_split(url, &u);
	while (u.query.p && slice_cut(&u.query, '&', &part)) {
		if (!slice_cut(&part, '=', &key) || !part.p || !IS_ONE_OF(key, targets))
			continue;
		buf_clear(out);
		for (size_t i = 0; i < part.n; i++) {
			char hex[3] = {0};

			if (part.p[i] != '%' || i + 2 >= part.n) {
				buf_addc(out, part.p[i]);
				continue;
			}
			memcpy(hex, part.p + i + 1, 2);
			buf_addc(out, (char)strtol(hex, NULL, 16));
			i += 2;
		}
		if (url_is_http(buf_slice(out)))
			return true;
	}
	return false;
}

static double
judge(const struct sources *s, struct slice url, struct slice *imitated)
{
	struct buf page = BUF_INIT;
	const struct trusted *t;
	struct slice host;
	double value;

	url_canonical(&page, url);
	host = (struct slice){page.p, host_end(buf_slice(&page))};
	value = find_listed(s, buf_slice(&page));
	if (value < 0 && !IS_ONE_OF(host, shorteners) && (t = imitated_by(s, host))) {
		*imitated = t->domain;
		value = SOURCES_FORGED;
	}
	buf_release(&page);
	return value;
}

double
sources_credibility(const struct sources *s, struct slice url, struct slice *imitated)
{
	struct buf link = BUF_INIT, inner = BUF_INIT;
	double value;

	*imitated = (struct slice){NULL, 0};
	buf_adds(&link, url);
	for (int hop = 0; hop < HOPS_MAX && carried_link(buf_slice(&link), &inner); hop++) {
		struct buf swap = link;

		link = inner;
		inner = swap;
	}
	value = judge(s, buf_slice(&link), imitated);
	buf_release(&link);
	buf_release(&inner);
	return value;
}
