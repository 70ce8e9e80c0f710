/*
 * One fdatasync for all who wait: jobs that arrive while the disk is busy are written together when
 * it is free again.
 */
#ifndef SME_HOOK_COMMIT_H
#define SME_HOOK_COMMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "hook/spool.h"

/* A record on its way to disk.  It belongs to the caller and must stay until `done` is called. */
struct commit_job {
	struct spool *spool;
	struct slice record;
	/* On the committer's thread: the record is durable, or (ok false) it is not there. */
	void (*done)(struct commit_job *job, bool ok);
	struct spool_pos at;     /* where the record begins, once it is durable */
	struct commit_job *next; /* private */
};

struct commit_stats {
	uint64_t groups, records, failures; /* failures: groups that could not be written */
};

struct committer;

/* Start the thread.  SAY (may be NULL) is told of failures, on that thread. */
struct committer *commit_start(void (*say)(const char *text), struct sme_err *err);

/* From any thread; records of one spool are written in the order of the calls. */
void commit_submit(struct committer *c, struct commit_job *job);

/* All jobs are finished, then the thread ends. */
void commit_stop(struct committer *c);

struct commit_stats commit_stats(struct committer *c);

#endif
