#include "connector/transport_xmpp.h"

#include <stdlib.h>
#include <time.h>

#include "connector/fill.h"
#include "connector/program.h"
#include "connector/value.h"
#include "core/mem.h"
#include "net/url.h"
#include "xmpp/xmpp.h"

/* Messages of a page, and the most that a request may ask for. */
#define PAGE 50
#define PAGE_MAX 200

/* So many pages are looked through for a message of ours. */
#define FIND_PAGES 20

/* A connection that was not used for so long, in ms, is asked whether it still is one. */
#define IDLE 5000

/* What an account keeps between its calls. */
struct kept {
	struct xmpp *client;
	struct xmpp_server server;
	struct buf url, jid; /* that it is connected to */
	int64_t used;
};

static int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
drop(void *p)
{
	struct kept *k = p;

	xmpp_close(k->client);
	buf_release(&k->url);
	buf_release(&k->jid);
	free(k);
}

static struct kept *
kept(struct transport_call *call)
{
	struct kept *k = call->kept;

	if (k)
		return k;
	k = call->kept = xcalloc(1, sizeof *k);
	call->drop = drop;
	k->url = k->jid = (struct buf)BUF_INIT;
	return k;
}

/* ---- the connection ---- */

/* The name to log in with: of the vault's entry, else the account's handle. */
static struct slice
jid_of(const struct transport_call *call)
{
	struct slice name = call->secret(call->ctx, SLICE("username"));

	return name.n ? name : call->account->handle;
}

static void
set_server(struct kept *k, const struct transport_call *call)
{
	struct slice jid = buf_slice(&k->jid), user;
	struct url u;

	url_split(buf_slice(&k->url), &u);
	slice_cut(&jid, '@', &user);
	slice_cut(&jid, '/', &user);
	k->server = (struct xmpp_server){
	    .host = u.host.n ? u.host : user,
	    .port = u.port,
	    .tls = slice_eq_nocase(u.scheme, SLICE("xmpps")),
	    .ca = call->account->ca,
	    .allowed = &call->account->allowed,
	    .connect_timeout = call->options->connect_timeout,
	    .timeout = call->options->timeout,
	    .stop_fd = call->options->wake_fd,
	};
}

/* Connected to URL, as before or anew. */
static struct xmpp *
connected(struct transport_call *call, struct slice url, struct sme_err *err)
{
	struct kept *k = kept(call);
	struct slice password = call->secret(call->ctx, SLICE("password"));
	bool same = k->client && slice_eq(buf_slice(&k->url), url);

	if (same && clock_ms() - k->used > IDLE)
		same = xmpp_alive(k->client);
	if (!same || xmpp_lost(k->client)) {
		xmpp_close(k->client);
		k->client = NULL;
		if (!password.n) {
			err_set(err, SME_NOPERM,
			    "the vault's entry has no password; add it with sme-vault put");
			return NULL;
		}
		buf_clear(&k->url);
		buf_adds(&k->url, url);
		buf_clear(&k->jid);
		buf_adds(&k->jid, jid_of(call));
		set_server(k, call);
		k->client = xmpp_open(&k->server, buf_slice(&k->jid), password, err);
	}
	k->used = clock_ms();
	return k->client;
}

/* ---- what is asked for ---- */

static size_t
limit_of(const struct json_node *what)
{
	double n = node_number(what, "limit", PAGE);

	return n < 1 ? 1 : n > PAGE_MAX ? PAGE_MAX : (size_t)n;
}

static int
page(struct xmpp *x, const struct json_node *what, struct buf *body, struct sme_err *err)
{
	struct xmpp_query q = {
	    .after = node_text(what, "after"),
	    .start = node_text(what, "start"),
	    .with = node_text(what, "with"),
	    .max = limit_of(what),
	};

	int r = xmpp_archive(x, &q, body, err);

	/* The archive has forgotten the place: from a time on, then. */
	if (r < 0 && err->status == SME_NOINPUT && q.after.n && q.start.n) {
		q.after = (struct slice){NULL, 0};
		buf_clear(body);
		r = xmpp_archive(x, &q, body, err);
		if (r == 0)
			body->n--; /* the last bracket */
		if (r == 0)
			buf_puts(body, ",\"forgotten\":true}");
	}
	return r;
}

