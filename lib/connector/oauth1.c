#include "connector/oauth1.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/mem.h"
#include "net/url.h"

struct pair {
	struct slice name, value; /* encoded as the signature wants it */
};

struct pairs {
	struct pair *list;
	size_t n, cap;
	struct arena arena;
};

/* RFC 5849, 3.6. */
static void
put_encoded(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (isalnum(c) || (c && strchr("-._~", c)))
			buf_addc(b, (char)c);
		else
			buf_printf(b, "%%%02X", c);
	}
}

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* As forms are decoded: "+" is a blank. */
static void
put_decoded(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && i + 2 < s.n && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0) {
			buf_addc(b, (char)(hex(s.p[i + 1]) * 16 + hex(s.p[i + 2])));
			i += 2;
		} else {
			buf_addc(b, s.p[i] == '+' ? ' ' : s.p[i]);
		}
	}
}

static struct slice
encoded(struct arena *a, struct slice s)
{
	struct buf b = BUF_INIT;
	struct slice copy;

	put_encoded(&b, s);
	copy = arena_dup(a, buf_slice(&b));
	buf_release(&b);
	return copy;
}

static void
add_pair(struct pairs *p, struct slice name, struct slice value)
{
	p->list = xgrow(p->list, p->n, &p->cap, sizeof *p->list);
	p->list[p->n].name = encoded(&p->arena, name);
	p->list[p->n++].value = encoded(&p->arena, value);
}

static void
add_form(struct pairs *p, struct slice form)
{
	struct slice one, name;

	while (slice_cut(&form, '&', &one)) {
		struct buf n = BUF_INIT, v = BUF_INIT;

		slice_cut(&one, '=', &name);
		put_decoded(&n, name);
		put_decoded(&v, one);
		if (n.n)
			add_pair(p, buf_slice(&n), buf_slice(&v));
		buf_release(&n);
		buf_release(&v);
	}
}

static void
add_own(struct pairs *p, const struct oauth1 *o)
{
	char stamp[32];
	struct buf b = BUF_INIT;

	buf_printf(&b, "%lld", (long long)o->timestamp);
	memcpy(stamp, buf_str(&b), b.n + 1);
	buf_release(&b);
	add_pair(p, SLICE("oauth_consumer_key"), o->consumer_key);
	add_pair(p, SLICE("oauth_nonce"), o->nonce);
	add_pair(p, SLICE("oauth_signature_method"),
	    o->sha256 ? SLICE("HMAC-SHA256") : SLICE("HMAC-SHA1"));
	add_pair(p, SLICE("oauth_timestamp"), slice_of(stamp));
	if (o->token.p)
		add_pair(p, SLICE("oauth_token"), o->token);
	if (!o->without_version)
		add_pair(p, SLICE("oauth_version"), SLICE("1.0"));
}

static int
by_name(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int c = slice_cmp(x->name, y->name);

	return c ? c : slice_cmp(x->value, y->value);
}

/* RFC 5849, 3.4.1.2: lower case, without the default port, without query and fragment. */
static void
put_base_url(struct buf *out, struct slice url)
{
	struct url u;
	struct buf b = BUF_INIT;
	bool https;

	url_split(url, &u);
	https = slice_eq_nocase(u.scheme, SLICE("https"));
	for (size_t i = 0; i < u.scheme.n; i++)
		buf_addc(&b, (char)tolower((unsigned char)u.scheme.p[i]));
	buf_puts(&b, "://");
	for (size_t i = 0; i < u.host.n; i++)
		buf_addc(&b, (char)tolower((unsigned char)u.host.p[i]));
	if (u.port.n && !slice_is(u.port, https ? "443" : "80"))
		buf_printf(&b, ":%.*s", SLICE_ARG(u.port));
	buf_adds(&b, u.path.n ? u.path : SLICE("/"));
	put_encoded(out, buf_slice(&b));
	buf_release(&b);
}

void
oauth1_base(struct buf *out, const struct oauth1 *o, struct slice method, struct slice url,
    struct slice form)
{
	struct pairs p = {0};
	struct buf all = BUF_INIT;
	struct url u;

	url_split(url, &u);
	add_form(&p, u.query);
	add_form(&p, form);
	add_own(&p, o);
	qsort(p.list, p.n, sizeof *p.list, by_name);
	for (size_t i = 0; i < p.n; i++)
		buf_printf(&all, "%s%.*s=%.*s", i ? "&" : "", SLICE_ARG(p.list[i].name),
		    SLICE_ARG(p.list[i].value));
	for (size_t i = 0; i < method.n; i++)
		buf_addc(out, (char)toupper((unsigned char)method.p[i]));
	buf_addc(out, '&');
	put_base_url(out, url);
	buf_addc(out, '&');
	put_encoded(out, buf_slice(&all));
	buf_release(&all);
	arena_release(&p.arena);
	free(p.list);
}

static void
put_signature(struct buf *out, const struct oauth1 *o, struct slice base)
{
	struct buf key = BUF_INIT;
	unsigned char mac[EVP_MAX_MD_SIZE], text[EVP_MAX_MD_SIZE * 2];
	unsigned n = 0;

	put_encoded(&key, o->consumer_secret);
	buf_addc(&key, '&');
	put_encoded(&key, o->token_secret);
	HMAC(o->sha256 ? EVP_sha256() : EVP_sha1(), key.p, (int)key.n, (const unsigned char *)base.p,
	    base.n, mac, &n);
	EVP_EncodeBlock(text, mac, (int)n);
	put_encoded(out, slice_of((const char *)text));
	explicit_bzero(key.p, key.cap);
	buf_release(&key);
}

void
oauth1_header(struct buf *out, const struct oauth1 *o, struct slice method, struct slice url,
    struct slice form)
{
	struct pairs own = {0};
	struct buf base = BUF_INIT;

	buf_puts(out, "OAuth ");
	if (o->realm.p)
		buf_printf(out, "realm=\"%.*s\", ", SLICE_ARG(o->realm));
	add_own(&own, o);
	for (size_t i = 0; i < own.n; i++)
		buf_printf(out, "%.*s=\"%.*s\", ", SLICE_ARG(own.list[i].name),
		    SLICE_ARG(own.list[i].value));
	oauth1_base(&base, o, method, url, form);
	buf_puts(out, "oauth_signature=\"");
	put_signature(out, o, buf_slice(&base));
	buf_addc(out, '"');
	buf_release(&base);
	arena_release(&own.arena);
	free(own.list);
}
