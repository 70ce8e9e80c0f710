/* Private to the queries: text → folded words.  The same for texts and for queries. */
#ifndef SME_TEXT_QUERY_WORD_H
#define SME_TEXT_QUERY_WORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "text/query.h"

/* What stands for "*" and "?" in a folded word; never the fold of anything. */
#define WILD_MANY '\1'
#define WILD_ONE '\2'

/* What a character does to words. */
enum fold_class {
	FOLD_BREAK,  /* it separates words */
	FOLD_LETTER, /* letter, digit or mark: part of a word */
	FOLD_SINGLE, /* a letter of a script without spaces: a word of its own */
	FOLD_MARK,   /* a combining accent: changes or adds nothing, see fold_mark */
	FOLD_SKIP,   /* invisible: as if it were not there */
	FOLD_EMOJI,
	FOLD_FLAG, /* a regional indicator, half of a flag */
	FOLD_SIGN, /* a currency sign: a word of its own */
	FOLD_UNDERSCORE,
	FOLD_HASH,
	FOLD_AT,
	FOLD_STAR,
	FOLD_QUESTION
};

/* Enough for the longest expansion of one character. */
#define FOLD_MAX 72

struct fold {
	uint8_t class; /* enum fold_class */
	uint8_t n;
	char s[FOLD_MAX];
};

/* Fold one code point. */
void fold_char(int32_t cp, struct fold *out);

/* Put the combining accent CP behind the N bytes at S, which have room for one more; the new N. */
size_t fold_mark(char *s, size_t n, int32_t cp);

/* The folds of U+0080 to U+07FF (all two-byte characters), for speed. */
struct fold_table {
	struct {
		uint8_t class;
		uint8_t n;
		char s[6];
	} of[0x800];
};

void fold_table_fill(struct fold_table *table);

/*
 * Fold a whole field, separators included, into OUT of QUERY_WORD_MAX bytes.  With WILD "*" becomes
 * WILD_MANY.  Returns the length, or -1 when it does not fit.
 */
int fold_field(struct slice s, bool wild, char *out);

enum word_kind {
	WORD_PLAIN,  /* a word, an emoji or a sign */
	WORD_TAG,    /* key begins with "#" */
	WORD_HANDLE, /* key begins with "@" */
	WORD_LINK    /* a web address; has no key */
};

struct words {
	/* Set by the caller, the rest zero. */
	struct slice text;
	const struct fold_table *table; /* may be NULL */
	bool wild;                      /* "*" and "?" stand for characters */

	/* The word that words_next found. */
	enum word_kind kind;
	size_t start, end; /* in text */
	size_t n;          /* bytes of key; 0 when it is a link or longer than QUERY_WORD_MAX */
	bool has_wild;
	char key[QUERY_WORD_MAX + FOLD_MAX + 8]; /* folded, followed by 8 zero bytes */

	/* Private. */
	size_t at;
	size_t glue; /* where the last run of letters ended */
};

bool words_next(struct words *w);

#endif
