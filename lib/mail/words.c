#include "mail/words.h"

#include <ctype.h>

#include "net/charset.h"

/* An encoded word has 75 bytes at most, and is met with whole subjects in it. */
#define WORD_MAX 4096

/* Encoded words of one charset, whose bytes belong together. */
struct run {
	struct slice charset; /* p == NULL: bytes outside of any word */
	struct buf bytes;
};

static void
end_run(struct run *r, struct buf *out)
{
	charset_decode(out, buf_slice(&r->bytes), r->charset);
	buf_clear(&r->bytes);
}

static void
begin_run(struct run *r, struct slice charset, struct buf *out)
{
	bool same = !r->charset.p == !charset.p && slice_eq_nocase(r->charset, charset);

	if (!same)
		end_run(r, out);
	r->charset = charset;
}

static int
hex(char c)
{
	return isdigit((unsigned char)c)  ? c - '0'
	       : c >= 'A' && c <= 'F'     ? c - 'A' + 10
	       : c >= 'a' && c <= 'f'     ? c - 'a' + 10
	                                  : -1;
}

static void
decode_q(struct slice s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '_') {
			buf_addc(out, ' ');
		} else if (s.p[i] == '=' && i + 2 < s.n && hex(s.p[i + 1]) >= 0 && hex(s.p[i + 2]) >= 0) {
			buf_addc(out, (char)(hex(s.p[i + 1]) << 4 | hex(s.p[i + 2])));
			i += 2;
		} else {
			buf_addc(out, s.p[i]);
		}
	}
}

static int
sextet(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static void
decode_b(struct slice s, struct buf *out)
{
	unsigned bits = 0, n = 0;

	for (size_t i = 0; i < s.n; i++) {
		int value = sextet(s.p[i]);

		if (value < 0)
			continue;
		bits = bits << 6 | (unsigned)value;
		n += 6;
		if (n >= 8) {
			n -= 8;
			buf_addc(out, (char)(bits >> n & 0xff));
		}
	}
}

/* An encoded word at the start of S: its length, or 0. */
static size_t
word(struct slice s, struct slice *charset, char *how, struct slice *text)
{
	size_t first, second, end;

	if (s.n < 8 || s.p[0] != '=' || s.p[1] != '?')
		return 0;
	for (first = 2; first < s.n && first < 70 && s.p[first] != '?'; first++)
		if (isspace((unsigned char)s.p[first]))
			return 0;
	second = first + 2;
	if (second >= s.n || first == 2 || s.p[first] != '?' || s.p[second] != '?')
		return 0;
	*how = (char)tolower((unsigned char)s.p[first + 1]);
	if (*how != 'q' && *how != 'b')
		return 0;
	if (s.n > WORD_MAX)
		s.n = WORD_MAX;
	/* Blanks within a word are forbidden and met all the same. */
	for (end = second + 1; end + 1 < s.n && !(s.p[end] == '?' && s.p[end + 1] == '='); end++)
		;
	if (end + 1 >= s.n)
		return 0;
	*charset = (struct slice){s.p + 2, first - 2};
	*text = (struct slice){s.p + second + 1, end - second - 1};
	for (size_t i = 0; i < charset->n; i++)
		if (charset->p[i] == '*')
			charset->n = i; /* a language follows, RFC 2231 */
	return end + 2;
}

void
words_decode(struct slice raw, struct buf *out)
{
	struct run run = {.bytes = BUF_INIT};
	size_t i = 0;

	while (i < raw.n) {
		struct slice rest = {raw.p + i, raw.n - i}, charset, text;
		size_t blank = 0, n;
		char how;

		while (run.charset.p && blank < rest.n && isspace((unsigned char)rest.p[blank]))
			blank++;
		n = word((struct slice){rest.p + blank, rest.n - blank}, &charset, &how, &text);
		if (n) {
			begin_run(&run, charset, out);
			if (how == 'q')
				decode_q(text, &run.bytes);
			else
				decode_b(text, &run.bytes);
			i += blank + n;
		} else {
			begin_run(&run, (struct slice){NULL, 0}, out);
			buf_addc(&run.bytes, raw.p[i++]);
		}
	}
	end_run(&run, out);
	buf_release(&run.bytes);
}
