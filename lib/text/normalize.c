#include "text/normalize.h"

#include <stdlib.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "core/mem.h"
#include "text/emoticon.h"
#include "text/norm_pass.h"

/* No input byte becomes more than this many output bytes: "1!1!" → "<num> ! <num> !" makes 6 of
 * one, and three that stand for eight letters 11 of one. */
#define GROWTH 12

const uint8_t pass_class[256] = {
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

void
pass_end_word(struct pass *z)
{
	if (!z->word)
		return;
	while (z->o[-1] == '\'') /* o[-1] is in the word, which begins with a letter */
		z->o--;
	push(z, z->word, TOKEN_WORD, z->letters);
	z->word = NULL;
}

void
pass_begin_word(struct pass *z, enum script script)
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

void
pass_put_token(struct pass *z, enum token_kind kind, const char *text, size_t n)
{
	char *start;

	pass_end_word(z);
	start = begin(z);
	memcpy(z->o, text, n);
	z->o += n;
	push(z, start, kind, 0);
}

void
pass_put_marker(struct pass *z, enum token_kind kind, const char *text)
{
	pass_put_token(z, kind, text, strlen(text));
}

/* "!!!!" and "€€€" become two of the kind. */
void
pass_put_mark(struct pass *z, const char *text, size_t n)
{
	struct norm *norm = z->norm;
	struct token *last = norm->n && !z->word ? &norm->tokens[norm->n - 1] : NULL;
	bool same = last && last->kind == TOKEN_MARK && last->at + last->n == z->o - norm->text.p &&
	            (last->n == n || last->n == 2 * n) &&
	            memcmp(norm->text.p + last->at, text, n) == 0;

	if (!same) {
		pass_put_token(z, TOKEN_MARK, text, n);
	} else if (last->n == n) {
		memcpy(z->o, text, n);
		z->o += n;
		last->n = (uint16_t)(2 * n);
	}
}

static bool
is_alnum(unsigned char c)
{
	return pass_class[c] == LETTER || pass_class[c] == DIGIT;
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
	unsigned char c = *z->p | 0x20, next = z->end - z->p < 2 ? 0 : z->p[1] | 0x20;

	/* Many words begin with these, so the second letter is looked at before all the rest. */
	if (!(c == 'h' && next == 't') && !(c == 'w' && next == 'w') && !(c == 't' && next == '.'))
		return false;
	if (starts_nocase(z, SLICE("http://")) || starts_nocase(z, SLICE("https://")) ||
	    starts_nocase(z, SLICE("www.")) || starts_nocase(z, SLICE("t.co/")))
		return true;
	return starts_nocase(z, SLICE("http")) &&
	       (z->end - z->p == 4 || pass_class[z->p[4]] == SPACE);
}

static void
skip_url(struct pass *z)
{
	while (z->p < z->end && pass_class[*z->p] != SPACE && *z->p != '<' && *z->p != '>' &&
	       *z->p != '"')
		z->p++;
}

#ifdef __SSE2__
/* Which of 16 bytes lie between LOW and HIGH. */
static __m128i
within(__m128i v, char low, char high)
{
	__m128i above = _mm_sub_epi8(v, _mm_set1_epi8(low));

	return _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8((char)(high - low))), above);
}

/* The first letters and digits of a word, 16 at most, of which no three are the same in a row; how
 * many were put to z->o, where there is room for 16.  0: the slow way must see to it. */
static unsigned
short_word(const struct pass *z)
{
	__m128i v, letters, lower;
	unsigned others, n, same;

	if (z->o != z->word || z->tag || z->end - z->p < 16)
		return 0;
	v = _mm_loadu_si128((const __m128i *)(const void *)z->p);
	lower = _mm_or_si128(v, _mm_set1_epi8(0x20));
	letters = within(lower, 'a', 'z');
	others = ~(unsigned)_mm_movemask_epi8(_mm_or_si128(letters, within(v, '0', '9'))) & 0xffff;
	n = others ? (unsigned)__builtin_ctz(others) : 16;
	lower = _mm_or_si128(v, _mm_and_si128(letters, _mm_set1_epi8(0x20)));
	/* Bit I: the same as the one after it. */
	same = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(lower, _mm_srli_si128(lower, 1)));
	if (same & same >> 1 & ((1u << n) - 1) >> 2)
		return 0;
	_mm_storeu_si128((__m128i *)(void *)z->o, lower);
	return n;
}
#else
static unsigned
short_word(const struct pass *z)
{
	(void)z;
	return 0;
}
#endif

