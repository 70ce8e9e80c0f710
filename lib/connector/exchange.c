#include "connector/exchange.h"

#include <stdlib.h>

#include "connector/classify.h"
#include "connector/exchange_int.h"
#include "connector/value.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/url.h"

struct exchange *
exchange_open(const struct account *a, struct connector *c, const struct exchange_run *run)
{
	struct exchange *x = xcalloc(1, sizeof *x);

	x->account = a;
	x->connector = c;
	x->meta = connector_facts(c);
	x->run = *run;
	x->credentials = (struct credentials){.vault = run->vault, .account = a};
	x->claim = -1;
	auth_init(&x->auth, x->meta, a);
	limits_init(&x->limits, x->meta);
	return x;
}

static void
free_call(struct call *c)
{
	struct call **at = &c->x->calls;

	while (*at && *at != c)
		at = &(*at)->next;
	if (*at)
		*at = c->next;
	if (c->transport) {
		jv_free(c->transport->request);
		jv_free(c->transport->body);
		free(c->transport);
	}
	jv_free(c->request);
	answer_release(&c->answer);
	free(c);
}

void
exchange_close(struct exchange *x)
{
	if (!x)
		return;
	while (x->calls)
		free_call(x->calls);
	if (x->kept)
		x->drop(x->kept);
	vault_unclaim(x->claim);
	credentials_release(&x->credentials);
	limits_release(&x->limits);
	free(x);
}

int64_t
exchange_now(const struct exchange *x)
{
	return x->run.now == TIME_NONE ? time_now_ms() : x->run.now;
}

const struct account *
exchange_account(const struct exchange *x)
{
	return x->account;
}

jv
exchange_limits(const struct exchange *x)
{
	return limits_state(&x->limits);
}

void
exchange_restore_limits(struct exchange *x, jv state)
{
	limits_restore(&x->limits, state);
}

/* ---- the connector ---- */

jv
exchange_account_jv(struct exchange *x)
{
	jv a = account_jv(x->account, exchange_now(x));

	if (node_get(x->auth.meta, "public") && credentials_load(&x->credentials, false, NULL) == 0)
		a = jv_object_set(a, jv_string("public"), auth_public(&x->auth, &x->credentials));
	return a;
}

int
exchange_call(struct exchange *x, enum connector_call call, jv arg, jv input, jv *out,
    struct sme_err *err)
{
	return connector_run(
	    x->connector, call, exchange_account_jv(x), fill_guard(arg), fill_guard(input), out, err);
}

jv
exchange_plain(jv v)
{
	return fill_unguard(v);
}

/* ---- a request from its begin to its end ---- */

struct call *
exchange_new_call(struct exchange *x, jv request, exchange_done *done, void *ctx)
{
	struct call *c = xcalloc(1, sizeof *c);
	jv text;

	c->x = x;
	c->request = request;
	c->done = done;
	c->ctx = ctx;
	c->answer.response = jv_null();
	c->cost = 1;
	value_number(value_get(request, "cost"), &c->cost);
	if (c->cost < 0)
		c->cost = 0;
	text = value_get(request, "method");
	c->reads = value_is_nothing(value_get(request, "json")) &&
	           value_is_nothing(value_get(request, "form")) &&
	           value_is_nothing(value_get(request, "body"));
	if (value_text(text).p)
		c->reads = slice_is(value_text(text), "GET") || slice_is(value_text(text), "HEAD");
	jv_free(text);
	text = value_get(request, "bucket"); /* the request keeps it alive */
	c->bucket = value_text(text).p ? value_text(text) : c->reads ? SLICE("read") : SLICE("write");
	jv_free(text);
	c->next = x->calls;
	x->calls = c;
	return c;
}

void
exchange_put_place(struct buf *b, const struct call *c)
{
	jv url = exchange_plain(value_get(c->request, "url")), method = value_get(c->request, "method");
	struct slice text = value_text(url), query = text;

	slice_cut(&query, '?', &text);
	buf_puts(b, value_text(method).p ? jv_string_value(method) : c->reads ? "GET" : "POST");
	buf_addc(b, ' ');
	url_masked(b, text);
	jv_free(url);
	jv_free(method);
}

void
exchange_end(struct call *c)
{
	struct answer a = c->answer;

	a.maybe_done = c->sent && a.class != ANSWER_OK;
	c->answer.response = jv_null();
	c->done(c->ctx, &a);
	jv_free(a.response);
	free_call(c);
}

void
exchange_fail(struct call *c, enum answer_class class, const struct sme_err *err)
{
	c->answer.class = class;
	c->answer.err = *err;
	exchange_end(c);
}

bool
exchange_wants_auth(const struct call *c)
{
	jv auth = value_get(c->request, "auth");
	bool none = jv_get_kind(auth) == JV_KIND_FALSE;

	jv_free(auth);
	/* A secret may also stand in a URL alone. */
	return !none && !c->login &&
	       (c->x->auth.scheme != AUTH_NONE || node_get(c->x->auth.meta, "fields"));
}

