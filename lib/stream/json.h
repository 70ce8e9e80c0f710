/*
 * Values inside a line that the scanner has found valid: raw text, decoded on demand.
 * Nothing here checks the grammar again; only ever pass text that came from the scanner
 * (or from json_tree, which scans first).
 */
#ifndef SME_STREAM_JSON_H
#define SME_STREAM_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/slice.h"

enum json_type {
	JSON_MISSING, /* the path is not there */
	JSON_NULL,
	JSON_FALSE,
	JSON_TRUE,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

struct json_value {
	const char *p; /* raw text in the line, with its quotes; says nothing of what is missing */
	uint32_t n;
	uint8_t type; /* enum json_type */
	bool escaped; /* a string with a backslash in it */
};

/* As it is written; of a missing value nothing, whatever the scanner left there of earlier lines. */
static inline struct slice
json_raw(const struct json_value *v)
{
	return v->type == JSON_MISSING ? (struct slice){NULL, 0} : (struct slice){v->p, v->n};
}

/*
 * The string V decoded to UTF-8.  Without escapes the slice points into the line and SCRATCH is not
 * touched; otherwise the text is appended to SCRATCH.  A lone surrogate becomes U+FFFD, as in jq.
 * Anything but a string gives the empty slice with p == NULL.
 */
struct slice json_string(const struct json_value *v, struct buf *scratch);

/* Is V the string TEXT?  No copy is made unless V has escapes. */
bool json_is(const struct json_value *v, struct slice text);

/* The number V as a double, nearest to what is written; FALLBACK when V is no number. */
double json_number(const struct json_value *v, double fallback);

/* The number V when it is a whole one within int64_t (an exponent is understood). */
bool json_int(const struct json_value *v, int64_t *out);

/* True only for `true`. */
static inline bool
json_bool(const struct json_value *v)
{
	return v->type == JSON_TRUE;
}

/* Walk the members of an object or the elements of an array. */
struct json_iter {
	const char *at, *end;
};

struct json_iter json_each(const struct json_value *v);

/* The next one; KEY (may be NULL) is the member's raw key, a string value, or JSON_MISSING in an
 * array.  False at the end. */
bool json_next(struct json_iter *it, struct json_value *key, struct json_value *value);

/* The member KEY of the object V (the last one of that name), or a JSON_MISSING value. */
struct json_value json_member(const struct json_value *v, struct slice key);

/* Append TEXT as a JSON string with quotes.  Bytes that are not UTF-8 become U+FFFD. */
void json_put_string(struct buf *b, struct slice text);

/* As json_put_string, without the quotes. */
void json_put_escaped(struct buf *b, struct slice text);

/* Append the shortest decimal that reads back as exactly X; null for NaN and infinities. */
void json_put_number(struct buf *b, double x);

/* Append X with DIGITS digits after the point and no trailing zeros, such as 0.93. */
void json_put_fixed(struct buf *b, double x, int digits);

#endif
