/* Folding: what is written differently but means the same becomes the same bytes. */
#include <string.h>
#include <utf8proc.h>

#include "text/query_word.h"

/* Letters of the scripts that write words without spaces between them. */
static const struct {
	int32_t from, to;
} singles[] = {{0x0e00, 0x0eff},                          /* Thai, Lao */
    {0x1000, 0x109f},                                     /* Myanmar */
    {0x1780, 0x17ff},                                     /* Khmer */
    {0x2e80, 0x2fdf},                                     /* radicals */
    {0x3005, 0x3007}, {0x3021, 0x3029}, {0x3040, 0x30ff}, /* kana */
    {0x31f0, 0x31ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xf900, 0xfaff},
    {0xff66, 0xff9d}, /* half-width kana */
    {0x20000, 0x3ffff}};

static bool
is_single(int32_t cp)
{
	for (size_t i = 0; i < sizeof singles / sizeof *singles; i++)
		if (cp >= singles[i].from && cp <= singles[i].to)
			return true;
	return false;
}

static bool
is_accent(int32_t cp)
{
	return cp >= 0x300 && cp <= 0x36f;
}

static bool
is_pictograph(int32_t cp)
{
	return cp >= 0x2190 &&
	       utf8proc_get_property(cp)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

static enum fold_class
class_of_ascii(int32_t cp)
{
	switch (cp) {
	case '#':
		return FOLD_HASH;
	case '@':
		return FOLD_AT;
	case '_':
		return FOLD_UNDERSCORE;
	case '*':
		return FOLD_STAR;
	case '?':
		return FOLD_QUESTION;
	default:
		return (cp >= '0' && cp <= '9') || (cp >= 'A' && cp <= 'Z') ||
		               (cp >= 'a' && cp <= 'z')
		           ? FOLD_LETTER
		           : FOLD_BREAK;
	}
}

static enum fold_class
class_of(int32_t cp)
{
	if (is_accent(cp))
		return FOLD_MARK;
	if (cp == 0xff03)
		return FOLD_HASH;
	if (cp == 0xff20)
		return FOLD_AT;
	if (cp >= 0x1f1e6 && cp <= 0x1f1ff)
		return FOLD_FLAG;
	/* Skin tones and variation selectors: a thumb is a thumb. */
	if ((cp >= 0x1f3fb && cp <= 0x1f3ff) || (cp >= 0xfe00 && cp <= 0xfe0f) || cp == 0x20e3)
		return FOLD_SKIP;
	if (is_pictograph(cp))
		return FOLD_EMOJI;
	switch (utf8proc_category(cp)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_NL:
		return is_single(cp) ? FOLD_SINGLE : FOLD_LETTER;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NO:
		return FOLD_LETTER;
	case UTF8PROC_CATEGORY_CF:
		return FOLD_SKIP;
	case UTF8PROC_CATEGORY_SC:
		return FOLD_SIGN;
	default:
		return FOLD_BREAK;
	}
}

size_t
fold_mark(char *s, size_t n, int32_t cp)
{
	/* Two dots on a, o and u are spelled out, as Germans do: ä = ae. */
	if (cp == 0x308 && n && (s[n - 1] == 'a' || s[n - 1] == 'o' || s[n - 1] == 'u'))
		s[n++] = 'e';
	/* The one accent that makes another letter which nobody writes without: й. */
	else if (cp == 0x306 && n >= 2 && memcmp(s + n - 2, "\xd0\xb8", 2) == 0)
		s[n - 1] = '\xb9';
	return n;
}

/* Latin letters that Unicode does not take apart. */
static const char *
spelled_out(int32_t cp)
{
	switch (cp) {
	case 0xe6:
	case 0xc6:
		return "ae";
	case 0xf8:
	case 0xd8:
	case 0x153:
	case 0x152:
		return "oe";
	case 0x142:
	case 0x141:
		return "l";
	case 0x111:
	case 0x110:
		return "d";
	case 0x131:
		return "i";
	default:
		return NULL;
	}
}

/* Hangul syllables stay whole: taken apart they would only be longer. */
static bool
stays_whole(const struct fold *f, int32_t cp)
{
	return (f->class != FOLD_LETTER && f->class != FOLD_SINGLE) ||
	       (cp >= 0xac00 && cp <= 0xd7a3);
}

void
fold_char(int32_t cp, struct fold *f)
{
	int32_t parts[32];
	const char *spelled = spelled_out(cp);
	utf8proc_ssize_t n;
	int boundclass = 0;

	f->class = (uint8_t)(cp < 0x80 ? class_of_ascii(cp) : class_of(cp));
	f->n = 0;
	if (spelled) {
		f->n = (uint8_t)strlen(spelled);
		memcpy(f->s, spelled, f->n);
		return;
	}
	if (cp < 0x80) {
		f->n = 1;
		f->s[0] = (char)(cp >= 'A' && cp <= 'Z' ? cp + 32 : cp);
		return;
	}
	if (stays_whole(f, cp)) {
		f->n = (uint8_t)utf8proc_encode_char(cp, (utf8proc_uint8_t *)f->s);
		return;
	}
	n = utf8proc_decompose_char(cp, parts, 32,
	    UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
	    &boundclass);
	for (utf8proc_ssize_t i = 0; i < n && i < 32 && f->n + 5 < FOLD_MAX; i++) {
		enum fold_class part =
		    parts[i] < 0x80 ? class_of_ascii(parts[i]) : class_of(parts[i]);

		if (part == FOLD_MARK)
			f->n = (uint8_t)fold_mark(f->s, f->n, parts[i]);
		else if (part == FOLD_LETTER || part == FOLD_SINGLE)
			f->n += (uint8_t)utf8proc_encode_char(
			    parts[i], (utf8proc_uint8_t *)f->s + f->n);
	}
}

void
fold_table_fill(struct fold_table *table)
{
	struct fold f;

	for (int32_t cp = 0x80; cp < 0x800; cp++) {
		fold_char(cp, &f);
		/* All of these fold to 6 bytes or fewer; one that did not would lose its end. */
		if (f.n > sizeof table->of[cp].s)
			f.n = sizeof table->of[cp].s;
		table->of[cp].class = f.class;
		table->of[cp].n = f.n;
		memcpy(table->of[cp].s, f.s, f.n);
	}
}

int
fold_field(struct slice s, bool wild, char *out)
{
	struct fold f;
	size_t at = 0, n = 0;

	while (at < s.n) {
		int32_t cp;
		utf8proc_ssize_t len = utf8proc_iterate(
		    (const utf8proc_uint8_t *)s.p + at, (utf8proc_ssize_t)(s.n - at), &cp);

		at += len > 0 ? (size_t)len : 1;
		if (len <= 0)
			continue;
		fold_char(cp, &f);
		if (f.class == FOLD_SKIP)
			continue;
		if (cp < 0x20)
			f.s[0] = ' ';
		if (cp == '*' && wild)
			f.s[0] = WILD_MANY;
		if (n + f.n + 1 > QUERY_WORD_MAX)
			return -1;
		if (f.class == FOLD_MARK)
			n = fold_mark(out, n, cp);
		else
			memcpy(out + n, f.s, f.n);
		n += f.class == FOLD_MARK ? 0 : f.n;
	}
	return (int)n;
}
