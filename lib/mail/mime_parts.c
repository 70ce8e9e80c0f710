/* The parts of a mail: which of them is what the author wrote, and what hangs on it. */
#include <ctype.h>

#include "mail/mime_int.h"
#include "mail/put.h"
#include "mail/words.h"
#include "net/charset.h"

/* Bytes of text parts that are read of one mail, the same text in another form included. */
#define READ_MAX ((size_t)2 << 20)

/* What a part, with all that is in it, says. */
struct found {
	struct buf text;
	bool plain, html;
};

static void walk(struct parts *p, GMimeObject *object, int depth, struct found *f);

/* ---- content ---- */

GByteArray *
mime_content(GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GByteArray *bytes = g_byte_array_new();
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(bytes);

	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	if (content)
		g_mime_data_wrapper_write_to_stream(content, stream);
	g_object_unref(stream);
	return bytes;
}

static struct slice
bytes_slice(const GByteArray *bytes)
{
	return (struct slice){(const char *)bytes->data, bytes->len};
}

/* Append what there is room for, at a character's border. */
static void
add_clipped(struct parts *p, struct buf *to, struct slice s)
{
	size_t room = to->n < TEXT_MAX ? TEXT_MAX - to->n : 0;

	if (s.n > room) {
		p->cut |= CUT_TEXT;
		s.n = room;
		while (s.n && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
			s.n--;
	}
	buf_adds(to, s);
}

static void
add_segment(struct parts *p, struct found *f, struct slice s)
{
	if (f->text.n && slice_trim(s).n)
		buf_puts(&f->text, "\n\n");
	add_clipped(p, &f->text, s);
}

/* ---- HTML ---- */

/* Where mail programs put what is quoted. */
static bool
is_quote_tag(struct slice tag)
{
	static const char *const marks[] = {"gmail_quote", "divRplyFwdMsg", "appendonsend",
	    "moz-cite-prefix", "mail-editor-reference-message-container", "yahoo_quoted",
	    "OutlookMessageHeader", "name=\"quote\""};

	if (tag.n >= 11 && strncasecmp(tag.p, "<blockquote", 11) == 0)
		return true;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (slice_find(tag, slice_of(marks[i])) >= 0)
			return true;
	return false;
}

/* Tags are looked at up to so many bytes: their markers stand in front. */
#define TAG_MAX 512

static size_t
quote_start(struct slice html)
{
	for (size_t i = 0; i < html.n; i++) {
		struct slice tag = {html.p + i, html.n - i < TAG_MAX ? html.n - i : TAG_MAX};
		size_t end = 1;

		if (html.p[i] != '<')
			continue;
		while (end < tag.n && tag.p[end] != '<' && tag.p[end] != '>')
			end++;
		if (is_quote_tag((struct slice){tag.p, end}))
			return i;
		i += end - 1;
	}
	return html.n;
}

static void
add_html(struct parts *p, struct found *f, struct slice html)
{
	size_t at = quote_start(html);
	struct buf text = BUF_INIT, quoted = BUF_INIT;

	html_text(p->mime->html, (struct slice){html.p, at}, SLICE(""), &text, &p->refs, &p->arena);
	if (at < html.n) {
		html_text(p->mime->html, (struct slice){html.p + at, html.n - at}, SLICE(""), &quoted,
		    NULL, NULL);
		if (text.n)
			buf_puts(&text, "\n\n");
		body_quote(buf_slice(&quoted), &text);
	}
	add_segment(p, f, buf_slice(&text));
	f->html = true;
	buf_release(&text);
	buf_release(&quoted);
}

/* ---- plain text ---- */

static bool
is_parameter(GMimeObject *object, const char *name, const char *value)
{
	struct slice s = slice_of(g_mime_object_get_content_type_parameter(object, name));

	return slice_eq_nocase(slice_trim(s), slice_of(value));
}

static void
add_plain(struct parts *p, struct found *f, GMimeObject *object, struct slice text)
{
	struct buf unflowed = BUF_INIT;

	if (is_parameter(object, "format", "flowed")) {
		body_unflow(text, is_parameter(object, "delsp", "yes"), &unflowed);
		text = buf_slice(&unflowed);
	}
	add_segment(p, f, text);
	f->plain = true;
	buf_release(&unflowed);
}

static void
add_text(struct parts *p, struct found *f, GMimePart *part, bool html)
{
	GMimeObject *object = GMIME_OBJECT(part);
	GByteArray *bytes = mime_content(part);
	struct slice content = bytes_slice(bytes);
	struct buf text = BUF_INIT;

	if (content.n > READ_MAX - p->read) {
		content.n = READ_MAX - p->read;
		p->cut |= CUT_TEXT;
	}
	p->read += content.n;
	if (content.n)
		charset_decode(&text, content,
		    slice_of(g_mime_object_get_content_type_parameter(object, "charset")));
	if (html)
		add_html(p, f, buf_slice(&text));
	else
		add_plain(p, f, object, buf_slice(&text));
	buf_release(&text);
	g_byte_array_unref(bytes);
}

/* ---- attachments ---- */

/* The last part of a path, as nobody needs the sender's folders. */
static void
put_name(struct buf *out, struct slice name)
{
	struct buf clean = BUF_INIT;
	struct slice s;

	mime_clean(name, &clean);
	s = buf_slice(&clean);
	for (size_t i = 0; i < clean.n; i++)
		if (clean.p[i] == '/' || clean.p[i] == '\\')
			s = (struct slice){clean.p + i + 1, clean.n - i - 1};
	if (s.n > 255) {
		s.n = 255;
		while (s.n && ((unsigned char)s.p[s.n] & 0xc0) == 0x80)
			s.n--;
	}
	put_or_null(out, "name", s);
	buf_release(&clean);
}

static void
put_type(struct buf *out, GMimeObject *object)
{
	char *type = g_mime_content_type_get_mime_type(g_mime_object_get_content_type(object));
	struct buf clean = BUF_INIT;

	mime_clean(slice_of(type), &clean);
	for (size_t i = 0; i < clean.n; i++)
		clean.p[i] = (char)tolower((unsigned char)clean.p[i]);
	put_string(out, "type", buf_slice(&clean));
	buf_release(&clean);
	g_free(type);
}

static void
put_attachment(struct parts *p, GMimeObject *object, struct slice name, struct slice content)
{
	const char *disposition = g_mime_object_get_disposition(object);
	struct buf *out = &p->attachments, clean = BUF_INIT;
	char *sum;

	if (p->nattachments++ >= ATTACHMENTS_MAX) {
		p->cut |= CUT_ATTACHMENTS;
		return;
	}
	sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
	    (const guchar *)(content.n ? content.p : ""), content.n);
	if (out->n)
		buf_addc(out, ',');
	buf_addc(out, '{');
	put_name(out, name);
	put_type(out, object);
	put_number(out, "size", content.n);
	put_string(out, "sha256", slice_of(sum));
	put_key(out, "inline");
	buf_puts(out, disposition && g_ascii_strcasecmp(disposition, "inline") == 0 ? "true" : "false");
	mime_clean(slice_of(g_mime_object_get_content_id(object)), &clean);
	put_known(out, "content_id", buf_slice(&clean));
	buf_addc(out, '}');
	buf_release(&clean);
	g_free(sum);
}

