/*
 * Service-level clocks: how long somebody may wait, counted in open hours and without the time in
 * which we wait for the customer.  Times are milliseconds since 1970 in UTC, TIME_NONE is "not (yet)".
 */
#ifndef SME_CLOCK_SLA_H
#define SME_CLOCK_SLA_H

#include <stddef.h>
#include <stdint.h>

#include "clock/hours.h"

/* The clock stands still in [FROM, TO); TO is TIME_NONE while it still does. */
struct pause {
	int64_t from, to;
};

/*
 * When TARGET ms of open time have passed since START, the N PAUSES (ascending, apart from each other)
 * left out.  TIME_NONE when a pause that has no end comes first, or it never will.
 */
int64_t sla_due(const struct hours *h, int64_t start, int64_t target, const struct pause *pauses,
    size_t n);

/* The open time from START to UNTIL without the pauses. */
int64_t sla_elapsed(const struct hours *h, int64_t start, int64_t until, const struct pause *pauses,
    size_t n);

enum sla_kind {
	SLA_FIRST_ANSWER, /* from the customer's first message to the first answer of a person */
	SLA_NEXT_ANSWER,  /* from the oldest message without an answer to the next answer */
	SLA_RESOLUTION,   /* from the first message until the case is closed; runs on when it reopens */
	SLA_KINDS
};

/* What a tenant promises; a target of 0 is no promise.  A share of 0.8 warns when four fifths of the time
 * have passed, 0 never. */
struct sla_terms {
	int64_t target[SLA_KINDS];
	double warn;
};

/* What happens to a case, in order of time. */
enum sla_event {
	SLA_CUSTOMER_WRITES, /* ends waiting, opens a closed case again */
	SLA_AGENT_ANSWERS,   /* a person; an automatic acknowledgement is no answer */
	SLA_WAIT,            /* for the customer: the resolution clock stands still */
	SLA_RESUME,
	SLA_CLOSE
};

/* The clocks of one case.  Begin with sla_init; release with sla_release. */
struct sla {
	int64_t opened;        /* first message of the customer */
	int64_t first_answer;  /* of a person */
	int64_t unanswered;    /* the oldest message that waits for an answer */
	int64_t closed;
	int64_t last;          /* of the events so far */
	struct pause *pauses;  /* of the resolution clock */
	size_t npauses, cap;
};

void sla_init(struct sla *s);
void sla_release(struct sla *s);

/* Take note of EVENT at AT.  One that lies before the last is taken to happen with it: clocks jump,
 * and no clock runs backwards. */
void sla_note(struct sla *s, enum sla_event event, int64_t at);

enum sla_state {
	SLA_OFF,     /* no promise, or nothing to wait for */
	SLA_RUNNING,
	SLA_PAUSED,
	SLA_WARNED,  /* runs, and the share to warn at has passed */
	SLA_MET,     /* stopped in time */
	SLA_MISSED   /* stopped too late, or runs and is over */
};

struct sla_view {
	enum sla_state state;
	int64_t due, warn_at; /* TIME_NONE when off or paused; of a clock that has stopped: as they were */
	int64_t elapsed;      /* open time that has been used up */
};

/* How the clock KIND stands at NOW. */
struct sla_view sla_view(const struct sla *s, const struct hours *h, const struct sla_terms *t,
    enum sla_kind kind, int64_t now);

#endif
