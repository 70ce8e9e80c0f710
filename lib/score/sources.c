#include "score/sources.h"

#include <stdlib.h>
#include <string.h>

#include "core/map.h"
#include "core/mem.h"
#include "net/url.h"
#include "score/link.h"
#include "score/table.h"

/* Names shorter than this are too near to too many others: "heise" and "reise", "kicker" and "ticker".  From
 * NAME_MIN on they may look alike, from NAME_NEAR on differ by a character behind the first, from NAME_LONG on by
 * any. */
#define NAME_MIN  5
#define NAME_NEAR 6
#define NAME_LONG 7

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

/* WRITTEN is the domain as the table has it. */
static void
add_trusted(struct sources *s, struct slice domain, struct slice written)
{
	struct buf name = BUF_INIT, less = BUF_INIT;
	struct trusted *t;

	host_skeleton(&name, own_label(domain));
	if (name.n >= NAME_MIN) {
		s->trusted = xgrow(s->trusted, s->n, &s->cap, sizeof *s->trusted);
		t = &s->trusted[s->n];
		t->domain = arena_dup(&s->arena, written);
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
	link_page(out, buf_slice(&url));
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
	if (value >= SOURCES_TRUSTED && link_host_end(buf_slice(page)) == page->n)
		add_trusted(s, buf_slice(page), in->fields[0]);
	return 0;
}

/* The list in IN, which is closed. */
static struct sources *
read_list(struct table *in, struct sme_err *err)
{
	struct sources *s = xcalloc(1, sizeof *s);
	struct buf page = BUF_INIT;
	int r;

	while ((r = table_row(in, 2, err)) > 0)
		if ((r = read_row(s, in, &page, err)) < 0)
			break;
	table_close(in);
	buf_release(&page);
	if (r == 0)
		return s;
	sources_free(s);
	return NULL;
}

struct sources *
sources_load(const char *path, struct sme_err *err)
{
	struct table in;

	return table_open(&in, path, err) < 0 ? NULL : read_list(&in, err);
}

struct sources *
sources_text(struct slice text, const char *name, struct sme_err *err)
{
	struct table in;

	return table_open_text(&in, text, name, err) < 0 ? NULL : read_list(&in, err);
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
	size_t host = link_host_end(page);
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
	if (!n && !m)
		return true;
	/* B is the name that is listed. */
	if (b.n < NAME_NEAR || (b.n < NAME_LONG && head == 0))
		return false;
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

/* What stands before "@" in an address is taken for the host by whoever reads it. */
static const struct trusted *
feigned_user(const struct sources *s, struct slice url)
{
	const struct trusted *t;
	struct buf user = BUF_INIT;
	struct url u;

	url_split(url, &u);
	if (!u.user.p || !memchr(u.user.p, '.', u.user.n))
		return NULL;
	canonical(&user, u.user);
	t = imitated_by(s, (struct slice){user.p, link_host_end(buf_slice(&user))});
	buf_release(&user);
	return t;
}

/* Of URL alone, whatever link it carries. */
static double
judge(const struct sources *s, struct slice url, struct slice *imitated)
{
	struct buf page = BUF_INIT;
	const struct trusted *t = NULL;
	struct slice host;
	double value;

	link_page(&page, url);
	host = (struct slice){page.p, link_host_end(buf_slice(&page))};
	value = find_listed(s, buf_slice(&page));
	if (value < 0 && !link_is_shortener(host))
		t = imitated_by(s, host);
	if (value < 0 && !t)
		t = feigned_user(s, url);
	buf_release(&page);
	*imitated = t ? t->domain : (struct slice){NULL, 0};
	return t ? SOURCES_FORGED : value;
}

/* What a link has shown so far. */
struct verdict {
	double least; /* -1: nothing is known */
	struct slice imitated;
	bool vouched; /* every hop so far surely leads to the next */
};

static void
take_hop(struct verdict *v, double value, struct slice imitated, enum link_inner next)
{
	/* A redirector is no source.  And whoever names a good page in a parameter is not that page. */
	bool counts = imitated.p || (next != LINK_LEADS && (v->vouched || value < SOURCES_TRUSTED));

	if (value >= 0 && counts && (v->least < 0 || value < v->least)) {
		v->least = value;
		v->imitated = imitated;
	}
	v->vouched &= next == LINK_LEADS;
}

double
sources_credibility(const struct sources *s, struct slice url, struct slice *imitated)
{
	struct buf link = BUF_INIT, inner = BUF_INIT;
	struct verdict v = {.least = -1, .vouched = true};
	enum link_inner next = LINK_LEADS;

	buf_adds(&link, url);
	for (int hop = 0; hop < HOPS_MAX && next != LINK_NONE; hop++) {
		struct buf swap = link;
		struct slice forged;
		double value = judge(s, buf_slice(&link), &forged);

		next = link_inner(buf_slice(&link), &inner);
		take_hop(&v, value, forged, next);
		link = inner;
		inner = swap;
	}
	*imitated = v.imitated;
	buf_release(&link);
	buf_release(&inner);
	return v.least;
}
