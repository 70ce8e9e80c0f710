/*
 * The post office of one run of sme-publish: approved replies and posts whose account has a connector
 * go into the ledger and out to their networks; what earlier runs left is taken up.
 */
#ifndef SME_OUTBOX_OFFICE_H
#define SME_OUTBOX_OFFICE_H

#include "outbox/channels.h"
#include "outbox/deliver.h"
#include "stream/event.h"

struct office;

struct office_options {
	const struct config *config;
	const char *db;      /* the path of sme.db */
	const char *outbox;  /* the directory outbox: what is in it went out before */
	const char *tenant;  /* only this one's; NULL: all */
	int64_t now;         /* TIME_NONE: the clock */
	bool dry_run;
};

/* The paths that are needed are added to PLAN.  *OFFICE is NULL, with 0, when no account has a
 * connector.  -1 with ERR. */
int office_open(const struct office_options *options, struct scan_plan *plan,
    struct office **office, struct sme_err *err);
void office_close(struct office *o);

enum office_result {
	OFFICE_NOT_OURS, /* nothing approved, or no account: it goes another way */
	OFFICE_TAKEN,    /* it is in sme.db; what became of it is in AFTER */
	OFFICE_BAD,      /* the event cannot be used; ERR says why */
	OFFICE_FAILED    /* sme.db or an account cannot be used; ERR says why */
};

/* Send what EV has approved, and append the event that says what became of it to AFTER, unless this run
 * has said that already.  With the dry
 * run AFTER is not an event but what would be sent, for a person. */
enum office_result office_take(struct office *o, const struct event *ev, struct buf *after,
    struct sme_err *err);

/* Note when people wrote to us, and when one of us wrote to them, however that went out: EV is a mention
 * or a reply. */
void office_see(struct office *o, const struct event *ev);

/*
 * Take up what is due, of this and of earlier runs, answers before posts; append its events to OUT, and those
 * that an earlier run did not get rid of.  It begins nothing new after LONGEST ms (OFFICE_ALL: it does), so that
 * a campaign does not hold up who waits for an answer.  1 when something due is left, 0, -1 with ERR.
 */
#define OFFICE_ALL INT64_MAX
int office_resume(struct office *o, int64_t longest, struct buf *out, struct sme_err *err);

/* How long until something is due, at most LONGEST; 0 when nothing will be by then.  In ms. */
int office_next(struct office *o, int64_t longest, int64_t *wait, struct sme_err *err);

/* MS were waited: where the time is given (--now), it goes on by them. */
void office_waited(struct office *o, int64_t ms);

/* All that was appended has come out. */
int office_told(struct office *o, struct sme_err *err);

/* How many replies of this run wait for another try, and how many for a person. */
void office_left(struct office *o, size_t *later, size_t *person);

#endif
