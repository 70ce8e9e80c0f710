#include "score/link.h"

#include <idn2.h>
#include <stdlib.h>
#include <string.h>

#include "net/url.h"

static const char *const shorteners[] = {"t.co", "bit.ly", "tinyurl.com", "goo.gl", "ow.ly", "buff.ly",
    "is.gd", "rebrand.ly", "lnkd.in", "cutt.ly", "t.ly", "dlvr.it", "youtu.be", "fb.me", "wp.me",
    "trib.al", "amzn.to", "spoti.fi", "shorturl.at", "tiny.cc", "v.gd", "s.id", "rb.gy", "t1p.de",
    "kurzelinks.de", "x.gd"};

/* Pages that send the reader on to what a parameter says. */
static const char *const redirectors[] = {"l.facebook.com", "lm.facebook.com", "l.instagram.com",
    "l.messenger.com", "l.threads.com", "out.reddit.com", "youtube.com/redirect", "linkedin.com/redir",
    "duckduckgo.com/l", "vk.com/away.php", "away.vk.com", "t.umblr.com/redirect", "slack-redir.net/link",
    "href.li", "safelinks.protection.outlook.com", "steamcommunity.com/linkfilter"};

/* Parameters in which a redirector carries its target. */
static const char *const targets[] = {"url", "u", "q", "target", "to", "dest", "redirect", "uddg"};

static bool
is_one_of(struct slice s, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_is(s, list[i]))
			return true;
	return false;
}

#define IS_ONE_OF(s, list) is_one_of(s, list, sizeof(list) / sizeof *(list))

bool
link_is_shortener(struct slice host)
{
	return IS_ONE_OF(host, shorteners);
}

size_t
link_host_end(struct slice page)
{
	size_t n = 0;

	while (n < page.n && !memchr("/?#:", page.p[n], 4))
		n++;
	return n;
}

/* ---- the page ---- */

/* As browsers read an address: line breaks and tabs are not there, "\" before the parameters is "/". */
static void
put_clean(struct buf *out, struct slice url)
{
	bool path = true;

	for (size_t i = 0; i < url.n; i++) {
		char c = url.p[i];

		path &= c != '?' && c != '#';
		if (c != '\t' && c != '\r' && c != '\n')
			buf_addc(out, c == '\\' && path ? '/' : c);
	}
}

