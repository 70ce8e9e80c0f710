#include "text/query_stem.h"

#include <libstemmer.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "text/query_local.h"

static const char *const languages[] = {
    "de", "da", "en", "es", "fi", "fr", "hu", "it", "nl", "no", "pt", "ro", "ru", "sv", "tr"};

#define LANGUAGES (sizeof languages / sizeof *languages)

struct stemmers {
	struct sb_stemmer *of[LANGUAGES];
};

struct stemmers *
stemmers_new(void)
{
	return xcalloc(1, sizeof(struct stemmers));
}

void
stemmers_free(struct stemmers *s)
{
	for (size_t i = 0; s && i < LANGUAGES; i++)
		sb_stemmer_delete(s->of[i]);
	free(s);
}

int
stem_language(struct slice code)
{
	for (size_t i = 0; i < LANGUAGES; i++)
		if (slice_is(code, languages[i]))
			return (int)i;
	return -1;
}

const char *
stem_languages(void)
{
	return "de da en es fi fr hu it nl no pt ro ru sv tr";
}

static bool
is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

/*
 * "ae", "oe" and "ue" to the umlaut, which the German stemmer then takes away, as in Vertrag and
 * Verträge.  "ue" behind a, e and q is none: Bauer, neue, Quelle.  OUT is not longer than KEY.
 */
static size_t
undo_umlauts(struct slice key, char *out)
{
	size_t n = 0;

	for (size_t i = 0; i < key.n; i++) {
		char c = key.p[i];
		bool two = i + 1 < key.n && key.p[i + 1] == 'e' && is_one_of(c, "aou");

		if (two && !(c == 'u' && i && is_one_of(key.p[i - 1], "aeq"))) {
			out[n++] = '\xc3';
			out[n++] = c == 'a' ? '\xa4' : c == 'o' ? '\xb6' : '\xbc';
			i++;
		} else {
			out[n++] = c;
		}
	}
	return n;
}

size_t
stem_key(struct stemmers *s, int language, struct slice key, char *out)
{
	char word[QUERY_WORD_MAX];
	const sb_symbol *stem;
	size_t n;

	if (key.n > QUERY_WORD_MAX)
		return 0;
	if (!s->of[language])
		s->of[language] = sb_stemmer_new(languages[language], "UTF_8");
	if (language == STEM_DEFAULT)
		key = (struct slice){word, undo_umlauts(key, word)};
	stem = s->of[language]
	           ? sb_stemmer_stem(s->of[language], (const sb_symbol *)key.p, (int)key.n)
	           : NULL;
	if (!stem)
		sme_die(SME_OSERR, "out of memory");
	n = (size_t)sb_stemmer_length(s->of[language]);
	if (n + 2 > QUERY_WORD_MAX)
		return 0;
	out[0] = MARK_STEM;
	out[1] = (char)('A' + language);
	memcpy(out + 2, stem, n);
	memset(out + 2 + n, 0, 8);
	return n + 2;
}
