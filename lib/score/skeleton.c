/* How a host looks to a reader who does not look twice. */
#include <idn2.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "score/sources.h"

/* From the confusables of Unicode TS 39, as far as they are met in host names. */
static const struct {
	utf8proc_int32_t from;
	char to;
} alike[] = {
    {'0', 'o'},    {'1', 'l'},    {'3', 'e'},    {'5', 's'},    {'i', 'l'},    {0x131, 'l'},
    {0x142, 'l'},  {0x111, 'd'},  {0x127, 'h'},  {0x167, 't'},  {0xf8, 'o'},   {0x251, 'a'},
    {0x261, 'g'},  {0x269, 'l'},  {0x3b1, 'a'},  {0x3b9, 'l'},  {0x3ba, 'k'},  {0x3bd, 'v'},
    {0x3bf, 'o'},  {0x3c1, 'p'},  {0x3c4, 't'},  {0x3c5, 'u'},  {0x3c7, 'x'},  {0x3f2, 'c'},
    {0x3f3, 'j'},  {0x430, 'a'},  {0x432, 'b'},  {0x433, 'r'},  {0x435, 'e'},  {0x43a, 'k'},
    {0x43c, 'm'},  {0x43d, 'h'},  {0x43e, 'o'},  {0x43f, 'n'},  {0x440, 'p'},  {0x441, 'c'},
    {0x442, 't'},  {0x443, 'y'},  {0x445, 'x'},  {0x44c, 'b'},  {0x455, 's'},  {0x456, 'l'},
    {0x458, 'j'},  {0x45b, 'h'},  {0x475, 'v'},  {0x491, 'r'},  {0x4bb, 'h'},  {0x4cf, 'l'},
    {0x501, 'd'},  {0x51b, 'q'},  {0x51d, 'w'},  {0x561, 'w'},  {0x570, 'h'},  {0x578, 'n'},
    {0x57d, 'u'},  {0x585, 'o'},
};

static bool
is_mark(utf8proc_int32_t c)
{
	utf8proc_category_t k = utf8proc_category(c);

	return k == UTF8PROC_CATEGORY_MN || k == UTF8PROC_CATEGORY_MC || k == UTF8PROC_CATEGORY_ME;
}

static void
put_char(struct buf *out, utf8proc_int32_t c)
{
	utf8proc_uint8_t bytes[4];

	for (size_t i = 0; i < sizeof alike / sizeof *alike; i++)
		if (alike[i].from == c)
			c = alike[i].to;
	buf_add(out, (const char *)bytes, (size_t)utf8proc_encode_char(c, bytes));
	/* Pairs that run together. */
	if (out->n >= 2 && memcmp(out->p + out->n - 2, "rn", 2) == 0)
		out->p[--out->n - 1] = 'm';
	else if (out->n >= 2 && memcmp(out->p + out->n - 2, "vv", 2) == 0)
		out->p[--out->n - 1] = 'w';
}

/* A host in Unicode; as it is when it is no Punycode.  The caller frees. */
static char *
decode(struct slice host)
{
	char text[260], *out = NULL;

	if (host.n >= sizeof text)
		host.n = sizeof text - 1;
	memcpy(text, host.p, host.n);
	text[host.n] = '\0';
	if (!strstr(text, "xn--") || idn2_to_unicode_8z8z(text, &out, 0) != IDN2_OK)
		return strdup(text);
	return out;
}

void
host_skeleton(struct buf *out, struct slice host)
{
	char *text = host.n ? decode(host) : NULL;
	utf8proc_int32_t *chars = NULL;
	utf8proc_ssize_t n;

	if (!host.n)
		return;
	n = text ? utf8proc_decompose((const utf8proc_uint8_t *)text, 0, NULL, 0,
	               UTF8PROC_NULLTERM | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD) : -1;
	if (n > 0)
		chars = malloc((size_t)n * sizeof *chars + sizeof *chars);
	if (chars)
		n = utf8proc_decompose((const utf8proc_uint8_t *)text, 0, chars, n,
		    UTF8PROC_NULLTERM | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
	for (utf8proc_ssize_t i = 0; chars && i < n; i++)
		if (!is_mark(chars[i]))
			put_char(out, chars[i]);
	if (!chars)
		buf_adds(out, host);
	free(chars);
	free(text);
}