static void
send_again(void *ctx)
{
	exchange_send(ctx);
}

/* What only reads may go again, and what says so. */
static bool
may_repeat(const struct call *c)
{
	bool idempotent;

	if (c->reads || c->login)
		return true;
	idempotent = !value_is_nothing(value_get(c->request, "idempotent"));
	return idempotent && !c->once;
}

void
exchange_answered(struct call *c, int64_t retry_after)
{
	struct exchange *x = c->x;
	const struct http_options *o = http_limits(x->run.http);
	struct answer *a = &c->answer;
	bool refresh;

	a->retry_after = retry_after;
	if (a->class == ANSWER_AUTH && !c->renewed && exchange_wants_auth(c)) {
		jv request = auth_request(&x->auth, &x->credentials, false, &refresh);

		if (!value_is_nothing(request)) {
			answer_release(a);
			exchange_renew(c);
			return;
		}
	}
	if (a->class == ANSWER_TRANSIENT && !c->lasting && may_repeat(c) && c->tries < o->tries &&
	    retry_after <= o->backoff_max) {
		int64_t wait = http_backoff(x->run.http, c->tries);

		answer_release(a);
		http_after(x->run.http, retry_after > wait ? retry_after : wait, send_again, c);
		return;
	}
	exchange_end(c);
}

/* ---- other transports ---- */

static void
run_transport(void *ctx)
{
	struct call *c = ctx;
	jv url = value_get(c->transport->request, "url");
	transport_fn *run;
	struct url u;

	url_split(value_text(url), &u);
	run = transport_find(u.scheme);
	jv_free(url);
	run(c->transport);
}

static void
transport_done(void *ctx)
{
	struct call *c = ctx;
	struct transport_call *t = c->transport;
	struct answer *a = &c->answer;
	jv body = jv_copy(t->body);

	*a = t->answer;
	c->x->kept = t->kept;
	c->x->drop = t->drop;
	if (a->status && !t->class_known)
		a->class = answer_classify(c->x->meta, a->status, body);
	if (a->status)
		a->response = exchange_response(c, a->status, jv_object(), body);
	else
		jv_free(body);
	c->sent |= a->maybe_done;
	jv_free(t->request);
	jv_free(t->body);
	free(t);
	c->transport = NULL;
	exchange_answered(c, a->retry_after);
}

static void
send_transport(struct call *c)
{
	struct exchange *x = c->x;
	struct transport_call *t = xcalloc(1, sizeof *t);

	*t = (struct transport_call){
	    .account = x->account,
	    .options = http_limits(x->run.http),
	    .request = value_unshare(jv_copy(c->request)),
	    .now = exchange_now(x),
	    .secret = credentials_field,
	    .ctx = &x->credentials,
	    .kept = x->kept,
	    .drop = x->drop,
	    .answer = {.class = ANSWER_TRANSIENT, .response = jv_null()},
	    .body = jv_null(),
	};
	c->transport = t;
	http_run(x->run.http, run_transport, transport_done, c);
}

/* ---- sending ---- */

/* The limits want a longer pause than anybody should wait here. */
static void
fail_for_limits(struct call *c, int64_t wait)
{
	struct buf place = BUF_INIT;
	char until[RFC3339_SIZE];
	struct sme_err err;

	exchange_put_place(&place, c);
	err_set(&err, SME_TEMPFAIL, "%.200s: the limit of \"%.*s\" is reached, not before %s",
	    buf_str(&place), SLICE_ARG(c->bucket),
	    rfc3339_format((exchange_now(c->x) + wait) / 1000 * 1000, until));
	buf_release(&place);
	c->answer.retry_after = wait;
	exchange_fail(c, ANSWER_TRANSIENT, &err);
}

static void
send_over(struct call *c)
{
	jv url = value_get(c->request, "url");
	struct slice text = value_text(url);
	struct sme_err err;
	struct url u;

	c->tries++;
	url_split(text, &u);
	if (!u.scheme.n || url_is_http(text)) {
		exchange_send_http(c);
	} else if (transport_find(u.scheme)) {
		send_transport(c);
	} else {
		err_set(&err, SME_DATA, "%.*s: no way to such an address",
		    (int)(text.n < 200 ? text.n : 200), text.p);
		exchange_fail(c, ANSWER_PERMANENT, &err);
	}
	jv_free(url);
}

void
exchange_send(struct call *c)
{
	struct exchange *x = c->x;
	int64_t now = exchange_now(x), wait;

	if (c->only_login) {
		c->answer.class = ANSWER_OK;
		exchange_end(c);
		return;
	}
	wait = limits_wait(&x->limits, c->bucket, c->cost, now);
	if (wait > http_limits(x->run.http)->backoff_max) {
		fail_for_limits(c, wait);
	} else if (wait > 0 && x->run.now == TIME_NONE) {
		http_after(x->run.http, wait, send_again, c);
	} else {
		limits_take(&x->limits, c->bucket, c->cost, now);
		send_over(c);
	}
}

