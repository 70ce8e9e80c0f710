/* Writing JSON. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "stream/json.h"
#include "stream/scan_int.h"

static bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void
put_special(struct buf *b, unsigned char c)
{
	switch (c) {
	case '"':
		buf_puts(b, "\\\"");
		break;
	case '\\':
		buf_puts(b, "\\\\");
		break;
	case '\n':
		buf_puts(b, "\\n");
		break;
	case '\r':
		buf_puts(b, "\\r");
		break;
	case '\t':
		buf_puts(b, "\\t");
		break;
	default:
		buf_printf(b, "\\u%04x", c);
	}
}

void
json_put_escaped(struct buf *b, struct slice text)
{
	const char *p = text.p, *end = text.p + text.n, *q;

	while (p < end) {
		for (q = p; q < end && is_plain((unsigned char)*q); q++)
			;
		buf_add(b, p, (size_t)(q - p));
		if (q == end)
			break;
		if ((unsigned char)*q < 0x80) {
			put_special(b, (unsigned char)*q);
			p = q + 1;
			continue;
		}
		p = scan_utf8(q, end);
		if (p) {
			buf_add(b, q, (size_t)(p - q));
		} else {
			buf_puts(b, "\xef\xbf\xbd");
			p = q + 1;
		}
	}
}

void
json_put_string(struct buf *b, struct slice text)
{
	buf_addc(b, '"');
	json_put_escaped(b, text);
	buf_addc(b, '"');
}

/* Most numbers are whole, and printf is slow. */
static bool
put_whole(struct buf *b, double x)
{
	char text[24], *p = text + sizeof text;
	int64_t v;

	if (!(fabs(x) < 1e15) || x != (double)(int64_t)x)
		return false;
	for (v = (int64_t)fabs(x); v || p == text + sizeof text; v /= 10)
		*--p = (char)('0' + v % 10);
	if (x < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(text + sizeof text - p));
	return true;
}

void
json_put_number(struct buf *b, double x)
{
	char text[40];

	if (!isfinite(x)) {
		buf_puts(b, "null");
		return;
	}
	if (put_whole(b, x))
		return;
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, x);
		if (strtod(text, NULL) == x)
			break;
	}
	buf_puts(b, text);
}

/* What printf would print of small numbers, but faster; false for what it must see itself: where the
 * product may have crossed the middle between two numbers. */
static bool
put_short(struct buf *b, double x, int digits)
{
	static const double tens[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
	char text[24], *p = text + sizeof text;
	double scaled, down;
	uint64_t n;

	if (digits < 0 || digits > 6 || fabs(x) >= 1e6)
		return false;
	scaled = fabs(x) * tens[digits];
	down = floor(scaled);
	if (fabs(scaled - down - 0.5) < 1e-3)
		return false;
	n = (uint64_t)(scaled - down > 0.5 ? down + 1 : down);
	if (n == 0) {
		buf_addc(b, '0');
		return true;
	}
	for (; digits > 0 && n % 10 == 0; digits--)
		n /= 10;
	for (int i = 0; n > 0 || i <= digits; i++) {
		if (i == digits && digits > 0)
			*--p = '.';
		*--p = (char)('0' + n % 10);
		n /= 10;
	}
	if (x < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(text + sizeof text - p));
	return true;
}

void
json_put_fixed(struct buf *b, double x, int digits)
{
	char text[400];
	int n;

	if (!isfinite(x)) {
		buf_puts(b, "null");
		return;
	}
	if (put_whole(b, x) || put_short(b, x, digits))
		return;
	n = snprintf(text, sizeof text, "%.*f", digits, x);
	if (digits > 0) {
		while (text[n - 1] == '0')
			n--;
		if (text[n - 1] == '.')
			n--;
	}
	if (n == 2 && text[0] == '-' && text[1] == '0')
		buf_addc(b, '0');
	else
		buf_add(b, text, (size_t)n);
}
