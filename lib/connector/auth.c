#include "connector/auth.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "config/config.h"
#include "connector/oauth1.h"
#include "connector/value.h"
#include "core/mem.h"
#include "core/rfc3339.h"

/* A token that ends within this, in ms, is renewed first, unless meta.auth.early says another time. */
#define EXPIRY_MARGIN 60000

/* What a login told, in the vault: this and the name in meta.auth.public. */
#define PUBLIC "public."

void
auth_init(struct auth *a, const struct meta *meta, const struct account *account)
{
	static const char *const names[] = {
	    [AUTH_NONE] = "none",
	    [AUTH_BEARER] = "bearer",
	    [AUTH_BASIC] = "basic",
	    [AUTH_HEADER] = "header",
	    [AUTH_OAUTH1] = "oauth1",
	    [AUTH_SESSION] = "session",
	};
	struct slice choice = node_text(account->settings, "auth"), scheme;

	*a = (struct auth){.meta = node_get(meta->root, "auth")};
	if (choice.n) {
		const struct json_node *other = node_get(node_get(a->meta, "alternatives"), choice.p);

		if (other)
			a->meta = other;
		else
			a->unknown = choice;
	}
	scheme = node_text(a->meta, "scheme");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_is(scheme, names[i]))
			a->scheme = (enum auth_scheme)i;
	a->token = node_text(a->meta, "token");
	if (!a->token.p)
		a->token = SLICE("access_token");
}

struct slice
auth_missing(const struct auth *a, struct credentials *c)
{
	for (NODE_EACH(it, node_get(a->meta, "fields")))
		if (!credentials_field(c, it->text).p)
			return it->text;
	return (struct slice){NULL, 0};
}

/* ---- headers ---- */

static int
add_bearer(const struct auth *a, struct request *r, struct filler *f, struct sme_err *err)
{
	struct buf value = BUF_INIT;
	int rc;

	buf_printf(&value, "Bearer {secret:%.*s}", SLICE_ARG(a->token));
	rc = request_header(r, SLICE("Authorization"), buf_slice(&value), true, f, err);
	buf_release(&value);
	return rc;
}

/* The N-th of meta.auth.fields, else FALLBACK. */
static struct slice
field_name(const struct auth *a, size_t n, const char *fallback)
{
	for (NODE_EACH(it, node_get(a->meta, "fields")))
		if (!n--)
			return it->text;
	return slice_of(fallback);
}

static void
put_base64(struct buf *out, struct slice s)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < s.n; i += 3) {
		unsigned v = (unsigned)(unsigned char)s.p[i] << 16;

		v |= i + 1 < s.n ? (unsigned)(unsigned char)s.p[i + 1] << 8 : 0;
		v |= i + 2 < s.n ? (unsigned char)s.p[i + 2] : 0;
		buf_addc(out, digits[v >> 18]);
		buf_addc(out, digits[v >> 12 & 63]);
		buf_addc(out, i + 1 < s.n ? digits[v >> 6 & 63] : '=');
		buf_addc(out, i + 2 < s.n ? digits[v & 63] : '=');
	}
}

static int
add_basic(const struct auth *a, struct request *r, struct filler *f, struct sme_err *err)
{
	struct slice user = field_name(a, 0, "username"), password = field_name(a, 1, "password");
	struct buf pair = BUF_INIT, plain = BUF_INIT, value = BUF_INIT;
	int rc;

	buf_printf(&pair, "{secret:%.*s}:{secret:%.*s}", SLICE_ARG(user), SLICE_ARG(password));
	rc = fill(f, &plain, buf_slice(&pair), FILL_RAW, err);
	buf_puts(&value, "Basic ");
	if (f->secret)
		put_base64(&value, buf_slice(&plain));
	else
		buf_adds(&value, buf_slice(&plain));
	if (rc == 0)
		rc = request_header(r, SLICE("Authorization"), buf_slice(&value), true, f, err);
	if (plain.p)
		explicit_bzero(plain.p, plain.cap);
	if (value.p)
		explicit_bzero(value.p, value.cap);
	buf_release(&pair);
	buf_release(&plain);
	buf_release(&value);
	return rc;
}

