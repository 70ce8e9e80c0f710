#include "outbox/network.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/config.h"
#include "connector/value.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "text/length.h"

/* Where `meta` does not say how long it takes until a look-up is right, in ms. */
#define DELAY 10000

/* Pages of a look-up. */
#define LOOK_PAGES 20

/* Requests for one part. */
#define SEND_STEPS 5

/* When an account cannot log in now, in ms. */
#define LOGIN_PAUSE 30000

struct network_way {
	struct exchange *x;
	const struct account *account;
	struct connector *connector;
	bool logged_in;
	jv request;        /* prepared */
	struct slice kind; /* of it */
	struct sent_part changes;
};

struct network_way *
network_open(struct exchange *x, const struct account *a, struct connector *c)
{
	struct network_way *w = xcalloc(1, sizeof *w);

	w->x = x;
	w->account = a;
	w->connector = c;
	w->request = jv_null();
	return w;
}

void
network_close(struct network_way *w)
{
	if (!w)
		return;
	jv_free(w->request);
	free(w);
}

struct part_net
network_offers(const struct connector *c, int64_t backoff)
{
	const struct json_node *publish = node_get(connector_meta(c), "publish");
	bool always = slice_is(node_text(publish, "repeat"), "always");
	bool lookup = node_bool(publish, "lookup", false) && connector_has(c, CALL_FIND) &&
	              connector_has(c, CALL_FOUND);

	return (struct part_net){
	    .repeat = always ? PART_NEVER : config_duration(publish, "repeat", 0),
	    .lookup = lookup,
	    .delay = lookup ? config_duration(publish, "delay", DELAY) : 0,
	    .backoff = backoff,
	};
}

static bool
has_url(struct slice text)
{
	return slice_find(text, SLICE("http://")) >= 0 || slice_find(text, SLICE("https://")) >= 0;
}

double
network_price(const struct meta *facts, struct slice kind, bool private, struct slice text)
{
	const struct json_node *prices = node_get(node_get(facts->root, "limits"), "price");
	const char *name = private ? "message" : kind.p;
	char with_url[64];

	snprintf(with_url, sizeof with_url, "%s_url", name);
	if (has_url(text) && node_get(prices, with_url))
		return node_number(prices, with_url, 0);
	/* What a link makes dearer in a post it does in a reply, which is one. */
	if (has_url(text) && !private && slice_is(kind, "reply") && node_get(prices, "post_url"))
		return node_number(prices, "post_url", 0);
	return node_number(prices, name, 0);
}

static void
put_text(struct buf *b, const char *name, struct slice s)
{
	buf_printf(b, ",\"%s\":", name);
	if (s.p)
		json_put_string(b, s);
	else
		buf_puts(b, "null");
}

/* An id of ours without network and instance. */
static struct slice
native(const struct network_way *w, struct slice id)
{
	struct buf prefix = BUF_INIT;
	struct slice rest = id, skipped;

	buf_printf(&prefix, "%.*s:%.*s:", SLICE_ARG(w->account->network),
	    SLICE_ARG(w->account->instance));
	if (slice_starts(id, buf_slice(&prefix)))
		rest = (struct slice){id.p + prefix.n, id.n - prefix.n};
	else if (!slice_cut(&rest, ':', &skipped) || !slice_cut(&rest, ':', &skipped) || !rest.p)
		rest = id;
	buf_release(&prefix);
	return rest;
}

static void
put_native(struct buf *b, const char *name, const struct network_way *w, struct slice id)
{
	put_text(b, name, id.p ? native(w, id) : id);
}

static void
put_sent(struct buf *b, const char *name, const struct sent_part *s)
{
	buf_printf(b, ",\"%s\":", name);
	if (!s->id.p) {
		buf_puts(b, "null");
		return;
	}
	buf_puts(b, "{\"id\":");
	json_put_string(b, s->id);
	put_text(b, "url", s->url);
	buf_puts(b, ",\"ref\":");
	buf_adds(b, s->ref.p ? s->ref : SLICE("null"));
	buf_addc(b, '}');
}

