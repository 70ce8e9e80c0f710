/* All mentions of logs, files or standard input, for the commands that look at many at once. */
#ifndef SME_SCORE_MENTIONS_H
#define SME_SCORE_MENTIONS_H

#include <stdint.h>

#include "stream/scan.h"

/* One mention; VALUES by the indices of the caller's plan, good until it returns. */
typedef void mentions_fn(void *ctx, const struct json_value *values);

/*
 * Call FN for each mention in NAMES: log directories in order of time, files line by line, standard input
 * when there is none.  TENANT: only those of this tenant, NULL for all.  Adds to PLAN what it needs
 * itself.  Returns how many lines could not be read, which it has warned about; exits when a file or log
 * cannot be read.
 */
uint64_t mentions_read(
    char **names, const char *tenant, struct scan_plan *plan, mentions_fn *fn, void *ctx);

#endif
