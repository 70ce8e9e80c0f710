/*
 * What happens to one part of a reply, as pure functions: no clock, no file, no network.  The ledger
 * keeps the struct in sme.db and calls them inside of a transaction; tests/unit/test_outbox_model.c
 * calls the same functions and tries every order of two publishers, crashes and lost answers.
 *
 *   state     what is known                              what may come next
 *   READY     no attempt can have had an effect          INTENT
 *   INTENT    an attempt is under way, or its            SENT FAILED HELD READY UNKNOWN
 *             publisher died in it
 *   UNKNOWN   an attempt may have had its effect         INTENT (the same request again) SENT READY
 *   SENT      visible on the network                     (nothing)
 *   FAILED    the network refuses it for good            (nothing)
 *   HELD      refused by a rule, or given up             READY, by a person
 *
 *   claim     who, fencing token + 1, lease              in one transaction
 *   intent    INTENT, times, hash of the request         on disk before the first byte goes out
 *   call      the request
 *   outcome   SENT FAILED HELD READY UNKNOWN             in one transaction
 *
 * What a kill leads to:
 *   before the claim, or between claim and intent    READY: nothing went out.  The next publisher takes
 *       the claim over, at once when the owner is dead, else when its lease is over; the token grew, so
 *       that an owner that wakes up late cannot write its intent any more, and does not send.
 *   after the intent: before, in or after the call   INTENT without an outcome.  Taken over only when the
 *       owner is dead (a lock that the kernel drops with the process says so), since one that merely
 *       sleeps could still send.  It becomes UNKNOWN then, and
 *         the same request is repeated where the network takes it once only, within its time;
 *         otherwise the network is asked, not before `delay` has passed since the death was noticed;
 *         otherwise a person is.
 *   after the outcome                                 what it says; the event comes out with the next run.
 * An attempt made in doubt that is refused or does not get through says nothing of the one before:
 * the part stays UNKNOWN (`doubt`).
 */
#ifndef SME_OUTBOX_MACHINE_H
#define SME_OUTBOX_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

/* In ms.  The lease of a claim, and of an intent; the longest pause before another try. */
#define PART_LEASE 120000
#define PART_BACKOFF_MAX 900000

/* After so many attempts without effect, about a day, it is HELD. */
#define PART_TRIES_MAX 100

/* Attempts after each of which the network said that nothing is there: then it is HELD. */
#define PART_ATTEMPTS_MAX 10

/* What the network does not tell after so many look-ups, a person is asked. */
#define PART_LOOKS_MAX 8

/* Of part.due and part.repeat: never, always. */
#define PART_NEVER INT64_MAX

/* Of a repeat that is safe for a limited time, that much is left unused: a lease, the longest time of a
 * request, and clocks that differ. */
#define PART_REPEAT_MARGIN 300000

enum part_state { PART_READY, PART_INTENT, PART_UNKNOWN, PART_SENT, PART_FAILED, PART_HELD };

struct part {
	enum part_state state;
	int64_t owner;   /* 0: not claimed */
	int64_t fence;   /* grows with every claim */
	int64_t lease;   /* until then */
	int64_t created; /* of the first claim that led to an intent; stays, so that the request does */
	int64_t intent;  /* the oldest attempt that may have had an effect */
	int64_t unknown; /* since when that is not known */
	int64_t due;     /* nothing is done before; PART_NEVER: by a person only */
	int64_t tries, looks;
	bool doubt;      /* an attempt before the one under way may have had its effect */
	bool spent;      /* repeating tells no more */
};

/* What a network offers. */
struct part_net {
	int64_t repeat; /* the same request is taken once only for so long; 0: not, PART_NEVER: always */
	bool lookup;    /* it can be asked whether the part is there */
	int64_t delay;  /* and its answer is worth something only so long after the attempt is over */
	int64_t backoff; /* the pause before the second try; then twice as long, and so on */
};

enum part_claim {
	CLAIM_OURS,   /* the token is in part->fence */
	CLAIM_BUSY,   /* somebody else is at it */
	CLAIM_LATER,  /* not before part->due */
	CLAIM_PERSON, /* waits for a person */
	CLAIM_OVER    /* SENT, FAILED, HELD */
};

/* Take P for WHO (not 0) at NOW.  ALIVE: the process that P belongs to is still there.  P may have
 * changed and is to be stored whatever comes back. */
enum part_claim part_claim(struct part *p, int64_t who, bool alive, const struct part_net *net,
    int64_t now);

enum part_todo {
	TODO_SEND,   /* intent, call, outcome */
	TODO_REPEAT, /* likewise, with the very same request */
	TODO_LOOK,   /* ask the network, then part_looked */
	TODO_WAIT,   /* too early to ask: part_put_off until unknown + delay */
	TODO_ASK     /* part_ask */
};

/* SAME: the request that would be made is the one of the intent. */
enum part_todo part_todo(const struct part *p, const struct part_net *net, bool same, int64_t now);

/* All below return false, and leave P alone, when FENCE is not the token of P: another has it now. */

bool part_intent(struct part *p, int64_t fence, int64_t now);

/* Right before the call: a repeat whose process slept past its lease may come too late, and is not made
 * (OUTCOME_NOT_DONE). */
bool part_may_send(const struct part *p, int64_t fence, int64_t now);

enum part_outcome {
	OUTCOME_SENT,
	OUTCOME_NOT_DONE, /* surely without effect, and another try may help: 429, no connection */
	OUTCOME_MAYBE,    /* no whole answer, 5xx */
	OUTCOME_REFUSED,  /* surely without effect, and will be so again */
	OUTCOME_RULE      /* likewise, by a rule that a person should know of */
};

/* WAIT: how long the network wants to be left alone, in ms; 0 when it does not say. */
bool part_done(struct part *p, int64_t fence, enum part_outcome outcome, int64_t wait,
    const struct part_net *net, int64_t now);

enum part_look { LOOK_THERE, LOOK_ABSENT, LOOK_UNSURE, LOOK_FAILED /* no answer to the question */ };

bool part_looked(struct part *p, int64_t fence, enum part_look look, int64_t wait,
    const struct part_net *net, int64_t now);

/* Nothing else is left. */
bool part_ask(struct part *p, int64_t fence);

/* Put off, without an attempt, until DUE: a gate is closed, or it is too early to look. */
bool part_put_off(struct part *p, int64_t fence, int64_t due);

/* A gate refuses it: HELD.  Only while READY. */
bool part_hold(struct part *p, int64_t fence);

/* Leave the claim. */
bool part_release(struct part *p, int64_t fence);

/*
 * What a person says of a part that is UNKNOWN or HELD: it is there (SENT), or it is not (READY).
 * False when it is in another state, or a publisher that is ALIVE is at it.
 */
bool part_resolve(struct part *p, bool sent, bool alive);

#endif
