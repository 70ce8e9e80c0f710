#include "net/xmlfix.h"

#include <ctype.h>
#include <libxml/HTMLparser.h>
#include <stdlib.h>

#include "net/charset.h"

/* Deeper elements are dropped, their text stays; libxml2 gives up at 256. */
#define DEPTH_MAX 200

/* Bounds on what is searched through again and again in a text made to be slow. */
#define DOCTYPE_MAX ((size_t)64 << 10)
#define ATTRIBUTES_MAX 4096

struct fix {
	struct buf *out;
	struct slice in;
	size_t at;
	struct slice open[DEPTH_MAX]; /* names of the elements that are open */
	size_t depth;
	bool root_seen;
	bool no_comment_end, no_pi_end, no_decl_end; /* nothing further on closes one: do not look again */
	size_t cdata_end;               /* behind the next "]]>", when that is ahead */
};

static struct slice
rest(struct slice s, size_t at)
{
	return (struct slice){s.p + at, s.n - at};
}

/* Where MARK ends in S at or after FROM; the end of S when it is not there. */
static size_t
behind(struct slice s, size_t from, struct slice mark)
{
	ptrdiff_t at = slice_find(rest(s, from), mark);

	return at < 0 ? s.n : from + (size_t)at + mark.n;
}

/* The end of "<!DOCTYPE ... [ ... ]>" that begins at FROM. */
static size_t
behind_doctype(struct slice s, size_t from)
{
	int brackets = 0;
	char quote = '\0';
	size_t stop = s.n - from > DOCTYPE_MAX ? from + DOCTYPE_MAX : s.n;

	for (size_t i = from; i < stop; i++) {
		char c = s.p[i];

		if (quote) {
			if (c == quote)
				quote = '\0';
		} else if (brackets && (c == '"' || c == '\'')) {
			quote = c;
		} else if (c == '[') {
			brackets++;
		} else if (c == ']') {
			brackets--;
		} else if (c == '>' && brackets <= 0) {
			return i + 1;
		}
	}
	/* Never closed: an apostrophe in a comment, perhaps.  The first tag is the best guess. */
	return behind(s, from, SLICE(">"));
}

struct slice
xml_root(struct slice s)
{
	size_t at = 0;

	while (at < s.n) {
		const char *lt = memchr(s.p + at, '<', s.n - at);
		struct slice tag;

		if (!lt)
			break;
		at = (size_t)(lt - s.p);
		tag = rest(s, at);
		if (slice_starts(tag, SLICE("<!--")))
			at = behind(s, at, SLICE("-->"));
		else if (slice_starts(tag, SLICE("<?")))
			at = behind(s, at, SLICE("?>"));
		else if (slice_starts(tag, SLICE("<!")))
			at = behind_doctype(s, at);
		else if (tag.n > 1 && (isalpha((unsigned char)tag.p[1]) || tag.p[1] == '_'))
			return tag;
		else
			at++;
	}
	return (struct slice){s.p + s.n, 0};
}

static bool
name_byte(unsigned char c)
{
	return isalnum(c) || c >= 0x80 || c == '_' || c == ':' || c == '-' || c == '.';
}

static struct slice
name_at(struct slice s, size_t at)
{
	size_t n = 0;

	if (at < s.n && !isalpha((unsigned char)s.p[at]) && s.p[at] != '_' &&
	    (unsigned char)s.p[at] < 0x80)
		return (struct slice){s.p + at, 0};
	while (at + n < s.n && name_byte((unsigned char)s.p[at + n]))
		n++;
	return (struct slice){s.p + at, n};
}

/* ---- characters ---- */

static bool
is_xml_char(unsigned c)
{
	return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0xd800) ||
	       (c >= 0xe000 && c < 0xfffe) || (c >= 0x10000 && c < 0x110000);
}

