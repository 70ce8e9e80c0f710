#include "net/csv.h"

#include <stdlib.h>

#include "core/buf.h"
#include "core/mem.h"
#include "net/charset.h"

/* The first line is looked at whole to find the separator, but not beyond this. */
#define HEAD_MAX ((size_t)256 << 10)

enum state {
	FIELD_START,
	BARE,        /* in a field without quotes */
	QUOTED,
	QUOTE_SEEN,  /* a quote inside quotes: the end, or half of a doubled one */
	CR_SEEN
};

struct span {
	size_t from, n;
};

struct csv {
	char separator;
	csv_row_fn *fn;
	void *ctx;
	bool stop;
	bool skip; /* to the end of the line: the rest of a record that was refused */

	struct buf head;    /* until the separator is known */
	struct utf16 utf16;
	bool sniffed, wide; /* wide: the input is UTF-16 */

	enum state state;
	size_t line, start_line; /* now, and where the record began */
	struct buf text, raw;    /* the fields, one after the other; the record as it stands */
	struct span *spans;
	size_t nspans, spancap, field_from;

	struct buf decoded;
	struct slice *fields;
	size_t fieldcap;
};

struct csv *
csv_open(char separator, csv_row_fn *fn, void *ctx)
{
	struct csv *c = xcalloc(1, sizeof *c);

	c->separator = separator;
	c->fn = fn;
	c->ctx = ctx;
	c->line = c->start_line = 1;
	c->head = c->text = c->raw = c->decoded = (struct buf)BUF_INIT;
	return c;
}

void
csv_close(struct csv *c)
{
	if (!c)
		return;
	buf_release(&c->head);
	buf_release(&c->text);
	buf_release(&c->raw);
	buf_release(&c->decoded);
	free(c->spans);
	free(c->fields);
	free(c);
}

static void
end_field(struct csv *c)
{
	c->spans = xgrow(c->spans, c->nspans, &c->spancap, sizeof *c->spans);
	c->spans[c->nspans++] = (struct span){c->field_from, c->text.n - c->field_from};
	c->field_from = c->text.n;
}

/* The fields as slices; those that are not UTF-8 are taken for windows-1252. */
static void
point_fields(struct csv *c)
{
	const struct buf *text = &c->text;

	if (!utf8_valid(buf_slice(&c->text))) {
		buf_clear(&c->decoded);
		for (size_t i = 0; i < c->nspans; i++) {
			struct span *s = &c->spans[i];
			size_t from = c->decoded.n;

			charset_decode(&c->decoded, (struct slice){c->text.p + s->from, s->n},
			    (struct slice){NULL, 0});
			*s = (struct span){from, c->decoded.n - from};
		}
		text = &c->decoded;
	}
	while (c->fieldcap < c->nspans)
		c->fields = xgrow(c->fields, c->fieldcap, &c->fieldcap, sizeof *c->fields);
	for (size_t i = 0; i < c->nspans; i++)
		c->fields[i] = (struct slice){buf_str(text) + c->spans[i].from, c->spans[i].n};
}

static void
begin_record(struct csv *c)
{
	buf_clear(&c->text);
	buf_clear(&c->raw);
	c->nspans = c->field_from = 0;
	c->state = FIELD_START;
	c->start_line = c->line;
}

/* RAW is the whole record without its line end.  An empty line is none. */
static void
end_record(struct csv *c, struct slice raw)
{
	struct csv_row row = {.line = c->start_line, .raw = raw};

	if (raw.n && raw.p[raw.n - 1] == '\r')
		row.raw.n--;
	if (row.raw.n) {
		point_fields(c);
		row.fields = c->fields;
		row.n = c->nspans;
		c->stop |= !c->fn(c->ctx, &row);
	}
	begin_record(c);
}

/* The next byte at or after I that means something inside a bare field or inside quotes. */
static size_t
plain_run(const struct csv *c, struct slice s, size_t i)
{
	if (c->state == QUOTED) {
		const char *q = memchr(s.p + i, '"', s.n - i);

		return q ? (size_t)(q - s.p) : s.n;
	}
	while (i < s.n && s.p[i] != c->separator && s.p[i] != '\n' && s.p[i] != '\r')
		i++;
	return i;
}

static void
count_lines(struct csv *c, struct slice s)
{
	const char *p = s.p, *end = s.p + s.n;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		c->line++;
		p++;
	}
}

/* One byte that is no plain content.  True when it ends the record. */
static bool
step(struct csv *c, char ch)
{
	if (c->state == CR_SEEN && ch != '\n') { /* a CR alone inside a row is content */
		buf_addc(&c->text, '\r');
		c->state = BARE;
	}
	if (c->state == QUOTED) {
		c->state = QUOTE_SEEN;
		return false;
	}
	if (c->state == QUOTE_SEEN && ch == '"') {
		buf_addc(&c->text, '"');
		c->state = QUOTED;
		return false;
	}
	if (ch == '"' && c->state == FIELD_START) {
		c->state = QUOTED;
	} else if (ch == c->separator) {
		end_field(c);
		c->state = FIELD_START;
	} else if (ch == '\n') {
		end_field(c);
		c->line++;
		return true;
	} else if (ch == '\r') {
		c->state = CR_SEEN;
	} else {
		buf_addc(&c->text, ch);
		c->state = BARE;
	}
	return false;
}

static void parse(struct csv *c, struct slice s);

/*
 * The record has grown too long, or the file has ended inside quotes.  The quote that was never
 * closed must not swallow the rows behind it: its own line is given up, the rest is read again.
 */
