#include "xmpp/xmpp.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "xmpp/xmpp_int.h"

int
xmpp_fail(struct xmpp *x, enum sme_status status, const char *why, struct sme_err *err)
{
	x->lost = true;
	return err_set(err, status, "%.*s: %s", (int)(x->domain.n < 100 ? x->domain.n : 100),
	    x->domain.p, why);
}

/* What the server says when it ends the stream. */
static void
stream_error(struct xmpp *x, const xmlNode *n, struct sme_err *err)
{
	const xmlNode *what = n->children;
	char text[160];

	while (what && what->type != XML_ELEMENT_NODE)
		what = what->next;
	snprintf(text, sizeof text, "the server ends the connection: %.100s",
	    what ? (const char *)what->name : "no reason given");
	xmpp_fail(x, SME_UNAVAILABLE, text, err);
}

const xmlNode *
xmpp_next(struct xmpp *x, struct sme_err *err)
{
	for (;;) {
		const xmlNode *n = stanzas_next(x->stanzas);

		if (stanza_is(n, "error", NS_STREAM)) {
			stream_error(x, n, err);
			return NULL;
		}
		if (n)
			return n;
		if (stanzas_ended(x->stanzas)) {
			xmpp_fail(x, SME_UNAVAILABLE, "the server ends the connection", err);
			return NULL;
		}
		buf_clear(&x->in);
		if (xmpp_link_receive(x->link, &x->in, err) < 0 ||
		    stanzas_feed(x->stanzas, buf_slice(&x->in), err) < 0) {
			x->lost = true;
			return NULL;
		}
	}
}

int
xmpp_flush(struct xmpp *x, struct sme_err *err)
{
	int r = xmpp_link_send(x->link, buf_slice(&x->out), err);

	x->lost |= r < 0;
	buf_clear(&x->out);
	return r;
}

const xmlNode *
xmpp_stream(struct xmpp *x, struct sme_err *err)
{
	const xmlNode *features;

	stanzas_close(x->stanzas);
	x->stanzas = stanzas_open();
	xmpp_link_begin(x->link);
	buf_puts(&x->out, "<?xml version='1.0'?><stream:stream xmlns='" NS_CLIENT
			  "' xmlns:stream='" NS_STREAM "' version='1.0' to='");
	stanza_escape(&x->out, x->domain);
	buf_puts(&x->out, "'>");
	if (xmpp_flush(x, err) < 0 || !(features = xmpp_next(x, err)))
		return NULL;
	if (stanza_is(features, "features", NS_STREAM))
		return features;
	xmpp_fail(x, SME_DATA, "the server does not speak XMPP", err);
	return NULL;
}

int
xmpp_error(const xmlNode *stanza, const char *what, struct sme_err *err)
{
	const xmlNode *e = stanza_child(stanza, "error", NULL), *condition = e ? e->children : NULL;
	struct buf text = BUF_INIT;
	const char *name;
	int r;

	while (condition &&
	       (condition->type != XML_ELEMENT_NODE || stanza_is(condition, "text", NULL)))
		condition = condition->next;
	name = condition ? (const char *)condition->name : "an error without a name";
	stanza_text(stanza_child(e, "text", NULL), &text);
	r = err_set(err, strcmp(name, "item-not-found") == 0 ? SME_NOINPUT : SME_DATA,
	    "%s: %.60s%s%.150s", what, name, text.n ? ": " : "", buf_str(&text));
	buf_release(&text);
	return r;
}

/* From the server, in the name of our account: no address at all, or ours. */
static bool
is_own(const struct xmpp *x, const xmlNode *stanza)
{
	struct slice from = stanza_attr(stanza, "from");

	return !from.n || slice_eq(from, x->bare) || slice_eq(from, x->domain) ||
	       (slice_starts(from, x->bare) && from.p[x->bare.n] == '/');
}

