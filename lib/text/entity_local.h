/* Private to the entities: looking at a text around one place. */
#ifndef SME_TEXT_ENTITY_LOCAL_H
#define SME_TEXT_ENTITY_LOCAL_H

#include "text/entity.h"

/* A text being looked through. */
struct scan_text {
	const unsigned char *p;
	size_t n;
	size_t done; /* nothing before it may become part of an entity any more */
};

/* What a matcher found. */
struct found {
	size_t start, end;
	uint32_t type;
};

static inline bool
is_digit(unsigned char c)
{
	return (unsigned char)(c - '0') < 10;
}

static inline bool
is_alpha(unsigned char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26;
}

static inline bool
is_alnum(unsigned char c)
{
	return is_digit(c) || is_alpha(c);
}

static inline unsigned char
upper(unsigned char c)
{
	return (unsigned char)(c - 'a') < 26 ? (unsigned char)(c - 32) : c;
}

static inline unsigned char
lower(unsigned char c)
{
	return (unsigned char)(c - 'A') < 26 ? (unsigned char)(c + 32) : c;
}

/* The byte at AT, 0 behind the end. */
static inline unsigned char
byte_at(const struct scan_text *t, size_t at)
{
	return at < t->n ? t->p[at] : 0;
}

static inline bool
digit_at(const struct scan_text *t, size_t at)
{
	return at < t->n && is_digit(t->p[at]);
}

/* Is the character that ends before AT (begins at AT) a letter or digit of any script? */
bool letter_before(const struct scan_text *t, size_t at);
bool letter_after(const struct scan_text *t, size_t at);

/*
 * A separator as people type it, in its plain form: ' ' (also no-break and thin spaces), '-' (also
 * hyphens and dashes), or '/', '.', '(', ')'; its length goes to LEN.  0 when there is none.
 */
char separator_at(const struct scan_text *t, size_t at, size_t *len);

/* Is the number that ends at END no plain number: a price, a share, a time, an amount of something?
 * is_quantity also says so when "." and a digit follow. */
bool is_amount(const struct scan_text *t, size_t end);
bool is_quantity(const struct scan_text *t, size_t end);

/* Is START inside a web address (as far as one can see from the token it stands in)? */
bool in_address(const struct scan_text *t, size_t start);

/* Copies the digits of START..END to OUT (room for MAX); the number of all digits there. */
size_t copy_digits(const struct scan_text *t, size_t start, size_t end, char *out, size_t max);

/*
 * The matchers.  AT is a digit (or "@", for mail and handles) at or behind t->done.  True with what
 * was found in F and its normalised value appended to VALUE.
 */
bool match_mail(const struct scan_text *t, size_t at, struct found *f, struct buf *value);
bool match_handle(const struct scan_text *t, size_t at, struct found *f);
bool match_iban(const struct scan_text *t, size_t at, struct found *f, struct buf *value);
bool match_card(const struct scan_text *t, size_t at, struct found *f, struct buf *value);
bool match_pattern(const struct entity_set *set, const struct scan_text *t, size_t at, int scope,
    struct found *f, struct buf *value);

/* What the words before a number say of it. */
enum cue_kind {
	CUE_NONE,
	CUE_WEAK,   /* "Bestellung 123456": a number of some length */
	CUE_STRONG, /* "Bestellnr. 123", "order #123" */
	CUE_PHONE,
	CUE_OTHER /* "ISBN": a number of a kind that is not looked for */
};

struct cue {
	enum cue_kind kind;
	uint32_t type; /* with CUE_WEAK and CUE_STRONG */
};

/* The cue before START, where a number begins. */
struct cue cue_before(const struct scan_text *t, size_t start);

/* What the N bytes at P, letters right before digits as in "KdNr4711", say of them. */
struct cue cue_of_letters(const unsigned char *p, size_t n);

/* The number (or code with digits in it) around the digit AT that a cue announces.  LAST (may be
 * NULL) is the entity found before it, whose cue may hold for this one as well. */
bool match_cued(const struct scan_text *t, size_t at, const struct found *last, struct found *f,
    struct buf *value);
bool match_phone(const struct scan_text *t, size_t at, struct found *f, struct buf *value);

#endif
