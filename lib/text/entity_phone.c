/* Phone numbers as people write them. */
#include <stdlib.h>
#include <string.h>

#include "text/entity_local.h"

#define GROUPS_MAX 8
#define DIGITS_MAX 15 /* E.164, 6.1 */

/* A run of groups of digits with separators. */
struct number {
	char digits[DIGITS_MAX + 3]; /* without "+" and "(0)" */
	size_t n;
	uint8_t group[GROUPS_MAX]; /* digits in each */
	char before[GROUPS_MAX];   /* the separator before each: ' ', '-', '/', '.', '(' or ')' */
	uint8_t groups;
	bool plus, paren; /* "+", "(" in front */
	size_t start, end;
};

/* Country codes of E.164, beside +1 and +7: a bit for each second digit says that the code has two
 * digits; all others have three. */
static const uint16_t two_digits[10] = {
    [2] = 1 << 0 | 1 << 7, /* Egypt, South Africa */
    [3] = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 6 | 1 << 9,
    [4] = 1 << 0 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 8 | 1 << 9,
    [5] = 0x1fe, /* 51 to 58 */
    [6] = 0x07f, /* 60 to 66 */
    [8] = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 6,
    [9] = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 8,
};

/* Spare three-digit codes by their first two digits, which no number begins with. */
static bool
is_spare(const char *d)
{
	return memcmp(d, "28", 2) == 0 || memcmp(d, "83", 2) == 0 || memcmp(d, "89", 2) == 0 ||
	       d[0] == '0';
}

static size_t
country_length(const char *d)
{
	if (d[0] == '1' || d[0] == '7')
		return 1;
	return two_digits[d[0] - '0'] >> (d[1] - '0') & 1 ? 2 : 3;
}

/* How long the rest of a number may be in the country of the code D of N digits. */
static bool
has_national_length(const char *d, size_t n, size_t rest)
{
	static const struct {
		char code[4];
		uint8_t min, max;
	} plans[] = {{"1", 10, 10}, {"33", 9, 9}, {"34", 9, 9}, {"41", 9, 9}, {"43", 6, 13},
	    {"44", 9, 10}, {"48", 9, 9}, {"49", 6, 12}, {"7", 10, 10}};

	for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
		if (strlen(plans[i].code) == n && memcmp(plans[i].code, d, n) == 0)
			return rest >= plans[i].min && rest <= plans[i].max;
	return rest >= 6 && n + rest <= DIGITS_MAX;
}

/* ---- reading ---- */

/* Where the number begins whose first digit is AT: a "+" and a "(" in front belong to it. */
static bool
read_front(const struct scan_text *t, size_t at, struct number *m)
{
	unsigned char c;

	m->start = at;
	if (m->start > t->done && t->p[m->start - 1] == '+') {
		m->plus = true;
		m->start--;
	}
	if (m->start > t->done && t->p[m->start - 1] == '(') {
		m->paren = true;
		m->start--;
	}
	if (m->start == 0)
		return true;
	if (letter_before(t, m->start))
		return false;
	c = t->p[m->start - 1];
	if (strchr("#$&_%+<@\\^", c))
		return false;
	if (m->start < 2 || !is_digit(t->p[m->start - 2]))
		return true;
	/* "1.0431" is no place to begin, nor is the middle of "3704 0431" unless "3704" was used.
	 */
	if (c == ' ')
		return m->plus || m->paren || m->start - 1 == t->done;
	return !strchr(".,:-/", c);
}

/* The separator from AT on: up to three signs, one of them not a space; 0 when it is none. */
static char
read_separator(const struct scan_text *t, size_t *at)
{
	char kind = 0;
	size_t len;

	for (int i = 0; i < 4; i++) {
		char c = separator_at(t, *at, &len);

		if (!c)
			break;
		if (c != ' ') {
			/* ") " and ")-" and " (" are one, "--" is none. */
			if (kind && kind != ' ' && kind != ')')
				return 0;
			kind = kind == ')' ? kind : c;
		} else if (!kind) {
			kind = ' ';
		}
		*at += len;
	}
	return digit_at(t, *at) ? kind : 0;
}

