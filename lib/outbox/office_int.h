/* Private to lib/outbox: what office.c and office_describe.c share. */
#ifndef SME_OUTBOX_OFFICE_INT_H
#define SME_OUTBOX_OFFICE_INT_H

#include "core/map.h"
#include "outbox/job.h"
#include "outbox/office.h"

struct office {
	struct office_options options;
	struct ledger *ledger; /* NULL: dry run, and there is none */
	struct channels *channels;
	struct deliverer deliverer;
	int fields[J_COUNT];
	struct map told; /* tenant NUL key → the revision that was appended in this run */
	struct map seen; /* tenant NUL network NUL author → when the person wrote last */
	int64_t waited;
	struct sme_err channel_err;
};

/* The time, as struct deliverer wants it; CTX is the office. */
int64_t office_clock(void *ctx);

/* Append what would be sent for JOB by C, or which gate is closed, as text. */
enum office_result office_describe(struct office *o, struct channel *c, const struct job *job,
    struct arena *a, struct buf *text, struct sme_err *err);

#endif
