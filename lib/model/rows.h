/* The rows that models learn from: NDJSON files, an object a line. */
#ifndef SME_MODEL_ROWS_H
#define SME_MODEL_ROWS_H

#include "core/err.h"
#include "stream/scan.h"

/* Take the row whose VALUES are those of the scanner's plan; -1 with ERR ends the reading. */
typedef int rows_take(void *ctx, const struct json_value *values, const char *file, size_t lineno,
    struct sme_err *err);

/* Give each row of FILES (NULL-terminated; none or "-": standard input) to TAKE; empty lines are none.  -1 with
 * ERR naming file and line when one cannot be read, or is no object. */
int rows_read(char *const *files, struct scanner *s, rows_take *take, void *ctx, struct sme_err *err);

#endif
