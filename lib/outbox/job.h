/*
 * What is to be sent: a mention whose reply is approved, or a post that is.  All that is needed to send
 * it later, without the event, goes into one JSON object, which sme.db keeps:
 *
 *	text       the parts, as approved      source, by   where it came from, who approved it
 *	mention    id, kind, created_at, thread, in_reply_to, url, direct, auto, author, ref of what is
 *	           answered, as in the event; null for a post
 *	lang       of the mention, or of the post
 *	of         the key of the reply that is edited or deleted
 *	case, fence  the case at the desk that it answers, and the token of the claim it was written under
 *	bot        the author is one;  summoned   the account was mentioned or quoted
 *	expires_at the approval ends
 */
#ifndef SME_OUTBOX_JOB_H
#define SME_OUTBOX_JOB_H

#include "outbox/ledger.h"
#include "stream/event.h"

enum job_field {
	J_ID,
	J_TENANT,
	J_NETWORK,
	J_CHANNEL,
	J_KIND,
	J_CREATED,
	J_THREAD,
	J_IN_REPLY_TO,
	J_URL,
	J_DIRECT,
	J_AFTER_HOURS,
	J_OPENS_AT,
	J_AUTO,
	J_AUTHOR,
	J_AUTHOR_ID,
	J_AUTHOR_BOT,
	J_SCORE_BOT,
	J_REF,
	J_TEXT,
	J_LANG,
	J_LANG_HINT,
	J_STATE, /* of a post: the post itself says what a reply says of a mention */
	J_AT,
	J_KEY,
	J_SOURCE,
	J_BY,
	J_EXPIRES,
	J_TO_ID, /* of a reply that was seen */
	J_PART_KEY,
	J_REPLY,
	J_REPLY_STATE,
	J_COUNT
};

void job_plan(struct scan_plan *plan, int fields[J_COUNT]);

enum job_kind {
	JOB_NONE, /* nothing approved */
	JOB_SEND,
	JOB_BAD /* the event cannot be used; ERR says why */
};

struct job {
	struct reply_row row; /* but for account, closed_until, job; its due is the time of a post */
	struct slice *texts;  /* row.parts of them */
	struct json_value mention_text;
};

/* What EV wants to have sent.  Texts are A's, or the event's. */
enum job_kind job_read(const int fields[J_COUNT], const struct event *ev, struct arena *a,
    struct job *job, struct sme_err *err);

/* Is it approved at all?  Cheap. */
bool job_is(const int fields[J_COUNT], const struct event *ev);

/* The hash of a thread's key, for the ledger; never 0. */
int64_t job_thread(bool direct, struct slice channel, struct slice author, struct slice thread,
    struct slice id);

/* Append the object. */
void job_put(const int fields[J_COUNT], const struct event *ev, bool summoned, struct buf *out);

#endif
