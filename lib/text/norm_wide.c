#include <utf8proc.h>

#include "text/norm_pass.h"

/* A compatibility character stands for at most so many others here. */
#define DECOMPOSED_MAX 8

/* Add the folded letter CP to the open word, or begin one. */
static void
add_letter(struct pass *z, uint32_t cp, enum script script)
{
	char enc[4];
	size_t n = (size_t)utf8proc_encode_char((utf8proc_int32_t)cp, (utf8proc_uint8_t *)enc);

	if (z->word && (z->letters == NORMALIZE_WORD_MAX ||
			   pass_spaceless(script) != pass_spaceless(z->script)))
		pass_end_word(z);
	if (!z->word)
		pass_begin_word(z, script);
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

	pass_end_word(z);
	if (norm->n && norm->tokens[norm->n - 1].kind == TOKEN_NUMBER &&
	    pass_class[z->p[-1]] == HIGH)
		return; /* digits of another script come one by one */
	pass_put_marker(z, TOKEN_NUMBER, "<num>");
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
		pass_put_mark(z, enc, n);
	else
		pass_put_token(z, kind, enc, n);
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
	if (z->tag && low != cp && z->word && !pass_spaceless(z->script))
		pass_end_word(z);
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
		pass_end_word(z);
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
	} else if (pass_class[cp] == LETTER) {
		add_letter(z, cp | 0x20, SCRIPT_LATIN);
	} else if (pass_class[cp] == DIGIT) {
		add_number(z);
	} else if (pass_class[cp] == MARK) {
		pass_put_mark(z, &c, 1);
	} else {
		pass_end_word(z);
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
		utf8proc_ssize_t n = utf8proc_decompose_char(
		    (utf8proc_int32_t)cp, parts, 32, UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE, &bound);

		for (utf8proc_ssize_t i = 0; i < n && i < DECOMPOSED_MAX; i++)
			add_decomposed(z, (uint32_t)parts[i]);
	} else {
		add_category(z, cp, prop);
	}
}

/* Characters above ASCII; the common letters without asking utf8proc. */
void
pass_wide(struct pass *z)
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
		pass_apostrophe(z);
	} else if (cp == 0x2026)
		pass_put_marker(z, TOKEN_MARK, "..");
	else if (cp == 0x61f)
		pass_put_mark(z, "?", 1);
	else if (cp == 0)
		return;
	else
		add_other(z, cp);
}