static void
put_node(struct buf *b, const char *name, const struct json_node *n)
{
	buf_printf(b, ",\"%s\":", name);
	if (n)
		node_put(b, n);
	else
		buf_puts(b, "null");
}

static void
put_mention(struct buf *b, const struct network_way *w, const struct json_node *m)
{
	const struct json_node *author = node_get(m, "author");

	buf_puts(b, ",\"mention\":");
	if (!m || m->type != JSON_OBJECT) {
		buf_puts(b, "null");
		return;
	}
	buf_puts(b, "{\"id\":");
	json_put_string(b, node_text(m, "id"));
	put_native(b, "native", w, node_text(m, "id"));
	put_node(b, "kind", node_get(m, "kind"));
	put_node(b, "created_at", node_get(m, "created_at"));
	put_native(b, "thread", w, node_text(m, "thread"));
	put_native(b, "in_reply_to", w, node_text(m, "in_reply_to"));
	put_node(b, "url", node_get(m, "url"));
	buf_printf(b, ",\"direct\":%s", node_bool(m, "direct", false) ? "true" : "false");
	buf_puts(b, ",\"author\":{\"native\":");
	json_put_string(b, native(w, node_text(author, "id")));
	put_text(b, "handle", node_text(author, "handle"));
	put_text(b, "name", node_text(author, "name"));
	buf_addc(b, '}');
	put_node(b, "ref", node_get(m, "ref"));
	buf_addc(b, '}');
}

/* $reply.  The time in it is that of the intent, so that the same part always gives the same. */
static jv
reply_value(const struct network_way *w, const struct outgoing *o, struct sme_err *err)
{
	struct buf b = BUF_INIT;
	struct slice key = o->reply->id.key;
	char created[RFC3339_SIZE];
	jv v;

	rfc3339_format(o->created, created);
	buf_puts(&b, "{\"key\":");
	json_put_string(&b, key);
	buf_printf(&b, ",\"part_key\":\"%.*s-%lld\",\"part\":%lld,\"parts\":%lld", SLICE_ARG(key),
	    (long long)o->part, (long long)o->part, (long long)o->reply->parts);
	put_text(&b, "text", o->text);
	put_text(&b, "kind", o->reply->kind);
	buf_printf(&b, ",\"private\":%s", o->reply->private ? "true" : "false");
	buf_printf(&b, ",\"auto\":%s", o->reply->automatic ? "true" : "false");
	put_mention(&b, w, node_get(o->job, "mention"));
	put_sent(&b, "previous", &o->previous);
	put_sent(&b, "sent", &o->sent);
	put_text(&b, "created_at", slice_of(created));
	put_node(&b, "lang", node_get(o->job, "lang"));
	put_text(&b, "now", slice_of(created));
	buf_addc(&b, '}');
	v = connector_parse(buf_slice(&b), err);
	buf_release(&b);
	return v;
}

/* The only output of a function, which is to be an object or (MAY_BE_NULL) null. */
static int
only_output(struct network_way *w, enum connector_call call, jv out, bool may_be_null, jv *v,
    struct sme_err *err)
{
	int n = jv_array_length(jv_copy(out));
	jv_kind kind;

	*v = n == 1 ? jv_array_get(out, 0) : (jv_free(out), jv_null());
	kind = jv_get_kind(*v);
	if (n == 1 && (kind == JV_KIND_OBJECT || (may_be_null && kind == JV_KIND_NULL)))
		return 0;
	jv_free(*v);
	return err_set(err, SME_DATA, "%s: %s: expected one object%s", connector_path(w->connector),
	    connector_call_name(call), may_be_null ? " or null" : "");
}

static int
call(struct network_way *w, enum connector_call which, jv arg, jv input, bool may_be_null, jv *v,
    struct sme_err *err)
{
	jv out;