static size_t
group_length(const struct scan_text *t, size_t at)
{
	size_t n = 0;

	while (digit_at(t, at + n) && n <= DIGITS_MAX + 2)
		n++;
	return n;
}

/* May the group of N digits at AT, behind separator C, belong to the number M? */
static bool
goes_on(const struct scan_text *t, const struct number *m, char c, size_t at, size_t n)
{
	if (!c || m->groups == GROUPS_MAX || m->n + n > DIGITS_MAX + 2)
		return false;
	/* One digit is an extension, or an area such as "+43 1", or Germany's "0180 5". */
	if (n == 1 && c != '-' && !(m->plus && m->groups == 1) &&
	    !(m->n == 4 && memcmp(m->digits, "0180", 4) == 0))
		return false;
	if (c == '.' && m->groups > 1 && m->before[m->groups - 1] != '.')
		return false;
	/* The next number, or an amount behind this one. */
	if (c == ' ' && m->n >= (m->plus ? 10 : 8) && n >= 3 && t->p[at] == '0')
		return false;
	return !is_amount(t, at + n) && !letter_after(t, at + n);
}

/* "(0)" behind a country code is said in the country only. */
static size_t
skip_trunk(const struct scan_text *t, const struct number *m, size_t at)
{
	size_t len, from = at;

	if (!m->plus && memcmp(m->digits, "00", 2) != 0)
		return at;
	if (separator_at(t, at, &len) == ' ')
		at += len;
	return byte_at(t, at) == '(' && byte_at(t, at + 1) == '0' && byte_at(t, at + 2) == ')'
	           ? at + 3
	           : from;
}

static void
take_group(const struct scan_text *t, struct number *m, char c, size_t at, size_t n)
{
	memcpy(m->digits + m->n, t->p + at, n);
	m->n += n;
	m->group[m->groups] = (uint8_t)n;
	m->before[m->groups++] = c;
	m->end = at + n;
}

static bool
read_number(const struct scan_text *t, size_t at, struct number *m)
{
	size_t n = group_length(t, at);

	memset(m, 0, sizeof *m);
	if (!read_front(t, at, m) || n > DIGITS_MAX + 2)
		return false;
	take_group(t, m, m->paren ? '(' : 0, at, n);
	for (;;) {
		size_t next = m->groups == 1 ? skip_trunk(t, m, m->end) : m->end, from = next;
		char c;

		if (m->paren && m->groups == 1 && byte_at(t, next) != ')')
			return false;
		c = next > m->end && digit_at(t, next) ? ' ' : read_separator(t, &next);
		n = group_length(t, next);
		if (from != m->end && !c)
			return false;
		if (c == '(' && byte_at(t, next + n) != ')')
			break;
		if (!n || !goes_on(t, m, c, next, n))
			break;
		take_group(t, m, c, next, n);
	}
	return !letter_after(t, m->end) && !is_quantity(t, m->end);
}

/* ---- judging ---- */

static void
put_international(const char *d, size_t n, struct buf *value)
{
	buf_addc(value, '+');
	buf_add(value, d, n);
}

static bool
is_international(const struct number *m, struct buf *value)
{
	const char *d = m->digits;
	size_t n = m->n, code, skip;

	if (!m->plus) {
		if (n < 9 || memcmp(d, "00", 2) != 0)
			return false;
		d += 2;
		n -= 2;
	}
	if (n < 7 || is_spare(d))
		return false;
	code = country_length(d);
	/* People write "+49 0431": the 0 is not dialled, but in Italy. */
	skip = d[code] == '0' && memcmp(d, "39", 2) != 0;
	if (skip && (m->groups == 1 || d[code + 1] == '0'))
		return false;
	if (n > DIGITS_MAX + skip || !has_national_length(d, code, n - code - skip))
		return false;
	put_international(d, code, value);
	buf_add(value, d + code + skip, n - code - skip);
	return true;
}