static void
put_char(struct buf *out, unsigned c)
{
	if (c >= 0x80 && c < 0xa0)
		c = windows_1252((unsigned char)c);
	if (c == '<')
		buf_puts(out, "&lt;");
	else if (c == '&')
		buf_puts(out, "&amp;");
	else if (c == '"')
		buf_puts(out, "&quot;");
	else if (is_xml_char(c))
		buf_put_utf8(out, c);
}

/* "&#228;" or "&#xe4;" at AT.  Returns its length, 0 when it is none. */
static size_t
put_numeric(struct buf *out, struct slice s)
{
	size_t n = 2;
	bool hex = n < s.n && (s.p[n] | 32) == 'x';
	unsigned long c = 0;
	size_t from = n += hex;

	for (; n < s.n && n < from + 8; n++) {
		unsigned char d = (unsigned char)s.p[n];

		if (hex ? !isxdigit(d) : !isdigit(d))
			break;
		c = c * (hex ? 16 : 10) + (unsigned)(isdigit(d) ? d - '0' : (d | 32) - 'a' + 10);
	}
	if (n == from || n >= s.n || s.p[n] != ';')
		return 0;
	put_char(out, c > 0x10ffff ? 0xfffd : (unsigned)c);
	return n + 1;
}

/* The reference at the start of S, or an ampersand that is just one.  Returns what it used. */
static size_t
put_reference(struct buf *out, struct slice s)
{
	static const char *const own[] = {"amp", "lt", "gt", "quot", "apos"};
	const htmlEntityDesc *e;
	char name[12];
	size_t n = 0, used;

	if (s.n > 2 && s.p[1] == '#' && (used = put_numeric(out, s)))
		return used;
	while (n + 1 < s.n && n < sizeof name - 1 && isalnum((unsigned char)s.p[n + 1])) {
		name[n] = s.p[n + 1];
		n++;
	}
	name[n] = '\0';
	if (n && n + 1 < s.n && s.p[n + 1] == ';') {
		for (size_t i = 0; i < sizeof own / sizeof *own; i++)
			if (strcmp(own[i], name) == 0) {
				buf_add(out, s.p, n + 2);
				return n + 2;
			}
		if ((e = htmlEntityLookup((const xmlChar *)name))) {
			put_char(out, e->value);
			return n + 2;
		}
	}
	buf_puts(out, "&amp;");
	return 1;
}

/* Text or an attribute's value: S is escaped once, if that was not yet done. */
static void
put_text(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.n;) {
		unsigned char c = (unsigned char)s.p[i];
		size_t from = i;

		while (i < s.n && (c = (unsigned char)s.p[i]) >= 0x20 && !strchr("&<>\"", c) &&
		       c != 0xef)
			i++;
		buf_add(out, s.p + from, i - from);
		if (i >= s.n)
			break;
		if (c == '&') {
			i += put_reference(out, rest(s, i));
		} else if (c == 0xef && i + 2 < s.n && (unsigned char)s.p[i + 1] == 0xbf &&
		           (unsigned char)s.p[i + 2] >= 0xbe) {
			i += 3; /* U+FFFE and U+FFFF */
		} else {
			if (c == '>')
				buf_puts(out, "&gt;");
			else if (c == 0xef)
				buf_addc(out, (char)c);
			else
				put_char(out, c);
			i++;
		}
	}
}

/* ---- elements ---- */

static void
close_top(struct fix *f)
{
	buf_puts(f->out, "</");
	buf_adds(f->out, f->open[--f->depth]);
	buf_addc(f->out, '>');
}

static void
close_down_to(struct fix *f, size_t depth)
{
	while (f->depth > depth)
		close_top(f);
}

/* The innermost open element of this name, as its depth + 1; 0 when there is none. */
static size_t
find_open(const struct fix *f, struct slice name)
{
	for (size_t d = f->depth; d; d--)
		if (slice_eq(f->open[d - 1], name))
			return d;
	for (size_t d = f->depth; d; d--)
		if (slice_eq_nocase(f->open[d - 1], name))
			return d;
	return 0;
}

