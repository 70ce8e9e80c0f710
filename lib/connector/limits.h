/*
 * How fast an account may ask: what the connector says (buckets, the interval between two requests)
 * and what the network says in the headers of its answers and by Retry-After.  A bucket that is named
 * n in so much time never lets through more in any such time, whatever the network's clock.
 */
#ifndef SME_CONNECTOR_LIMITS_H
#define SME_CONNECTOR_LIMITS_H

#include <jq.h>
#include <stdint.h>

#include "clock/zone.h"
#include "connector/meta.h"

/* The time of a bucket is looked at in so many pieces. */
#define LIMITS_SLOTS 20

struct limits_bucket {
	char name[40];
	const struct meta_bucket *meta; /* NULL: only the network knows */
	bool daily; /* of a day that begins at midnight in the limits' zone */
	int64_t slot[LIMITS_SLOTS + 1]; /* which piece of time a count is of */
	double used[LIMITS_SLOTS + 1];
	double remaining;  /* as the network said last; < 0: it did not */
	int64_t reset;     /* when that is over, ms since 1970; TIME_NONE: not known */
	int64_t not_before; /* the network asked to be left alone until then; TIME_NONE */
};

struct limits {
	const struct meta *meta;
	struct limits_bucket *buckets;
	size_t n, cap;
	struct zone *zone; /* of meta's quota_day; NULL: any 24 hours are a day */
	int64_t next; /* the earliest time for the next request, by meta's interval */
};

void limits_init(struct limits *l, const struct meta *meta);
void limits_release(struct limits *l);

/* How long a request of COST units of BUCKET has to wait at NOW, in ms; 0: it may go. */
int64_t limits_wait(struct limits *l, struct slice bucket, double cost, int64_t now);

/* The request goes at NOW. */
void limits_take(struct limits *l, struct slice bucket, double cost, int64_t now);

/*
 * Learn from an answer, a response as sme-connector(5) has it (not consumed).  RETRY_AFTER is what the
 * header of that name said, in ms or 0.  Returns for how long the network wants to be left alone,
 * in ms, when the answer is one of too much; 0 when it is not or does not say.
 */
int64_t limits_learn(struct limits *l, struct slice bucket, jv response, enum answer_class class,
    int64_t retry_after, int64_t now);

/* What is to be remembered between runs, as an object, and back: the buckets of STATE, which is
 * consumed, become what they were; what cannot be right in it is passed over. */
jv limits_state(const struct limits *l);
void limits_restore(struct limits *l, jv state);

#endif