/* A run of ASCII letters and digits; the word is open. */
static void
ascii_run(struct pass *z)
{
	unsigned n = short_word(z), room = NORMALIZE_WORD_MAX - z->letters;
	const unsigned char *p = z->p + n, *end = z->end;
	char *o = z->o + n;
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
		pass_end_word(z);
}

static void
ascii_number(struct pass *z)
{
	const unsigned char *p = z->p;

	while (p < z->end && pass_class[*p] == DIGIT) {
		p++;
		if (p + 1 < z->end && memchr(".,:/-", *p, 5) && pass_class[p[1]] == DIGIT)
			p++;
	}
	z->p = p;
	pass_put_marker(z, TOKEN_NUMBER, "<num>");
}

static void
at_sign(struct pass *z)
{
	const unsigned char *p = z->p + 1;
	bool name = p < z->end && (is_alnum(*p) || *p == '_' || *p >= 0xc3);

	if (!name) {
		pass_end_word(z);
		z->p++;
		return;
	}
	while (p < z->end && (is_alnum(*p) || *p == '_' || *p == '-' ||
				 ((*p == '.' || *p == '@') && p + 1 < z->end && is_alnum(p[1]))))
		p++;
	if (z->word) {
		drop_word(z);
		pass_put_marker(z, TOKEN_MAIL, "<mail>");
	} else {
		pass_put_marker(z, TOKEN_HANDLE, "<user>");
	}
	z->p = p;
}

static void
hash_sign(struct pass *z)
{
	pass_end_word(z);
	z->p++;
	if (z->p < z->end && (is_alnum(*z->p) || *z->p >= 0xc3)) {
		pass_put_marker(z, TOKEN_TAG, "#");
		z->tag = true;
	}
}

void
pass_apostrophe(struct pass *z)
{
	z->p++;
	if (z->word && z->p < z->end && (pass_class[*z->p] == LETTER || *z->p >= 0xc3) &&
	    z->o[-1] != '\'')
		*z->o++ = '\'';
	else
		pass_end_word(z);
}

static void
punctuation(struct pass *z)
{
	char canon[EMOTICON_MAX + 1];
	size_t n = emoticon_at((const char *)z->p, (size_t)(z->end - z->p), z->word != NULL, canon);

	z->tag = false;
	if (n) {
		pass_put_marker(z, TOKEN_EMOTICON, canon);
		z->p += n;
		return;
	}
	pass_end_word(z);
	if (*z->p == '.') {
		const unsigned char *start = z->p;

		while (z->p < z->end && *z->p == '.')
			z->p++;
		if (z->p - start > 1)
			pass_put_marker(z, TOKEN_MARK, "..");
		return;
	}
	if (pass_class[*z->p] == MARK)
		pass_put_mark(z, (const char *)z->p, 1);
	z->p++;
}

static void
letter(struct pass *z)
{
	if (!z->word && at_url(z)) {
		skip_url(z);
		pass_put_marker(z, TOKEN_URL, "<url>");
		return;
	}
	if (z->word && (z->letters == NORMALIZE_WORD_MAX || pass_spaceless(z->script)))
		pass_end_word(z);
	if (!z->word)
		pass_begin_word(z, SCRIPT_LATIN);
	ascii_run(z);
}

static void
step(struct pass *z)
{
	switch (pass_class[*z->p]) {
	case SPACE:
		pass_end_word(z);
		z->tag = false;
		z->p++;
		break;
	case LETTER:
		letter(z);
		break;
	case DIGIT:
		if (z->word && !pass_spaceless(z->script) && z->letters < NORMALIZE_WORD_MAX)
			ascii_run(z);
		else
			ascii_number(z);
		break;
	case APOSTROPHE:
		pass_apostrophe(z);
		break;
	case UNDERSCORE:
		pass_end_word(z);
		z->p++;
		break;
	case AT:
		at_sign(z);
		break;
	case HASH:
		hash_sign(z);
		break;
	case HIGH:
		pass_wide(z);
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
	pass_end_word(&z);
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
