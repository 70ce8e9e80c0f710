#include "mail/body.h"

#include <ctype.h>

#include "net/html.h"

/* The longest line that may introduce a quotation. */
#define INTRO_MAX 300

void
body_release(struct body *b)
{
	buf_release(&b->text);
	buf_release(&b->quoted);
	buf_release(&b->signature);
}

/* The next line of *S without its end; false when there is none. */
static bool
next_line(struct slice *s, struct slice *line)
{
	if (!s->n || !slice_cut(s, '\n', line))
		return false;
	if (line->n && line->p[line->n - 1] == '\r')
		line->n--;
	return true;
}

/* ---- format=flowed ---- */

static size_t
quote_depth(struct slice line)
{
	size_t n = 0;

	while (n < line.n && line.p[n] == '>')
		n++;
	return n;
}

static void
begin_line(struct buf *out, size_t depth)
{
	for (size_t i = 0; i < depth; i++)
		buf_addc(out, '>');
	if (depth)
		buf_addc(out, ' ');
}

void
body_unflow(struct slice s, bool delsp, struct buf *out)
{
	struct slice line;
	size_t open_depth = 0;
	bool open = false; /* the last line goes on */

	while (next_line(&s, &line)) {
		size_t depth = quote_depth(line);
		bool signature, flows;

		line = (struct slice){line.p + depth, line.n - depth};
		if (line.n && *line.p == ' ')
			line = (struct slice){line.p + 1, line.n - 1};
		signature = slice_is(line, "-- ");
		flows = line.n && line.p[line.n - 1] == ' ' && !signature;
		if (flows && delsp)
			line.n--;
		if (open && (depth != open_depth || signature)) {
			buf_addc(out, '\n');
			open = false;
		}
		if (!open)
			begin_line(out, depth);
		buf_adds(out, line);
		if (!flows)
			buf_addc(out, '\n');
		open = flows;
		open_depth = depth;
	}
}

void
body_quote(struct slice s, struct buf *out)
{
	struct slice line;

	while (next_line(&s, &line)) {
		buf_puts(out, "> ");
		buf_adds(out, line);
		buf_addc(out, '\n');
	}
}

/* ---- what is quoted ---- */

static bool
is_digit(struct slice s, size_t i)
{
	return i < s.n && isdigit((unsigned char)s.p[i]);
}

/* Is there a year or a time of day in S, or an address? */
static bool
names_a_moment(struct slice s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '@')
			return true;
		if (!is_digit(s, i) || (i && is_digit(s, i - 1)))
			continue;
		if (((s.p[i] == '1' && i + 1 < s.n && s.p[i + 1] == '9') ||
		        (s.p[i] == '2' && i + 1 < s.n && s.p[i + 1] == '0')) &&
		    is_digit(s, i + 2) && is_digit(s, i + 3) && !is_digit(s, i + 4))
			return true;
		for (size_t colon = i + 1; colon <= i + 2; colon++)
			if (colon < s.n && s.p[colon] == ':' && is_digit(s, colon + 1) &&
			    is_digit(s, colon + 2))
				return true;
	}
	return false;
}

static bool
says_wrote(struct slice s)
{
	static const char *const words[] = {"wrote", "schrieb", "crit", "escribi", "scritto", "schreef",
	    "skrev", "napisa", "kirjoitti"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (slice_find(s, slice_of(words[i])) >= 0)
			return true;
	return false;
}

/* "Am 21.11.2026 um 14:05 schrieb Kim:", in whatever language. */
static bool
is_intro(struct slice s)
{
	s = slice_trim(s);
	return s.n && s.n <= INTRO_MAX &&
	       (s.p[s.n - 1] == ':' || slice_ends(s, SLICE("\xef\xbc\x9a"))) &&
	       (names_a_moment(s) || says_wrote(s));
}

/* The first line of an introduction that was broken in two. */
static bool
begins_intro(struct slice s)
{
	s = slice_trim(s);
	return s.n && s.n <= INTRO_MAX && !strchr(".!?:", s.p[s.n - 1]) && names_a_moment(s);
}

/* "-----Original Message-----", in whatever language. */
static bool
is_divider(struct slice s)
{
	size_t front = 0, back = 0;

	s = slice_trim(s);
	if (s.n > 100)
		return false;
	while (front < s.n && s.p[front] == '-')
		front++;
	while (back < s.n - front && s.p[s.n - 1 - back] == '-')
		back++;
	return front >= 3 && back >= 3 && front + back < s.n;
}

static bool
is_rule(struct slice s)
{
	s = slice_trim(s);
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '_')
			return false;
	return s.n >= 10;
}

