#include "text/length.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* What X counts for any URL. */
#define WEIGHTED_URL 23
#define WEIGHTED_EMOJI 2

#define VARIATION_EMOJI 0xfe0f
#define KEYCAP 0x20e3

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* One code point; what is not UTF-8 counts as one of a byte. */
static size_t
decode(struct slice s, utf8proc_int32_t *point)
{
	utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.p,
	    (utf8proc_ssize_t)s.n, point);

	if (n > 0)
		return (size_t)n;
	*point = 0xfffd;
	return 1;
}

/* A sentence goes on behind an address: its marks are not part of it. */
static size_t
without_marks(const char *p, size_t n)
{
	while (n && strchr(".,;:!?)]}'\"", p[n - 1]))
		n--;
	return n;
}

static size_t
to_space(struct slice s)
{
	size_t n = 0;

	while (n < s.n && !is_space(s.p[n]) && s.p[n] != '<' && s.p[n] != '>')
		n++;
	return n;
}

/* "example.com/path": X makes a link of it, too.  Taking more for one than X does only makes a
 * text look longer. */
static size_t
bare_address(struct slice s)
{
	size_t n = 0, label = 0, letters = 0;
	bool dot = false;

	for (; n < s.n && (is_alnum(s.p[n]) || s.p[n] == '-' || s.p[n] == '.'); n++) {
		bool is_dot = s.p[n] == '.';

		if (is_dot && !label)
			return 0;
		if (is_dot && (n + 1 == s.n || !is_alnum(s.p[n + 1])))
			break;
		dot |= is_dot;
		label = is_dot ? 0 : label + 1;
		letters = is_dot ? 0 : letters + ((s.p[n] | 0x20) >= 'a');
	}
	if (!dot || letters < 2 || letters != label)
		return 0;
	if (n < s.n && s.p[n] == '/')
		n = without_marks(s.p, to_space(s));
	return n;
}

/* The length in bytes of the URL that begins with S, or 0. */
static size_t
url_at(struct slice s, enum text_count count)
{
	size_t scheme = slice_starts(s, SLICE("https://"))  ? 8
	                : slice_starts(s, SLICE("http://")) ? 7
	                                                    : 0;
	size_t n;

	if (!scheme)
		return count == COUNT_WEIGHTED && is_alnum(s.p[0]) ? bare_address(s) : 0;
	n = without_marks(s.p, to_space(s));
	return n > scheme ? n : 0;
}

static size_t
name_at(struct slice s, size_t from)
{
	size_t n = from;

	while (n < s.n && (is_alnum(s.p[n]) || s.p[n] == '_' || s.p[n] == '.' || s.p[n] == '-'))
		n++;
	while (n > from && (s.p[n - 1] == '.' || s.p[n - 1] == '-'))
		n--;
	return n;
}

/* The same of a mention; *LOCAL is the length without the host. */
static size_t
mention_at(struct slice s, size_t *local)
{
	size_t n;

	if (s.p[0] != '@')
		return 0;
	n = name_at(s, 1);
	*local = n;
	if (n == 1)
		return 0;
	if (n < s.n && s.p[n] == '@' && name_at(s, n + 1) > n + 1)
		n = name_at(s, n + 1);
	return n;
}

/* One cluster, and whether it is an emoji. */
static size_t
cluster_at(struct slice s, bool *emoji)
{
	utf8proc_int32_t last, point, state = 0;
	size_t n = decode(s, &last);
	int class = utf8proc_get_property(last)->boundclass;

	*emoji = (class == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC && last > 0x10ff) ||
	         class == UTF8PROC_BOUNDCLASS_REGIONAL_INDICATOR;
	while (n < s.n) {
		size_t more = decode((struct slice){s.p + n, s.n - n}, &point);

		if (utf8proc_grapheme_break_stateful(last, point, &state))
			break;
		*emoji |= point == VARIATION_EMOJI || point == KEYCAP;
		last = point;
		n += more;
	}
	return n;
}

static int64_t
weight(utf8proc_int32_t c)
{
	bool light = c <= 0x10ff || (c >= 0x2000 && c <= 0x200d) || (c >= 0x2010 && c <= 0x201f) ||
	             (c >= 0x2032 && c <= 0x2037);

	return light ? 1 : 2;
}

static int64_t
sum(struct slice s, enum text_count count)
{
	int64_t length = 0;
	size_t n;

	for (; s.n; s.p += n, s.n -= n) {
		utf8proc_int32_t point;

		n = decode(s, &point);
		length += count == COUNT_UTF16      ? 1 + (point > 0xffff)
		          : count == COUNT_WEIGHTED ? weight(point)
		                                    : 1;
	}
	return length;
}

/* X puts letters and accents together before it counts. */
static int64_t
weight_of_cluster(struct slice s)
{
	utf8proc_uint8_t *composed = NULL;
	utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n,
	    &composed, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	int64_t length;

	length = n > 0 ? sum((struct slice){(char *)composed, (size_t)n}, COUNT_WEIGHTED)
		       : sum(s, COUNT_WEIGHTED);
	free(composed);
	return length;
}

static int64_t
cluster_length(struct slice s, enum text_count count, bool emoji)
{
	switch (count) {
	case COUNT_GRAPHEMES:
		return 1;
	case COUNT_BYTES:
		return (int64_t)s.n;
	case COUNT_WEIGHTED:
		if (emoji)
			return WEIGHTED_EMOJI;
		return s.n == 1 ? 1 : weight_of_cluster(s);
	default:
		return sum(s, count);
	}
}

static int64_t
plain_length(struct slice s, enum text_count count)
{
	int64_t length = 0;

	while (s.n) {
		bool emoji;
		size_t n = cluster_at(s, &emoji);

		length += cluster_length((struct slice){s.p, n}, count, emoji);
		s.p += n;
		s.n -= n;
	}
	return length;
}

bool
text_atom_next(struct text_atoms *it, struct text_atom *atom)
{
	const struct text_limit *limit = it->limit;
	struct slice s = it->rest;
	int64_t url = limit->url ? limit->url : limit->count == COUNT_WEIGHTED ? WEIGHTED_URL : 0;
	size_t n = 0, local = 0;
	bool emoji;

	if (!s.n)
		return false;
	if (!it->in_word && (n = url_at(s, limit->count))) {
		atom->length = url ? url : plain_length((struct slice){s.p, n}, limit->count);
	} else if (!it->in_word && (n = mention_at(s, &local))) {
		atom->length = plain_length(
		    (struct slice){s.p, limit->mention_local ? local : n}, limit->count);
	} else {
		n = cluster_at(s, &emoji);
		atom->length = cluster_length((struct slice){s.p, n}, limit->count, emoji);
	}
	atom->s = (struct slice){s.p, n};
	it->rest = (struct slice){s.p + n, s.n - n};
	it->in_word = is_alnum(s.p[n - 1]) || strchr("_@/", s.p[n - 1]);
	return true;
}

int64_t
text_length(struct slice text, const struct text_limit *limit)
{
	struct text_atoms it = {text, limit, false};
	struct text_atom atom;
	int64_t length = 0;

	while (text_atom_next(&it, &atom))
		length += atom.length;
	return length;
}

bool
text_fits(struct slice text, const struct text_limit *limit)
{
	if (limit->bytes && (int64_t)text.n > limit->bytes)
		return false;
	return !limit->limit || text_length(text, limit) <= limit->limit;
}
