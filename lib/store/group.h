/*
 * Many writers, few syncs: whoever has committed waits until the write-ahead log is on disk, and one
 * fdatasync(2) serves all who wait.  Writers queue in the kernel instead of polling for SQLite's lock.
 * The counters and locks are in a file beside the database that every process maps.  It may be removed when
 * no process has the database open.
 */
#ifndef SME_STORE_GROUP_H
#define SME_STORE_GROUP_H

#include "core/err.h"

struct group;

/* For the database PATH.  NULL with ERR. */
struct group *group_open(const char *path, struct sme_err *err);
void group_close(struct group *g);

/* Wait for the turn to write, and pass it on; who does not have it passes nothing on.  Turns are
 * given in the order in which they were asked for. */
int group_enter(struct group *g, struct sme_err *err);
void group_leave(struct group *g);

/* All that was committed before the call is on disk when it returns 0.  After -1 it was done, but a
 * loss of power may undo it. */
int group_sync(struct group *g, struct sme_err *err);

#endif
