/*
 * What "class" holds besides what the heads and the queries say: the mention's own keywords, its
 * entities, the key of its copies, and its text with what is personal masked.  sme-classify(1)
 * describes the members.
 */
#ifndef SME_MODEL_DETAILS_H
#define SME_MODEL_DETAILS_H

#include "model/background.h"
#include "model/watch.h"
#include "text/entity.h"
#include "text/places.h"

/* Which of them are wanted, as bits. */
enum details_part {
	DETAILS_KEYWORDS = 1,
	DETAILS_ENTITIES = 2,
	DETAILS_DUP = 4,
	DETAILS_REDACTED = 8
};

/* The names of the parts as --heads takes them; NULL-terminated.  The I-th is the bit 1 << I. */
extern const char *const details_names[];

/* Patterns of the configuration ROOT, its own for each tenant; WATCH knows their scopes.  NULL with
 * ERR such as ".entities.order[0]: column 3: ...". */
struct entity_set *details_patterns(
    const struct json_node *root, const struct watch *watch, struct sme_err *err);

struct details {
	unsigned parts;
	const struct entity_set *patterns;   /* or NULL */
	const struct places *places;         /* or NULL */
	const struct background *background; /* NULL: no keywords of the mention's own */
};

/* One thread's memory. */
struct details_run;
struct details_run *details_run_new(const struct details *d);
void details_run_free(struct details_run *run);

/*
 * Read TEXT, of a mention of SCOPE, which must live until the last of the calls below.  The five
 * parts are to be called in this order, whatever else is done between them; the last but one has
 * what is known of the words in language LANG (such as "de", or nothing) brought near.
 */
void details_words(struct details_run *run, struct slice text);
void details_entities(struct details_run *run, int scope);
void details_copies(struct details_run *run);
void details_lang(struct details_run *run, struct slice lang);
void details_keywords(struct details_run *run);

/* Append the keywords of the mention itself to the list that begins at FROM in OUT, but for those
 * that are there already, in whatever case. */
void details_put_keywords(struct details_run *run, size_t from, struct buf *out);

/* Append `,"entities":[...],"dup":...,"redacted":...`, those that are wanted. */
void details_put(struct details_run *run, struct buf *out);

/* Would this tell what is masked: a normalised token of the text, a keyword that is in it? */
bool details_hides_token(struct details_run *run, struct slice token);
bool details_hides_keyword(struct details_run *run, struct slice keyword);

#endif
