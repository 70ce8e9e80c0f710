/* One poll: what poll.c and poll_state.c share. */
#ifndef SME_CONNECTOR_POLL_INT_H
#define SME_CONNECTOR_POLL_INT_H

#include "connector/exchange.h"
#include "connector/poll.h"
#include "connector/record.h"

struct poll {
	const struct account *account;
	struct connector *connector;
	struct vault *vault;
	unsigned requests_max;
	bool alone;              /* no coverage event */
	int64_t warned;          /* when it was said that the credentials end; 0: not yet */
	struct exchange *x;
	struct drive *d;         /* of the look that is going on */
	struct record_sink sink;

	/* What is remembered. */
	jv cursor;               /* the connector's */
	jv stack;                /* requests that are to be made, the next one last */
	jv later;                /* those that a later poll has to make */
	int64_t seen_to;         /* all before this was seen; TIME_NONE: nothing yet */

	/* This look. */
	jv request;              /* under way */
	jv made;                 /* those of earlier polls that were made in this one */
	jv gaps;                 /* {from, to, reason} of the coverage event */
	int64_t kept_at;         /* when the cursor was saved last; ms since 1970 */
	int64_t began, from;     /* from: as the connector says; TIME_NONE */
	unsigned requests;
	uint64_t counted, counted_rejected; /* of the sink, told to the run */
	bool started;            /* `start` was called */
	bool looked;             /* once at least */
	unsigned failures;       /* polls in a row that ended with an error */
	int64_t wait;            /* the network wants to be left alone for so long, ms */
	char reason[40];         /* why it did not see all; "": it did */
};

/* What is remembered, out of the cursor of P->d and into it. */
int poll_load(struct poll *p, struct sme_err *err);
void poll_store(struct poll *p);

/* Write the coverage event. */
void poll_put_coverage(struct poll *p);

#endif
