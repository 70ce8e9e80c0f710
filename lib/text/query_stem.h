/* Private to the queries: words without their endings. */
#ifndef SME_TEXT_QUERY_STEM_H
#define SME_TEXT_QUERY_STEM_H

#include <stddef.h>

#include "core/slice.h"

/* What `stem:` alone means. */
#define STEM_DEFAULT 0

/* Snowball's stemmers, opened on first use; not for two threads at once. */
struct stemmers;

struct stemmers *stemmers_new(void);
void stemmers_free(struct stemmers *s);

/* The number of the language CODE such as "en" (0 to 31), or -1. */
int stem_language(struct slice code);

/* All codes, for a message: "de da en ...". */
const char *stem_languages(void);

/*
 * The key of the stem of the folded word KEY in a language, into OUT of QUERY_WORD_MAX + 9 bytes,
 * with 8 zero bytes behind it.  Its length, or 0 when it is too long.  German umlauts are undone
 * first, so that "vertraege" has the stem of "vertrag".
 */
size_t stem_key(struct stemmers *s, int language, struct slice key, char *out);

#endif
