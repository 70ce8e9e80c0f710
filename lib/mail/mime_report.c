/* Reports on the delivery of our own mails (RFC 3464, RFC 8098, RFC 5965). */
#include <ctype.h>

#include "mail/mime_int.h"
#include "mail/put.h"

static bool
is_type(GMimeObject *object, const char *type, const char *subtype)
{
	return g_mime_content_type_is_type(g_mime_object_get_content_type(object), type, subtype);
}

/* The value of the field NAME in the block of lines S, without "rfc822;" and its like before it. */
static struct slice
field(struct slice s, const char *name, bool typed)
{
	size_t len = strlen(name);
	struct slice line;

	while (s.n && slice_cut(&s, '\n', &line)) {
		struct slice value, rest;

		if (line.n <= len || line.p[len] != ':' || strncasecmp(line.p, name, len) != 0)
			continue;
		value = slice_trim((struct slice){line.p + len + 1, line.n - len - 1});
		rest = value;
		if (typed && slice_cut(&rest, ';', &line) && rest.p)
			value = slice_trim(rest);
		return value;
	}
	return (struct slice){NULL, 0};
}

static void
put_field(struct buf *out, const char *key, struct slice value)
{
	struct buf clean = BUF_INIT;

	mime_clean(value, &clean);
	put_or_null(out, key, buf_slice(&clean));
	buf_release(&clean);
}

/* One block of fields that belong together; BLOCKS becomes the rest. */
static bool
next_block(struct slice *blocks, struct slice *block)
{
	struct slice line;
	const char *start, *end;

	while (blocks->n && isspace((unsigned char)*blocks->p))
		*blocks = (struct slice){blocks->p + 1, blocks->n - 1};
	start = end = blocks->p;
	while (blocks->n && slice_cut(blocks, '\n', &line) && slice_trim(line).n)
		end = line.p + line.n;
	*block = (struct slice){start, (size_t)(end - start)};
	return block->n > 0;
}

static void
take_status(struct parts *p, struct slice blocks)
{
	struct slice block, address;

	while (next_block(&blocks, &block)) {
		address = field(block, "Final-Recipient", true);
		if (!address.n)
			address = field(block, "Original-Recipient", true);
		if (!address.n || p->nrecipients >= RECIPIENTS_MAX)
			continue;
		if (p->nrecipients++)
			buf_addc(&p->recipients, ',');
		buf_addc(&p->recipients, '{');
		put_field(&p->recipients, "address", address);
		put_field(&p->recipients, "action", field(block, "Action", false));
		put_field(&p->recipients, "status", field(block, "Status", false));
		put_field(&p->recipients, "diagnostic", field(block, "Diagnostic-Code", true));
		buf_addc(&p->recipients, '}');
	}
}

static void
take_original(struct parts *p, struct slice value)
{
	if (!p->original.n)
		mime_next_id(&value, &p->original);
}

static void
take_part(struct parts *p, GMimeObject *object)
{
	GByteArray *bytes;
	struct slice s;

	if (GMIME_IS_MESSAGE_PART(object)) {
		GMimeMessage *message = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));

		if (message)
			take_original(p, mime_header(GMIME_OBJECT(message), "Message-ID"));
		return;
	}
	if (!GMIME_IS_PART(object))
		return;
	bytes = mime_content(GMIME_PART(object));
	s = (struct slice){(const char *)bytes->data, bytes->len};
	if (is_type(object, "message", "delivery-status") ||
	    is_type(object, "message", "global-delivery-status"))
		take_status(p, s);
	else if (is_type(object, "text", "rfc822-headers"))
		take_original(p, field(s, "Message-ID", false));
	else
		take_original(p, field(s, "Original-Message-ID", false));
	g_byte_array_unref(bytes);
}

void
mime_report(struct parts *p, GMimeMultipart *report)
{
	int count = g_mime_multipart_get_count(report);
	struct slice type =
	    slice_of(g_mime_object_get_content_type_parameter(GMIME_OBJECT(report), "report-type"));

	if (p->report.n)
		return;
	mime_clean(type, &p->report);
	for (size_t i = 0; i < p->report.n; i++)
		p->report.p[i] = (char)tolower((unsigned char)p->report.p[i]);
	if (!p->report.n)
		buf_puts(&p->report, "unknown");
	for (int i = 1; i < count; i++)
		take_part(p, g_mime_multipart_get_part(report, i));
}
