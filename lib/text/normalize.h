/*
 * Text as people write it on networks → tokens in one canonical spelling, in one pass: NFKC-like
 * folding, lower case, elongations cut to two ("sooooo" → "soo"), hashtags split into words; web
 * addresses, handles, mail addresses and numbers become markers; emoji and emoticons stay, in one
 * form each.  ASCII and Latin text takes a short way, everything else asks utf8proc.
 *
 * The result is part of every model file: a change here needs a new NORMALIZE_VERSION, and models
 * of another version are refused.
 */
#ifndef SME_TEXT_NORMALIZE_H
#define SME_TEXT_NORMALIZE_H

#include <stdint.h>

#include "core/buf.h"
#include "core/slice.h"

#define NORMALIZE_VERSION 1

/* What is read of one text, in bytes; the rest is left out (at a character's boundary). */
#define NORMALIZE_INPUT_MAX 8192

/* A longer word is cut into words of this many code points. */
#define NORMALIZE_WORD_MAX 32

enum token_kind {
	TOKEN_WORD,     /* letters of any script, digits and apostrophes inside them */
	TOKEN_NUMBER,   /* "<num>" */
	TOKEN_URL,      /* "<url>" */
	TOKEN_HANDLE,   /* "<user>" */
	TOKEN_MAIL,     /* "<mail>" */
	TOKEN_TAG,      /* "#", before the words of a hashtag */
	TOKEN_EMOJI,    /* one pictograph, without skin tone and joiners; or a flag */
	TOKEN_EMOTICON, /* ":)", ":(", "<3", ... */
	TOKEN_MARK      /* "!", "!!", "?", "??", "..", and symbols such as currency signs */
};

/* The writing systems that languages are told apart by. */
enum script {
	SCRIPT_NONE,
	SCRIPT_LATIN,
	SCRIPT_GREEK,
	SCRIPT_CYRILLIC,
	SCRIPT_ARMENIAN,
	SCRIPT_HEBREW,
	SCRIPT_ARABIC,
	SCRIPT_DEVANAGARI,
	SCRIPT_BENGALI,
	SCRIPT_GURMUKHI,
	SCRIPT_GUJARATI,
	SCRIPT_TAMIL,
	SCRIPT_TELUGU,
	SCRIPT_KANNADA,
	SCRIPT_MALAYALAM,
	SCRIPT_SINHALA,
	SCRIPT_THAI,
	SCRIPT_LAO,
	SCRIPT_MYANMAR,
	SCRIPT_GEORGIAN,
	SCRIPT_ETHIOPIC,
	SCRIPT_KHMER,
	SCRIPT_HANGUL,
	SCRIPT_KANA,
	SCRIPT_HAN,
	SCRIPT_OTHER,
	SCRIPT_COUNT
};

struct token {
	uint32_t at;     /* in norm->text */
	uint16_t n;      /* bytes */
	uint8_t kind;    /* enum token_kind */
	uint8_t letters; /* code points of a TOKEN_WORD, at most NORMALIZE_WORD_MAX */
};

/* Reused from text to text, so that a steady stream allocates nothing. */
struct norm {
	struct buf text; /* the tokens with one space between them */
	struct token *tokens;
	size_t n, cap;
	uint32_t letters[SCRIPT_COUNT]; /* letters seen of each script */
};

/* clang-format off */
#define NORM_INIT {BUF_INIT, NULL, 0, 0, {0}}
/* clang-format on */

/* Replace what NORM holds by the tokens of TEXT.  Bytes that are not UTF-8 are skipped. */
void norm_run(struct norm *norm, struct slice text);
void norm_release(struct norm *norm);

static inline struct slice
norm_token(const struct norm *norm, size_t i)
{
	return (struct slice){norm->text.p + norm->tokens[i].at, norm->tokens[i].n};
}

/* The script with the most letters; SCRIPT_NONE when there is no letter at all. */
enum script norm_script(const struct norm *norm);

/* The script of the letter CP. */
enum script script_of(uint32_t cp);

#endif
