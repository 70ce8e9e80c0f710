#include "text/normalize.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "core/mem.h"
#include "text/emoticon.h"

/* No input byte becomes more than this many output bytes: "1!1!" → "<num> ! <num> !" is 6 a byte, a
 * ligature of DECOMPOSED_MAX code points 11. */
#define GROWTH 12
#define DECOMPOSED_MAX 8

enum byte_class {
	SPACE, /* and control characters */
	LETTER,
	DIGIT,
	APOSTROPHE,
	UNDERSCORE,
	AT,
	HASH,
	MARK, /* kept as a token */
	PUNCT, /* only ends a word, unless it is the start of an emoticon */
	HIGH   /* part of a longer character */
};

static const uint8_t class_of[256] = {
    [0 ... ' '] = SPACE,
    ['!'] = MARK,
    ['"'] = PUNCT,
    ['#'] = HASH,
    ['$'] = MARK,
    ['%'] = MARK,
    ['&'] = MARK,
    ['\''] = APOSTROPHE,
    ['(' ... '*'] = PUNCT,
    ['+'] = MARK,
    [','] = PUNCT,
    ['-' ... '/'] = PUNCT,
    ['0' ... '9'] = DIGIT,
    [':' ... '>'] = PUNCT,
    ['?'] = MARK,
    ['@'] = AT,
    ['A' ... 'Z'] = LETTER,
    ['[' ... '^'] = PUNCT,
    ['_'] = UNDERSCORE,
    ['`'] = APOSTROPHE,
    ['a' ... 'z'] = LETTER,
    ['{' ... '~'] = PUNCT,
    [0x7f] = SPACE,
    [0x80 ... 0xff] = HIGH,
};

/* The text being read and the word being written. */
struct pass {
	struct norm *norm;
	const unsigned char *p, *end;
	char *o;          /* where the next byte goes */
	char *word;       /* where the open word began, or NULL */
	unsigned letters; /* code points in the open word */
	enum script script;
	bool tag; /* inside a hashtag */
};

static void
push(struct pass *z, const char *start, enum token_kind kind, unsigned letters)
{
	struct norm *norm = z->norm;

	norm->tokens = xgrow(norm->tokens, norm->n, &norm->cap, sizeof *norm->tokens);
	norm->tokens[norm->n++] = (struct token){
	    .at = (uint32_t)(start - norm->text.p),
	    .n = (uint16_t)(z->o - start),
	    .kind = (uint8_t)kind,
	    .letters = (uint8_t)letters,
	};
}

static char *
begin(struct pass *z)
{
	if (z->o != z->norm->text.p)
		*z->o++ = ' ';
	return z->o;
}

static void
end_word(struct pass *z)
{
	if (!z->word)
		return;
	while (z->o[-1] == '\'') /* o[-1] is in the word, which begins with a letter */
		z->o--;
	push(z, z->word, TOKEN_WORD, z->letters);
	z->word = NULL;
}

static void
begin_word(struct pass *z, enum script script)
{
	z->word = begin(z);
	z->letters = 0;
	z->script = script;
}

/* Forget the open word as if it had never been there. */
static void
drop_word(struct pass *z)
{
	z->o = z->word == z->norm->text.p ? z->word : z->word - 1;
	z->word = NULL;
}

static void
put_token(struct pass *z, enum token_kind kind, const char *text, size_t n)
{
	char *start;

	end_word(z);
	start = begin(z);
	memcpy(z->o, text, n);
	z->o += n;
	push(z, start, kind, 0);
}

static void
put_marker(struct pass *z, enum token_kind kind, const char *text)
{
	put_token(z, kind, text, strlen(text));
}

/* "!!!!" and "€€€" become two of the kind. */
static void
put_mark(struct pass *z, const char *text, size_t n)
{
	struct norm *norm = z->norm;
	struct token *last = norm->n && !z->word ? &norm->tokens[norm->n - 1] : NULL;
	bool same = last && last->kind == TOKEN_MARK && last->at + last->n == z->o - norm->text.p &&
		    (last->n == n || last->n == 2 * n) && memcmp(norm->text.p + last->at, text, n) == 0;

	if (!same) {
		put_token(z, TOKEN_MARK, text, n);
	} else if (last->n == n) {
		memcpy(z->o, text, n);
		z->o += n;
		last->n = (uint16_t)(2 * n);
	}
}