/* A name in encoded words, which no standard allows and Outlook writes; see words.h. */
static bool
encoded_name(GMimePart *part, const char *header, const char *key, struct buf *name)
{
	struct slice s = mime_header(GMIME_OBJECT(part), header);
	ptrdiff_t at = slice_find(s, slice_of(key));
	const char *end;

	if (at < 0)
		return false;
	s = (struct slice){s.p + at + strlen(key), s.n - (size_t)at - strlen(key)};
	end = s.n ? memchr(s.p, '"', s.n) : NULL;
	if (!end || slice_find((struct slice){s.p, (size_t)(end - s.p)}, SLICE("=?")) < 0)
		return false;
	words_decode((struct slice){s.p, (size_t)(end - s.p)}, name);
	return true;
}

static void
attach_part(struct parts *p, GMimePart *part)
{
	GByteArray *bytes = mime_content(part);
	struct buf name = BUF_INIT;

	if (!encoded_name(part, "Content-Disposition", "filename=\"", &name) &&
	    !encoded_name(part, "Content-Type", "name=\"", &name) && g_mime_part_get_filename(part))
		buf_puts(&name, g_mime_part_get_filename(part));
	put_attachment(p, GMIME_OBJECT(part), buf_slice(&name), bytes_slice(bytes));
	g_byte_array_unref(bytes);
	buf_release(&name);
}

