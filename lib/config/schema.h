/*
 * What may stand in sme.jq, as tables: a key is a row in keys.c.  A tool that needs another key
 * adds a row there and a paragraph in sme.jq(5); a test compares the two.
 */
#ifndef SME_CONFIG_SCHEMA_H
#define SME_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"
#include "stream/tree.h"

struct schema_check;
struct schema_field;

/* One type of value.  Exactly one of `scalar`, `item` and `fields` is set; none: anything goes. */
struct schema {
	const char *expected; /* 'a duration such as "36m"', for the message */

	/* Is N such a value?  False leaves WHY empty ("expected ..., got ...") or says more there.
	 */
	bool (*scalar)(const struct schema *s, const struct json_node *n, struct sme_err *why);
	const char *const *words; /* for schema_word: what is allowed; NULL-terminated */
	double min, max;          /* for schema_number */

	/* A second look that costs time, only with --check-config; false has filled WHY. */
	bool (*deep)(const struct json_node *n, struct sme_err *why);

	const struct schema
	    *item; /* a list of these, or with `map` an object with values like these */
	bool map;

	const struct schema_field *fields; /* an object with these members; ends with a NULL key */

	/* Called for a list or object that is well formed as far as itself goes. */
	void (*cross)(struct schema_check *c, const struct json_node *n);
};

struct schema_field {
	const char *key;
	const struct schema *type;
	bool required;
};

/* The whole file. */
extern const struct schema config_schema;

struct schema_check {
	const struct json_node *root;
	struct buf path;    /* of the value being looked at, such as ".tenants.o2" */
	const char *file;   /* for the messages */
	struct buf *report; /* one line for each error, at most SCHEMA_REPORT_MAX */
	size_t errors;
	bool deep;
};

#define SCHEMA_REPORT_MAX 20

/*
 * Compare ROOT with SCHEMA, such as &config_schema; the number of errors.  Each adds a line "FILE: PATH: what is
 * wrong" to REPORT.  DEEP also compiles conditions and opens time zones.
 */
size_t schema_check(const struct schema *schema, const struct json_node *root, const char *file,
    bool deep, struct buf *report);

/* For `cross`: add an error at the value at hand, or at SUB below it, such as ".rules[2].queue". */
void schema_error(struct schema_check *c, const char *sub, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The known word nearest to WORD, or NULL when none is near.  WORDS yields the I-th, NULL at the
 * end. */
const char *schema_nearest(
    struct slice word, const char *(*words)(const void *list, size_t i), const void *list);

/* Append what N is, short and quoted: 36, "text", an object. */
void schema_put_value(struct buf *b, const struct json_node *n);

#endif