	if (exchange_call(w->x, which, arg, input, &out, err) < 0)
		return -1;
	return only_output(w, which, out, may_be_null, v, err);
}

static struct slice
kept(struct arena *a, struct slice s)
{
	return s.p ? arena_dup(a, s) : s;
}

static enum connector_call
call_of(struct slice kind)
{
	return slice_is(kind, "edit") ? CALL_EDIT : slice_is(kind, "delete") ? CALL_DELETE : CALL_PUBLISH;
}

/* What the exchange says of an answer that is no good. */
static void
take_failure(const struct answer *ans, struct arena *a, struct call_result *r)
{
	r->reason = arena_dup(a, slice_of(ans->err.text));
	r->wait = ans->retry_after;
	r->look = LOOK_FAILED;
	r->closed = ans->class == ANSWER_AUTH;
	r->outcome = ans->maybe_done                    ? OUTCOME_MAYBE
	             : ans->class == ANSWER_PERMANENT ? OUTCOME_REFUSED
	             : ans->class == ANSWER_RULE      ? OUTCOME_RULE
	                                              : OUTCOME_NOT_DONE;
}

static bool
way_ready(void *ctx, struct arena *a, struct call_result *r)
{
	struct network_way *w = ctx;
	struct answer ans = {.response = jv_null()};

	if (!w->logged_in) {
		w->logged_in = exchange_login(w->x, &ans) == 0;
		if (!w->logged_in) {
			take_failure(&ans, a, r);
			if (r->wait < LOGIN_PAUSE)
				r->wait = LOGIN_PAUSE;
		}
		answer_release(&ans);
	}
	return w->logged_in;
}

static void
describe_cost(const struct network_way *w, const struct outgoing *o, struct prepared *p)
{
	jv bucket = value_get(w->request, "bucket"), cost = value_get(w->request, "cost"), plain;
	struct buf text = BUF_INIT;

	p->bucket = value_text(bucket).p ? value_text(bucket) : SLICE("write");
	p->cost = jv_get_kind(cost) == JV_KIND_NUMBER ? jv_number_value(cost) : 1;
	p->price = network_price(connector_facts(w->connector), o->reply->kind, o->reply->private,
	    o->text);
	plain = exchange_plain(jv_copy(w->request));
	value_dump(&text, plain);
	p->hash = (int64_t)(hash64(text.p, text.n, 0) >> 1);
	buf_release(&text);
	jv_free(bucket); /* its text lives on in the request */
	jv_free(cost);
}

static int
way_prepare(void *ctx, const struct outgoing *o, struct prepared *p, struct sme_err *err)
{
	struct network_way *w = ctx;
	enum connector_call which = call_of(o->reply->kind);
	jv reply = reply_value(w, o, err);

	if (!jv_is_valid(reply)) {
		jv_free(reply);
		return -1;
	}
	jv_free(w->request);
	w->request = jv_null();
	if (!connector_has(w->connector, which)) {
		jv_free(reply);
		return err_set(err, SME_CONFIG, "%s: it has no function \"%s\"",
		    connector_path(w->connector), connector_call_name(which));
	}
	if (call(w, which, reply, jv_null(), false, &w->request, err) < 0) {
		w->request = jv_null();
		return -1;
	}
	w->kind = o->reply->kind;
	w->changes = o->sent;
	describe_cost(w, o, p);
	return 0;
}

/* {id, url, ref} as a connector gives them. */
static void
take_sent(struct arena *a, jv v, struct sent_part *out)
{
	struct buf b = BUF_INIT;
	jv plain = exchange_plain(jv_copy(v)), ref = value_get(plain, "ref"),
	   url = value_get(plain, "url");

	value_put(&b, value_get(plain, "id"));
	*out = (struct sent_part){.url = kept(a, value_text(url))};
	if (b.n)
		out->id = arena_dup(a, buf_slice(&b));
	buf_clear(&b);
	if (jv_get_kind(ref) == JV_KIND_NULL) {
		jv_free(ref);
	} else {
		value_dump(&b, ref);
		out->ref = arena_dup(a, buf_slice(&b));
	}
	jv_free(url);
	jv_free(plain);
	buf_release(&b);
}

