/*
 * Secrets in requests: a connector writes {secret:NAME} where one belongs, and never sees it.  The
 * same letters in what came from outside (a post, an answer) must not become a secret: such text is
 * guarded before a connector gets it, and what it turns into is what was there at first.
 */
#ifndef SME_CONNECTOR_FILL_H
#define SME_CONNECTOR_FILL_H

#include <jq.h>
#include <stdbool.h>

#include "connector/account.h"
#include "core/buf.h"
#include "core/err.h"

/* How what is put in is written. */
enum fill_as {
	FILL_RAW,
	FILL_QUERY, /* all but letters, digits and "-._~" as %XX */
	FILL_URL,   /* a template as %XX but for what may stand in a path; the rest as it is, without
	             * what no URL may have */
	FILL_JSON   /* inside a JSON string */
};

struct filler {
	/* The secret NAME, p == NULL when there is none; NULL: templates stay as they are written. */
	struct slice (*secret)(void *ctx, struct slice name);
	void *ctx;
	const struct account *account; /* for {account:handle} and the like; NULL: they mean nothing */
	bool filled;                   /* set when a secret was put in */
};

/* Append TEXT with its templates filled.  -1 with ERR (SME_CONFIG) when there is no such secret. */
int fill(struct filler *f, struct buf *out, struct slice text, enum fill_as as, struct sme_err *err);

/* Does TEXT have a template of a secret? */
bool fill_is_needed(struct slice text);

/* V with every string in it guarded, or as it was.  V is consumed. */
jv fill_guard(jv v);
jv fill_unguard(jv v);

/* Does a string in V need a guard?  V is not consumed. */
bool fill_is_hostile(jv v);

#endif
