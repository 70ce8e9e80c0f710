#include "mail/mime.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/mem.h"
#include "mail/mime_int.h"
#include "mail/put.h"
#include "stream/json.h"

/*
 * GMime parses parts by recursion and makes an object of every header, so both are counted before it
 * sees a mail: parts by their Content-Type, headers by all lines where there could be one.
 */
#define CONTENT_TYPES_MAX 500
#define HEADER_BYTES_MAX ((size_t)512 << 10)
#define HEADER_LINES_MAX 10000
#define COLONS_MAX 1000 /* of one header: "a:b:c:" is a group within a group to GMime */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
start_gmime(void)
{
	g_mime_init();
}

struct mime *
mime_open(void)
{
	static const char *charsets[] = {"utf-8", "windows-1252", NULL};
	struct mime *m = xmalloc(sizeof *m);

	pthread_once(&once, start_gmime);
	m->html = html_open();
	m->options = g_mime_parser_options_new();
	g_mime_parser_options_set_fallback_charsets(m->options, charsets);
	return m;
}

void
mime_close(struct mime *m)
{
	if (!m)
		return;
	g_mime_parser_options_free(m->options);
	html_close(m->html);
	free(m);
}

/* ---- what GMime gets to see ---- */

static bool
has_nocase(struct slice s, const char *word)
{
	size_t n = strlen(word);

	for (size_t i = 0; i + n <= s.n; i++)
		if (strncasecmp(s.p + i, word, n) == 0)
			return true;
	return false;
}

/* Where the lines of a mail may be headers. */
struct lookout {
	bool header, embedded, digest;
	size_t bytes, lines, types, colons;
};

/* False when LINE is one too many. */
static bool
look_at(struct lookout *l, struct slice line, unsigned *cut)
{
	if (line.n >= 2 && line.p[0] == '-' && line.p[1] == '-')
		l->header = true;
	if (line.n >= 12 && strncasecmp(line.p, "content-type", 12) == 0 &&
	    ++l->types > CONTENT_TYPES_MAX) {
		*cut |= CUT_PARTS;
		return false;
	}
	if (!l->header)
		return true;
	l->bytes += line.n + 1;
	l->lines++;
	if (!line.n || !isspace((unsigned char)*line.p))
		l->colons = 0;
	for (size_t i = 0; i < line.n; i++)
		l->colons += line.p[i] == ':';
	if (l->bytes > HEADER_BYTES_MAX || l->lines > HEADER_LINES_MAX || l->colons > COLONS_MAX) {
		*cut |= CUT_HEADERS;
		return false;
	}
	l->digest |= has_nocase(line, "digest");
	l->embedded |= has_nocase(line, "message");
	if (!slice_trim(line).n) {
		/* A message within a message begins with headers again. */
		l->header = l->embedded || l->digest;
		l->embedded = false;
	}
	return true;
}

static struct slice
bounded(struct slice raw, unsigned *cut)
{
	struct lookout l = {.header = true};
	struct slice rest, line;

	if (raw.n > MIME_MAX) {
		raw.n = MIME_MAX;
		*cut |= CUT_SIZE;
	}
	rest = raw;
	while (rest.n && slice_cut(&rest, '\n', &line))
		if (!look_at(&l, line, cut))
			return (struct slice){raw.p, (size_t)(line.p - raw.p)};
	return raw;
}

static GMimeMessage *
parse(struct mime *m, struct slice raw)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(raw.n ? raw.p : "", raw.n);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message;

	g_mime_parser_set_format(parser, GMIME_FORMAT_MESSAGE);
	g_mime_parser_set_persist_stream(parser, TRUE);
	message = g_mime_parser_construct_message(parser, m->options);
	g_object_unref(parser);
	g_object_unref(stream);
	return message;
}

/* ---- who it is, when it does not say ---- */

static void
hash_slice(GChecksum *sum, struct slice s)
{
	struct slice line;

	while (s.n && slice_cut(&s, '\r', &line))
		g_checksum_update(sum, (const guchar *)line.p, (gssize)line.n);
	g_checksum_update(sum, (const guchar *)"", 1);
}

