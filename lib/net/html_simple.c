/*
 * Posts as most networks write them are a narrow kind of HTML, and libxml2 takes ten times as long for
 * one as all else that is done with it.  What is not that narrow kind is left to libxml2.
 */
#include <stdlib.h>

#include "net/html_int.h"
#include "net/url.h"

/* Elements inside each other. */
#define DEPTH_MAX 16

enum element { E_BR, E_P, E_A, E_SPAN, E_B, E_STRONG, E_I, E_EM, E_NONE };

static const char *const elements[] = {"br", "p", "a", "span", "b", "strong", "i", "em"};

struct simple {
	const char *p, *end;
	struct sink *sink;
	struct slice base;
	struct refs *refs;
	struct arena *arena;
	struct buf decoded;
	enum element open[DEPTH_MAX];
	size_t depth;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* "#39" or "#x27": false when it is no character that is beyond doubt. */
static bool
put_number(struct buf *b, struct slice digits)
{
	char text[8];
	char *end;
	bool hex = digits.n > 1 && digits.p[1] == 'x';
	size_t skip = hex ? 2 : 1;
	unsigned long c;

	if (digits.n <= skip || digits.n - skip >= sizeof text)
		return false;
	for (size_t i = skip; i < digits.n; i++)
		text[i - skip] = digits.p[i];
	text[digits.n - skip] = '\0';
	if (!strchr("0123456789abcdefABCDEF", text[0]))
		return false;
	c = strtoul(text, &end, hex ? 16 : 10);
	if (*end || c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000) ||
	    (c & 0xfffe) == 0xfffe || c > 0x10ffff)
		return false;
	buf_put_utf8(b, (unsigned)c);
	return true;
}

static bool
put_entity(struct buf *b, struct slice name)
{
	static const struct {
		const char *name, *text;
	} entities[] = {{"amp", "&"}, {"lt", "<"}, {"gt", ">"}, {"quot", "\""}, {"nbsp", "\xc2\xa0"}};

	if (name.n && *name.p == '#')
		return put_number(b, name);
	for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
		if (slice_is(name, entities[i].name)) {
			buf_puts(b, entities[i].text);
			return true;
		}
	}
	return false;
}

/* S with its entities decoded, in the scratch buffer when there are any. */
static bool
decode(struct simple *x, struct slice s, struct slice *out)
{
	struct slice part;
	const char *semicolon;

	*out = s;
	if (!s.n || !memchr(s.p, '&', s.n))
		return true;
	buf_clear(&x->decoded);
	slice_cut(&s, '&', &part);
	for (buf_adds(&x->decoded, part); s.p; buf_adds(&x->decoded, part)) {
		slice_cut(&s, '&', &part);
		semicolon = part.n ? memchr(part.p, ';', part.n) : NULL;
		if (!semicolon ||
		    !put_entity(&x->decoded, (struct slice){part.p, (size_t)(semicolon - part.p)}))
			return false;
		part = (struct slice){semicolon + 1, part.n - (size_t)(semicolon + 1 - part.p)};
	}
	*out = buf_slice(&x->decoded);
	return true;
}

/* Control bytes and U+FFFE are for libxml2 to judge. */
static bool
is_clean(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c < 0x20 ? !is_blank((char)c) : c == 0xef && i + 1 < s.n && s.p[i + 1] == '\xbf')
			return false;
	}
	return true;
}

static bool
take_text(struct simple *x)
{
	const char *tag = memchr(x->p, '<', (size_t)(x->end - x->p));
	struct slice s = {x->p, (size_t)((tag ? tag : x->end) - x->p)};

	x->p = tag ? tag : x->end;
	if (!is_clean(s) || !decode(x, s, &s))
		return false;
	sink_text(x->sink, s, false);
	return true;
}

static bool
name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || c == '-';
}

static struct slice
take_name(struct simple *x)
{
	const char *start = x->p;

	while (x->p < x->end && name_byte(*x->p))
		x->p++;
	return (struct slice){start, (size_t)(x->p - start)};
}