/* The first request of {next: [...]}, or null. */
static jv
next_of(jv v)
{
	jv list = value_get(v, "next"), first = jv_null();

	if (jv_get_kind(list) == JV_KIND_ARRAY && jv_array_length(jv_copy(list)) > 0)
		first = jv_array_get(jv_copy(list), 0);
	jv_free(list);
	return first;
}

/* A whole answer whose text says that nothing was made; unless it says why, that is not believed. */
static void
take_error(struct arena *a, jv v, jv error, struct call_result *r)
{
	jv class = value_get(v, "class");
	enum answer_class c = ANSWER_OK;

	answer_class_parse(value_text(class), &c);
	r->reason = kept(a, value_text(error));
	r->closed = c == ANSWER_AUTH;
	r->outcome = c == ANSWER_OK ? OUTCOME_MAYBE
	             : c == ANSWER_RULE ? OUTCOME_RULE
	             : c == ANSWER_PERMANENT ? OUTCOME_REFUSED
	                                     : OUTCOME_NOT_DONE;
	jv_free(class);
}

/* What it made, or that it says nothing. */
static void
take_made(struct network_way *w, struct arena *a, jv v, struct call_result *r)
{
	bool changes = !slice_is(w->kind, "reply") && !slice_is(w->kind, "post");
	jv unsure = value_get(v, "unsure");

	take_sent(a, v, &r->sent);
	if (value_text(unsure).p) {
		r->reason = kept(a, value_text(unsure));
	} else if (r->sent.id.n || changes) {
		r->outcome = OUTCOME_SENT;
		if (!r->sent.id.n)
			r->sent = w->changes;
	} else {
		r->reason = SLICE("the answer of the network does not say what it made");
	}
	jv_free(unsure);
}

/* An answer that the network means well: what does it say?  Or else null: the next request. */
static jv
take_published(struct network_way *w, const struct answer *ans, struct arena *a,
    struct call_result *r)
{
	struct sme_err err;
	jv v, error, next;

	r->outcome = OUTCOME_MAYBE;
	if (call(w, CALL_PUBLISHED, jv_null(), jv_copy(ans->response), true, &v, &err) < 0) {
		r->reason = arena_dup(a, slice_of(err.text));
		return jv_null();
	}
	error = value_get(v, "error");
	next = next_of(v);
	if (value_text(error).p)
		take_error(a, v, error, r);
	else if (jv_get_kind(next) != JV_KIND_OBJECT)
		take_made(w, a, v, r);
	jv_free(error);
	jv_free(v);
	return next;
}

/* A whole answer that refuses: the connector may know that this one does not mean what it says. */
static void
take_refusal(struct network_way *w, const struct answer *ans, struct arena *a,
    struct call_result *r)
{
	struct sme_err err;
	jv v, unsure;

	if (ans->maybe_done || !ans->status ||
	    call(w, CALL_PUBLISHED, jv_null(), jv_copy(ans->response), true, &v, &err) < 0)
		return;
	unsure = value_get(v, "unsure");
	if (value_text(unsure).p) {
		r->outcome = OUTCOME_MAYBE;
		r->reason = kept(a, value_text(unsure));
	}
	jv_free(unsure);
	jv_free(v);
}