/* HOST, which is not plain ASCII, as it is asked for in the DNS; false when it cannot be. */
static bool
put_ascii(struct buf *out, struct slice host)
{
	char text[512], *ascii = NULL;
	bool known;

	if (host.n >= sizeof text)
		return false;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	known = idn2_lookup_u8((const uint8_t *)text, (uint8_t **)&ascii,
	            IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK;
	if (known)
		buf_puts(out, ascii);
	idn2_free(ascii);
	return known;
}

static bool
is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

void
link_page(struct buf *out, struct slice url)
{
	struct buf clean = BUF_INIT, page = BUF_INIT;
	struct slice host, rest;

	put_clean(&clean, slice_trim(url));
	url_canonical(&page, buf_slice(&clean));
	host = (struct slice){page.p, link_host_end(buf_slice(&page))};
	rest = (struct slice){page.p + host.n, page.n - host.n};
	if (host.n > 1 && host.p[host.n - 1] == '.')
		host.n--;
	if (is_ascii(host) || !put_ascii(out, host))
		buf_adds(out, host);
	buf_adds(out, rest);
	buf_release(&clean);
	buf_release(&page);
}

/* ---- the link inside ---- */

/* Does PAGE lie at WHERE, a host (and what is below it), with a path or without? */
static bool
lies_at(struct slice page, const char *where)
{
	struct slice w = slice_of(where);
	size_t host = link_host_end(page), own = link_host_end(w);
	struct slice h = {page.p, host};

	if (w.n > own)
		return slice_starts(page, w) && (page.n == w.n || memchr("/?", page.p[w.n], 2));
	return h.n >= w.n && slice_eq((struct slice){h.p + h.n - w.n, w.n}, w) &&
	       (h.n == w.n || h.p[h.n - w.n - 1] == '.');
}

/* google.com, google.de, google.co.uk, google.com.br: not google.evil.test. */
static bool
is_google(struct slice page)
{
	struct slice end = {page.p, link_host_end(page)}, label;

	slice_cut(&end, '.', &label);
	if (!slice_is(label, "google") || !end.p)
		return false;
	if (slice_starts(end, SLICE("co.")) || slice_starts(end, SLICE("com.")))
		slice_cut(&end, '.', &label);
	else if (slice_is(end, "com"))
		return true;
	return end.n == 2;
}

static bool
is_redirector(struct slice page)
{
	for (size_t i = 0; i < sizeof redirectors / sizeof *redirectors; i++)
		if (lies_at(page, redirectors[i]))
			return true;
	return is_google(page) &&
	       slice_starts((struct slice){page.p + link_host_end(page), page.n - link_host_end(page)}, SLICE("/url?"));
}

/* The address behind HEAD in PATH; "s/" in front of it is https, as caches of AMP write it. */
static bool
put_behind(struct slice path, const char *head, struct buf *out)
{
	struct slice rest;

	if (!slice_starts(path, slice_of(head)))
		return false;
	rest = (struct slice){path.p + strlen(head), path.n - strlen(head)};
	if (slice_starts(rest, SLICE("s/")))
		rest = (struct slice){rest.p + 2, rest.n - 2};
	if (!rest.n)
		return false;
	buf_clear(out);
	buf_puts(out, "https://");
	buf_adds(out, rest);
	return true;
}

/* What an archive or a cache has in its path. */
static bool
in_path(struct slice url, struct buf *out)
{
	struct url u;
	struct slice rest, part;
	struct buf page = BUF_INIT;
	bool found = false;

	url_split(url, &u);
	link_page(&page, url);
	if (lies_at(buf_slice(&page), "cdn.ampproject.org"))
		found = put_behind(u.path, "/c/", out) || put_behind(u.path, "/v/", out);
	else if (is_google(buf_slice(&page)))
		found = put_behind(u.path, "/amp/", out);
	else if (lies_at(buf_slice(&page), "web.archive.org") && slice_starts(u.path, SLICE("/web/"))) {
		rest = (struct slice){u.path.p + 5, u.path.n - 5};
		slice_cut(&rest, '/', &part); /* the time */
		if (rest.p && url_is_http(rest)) {
			buf_clear(out);
			buf_adds(out, rest);
			found = true;
		}
	}
	buf_release(&page);
	return found;
}

static void
put_unescaped(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		char hex[3] = {0}, *end;
		long c;

		if (s.p[i] != '%' || i + 2 >= s.n) {
			buf_addc(out, s.p[i]);
			continue;
		}
		memcpy(hex, s.p + i + 1, 2);
		c = strtol(hex, &end, 16);
		if (*end || c <= 0) {
			buf_addc(out, '%');
			continue;
		}
		buf_addc(out, (char)c);
		i += 2;
	}
}

static bool
in_parameter(struct slice url, struct buf *out)
{
	struct url u;
	struct slice part, key;

	url_split(url, &u);
	while (u.query.p && slice_cut(&u.query, '&', &part)) {
		if (!slice_cut(&part, '=', &key) || !part.p || !IS_ONE_OF(key, targets))
			continue;
		buf_clear(out);
		put_unescaped(out, part);
		if (url_is_http(buf_slice(out)))
			return true;
	}
	return false;
}

enum link_inner
link_inner(struct slice url, struct buf *out)
{
	struct buf page = BUF_INIT;
	enum link_inner kind = LINK_CARRIED;

	if (in_path(url, out))
		return LINK_LEADS;
	if (!in_parameter(url, out))
		return LINK_NONE;
	link_page(&page, url);
	if (is_redirector(buf_slice(&page)))
		kind = LINK_LEADS;
	buf_release(&page);
	return kind;
}
