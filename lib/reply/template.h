/*
 * Texts with variables: "Hallo {name}".  A name is made of letters, digits, "_" and "."; "{{" and
 * "}}" stand for one brace.
 */
#ifndef SME_REPLY_TEMPLATE_H
#define SME_REPLY_TEMPLATE_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

struct template_part {
	struct slice text; /* as it is, or the name of a variable */
	bool variable;
};

struct template {
	struct template_part *parts;
	size_t n;
};

/* Append the value of the variable NAME; false, with nothing appended, when it has none. */
typedef bool template_lookup(void *ctx, struct slice name, struct buf *out);

/* Parts point into TEXT.  -1 with ERR naming the byte when a brace is out of place. */
int template_compile(struct arena *a, struct slice text, struct template *t, struct sme_err *err);

/* Append the text with all variables filled in.  False when one has no value: *MISSING is its name,
 * and what was appended is of no use. */
bool template_render(const struct template *t, template_lookup *lookup, void *ctx, struct buf *out,
    struct slice *missing);

#endif
