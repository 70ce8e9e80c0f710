/* A request over HTTP, and its answer as a connector reads it. */
#include <stdlib.h>

#include "connector/classify.h"
#include "connector/exchange_int.h"
#include "connector/response.h"
#include "connector/select.h"
#include "connector/value.h"
#include "core/rfc3339.h"
#include "net/polite.h"
#include "net/url.h"

/* Between two list pages of a host, unless connector or settings say otherwise. */
#define PAGE_INTERVAL 5000

/* ---- where credentials may go ---- */

static struct slice
host_of(struct slice url)
{
	struct url u;

	url_split(url, &u);
	return u.host;
}

/* Base of the account and of the connector, where it logs in, and what it names besides. */
static bool
is_own_host(const struct exchange *x, struct slice host)
{
	const struct json_node *root = x->meta->root, *auth = x->auth.meta;
	struct slice known[] = {x->account->base, node_text(root, "base"),
	    node_text(node_get(auth, "session"), "url"), node_text(node_get(auth, "refresh"), "url")};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (host.n && slice_eq_nocase(host_of(known[i]), host))
			return true;
	for (NODE_EACH(it, node_get(auth, "hosts")))
		if (slice_eq_nocase(it->text, host))
			return true;
	return false;
}

static int
check_host(const struct call *c, const struct request *r, struct sme_err *err)
{
	struct slice host = host_of(buf_slice(&r->url));

	if (!r->secret || is_own_host(c->x, host))
		return 0;
	return err_set(err, SME_DATA, "no credentials are sent to %.*s: it is neither the host of the "
	    "base, nor does the connector list it in meta.auth.hosts",
	    (int)(host.n < 100 ? host.n : 100), host.p);
}

/* ---- the answer ---- */

static bool
is_json(jv headers, struct slice body)
{
	jv type = value_get(headers, "content-type");
	bool is = slice_find(value_text(type), SLICE("json")) >= 0;
	struct slice text = slice_trim(body);

	jv_free(type);
	return is || (text.n && (text.p[0] == '{' || text.p[0] == '['));
}

static bool
says_json(jv headers)
{
	return is_json(headers, (struct slice){NULL, 0});
}

/* A list page, as the request's `select` reads it. */
static int
page_of(const struct call *c, const struct http_response *r, jv select, jv *body, struct sme_err *err)
{
	struct select_input in = {
	    .html = r->body,
	    .content_type = http_header(r, "content-type"),
	    .url = slice_of(r->url),
	    .now = exchange_now(c->x),
	};

	if (select_page(select, &in, body, err) == 0)
		return 0;
	*body = jv_null();
	return -1;
}

/* A shorter secret in a body may be a word that somebody wrote. */
#define MASK_BODY 16
#define MASK_TEXT 6

/* The body as a value.  -1 when it is not what it says it is. */
static int
parse_body(const struct http_response *r, jv headers, struct slice text, jv *body, struct sme_err *err)
{
	if (!slice_trim(text).n) {
		*body = jv_null();
		return 0;
	}
	*body = is_json(headers, text) ? connector_parse(text, err) : jv_invalid();
	if (jv_is_valid(*body))
		return 0;
	jv_free(*body);
	*body = value_string(text);
	return says_json(headers) && r->status < 300 ? -1 : 0;
}

/* The same, without the account's own secrets: what a login brings is new. */
static int
body_of(const struct call *c, const struct http_response *r, jv headers, jv *body, struct sme_err *err)
{
	jv select = value_get(c->request, "select");
	struct buf masked = BUF_INIT;
	struct slice text = r->body;
	int result;

	if (jv_get_kind(select) == JV_KIND_OBJECT && r->status < 300)
		return page_of(c, r, select, body, err);
	jv_free(select);
	if ((!c->login || r->status >= 400) &&
	    credentials_mask(&c->x->credentials, text, MASK_BODY, &masked))
		text = buf_slice(&masked);
	result = parse_body(r, headers, text, body, err);
	buf_release(&masked);
	return result;
}

jv
exchange_response(const struct call *c, long status, jv headers, jv body)
{
	jv out = jv_object(), about = value_get(c->request, "context");
	char now[RFC3339_SIZE];

	if (jv_get_kind(about) != JV_KIND_OBJECT) {
		jv_free(about);
		about = jv_object();
	}
	about = jv_object_set(about, jv_string("url"), value_get(c->request, "url"));
	about = jv_object_set(about, jv_string("tag"), value_get(c->request, "tag"));
	out = jv_object_set(out, jv_string("status"), jv_number((double)status));
	out = jv_object_set(out, jv_string("headers"), headers);
	out = jv_object_set(out, jv_string("body"), body);
	/* exchange_call guards it anew. */
	out = jv_object_set(out, jv_string("request"), exchange_plain(about));
	return jv_object_set(
	    out, jv_string("now"), jv_string(rfc3339_format(exchange_now(c->x) / 1000 * 1000, now)));
}

