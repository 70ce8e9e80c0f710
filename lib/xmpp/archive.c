/* The archive of our account: XEP-0313 with the paging of XEP-0059. */
#include <string.h>

#include "stream/json.h"
#include "xmpp/xmpp_int.h"

#define NS_FORWARD "urn:xmpp:forward:0"

struct page {
	struct buf *out;
	char query[32];
	size_t n;
};

static void
put_text(struct buf *b, const char *key, struct slice value)
{
	buf_printf(b, ",\"%s\":", key);
	if (value.p && value.n)
		json_put_string(b, value);
	else
		buf_puts(b, "null");
}

static void
put_child(struct buf *b, const char *key, const xmlNode *n)
{
	struct buf text = BUF_INIT;

	stanza_text(n, &text);
	put_text(b, key, buf_slice(&text));
	buf_release(&text);
}

/* The id that BY, our own server, gave it. */
static struct slice
stanza_id(const xmlNode *message)
{
	return stanza_attr(stanza_child(message, "stanza-id", NS_SID), "id");
}

static void
put_message(struct buf *b, struct slice archive, struct slice stamp, const xmlNode *m)
{
	const xmlNode *retract = stanza_child(m, "retract", NULL);

	buf_puts(b, "{\"archive\":");
	json_put_string(b, archive);
	put_text(b, "stamp", stamp);
	put_text(b, "id", stanza_attr(m, "id"));
	put_text(b, "origin_id", stanza_attr(stanza_child(m, "origin-id", NS_SID), "id"));
	put_text(b, "stanza_id", stanza_id(m));
	put_text(b, "from", stanza_attr(m, "from"));
	put_text(b, "to", stanza_attr(m, "to"));
	put_text(b, "type", stanza_attr(m, "type"));
	put_child(b, "body", stanza_child(m, "body", NULL));
	put_child(b, "subject", stanza_child(m, "subject", NULL));
	put_child(b, "thread", stanza_child(m, "thread", NULL));
	put_child(b, "nick", stanza_child(m, "nick", "http://jabber.org/protocol/nick"));
	put_text(b, "reply_to", stanza_attr(stanza_child(m, "reply", "urn:xmpp:reply:0"), "id"));
	put_text(b, "replace",
	    stanza_attr(stanza_child(m, "replace", "urn:xmpp:message-correct:0"), "id"));
	put_text(b, "retract", stanza_attr(retract, "id"));
	buf_addc(b, '}');
}

static void
on_result(void *ctx, const xmlNode *n)
{
	struct page *p = ctx;
	const xmlNode *result = stanza_child(n, "result", NS_MAM);
	const xmlNode *forwarded = stanza_child(result, "forwarded", NS_FORWARD);
	const xmlNode *message = stanza_child(forwarded, "message", NULL);
	const xmlNode *delay = stanza_child(forwarded, "delay", "urn:xmpp:delay");

	if (!message || slice_is(stanza_attr(n, "type"), "error") ||
	    !slice_is(stanza_attr(result, "queryid"), p->query) ||
	    (!stanza_child(message, "body", NULL) && !stanza_child(message, "retract", NULL)))
		return;
	if (p->n++)
		buf_addc(p->out, ',');
	put_message(p->out, stanza_attr(result, "id"), stanza_attr(delay, "stamp"), message);
}

static void
put_field(struct buf *b, const char *name, struct slice value)
{
	if (!value.n)
		return;
	buf_printf(b, "<field var='%s'><value>", name);
	stanza_escape(b, value);
	buf_puts(b, "</value></field>");
}

static void
put_query(struct buf *b, const struct xmpp_query *q, const char *query)
{
	buf_printf(b,
	    "<query xmlns='" NS_MAM "' queryid='%s'><x xmlns='jabber:x:data' type='submit'>"
	    "<field var='FORM_TYPE' type='hidden'><value>" NS_MAM "</value></field>",
	    query);
	put_field(b, "with", q->with);
	if (!q->after.n)
		put_field(b, "start", q->start);
	buf_printf(b, "</x><set xmlns='http://jabber.org/protocol/rsm'><max>%zu</max>", q->max);
	if (q->after.n) {
		buf_puts(b, "<after>");
		stanza_escape(b, q->after);
		buf_puts(b, "</after>");
	}
	buf_puts(b, "</set></query>");
}

int
xmpp_archive(struct xmpp *x, const struct xmpp_query *q, struct buf *out, struct sme_err *err)
{
	struct page p = {.out = out};
	struct buf body = BUF_INIT;
	const xmlNode *n, *fin;

	snprintf(p.query, sizeof p.query, "q%lu", x->ids + 1);
	put_query(&body, q, p.query);
	buf_puts(out, "{\"messages\":[");
	n = xmpp_iq(x, "set", buf_slice(&body), on_result, &p, err);
	buf_release(&body);
	if (!n)
		return -1;
	if (slice_is(stanza_attr(n, "type"), "error"))
		return xmpp_error(n, "the archive cannot be read", err);
	fin = stanza_child(n, "fin", NS_MAM);
	if (!fin)
		return err_set(err, SME_CONFIG, "the server keeps no archive (XEP-0313)");
	buf_addc(out, ']');
	put_child(out, "last", stanza_child(stanza_child(fin, "set", NULL), "last", NULL));
	buf_printf(out, ",\"complete\":%s}",
	    slice_is(stanza_attr(fin, "complete"), "true") ? "true" : "false");
	return 0;
}