static int
send_message(struct transport_call *call, struct xmpp *x, const struct json_node *what,
    const struct json_node *request, struct buf *body, struct sme_err *err)
{
	struct xmpp_message m = {
	    .to = node_text(what, "to"),
	    .id = node_text(what, "id"),
	    .body = node_text(what, "body"),
	    .thread = node_text(what, "thread"),
	    .reply_id = node_text(what, "reply_id"),
	    .reply_to = node_text(what, "reply_to"),
	};

	/* What only reads may be sent twice, and a message must not. */
	if (!slice_is(node_text(request, "method"), "POST"))
		return err_set(err, SME_DATA, "a message is sent with the method POST");
	if (!m.to.n || !m.id.n || !m.body.n)
		return err_set(err, SME_DATA, "xmpp: a message needs to, id and body");
	if (xmpp_send(x, &m, &call->answer.maybe_done, err) < 0)
		return -1;
	buf_puts(body, "{\"sent\":");
	json_put_string(body, m.id);
	buf_addc(body, '}');
	return 0;
}

/* Is one of the messages in TEXT, a page, ours?  *AFTER becomes where the next page begins, or
 * empty. */
static bool
is_in(struct slice text, struct slice id, struct buf *archive, struct buf *after)
{
	struct arena a = ARENA_INIT;
	const struct json_node *root = json_tree(&a, text, NULL);
	bool found = false;

	for (NODE_EACH(it, node_get(root, "messages"))) {
		if (!slice_eq(node_text(it, "origin_id"), id) && !slice_eq(node_text(it, "id"), id))
			continue;
		found = true;
		buf_adds(archive, node_text(it, "archive"));
		break;
	}
	buf_clear(after);
	if (!node_bool(root, "complete", true))
		buf_adds(after, node_text(root, "last"));
	arena_release(&a);
	return found;
}

/* {found: archive id or null, unsure: the archive goes on}. */
static int
find(struct xmpp *x, const struct json_node *what, struct buf *body, struct sme_err *err)
{
	struct buf text = BUF_INIT, archive = BUF_INIT, after = BUF_INIT;
	struct xmpp_query q = {
	    .start = node_text(what, "start"), .with = node_text(what, "with"), .max = 100};
	bool found = false;
	int r = 0;

	for (int i = 0; r == 0 && !found && (i == 0 || after.n) && i < FIND_PAGES; i++) {
		buf_clear(&text);
		q.after = buf_slice(&after);
		r = xmpp_archive(x, &q, &text, err);
		if (r == 0)
			found = is_in(buf_slice(&text), node_text(what, "id"), &archive, &after);
	}
	buf_puts(body, "{\"found\":");
	if (found)
		json_put_string(body, buf_slice(&archive));
	else
		buf_puts(body, "null");
	buf_printf(body, ",\"unsure\":%s}", !found && after.n ? "true" : "false");
	buf_release(&text);
	buf_release(&archive);
	buf_release(&after);
	return r;
}

static int
run(struct transport_call *call, const struct json_node *request, struct buf *body,
    struct sme_err *err)
{
	const struct json_node *what = node_get(request, "xmpp");
	struct slice todo = node_text(what, "do");
	struct xmpp *x = connected(call, node_text(request, "url"), err);

	if (!x)
		return -1;
	if (slice_is(todo, "page"))
		return page(x, what, body, err);
	if (slice_is(todo, "send"))
		return send_message(call, x, what, request, body, err);
	if (slice_is(todo, "find"))
		return find(x, what, body, err);
	return err_set(err, SME_DATA, "xmpp.do: expected page, send or find");
}

/* ---- the answer ---- */

/* The status that HTTP has for it decides what happens next. */
static long
status_of(enum sme_status status)
{
	switch (status) {
	case SME_NOPERM:
		return 401;
	case SME_NOINPUT:
		return 404;
	case SME_CONFIG:
	case SME_DATA:
		return 400;
	default:
		return 0;
	}
}

void
transport_xmpp(struct transport_call *call)
{
	struct arena a = ARENA_INIT;
	struct buf text = BUF_INIT, body = BUF_INIT;
	struct answer *to = &call->answer;

	value_dump(&text, fill_unguard(jv_copy(call->request)));
	if (run(call, json_tree(&a, buf_slice(&text), NULL), &body, &to->err) < 0) {
		to->status = status_of(to->err.status);
	} else {
		to->status = 200;
		call->body = connector_parse(buf_slice(&body), &to->err);
		if (!jv_is_valid(call->body)) {
			call->body = jv_null();
			to->status = 0;
		}
	}
	arena_release(&a);
	buf_release(&text);
	buf_release(&body);
}