/* One request of it; gives the next, or null. */
static jv
send_one(struct network_way *w, jv request, struct arena *a, struct call_result *r)
{
	struct answer ans = {.response = jv_null()};
	jv next = jv_null();

	*r = (struct call_result){0};
	if (exchange_once(w->x, request, &ans) == 0) {
		next = take_published(w, &ans, a, r);
	} else {
		take_failure(&ans, a, r);
		take_refusal(w, &ans, a, r);
		/* What is not there any more need not be removed. */
		if (slice_is(w->kind, "delete") && (ans.status == 404 || ans.status == 410)) {
			r->outcome = OUTCOME_SENT;
			r->sent = w->changes;
		}
	}
	answer_release(&ans);
	return next;
}

static void
way_send(void *ctx, struct arena *a, struct call_result *r)
{
	struct network_way *w = ctx;
	jv next = jv_copy(w->request);

	for (int steps = 0; jv_get_kind(next) == JV_KIND_OBJECT; steps++) {
		if (steps == SEND_STEPS) {
			r->outcome = OUTCOME_MAYBE;
			r->reason = SLICE("the connector goes on asking for requests");
			break;
		}
		next = send_one(w, next, a, r);
	}
	jv_free(next);
}

/* What `found` makes of an answer.  True: *NEXT is a request to look further. */
static bool
take_found(struct network_way *w, jv reply, jv response, struct arena *a, struct call_result *r,
    jv *next)
{
	struct sme_err err;
	jv v, unsure;

	if (call(w, CALL_FOUND, reply, response, true, &v, &err) < 0) {
		r->look = LOOK_UNSURE;
		r->reason = arena_dup(a, slice_of(err.text));
		return false;
	}
	if (jv_get_kind(v) == JV_KIND_NULL) {
		r->look = LOOK_ABSENT;
		return false;
	}
	take_sent(a, v, &r->sent);
	unsure = value_get(v, "unsure");
	*next = next_of(v);
	r->look = r->sent.id.n ? LOOK_THERE : LOOK_UNSURE;
	if (value_text(unsure).p)
		r->reason = kept(a, value_text(unsure));
	else if (!r->sent.id.n)
		r->reason = SLICE("the look-up does not say whether it is there");
	jv_free(unsure);
	jv_free(v);
	return !r->sent.id.n && jv_get_kind(*next) == JV_KIND_OBJECT;
}

/* One question; true: *REQUEST is the next. */
static bool
ask(struct network_way *w, jv reply, jv *request, struct arena *a, struct call_result *r)
{
	struct answer ans = {.response = jv_null()};
	bool more = false;

	if (exchange_once(w->x, *request, &ans) == 0 || ans.status == 404 || ans.status == 410) {
		*request = jv_null();
		more = take_found(w, jv_copy(reply), jv_copy(ans.response), a, r, request);
	} else {
		*request = jv_null();
		take_failure(&ans, a, r);
		r->look = ans.class == ANSWER_PERMANENT || ans.class == ANSWER_RULE ? LOOK_UNSURE
		                                                                    : LOOK_FAILED;
	}
	answer_release(&ans);
	return more;
}

static void
way_look(void *ctx, const struct outgoing *o, struct arena *a, struct call_result *r)
{
	struct network_way *w = ctx;
	struct sme_err err;
	jv reply = reply_value(w, o, &err), request;
	int pages = 0;

	*r = (struct call_result){.look = LOOK_UNSURE};
	if (!jv_is_valid(reply) ||
	    call(w, CALL_FIND, jv_copy(reply), jv_null(), false, &request, &err) < 0) {
		jv_free(reply);
		r->reason = arena_dup(a, slice_of(err.text));
		return;
	}
	while (ask(w, reply, &request, a, r)) {
		if (++pages < LOOK_PAGES)
			continue;
		r->look = LOOK_UNSURE;
		r->reason = SLICE("the look-up has no end");
		break;
	}
	jv_free(request);
	jv_free(reply);
}

static int
way_describe(void *ctx, struct buf *out, struct sme_err *err)
{
	struct network_way *w = ctx;

	return exchange_describe(w->x, jv_copy(w->request), out, err);
}

const struct channel_ops network_ops = {way_ready, way_prepare, way_send, way_look, way_describe};
