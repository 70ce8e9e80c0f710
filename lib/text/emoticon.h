/* Smileys made of punctuation, in one spelling each. */
#ifndef SME_TEXT_EMOTICON_H
#define SME_TEXT_EMOTICON_H

#include <stdbool.h>
#include <stddef.h>

/* The longest canonical form, in bytes. */
#define EMOTICON_MAX 3

/*
 * If an emoticon stands at the start of the N bytes at P, write its canonical form to CANON as a C
 * string (":-))" and "=)" give ":)") and return how many bytes it takes; else return 0. AFTER_WORD:
 * it follows a word without a space, where only the clear ones count ("super:)", not "see:/x").
 */
size_t emoticon_at(const char *p, size_t n, bool after_word, char canon[EMOTICON_MAX + 1]);

#endif
