/* Cutting text into words. */
#include "text/query_word.h"

#include <string.h>
#include <utf8proc.h>

/* The class of ASCII characters; A-Z and a-z fold by setting bit 5. */
static const uint8_t ascii_class[128] = {
    ['#'] = FOLD_HASH,
    ['@'] = FOLD_AT,
    ['_'] = FOLD_UNDERSCORE,
    ['*'] = FOLD_STAR,
    ['?'] = FOLD_QUESTION,
    ['0' ... '9'] = FOLD_LETTER,
    ['A' ... 'Z'] = FOLD_LETTER,
    ['a' ... 'z'] = FOLD_LETTER,
};

/* One character of the text. */
struct letter {
	enum fold_class class;
	size_t len; /* bytes in the text */
	int32_t cp;
	const char *s; /* its fold */
	size_t n;
	struct fold fold; /* where s may point */
};

static bool
decode_two(const struct words *w, size_t at, struct letter *c)
{
	const unsigned char *p = (const unsigned char *)w->text.p + at;

	if (!w->table || p[0] < 0xc2 || p[0] > 0xdf || w->text.n - at < 2 || (p[1] & 0xc0) != 0x80)
		return false;
	c->cp = (p[0] & 0x1f) << 6 | (p[1] & 0x3f);
	c->len = 2;
	c->class = w->table->of[c->cp].class;
	c->s = w->table->of[c->cp].s;
	c->n = w->table->of[c->cp].n;
	return true;
}

/* The character at AT, which is in the text. */
static void
decode(const struct words *w, size_t at, struct letter *c)
{
	const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)w->text.p + at;
	utf8proc_ssize_t len;

	if (p[0] >= 0x80 && decode_two(w, at, c))
		return;
	/* What is no letter and in ASCII is its own fold. */
	if (p[0] < 0x80 && ascii_class[p[0]] != FOLD_LETTER) {
		c->class = (enum fold_class)ascii_class[p[0]];
		c->cp = p[0];
		c->s = (const char *)p;
		c->len = c->n = 1;
		return;
	}
	len = utf8proc_iterate(p, (utf8proc_ssize_t)(w->text.n - at), &c->cp);
	c->s = c->fold.s;
	if (len <= 0) {
		c->class = FOLD_BREAK;
		c->len = 1;
		c->n = 0;
		c->cp = -1;
		return;
	}
	c->len = (size_t)len;
	/* General punctuation is frequent (quotes, dashes, ellipsis) and needs no table. */
	if (c->cp >= 0x2010 && c->cp <= 0x2027) {
		c->class = FOLD_BREAK;
		c->n = 0;
		return;
	}
	fold_char(c->cp, &c->fold);
	c->class = (enum fold_class)c->fold.class;
	c->n = c->fold.n;
}

/* Add to the key.  A word that gets too long keeps a length past the limit and so has no key. */
static void
put(struct words *w, const char *s, size_t n)
{
	if (w->n > QUERY_WORD_MAX)
		return;
	memcpy(w->key + w->n, s, n);
	w->n += n;
}

static bool
finish(struct words *w, size_t end)
{
	if (w->n > QUERY_WORD_MAX)
		w->n = 0;
	memset(w->key + w->n, 0, 8);
	w->end = w->at = end;
	return true;
}

static void
begin(struct words *w, enum word_kind kind, size_t at)
{
	w->kind = kind;
	w->start = at;
	w->n = 0;
	w->has_wild = false;
}

/* Does the word go on at AT, seen across "?"s? */
static bool
goes_on(const struct words *w, size_t at)
{
	struct letter c;

	while (at < w->text.n && w->text.p[at] == '?')
		at++;
	if (at >= w->text.n)
		return false;
	decode(w, at, &c);
	return c.class == FOLD_LETTER || c.class == FOLD_SINGLE || c.class == FOLD_STAR;
}

/* Is the "*" or "?" at AT part of the word that is open? */
static bool
take_wild(struct words *w, const struct letter *c, size_t at)
{
	if (!w->wild)
		return false;
	if (c->class == FOLD_STAR) {
		if (!w->n || w->key[w->n - 1] != WILD_MANY)
			put(w, (const char[]){WILD_MANY}, 1);
	} else if (w->n && goes_on(w, at)) {
		put(w, (const char[]){WILD_ONE}, 1);
	} else {
		return false;
	}
	w->has_wild = true;
	return true;
}

/* Is the character part of the run of letters that is open? */
static bool
take(struct words *w, const struct letter *c, size_t at)
{
	switch (c->class) {
	case FOLD_LETTER:
		put(w, c->s, c->n);
		return true;
	case FOLD_MARK:
		if (w->n && w->n <= QUERY_WORD_MAX)
			w->n = fold_mark(w->key, w->n, c->cp);
		return true;
	case FOLD_SKIP:
		return true;
	case FOLD_UNDERSCORE:
	case FOLD_SINGLE:
		if (w->kind == WORD_PLAIN)
			return false;
		put(w, c->s, c->n);
		return true;
	case FOLD_STAR:
	case FOLD_QUESTION:
		return take_wild(w, c, at);
	default:
		return false;
	}
}

/* The letters from AT on.  Always true, for the callers. */
static bool
run(struct words *w, size_t at)
{
	const unsigned char *p = (const unsigned char *)w->text.p;
	struct letter c;

	for (;;) {
		while (at < w->text.n && p[at] < 0x80 && ascii_class[p[at]] == FOLD_LETTER &&
		       w->n <= QUERY_WORD_MAX) {
			w->key[w->n++] = (char)(p[at] | (p[at] >= 'A' ? 0x20 : 0));
			at++;
		}
		if (at >= w->text.n)
			break;
		decode(w, at, &c);
		if (!take(w, &c, at))
			break;
		at += c.len;
	}
	w->glue = at;
	return finish(w, at);
}