static int
add_listed(const struct auth *a, struct request *r, struct filler *f, struct sme_err *err)
{
	for (NODE_EACH(it, node_get(a->meta, "header")))
		if (request_header(r, it->key, it->text, true, f, err) < 0)
			return -1;
	return 0;
}

static int
need_field(struct filler *f, const char *name, struct slice *value, struct sme_err *err)
{
	*value = f->secret(f->ctx, slice_of(name));
	return value->p ? 0 : err_set(err, SME_CONFIG, "there is no secret \"%s\"", name);
}

static int
add_oauth1(const struct auth *a, struct request *r, struct filler *f, int64_t now,
    struct sme_err *err)
{
	struct oauth1 o = {.timestamp = now / 1000,
	    .sha256 = slice_is(node_text(a->meta, "signature"), "HMAC-SHA256")};
	struct buf value = BUF_INIT;
	unsigned char noise[16];
	char nonce[33];
	int rc;

	if (!f->secret)
		return request_header(r, SLICE("Authorization"),
		    SLICE("OAuth oauth_consumer_key=\"{secret:consumer_key}\", oauth_signature=..."), true, f,
		    err);
	if (need_field(f, "consumer_key", &o.consumer_key, err) < 0 ||
	    need_field(f, "consumer_secret", &o.consumer_secret, err) < 0 ||
	    need_field(f, "access_token", &o.token, err) < 0 ||
	    need_field(f, "access_token_secret", &o.token_secret, err) < 0)
		return -1;
	if (getrandom(noise, sizeof noise, 0) != sizeof noise)
		return err_sys(err, SME_OSERR, "getrandom");
	for (size_t i = 0; i < sizeof noise; i++)
		snprintf(nonce + 2 * i, 3, "%02x", noise[i]);
	o.nonce = slice_of(nonce);
	oauth1_header(&value, &o, slice_of(r->method), buf_slice(&r->url),
	    r->form ? buf_slice(&r->body) : SLICE(""));
	rc = request_header(r, SLICE("Authorization"), buf_slice(&value), true, f, err);
	explicit_bzero(value.p, value.cap);
	buf_release(&value);
	return rc;
}

int
auth_add(const struct auth *a, struct request *r, struct filler *f, int64_t now,
    struct sme_err *err)
{
	int rc = 0;

	switch (a->scheme) {
	case AUTH_BEARER:
	case AUTH_SESSION:
		rc = add_bearer(a, r, f, err);
		break;
	case AUTH_BASIC:
		rc = add_basic(a, r, f, err);
		break;
	case AUTH_OAUTH1:
		rc = add_oauth1(a, r, f, now, err);
		break;
	case AUTH_NONE:
	case AUTH_HEADER:
		break;
	}
	return rc < 0 ? -1 : add_listed(a, r, f, err);
}

/* ---- tokens that end ---- */

bool
auth_renews(const struct auth *a)
{
	return node_get(a->meta, "session") || node_get(a->meta, "refresh");
}

bool
auth_is_due(const struct auth *a, struct credentials *c, int64_t now)
{
	bool session = a->scheme == AUTH_SESSION && node_get(a->meta, "session");

	if (!session && !node_get(a->meta, "refresh"))
		return false;
	if (!credentials_field(c, a->token).p)
		return true;
	/* What $account.public holds is known after a login only. */
	for (NODE_EACH(it, node_get(a->meta, "public"))) {
		char name[128];

		snprintf(name, sizeof name, PUBLIC "%s", it->key.p);
		if (session && !credentials_field(c, slice_of(name)).p)
			return true;
	}
	return secret_expires(&c->secret, now, config_duration(a->meta, "early", EXPIRY_MARGIN));
}

bool
auth_is_good(const struct auth *a, struct credentials *c, int64_t now)
{
	return a->scheme != AUTH_SESSION && credentials_field(c, a->token).p &&
	       !secret_expires(&c->secret, now, EXPIRY_MARGIN);
}

/* Does every template of a secret in N have its secret? */
static bool
can_fill(const struct json_node *n, struct credentials *c)
{
	struct filler f = {.secret = credentials_field, .ctx = c};
	struct buf scratch = BUF_INIT;
	bool can = fill(&f, &scratch, n->text, FILL_RAW, NULL) == 0;

	if (scratch.p)
		explicit_bzero(scratch.p, scratch.cap);
	buf_release(&scratch);
	for (NODE_EACH(it, n))
		can = can && can_fill(it, c);
	return can;
}

