/* Where events go: standard output, or straight into a log. */
#ifndef SME_HOOK_OUTLET_H
#define SME_HOOK_OUTLET_H

#include "core/err.h"
#include "stream/reject.h"
#include "stream/writer.h"

struct outlet;

/* LOG is the directory of a log (see log/append.h) or NULL: standard output.  Events that the log
 * cannot take go to REJECTS.  NULL with ERR. */
struct outlet *outlet_open(const char *log, struct rejects *rejects,
    void (*say)(const char *text), struct sme_err *err);
void outlet_close(struct outlet *o);

/* Takes whole lines. */
struct writer *outlet_writer(struct outlet *o);

/* 1: all that was written is durable in the log, or taken by whoever reads standard output.  0: the
 * reader has gone, or outlet_interrupt was called before it took everything.  -1 with ERR. */
int outlet_settle(struct outlet *o, struct sme_err *err);

/* From another thread: do not wait for a reader any more. */
void outlet_interrupt(struct outlet *o);

#endif
