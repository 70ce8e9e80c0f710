/*
 * How frequent words are in a language at large: what a mention's own words are compared with, so
 * that those that are key to it stand out.
 *
 * The file holds, for each language and word, 12 bits of a hash and 4 bits that say in how many of
 * the texts that it was learned from the word stands, to the nearest power of two.  A word that
 * stands in one text only is not in it, and no word can be read out of it: one can only ask, and is
 * told something of one in 500 words that were never seen.
 *
 * The layout, little-endian, each part beginning at a multiple of 64 bytes:
 *
 *	header     struct background_header
 *	languages  struct background_lang for each, in order of their codes
 *	meta       JSON: what it was made from, for people
 *	starts     uint32_t[(1 << bucket_bits) + 1]: the first word of each bucket
 *	words      uint16_t[words]: hash << 4 | level, in rising order in a bucket
 *
 * As with models the whole file is checked when it is opened.
 */
#ifndef SME_MODEL_BACKGROUND_H
#define SME_MODEL_BACKGROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/slice.h"

#define BACKGROUND_MAGIC "SMEwords"
#define BACKGROUND_VERSION 1
#define BACKGROUND_LANGS_MAX 1024
#define BACKGROUND_BITS_MAX 24

/* Level 0 is a stop word; level k stands for 2^k texts. */
#define BACKGROUND_LEVELS 16
#define BACKGROUND_STOP 0
#define BACKGROUND_UNSEEN (-1)

struct background_header {
	char magic[8];
	uint32_t version;
	uint32_t header_size;
	uint64_t file_size;
	uint64_t checksum; /* hash64 of everything behind it */
	uint32_t langs;
	uint32_t words;
	uint32_t bucket_bits;
	uint32_t meta_size;
	char release[16]; /* not always ended by a NUL */
};

struct background_lang {
	char code[8]; /* ended by a NUL */
	uint32_t texts;
	uint32_t words; /* those of each text summed up, each once a text */
};

struct background;

/* Does the file at PATH begin like a background? */
bool background_is(const char *path);

/* NULL with ERR: SME_NOINPUT when PATH cannot be read, SME_DATA when it is not sound. */
struct background *background_open(const char *path, struct sme_err *err);

/* The same for a file in memory (aligned to 8 bytes), which must outlive it. */
struct background *background_from_memory(
    struct slice bytes, const char *path, struct sme_err *err);

void background_close(struct background *b);

/* The number of the language CODE, or -1. */
int background_find_lang(const struct background *b, struct slice code);

/* Its level, or BACKGROUND_UNSEEN.  HASH is that of word_list.h. */
int background_level(const struct background *b, int lang, uint64_t hash);

/* Have what background_level will read brought near, in two steps. */
void background_prefetch(const struct background *b, int lang, uint64_t hash);
void background_prefetch_words(const struct background *b, int lang, uint64_t hash);

/*
 * How key a word is that stands COUNT times in a text of WORDS words and has LEVEL: the
 * log-likelihood ratio G2 (Dunning, "Accurate methods for the statistics of surprise and
 * coincidence", 1993) of its frequency here against that of the language, in thousandths; 0 when it
 * is no more frequent here.  Whole numbers throughout: the same everywhere.
 */
int64_t background_keyness(
    const struct background *b, int lang, int level, unsigned count, unsigned words);

const struct background_header *background_header(const struct background *b);
const struct background_lang *background_langs(const struct background *b);

/* ---- making one ---- */

struct background_options {
	const char *text_key, *lang_key, *label_key; /* as in struct dataset_keys */
	const char *release;
	struct slice card;   /* a JSON object or nothing */
	uint32_t min_texts;  /* words in fewer texts are left out; 2 or more */
	uint32_t lang_texts; /* languages with fewer texts are left out */
};

struct background_report {
	size_t lines, copies, no_text; /* rows read, rows that repeat a text, rows without one */
	size_t small;                  /* languages left out */
	size_t stopwords;
};

/*
 * Learn from FILES (as dataset_read) into OUT, a whole file.  A row whose label is "stopword" names
 * one.  A text that was there before (but for links, handles and spelling) is not counted again.
 * -1 with ERR.
 */
int background_build(char *const *files, const struct background_options *o, struct buf *out,
    struct background_report *report, struct sme_err *err);

/* The file's bytes from sorted WORDS, each lang-and-word hash (see background_key) with its level.
 */
struct background_word {
	uint64_t key;
	uint8_t level;
};

int background_write(const struct background_lang *langs, size_t nlangs,
    const struct background_word *words, size_t nwords, const char *release, struct slice card,
    struct buf *out, struct sme_err *err);

/* The hash that a word with HASH has in the language CODE. */
uint64_t background_key(struct slice code, uint64_t hash);

#endif
