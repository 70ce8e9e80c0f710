#include "connector/transport_mail.h"

#include <stdlib.h>
#include <string.h>

#include "connector/fill.h"
#include "connector/program.h"
#include "connector/value.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "mail/imap.h"
#include "mail/mailbox.h"
#include "mail/put.h"
#include "mail/smtp.h"
#include "net/url.h"

/* Mails of a page, and the most that a request may ask for. */
#define PAGE 50
#define PAGE_MAX 500

/* A server may look at a mail for long before it takes it, and who hangs up too soon does not know
 * whether it was sent; ms. */
#define SMTP_TIMEOUT INT64_C(120000)

/* A connection that was not used for so long, in ms, is asked whether it still is one. */
#define IDLE 5000

/* What an account keeps between its calls. */
struct kept {
	struct mime *mime;
	struct imap *imap;
	struct buf imap_url; /* that it is connected to */
	int64_t used;
	struct mailbox *mailbox;
	struct buf path; /* of it */
};

static void
drop(void *p)
{
	struct kept *k = p;

	imap_close(k->imap);
	mailbox_close(k->mailbox);
	mime_close(k->mime);
	buf_release(&k->imap_url);
	buf_release(&k->path);
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
	k->mime = mime_open();
	k->imap_url = k->path = (struct buf)BUF_INIT;
	return k;
}

/* ---- the request ---- */

/* The request's texts as the connector's input had them, as a tree. */
struct order {
	struct arena arena;
	const struct json_node *root, *mail;
};

static void
order_open(struct order *o, const struct transport_call *call)
{
	struct buf text = BUF_INIT;

	*o = (struct order){.arena = ARENA_INIT};
	value_dump(&text, fill_unguard(jv_copy(call->request)));
	o->root = json_tree(&o->arena, buf_slice(&text), NULL);
	o->mail = node_get(o->root, "mail");
	buf_release(&text);
}

static void
order_close(struct order *o)
{
	arena_release(&o->arena);
}

static size_t
limit_of(const struct order *o)
{
	double n = node_number(o->mail, "limit", PAGE);

	return n < 1 ? 1 : n > PAGE_MAX ? PAGE_MAX : (size_t)n;
}

/* ---- the answer ---- */

/* The status that HTTP has for it decides what happens next. */
static void
fail(struct transport_call *call, const struct sme_err *err)
{
	struct answer *a = &call->answer;

	a->err = *err;
	switch (err->status) {
	case SME_NOPERM:
		a->status = 401;
		break;
	case SME_NOINPUT:
		a->status = 404;
		break;
	case SME_CONFIG:
	case SME_DATA:
		a->status = 400;
		break;
	default:
		a->status = 0;
		break;
	}
}

static void
answer(struct transport_call *call, const struct buf *body)
{
	struct sme_err err;
	jv v = connector_parse(buf_slice(body), &err);

	if (body->over || !jv_is_valid(v)) {
		jv_free(v);
		err_set(&err, SME_DATA, "a page of mails is too large; ask for fewer with \"limit\"");
		fail(call, &err);
		return;
	}
	call->answer.status = 200;
	call->body = v;
}

/* ---- servers ---- */

/*
 * An entry of the vault has a password or, with the setting auth "oauth2", an access_token; the name
 * to log in with is its username, the request's `user` or the account's handle.
 */
static int
find_server(struct mail_server *s, const struct transport_call *call, const struct order *o,
    const char *url, bool login, struct sme_err *err)
{
	struct slice user = call->secret(call->ctx, SLICE("username"));
	bool token = slice_is(node_text(call->account->settings, "auth"), "oauth2");

	*s = (struct mail_server){
	    .url = url,
	    .password = token ? NULL : call->secret(call->ctx, SLICE("password")).p,
	    .bearer = token ? call->secret(call->ctx, SLICE("access_token")).p : NULL,
	    .ca = call->account->ca,
	    .allowed = &call->account->allowed,
	    .plain = slice_is(node_text(o->mail, "tls"), "none"),
	    .connect_timeout = call->options->connect_timeout,
	    .timeout = call->options->timeout,
	    .stop_fd = call->options->wake_fd,
	};
	if (!login)
		return 0;
	s->user = user.n ? user.p : node_text(o->mail, "user").p;
	if (!s->user)
		s->user = call->account->handle.p;
	if (!s->user)
		return err_set(err, SME_NOPERM, "no name to log in with: the vault's entry has no username");
	if (!s->password && !s->bearer)
		return err_set(err, SME_NOPERM, "the vault's entry has no %s; add it with sme-vault put",
		    token ? "access_token" : "password");
	return 0;
}

