/*
 * Approved replies of mentions into the outbox, each once.  The file is the `reply` event, so what
 * comes out on the stream is the same on every run.
 */
#ifndef SME_OUTBOX_PUBLISH_H
#define SME_OUTBOX_PUBLISH_H

#include "outbox/gate.h"
#include "outbox/outbox.h"
#include "stream/event.h"

struct publisher;

/* The paths that are needed are added to PLAN. */
struct publisher *publisher_new(struct scan_plan *plan);
void publisher_free(struct publisher *p);

/* One thread's scratch memory. */
struct publisher_run;
struct publisher_run *publisher_run_new(const struct publisher *p);
void publisher_run_free(struct publisher_run *run);

enum publish_result {
	PUBLISH_NOTHING, /* no approved reply in it */
	PUBLISH_SENT,    /* now or earlier */
	PUBLISH_HELD,    /* not sent: its claim at the desk is stale */
	PUBLISH_BAD,     /* the event cannot be used; err says why */
	PUBLISH_FAILED   /* the outbox cannot be used; err says why */
};

/* Was the reply of EV written under a claim at the desk?  Then publish_event needs the desk. */
bool publish_is_claimed(const struct publisher *p, const struct event *ev);

/*
 * Send what the mention EV has approved to OUTBOX and append the reply event, a whole line, to AFTER
 * once it is durable.  NOW is the time to note, in ms.  DESK is sme.db, NULL where there is none: what was
 * written under a claim that is stale is not sent, and the event says why; nobody can claim the case while
 * it is looked at and sent.
 */
enum publish_result publish_event(const struct publisher *p, struct publisher_run *run,
    struct outbox *outbox, struct db *desk, const struct event *ev, int64_t now, struct buf *after,
    struct sme_err *err);

/* The claim of the reply of EV alone: PUBLISH_SENT when it may go, PUBLISH_HELD with V, PUBLISH_FAILED. */
enum publish_result publish_claim(const struct publisher *p, struct publisher_run *run, struct db *desk,
    const struct event *ev, struct gate_verdict *v, struct sme_err *err);

/* Only say what publish_event would send, whatever the desk says: PUBLISH_SENT with the key, and the reply event in LINE. */
enum publish_result publish_preview(const struct publisher *p, const struct event *ev, int64_t now,
    struct slice *key, struct buf *line, struct sme_err *err);

#endif