static bool
is_year(const struct number *m, unsigned group)
{
	size_t at = 0;

	if (m->group[group] != 4)
		return false;
	for (unsigned i = 0; i < group; i++)
		at += m->group[i];
	return memcmp(m->digits + at, "19", 2) == 0 || memcmp(m->digits + at, "20", 2) == 0;
}

/* "0800-1800": from 8 to 18 o'clock. */
static bool
is_span_of_hours(const struct number *m)
{
	return m->groups == 2 && m->group[0] == 4 && m->group[1] == 4 && m->before[1] == '-' &&
	       memcmp(m->digits, "24", 2) < 0 && memcmp(m->digits + 4, "25", 2) < 0 &&
	       m->digits[2] < '6' && m->digits[6] < '6';
}

/* One run of digits with nothing to show for it but its beginning. */
static bool
is_bare(const struct number *m)
{
	if (m->n < 10 || m->n > 12)
		return false;
	/* 01 is mobile or a service in Germany, or (with eleven digits) somewhere in Britain. */
	return m->digits[1] != '1' || memcmp(m->digits + 1, "123456", 6) != 0;
}

/* With the 0 that is dialled inside a country. */
static bool
is_national(const struct number *m)
{
	if (m->plus || m->n < 7 || m->n > 13 || m->digits[0] != '0' || m->digits[1] == '0')
		return false;
	if (m->groups == 1)
		return is_bare(m);
	if (is_span_of_hours(m) || (m->groups == 2 && is_year(m, 1)))
		return false;
	/* Vienna is 01; everything else with two digits in front is rather a date. */
	if (m->group[0] == 2)
		return m->digits[1] == '1' && m->group[1] >= 5 && m->before[1] != '.';
	if (m->group[0] < 3 || m->group[0] > 6)
		return m->group[0] >= 7 && m->group[0] <= 12 && m->before[1] == '-';
	return m->n - m->group[0] >= 4 && m->n >= 8;
}

/* North America: 3, 3 and 4 digits, an area and an exchange of 200 or more; 1 may be in front. */
static bool
is_american(const struct number *m)
{
	unsigned first = m->groups == 4 && m->group[0] == 1 && m->digits[0] == '1';
	const char *d = m->digits + first;

	if (m->plus || m->groups != first + 3u || m->group[first] != 3 ||
	    m->group[first + 1] != 3 || m->group[first + 2] != 4)
		return false;
	if (d[0] < '2' || d[3] < '2' || m->before[first + 2] == ' ' || m->before[first + 2] == '/')
		return false;
	return m->paren || m->before[first + 1] == m->before[first + 2];
}

/* Anything after "Tel." and the like that is no date. */
static bool
is_announced(const struct number *m)
{
	if (m->n < 5 || m->n > DIGITS_MAX || m->plus)
		return false;
	for (unsigned i = 1; i < m->groups; i++)
		if (m->before[i] == '.' && m->group[i - 1] <= 2)
			return false;
	return !is_span_of_hours(m) && !(m->groups > 1 && is_year(m, m->groups - 1u));
}

bool
match_phone(const struct scan_text *t, size_t at, struct found *f, struct buf *value)
{
	struct number m;
	struct cue cue;
	size_t from = value->n;

	if (!read_number(t, at, &m))
		return false;
	if (!is_international(&m, value)) {
		bool plain = is_national(&m) || is_american(&m);

		if (m.plus || m.n < 5)
			return false;
		cue = cue_before(t, m.start);
		if (cue.kind == CUE_OTHER ||
		    (!plain && (cue.kind != CUE_PHONE || !is_announced(&m))))
			return false;
		buf_add(value, m.digits, m.n);
	}
	if (in_address(t, m.start)) {
		value->n = from;
		return false;
	}
	*f = (struct found){m.start, m.end, ENTITY_PHONE};
	return true;
}
