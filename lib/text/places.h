/*
 * A list of names, places above all, looked for in texts all at once: folded as in queries, of the
 * names that begin at a word the longest counts.
 *
 * The file: UTF-8, a name a line of at most PLACES_WORDS words; behind a tab may stand what is
 * reported for it instead of the name itself ("Cologne<tab>Köln").  Empty lines and those that
 * begin with "#" are passed over.  Of two names that fold alike the first counts.
 */
#ifndef SME_TEXT_PLACES_H
#define SME_TEXT_PLACES_H

#include "core/err.h"
#include "text/entity.h"
#include "text/word_list.h"

#define PLACES_WORDS 8
#define PLACES_FILE_MAX ((size_t)64 << 20)

struct places;

/* NULL with ERR: SME_NOINPUT when PATH cannot be read, SME_CONFIG such as "PATH:17: no word in it".
 */
struct places *places_read(const char *path, struct sme_err *err);

/* The same from BYTES, which may be released afterwards.  PATH is for messages. */
struct places *places_parse(struct slice bytes, const char *path, struct sme_err *err);

void places_free(struct places *p);

size_t places_count(const struct places *p);

/*
 * Add the names in TEXT to the entities in S (of the same text), where nothing else was found.
 * WORDS are those of TEXT.  A name that the list has with a capital letter has to have one in the
 * text as well, word by word, unless the text has no capital letter at all or it is a hashtag.
 */
void places_find(const struct places *p, const struct word_list *words, struct slice text,
    struct entity_scratch *s);

#endif