static void
recover(struct csv *c, const char *error)
{
	struct buf raw = c->raw;
	struct slice rest = buf_slice(&raw), line;
	struct csv_row row = {.line = c->start_line, .error = error};

	c->raw = (struct buf)BUF_INIT;
	slice_cut(&rest, '\n', &line);
	row.raw = line;
	c->stop |= !c->fn(c->ctx, &row);
	c->line = c->start_line + 1;
	begin_record(c);
	if (!rest.p)
		c->skip = true;
	else if (!c->stop)
		parse(c, rest);
	buf_release(&raw);
}

static void
parse(struct csv *c, struct slice s)
{
	size_t i = 0, begin = 0;

	if (!s.n)
		return;
	if (c->skip) {
		const char *nl = memchr(s.p, '\n', s.n);

		if (!nl)
			return;
		c->skip = false;
		i = begin = (size_t)(nl + 1 - s.p);
	}
	while (i < s.n && !c->stop) {
		if (c->state == QUOTED || c->state == BARE) {
			size_t to = plain_run(c, s, i);

			buf_add(&c->text, s.p + i, to - i);
			if (c->state == QUOTED)
				count_lines(c, (struct slice){s.p + i, to - i});
			i = to;
			if (i >= s.n)
				break;
		}
		if (!step(c, s.p[i++]))
			continue;
		if (c->raw.n) {
			buf_add(&c->raw, s.p + begin, i - 1 - begin);
			end_record(c, buf_slice(&c->raw));
		} else {
			end_record(c, (struct slice){s.p + begin, i - 1 - begin});
		}
		begin = i;
	}
	buf_add(&c->raw, s.p + begin, s.n - begin);
}

static void
parse_bounded(struct csv *c, struct slice s)
{
	parse(c, s);
	while (c->raw.n > CSV_RECORD_MAX && !c->stop)
		recover(c, "longer than 1 MiB; a quote before may not be closed");
}

/* ---- the beginning ---- */

/* The candidate that stands most often outside quotes in the first line. */
static char
find_separator(struct slice head)
{
	static const char candidates[] = ",;\t|";
	size_t counts[4] = {0}, best = 0;
	bool quoted = false;

	for (size_t i = 0; i < head.n && (quoted || head.p[i] != '\n'); i++) {
		const char *at = head.p[i] ? strchr(candidates, head.p[i]) : NULL;

		if (head.p[i] == '"')
			quoted = !quoted;
		else if (at && !quoted)
			counts[at - candidates]++;
	}
	for (size_t i = 1; i < 4; i++)
		if (counts[i] > counts[best])
			best = i;
	return candidates[best];
}

static bool
head_complete(struct slice head)
{
	bool quoted = false;

	for (size_t i = 0; i < head.n; i++) {
		if (head.p[i] == '"')
			quoted = !quoted;
		else if (head.p[i] == '\n' && !quoted)
			return true;
	}
	return head.n >= HEAD_MAX;
}

static void
begin(struct csv *c)
{
	struct buf held = c->head;
	struct slice head = buf_slice(&held);

	c->head = (struct buf)BUF_INIT;
	/* Excel's own way of saying it. */
	if (head.n >= 6 && strncasecmp(head.p, "sep=", 4) == 0 &&
	    (head.p[5] == '\n' || (head.p[5] == '\r' && head.n > 6))) {
		size_t skip = head.p[5] == '\n' ? 6 : 7;

		c->separator = c->separator ? c->separator : head.p[4];
		head = (struct slice){head.p + skip, head.n - skip};
		c->line = c->start_line = 2;
	}
	if (!c->separator)
		c->separator = find_separator(head);
	parse_bounded(c, head);
	buf_release(&held);
}

static void
push_utf8(struct csv *c, struct slice s)
{
	if (c->separator && c->sniffed && !c->head.n) {
		parse_bounded(c, s);
		return;
	}
	buf_adds(&c->head, s);
	if (head_complete(buf_slice(&c->head)))
		begin(c);
}

/* Look for a byte order mark in the first bytes, held back in `head` while they are too few. */
static bool
sniff(struct csv *c, struct slice *s, bool end)
{
	const unsigned char *p;

	buf_adds(&c->head, *s);
	if (c->head.n < 3 && !end)
		return false;
	p = (const unsigned char *)buf_str(&c->head);
	*s = buf_slice(&c->head);
	if (s->n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		*s = (struct slice){s->p + 3, s->n - 3};
	} else if (s->n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff))) {
		c->wide = true;
		c->utf16.big = p[0] == 0xfe;
		*s = (struct slice){s->p + 2, s->n - 2};
	}
	c->sniffed = true;
	return true;
}

static void
push(struct csv *c, struct slice s)
{
	struct buf b = BUF_INIT;

	if (c->wide) {
		utf16_decode(&c->utf16, &b, s);
		s = buf_slice(&b);
	}
	push_utf8(c, s);
	buf_release(&b);
}

static void
push_first(struct csv *c, struct slice s, bool end)
{
	struct buf held;

	if (!sniff(c, &s, end))
		return;
	held = c->head;
	c->head = (struct buf)BUF_INIT;
	push(c, s);
	buf_release(&held);
}

void
csv_push(struct csv *c, struct slice bytes)
{
	if (c->stop)
		return;
	if (!c->sniffed)
		push_first(c, bytes, false);
	else
		push(c, bytes);
}

void
csv_finish(struct csv *c)
{
	if (!c->sniffed)
		push_first(c, (struct slice){NULL, 0}, true);
	if (c->head.n)
		begin(c);
	while (!c->stop && c->raw.n && c->state == QUOTED)
		recover(c, "a quote is never closed");
	if (c->stop || !c->raw.n)
		return;
	if (c->state == CR_SEEN)
		c->state = BARE;
	end_field(c);
	end_record(c, buf_slice(&c->raw));
}