static bool
is_alnum(unsigned char c)
{
	return class_of[c] == LETTER || class_of[c] == DIGIT;
}

static bool
starts_nocase(const struct pass *z, struct slice with)
{
	return (size_t)(z->end - z->p) >= with.n &&
	       slice_eq_nocase((struct slice){(const char *)z->p, with.n}, with);
}

/* Does a web address begin here?  Some corpora write just "http" for one. */
static bool
at_url(const struct pass *z)
{
	unsigned char c = *z->p | 0x20;

	if (c != 'h' && c != 'w' && c != 't')
		return false;
	if (starts_nocase(z, SLICE("http://")) || starts_nocase(z, SLICE("https://")) ||
	    starts_nocase(z, SLICE("www.")) || starts_nocase(z, SLICE("t.co/")))
		return true;
	return starts_nocase(z, SLICE("http")) &&
	       (z->end - z->p == 4 || class_of[z->p[4]] == SPACE);
}

static void
skip_url(struct pass *z)
{
	while (z->p < z->end && class_of[*z->p] != SPACE && *z->p != '<' && *z->p != '>' &&
	       *z->p != '"')
		z->p++;
}

/* A run of ASCII letters and digits; the word is open. */
static void
ascii_run(struct pass *z)
{
	const unsigned char *p = z->p, *end = z->end;
	char *o = z->o;
	unsigned room = NORMALIZE_WORD_MAX - z->letters, n = 0;
	char last = o > z->word ? o[-1] : '\0', before = o > z->word + 1 ? o[-2] : '\0';
	bool upper_ends = false;

	while (p < end && n < room && is_alnum(*p)) {
		bool upper = *p >= 'A' && *p <= 'Z';
		char c = (char)(upper ? *p | 0x20 : *p);

		if (z->tag && upper && upper_ends)
			break;
		upper_ends = !upper;
		p++;
		if (c == last && c == before)
			continue;
		*o++ = c;
		before = last;
		last = c;
		n++;
	}
	z->norm->letters[SCRIPT_LATIN] += n;
	z->letters += n;
	z->p = p;
	z->o = o;
	if (p < end && is_alnum(*p))
		end_word(z);
}

/* Scripts that put no space between words. */
static bool
spaceless(enum script s)
{
	return s == SCRIPT_HAN || s == SCRIPT_KANA || s == SCRIPT_THAI || s == SCRIPT_LAO ||
	       s == SCRIPT_KHMER || s == SCRIPT_MYANMAR;
}

/* Add the folded letter CP to the open word, or begin one. */
static void
add_letter(struct pass *z, uint32_t cp, enum script script)
{
	char enc[4];
	size_t n = (size_t)utf8proc_encode_char((utf8proc_int32_t)cp, (utf8proc_uint8_t *)enc);

	if (z->word &&
	    (z->letters == NORMALIZE_WORD_MAX || spaceless(script) != spaceless(z->script)))
		end_word(z);
	if (!z->word)
		begin_word(z, script);
	if (z->o >= z->word + 2 * n && memcmp(z->o - n, enc, n) == 0 &&
	    memcmp(z->o - 2 * n, enc, n) == 0)
		return;
	memcpy(z->o, enc, n);
	z->o += n;
	z->letters++;
	z->norm->letters[script]++;
}

static void
add_number(struct pass *z)
{
	const struct norm *norm = z->norm;

	end_word(z);
	if (norm->n && norm->tokens[norm->n - 1].kind == TOKEN_NUMBER && class_of[z->p[-1]] == HIGH)
		return; /* digits of another script come one by one */
	put_marker(z, TOKEN_NUMBER, "<num>");
}

