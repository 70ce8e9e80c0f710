#include "net/charset.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <stdint.h>

/* The five free places keep their C1 control, as the Encoding Standard has it. */
static const unsigned short cp1252[32] = {0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020,
    0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c,
    0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178};

unsigned
windows_1252(unsigned char byte)
{
	return byte >= 0x80 && byte < 0xa0 ? cp1252[byte - 0x80] : byte;
}

/* The length of the UTF-8 sequence at P, or 0 when there is none. */
static size_t
sequence(const unsigned char *p, const unsigned char *end)
{
	size_t n = *p < 0x80 ? 1 : *p < 0xc2 ? 0 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : *p < 0xf5 ? 4 : 0;

	if (!n || (size_t)(end - p) < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f) ||
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

bool
utf8_valid(struct slice s)
{
	const unsigned char *p = (const unsigned char *)s.p, *end = s.n ? p + s.n : p;

	while (p < end) {
		uint64_t eight;
		size_t n;

		if (end - p >= 8 && (memcpy(&eight, p, 8), !(eight & UINT64_C(0x8080808080808080)))) {
			p += 8;
			continue;
		}
		n = *p < 0x80 ? 1 : sequence(p, end);

		if (!n)
			return false;
		p += n;
	}
	return true;
}

static void
decode_mixed(struct buf *out, struct slice in)
{
	const unsigned char *p = (const unsigned char *)in.p, *end = p + in.n;

	while (p < end) {
		size_t n = sequence(p, end);

		if (n)
			buf_add(out, (const char *)p, n);
		else
			buf_put_utf8(out, windows_1252(*p));
		p += n ? n : 1;
	}
}

/* Every byte is windows-1252. */
static void
decode_1252(struct buf *out, struct slice in)
{
	for (size_t i = 0; i < in.n; i++)
		buf_put_utf8(out, windows_1252((unsigned char)in.p[i]));
}

/* False when the C library does not know NAME. */
static bool
decode_iconv(struct buf *out, struct slice in, const char *name)
{
	iconv_t cd = iconv_open("UTF-8", name);
	char *p = (char *)(size_t)in.p; /* iconv's prototype lacks a const; it does not write */
	size_t left = in.n;

	if (cd == (iconv_t)-1)
		return false;
	while (left && buf_reserve(out, 4096)) {
		char *to = out->p + out->n;
		size_t room = out->cap - out->n - 1, before = room;
		size_t r = iconv(cd, &p, &left, &to, &room);

		out->n += before - room;
		if (r == (size_t)-1 && errno != E2BIG) {
			buf_put_utf8(out, 0xfffd);
			p++;
			left--;
		}
	}
	if (out->p)
		out->p[out->n] = '\0';
	iconv_close(cd);
	return true;
}

/* What the first bytes say: a byte order mark, or the "<" of a document in UTF-16. */
static const char *
sniff(struct slice *in)
{
	const unsigned char *p = (const unsigned char *)in->p;

	if (in->n >= 3 && p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf) {
		*in = (struct slice){in->p + 3, in->n - 3};
		return "utf-8";
	}
	if (in->n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff))) {
		*in = (struct slice){in->p + 2, in->n - 2};
		return p[0] == 0xff ? "utf-16le" : "utf-16be";
	}
	if (in->n >= 4 && p[0] == '<' && !p[1] && p[2] && !p[3])
		return "utf-16le";
	if (in->n >= 4 && !p[0] && p[1] == '<' && !p[2] && p[3])
		return "utf-16be";
	return NULL;
}

/* ISO-2022-JP, UTF-7 and their like are all ASCII bytes, so "well-formed UTF-8" proves nothing there; nor
 * does it for UTF-16 without a mark, whose ASCII comes as NUL and letter. */
static bool
hides_in_utf8(const char *name, struct slice in)
{
	if (strncasecmp(name, "iso-2022", 8) == 0 || strncasecmp(name, "hz", 2) == 0 ||
	    strcasecmp(name, "utf-7") == 0)
		return true;
	return (strncasecmp(name, "utf-16", 6) == 0 || strncasecmp(name, "utf-32", 6) == 0) &&
	       memchr(in.p, '\0', in.n);
}