/* A mail in a mail is an attachment, named by its subject. */
static void
attach_message(struct parts *p, GMimeMessagePart *part)
{
	GMimeMessage *message = g_mime_message_part_get_message(part);
	GByteArray *bytes = g_byte_array_new();
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(bytes);
	struct buf name = BUF_INIT;

	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	if (message) {
		g_mime_object_write_to_stream(GMIME_OBJECT(message), NULL, stream);
		words_decode(slice_trim(mime_header(GMIME_OBJECT(message), "Subject")), &name);
		if (!name.n)
			buf_puts(&name, "message");
		for (size_t i = 0; i < name.n; i++)
			if (name.p[i] == '/' || name.p[i] == '\\')
				name.p[i] = '-';
		buf_puts(&name, ".eml");
	}
	put_attachment(p, GMIME_OBJECT(part), buf_slice(&name), bytes_slice(bytes));
	g_object_unref(stream);
	g_byte_array_unref(bytes);
	buf_release(&name);
}

/* ---- the walk ---- */

static bool
is_type(GMimeObject *object, const char *type, const char *subtype)
{
	return g_mime_content_type_is_type(g_mime_object_get_content_type(object), type, subtype);
}

static void
walk_leaf(struct parts *p, GMimePart *part, struct found *f)
{
	GMimeObject *object = GMIME_OBJECT(part);
	const char *disposition = g_mime_object_get_disposition(object);
	bool attached = (disposition && g_ascii_strcasecmp(disposition, "attachment") == 0) ||
	                g_mime_part_get_filename(part);
	bool html = is_type(object, "text", "html");

	if (!attached && (html || is_type(object, "text", "plain") || is_type(object, "text", "enriched")))
		add_text(p, f, part, html);
	else
		attach_part(p, part);
}

/* Plain text is what the author typed; HTML is it, dressed up. */
static int
rank(const struct found *f)
{
	if (!slice_trim(buf_slice(&f->text)).n)
		return 0;
	return f->html ? 1 : 2;
}

static void
walk_alternative(struct parts *p, GMimeMultipart *multi, int depth, struct found *f)
{
	struct found best = {.text = BUF_INIT};
	int count = g_mime_multipart_get_count(multi);

	for (int i = 0; i < count; i++) {
		struct found one = {.text = BUF_INIT}, old = best;

		walk(p, g_mime_multipart_get_part(multi, i), depth + 1, &one);
		if (rank(&one) > rank(&best)) {
			best = one;
			one = old;
		}
		buf_release(&one.text);
	}
	add_segment(p, f, buf_slice(&best.text));
	f->plain |= best.plain;
	f->html |= best.html;
	buf_release(&best.text);
}

static void
walk_multipart(struct parts *p, GMimeMultipart *multi, int depth, struct found *f)
{
	GMimeObject *object = GMIME_OBJECT(multi);
	int count = g_mime_multipart_get_count(multi);

	if (is_type(object, "multipart", "alternative")) {
		walk_alternative(p, multi, depth, f);
		return;
	}
	if (is_type(object, "multipart", "report")) {
		mime_report(p, multi);
		count = count > 1 ? 1 : count;
	} else if (is_type(object, "multipart", "signed")) {
		count = count > 1 ? 1 : count; /* the second is the signature */
	} else if (is_type(object, "multipart", "encrypted")) {
		p->encrypted = true;
	}
	for (int i = 0; i < count; i++)
		walk(p, g_mime_multipart_get_part(multi, i), depth + 1, f);
}

static void
walk(struct parts *p, GMimeObject *object, int depth, struct found *f)
{
	if (!object)
		return;
	if (depth > DEPTH_MAX)
		p->cut |= CUT_PARTS;
	else if (GMIME_IS_MULTIPART(object))
		walk_multipart(p, GMIME_MULTIPART(object), depth, f);
	else if (GMIME_IS_MESSAGE_PART(object))
		attach_message(p, GMIME_MESSAGE_PART(object));
	else if (GMIME_IS_PART(object))
		walk_leaf(p, GMIME_PART(object), f);
}

void
mime_walk(struct parts *p, GMimeMessage *message)
{
	struct found f = {.text = BUF_INIT};

	walk(p, g_mime_message_get_mime_part(message), 0, &f);
	add_clipped(p, &p->text, buf_slice(&f.text));
	p->plain = f.plain;
	p->html = f.html && !f.plain;
	buf_release(&f.text);
}
