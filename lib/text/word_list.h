/*
 * The words of a text with what is asked of them: where they stand and hashes of what they fold to.
 * Words are those of queries (see sme-classify(1), QUERIES); what is folded alike there has the
 * same hash here.  Hashes of 64 bits are taken for the words themselves.
 */
#ifndef SME_TEXT_WORD_LIST_H
#define SME_TEXT_WORD_LIST_H

#include <stdint.h>

#include "core/slice.h"

/* What is read of one text, in bytes; the rest is left out. */
#define WORD_LIST_INPUT_MAX ((size_t)64 << 10)

enum listed_kind {
	LISTED_WORD, /* begins with a letter or digit */
	LISTED_SIGN, /* an emoji or a currency sign */
	LISTED_TAG,
	LISTED_HANDLE,
	LISTED_LINK
};

struct listed_word {
	uint64_t hash;   /* of what it folds to, without "#" and "@"; 0 for a link and a monster */
	uint64_t copies; /* of the same with runs of a letter (or a pair) cut to one */
	uint32_t start, end; /* bytes of the text */
	uint8_t kind;        /* enum listed_kind */
	bool capital;        /* begins with one; scripts without case always do */
	bool digits;         /* has nothing but digits */
	uint8_t letters;     /* code points of what it folds to, at most 255 */
};

/* One thread's memory, reused from text to text. */
struct word_list {
	struct listed_word *words;
	size_t n, cap;
	struct fold_table *table;
};

void word_list_init(struct word_list *list);
void word_list_release(struct word_list *list);

/* Replace what LIST holds by the words of TEXT. */
void word_list_fill(struct word_list *list, struct slice text);

/* The hash of WORD, N bytes that are folded already and followed by 8 zero bytes. */
uint64_t word_hash(const char *word, size_t n);

#endif