/* One letter of a script without spaces, with the marks that belong to it. */
static bool
single(struct words *w, struct letter *c, size_t at)
{
	put(w, c->s, c->n);
	for (at += c->len; at < w->text.n; at += c->len) {
		decode(w, at, c);
		if (c->class == FOLD_LETTER && c->cp > 0x80) {
			utf8proc_category_t cat = utf8proc_category(c->cp);

			if (cat != UTF8PROC_CATEGORY_MN && cat != UTF8PROC_CATEGORY_MC)
				break;
			put(w, c->s, c->n);
		} else if (c->class == FOLD_STAR || c->class == FOLD_QUESTION) {
			if (!take_wild(w, c, at))
				break;
		} else if (c->class != FOLD_MARK && c->class != FOLD_SKIP) {
			break;
		}
	}
	return finish(w, at);
}

/* An emoji with what is joined to it, or the two halves of a flag. */
static bool
emoji(struct words *w, struct letter *c, size_t at)
{
	bool flag = c->class == FOLD_FLAG, joined = false, paired = false;

	put(w, c->s, c->n);
	for (at += c->len; at < w->text.n; at += c->len) {
		decode(w, at, c);
		if (flag && !paired && c->class == FOLD_FLAG) {
			put(w, c->s, c->n);
			paired = true;
		} else if (!flag && joined && c->class == FOLD_EMOJI) {
			put(w, "\xe2\x80\x8d", 3);
			put(w, c->s, c->n);
			joined = false;
		} else if (c->class == FOLD_SKIP) {
			joined = c->cp == 0x200d;
		} else {
			break;
		}
	}
	return finish(w, at);
}

static bool
is_link(struct slice s)
{
	static const char *const starts[] = {"http://", "https://", "www."};

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		struct slice start = slice_of(starts[i]);

		if (s.n > start.n && slice_eq_nocase((struct slice){s.p, start.n}, start))
			return true;
	}
	return false;
}

/* A web address goes up to white space, a quote or an angle bracket. */
static bool
web_address(struct words *w, size_t at)
{
	struct letter c;

	w->kind = WORD_LINK;
	for (; at < w->text.n; at += c.len) {
		unsigned char b = (unsigned char)w->text.p[at];

		c.len = 1;
		if (b <= ' ' || b == '<' || b == '>' || b == '"')
			break;
		if (b < 0x80)
			continue;
		decode(w, at, &c);
		if (c.class != FOLD_LETTER && c.class != FOLD_MARK)
			break;
	}
	w->glue = at;
	w->n = 0;
	return finish(w, at);
}

/* Does the "#" or "@" at AT, of LEN bytes, begin a tag or handle? */
static bool
begins_name(const struct words *w, enum fold_class class, size_t at, size_t len)
{
	struct letter c;

	/* "C#" and "kim@example.com" are none, "#one#two" is two. */
	if (at && w->glue == at && !(class == FOLD_HASH && w->kind == WORD_TAG))
		return false;
	if (at + len >= w->text.n)
		return false;
	decode(w, at + len, &c);
	return c.class == FOLD_LETTER || c.class == FOLD_SINGLE || c.class == FOLD_UNDERSCORE ||
	       (w->wild && c.class == FOLD_STAR);
}

static bool
start_word(struct words *w, struct letter *c, size_t at)
{
	switch (c->class) {
	case FOLD_HASH:
	case FOLD_AT:
		if (!begins_name(w, c->class, at, c->len))
			return false;
		begin(w, c->class == FOLD_HASH ? WORD_TAG : WORD_HANDLE, at);
		put(w, c->class == FOLD_HASH ? "#" : "@", 1);
		return run(w, at + c->len);
	case FOLD_STAR:
		if (!w->wild)
			return false;
		begin(w, WORD_PLAIN, at);
		return run(w, at);
	case FOLD_SINGLE:
		begin(w, WORD_PLAIN, at);
		return single(w, c, at);
	case FOLD_EMOJI:
	case FOLD_FLAG:
		begin(w, WORD_PLAIN, at);
		return emoji(w, c, at);
	case FOLD_SIGN:
		begin(w, WORD_PLAIN, at);
		put(w, c->s, c->n);
		return finish(w, at + c->len);
	default:
		return false;
	}
}

static bool
start_letters(struct words *w, size_t at)
{
	struct slice rest = {w->text.p + at, w->text.n - at};
	char first = (char)(rest.p[0] | 0x20);

	begin(w, WORD_PLAIN, at);
	if ((first == 'h' || first == 'w') && is_link(rest))
		return web_address(w, at);
	return run(w, at);
}

bool
words_next(struct words *w)
{
	const unsigned char *p = (const unsigned char *)w->text.p;
	struct letter c;

	for (size_t at = w->at; at < w->text.n; at += c.len) {
		c.len = 1;
		if (p[at] < 0x80) {
			c.class = (enum fold_class)ascii_class[p[at]];
			if (c.class == FOLD_LETTER)
				return start_letters(w, at);
			if (c.class == FOLD_BREAK)
				continue;
		} else {
			decode(w, at, &c);
			if (c.class == FOLD_LETTER && c.n)
				return start_letters(w, at);
		}
		if (start_word(w, &c, at))
			return true;
	}
	w->at = w->text.n;
	return false;
}