static void
ascii_number(struct pass *z)
{
	const unsigned char *p = z->p;

	while (p < z->end && class_of[*p] == DIGIT) {
		p++;
		if (p + 1 < z->end && memchr(".,:/-", *p, 5) && class_of[p[1]] == DIGIT)
			p++;
	}
	z->p = p;
	put_marker(z, TOKEN_NUMBER, "<num>");
}

static void
at_sign(struct pass *z)
{
	const unsigned char *p = z->p + 1;
	bool name = p < z->end && (is_alnum(*p) || *p == '_' || *p >= 0xc3);

	if (!name) {
		end_word(z);
		z->p++;
		return;
	}
	while (p < z->end && (is_alnum(*p) || *p == '_' || *p == '-' ||
				 ((*p == '.' || *p == '@') && p + 1 < z->end && is_alnum(p[1]))))
		p++;
	if (z->word) {
		drop_word(z);
		put_marker(z, TOKEN_MAIL, "<mail>");
	} else {
		put_marker(z, TOKEN_HANDLE, "<user>");
	}
	z->p = p;
}

static void
hash_sign(struct pass *z)
{
	end_word(z);
	z->p++;
	if (z->p < z->end && (is_alnum(*z->p) || *z->p >= 0xc3)) {
		put_marker(z, TOKEN_TAG, "#");
		z->tag = true;
	}
}

static void
apostrophe(struct pass *z)
{
	z->p++;
	if (z->word && z->p < z->end && (class_of[*z->p] == LETTER || *z->p >= 0xc3) &&
	    z->o[-1] != '\'')
		*z->o++ = '\'';
	else
		end_word(z);
}

static void
punctuation(struct pass *z)
{
	char canon[EMOTICON_MAX + 1];
	size_t n = emoticon_at((const char *)z->p, (size_t)(z->end - z->p), z->word != NULL, canon);

	z->tag = false;
	if (n) {
		put_marker(z, TOKEN_EMOTICON, canon);
		z->p += n;
		return;
	}
	end_word(z);
	if (*z->p == '.') {
		const unsigned char *start = z->p;

		while (z->p < z->end && *z->p == '.')
			z->p++;
		if (z->p - start > 1)
			put_marker(z, TOKEN_MARK, "..");
		return;
	}
	if (class_of[*z->p] == MARK)
		put_mark(z, (const char *)z->p, 1);
	z->p++;
}

/* The character at z->p, which is moved behind it; 0 when the bytes are not UTF-8. */
static uint32_t
decode(struct pass *z)
{
	utf8proc_int32_t cp;
	utf8proc_ssize_t n;

	if (*z->p < 0xe0 && *z->p >= 0xc2 && z->end - z->p >= 2 && (z->p[1] & 0xc0) == 0x80) {
		cp = (*z->p & 0x1f) << 6 | (z->p[1] & 0x3f);
		z->p += 2;
		return (uint32_t)cp;
	}
	n = utf8proc_iterate(z->p, z->end - z->p, &cp);
	if (n <= 0) {
		z->p++;
		return 0;
	}
	z->p += n;
	return (uint32_t)cp;
}

/* Join the combining mark (or Hangul vowel or final) CP with the letter before it, if there is one
 * character for both; false if not. */
static bool
compose(struct pass *z, uint32_t cp)
{
	utf8proc_int32_t pair[2] = {0, (utf8proc_int32_t)cp};
	char *last = z->o;

	if (!z->word || z->o == z->word)
		return false;
	do
		last--;
	while (last > z->word && ((unsigned char)*last & 0xc0) == 0x80);
	if (utf8proc_iterate((utf8proc_uint8_t *)last, z->o - last, &pair[0]) <= 0)
		return false;
	if (utf8proc_normalize_utf32(pair, 2, UTF8PROC_COMPOSE) != 1)
		return false;
	z->o = last + utf8proc_encode_char(pair[0], (utf8proc_uint8_t *)last);
	return true;
}

/* Marks that writers of Arabic and Hebrew leave out as they please. */
static bool
is_optional_mark(uint32_t cp)
{
	return (cp >= 0x64b && cp <= 0x65f) || cp == 0x670 || (cp >= 0x591 && cp <= 0x5c7);
}