static bool
is_latin1(const char *name)
{
	static const char *const names[] = {"iso-8859-1", "iso8859-1", "iso_8859-1", "latin1",
	    "latin-1", "us-ascii", "ascii", "windows-1252", "cp1252", "cp-1252"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasecmp(name, names[i]) == 0)
			return true;
	return false;
}

/* DECLARED as a C string that is safe to hand to iconv_open ("" if it is not). */
static void
charset_name(char name[64], struct slice declared)
{
	size_t n = 0;

	while (n < declared.n && n < 63 &&
	       (isalnum((unsigned char)declared.p[n]) || strchr("-_:.", declared.p[n]))) {
		name[n] = declared.p[n];
		n++;
	}
	name[n < declared.n ? 0 : n] = '\0';
}

void
charset_decode(struct buf *out, struct slice in, struct slice declared)
{
	const char *sure = sniff(&in);
	char name[64];

	if (!in.n || (sure && strcmp(sure, "utf-8") != 0 && decode_iconv(out, in, sure)))
		return;
	charset_name(name, declared);
	if (!sure && hides_in_utf8(name, in) && decode_iconv(out, in, name))
		return;
	if (utf8_valid(in))
		buf_adds(out, in);
	else if (sure || !*name || strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "utf8") == 0)
		decode_mixed(out, in);
	else if (is_latin1(name))
		decode_1252(out, in);
	else if (!decode_iconv(out, in, name))
		decode_mixed(out, in);
}

/* The value behind "NAME=" or "NAME =" at or after the start of S, quotes taken off. */
static struct slice
parameter(struct slice s, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i + len < s.n; i++) {
		struct slice v;
		size_t n = 0;

		if (strncasecmp(s.p + i, name, len) != 0)
			continue;
		v = slice_trim((struct slice){s.p + i + len, s.n - i - len});
		if (!v.n || *v.p != '=')
			continue;
		v = slice_trim((struct slice){v.p + 1, v.n - 1});
		if (v.n && (*v.p == '"' || *v.p == '\''))
			v = (struct slice){v.p + 1, v.n - 1};
		while (n < v.n && !strchr("\"'; \t\r\n?>", v.p[n]))
			n++;
		return (struct slice){v.p, n};
	}
	return (struct slice){NULL, 0};
}

struct slice
charset_of_type(struct slice content_type)
{
	return parameter(content_type, "charset");
}

struct slice
charset_of_xml(struct slice body)
{
	struct slice head = {body.p, body.n < 256 ? body.n : 256};
	ptrdiff_t at = slice_find(head, SLICE("<?xml"));
	ptrdiff_t end;

	if (at < 0)
		return (struct slice){NULL, 0};
	head = (struct slice){head.p + at, head.n - (size_t)at};
	end = slice_find(head, SLICE("?>"));
	if (end >= 0)
		head.n = (size_t)end;
	return parameter(head, "encoding");
}

static void
utf16_unit(struct utf16 *u, struct buf *out, unsigned c)
{
	if (c >= 0xdc00 && c < 0xe000 && u->high) {
		buf_put_utf8(out, 0x10000 + ((u->high - 0xd800) << 10) + (c - 0xdc00));
		u->high = 0;
		return;
	}
	if (u->high)
		buf_put_utf8(out, 0xfffd);
	u->high = c >= 0xd800 && c < 0xdc00 ? c : 0;
	if (!u->high)
		buf_put_utf8(out, c);
}

void
utf16_decode(struct utf16 *u, struct buf *out, struct slice in)
{
	for (size_t i = 0; i < in.n; i++) {
		unsigned char b = (unsigned char)in.p[i];

		if (u->odd)
			utf16_unit(u, out, u->big ? (unsigned)u->byte << 8 | b : (unsigned)b << 8 | u->byte);
		u->byte = b;
		u->odd = !u->odd;
	}
}
