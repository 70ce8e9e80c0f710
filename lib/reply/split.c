#include "reply/split.h"

#include <stdbool.h>
#include <utf8proc.h>

/* What X counts for any URL. */
#define URL_WEIGHT 23

/* A place in a text and what was counted up to there. */
struct counter {
	struct slice text;
	size_t at, length;
	enum text_count count;
	utf8proc_int32_t last; /* the code point before AT; -1 at the start */
	utf8proc_int32_t grapheme_state;
	bool boundary; /* AT is between two graphemes */
};

static bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static size_t
weight(utf8proc_int32_t c)
{
	bool light = c <= 0x10ff || (c >= 0x2000 && c <= 0x200d) || (c >= 0x2010 && c <= 0x201f) ||
	             (c >= 0x2032 && c <= 0x2037);

	return light ? 1 : 2;
}

/* What a URL that begins at AT lacks to the weight that X gives it. */
static size_t
url_extra(struct slice text, size_t at)
{
	struct slice s = {text.p + at, text.n - at};
	size_t n = 0;

	if (at && !is_space(text.p[at - 1]))
		return 0;
	if (!slice_starts(s, SLICE("http://")) && !slice_starts(s, SLICE("https://")))
		return 0;
	while (n < s.n && !is_space(s.p[n]))
		n++;
	return n < URL_WEIGHT ? URL_WEIGHT - n : 0;
}

static size_t
units(const struct counter *c, utf8proc_int32_t point, size_t bytes, bool starts_grapheme)
{
	switch (c->count) {
	case COUNT_UTF16:
		return point > 0xffff ? 2 : 1;
	case COUNT_GRAPHEMES:
		return starts_grapheme;
	case COUNT_WEIGHTED:
		return weight(point) + url_extra(c->text, c->at);
	case COUNT_BYTES:
		return bytes;
	case COUNT_POINTS:
		break;
	}
	return 1;
}

/* Take in one code point; false at the end. */
static bool
step(struct counter *c)
{
	utf8proc_int32_t point;
	utf8proc_ssize_t n;

	if (c->at == c->text.n)
		return false;
	n = utf8proc_iterate((const utf8proc_uint8_t *)c->text.p + c->at,
	    (utf8proc_ssize_t)(c->text.n - c->at), &point);
	if (n <= 0) {
		n = 1;
		point = 0xfffd;
	}
	c->boundary = c->last < 0 ||
	              utf8proc_grapheme_break_stateful(c->last, point, &c->grapheme_state);
	c->length += units(c, point, (size_t)n, c->boundary);
	c->last = point;
	c->at += (size_t)n;
	return true;
}

size_t
text_length(struct slice text, enum text_count count)
{
	struct counter c = {.text = text, .count = count, .last = -1};

	while (step(&c))
		continue;
	return c.length;
}

/* The most bytes of TEXT, cut between graphemes, that are not longer than LIMIT.  At least one
 * grapheme, or nothing would ever move. */
static size_t
longest(struct slice text, size_t limit, enum text_count count)
{
	struct counter c = {.text = text, .count = count, .last = -1};
	size_t best = 0, before;

	for (before = 0; step(&c); before = c.at) {
		/* A boundary is known when the code point behind it has been seen. */
		if (c.boundary && before)
			best = before;
		if (c.length > limit && best)
			return best;
	}
	return text.n;
}

static bool
ends_sentence(struct slice text, size_t at)
{
	char c = text.p[at - 1];

	return text.p[at] == '\n' || c == '.' || c == '!' || c == '?' ||
	       (at >= 3 && memcmp(text.p + at - 3, "\xe2\x80\xa6", 3) == 0);
}

/* Where to cut TEXT, of which FIT bytes fit. */
static size_t
best_cut(struct slice text, size_t fit)
{
	size_t word = 0;

	for (size_t at = fit; at > 0; at--) {
		if (!is_space(text.p[at]))
			continue;
		if (!word)
			word = at;
		/* A short sentence alone would waste most of the part. */
		if (at < fit / 2)
			break;
		if (ends_sentence(text, at))
			return at;
	}
	return word ? word : fit;
}

struct slice
text_split(struct slice *rest, size_t limit, enum text_count count)
{
	struct slice text = slice_trim(*rest), part;
	size_t fit = limit ? longest(text, limit, count) : text.n;
	size_t cut = fit < text.n ? best_cut(text, fit) : text.n;

	part = slice_trim((struct slice){text.p, cut});
	*rest = slice_trim((struct slice){text.p + cut, text.n - cut});
	return part;
}
