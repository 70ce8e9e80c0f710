#include "text/entity.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "core/mem.h"
#include "text/entity_local.h"

/* With masks, a run of so many digits is masked whatever it is. */
#define LONG_NUMBER 7

/* ---- looking around ---- */

static bool
is_letter_cp(utf8proc_int32_t cp)
{
	switch (utf8proc_category(cp)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ND:
		return true;
	default:
		return false;
	}
}

bool
letter_after(const struct scan_text *t, size_t at)
{
	utf8proc_int32_t cp;

	if (at >= t->n)
		return false;
	if (t->p[at] < 0x80)
		return is_alnum(t->p[at]);
	return utf8proc_iterate(t->p + at, (utf8proc_ssize_t)(t->n - at), &cp) > 0 &&
	       is_letter_cp(cp);
}

bool
letter_before(const struct scan_text *t, size_t at)
{
	size_t from = at;

	if (at == 0)
		return false;
	if (t->p[at - 1] < 0x80)
		return is_alnum(t->p[at - 1]);
	do
		from--;
	while (from > 0 && at - from < 4 && (t->p[from] & 0xc0) == 0x80);
	return letter_after(t, from);
}

char
separator_at(const struct scan_text *t, size_t at, size_t *len)
{
	const unsigned char *p = t->p + at;

	*len = 1;
	if (at >= t->n)
		return 0;
	switch (p[0]) {
	case ' ':
	case '-':
	case '/':
	case '.':
	case '(':
	case ')':
		return (char)p[0];
	case 0xc2: /* no-break space */
		*len = 2;
		return byte_at(t, at + 1) == 0xa0 ? ' ' : 0;
	case 0xe2:
		*len = 3;
		if (byte_at(t, at + 1) == 0x80) {
			unsigned char c = byte_at(t, at + 2);

			if (c >= 0x90 && c <= 0x94)
				return '-';
			if ((c >= 0x82 && c <= 0x8a) || c == 0xaf)
				return ' ';
		}
		return byte_at(t, at + 1) == 0x88 && byte_at(t, at + 2) == 0x92 ? '-' : 0;
	default:
		return 0;
	}
}

/* What follows amounts; compared in lower case, as whole words. */
static const char *const units[] = {"cent", "cents", "chf", "ct", "dollar", "dollars", "eur",
    "euro", "euros", "follower", "followers", "gb", "gbit", "gbp", "kb", "km", "kunden", "leute",
    "likes", "mal", "mb", "mbit", "mbits", "meter", "minuten", "people", "percent", "personen",
    "pfund", "points", "pounds", "prozent", "punkte", "seconds", "sekunden", "stk", "stunden",
    "tage", "tausend", "times", "uhr", "units", "usd", "users", "views", "x"};

static int
by_text(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

static bool
is_unit_at(const struct scan_text *t, size_t at)
{
	char word[16];
	size_t n = 0;

	while (n + 1 < sizeof word && at < t->n && is_alpha(t->p[at]))
		word[n++] = (char)lower(t->p[at++]);
	word[n] = '\0';
	return n && !letter_after(t, at) &&
	       bsearch(word, units, sizeof units / sizeof *units, sizeof *units, by_text);
}

static bool
is_currency_at(const struct scan_text *t, size_t at)
{
	unsigned char c = byte_at(t, at);

	if (c == '$' || c == '%')
		return true;
	if (c == 0xc2) /* cents, pounds, yen */
		return byte_at(t, at + 1) >= 0xa2 && byte_at(t, at + 1) <= 0xa5;
	return c == 0xe2 && byte_at(t, at + 1) == 0x82 && (byte_at(t, at + 2) & 0xe0) == 0xa0;
}

bool
is_amount(const struct scan_text *t, size_t end)
{
	unsigned char c = byte_at(t, end);
	size_t len;

	if ((c == ',' || c == ':' || c == '\'') && digit_at(t, end + 1))
		return true;
	if (c == ',' && (byte_at(t, end + 1) == '-' || byte_at(t, end + 1) == 0xe2))
		return true; /* 49,- */
	if (is_currency_at(t, end))
		return true;
	c = (unsigned char)separator_at(t, end, &len);
	if (c == ' ' || c == '-')
		end += len;
	return is_currency_at(t, end) || is_unit_at(t, end);
}

bool
is_quantity(const struct scan_text *t, size_t end)
{
	return (byte_at(t, end) == '.' && digit_at(t, end + 1)) || is_amount(t, end);
}

/* Bytes of a token that are looked at for an address. */
#define ADDRESS_LOOK 256

bool
in_address(const struct scan_text *t, size_t start)
{
	size_t from = start, floor = start > ADDRESS_LOOK ? start - ADDRESS_LOOK : 0;

	while (from > floor && t->p[from - 1] > ' ') {
		from--;
		if (t->p[from] == ':' && byte_at(t, from + 1) == '/' && byte_at(t, from + 2) == '/')
			return true;
	}
	return start - from >= 4 && lower(t->p[from]) == 'w' && lower(t->p[from + 1]) == 'w' &&
	       lower(t->p[from + 2]) == 'w' && t->p[from + 3] == '.';
}

size_t
copy_digits(const struct scan_text *t, size_t start, size_t end, char *out, size_t max)
{
	size_t n = 0;

	for (size_t i = start; i < end; i++) {
		if (!is_digit(t->p[i]))
			continue;
		if (n < max)
			out[n] = (char)t->p[i];
		n++;
	}
	return n;
}

/* ---- the pass over the text ---- */

/* The next digit or "@" from AT on, or the end. */
static size_t
next_hot(const struct scan_text *t, size_t at)
{
#ifdef __SSE2__
	const __m128i zero = _mm_set1_epi8('0'), nine = _mm_set1_epi8(9), sign = _mm_set1_epi8('@');

	for (; at + 16 <= t->n; at += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)(t->p + at));
		__m128i d = _mm_sub_epi8(v, zero);
		__m128i digits = _mm_cmpeq_epi8(_mm_min_epu8(d, nine), d);
		unsigned hot =
		    (unsigned)_mm_movemask_epi8(_mm_or_si128(digits, _mm_cmpeq_epi8(v, sign)));

		if (hot)
			return at + (unsigned)__builtin_ctz(hot);
	}