static bool
listed(struct slice name, const char *const *list)
{
	for (; *list; list++)
		if (slice_is(name, *list))
			return true;
	return false;
}

static const char *const voids[] = {"br", "hr", "img", "input", "wbr", "BR", "HR", "IMG", NULL};
static const char *const items[] = {"item", "entry", "atom:entry", "rss:item", NULL};

/* Fields that hold text only: another field inside one means that it was not closed. */
static const char *const leaves[] = {"title", "link", "guid", "pubDate", "category", "id", "updated",
    "published", "dc:date", "dc:creator", NULL};
static const char *const fields[] = {"title", "link", "guid", "pubDate", "category", "id", "updated",
    "published", "dc:date", "dc:creator", "description", "content", "content:encoded", "summary",
    "author", "enclosure", NULL};

/* Close what the start of NAME shows to be over. */
static void
close_before(struct fix *f, struct slice name)
{
	size_t d;

	if (listed(name, items) && (d = find_open(f, name)))
		close_down_to(f, d - 1);
	else if (f->depth && listed(f->open[f->depth - 1], leaves) && listed(name, fields))
		close_top(f);
}

/* One attribute at AT of the tag; returns where the next may begin. */
static size_t
put_attribute(struct fix *f, size_t at, struct buf *seen)
{
	struct slice s = f->in, name = name_at(s, at), value;
	struct buf key = BUF_INIT;
	size_t i = at + name.n, end;

	if (!name.n)
		return at + 1;
	while (i < s.n && isspace((unsigned char)s.p[i]))
		i++;
	value = name;
	if (i < s.n && s.p[i] == '=') {
		do
			i++;
		while (i < s.n && isspace((unsigned char)s.p[i]));
		char quote = i < s.n && (s.p[i] == '"' || s.p[i] == '\'') ? s.p[i++] : '\0';
		for (end = i; end < s.n && s.p[end] != '<'; end++)
			if (quote ? s.p[end] == quote :
			            isspace((unsigned char)s.p[end]) || s.p[end] == '>')
				break;
		value = (struct slice){s.p + i, end - i};
		i = end + (quote && end < s.n && s.p[end] == quote);
	} else {
		i = at + name.n;
	}
	/* Written twice is an error to XML; the first one counts. */
	buf_printf(&key, " %.*s ", SLICE_ARG(name));
	if (seen->n < ATTRIBUTES_MAX && slice_find(buf_slice(seen), buf_slice(&key)) < 0) {
		buf_adds(seen, buf_slice(&key));
		buf_addc(f->out, ' ');
		buf_adds(f->out, name);
		buf_puts(f->out, "=\"");
		put_text(f->out, value);
		buf_addc(f->out, '"');
	}
	buf_release(&key);
	return i;
}

static void
start_tag(struct fix *f, struct slice name)
{
	size_t i = f->at + 1 + name.n;
	struct slice s = f->in;
	struct buf seen = BUF_INIT;
	bool empty = false, keep = f->depth < DEPTH_MAX;
	size_t mark;

	close_before(f, name);
	mark = f->out->n;
	buf_addc(f->out, '<');
	buf_adds(f->out, name);
	while (i < s.n && s.p[i] != '>' && s.p[i] != '<') {
		if (s.p[i] == '/' && i + 1 < s.n && s.p[i + 1] == '>') {
			empty = true;
			i++;
			break;
		}
		i = isspace((unsigned char)s.p[i]) ? i + 1 : put_attribute(f, i, &seen);
	}
	f->at = i + (i < s.n && s.p[i] == '>');
	empty |= listed(name, voids);
	buf_puts(f->out, empty ? "/>" : ">");
	f->root_seen = true;
	if (!keep) {
		f->out->n = mark;
		f->out->p[mark] = '\0';
	} else if (!empty) {
		f->open[f->depth++] = name;
	}
	buf_release(&seen);
}

