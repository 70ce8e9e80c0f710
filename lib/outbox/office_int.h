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
	struct map persons; /* tenant NUL thread → when one of ours last wrote there */
	int64_t waited;
	struct sme_err channel_err;
};

/* The time, as struct deliverer wants it; CTX is the office. */
int64_t office_clock(void *ctx);

/* A field of EV; as a time, or TIME_NONE. */
const struct json_value *office_value(const struct office *o, const struct event *ev, enum job_field f);
int64_t office_time(const struct office *o, const struct event *ev, enum job_field f);

/* What office_see has noted goes into sme.db: before the gates look at it, and at the end. */
int office_keep_seen(struct office *o, struct sme_err *err);

/* Append what would be sent for JOB by C, or which gate is closed, as text. */
enum office_result office_describe(struct office *o, struct channel *c, const struct job *job,
    struct arena *a, struct buf *text, struct sme_err *err);

#endif