/* Is the line "WORD: something", with one of WORDS, perhaps in the asterisks of bold text? */
static bool
is_field(struct slice line, const char *const *words)
{
	ptrdiff_t colon;
	struct slice key;

	line = slice_trim(line);
	while (line.n && *line.p == '*')
		line = (struct slice){line.p + 1, line.n - 1};
	colon = slice_find(line, SLICE(":"));
	if (colon < 0)
		return false;
	key = slice_trim((struct slice){line.p, (size_t)colon});
	while (key.n && key.p[key.n - 1] == '*')
		key.n--;
	for (; *words; words++)
		if (slice_eq_nocase(key, slice_of(*words)))
			return true;
	return false;
}

/* Does the header block of a mail begin here, as Outlook copies it?  REST is what follows LINE. */
static bool
is_header_block(struct slice line, struct slice rest)
{
	static const char *const from[] = {"From", "Von", "De", "Da", "Van", "Od", "Fr\xc3\xa5n", "Fra",
	    "L\xc3\xa4hett\xc3\xa4j\xc3\xa4", NULL};
	static const char *const sent[] = {"Sent", "Date", "Gesendet", "Datum", "Envoy\xc3\xa9",
	    "Envoy\xc3\xa9 le", "Enviado", "Enviado el", "Fecha", "Inviato", "Data", "Verzonden",
	    "Skickat", "Sendt", "Dato", "Wys\xc5\x82"
	    "ano", NULL};
	struct slice next;

	if (!is_field(line, from))
		return false;
	for (int i = 0; i < 3 && next_line(&rest, &next); i++)
		if (is_field(next, sent))
			return true;
	return false;
}

/* ---- cutting ---- */

/* Where the lines go before white space is cleaned up. */
struct cut {
	struct buf text, quoted, signature;
	size_t last, before_last; /* where the last two lines of text that are not empty begin */
	bool blank_between;       /* an empty line stands between these two */
	bool blank;               /* since the last of them */
};

static void
add_line(struct buf *to, struct slice line)
{
	buf_adds(to, line);
	buf_addc(to, '\n');
}

static void
add_text(struct cut *c, struct slice line)
{
	if (slice_trim(line).n) {
		c->before_last = c->last;
		c->blank_between = c->blank;
		c->last = c->text.n;
		c->blank = false;
	} else {
		c->blank = true;
	}
	add_line(&c->text, line);
}

static struct slice
text_from(const struct cut *c, size_t at)
{
	return slice_trim((struct slice){c->text.p + at, c->text.n - at});
}

/* A quotation begins: the line that introduces it belongs to it. */
static void
take_intro(struct cut *c)
{
	size_t at = c->last;
	struct slice first;

	if (!c->text.n || !is_intro(text_from(c, at)))
		return;
	first = (struct slice){c->text.p + c->before_last, at - c->before_last};
	if (c->before_last < at && !c->blank_between && begins_intro(first))
		at = c->before_last;
	buf_adds(&c->quoted, text_from(c, at));
	buf_addc(&c->quoted, '\n');
	c->text.n = at;
	c->last = c->before_last = at;
}

static bool
is_signature_mark(struct slice line)
{
	return slice_is(line, "-- ") || slice_is(line, "--");
}

static void
cut_lines(struct slice s, struct cut *c)
{
	bool rest_quoted = false, quoting = false, signing = false;
	struct slice line;

	while (next_line(&s, &line)) {
		if (!rest_quoted && (is_divider(line) || is_header_block(line, s))) {
			rest_quoted = true;
			if (c->text.n && is_rule(text_from(c, c->last)))
				c->text.n = c->last;
		}
		if (rest_quoted) {
			add_line(&c->quoted, line);
		} else if (line.n && *line.p == '>') {
			if (!quoting)
				take_intro(c);
			quoting = true;
			signing = false;
			add_line(&c->quoted, line);
		} else if (!signing && is_signature_mark(line)) {
			signing = true;
		} else if (signing) {
			add_line(&c->signature, line);
		} else {
			quoting = quoting && !slice_trim(line).n;
			add_text(c, line);
		}
	}
}

void
body_split(struct slice s, struct body *b)
{
	struct cut c = {.text = BUF_INIT, .quoted = BUF_INIT, .signature = BUF_INIT};

	cut_lines(s, &c);
	html_plain(buf_slice(&c.text), &b->text);
	if (b->text.n) {
		html_plain(buf_slice(&c.quoted), &b->quoted);
		html_plain(buf_slice(&c.signature), &b->signature);
	} else {
		html_plain(s, &b->text);
	}
	buf_release(&c.text);
	buf_release(&c.quoted);
	buf_release(&c.signature);
}
