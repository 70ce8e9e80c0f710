/* Appending: what is new goes to the log in groups, each durable before it is handed on. */
#ifndef SME_LOG_APPEND_H
#define SME_LOG_APPEND_H

#include <stdint.h>

#include "core/err.h"
#include "core/slice.h"
#include "stream/scan.h"

/* A group is committed when it has so many lines or bytes, or when input would block. */
#define APPEND_LINES 32768u
#define APPEND_BYTES ((size_t)4 << 20)

struct append_stats {
	uint64_t events, appended, duplicates, barred, passed, groups;
	uint64_t bytes; /* of the lines that were appended */
};

struct append;

/* Open the log DIR for appending; it is made when it is not there.  TENANT (may be NULL): only
 * events of this tenant are logged, others are handed on as they are.  SAY gets notes for the user.
 */
struct append *append_open(
    const char *dir, const char *tenant, void (*say)(const char *text), struct sme_err *err);
void append_close(struct append *a);

enum append_verdict {
	APPEND_TAKEN, /* part of the group, or known and dropped */
	APPEND_FULL,  /* likewise, and the group should be committed */
	APPEND_REJECT /* not an event; ERR says why */
};

/* One line without its newline, SCAN_PADDING bytes readable behind it.  NOW: when it arrived. */
enum append_verdict append_line(
    struct append *a, struct slice line, int64_t now, struct sme_err *err);

/*
 * Make the group durable.  *OUT becomes the lines to hand on, in order of arrival, valid until the
 * next append_line.  After -1 nothing of the group is in the log, and the run should end.
 */
int append_commit(struct append *a, struct slice *out, struct sme_err *err);

/* Are there lines that wait for append_commit? */
bool append_pending(const struct append *a);

/* Close segments that are due, and save the index if opening would otherwise be slow. */
int append_maintain(struct append *a, int64_t now, struct sme_err *err);

const struct append_stats *append_stats(const struct append *a);

/* The whole run: what `sme-log append` does with its files. */
struct append_run {
	const char *dir;
	const char *tenant, *rejects, *metrics; /* or NULL */
	int64_t now;                            /* TIME_NONE: the clock */
};

/*
 * Append the events of FILES (see reader_open) and hand on what is new on standard output.  As
 * filter_run: prints messages, exits SME_IOERR itself when it cannot read or write, and returns the
 * exit status.
 */
int append_run(const struct append_run *run, char *const *files);

#endif
