/*
 * The words and short phrases that are key to a text: more frequent in it than chance would have
 * them, given how frequent they are in the language (background.h).
 */
#ifndef SME_MODEL_KEYWORDS_H
#define SME_MODEL_KEYWORDS_H

#include "model/background.h"
#include "text/entity.h"
#include "text/word_list.h"

/* At most so many are given, each of at most so many words. */
#define KEYWORDS_MAX 5
#define KEYWORDS_PHRASE 3

/* Of a longer text only its first words are looked at. */
#define KEYWORDS_WORDS 512

/* A word must reach this keyness, in thousandths: 10, which chance passes in one of 600 cases
 * (chi-squared with one degree of freedom).  Every text counts as one of so many words, or a word
 * would be less key the longer the text is. */
#define KEYWORDS_MIN 10000
#define KEYWORDS_LENGTH 16

struct keyword {
	uint32_t start, end; /* bytes of the text */
	int64_t keyness;     /* in thousandths; of a phrase that of its words together */
};

/* One thread's memory. */
struct keywords_run;
struct keywords_run *keywords_run_new(void);
void keywords_run_free(struct keywords_run *run);

/* Ask about WORDS, those of TEXT in language LANG of B, all of which must live until keywords_find.
 * What is known of them is far away in memory; with other work in between it need not be waited
 * for. */
void keywords_begin(struct keywords_run *run, const struct background *b, int lang,
    const struct word_list *words, struct slice text);

/*
 * Which of the words are key?  Never a stop word by itself, a number, a link, a handle or a part of
 * an entity in HIDDEN that is masked.  Words that stand side by side become one phrase, and a
 * negation in front belongs to it.  The strongest first; of the same strength the earlier one.
 * Returns how many are in OUT.
 */
size_t keywords_find(struct keywords_run *run, const struct entity_scratch *hidden,
    struct keyword out[KEYWORDS_MAX]);

#endif
