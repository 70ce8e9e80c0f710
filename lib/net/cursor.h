/*
 * What sme-fetch remembers of a source between runs: one text file in $SME_HOME/cursors, replaced
 * by rename, so that after a crash there is the old one or the new one.
 */
#ifndef SME_NET_CURSOR_H
#define SME_NET_CURSOR_H

#include "core/buf.h"
#include "core/err.h"
#include "net/known.h"

struct cursor {
	char *path;
	struct slice etag, modified; /* of the last good answer; memory of seen.arena */
	int64_t not_before;          /* the server asked not to be called earlier; TIME_NONE */
	struct slice stamp;          /* of a file: what tells whether it has changed */
	struct slice account;        /* JSON: what the driver of an account remembers */
	struct known seen;
	struct buf account_text; /* private */
};

/* The directory of all cursors, made if need be.  The caller frees; NULL with ERR. */
char *cursor_dir(struct sme_err *err);

/*
 * Only one run at a time may use the cursors.  Returns a descriptor to keep open, or -1 with ERR
 * (SME_TEMPFAIL when another run has them).
 */
int cursor_lock(const char *dir, struct sme_err *err);

/*
 * Load the cursor of the source NAME from DIR; empty when there is none yet.  KEY tells sources of
 * one name apart (its URL): the cursor of another one is not used.  -1 when the file is damaged.
 */
int cursor_load(struct cursor *c, const char *dir, const char *name, struct slice key,
    struct sme_err *err);

/* What is to be remembered from now on; memory of the cursor. */
void cursor_validators(struct cursor *c, struct slice etag, struct slice modified);
void cursor_stamp(struct cursor *c, struct slice stamp);

/* JSON on one line; valid until the next one is set. */
void cursor_account(struct cursor *c, struct slice json);

/* Durable when it returns 0.  Items that the feed has dropped long ago are forgotten. */
int cursor_save(const struct cursor *c, struct slice key, struct sme_err *err);

void cursor_release(struct cursor *c);

#endif
