/*
 * What a text must hold for an expression to match: words found in it at a fraction of what the matcher takes.
 * Most expressions of rules are words, and most mentions have none of them.
 */
#ifndef SME_EXPR_NEEDLE_H
#define SME_EXPR_NEEDLE_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/slice.h"

struct needles;

/*
 * Of the expression RE with the letters MODS, as test() takes them: one needle for each alternative.  Memory is
 * A's and RE's.  NULL when there is nothing to look for, or RE has parts whose meaning is not known here.
 */
const struct needles *needles_of(struct arena *a, struct slice re, struct slice mods);

enum needles_say {
	NEEDLES_NO,  /* RE does not match TEXT */
	NEEDLES_YES, /* it does */
	NEEDLES_ASK  /* only the matcher can tell */
};

/* TEXT is UTF-8, and RE is an expression that the matcher takes. */
enum needles_say needles_look(const struct needles *n, struct slice text);

#endif
