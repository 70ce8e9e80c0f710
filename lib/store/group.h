/*
 * What the processes that write to one database share, in a file beside it that each of them maps: the lock
 * by which they queue in the kernel instead of polling for SQLite's, one fdatasync(2) for all who have
 * committed, and the places of store/combine.c.  The file may be removed when no process has the database open.
 */
#ifndef SME_STORE_GROUP_H
#define SME_STORE_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

/* The largest request and answer, in bytes; so many processes have a place. */
#define GROUP_BYTES  4000
#define GROUP_PLACES 256

/* Where a process leaves a request and finds its answer, see store/combine.c. */
struct group_place;

struct group;

/* For the database PATH.  NULL with ERR. */
struct group *group_open(const char *path, struct sme_err *err);
void group_close(struct group *g);

/* Wait for the lock to write, DB_BUSY_MS at most (SME_TEMPFAIL then), and pass it on; who does not have it
 * passes nothing on.  Whoever has waited longest gets it next. */
int group_enter(struct group *g, struct sme_err *err);
void group_leave(struct group *g);

/* As group_enter, without waiting: 1 with the lock, 0 when another has it, -1 with ERR. */
int group_try(struct group *g, struct sme_err *err);

/* Did somebody die with the lock since group_mended?  Only for who has it. */
int group_is_torn(const struct group *g);
void group_mended(struct group *g);

/* The lock for what one process at a time does beside its transactions: 1 with it, 0 when another has it and
 * WAIT is false, -1 with ERR. */
int group_task_begin(struct group *g, bool wait, struct sme_err *err);
void group_task_end(struct group *g);

/* All that was committed before the call is on disk when it returns 0.  After -1 it was done, but a
 * loss of power may undo it. */
int group_sync(struct group *g, struct sme_err *err);

/* A number that no transaction had before, not 0. */
uint64_t group_number(struct group *g);

/* The place of this process, kept until group_close; NULL when all are taken. */
struct group_place *group_own_place(struct group *g);

/* All places that were ever taken. */
struct group_place *group_places(struct group *g, size_t *n);

/* The request stays as it is until its answer is safe: it may have to be done once more. */
struct group_place {
	_Alignas(64) _Atomic uint32_t state;
	uint32_t request_size, answer_size;
	int32_t result;
	uint32_t status; /* of the error, when there is one */
	char request[GROUP_BYTES], answer[GROUP_BYTES];
};

#endif
