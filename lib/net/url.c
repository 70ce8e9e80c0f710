#include "net/url.h"

#include <ctype.h>
#include <stdlib.h>

static struct slice
part(const char *from, const char *to)
{
	return (struct slice){from, (size_t)(to - from)};
}

/* The scheme of S with its colon, or 0. */
static size_t
scheme_len(struct slice s)
{
	size_t n = 0;

	if (!s.n || !isalpha((unsigned char)s.p[0]))
		return 0;
	while (n < s.n &&
	       (isalnum((unsigned char)s.p[n]) || s.p[n] == '+' || s.p[n] == '-' || s.p[n] == '.'))
		n++;
	return n < s.n && s.p[n] == ':' ? n + 1 : 0;
}

static void
split_authority(struct slice a, struct url *u)
{
	const char *at = memrchr(a.p, '@', a.n);
	const char *end = a.p + a.n, *host = at ? at + 1 : a.p;
	const char *bracket = memrchr(host, ']', (size_t)(end - host));
	const char *after = bracket ? bracket : host;
	const char *colon = memrchr(after, ':', (size_t)(end - after));

	if (at)
		u->user = part(a.p, at);
	u->host = part(host, colon ? colon : end);
	if (colon)
		u->port = part(colon + 1, end);
}

void
url_split(struct slice s, struct url *u)
{
	const char *p = s.p, *end, *q;
	size_t n = scheme_len(s);

	*u = (struct url){0};
	if (!s.p)
		return;
	end = s.p + s.n;
	if (n) {
		u->scheme = part(p, p + n - 1);
		p += n;
	}
	if ((q = memchr(p, '#', (size_t)(end - p)))) {
		u->fragment = part(q + 1, end);
		end = q;
	}
	if ((q = memchr(p, '?', (size_t)(end - p)))) {
		u->query = part(q + 1, end);
		end = q;
	}
	if (end - p >= 2 && p[0] == '/' && p[1] == '/') {
		p += 2;
		q = memchr(p, '/', (size_t)(end - p));
		split_authority(part(p, q ? q : end), u);
		p = q ? q : end;
	}
	u->path = part(p, end);
}

bool
url_is_http(struct slice s)
{
	return (s.n > 7 && strncasecmp(s.p, "http://", 7) == 0) ||
	       (s.n > 8 && strncasecmp(s.p, "https://", 8) == 0);
}

/* Add a part as it may stand in a URL: feeds carry raw blanks and line breaks inside links. */
static void
put_clean(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == ' ')
			buf_puts(out, "%20");
		else if (c == '"' || c == '<' || c == '>')
			buf_printf(out, "%%%02X", c);
		else if (c > 0x20 && c != 0x7f)
			buf_addc(out, (char)c);
	}
}

static void
put_authority(struct buf *out, const struct url *u)
{
	if (!u->host.p)
		return;
	buf_puts(out, "//");
	if (u->user.p) {
		put_clean(out, u->user);
		buf_addc(out, '@');
	}
	put_clean(out, u->host);
	if (u->port.p) {
		buf_addc(out, ':');
		put_clean(out, u->port);
	}
}

/* Take the last segment off what stands in OUT behind START. */
static void
drop_segment(struct buf *out, size_t start)
{
	while (out->n > start && out->p[out->n - 1] != '/')
		out->n--;
	if (out->n > start)
		out->n--;
	out->p[out->n] = '\0';
}

/* Add PATH without "." and ".." segments (RFC 3986, 5.2.4). */
static void
put_path(struct buf *out, struct slice path)
{
	size_t start = out->n;
	struct slice rest = path, seg;

	buf_add(out, "", 0);
	if (path.n && path.p[0] == '/')
		rest = (struct slice){path.p + 1, path.n - 1};
	else if (!path.n)
		return;
	while (slice_cut(&rest, '/', &seg)) {
		bool last = !rest.p;

		if (slice_is(seg, "..")) {
			drop_segment(out, start);
			if (last)
				buf_addc(out, '/');
		} else if (slice_is(seg, ".")) {
			if (last)
				buf_addc(out, '/');
		} else {
			buf_addc(out, '/');
			put_clean(out, seg);
		}
	}
}