jv
auth_request(const struct auth *a, struct credentials *c, bool fresh, bool *refresh)
{
	const struct json_node *renew = node_get(a->meta, "refresh"),
	                       *login = node_get(a->meta, "session");

	*refresh = !fresh && renew && can_fill(renew, c);
	if (*refresh)
		return value_of_node(renew);
	return login && can_fill(login, c) ? value_of_node(login) : jv_null();
}

/* What is to go into the vault; the texts are in ARENA. */
struct taken {
	struct vault_field *list;
	size_t n, cap;
	struct arena arena;
};

static void
take_field(struct taken *t, struct slice name, struct slice value)
{
	if (!value.n)
		return;
	t->list = xgrow(t->list, t->n, &t->cap, sizeof *t->list);
	t->list[t->n++] = (struct vault_field){arena_dup(&t->arena, name), arena_dup(&t->arena, value)};
}

/* "expires_in" in seconds, and "expires_at" as the network writes it, become an RFC 3339 time. */
static void
take_expiry(struct taken *t, struct slice name, jv v, int64_t now)
{
	char text[RFC3339_SIZE];
	int64_t at = TIME_NONE;
	double x;

	if (value_number(jv_copy(v), &x) && x > 0 && x < 1e12)
		at = slice_is(name, "expires_in") ? now + (int64_t)(x * 1000) : (int64_t)(x * 1000);
	else if (!rfc3339_parse(value_text(v), &at))
		at = TIME_NONE;
	jv_free(v);
	if (at != TIME_NONE)
		take_field(t, SLICE("expires_at"), slice_of(rfc3339_format(at / 1000 * 1000, text)));
}

static void
take_value(struct taken *t, struct slice name, jv v)
{
	struct buf text = BUF_INIT;

	value_put(&text, v);
	take_field(t, name, buf_slice(&text));
	if (text.p)
		explicit_bzero(text.p, text.cap);
	buf_release(&text);
}

static void
take_all(const struct auth *a, struct taken *t, jv body, int64_t now)
{
	for (NODE_EACH(it, node_get(a->meta, "take"))) {
		jv v = value_path(body, it->text);

		if (slice_is(it->key, "expires_in") || slice_is(it->key, "expires_at"))
			take_expiry(t, it->key, v, now);
		else
			take_value(t, it->key, v);
	}
	for (NODE_EACH(it, node_get(a->meta, "public"))) {
		struct buf name = BUF_INIT;

		buf_printf(&name, PUBLIC "%.*s", SLICE_ARG(it->key));
		take_value(t, buf_slice(&name), value_path(body, it->text));
		buf_release(&name);
	}
}

static void
taken_release(struct taken *t)
{
	for (size_t i = 0; i < t->n; i++)
		explicit_bzero((char *)(size_t)t->list[i].value.p, t->list[i].value.n);
	free(t->list);
	arena_release(&t->arena);
}

int
auth_take(const struct auth *a, struct credentials *c, jv body, int64_t now, struct sme_err *err)
{
	struct taken t = {0};
	bool token = false;
	int rc;

	take_all(a, &t, body, now);
	jv_free(body);
	for (size_t i = 0; i < t.n; i++)
		token |= slice_eq(t.list[i].name, a->token);
	if (!token)
		rc = err_set(err, SME_UNAVAILABLE, "the answer to the login has no %s, see take in meta.auth",
		    a->token.p);
	else
		rc = credentials_update(c, t.list, t.n, err);
	taken_release(&t);
	return rc;
}

jv
auth_public(const struct auth *a, struct credentials *c)
{
	jv out = jv_object();

	for (NODE_EACH(it, node_get(a->meta, "public"))) {
		struct buf name = BUF_INIT;
		struct slice value;

		buf_printf(&name, PUBLIC "%.*s", SLICE_ARG(it->key));
		value = credentials_field(c, buf_slice(&name));
		out = jv_object_set(out, value_string(it->key), value.p ? value_string(value) : jv_null());
		buf_release(&name);
	}
	return out;
}
