/* Numbers that carry their own check: IBANs and card numbers. */
#include <stdlib.h>
#include <string.h>

#include "text/entity_local.h"

/* ---- IBAN: ISO 13616 ---- */

/* Characters of an IBAN by country, from the registry (release of 2024), in order. */
static const struct {
	char country[3];
	uint8_t length;
} ibans[] = {{"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16},
    {"BG", 22}, {"BH", 22}, {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28},
    {"CZ", 24}, {"DE", 22}, {"DJ", 27}, {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24},
    {"FI", 18}, {"FK", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18},
    {"GR", 27}, {"GT", 28}, {"HN", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23},
    {"IS", 26}, {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21},
    {"LT", 20}, {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19},
    {"MN", 20}, {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23},
    {"PK", 24}, {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33},
    {"SA", 24}, {"SC", 31}, {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23},
    {"ST", 25}, {"SV", 28}, {"TL", 23}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24},
    {"XK", 20}, {"YE", 30}};

#define IBAN_MAX 34

static int
by_country(const void *key, const void *item)
{
	return memcmp(key, item, 2);
}

/* Its length in the country of the letters at P, or 0. */
static size_t
iban_length(const unsigned char *p)
{
	unsigned char country[2] = {upper(p[0]), upper(p[1])};
	const void *row =
	    bsearch(country, ibans, sizeof ibans / sizeof *ibans, sizeof *ibans, by_country);

	return row ? ibans[((const char *)row - (const char *)ibans) / sizeof *ibans].length : 0;
}

/* ISO 7064, MOD 97-10: the first four characters go to the end, letters count 10 to 35. */
static bool
iban_holds(const char *s, size_t n)
{
	unsigned rest = 0;

	for (size_t i = 0; i < n; i++) {
		char c = s[(i + 4) % n];

		if (is_digit((unsigned char)c))
			rest = (rest * 10 + (unsigned)(c - '0')) % 97;
		else
			rest = (rest * 100 + (unsigned)(c - 'A' + 10)) % 97;
	}
	return rest == 1;
}

/* Read LENGTH letters and digits from AT on, single spaces, dots and hyphens between them left out;
 * where they end, or 0. */
static size_t
read_iban(const struct scan_text *t, size_t at, size_t length, char *out)
{
	size_t n = 0, len;

	while (n < length) {
		if (at < t->n && is_alnum(t->p[at])) {
			out[n++] = (char)upper(t->p[at++]);
			continue;
		}
		if (n < 4 && n != 2)
			return 0;
		switch (separator_at(t, at, &len)) {
		case ' ':
		case '-':
		case '.':
			break;
		default:
			return 0;
		}
		at += len;
		if (at >= t->n || !is_alnum(t->p[at]))
			return 0;
	}
	return at;
}

bool
match_iban(const struct scan_text *t, size_t at, struct found *f, struct buf *value)
{
	char s[IBAN_MAX];
	size_t start = at, length, end, len;

	/* The country stands right before the check digits, or one space before. */
	if (start > t->done && t->p[start - 1] == ' ' && separator_at(t, start - 1, &len) == ' ')
		start--;
	if (start < t->done + 2 || !is_alpha(t->p[start - 1]) || !is_alpha(t->p[start - 2]) ||
	    !digit_at(t, at + 1))
		return false;
	start -= 2;
	if (letter_before(t, start))
		return false;
	length = iban_length(t->p + start);
	end = length ? read_iban(t, start, length, s) : 0;
	if (!end || letter_after(t, end) || !iban_holds(s, length))
		return false;
	*f = (struct found){start, end, ENTITY_IBAN};
	buf_add(value, s, length);
	return true;
}

/* ---- cards: ISO/IEC 7812-1 ---- */

#define CARD_MIN 13
#define CARD_MAX 19

static bool
luhn_holds(const char *s, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned d = (unsigned)(s[n - 1 - i] - '0') << (i & 1);

		sum += d > 9 ? d - 9 : d;
	}
	return sum % 10 == 0;
}

/* The number of the first DIGITS of S. */
static unsigned
lead(const char *s, unsigned digits)
{
	unsigned v = 0;

	while (digits--)
		v = v * 10 + (unsigned)(*s++ - '0');
	return v;
}

/* Is there an issuer with such numbers?  First digits, length. */
static bool
is_issued(const char *s, size_t n)
{
	static const struct {
		uint8_t digits, min, max;
		uint16_t from, to;
	} ranges[] = {
	    {1, 13, 19, 4, 4},       /* Visa */
	    {2, 16, 16, 51, 55},     /* Mastercard */
	    {4, 16, 16, 2221, 2720}, /* Mastercard */
	    {2, 15, 15, 34, 34},     /* American Express */
	    {2, 15, 15, 37, 37},
	    {3, 14, 14, 300, 305}, /* Diners Club */
	    {2, 14, 14, 36, 36},
	    {2, 14, 14, 38, 39},
	    {4, 16, 19, 6011, 6011}, /* Discover */
	    {2, 16, 19, 65, 65},
	    {3, 16, 19, 644, 649},
	    {4, 16, 19, 3528, 3589}, /* JCB */
	    {2, 16, 19, 62, 62},     /* UnionPay */
	    {2, 13, 19, 67, 67},     /* Maestro */
	    {4, 13, 19, 5018, 5020},
	    {4, 13, 19, 5038, 5038},
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		unsigned v = lead(s, ranges[i].digits);

		if (v >= ranges[i].from && v <= ranges[i].to && n >= ranges[i].min &&
		    n <= ranges[i].max)
			return true;
	}
	return false;
}

/* Groups are of 4 to 6 digits but for the last one, all with the same separator. */
static size_t
read_card(const struct scan_text *t, size_t at, char *out, size_t *n)
{
	char separator = 0;
	size_t group = 0, len;

	for (*n = 0; at < t->n; group = 0) {
		char c;

		while (digit_at(t, at) && *n <= CARD_MAX) {
			if (*n < CARD_MAX)
				out[*n] = (char)t->p[at];
			++*n;
			at++;
			group++;
		}
		c = separator_at(t, at, &len);
		if ((c != ' ' && c != '-') || (separator && c != separator) ||
		    !digit_at(t, at + len) || group < 4 || group > 6)
			break;
		separator = c;
		at += len;
	}
	return at;
}

bool
match_card(const struct scan_text *t, size_t at, struct found *f, struct buf *value)
{
	char s[CARD_MAX];
	size_t n, end;

	if (letter_before(t, at) || !digit_at(t, at + 3) || in_address(t, at))
		return false;
	end = read_card(t, at, s, &n);
	if (n < CARD_MIN || n > CARD_MAX || letter_after(t, end) || is_quantity(t, end) ||
	    !is_issued(s, n) || !luhn_holds(s, n) || cue_before(t, at).kind == CUE_OTHER)
		return false;
	*f = (struct found){at, end, ENTITY_CARD};
	/* Never the number itself: what sees a whole one falls under rules of its own (PCI
	 * DSS 3.4).
	 */
	buf_puts(value, "*");
	buf_add(value, s + n - 4, 4);
	return true;
}
