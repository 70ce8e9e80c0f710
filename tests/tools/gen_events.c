/*
 * gen_events N [SEED]: N events with everything that JSON allows in odd places, the same on every
 * run: unknown and repeated keys, white space, spellings of numbers, escapes, nesting, all of Unicode,
 * members of the wrong type.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define PICK(list) list[below(sizeof list / sizeof *list)]

static uint64_t state;

/* splitmix64 */
static uint64_t
next(void)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static unsigned
below(size_t n)
{
	return (unsigned)(next() % n);
}

static void
space(void)
{
	static const char *const spaces[] = {"", "", "", "", "", " ", "  ", "\t", " \t ", "\r"};

	fputs(PICK(spaces), stdout);
}

static void
number(void)
{
	static const char *const numbers[] = {"0", "-0", "1", "1.10", "1E5", "1e+05", "-0.0", "0.1E-7",
	    "9007199254740993", "12345678901234567890.50", "1e400", "-1e-400", "3.141592653589793238462643",
	    "100000000000000000000", "7", "42000"};

	fputs(PICK(numbers), stdout);
}

/* Any character but the surrogates and those that must be escaped. */
static void
character(void)
{
	static const unsigned limits[] = {0x7f, 0x7f, 0x7ff, 0xffff, 0x10ffff};
	unsigned c;

	do {
		c = 0x20 + below(PICK(limits) - 0x20 + 1);
	} while (c == '"' || c == '\\' || (c >= 0xd800 && c <= 0xdfff));
	if (c < 0x80)
		printf("%c", c);
	else if (c < 0x800)
		printf("%c%c", 0xc0 | c >> 6, 0x80 | (c & 0x3f));
	else if (c < 0x10000)
		printf("%c%c%c", 0xe0 | c >> 12, 0x80 | (c >> 6 & 0x3f), 0x80 | (c & 0x3f));
	else
		printf("%c%c%c%c", 0xf0 | c >> 18, 0x80 | (c >> 12 & 0x3f), 0x80 | (c >> 6 & 0x3f),
		    0x80 | (c & 0x3f));
}

static void
string(void)
{
	static const char *const parts[] = {"", "a", "\\u0061", "\\ud83d\\ude00", "\\uD800.", "\\udc00x",
	    "\\/", "/", "\\\\", "\\\"", "\\n", "\\t\\b\\f\\r", "\\u0000", "\\u007f", "kein Netz", "{", "}",
	    "],[", ",\\\"score\\\":1", "\\\\\\\"", "@kim ", "https://example.org/?a=b ", "\\u2028"};
	unsigned n = below(8);

	putchar('"');
	if (below(60) == 0)
		n = 400; /* longer than any block of the scanner */
	while (n--)
		if (below(3))
			fputs(PICK(parts), stdout);
		else
			character();
	putchar('"');
}

static void
name(void)
{
	static const char *const names[] = {"\"class\"", "\"score\"", "\"route\"", "\"reply\"",
	    "\"\\u0073core\"", "\"text\"", "\"author\"", "\"metrics\"", "\"tenant\"", "\"created_at\"",
	    "\"followers\"", "\"id\"", "\"x\"", "\"\"", "\"lang_hint\"", "\"direct\"", "\"a.b\"", "\"Type\""};

	if (below(4) == 0)
		string();
	else
		fputs(PICK(names), stdout);
}

static void value(unsigned depth);

static void
members(unsigned depth, char open, char close)
{
	unsigned n = below(4);

	putchar(open);
	for (unsigned i = 0; i < n; i++) {
		if (i)
			putchar(',');
		space();
		if (open == '{') {
			name();
			space();
			putchar(':');
			space();
		}
		value(depth + 1);
		space();
	}
	if (!n)
		space();
	putchar(close);
}

static void
value(unsigned depth)
{
	static const char *const words[] = {"true", "false", "null", "[]", "{}", "\"\"", "\"mention\"",
	    "\"2026-11-20T21:14:03Z\"", "{\"followers\":1840,\"handle\":\"kim\"}", "{\"likes\":3e2}"};

	unsigned deep;

	switch (below(depth > 5 ? 4 : 7)) {
	case 0:
		number();
		break;
	case 1:
	case 2:
		string();
		break;
	case 3:
		fputs(PICK(words), stdout);
		break;
	case 4:
		members(depth, '[', ']');
		break;
	case 5:
		members(depth, '{', '}');
		break;
	default:
		deep = below(60) ? 2 : 200;
		for (unsigned i = 0; i < deep; i++)
			putchar('[');
		number();
		for (unsigned i = 0; i < deep; i++)
			putchar(']');
		break;
	}
}

static void
member(unsigned *count)
{
	if ((*count)++)
		putchar(',');
	space();
	name();
	space();
	putchar(':');
	space();
	value(0);
	space();
}

static void
event(unsigned i)
{
	static const char *const types[] = {"\"type\":\"mention\"", "\"type\" : \"mention\"",
	    "\"type\":\"mention\"", "\"type\":\"\\u006dention\"", "\"type\":\"delete\"", "\"type\":\"post\"",
	    "\"type\":\"reply\"", "\"type\":7", "\"ty\\u0070e\":\"mention\""};
	unsigned count = 0, n = below(6);

	space();
	putchar('{');
	while (n--)
		member(&count);
	if (below(30)) {
		printf("%s%s", count++ ? "," : "", PICK(types));
		if (below(2))
			printf(",\"id\":\"x:gen:%u\",\"author\":{\"handle\":\"kim\",\"followers\":1E3}", i);
	}
	for (n = below(4); n--;)
		member(&count);
	putchar('}');
	space();
	putchar('\n');
}

int
main(int argc, char **argv)
{
	unsigned n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000;

	state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	for (unsigned i = 0; i < n; i++)
		event(i);
	return fflush(stdout) || ferror(stdout);
}