/* Connected to URL, as before or anew. */
static struct imap *
connected(struct kept *k, const struct mail_server *s, struct sme_err *err)
{
	bool same = k->imap && slice_is(buf_slice(&k->imap_url), s->url);

	if (same && mail_clock() - k->used > IDLE)
		same = imap_alive(k->imap);
	if (!same || imap_lost(k->imap)) {
		imap_close(k->imap);
		k->imap = imap_open(s, err);
		buf_clear(&k->imap_url);
		buf_puts(&k->imap_url, s->url);
	}
	k->used = mail_clock();
	return k->imap;
}

/* ---- IMAP ---- */

static int
page(struct kept *k, const struct order *o, struct buf *body, struct sme_err *err)
{
	struct imap_query q = {
	    .folder = node_text(o->mail, "folder"),
	    .cursor = node_get(o->mail, "cursor"),
	    .since = TIME_NONE,
	    .limit = limit_of(o),
	};

	rfc3339_parse(node_text(o->mail, "since"), &q.since);
	return imap_page(k->imap, k->mime, &q, body, err);
}

/* That mails cannot be marked is told, and does not keep others from being read. */
static int
mark(struct kept *k, const struct order *o, struct buf *body, struct sme_err *err)
{
	double validity = node_number(o->mail, "uidvalidity", 0);
	struct sme_err why = {.text = ""};
	int r = imap_mark(k->imap, node_text(o->mail, "folder"), validity > 0 ? (uint64_t)validity : 0,
	    node_get(o->mail, "uids"), node_text(o->mail, "move"), &why);

	if (r < 0 && (imap_lost(k->imap) || why.status == SME_NOPERM)) {
		*err = why;
		return -1;
	}
	buf_printf(body, "{\"marked\":%s", r == 0 ? "true" : "false");
	put_or_null(body, "error", slice_of(why.text));
	buf_addc(body, '}');
	return 0;
}

static int
find(struct kept *k, const struct order *o, struct buf *body, struct sme_err *err)
{
	size_t found;

	if (imap_find(k->imap, node_text(o->mail, "folder"), node_text(o->mail, "message_id"), &found,
	        err) < 0)
		return -1;
	buf_printf(body, "{\"found\":%zu}", found);
	return 0;
}

static int
run_imap(struct transport_call *call, const struct order *o, struct buf *body, struct sme_err *err)
{
	struct slice what = node_text(o->mail, "do");
	struct kept *k = kept(call);
	struct mail_server s;

	if (find_server(&s, call, o, node_text(o->root, "url").p, true, err) < 0 ||
	    !connected(k, &s, err))
		return -1;
	if (slice_is(what, "page"))
		return page(k, o, body, err);
	if (slice_is(what, "mark"))
		return mark(k, o, body, err);
	if (slice_is(what, "find"))
		return find(k, o, body, err);
	return err_set(err, SME_DATA, "mail.do: expected page, mark or find");
}

void
transport_imap(struct transport_call *call)
{
	struct buf body = BUF_INIT;
	struct sme_err err;
	struct order o;

	order_open(&o, call);
	if (run_imap(call, &o, &body, &err) < 0)
		fail(call, &err);
	else
		answer(call, &body);
	order_close(&o);
	buf_release(&body);
}

/* ---- SMTP ---- */