#endif
	while (at < t->n && t->p[at] != '@' && !is_digit(t->p[at]))
		at++;
	return at;
}

static void
push(struct entity_scratch *s, struct scan_text *t, const struct found *f, size_t value)
{
	s->list = xgrow(s->list, s->n, &s->cap, sizeof *s->list);
	s->list[s->n++] = (struct entity){.start = (uint32_t)f->start,
	    .end = (uint32_t)f->end,
	    .type = f->type,
	    .value = (uint32_t)value,
	    .value_n = (uint32_t)(s->values.n - value)};
	t->done = f->end;
}

/* Does the run that the digit AT stands in lead up to an "@", as "kim99@" does?  Returns it or 0.
 */
static size_t
sign_behind(const struct scan_text *t, size_t at)
{
	size_t end = at + 64 < t->n ? at + 64 : t->n;

	while (at < end && (is_alnum(t->p[at]) || strchr("._%+-", t->p[at])) && t->p[at])
		at++;
	return at < end && t->p[at] == '@' ? at : 0;
}

static bool
match_number(const struct entity_set *set, const struct scan_text *t, size_t at, int scope,
    const struct found *last, struct found *f, struct buf *value)
{
	size_t sign;

	if (set && match_pattern(set, t, at, scope, f, value))
		return true;
	sign = sign_behind(t, at);
	if (sign && match_mail(t, sign, f, value))
		return true;
	return match_iban(t, at, f, value) || match_cued(t, at, last, f, value) ||
	       match_card(t, at, f, value) || match_phone(t, at, f, value);
}

/* The run of letters and digits around AT. */
static void
whole_run(const struct scan_text *t, size_t at, struct found *f)
{
	f->start = f->end = at;
	while (f->start > t->done && is_alnum(t->p[f->start - 1]))
		f->start--;
	while (f->end < t->n && is_alnum(t->p[f->end]))
		f->end++;
}

static void
mask_number(struct entity_scratch *s, struct scan_text *t, size_t at, size_t digits)
{
	struct found f = {.type = ENTITY_NUMBER};

	if (digits < LONG_NUMBER || in_address(t, at))
		return;
	whole_run(t, at, &f);
	push(s, t, &f, s->values.n);
}

/* The "@" at AT: an address or a handle. */
static void
find_at_sign(struct entity_scratch *s, struct scan_text *t, size_t at, bool masks)
{
	size_t value = s->values.n;
	struct found f;

	if (match_mail(t, at, &f, &s->values)) {
		push(s, t, &f, value);
	} else if (match_handle(t, at, &f)) {
		if (masks)
			push(s, t, &f, value);
		t->done = f.end;
	}
}

static void
find_number(const struct entity_set *set, struct entity_scratch *s, struct scan_text *t, size_t at,
    int scope, bool masks, size_t run)
{
	size_t value = s->values.n;
	struct found f, before, *last = NULL;

	if (s->n) {
		before = (struct found){
		    s->list[s->n - 1].start, s->list[s->n - 1].end, s->list[s->n - 1].type};
		last = &before;
	}
	if (match_number(set, t, at, scope, last, &f, &s->values))
		push(s, t, &f, value);
	else if (masks)
		mask_number(s, t, at, run - at);
}

void
entity_find(const struct entity_set *set, struct entity_scratch *s, struct slice text, int scope,
    bool masks)
{
	struct scan_text t = {(const unsigned char *)text.p, text.n, 0};
	size_t at = 0;

	s->n = 0;
	buf_clear(&s->values);
	while ((at = next_hot(&t, at)) < t.n) {
		size_t run = at + 1;

		if (t.p[at] == '@') {
			find_at_sign(s, &t, at, masks);
		} else {
			while (digit_at(&t, run))
				run++;
			find_number(set, s, &t, at, scope, masks, run);
		}
		at = t.done > run ? t.done : run;
	}
}

void
entity_scratch_release(struct entity_scratch *s)
{
	free(s->list);
	buf_release(&s->values);
}

void
entity_redact(const struct entity_set *set, const struct entity_scratch *s, struct slice text,
    struct buf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < s->n; i++) {
		const struct entity *e = &s->list[i];

		if (!entity_is_masked(e))
			continue;
		buf_add(out, text.p + at, e->start - at);
		buf_addc(out, '<');
		buf_adds(out, entity_type_name(set, e->type));
		buf_addc(out, '>');
		at = e->end;
	}
	if (text.n > at)
		buf_add(out, text.p + at, text.n - at);
}
