#include "reply/split.h"

#include <stdbool.h>

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The most bytes of TEXT, cut between atoms, that are within LIMIT and fewer than BELOW.  At least one
 * atom, or nothing would ever move. */
static size_t
longest(struct slice text, const struct text_limit *limit, size_t below)
{
	struct text_atoms it = {text, limit, false};
	struct text_atom atom;
	int64_t length = 0;
	size_t fit = 0;

	while (text_atom_next(&it, &atom)) {
		size_t end = fit + atom.s.n;

		length += atom.length;
		if (fit && (end >= below || (limit->limit && length > limit->limit) ||
		               (limit->bytes && (int64_t)end > limit->bytes)))
			break;
		fit = end;
	}
	return fit;
}

static bool
ends_sentence(struct slice text, size_t at)
{
	char c = text.p[at - 1];

	return text.p[at] == '\n' || c == '.' || c == '!' || c == '?' ||
	       (at >= 3 && memcmp(text.p + at - 3, "\xe2\x80\xa6", 3) == 0);
}

/* A space that an accent stands on is no gap between words. */
static bool
is_gap(struct slice text, size_t at, const struct text_limit *limit)
{
	struct text_atoms it = {{text.p + at, text.n - at}, limit, false};
	struct text_atom atom;

	return is_space(text.p[at]) && text_atom_next(&it, &atom) && is_space(text.p[at + atom.s.n - 1]);
}

/* Where to cut TEXT, of which FIT bytes fit. */
static size_t
best_cut(struct slice text, size_t fit, const struct text_limit *limit)
{
	size_t word = 0;

	for (size_t at = fit; at > 0; at--) {
		if (!is_gap(text, at, limit))
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

static bool
is_one_atom(struct slice part, const struct text_limit *limit)
{
	struct text_atoms it = {part, limit, false};
	struct text_atom first;

	return !text_atom_next(&it, &first) || first.s.n == part.n;
}

struct slice
text_split(struct slice *rest, const struct text_limit *limit)
{
	struct slice text = slice_trim(*rest), part;
	size_t fit = longest(text, limit, SIZE_MAX), cut;

	for (;;) {
		cut = fit < text.n ? best_cut(text, fit, limit) : text.n;
		part = slice_trim((struct slice){text.p, cut});
		/* What a word is cut to may look like an address, which counts more. */
		if (text_fits(part, limit) || is_one_atom(part, limit))
			break;
		fit = longest(text, limit, cut);
		if (fit >= cut)
			break;
	}
	*rest = slice_trim((struct slice){text.p + cut, text.n - cut});
	return part;
}