static void
end_tag(struct fix *f)
{
	struct slice name = name_at(f->in, f->at + 2);
	size_t i = f->at + 2 + name.n, d;

	while (i < f->in.n && f->in.p[i] != '>' && f->in.p[i] != '<')
		i++;
	f->at = i + (i < f->in.n && f->in.p[i] == '>');
	if (name.n && (d = find_open(f, name)))
		close_down_to(f, d - 1);
}

/*
 * Where the content of the CDATA section from FROM to END stops, when it was left open: at the end
 * of its element, before the next section begins.
 */
static size_t
cdata_stop(struct fix *f, size_t from, size_t end, bool closed)
{
	struct slice body = {f->in.p + from, end - from};
	struct buf closer = BUF_INIT;
	ptrdiff_t nested = slice_find(body, SLICE("<![CDATA[")), close = -1;

	if (nested >= 0)
		body.n = (size_t)nested;
	if ((nested >= 0 || !closed) && f->depth) {
		buf_printf(&closer, "</%.*s", SLICE_ARG(f->open[f->depth - 1]));
		close = slice_find(body, buf_slice(&closer));
		buf_release(&closer);
	}
	return close < 0 ? end : from + (size_t)close;
}

static void
cdata(struct fix *f)
{
	size_t from = f->at + strlen("<![CDATA["), end, stop;
	struct slice body;
	bool closed;

	if (f->cdata_end < from + 3)
		f->cdata_end = behind(f->in, from, SLICE("]]>"));
	end = f->cdata_end;
	closed = slice_ends((struct slice){f->in.p + from, end - from}, SLICE("]]>"));
	stop = cdata_stop(f, from, end, closed);
	body = (struct slice){f->in.p + from, stop - from};
	if (stop == end && closed)
		body.n -= 3;
	else
		end = stop;
	/* Written as text, every "&" escaped: a section means what it says. */
	for (size_t i = 0; i < body.n; i++) {
		unsigned char c = (unsigned char)body.p[i];

		if (c == '&' || c == '<')
			buf_puts(f->out, c == '&' ? "&amp;" : "&lt;");
		else if (c == '>')
			buf_puts(f->out, "&gt;");
		else if (c >= 0x20 || c == '\t' || c == '\n')
			buf_addc(f->out, (char)c);
	}
	f->at = end;
}

/* Go behind END, or only past the LEN bytes that began it when it never ends. */
static void
skip_to(struct fix *f, struct slice end, size_t len, bool *none)
{
	size_t at = *none ? f->in.n : behind(f->in, f->at, end);

	if (at == f->in.n && !slice_ends(f->in, end)) {
		*none = true;
		at = f->at + len;
	}
	f->at = at;
}

static void
markup(struct fix *f)
{
	struct slice s = rest(f->in, f->at), name;

	if (slice_starts(s, SLICE("<![CDATA["))) {
		cdata(f);
	} else if (slice_starts(s, SLICE("<!--"))) {
		skip_to(f, SLICE("-->"), 4, &f->no_comment_end);
	} else if (slice_starts(s, SLICE("<?"))) {
		skip_to(f, SLICE("?>"), 2, &f->no_pi_end);
	} else if (slice_starts(s, SLICE("<!"))) {
		skip_to(f, SLICE(">"), 2, &f->no_decl_end);
	} else if (slice_starts(s, SLICE("</"))) {
		end_tag(f);
	} else if ((name = name_at(f->in, f->at + 1)).n) {
		start_tag(f, name);
	} else {
		buf_puts(f->out, "&lt;");
		f->at++;
	}
}

void
xml_repair(struct buf *out, struct slice s)
{
	struct fix f = {.out = out, .in = s};

	while (f.at < s.n && !(f.root_seen && !f.depth)) {
		const char *lt = memchr(s.p + f.at, '<', s.n - f.at);
		size_t end = lt ? (size_t)(lt - s.p) : s.n;

		if (f.depth)
			put_text(out, (struct slice){s.p + f.at, end - f.at});
		f.at = end;
		if (f.at < s.n)
			markup(&f);
	}
	close_down_to(&f, 0);
}
