/* Checking a log: every byte of every segment, the order, the index, the counts. */
#ifndef SME_LOG_VERIFY_H
#define SME_LOG_VERIFY_H

#include "core/buf.h"
#include "core/err.h"

/*
 * Check the log DIR.  Each thing that is wrong is said with SAY; SUMMARY gets a short text. Returns
 * 0, 1 when something is wrong, or -1 with ERR when it cannot be read at all.  Waits while others
 * write, and makes them wait.
 */
int log_verify(
    const char *dir, void (*say)(const char *text), struct buf *summary, struct sme_err *err);

#endif