static void
add_symbol(struct pass *z, uint32_t cp, enum token_kind kind)
{
	char enc[4];
	size_t n = (size_t)utf8proc_encode_char((utf8proc_int32_t)cp, (utf8proc_uint8_t *)enc);

	z->tag = false;
	if (kind == TOKEN_MARK)
		put_mark(z, enc, n);
	else
		put_token(z, kind, enc, n);
}

/* Two regional indicators are a flag; the second joins the first. */
static void
add_flag_half(struct pass *z, uint32_t cp)
{
	struct norm *norm = z->norm;
	struct token *last = norm->n && !z->word ? &norm->tokens[norm->n - 1] : NULL;

	if (last && last->kind == TOKEN_EMOJI && last->n == 4 &&
	    memcmp(norm->text.p + last->at, "\xf0\x9f\x87", 3) == 0 &&
	    last->at + last->n == z->o - norm->text.p) {
		z->o += utf8proc_encode_char((utf8proc_int32_t)cp, (utf8proc_uint8_t *)z->o);
		last->n = 8;
	} else {
		add_symbol(z, cp, TOKEN_EMOJI);
	}
}

static void
add_mark_cp(struct pass *z, uint32_t cp)
{
	bool selector = (cp >= 0xfe00 && cp <= 0xfe0f) || cp >= 0xe0000 || cp == 0x20e3;

	if (selector || is_optional_mark(cp) || compose(z, cp) || (cp >= 0x300 && cp <= 0x36f))
		return;
	if (z->word)
		add_letter(z, cp, z->script);
	else
		add_letter(z, cp, script_of(cp));
}

static void
add_lower(struct pass *z, uint32_t cp)
{
	uint32_t low = (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);

	if (cp == 0x640) /* tatweel only stretches the line */
		return;
	if (cp >= 0x1160 && cp <= 0x11ff && compose(z, cp))
		return;
	if (z->tag && low != cp && z->word && !spaceless(z->script))
		end_word(z);
	add_letter(z, low, script_of(low));
}

/* A character that the short ways do not know. */
static void
add_category(struct pass *z, uint32_t cp, const utf8proc_property_t *prop)
{
	switch (prop->category) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
		add_lower(z, cp);
		break;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
		add_mark_cp(z, cp);
		break;
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		add_number(z);
		break;
	case UTF8PROC_CATEGORY_CF: /* joiners, direction marks, soft hyphens */
		break;
	case UTF8PROC_CATEGORY_SC:
	case UTF8PROC_CATEGORY_SO:
		add_symbol(z, cp, TOKEN_MARK);
		break;
	default:
		end_word(z);
		z->tag = false;
	}
}

/* One of the characters that a compatibility character stands for. */
static void
add_decomposed(struct pass *z, uint32_t cp)
{
	char c = (char)cp;

	if (cp >= 0x80) {
		add_category(z, cp, utf8proc_get_property((utf8proc_int32_t)cp));
	} else if (class_of[cp] == LETTER) {
		add_letter(z, cp | 0x20, SCRIPT_LATIN);
	} else if (class_of[cp] == DIGIT) {
		add_number(z);
	} else if (class_of[cp] == MARK) {
		put_mark(z, &c, 1);
	} else {
		end_word(z);
	}
}

static void
add_other(struct pass *z, uint32_t cp)
{
	const utf8proc_property_t *prop = utf8proc_get_property((utf8proc_int32_t)cp);
	utf8proc_int32_t parts[32];
	int bound = 0;

	if (cp >= 0x1f3fb && cp <= 0x1f3ff) /* skin tones */
		return;
	if (prop->boundclass == UTF8PROC_BOUNDCLASS_REGIONAL_INDICATOR) {
		add_flag_half(z, cp);
	} else if (cp >= 0x2000 && prop->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC) {
		add_symbol(z, cp, TOKEN_EMOJI);
	} else if (prop->decomp_type) {
		utf8proc_ssize_t n = utf8proc_decompose_char((utf8proc_int32_t)cp, parts, 32,
		    UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE, &bound);

		for (utf8proc_ssize_t i = 0; i < n && i < DECOMPOSED_MAX; i++)
			add_decomposed(z, (uint32_t)parts[i]);
	} else {
		add_category(z, cp, prop);
	}
}

