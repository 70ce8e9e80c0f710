#include "mail/compose.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "mail/mime_int.h"

/* Where lines of text are broken softly, in characters; and the most that a line may have, in bytes. */
#define WIDTH 72
#define LINE_MAX_BYTES 900

/* Message ids of References that are kept: the first and the last ones. */
#define IDS_MAX 20

void
draft_release(struct draft *d)
{
	buf_release(&d->raw);
	free(d->from);
	for (size_t i = 0; i < d->nto; i++)
		free(d->to[i]);
	free(d->to);
	*d = (struct draft)DRAFT_INIT;
}

/* ---- checks ---- */

/* An address as it can stand in an SMTP command without quotation. */
static bool
is_address(struct slice s)
{
	ptrdiff_t at = slice_find(s, SLICE("@"));

	if (at <= 0 || (size_t)at + 1 >= s.n || s.n > 320)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c <= ' ' || c == 0x7f || strchr("<>()[],;:\\\"", c) || (c == '@' && i != (size_t)at) ||
		    (c >= 0x80 && i < (size_t)at))
			return false;
	}
	return true;
}

static bool
is_id(struct slice s)
{
	ptrdiff_t at = slice_find(s, SLICE("@"));

	if (at <= 0 || s.n > 900)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] > '~' || strchr("<>", s.p[i]))
			return false;
	return true;
}

/* ---- headers ---- */

static void
add_recipient(struct draft *d, struct slice address)
{
	/* One more for the NULL at the end. */
	if (d->nto + 2 > d->cap) {
		d->cap = d->cap ? 2 * d->cap : 8;
		d->to = xreallocarray(d->to, d->cap, sizeof *d->to);
	}
	d->to[d->nto++] = xslicedup(address);
	d->to[d->nto] = NULL;
}

static int
bad_address(struct slice address, struct sme_err *err)
{
	return err_set(err, SME_DATA, "\"%.*s\" is no mail address", (int)(address.n < 100 ? address.n : 100),
	    address.n ? address.p : "");
}

/* MESSAGE may be NULL: an address of the envelope only. */
static int
add_mailbox(struct draft *d, GMimeMessage *message, GMimeAddressType type,
    const struct json_node *node, struct sme_err *err)
{
	struct slice address = node_text(node, "address");
	struct buf name = BUF_INIT;

	if (!is_address(address))
		return bad_address(address, err);
	mime_clean(node_text(node, "name"), &name);
	if (message)
		g_mime_message_add_mailbox(message, type, name.n ? buf_str(&name) : NULL, address.p);
	if (type == GMIME_ADDRESS_TYPE_FROM)
		d->from = xslicedup(address);
	else if (type != GMIME_ADDRESS_TYPE_REPLY_TO)
		add_recipient(d, address);
	buf_release(&name);
	return 0;
}

static int
add_mailboxes(struct draft *d, GMimeMessage *message, const struct json_node *mail, struct sme_err *err)
{
	static const struct {
		const char *key;
		GMimeAddressType type;
	} lists[] = {{"to", GMIME_ADDRESS_TYPE_TO}, {"cc", GMIME_ADDRESS_TYPE_CC},
	    {"bcc", GMIME_ADDRESS_TYPE_BCC}, {"reply_to", GMIME_ADDRESS_TYPE_REPLY_TO}};

	if (add_mailbox(d, message, GMIME_ADDRESS_TYPE_FROM, node_get(mail, "from"), err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		bool hidden = lists[i].type == GMIME_ADDRESS_TYPE_BCC;

		for (NODE_EACH(it, node_get(mail, lists[i].key)))
			if (add_mailbox(d, hidden ? NULL : message, lists[i].type, it, err) < 0)
				return -1;
	}
	return d->nto ? 0 : err_set(err, SME_DATA, "the mail has no recipient");
}

static int
append_id(struct buf *out, struct slice id, struct sme_err *err)
{
	if (!is_id(id))
		return err_set(err, SME_DATA, "\"%.*s\" is no message id", (int)(id.n < 100 ? id.n : 100),
		    id.n ? id.p : "");
	if (out->n)
		buf_addc(out, ' ');
	buf_addc(out, '<');
	buf_adds(out, id);
	buf_addc(out, '>');
	return 0;
}

/* What another program called a message id may be none; those are left out. */
static void
set_thread(GMimeObject *object, const struct json_node *mail)
{
	const struct json_node *list = node_get(mail, "references");
	struct buf ids = BUF_INIT;
	size_t i = 0;

	if (append_id(&ids, node_text(mail, "in_reply_to"), NULL) == 0)
		g_mime_object_set_header(object, "In-Reply-To", buf_str(&ids), NULL);
	buf_clear(&ids);
	for (NODE_EACH(it, list)) {
		if (i == 0 || i + IDS_MAX > list->count)
			append_id(&ids, it->text, NULL);
		i++;
	}
	if (ids.n)
		g_mime_object_set_header(object, "References", buf_str(&ids), NULL);
	buf_release(&ids);
}

static int
set_headers(struct draft *d, GMimeMessage *message, const struct json_node *mail, struct sme_err *err)
{
	GMimeObject *object = GMIME_OBJECT(message);
	struct buf text = BUF_INIT;
	GDateTime *date;
	int64_t ms;

	if (!rfc3339_parse(node_text(mail, "date"), &ms))
		return err_set(err, SME_DATA, "the mail has no date");
	if (append_id(&text, node_text(mail, "message_id"), err) < 0)
		return -1;
	date = g_date_time_new_from_unix_utc(ms / 1000);
	g_mime_message_set_date(message, date);
	g_date_time_unref(date);
	if (add_mailboxes(d, message, mail, err) < 0) {
		buf_release(&text);
		return -1;
	}
	g_mime_message_set_message_id(message, node_text(mail, "message_id").p);
	buf_clear(&text);
	mime_clean(node_text(mail, "subject"), &text);
	g_mime_message_set_subject(message, buf_str(&text), "utf-8");
	set_thread(object, mail);
	if (node_bool(mail, "auto", false))
		g_mime_object_set_header(object, "Auto-Submitted", "auto-replied", NULL);
	buf_clear(&text);
	mime_clean(node_text(mail, "lang"), &text);
	if (text.n && text.n < 36)
		g_mime_object_set_header(object, "Content-Language", buf_str(&text), "utf-8");
	buf_release(&text);
	return 0;
}

/* ---- text ---- */

/* Where the next line of S ends: at a space before WIDTH characters, else at the first one behind. */
static size_t
soft_end(struct slice s)
{
	size_t chars = 0, space = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) != 0x80)
			chars++;
		if (chars > WIDTH && space)
			return space;
		/* The next line must not begin with a space of its own. */
		if (s.p[i] == ' ' && i + 1 < s.n && s.p[i + 1] != ' ')
			space = i + 1;
	}
	return s.n;
}

