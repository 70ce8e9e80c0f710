/* What lies in the spool, through a connector's webhook() and event(), as events. */
#ifndef SME_HOOK_MAP_H
#define SME_HOOK_MAP_H

#include <stdint.h>

#include "hook/sources.h"
#include "stream/reject.h"
#include "stream/writer.h"

struct mapper;

/* All of it must outlive the mapper, which belongs to one thread.  What cannot be mapped goes to
 * REJECTS. */
struct mapper *mapper_open(struct sources *sources, struct writer *out, struct rejects *rejects);
void mapper_close(struct mapper *m);

/* Write the events of a record of the spool.  Returns 1, or 0 when the record was none of that sort:
 * it is then rejected, or (an answer of the in-app channel) nothing to be told. */
int mapper_delivery(struct mapper *m, struct slice record);
int mapper_entry(struct mapper *m, struct hook_source *source, struct slice record);

/* Write the alerts that are due, before what was written is handed on. */
void mapper_flush(struct mapper *m);

/* Events written so far. */
uint64_t mapper_events(const struct mapper *m);

#endif