/* A copy for the folder of what was sent; that it could not be put there changes nothing any more. */
static void
put_copy(struct transport_call *call, const struct order *o, const struct draft *d, struct buf *body)
{
	const struct json_node *copy = node_get(o->mail, "copy");
	struct sme_err err = {.text = ""};
	struct kept *k = kept(call);
	struct mail_server s;

	if (!copy)
		return;
	if (find_server(&s, call, o, node_text(copy, "url").p, true, &err) == 0 &&
	    connected(k, &s, &err))
		imap_append(k->imap, node_text(copy, "folder"), buf_slice(&d->raw), &err);
	put_or_null(body, "copy_error", slice_of(err.text));
}

static int
run_smtp(struct transport_call *call, const struct order *o, const struct draft *d, struct buf *body,
    struct sme_err *err)
{
	struct smtp_result result;
	struct mail_server s;
	int r;

	/* What only reads may be sent twice, and a mail must not. */
	if (!slice_is(node_text(o->root, "method"), "POST"))
		return err_set(err, SME_DATA, "a mail is sent with the method POST");
	if (find_server(&s, call, o, node_text(o->root, "url").p, node_bool(o->mail, "login", true),
	        err) < 0)
		return -1;
	if (s.timeout < SMTP_TIMEOUT)
		s.timeout = SMTP_TIMEOUT;
	r = smtp_send(&s, d, node_text(o->mail, "helo").p, &result, err);
	call->answer.maybe_done = result.maybe_sent;
	if (r < 0)
		return -1;
	put_string(body, "message_id", node_text(o->mail, "message_id"));
	put_string(body, "answer", slice_of(result.text));
	put_copy(call, o, d, body);
	return 0;
}

void
transport_smtp(struct transport_call *call)
{
	struct draft d = DRAFT_INIT;
	struct buf body = BUF_INIT;
	struct sme_err err;
	struct order o;

	order_open(&o, call);
	buf_addc(&body, '{');
	if (draft_make(&d, o.mail, &err) < 0 || run_smtp(call, &o, &d, &body, &err) < 0) {
		fail(call, &err);
	} else {
		buf_addc(&body, '}');
		answer(call, &body);
	}
	order_close(&o);
	draft_release(&d);
	buf_release(&body);
}

/* ---- files ---- */

/* "file:///var/mail/x"; a path that does not begin with "/" is meant from where the configuration is. */
static void
put_path(const struct transport_call *call, struct slice url, struct buf *path)
{
	struct slice rest = url;

	if (slice_starts(url, SLICE("file://")))
		rest = (struct slice){url.p + 7, url.n - 7};
	if (!rest.n || *rest.p != '/')
		buf_printf(path, "%s/", call->account->dir);
	buf_adds(path, rest);
}

static struct mailbox *
opened(struct kept *k, const struct buf *path, struct sme_err *err)
{
	if (k->mailbox && slice_eq(buf_slice(&k->path), buf_slice(path)))
		return k->mailbox;
	mailbox_close(k->mailbox);
	k->mailbox = mailbox_open(buf_str(path), err);
	buf_clear(&k->path);
	buf_adds(&k->path, buf_slice(path));
	return k->mailbox;
}

/* A file that another has taken the place of is opened anew with the next poll. */
static void
forget_mailbox(struct kept *k)
{
	mailbox_close(k->mailbox);
	k->mailbox = NULL;
}

void
transport_file(struct transport_call *call)
{
	struct buf body = BUF_INIT, path = BUF_INIT;
	struct kept *k = kept(call);
	struct sme_err err;
	struct order o;

	order_open(&o, call);
	put_path(call, node_text(o.root, "url"), &path);
	if (!opened(k, &path, &err) || mailbox_page(k->mailbox, k->mime, node_get(o.mail, "cursor"),
	                                   limit_of(&o), &body, &err) < 0) {
		fail(call, &err);
		forget_mailbox(k);
	} else {
		answer(call, &body);
		if (value_is_nothing(value_get(call->body, "more")))
			forget_mailbox(k);
	}
	order_close(&o);
	buf_release(&body);
	buf_release(&path);
}
