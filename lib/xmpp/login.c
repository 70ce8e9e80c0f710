/* From the first byte to a bound resource: RFC 6120, 6 and 7. */
#include <sodium.h>

#include "xmpp/sasl.h"
#include "xmpp/xmpp_int.h"

static bool
offers(const xmlNode *mechanisms, const char *name)
{
	bool found = false;

	for (const xmlNode *n = mechanisms ? mechanisms->children : NULL; n && !found;
	     n = n->next) {
		struct buf text = BUF_INIT;

		if (stanza_is(n, "mechanism", NS_SASL))
			stanza_text(n, &text);
		found = slice_is(slice_trim(buf_slice(&text)), name);
		buf_release(&text);
	}
	return found;
}

/* ELEMENT with MESSAGE in base64.  Both are wiped where they were built. */
static int
say(struct xmpp *x, const char *element, const char *mechanism, struct buf *message,
    struct sme_err *err)
{
	int r;

	buf_printf(&x->out, "<%s xmlns='" NS_SASL "'", element);
	if (mechanism)
		buf_printf(&x->out, " mechanism='%s'", mechanism);
	buf_addc(&x->out, '>');
	base64_put(&x->out, buf_slice(message));
	buf_printf(&x->out, "</%s>", element);
	sodium_memzero(message->p, message->n);
	buf_clear(message);
	r = xmpp_link_send(x->link, buf_slice(&x->out), err);
	sodium_memzero(x->out.p, x->out.n);
	buf_clear(&x->out);
	return r;
}

static int
refused(struct xmpp *x, const xmlNode *failure, struct sme_err *err)
{
	const xmlNode *n = failure->children;
	char text[160];

	while (n && n->type != XML_ELEMENT_NODE)
		n = n->next;
	snprintf(text, sizeof text, "the server refuses the login: %.80s",
	    n ? (const char *)n->name : "no reason given");
	return xmpp_fail(x,
	    stanza_is(n, "temporary-auth-failure", NULL) ? SME_UNAVAILABLE : SME_NOPERM, text, err);
}

/* The text, out of base64, of what the server says: ELEMENT, else an error. */
static int
hear(struct xmpp *x, const char *element, struct buf *text, struct sme_err *err)
{
	const xmlNode *n = xmpp_next(x, err);
	struct buf encoded = BUF_INIT;
	bool fine;

	buf_clear(text);
	if (!n)
		return -1;
	if (stanza_is(n, "failure", NS_SASL))
		return refused(x, n, err);
	stanza_text(n, &encoded);
	fine =
	    stanza_is(n, element, NS_SASL) && (!encoded.n || base64_get(text, buf_slice(&encoded)));
	buf_release(&encoded);
	return fine ? 0 : xmpp_fail(x, SME_DATA, "the server breaks the rules of the login", err);
}

static int
by_scram(struct xmpp *x, struct sme_err *err)
{
	struct buf out = BUF_INIT, in = BUF_INIT;
	struct scram s;
	int r;

	scram_begin(&s, x->user, x->password, NULL, &out);
	r = say(x, "auth", "SCRAM-SHA-256", &out, err);
	if (r == 0)
		r = hear(x, "challenge", &in, err);
	if (r == 0)
		r = scram_answer(&s, buf_slice(&in), &out, err);
	if (r == 0)
		r = say(x, "response", NULL, &out, err);
	if (r == 0)
		r = hear(x, "success", &in, err);
	/* Who does not know the password cannot be the server. */
	if (r == 0 && !scram_is_server(&s, buf_slice(&in)))
		r = xmpp_fail(
		    x, SME_CONFIG, "the server does not prove that it knows the password", err);
	scram_release(&s);
	buf_release(&out);
	buf_release(&in);
	return r;
}

static int
by_plain(struct xmpp *x, struct sme_err *err)
{
	struct buf out = BUF_INIT, in = BUF_INIT;
	int r;

	buf_reserve(&out, x->user.n + x->password.n + 3); /* so that no copy stays behind */
	buf_reserve(&x->out, 2 * (x->user.n + x->password.n) + 200);
	sasl_plain(x->user, x->password, &out);
	r = say(x, "auth", "PLAIN", &out, err);
	if (r == 0)
		r = hear(x, "success", &in, err);
	buf_release(&out);
	buf_release(&in);
	return r;
}

static int
bind_resource(struct xmpp *x, struct sme_err *err)
{
	const xmlNode *n = xmpp_iq(
	    x, "set", SLICE("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"), NULL, NULL, err);

	if (!n)
		return -1;
	return slice_is(stanza_attr(n, "type"), "result") ? 0 : xmpp_error(n, "no resource", err);
}

int
xmpp_login(struct xmpp *x, struct sme_err *err)
{
	const xmlNode *features = xmpp_stream(x, err), *mechanisms;
	int r;

	if (!features)
		return -1;
	mechanisms = stanza_child(features, "mechanisms", NS_SASL);
	if (offers(mechanisms, "SCRAM-SHA-256"))
		r = by_scram(x, err);
	else if (offers(mechanisms, "PLAIN"))
		r = by_plain(x, err);
	else
		r = xmpp_fail(x, SME_CONFIG,
		    stanza_child(features, "starttls", NULL)
			? "the server wants STARTTLS; use its port for direct TLS (xmpps://)"
			: "the server offers neither SCRAM-SHA-256 nor PLAIN",
		    err);
	return r < 0 || !xmpp_stream(x, err) ? -1 : bind_resource(x, err);
}
