/* Numbers that carry their own check: IBANs and card numbers. */
#include <stdlib.h>
#include <string.h>

#include "text/entity_local.h"

/* ---- IBAN: ISO 13616 ---- */

/* Characters of an IBAN by country, from the registry (release of 2024), in order; and whether all
 * behind the country are digits. */
static const struct {
	char country[3];
	uint8_t length;
	bool digits;
} ibans[] = {{"AD", 24, false}, {"AE", 23, true}, {"AL", 28, false}, {"AT", 20, true},
    {"AZ", 28, false}, {"BA", 20, true}, {"BE", 16, true}, {"BG", 22, false}, {"BH", 22, false},
    {"BI", 27, true}, {"BR", 29, false}, {"BY", 28, false}, {"CH", 21, false}, {"CR", 22, true},
    {"CY", 28, false}, {"CZ", 24, true}, {"DE", 22, true}, {"DJ", 27, false}, {"DK", 18, true},
    {"DO", 28, false}, {"EE", 20, true}, {"EG", 29, true}, {"ES", 24, true}, {"FI", 18, true},
    {"FK", 18, false}, {"FO", 18, true}, {"FR", 27, false}, {"GB", 22, false}, {"GE", 22, false},
    {"GI", 23, false}, {"GL", 18, true}, {"GR", 27, false}, {"GT", 28, false}, {"HN", 28, false},
    {"HR", 21, true}, {"HU", 28, true}, {"IE", 22, false}, {"IL", 23, true}, {"IQ", 23, false},
    {"IS", 26, true}, {"IT", 27, false}, {"JO", 30, false}, {"KW", 30, false}, {"KZ", 20, false},
    {"LB", 28, false}, {"LC", 32, false}, {"LI", 21, false}, {"LT", 20, true}, {"LU", 20, false},
    {"LV", 21, false}, {"LY", 25, true}, {"MC", 27, false}, {"MD", 24, false}, {"ME", 22, true},
    {"MK", 19, false}, {"MN", 20, true}, {"MR", 27, true}, {"MT", 31, false}, {"MU", 30, false},
    {"NI", 28, false}, {"NL", 18, false}, {"NO", 15, true}, {"OM", 23, false}, {"PK", 24, false},
    {"PL", 28, true}, {"PS", 29, false}, {"PT", 25, true}, {"QA", 29, false}, {"RO", 24, false},
    {"RS", 22, true}, {"RU", 33, false}, {"SA", 24, false}, {"SC", 31, false}, {"SD", 18, true},
    {"SE", 24, true}, {"SI", 19, true}, {"SK", 24, true}, {"SM", 27, false}, {"SO", 23, true},
    {"ST", 25, false}, {"SV", 28, false}, {"TL", 23, true}, {"TN", 24, true}, {"TR", 26, false},
    {"UA", 29, false}, {"VA", 22, true}, {"VG", 24, false}, {"XK", 20, true}, {"YE", 30, false}};

#define IBAN_MAX 34

static int
by_country(const void *key, const void *item)
{
	return memcmp(key, item, 2);
}

/* Its length in the country of the letters at P, or 0; DIGITS as in the table. */
static size_t
iban_length(const unsigned char *p, bool *digits)
{
	size_t at;

	unsigned char country[2] = {upper(p[0]), upper(p[1])};
	const void *row =
	    bsearch(country, ibans, sizeof ibans / sizeof *ibans, sizeof *ibans, by_country);

	if (!row)
		return 0;
	at = (size_t)((const char *)row - (const char *)ibans) / sizeof *ibans;
	*digits = ibans[at].digits;
	return ibans[at].length;
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

/*
 * Read LENGTH letters and digits from AT on, the last ones only DIGITS; spaces, dots or hyphens may
 * stand behind the country and between groups of four.  Where they end, or 0.
 */
static size_t
read_iban(const struct scan_text *t, size_t at, size_t length, bool digits, char *out)
{
	size_t n = 0, len;

	while (n < length) {
		char c;

		if (at < t->n && is_alnum(t->p[at])) {
			if (n >= 2 && (digits || n < 4) && !is_digit(t->p[at]))
				return 0;
			out[n++] = (char)upper(t->p[at++]);
			continue;
		}
		c = separator_at(t, at, &len);
		if ((n % 4 && n != 2) || (c != ' ' && c != '-' && c != '.'))
			return 0;
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
	bool digits = false;

	/* The country stands right before the check digits, or one space before. */
	if (start > t->done && t->p[start - 1] == ' ' && separator_at(t, start - 1, &len) == ' ')
		start--;
	if (start < t->done + 2 || !is_alpha(t->p[start - 1]) || !is_alpha(t->p[start - 2]) ||
	    !digit_at(t, at + 1))
		return false;
	start -= 2;
	if (letter_before(t, start))
		return false;
	length = iban_length(t->p + start, &digits);
	end = length ? read_iban(t, start, length, digits, s) : 0;
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