static void
put_stuffed(struct buf *out, struct slice line)
{
	if (line.n && (*line.p == ' ' || *line.p == '>' || slice_starts(line, SLICE("From "))))
		buf_addc(out, ' ');
	buf_adds(out, line);
	buf_addc(out, '\n');
}

/* As format=flowed (RFC 3676). */
static void
put_flowed(struct buf *out, struct slice text)
{
	struct slice line;

	while (text.n && slice_cut(&text, '\n', &line)) {
		size_t n = line.n;

		while (n && strchr(" \t\r", line.p[n - 1]))
			n--;
		if (n == 2 && line.n >= 3 && slice_starts(line, SLICE("-- ")))
			n = 3; /* a signature follows */
		line.n = n;
		do {
			n = slice_is(line, "-- ") ? 3 : soft_end(line);
			put_stuffed(out, (struct slice){line.p, n});
			line = (struct slice){line.p + n, line.n - n};
		} while (line.n);
	}
}

/* Must it be encoded to pass through every server? */
static bool
needs_encoding(struct slice text)
{
	size_t len = 0;

	for (size_t i = 0; i < text.n; i++) {
		len = text.p[i] == '\n' ? 0 : len + 1;
		if ((unsigned char)text.p[i] >= 0x80 || len > LINE_MAX_BYTES)
			return true;
	}
	return false;
}

/* Control characters but tabs and line ends have no business in a mail. */
static void
put_visible(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == '\n' || c == '\t' || (c >= ' ' && c != 0x7f))
			buf_addc(out, (char)c);
	}
}

static void
set_body(GMimeMessage *message, struct slice text)
{
	GMimePart *part = g_mime_part_new_with_type("text", "plain");
	GMimeObject *object = GMIME_OBJECT(part);
	struct buf visible = BUF_INIT, flowed = BUF_INIT;
	GMimeDataWrapper *content;
	GMimeStream *stream;
	bool encode;

	put_visible(&visible, text);
	put_flowed(&flowed, buf_slice(&visible));
	encode = needs_encoding(buf_slice(&flowed));
	stream = g_mime_stream_mem_new_with_buffer(buf_str(&flowed), flowed.n);
	content = g_mime_data_wrapper_new_with_stream(stream, GMIME_CONTENT_ENCODING_DEFAULT);
	g_mime_object_set_content_type_parameter(object, "charset", "utf-8");
	g_mime_object_set_content_type_parameter(object, "format", "flowed");
	g_mime_part_set_content(part, content);
	g_mime_part_set_content_encoding(part,
	    encode ? GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE : GMIME_CONTENT_ENCODING_7BIT);
	g_mime_message_set_mime_part(message, object);
	g_object_unref(content);
	g_object_unref(stream);
	g_object_unref(part);
	buf_release(&visible);
	buf_release(&flowed);
}

/* ---- bytes ---- */

static void
put_crlf(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\r')
			continue;
		if (s.p[i] == '\n')
			buf_addc(out, '\r');
		buf_addc(out, s.p[i]);
	}
}

int
draft_make(struct draft *d, const struct json_node *mail, struct sme_err *err)
{
	struct mime *starts_gmime = mime_open();
	GMimeMessage *message = g_mime_message_new(TRUE);
	int r = set_headers(d, message, mail, err);

	if (r == 0) {
		char *text;

		set_body(message, node_text(mail, "text"));
		text = g_mime_object_to_string(GMIME_OBJECT(message), NULL);
		put_crlf(&d->raw, slice_of(text));
		g_free(text);
	}
	g_object_unref(message);
	mime_close(starts_gmime);
	return r;
}
