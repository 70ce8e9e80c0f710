/* Small helpers for the values of libjq. */
#ifndef SME_CONNECTOR_VALUE_H
#define SME_CONNECTOR_VALUE_H

#include <jq.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "stream/tree.h"

/* S as a string; bytes that are not UTF-8 become U+FFFD. */
jv value_string(struct slice s);

/* The bytes of the string V, without consuming it: valid as long as V is.  p == NULL: no string. */
struct slice value_text(jv v);

/* The member KEY of V, which is not consumed; null when V is no object or has none. */
jv value_get(jv v, const char *key);

/* What stands at PATH, names with dots between them, where a number picks from an array; null when
 * it is not there.  V is not consumed. */
jv value_path(jv v, struct slice path);

/* Is it null, false or ""?  V is consumed. */
bool value_is_nothing(jv v);

/* A number, or a text that is one.  V is consumed. */
bool value_number(jv v, double *x);

/* A number or a text as text; anything else adds nothing.  V is consumed. */
void value_put(struct buf *b, jv v);

/* Append V as compact JSON.  V is consumed. */
void value_dump(struct buf *b, jv v);

/* A part of a configuration or of `meta`. */
jv value_of_node(const struct json_node *n);

/* Is V the value NODE?  V is consumed. */
bool value_equals(jv v, const struct json_node *node);

/* V itself, shared with nobody, so that another thread may own it.  V is consumed. */
jv value_unshare(jv v);

#endif
