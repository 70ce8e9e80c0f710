/*
 * A JSON document as a tree, for configuration, recorded responses and other small things.
 * Events never become trees.
 */
#ifndef SME_STREAM_TREE_H
#define SME_STREAM_TREE_H

#include "core/arena.h"
#include "core/err.h"
#include "stream/json.h"
#include "stream/scan.h"

struct json_node {
	enum json_type type;
	struct slice key;  /* decoded, NUL-terminated; of a member of an object */
	struct slice text; /* a string decoded and NUL-terminated; a number as written */
	double number;
	struct json_node *child; /* first member or element */
	struct json_node *next;  /* the following one */
	size_t count;            /* members or elements */
};

/* Parse TEXT (validated by the scanner; no padding needed).  Of duplicate keys the last one stays.
 * All memory is A's.  NULL with ERR set when TEXT is not JSON. */
struct json_node *json_tree(struct arena *a, struct slice text, struct sme_err *err);

/* The member KEY of NODE; NULL when NODE is NULL, no object, or has none. */
const struct json_node *node_get(const struct json_node *node, const char *key);

/* Shorthands: the member KEY as text ("" slice with p == NULL if missing or not a string), number,
 * truth; FALLBACK when it is missing or of another type. */
struct slice node_text(const struct json_node *node, const char *key);
double node_number(const struct json_node *node, const char *key, double fallback);
bool node_bool(const struct json_node *node, const char *key, bool fallback);

/* for (NODE_EACH(it, list)): the members or elements of LIST, which may be NULL. */
#define NODE_EACH(it, list)                                                                        \
	const struct json_node *it = (list) ? (list)->child : NULL;                                \
	it;                                                                                        \
	it = it->next

/* Append NODE as compact JSON. */
void node_put(struct buf *b, const struct json_node *node);

#endif