/* What is asked by somebody else is answered with an error, as RFC 6120, 8.2.3 wants. */
static int
refuse_request(struct xmpp *x, const xmlNode *iq, struct sme_err *err)
{
	struct slice type = stanza_attr(iq, "type");

	if (!stanza_is(iq, "iq", NULL) || (!slice_is(type, "get") && !slice_is(type, "set")))
		return 0;
	buf_puts(&x->out, "<iq type='error' id='");
	stanza_escape(&x->out, stanza_attr(iq, "id"));
	if (stanza_attr(iq, "from").n) {
		buf_puts(&x->out, "' to='");
		stanza_escape(&x->out, stanza_attr(iq, "from"));
	}
	buf_puts(&x->out, "'><error type='cancel'><service-unavailable "
			  "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
	return xmpp_flush(x, err);
}

const xmlNode *
xmpp_iq(struct xmpp *x, const char *type, struct slice body, xmpp_other *other, void *ctx,
    struct sme_err *err)
{
	const xmlNode *n;
	char id[32];

	snprintf(id, sizeof id, "sme%lu", ++x->ids);
	buf_printf(&x->out, "<iq type='%s' id='%s'>", type, id);
	buf_adds(&x->out, body);
	buf_puts(&x->out, "</iq>");
	xmpp_link_begin(x->link);
	if (xmpp_flush(x, err) < 0)
		return NULL;
	while ((n = xmpp_next(x, err))) {
		struct slice kind = stanza_attr(n, "type");

		if (stanza_is(n, "iq", NULL) && slice_is(stanza_attr(n, "id"), id) &&
		    is_own(x, n) && (slice_is(kind, "result") || slice_is(kind, "error")))
			return n;
		if (refuse_request(x, n, err) < 0)
			return NULL;
		if (other && (is_own(x, n) || slice_is(kind, "error")))
			other(ctx, n);
	}
	return NULL;
}

/* ---- open ---- */

/* user@domain out of JID. */
static bool
split_jid(struct xmpp *x, struct slice jid)
{
	struct slice bare, rest = jid;

	slice_cut(&rest, '/', &bare);
	x->bare = rest = bare;
	slice_cut(&rest, '@', &x->user);
	x->domain = rest;
	return x->user.n && x->domain.n;
}

struct xmpp *
xmpp_open(const struct xmpp_server *s, struct slice jid, struct slice password, struct sme_err *err)
{
	struct xmpp *x = xcalloc(1, sizeof *x);

	x->server = s;
	x->password = password;
	x->in = x->out = (struct buf)BUF_INIT;
	if (!split_jid(x, jid)) {
		err_set(err, SME_CONFIG, "\"%.*s\" is no address such as brand@example.org",
		    (int)(jid.n < 100 ? jid.n : 100), jid.p ? jid.p : "");
		x->lost = true;
	} else {
		x->link = xmpp_link_open(s, err);
		x->lost = !x->link || xmpp_login(x, err) < 0;
		x->password = (struct slice){NULL, 0};
	}
	if (!x->lost)
		return x;
	xmpp_close(x);
	return NULL;
}

void
xmpp_close(struct xmpp *x)
{
	if (!x)
		return;
	if (x->link && !x->lost)
		xmpp_link_send(x->link, SLICE("</stream:stream>"), NULL);
	xmpp_link_close(x->link);
	stanzas_close(x->stanzas);
	buf_release(&x->in);
	buf_release(&x->out);
	free(x);
}

bool
xmpp_lost(const struct xmpp *x)
{
	return x->lost;
}

#define PING SLICE("<ping xmlns='urn:xmpp:ping'/>")

bool
xmpp_alive(struct xmpp *x)
{
	return !x->lost && xmpp_iq(x, "get", PING, NULL, NULL, NULL);
}

/* ---- sending ---- */

struct sending {
	const struct xmpp_message *message;
	struct sme_err *err;
	bool refused;
};

static void
on_other(void *ctx, const xmlNode *n)
{
	struct sending *s = ctx;

	if (s->refused || !stanza_is(n, "message", NULL) ||
	    !slice_is(stanza_attr(n, "type"), "error") ||
	    !slice_eq(stanza_attr(n, "id"), s->message->id))
		return;
	s->refused = true;
	xmpp_error(n, "the message came back", s->err);
}

static void
put_attr(struct buf *b, const char *name, struct slice value)
{
	buf_printf(b, " %s='", name);
	stanza_escape(b, value);
	buf_addc(b, '\'');
}

static void
put_message(struct buf *b, const struct xmpp_message *m)
{
	buf_puts(b, "<message type='chat'");
	put_attr(b, "to", m->to);
	put_attr(b, "id", m->id);
	buf_puts(b, "><body>");
	stanza_escape(b, m->body);
	buf_puts(b, "</body><origin-id xmlns='" NS_SID "'");
	put_attr(b, "id", m->id);
	buf_puts(b, "/>");
	if (m->thread.n) {
		buf_puts(b, "<thread>");
		stanza_escape(b, m->thread);
		buf_puts(b, "</thread>");
	}
	if (m->reply_id.n) {
		buf_puts(b, "<reply xmlns='urn:xmpp:reply:0'");
		put_attr(b, "to", m->reply_to.n ? m->reply_to : m->to);
		put_attr(b, "id", m->reply_id);
		buf_puts(b, "/>");
	}
	buf_puts(b, "</message>");
}

int
xmpp_send(struct xmpp *x, const struct xmpp_message *m, bool *maybe_sent, struct sme_err *err)
{
	struct sending s = {m, err, false};

	*maybe_sent = false;
	put_message(&x->out, m);
	if (x->out.over) {
		buf_clear(&x->out);
		return err_set(err, SME_DATA, "the message is too long");
	}
	/* A server deals with one stanza after the other: when it answers the second, the first is
	 * done. */
	*maybe_sent = true;
	if (!xmpp_iq(x, "get", PING, on_other, &s, err))
		return -1;
	*maybe_sent = false;
	return s.refused ? -1 : 0;
}