/* One attribute, NAME="VALUE". */
static bool
take_attribute(struct simple *x, struct slice *name, struct slice *value)
{
	const char *close;

	*name = take_name(x);
	if (!name->n || x->end - x->p < 3 || x->p[0] != '=' || (x->p[1] != '"' && x->p[1] != '\''))
		return false;
	close = memchr(x->p + 2, x->p[1], (size_t)(x->end - x->p) - 2);
	if (!close)
		return false;
	*value = (struct slice){x->p + 2, (size_t)(close - x->p) - 2};
	x->p = close + 1;
	return is_clean(*value);
}

static void
add_link(struct simple *x, struct slice href)
{
	struct buf url = BUF_INIT;

	if (!x->refs || !href.n || href.n > HTML_URL_MAX)
		return;
	url_resolve(&url, x->base, href);
	if (url_is_http(buf_slice(&url)))
		refs_link(x->refs, x->arena, buf_slice(&url));
	buf_release(&url);
}

/* The attributes up to the end of the tag; only those of a link mean anything. */
static bool
take_attributes(struct simple *x, enum element e)
{
	struct slice href = {NULL, 0}, class = {NULL, 0}, name, value;

	for (;;) {
		bool blank = x->p < x->end && is_blank(*x->p);

		while (x->p < x->end && is_blank(*x->p))
			x->p++;
		if (x->p < x->end && *x->p == '>')
			break;
		if (e == E_BR && x->end - x->p >= 2 && x->p[0] == '/' && x->p[1] == '>') {
			x->p++;
			break;
		}
		if (!blank || !take_attribute(x, &name, &value))
			return false;
		if (slice_is(name, "href") && !href.p)
			href = value;
		else if (slice_is(name, "class") && !class.p)
			class = value;
	}
	x->p++;
	if (e != E_A)
		return true;
	if (class.n && memchr(class.p, '&', class.n))
		return false;
	if (!decode(x, href, &href))
		return false;
	if (!html_own_mark(class))
		add_link(x, href);
	return true;
}

static enum element
element_of(struct slice name)
{
	int i = 0;

	while (i < E_NONE && !slice_is(name, elements[i]))
		i++;
	return (enum element)i;
}

static bool
is_open(const struct simple *x, enum element e)
{
	for (size_t i = 0; i < x->depth; i++)
		if (x->open[i] == e)
			return true;
	return false;
}

static bool
open_element(struct simple *x)
{
	enum element e;

	x->p++;
	e = element_of(take_name(x));
	/* A paragraph or link inside of another ends it; such things are not simple. */
	if (e == E_NONE || (e == E_P && x->depth) || (e == E_A && is_open(x, E_A)) ||
	    x->depth == DEPTH_MAX || !take_attributes(x, e))
		return false;
	if (e == E_BR) {
		x->sink->breaks += x->sink->breaks < 2;
		x->sink->space = false;
		return true;
	}
	if (e == E_P)
		sink_break(x->sink, 2);
	x->open[x->depth++] = e;
	return true;
}

static bool
close_element(struct simple *x)
{
	enum element e;

	x->p += 2;
	e = element_of(take_name(x));
	if (e == E_NONE || !x->depth || x->open[x->depth - 1] != e || x->p == x->end || *x->p != '>')
		return false;
	x->p++;
	x->depth--;
	if (e == E_P)
		sink_break(x->sink, 2);
	return true;
}

static bool
read_all(struct simple *x)
{
	while (x->p < x->end) {
		bool ok;

		if (*x->p != '<')
			ok = take_text(x);
		else if (x->end - x->p > 2 && x->p[1] == '/')
			ok = close_element(x);
		else
			ok = open_element(x);
		if (!ok)
			return false;
	}
	return x->depth == 0;
}

bool
html_simple(struct sink *k, struct slice s, struct slice base, struct refs *refs, struct arena *a)
{
	struct simple x = {.p = s.p, .end = s.p + s.n, .sink = k, .base = base, .refs = refs,
	    .arena = a, .decoded = BUF_INIT};
	struct sink before = *k;
	size_t text = k->b->n, links = refs ? refs->nlinks : 0;
	bool simple = read_all(&x);

	if (!simple) {
		*k = before;
		k->b->n = text;
		if (refs)
			refs->nlinks = links;
	}
	buf_release(&x.decoded);
	return simple;
}
