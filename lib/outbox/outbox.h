/*
 * A directory with one file for each message that was sent, named after its key.  A message is in it
 * whole or not at all, and never twice, whatever crashes and however many processes write.
 */
#ifndef SME_OUTBOX_OUTBOX_H
#define SME_OUTBOX_OUTBOX_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/err.h"

/* The largest message that is read back, in bytes. */
#define OUTBOX_MESSAGE_MAX ((size_t)17 << 20)

struct outbox;

/* Open DIR, made (mode 0700) when it is not there.  Several threads may use it.  NULL with ERR. */
struct outbox *outbox_open(const char *dir, struct sme_err *err);
void outbox_close(struct outbox *o);

/* Where it is. */
const char *outbox_dir(const struct outbox *o);
/* The directory NAME inside of that of O, as outbox_open. */
struct outbox *outbox_open_in(const struct outbox *o, const char *name, struct sme_err *err);

/* May KEY be part of a file name?  8 to 64 letters, digits, "_" and "-". */
bool outbox_key_ok(struct slice key);

/* Is there a message KEY in DIR, which need not exist? */
bool outbox_has(const char *dir, struct slice key);

/*
 * Store MESSAGE under KEY, unless there is one already.  STORED gets what is there now; when this
 * returns 0 it is on disk and will not change.  -1 with ERR: nothing is there that was not before.
 */
int outbox_put(struct outbox *o, struct slice key, struct slice message, struct buf *stored,
    struct sme_err *err);

#endif