/* Characters above ASCII; the common letters without asking utf8proc. */
static void
high(struct pass *z)
{
	uint32_t cp = decode(z);

	if (cp >= 0xdf && cp <= 0xff && cp != 0xf7)
		add_letter(z, cp, SCRIPT_LATIN);
	else if (cp >= 0x430 && cp <= 0x45f)
		add_letter(z, cp, SCRIPT_CYRILLIC);
	else if (cp >= 0x621 && cp <= 0x64a && cp != 0x640)
		add_letter(z, cp, SCRIPT_ARABIC);
	else if (cp >= 0xac00 && cp <= 0xd7a3)
		add_letter(z, cp, SCRIPT_HANGUL);
	else if (cp >= 0x4e00 && cp <= 0x9fff)
		add_letter(z, cp, SCRIPT_HAN);
	else if ((cp >= 0x3041 && cp <= 0x3096) || (cp >= 0x30a1 && cp <= 0x30fa))
		add_letter(z, cp, SCRIPT_KANA);
	else if (cp == 0x2019 || cp == 0x2018 || cp == 0x2bc) {
		z->p--;
		apostrophe(z);
	} else if (cp == 0x2026)
		put_marker(z, TOKEN_MARK, "..");
	else if (cp == 0x61f)
		put_mark(z, "?", 1);
	else if (cp == 0)
		return;
	else
		add_other(z, cp);
}

static void
letter(struct pass *z)
{
	if (!z->word && at_url(z)) {
		skip_url(z);
		put_marker(z, TOKEN_URL, "<url>");
		return;
	}
	if (z->word && (z->letters == NORMALIZE_WORD_MAX || spaceless(z->script)))
		end_word(z);
	if (!z->word)
		begin_word(z, SCRIPT_LATIN);
	ascii_run(z);
}

static void
step(struct pass *z)
{
	switch (class_of[*z->p]) {
	case SPACE:
		end_word(z);
		z->tag = false;
		z->p++;
		break;
	case LETTER:
		letter(z);
		break;
	case DIGIT:
		if (z->word && !spaceless(z->script) && z->letters < NORMALIZE_WORD_MAX)
			ascii_run(z);
		else
			ascii_number(z);
		break;
	case APOSTROPHE:
		apostrophe(z);
		break;
	case UNDERSCORE:
		end_word(z);
		z->p++;
		break;
	case AT:
		at_sign(z);
		break;
	case HASH:
		hash_sign(z);
		break;
	case HIGH:
		high(z);
		break;
	default:
		punctuation(z);
	}
}

/* The start of TEXT that is read: not more than the limit, cut between characters. */
static size_t
bounded(struct slice text)
{
	size_t n = text.n;

	if (n <= NORMALIZE_INPUT_MAX)
		return n;
	for (n = NORMALIZE_INPUT_MAX; n > NORMALIZE_INPUT_MAX - 4; n--)
		if (((unsigned char)text.p[n] & 0xc0) != 0x80)
			break;
	return n;
}

void
norm_run(struct norm *norm, struct slice text)
{
	size_t n = bounded(text);
	struct pass z = {.norm = norm, .p = (const unsigned char *)text.p};

	buf_clear(&norm->text);
	norm->n = 0;
	memset(norm->letters, 0, sizeof norm->letters);
	if (n == 0)
		return;
	buf_reserve(&norm->text, n * GROWTH + 64);
	z.end = z.p + n;
	z.o = norm->text.p;
	while (z.p < z.end)
		step(&z);
	end_word(&z);
	norm->text.n = (size_t)(z.o - norm->text.p);
	*z.o = '\0';
}

void
norm_release(struct norm *norm)
{
	buf_release(&norm->text);
	free(norm->tokens);
	*norm = (struct norm)NORM_INIT;
}
