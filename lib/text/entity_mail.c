/* E-mail addresses and handles. */
#include <string.h>
#include <utf8proc.h>

#include "text/entity_local.h"

/* Octets of the parts of an address: RFC 5321, 4.5.3.1. */
#define LOCAL_MAX 64
#define DOMAIN_MAX 255
#define LABEL_MAX 63

/* One character of a name at AT: its length, or 0 when it is none.  Letters beyond ASCII count, as
 * in RFC 6531 and in international domains. */
static size_t
name_char(const struct scan_text *t, size_t at)
{
	utf8proc_int32_t cp;

	if (at >= t->n)
		return 0;
	if (t->p[at] < 0x80)
		return is_alnum(t->p[at]);
	if (!letter_after(t, at))
		return 0;
	return (size_t)utf8proc_iterate(t->p + at, (utf8proc_ssize_t)(t->n - at), &cp);
}

static bool
is_local_sign(unsigned char c)
{
	return c == '.' || c == '_' || c == '-' || c == '+' || c == '%';
}

/* Where the local part before the "@" at AT begins; AT when there is none. */
static size_t
local_start(const struct scan_text *t, size_t at)
{
	size_t from = at;

	while (from > t->done && at - from < LOCAL_MAX) {
		if (t->p[from - 1] >= 0x80) {
			size_t start = from - 1;

			while (start > t->done && (t->p[start] & 0xc0) == 0x80)
				start--;
			if (name_char(t, start) != from - start)
				break;
			from = start;
		} else if (is_alnum(t->p[from - 1]) || is_local_sign(t->p[from - 1])) {
			from--;
		} else {
			break;
		}
	}
	/* "mailto", lists and sentences leave signs in front that belong to no name. */
	while (from < at && is_local_sign(t->p[from]))
		from++;
	return from;
}

/*
 * The end of the domain from AT on, or 0: labels of letters, digits and hyphens, at least two, the
 * last one of two letters or more (or in Punycode).
 */
static size_t
domain_end(const struct scan_text *t, size_t at)
{
	size_t label = at, end = 0, i = at;
	bool digits_only = true;

	while (i < t->n && i - at < DOMAIN_MAX && i - label <= LABEL_MAX) {
		size_t len = name_char(t, i);

		if (len) {
			digits_only &= is_digit(t->p[i]);
			i += len;
			if (label > at && i - label >= 2 && !digits_only)
				end = i;
		} else if (t->p[i] == '-' && i > label) {
			i++;
		} else if (t->p[i] == '.' && i > label && t->p[i - 1] != '-') {
			label = ++i;
			digits_only = true;
		} else {
			break;
		}
	}
	return end;
}

bool
match_mail(const struct scan_text *t, size_t at, struct found *f, struct buf *value)
{
	size_t start = local_start(t, at), end;

	if (start == at || is_local_sign(t->p[at - 1]) || t->p[at - 1] == '@')
		return false;
	/* "@kim@social.example" is a handle of its network. */
	if (start > 0 && t->p[start - 1] == '@')
		return false;
	end = domain_end(t, at + 1);
	if (!end)
		return false;
	*f = (struct found){start, end, ENTITY_EMAIL};
	for (size_t i = start; i < end; i++)
		buf_addc(value, (char)lower(t->p[i]));
	return true;
}

/* "@kim", "@kim.k_2", and "@kim@social.example". */
bool
match_handle(const struct scan_text *t, size_t at, struct found *f)
{
	size_t i = at + 1, len, domain;

	if (letter_before(t, at) && at != t->done)
		return false;
	while (
	    (len = name_char(t, i)) || byte_at(t, i) == '_' ||
	    ((byte_at(t, i) == '.' || byte_at(t, i) == '-') && i > at + 1 && name_char(t, i + 1)))
		i += len ? len : 1;
	if (i == at + 1)
		return false;
	domain = byte_at(t, i) == '@' ? domain_end(t, i + 1) : 0;
	*f = (struct found){at, domain ? domain : i, ENTITY_USER};
	return true;
}
