/*
 * What happens to input that cannot be used: the raw line goes to a file as
 * {"type":"reject","tool":..,"file":..,"line":..,"error":..,"raw":..}, one message goes to standard
 * error (the first ten, then one a second), and the tool ends with SME_REJECTED.  Bytes that are not
 * UTF-8 cannot stand in JSON: such a line comes as "raw_base64".
 */
#ifndef SME_STREAM_REJECT_H
#define SME_STREAM_REJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/slice.h"

struct rejects;

/* PATH may be NULL: then only the messages are given.  The file is opened at the first reject
 * (mode 0600) and appended to.  Returns NULL when PATH cannot be written. */
struct rejects *rejects_open(const char *path, struct sme_err *err);

/* Not for several threads at once.  A failed write ends the process with SME_IOERR. */
void rejects_add(struct rejects *r, const char *file, size_t lineno, const char *error,
    struct slice raw);

/* A line too long to hold: its pieces as they come, `last` with the last one. */
void rejects_piece(struct rejects *r, const char *file, size_t lineno, const char *error,
    struct slice piece, bool last);

uint64_t rejects_count(const struct rejects *r);

/* Says how many there were, when messages were left out; flushes, closes, frees. */
void rejects_close(struct rejects *r);

#endif
