/*
 * From the spool to events: one thread that maps deliveries and messages, hands the events on, and
 * remembers how far it is.  After a crash it begins where everything before has been taken; what
 * comes twice is the same, byte for byte, and dropped by sme-log.
 */
#ifndef SME_HOOK_CONSUME_H
#define SME_HOOK_CONSUME_H

#include "hook/sources.h"
#include "hook/spool.h"
#include "stream/reject.h"

struct consumer_options {
	struct sources *sources;
	struct spool *spool;
	struct spool_pos pos;  /* where to begin in it */
	const char *position;  /* the file for that */
	const char *log;       /* the directory of a log; NULL: standard output */
	struct rejects *rejects;
	const char *rejects_path; /* the same as a file: synced before what is in it is forgotten */
	void (*say)(const char *text);
};

/* Counted since the start; `behind` is what waits now, in bytes. */
struct consumer_stats {
	uint64_t deliveries, messages, events, rejected, behind;
};

struct consumer;

/* O and all it points to must stay until consumer_stop. */
struct consumer *consumer_start(const struct consumer_options *o, struct sme_err *err);

/* There is something new.  From any thread. */
void consumer_wake(struct consumer *c);

/* Has it ended by itself?  Then it cannot go on, and consumer_stop says why. */
bool consumer_ended(struct consumer *c);

struct consumer_stats consumer_stats(struct consumer *c);

/* Map what there is (for at most about PATIENCE ms), remember the position, end.  1: whoever reads
 * standard output has not taken everything, it will come again.  -1 with ERR. */
int consumer_stop(struct consumer *c, int64_t patience, struct sme_err *err);

#endif