void
exchange_begin(struct call *c)
{
	struct exchange *x = c->x;
	struct slice missing;
	struct sme_err err;

	/* Where nothing is renewed there is nothing to do before the first request, which may need none. */
	if (!exchange_wants_auth(c) || (c->only_login && !auth_renews(&x->auth))) {
		exchange_send(c);
		return;
	}
	if (x->auth.unknown.p) {
		err_set(&err, SME_CONFIG, "settings.auth of %s is \"%s\", which is none of the alternatives in "
		    "meta.auth of its connector", x->account->name.p, x->auth.unknown.p);
		exchange_fail(c, ANSWER_AUTH, &err);
		return;
	}
	if (credentials_load(&x->credentials, false, &err) < 0) {
		exchange_fail(c, ANSWER_AUTH, &err);
		return;
	}
	missing = auth_missing(&x->auth, &x->credentials);
	if (missing.p && !auth_is_due(&x->auth, &x->credentials, exchange_now(x))) {
		err_set(&err, SME_CONFIG, "the vault's entry %s of tenant %s has no \"%s\"; add it with "
		    "sme-vault put", x->account->secret.p, x->account->tenant.p, missing.p);
		exchange_fail(c, ANSWER_AUTH, &err);
	} else if (auth_is_due(&x->auth, &x->credentials, exchange_now(x))) {
		c->early = auth_is_good(&x->auth, &x->credentials, exchange_now(x));
		if (c->early && x->early_failed)
			exchange_send(c);
		else
			exchange_renew(c);
	} else {
		exchange_send(c);
	}
}

void
exchange_submit(struct exchange *x, jv request, exchange_done *done, void *ctx)
{
	exchange_begin(exchange_new_call(x, request, done, ctx));
}

/* ---- and waiting ---- */

struct once {
	struct answer *answer;
	bool done;
};

static void
once_done(void *ctx, struct answer *answer)
{
	struct once *o = ctx;

	*o->answer = *answer;
	o->answer->response = jv_copy(answer->response);
	o->done = true;
}

static int
wait_for(struct exchange *x, struct call *c, struct once *o)
{
	exchange_begin(c);
	while (!o->done)
		http_wait(x->run.http, 1000);
	return o->answer->class == ANSWER_OK ? 0 : -1;
}

int
exchange_once(struct exchange *x, jv request, struct answer *answer)
{
	struct once o = {answer, false};
	struct call *c = exchange_new_call(x, request, once_done, &o);

	c->once = true;
	return wait_for(x, c, &o);
}

int
exchange_login(struct exchange *x, struct answer *answer)
{
	struct once o = {answer, false};
	struct call *c = exchange_new_call(x, jv_object(), once_done, &o);

	c->only_login = true;
	return wait_for(x, c, &o);
}

void
exchange_submit_login(struct exchange *x, exchange_done *done, void *ctx)
{
	struct call *c = exchange_new_call(x, jv_object(), done, ctx);

	c->only_login = true;
	exchange_begin(c);
}

/* What does not go over HTTP has no headers, but a member `mail` or `xmpp`. */
static bool
is_message(const struct call *c)
{
	jv url = value_get(c->request, "url");
	struct url u;
	bool yes;

	url_split(value_text(url), &u);
	yes = transport_find(u.scheme) != NULL;
	jv_free(url);
	return yes;
}

static void
describe_message(const struct call *c, struct buf *out)
{
	jv what = value_get(c->request, "xmpp");

	exchange_put_place(out, c);
	buf_addc(out, '\n');
	if (jv_get_kind(what) == JV_KIND_NULL) {
		jv_free(what);
		what = value_get(c->request, "mail");
	}
	value_dump(out, fill_unguard(what));
	buf_addc(out, '\n');
}

int
exchange_describe(struct exchange *x, jv request, struct buf *out, struct sme_err *err)
{
	struct call *c = exchange_new_call(x, request, NULL, NULL);
	struct filler f = {0};
	struct request r = REQUEST_INIT;
	int rc;

	if (is_message(c)) {
		describe_message(c, out);
		free_call(c);
		return 0;
	}
	rc = request_build(&r, c->request, x->account, &f, err);
	f.account = x->account;
	if (rc == 0 && exchange_wants_auth(c))
		rc = auth_add(&x->auth, &r, &f, exchange_now(x), err);
	if (rc == 0)
		request_show(&r, out);
	request_release(&r);
	free_call(c);
	return rc;
}

int64_t
exchange_ends(const struct exchange *x)
{
	if (!x->credentials.loaded)
		return TIME_NONE;
	return secret_ends(&x->credentials.secret, auth_renews(&x->auth));
}