/* The path of REF laid over that of BASE (RFC 3986, 5.2.3). */
static void
put_merged(struct buf *out, const struct url *base, struct slice ref)
{
	struct buf merged = BUF_INIT;
	const char *slash = base->path.n ? memrchr(base->path.p, '/', base->path.n) : NULL;

	if (slash)
		buf_add(&merged, base->path.p, (size_t)(slash - base->path.p) + 1);
	else
		buf_addc(&merged, '/');
	buf_adds(&merged, ref);
	put_path(out, buf_slice(&merged));
	buf_release(&merged);
}

static void
put_tail(struct buf *out, struct slice query, struct slice fragment)
{
	if (query.p) {
		buf_addc(out, '?');
		put_clean(out, query);
	}
	if (fragment.p) {
		buf_addc(out, '#');
		put_clean(out, fragment);
	}
}

static void
put_scheme(struct buf *out, struct slice scheme)
{
	for (size_t i = 0; i < scheme.n; i++)
		buf_addc(out, (char)tolower((unsigned char)scheme.p[i]));
	buf_addc(out, ':');
}

void
url_resolve(struct buf *out, struct slice base, struct slice ref)
{
	struct url b, r;

	ref = slice_trim(ref);
	url_split(ref, &r);
	url_split(slice_trim(base), &b);
	if (r.scheme.p && !r.host.p) { /* mailto:, tag:, urn: have no path to walk */
		put_clean(out, ref);
		return;
	}
	if (!r.scheme.p && !b.scheme.p) {
		put_clean(out, ref);
		return;
	}
	put_scheme(out, r.scheme.p ? r.scheme : b.scheme);
	if (r.host.p) {
		put_authority(out, &r);
		put_path(out, r.path);
		put_tail(out, r.query, r.fragment);
		return;
	}
	put_authority(out, &b);
	if (!r.path.n) {
		put_path(out, b.path);
		put_tail(out, r.query.p ? r.query : b.query, r.fragment);
		return;
	}
	if (r.path.p[0] == '/')
		put_path(out, r.path);
	else
		put_merged(out, &b, r.path);
	put_tail(out, r.query, r.fragment);
}

/* Parameters that say where a reader came from, not what the page is.  "*" at the end: any rest. */
static const char *const tracking[] = {"utm_*", "pk_*", "piwik_*", "mtm_*", "matomo_*", "at_*",
    "wt_*", "wt.*", "ns_*", "fbclid", "gclid", "dclid", "msclkid", "yclid", "twclid", "ttclid",
    "igshid", "igsh", "mc_cid", "mc_eid", "mkt_tok", "ref_src", "xtor", "ito", "spm", "_hsenc",
    "_hsmi", "_ga", "_gl", "li_fat_id", "oly_enc_id", "oly_anon_id", "vero_id", "s_cid", "cmpid",
    "rss", "phpsessid", "jsessionid", "__twitter_impression"};

static bool
name_matches(struct slice name, const char *pattern)
{
	size_t n = strlen(pattern);

	if (pattern[n - 1] == '*')
		return name.n >= n - 1 && strncasecmp(name.p, pattern, n - 1) == 0;
	return name.n == n && strncasecmp(name.p, pattern, n) == 0;
}

/* phpBB hands every visitor a session as sid=32 hex digits. */
static bool
is_session(struct slice name, struct slice value)
{
	if (!slice_is(name, "sid") || value.n != 32)
		return false;
	for (size_t i = 0; i < value.n; i++)
		if (!isxdigit((unsigned char)value.p[i]))
			return false;
	return true;
}

static bool
is_tracking(struct slice param)
{
	struct slice value = param, name;

	slice_cut(&value, '=', &name);
	for (size_t i = 0; i < sizeof tracking / sizeof *tracking; i++)
		if (name_matches(name, tracking[i]))
			return true;
	if (slice_is(name, "source") || slice_is(name, "ref") || slice_is(name, "from") ||
	    slice_is(name, "via"))
		return slice_find(value, SLICE("rss")) >= 0 || slice_find(value, SLICE("feed")) >= 0;
	return is_session(name, value);
}

