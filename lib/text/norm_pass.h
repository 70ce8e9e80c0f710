/* Private to lib/text: the pass over a text, shared by normalize.c (ASCII, tokens) and norm_wide.c
 * (all other characters). */
#ifndef SME_TEXT_NORM_PASS_H
#define SME_TEXT_NORM_PASS_H

#include "text/normalize.h"

enum byte_class {
	SPACE, /* and control characters */
	LETTER,
	DIGIT,
	APOSTROPHE,
	UNDERSCORE,
	AT,
	HASH,
	MARK,  /* kept as a token */
	PUNCT, /* only ends a word, unless it is the start of an emoticon */
	HIGH   /* part of a longer character */
};

extern const uint8_t pass_class[256];

/* The text being read and the word being written. */
struct pass {
	struct norm *norm;
	const unsigned char *p, *end;
	char *o;          /* where the next byte goes */
	char *word;       /* where the open word began, or NULL */
	unsigned letters; /* code points in the open word */
	enum script script;
	bool tag; /* inside a hashtag */
};

/* End the open word, if there is one, and make it a token. */
void pass_end_word(struct pass *z);

/* Begin one; Z has none open. */
void pass_begin_word(struct pass *z, enum script script);

/* End the open word and add a token of another kind. */
void pass_put_token(struct pass *z, enum token_kind kind, const char *text, size_t n);
void pass_put_marker(struct pass *z, enum token_kind kind, const char *text);

/* Add a mark; of a run of the same, two are kept. */
void pass_put_mark(struct pass *z, const char *text, size_t n);

/* "'", of whatever spelling, at the byte z->p. */
void pass_apostrophe(struct pass *z);

/* Read the character above ASCII at z->p. */
void pass_wide(struct pass *z);

/* Scripts that put no space between words. */
static inline bool
pass_spaceless(enum script s)
{
	return s == SCRIPT_HAN || s == SCRIPT_KANA || s == SCRIPT_THAI || s == SCRIPT_LAO ||
	       s == SCRIPT_KHMER || s == SCRIPT_MYANMAR;
}

#endif