/* "GET URL: HTTP 403: what the body says". */
static void
explain(struct call *c, const char *reason, jv body)
{
	struct buf text = BUF_INIT, said = BUF_INIT, masked = BUF_INIT;

	exchange_put_place(&text, c);
	answer_reason(&said, body);
	if (credentials_mask(&c->x->credentials, buf_slice(&said), MASK_TEXT, &masked)) {
		buf_clear(&said);
		buf_adds(&said, buf_slice(&masked));
	}
	err_set(&c->answer.err, c->answer.class == ANSWER_AUTH ? SME_NOPERM : SME_UNAVAILABLE,
	    "%.200s: %.200s%s%.100s", buf_str(&text), reason, said.n ? ": " : "", buf_str(&said));
	buf_release(&text);
	buf_release(&said);
	buf_release(&masked);
}

/* Nothing came, or not all of it. */
static void
no_answer(struct call *c, const struct http_response *r)
{
	/* What this side refused needs a person, not patience. */
	bool refused = r->err.status == SME_CONFIG || r->err.status == SME_NOPERM;

	c->lasting = !r->passing;
	c->answer.class = refused ? ANSWER_AUTH : ANSWER_TRANSIENT;
	c->answer.status = 0;
	explain(c, *r->reason ? r->reason : "the answer is shorter than announced", jv_null());
	if (refused)
		c->answer.err.status = r->err.status;
	exchange_answered(c, 0);
}

static void
on_answer(void *ctx, const struct http_request *request, const struct http_response *r)
{
	struct call *c = ctx;
	struct answer *a = &c->answer;
	bool cut = r->partial || (*r->reason && r->status < 400);
	struct sme_err err;
	char reason[100];
	jv headers, body, links;
	int64_t wait;

	(void)request;
	c->sent |= !r->unsent && (cut || r->status == 0 || r->status >= 500);
	if (!r->status || cut) {
		no_answer(c, r);
		return;
	}
	headers = response_headers(http_headers(r));
	links = response_links(headers, slice_of(r->url));
	a->status = r->status;
	snprintf(reason, sizeof reason, "HTTP %ld", r->status);
	if (body_of(c, r, headers, &body, &err) < 0) {
		c->sent = true;
		a->class = err.status == SME_CONFIG ? ANSWER_PERMANENT : ANSWER_TRANSIENT;
		snprintf(reason, sizeof reason, "%s%.70s",
		    says_json(headers) ? "the answer is no JSON: " : "", err.text);
	} else {
		a->class = answer_classify(c->x->meta, r->status, body);
	}
	if (a->class != ANSWER_OK)
		explain(c, reason, body);
	a->response = exchange_response(c, r->status, headers, body);
	a->response = jv_object_set(a->response, jv_string("links"), links);
	wait = limits_learn(
	    &c->x->limits, c->bucket, a->response, a->class, r->retry_after, exchange_now(c->x));
	exchange_answered(c, wait);
}

/* ---- the request ---- */

static int
build(struct call *c, struct request *r, struct sme_err *err)
{
	struct exchange *x = c->x;
	struct filler f = {
	    .secret = credentials_field,
	    .ctx = &x->credentials,
	    .account = c->login ? x->account : NULL,
	};

	if (request_build(r, c->request, x->account, &f, err) < 0)
		return -1;
	/* The texts of meta.auth are the connector's own: {account:NAME} in them means something. */
	f.account = x->account;
	if (exchange_wants_auth(c) && auth_add(&x->auth, r, &f, exchange_now(x), err) < 0)
		return -1;
	return check_host(c, r, err);
}

/* List pages were made for people: with their host's leave, and slowly. */
static void
send_out(struct call *c, const struct http_request *h)
{
	jv select = value_get(c->request, "select");
	int64_t interval = c->x->meta->interval;

	if (jv_get_kind(select) == JV_KIND_OBJECT) {
		duration_parse(node_text(c->x->account->settings, "interval"), &interval);
		polite_submit(c->x->run.http, h, interval ? interval : PAGE_INTERVAL, on_answer, c);
	} else {
		http_submit(c->x->run.http, h, on_answer, c);
	}
	jv_free(select);
}

void
exchange_send_http(struct call *c)
{
	struct request r = REQUEST_INIT;
	struct http_request h;
	struct sme_err err;

	if (build(c, &r, &err) < 0) {
		request_release(&r);
		exchange_fail(c, err.status == SME_CONFIG ? ANSWER_AUTH : ANSWER_PERMANENT, &err);
		return;
	}
	h = (struct http_request){
	    .method = r.method,
	    .url = buf_str(&r.url),
	    .headers = (const char *const *)r.headers.lines,
	    .secret_headers = (const char *const *)r.secret_headers.lines,
	    .body = {r.has_body ? buf_str(&r.body) : NULL, r.body.n},
	    .stay = !request_only_reads(&r),
	    .secret = r.secret,
	    .allowed = &c->x->account->allowed,
	    .ca = c->x->account->ca,
	    .tries = 1,
	};
	send_out(c, &h);
	request_release(&r);
}