/* %7e and ~ are the same, %2f and / are not. */
static void
put_escapes(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '%' && i + 2 < s.n && isxdigit((unsigned char)s.p[i + 1]) &&
		    isxdigit((unsigned char)s.p[i + 2])) {
			char hex[3] = {s.p[i + 1], s.p[i + 2], '\0'};

			c = (unsigned char)strtol(hex, NULL, 16);
			i += 2;
			if (!c || (!isalnum(c) && !strchr("-._~", c))) {
				buf_printf(out, "%%%02X", c);
				continue;
			}
		}
		if (c <= 0x20 || c >= 0x7f)
			buf_printf(out, "%%%02X", c);
		else
			buf_addc(out, (char)c);
	}
}

static void
put_query(struct buf *out, struct slice query)
{
	struct slice param;
	char sep = '?';

	while (slice_cut(&query, '&', &param)) {
		if (param.n > 4 && slice_starts(param, SLICE("amp;"))) /* escaped once too often */
			param = (struct slice){param.p + 4, param.n - 4};
		if (!param.n || is_tracking(param))
			continue;
		buf_addc(out, sep);
		put_escapes(out, param);
		sep = '&';
	}
}

static bool
is_place(struct slice fragment)
{
	bool digit = false;

	if (!fragment.n || is_tracking(fragment))
		return false;
	for (size_t i = 0; i < fragment.n; i++)
		digit |= isdigit((unsigned char)fragment.p[i]) != 0;
	return digit || fragment.p[0] == '!' || fragment.p[0] == '/';
}

void
url_canonical(struct buf *out, struct slice s)
{
	struct url u;
	struct slice path;
	ptrdiff_t session;

	s = slice_trim(s);
	url_split(s, &u);
	if (!u.host.p) {
		put_escapes(out, s);
		return;
	}
	if (u.host.n > 4 && strncasecmp(u.host.p, "www.", 4) == 0)
		u.host = (struct slice){u.host.p + 4, u.host.n - 4};
	for (size_t i = 0; i < u.host.n; i++)
		buf_addc(out, (char)tolower((unsigned char)u.host.p[i]));
	if (u.port.n && !slice_is(u.port, "80") && !slice_is(u.port, "443")) {
		buf_addc(out, ':');
		buf_adds(out, u.port);
	}
	path = u.path;
	session = slice_find(path, SLICE(";jsessionid="));
	if (session >= 0)
		path.n = (size_t)session;
	while (path.n && path.p[path.n - 1] == '/')
		path.n--;
	put_escapes(out, path);
	put_query(out, u.query);
	if (is_place(u.fragment)) {
		buf_addc(out, '#');
		put_escapes(out, u.fragment);
	}
}

static const char *const secrets[] = {"access_token", "api_key", "apikey", "key", "token", "auth",
    "password", "passwd", "pwd", "secret", "client_secret", "signature", "sig", "feed_token"};

static void
put_masked_query(struct buf *out, struct slice query)
{
	struct slice param;
	char sep = '?';

	while (slice_cut(&query, '&', &param)) {
		struct slice value = param, name;
		bool secret = false;

		slice_cut(&value, '=', &name);
		for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
			secret |= name_matches(name, secrets[i]);
		buf_addc(out, sep);
		if (secret && value.p) {
			buf_adds(out, name);
			buf_puts(out, "=***");
		} else {
			buf_adds(out, param);
		}
		sep = '&';
	}
}

void
url_masked(struct buf *out, struct slice s)
{
	struct url u;

	url_split(s, &u);
	if (!u.host.p) {
		buf_adds(out, s);
		return;
	}
	if (u.scheme.p)
		put_scheme(out, u.scheme);
	if (u.user.p)
		u.user = SLICE("***");
	put_authority(out, &u);
	buf_adds(out, u.path);
	if (u.query.p)
		put_masked_query(out, u.query);
}