static struct slice
body_of(struct slice raw)
{
	struct slice line;

	while (raw.n && slice_cut(&raw, '\n', &line))
		if (!slice_trim(line).n)
			break;
	return raw.n ? raw : SLICE("");
}

/* Not of all headers: mailbox formats and servers add some and change others. */
static void
put_hash(GMimeMessage *message, struct slice raw, struct buf *out)
{
	static const char *const names[] = {"Date", "From", "To", "Subject"};
	GChecksum *sum = g_checksum_new(G_CHECKSUM_SHA256);

	for (size_t i = 0; message && i < sizeof names / sizeof *names; i++)
		hash_slice(sum, slice_trim(mime_header(GMIME_OBJECT(message), names[i])));
	hash_slice(sum, slice_trim(body_of(raw)));
	put_string(out, "hash", (struct slice){g_checksum_get_string(sum), 32});
	g_checksum_free(sum);
}

/* ---- the object ---- */

static void
put_links(const struct refs *refs, struct buf *out)
{
	put_key(out, "links");
	buf_addc(out, '[');
	for (size_t i = 0; i < refs->nlinks; i++) {
		if (i)
			buf_addc(out, ',');
		json_put_string(out, refs->links[i]);
	}
	buf_addc(out, ']');
}

static void
put_cut(unsigned cut, struct buf *out)
{
	static const char *const names[] = {"size", "headers", "parts", "text", "attachments"};
	bool first = true;

	put_key(out, "cut");
	buf_addc(out, '[');
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (cut & 1u << i) {
			buf_puts(out, first ? "\"" : ",\"");
			buf_puts(out, names[i]);
			buf_addc(out, '"');
			first = false;
		}
	buf_addc(out, ']');
}

static void
put_report(const struct parts *p, struct buf *out)
{
	put_key(out, "report");
	if (!p->report.n) {
		buf_puts(out, "null");
		return;
	}
	buf_addc(out, '{');
	put_string(out, "type", buf_slice(&p->report));
	put_or_null(out, "original", buf_slice(&p->original));
	put_key(out, "recipients");
	buf_addc(out, '[');
	buf_adds(out, buf_slice(&p->recipients));
	buf_puts(out, "]}");
}

static void
put_body(struct parts *p, struct buf *out)
{
	struct body body = BODY_INIT;

	if (p->text.n > TEXT_MAX) {
		p->text.n = TEXT_MAX;
		p->cut |= CUT_TEXT;
	}
	body_split(buf_slice(&p->text), &body);
	put_string(out, "text", buf_slice(&body.text));
	put_string(out, "quoted", buf_slice(&body.quoted));
	put_string(out, "signature", buf_slice(&body.signature));
	put_string(out, "format", p->html ? SLICE("html") : p->plain ? SLICE("plain") : SLICE("none"));
	if (p->encrypted) {
		put_key(out, "encrypted");
		buf_puts(out, "true");
	}
	body_release(&body);
}

void
mime_put(struct mime *m, struct slice raw, const struct mime_origin *o, struct buf *out)
{
	struct parts p = {.mime = m,
	    .text = BUF_INIT_MAX(2 * TEXT_MAX),
	    .attachments = BUF_INIT,
	    .recipients = BUF_INIT,
	    .original = BUF_INIT,
	    .report = BUF_INIT};
	struct slice seen = bounded(raw, &p.cut);
	GMimeMessage *message = parse(m, seen);

	if (o->size > raw.n)
		p.cut |= CUT_SIZE;
	buf_addc(out, '{');
	buf_adds(out, o->extra);
	mime_put_head(message, o, out);
	if (message)
		mime_walk(&p, message);
	put_report(&p, out);
	put_body(&p, out);
	put_links(&p.refs, out);
	put_key(out, "attachments");
	buf_addc(out, '[');
	buf_adds(out, buf_slice(&p.attachments));
	buf_addc(out, ']');
	put_number(out, "size", o->size > raw.n ? o->size : raw.n);
	put_hash(message, seen, out);
	put_cut(p.cut, out);
	buf_addc(out, '}');
	if (message)
		g_object_unref(message);
	refs_release(&p.refs);
	arena_release(&p.arena);
	buf_release(&p.text);
	buf_release(&p.attachments);
	buf_release(&p.recipients);
	buf_release(&p.original);
	buf_release(&p.report);
}
