#include "outbox/machine.h"

/* A look-up that did not get through is made again after as long as an attempt that failed so often. */
#define LOOK_FAILED_AS 4

/* Such as 2 s, 4 s, 8 s ... */
static int64_t
backoff(const struct part_net *net, int64_t tries, int64_t wait)
{
	int64_t pause = net->backoff;

	while (--tries > 0 && pause < PART_BACKOFF_MAX)
		pause *= 2;
	if (pause > PART_BACKOFF_MAX)
		pause = PART_BACKOFF_MAX;
	return wait > pause ? wait : pause;
}

static bool
over(const struct part *p)
{
	return p->state == PART_SENT || p->state == PART_FAILED || p->state == PART_HELD;
}

static bool
may_repeat(const struct part *p, const struct part_net *net, int64_t now)
{
	if (p->spent || net->repeat == 0)
		return false;
	/* A clock that was set back says nothing of how much time is left. */
	return net->repeat == PART_NEVER ||
	       (now >= p->intent && now + PART_REPEAT_MARGIN < p->intent + net->repeat);
}

/* From now on it is not known what became of the attempt. */
static void
lose_track(struct part *p, const struct part_net *net, int64_t now)
{
	p->state = PART_UNKNOWN;
	p->doubt = true;
	p->unknown = now;
	p->due = may_repeat(p, net, now) ? now : now + net->delay;
}

enum part_claim
part_claim(struct part *p, int64_t who, bool alive, const struct part_net *net, int64_t now)
{
	bool other = p->owner && p->owner != who;

	if (over(p))
		return CLAIM_OVER;
	if (other && alive && (p->state == PART_INTENT || now < p->lease))
		return CLAIM_BUSY;
	if (p->state == PART_INTENT)
		lose_track(p, net, now);
	p->owner = 0;
	if (p->due == PART_NEVER)
		return CLAIM_PERSON;
	if (p->due > now)
		return CLAIM_LATER;
	if (p->tries == 0)
		p->created = now;
	p->owner = who;
	p->fence++;
	p->lease = now + PART_LEASE;
	return CLAIM_OURS;
}

enum part_todo
part_todo(const struct part *p, const struct part_net *net, bool same, int64_t now)
{
	if (p->state != PART_UNKNOWN)
		return TODO_SEND;
	if (same && may_repeat(p, net, now))
		return TODO_REPEAT;
	if (!net->lookup)
		return TODO_ASK;
	return now < p->unknown + net->delay ? TODO_WAIT : TODO_LOOK;
}

/* Does the token hold, and is P in this state? */
static bool
mine(const struct part *p, int64_t fence, enum part_state state)
{
	return p->owner && p->fence == fence && p->state == state;
}

bool
part_intent(struct part *p, int64_t fence, int64_t now)
{
	if (!mine(p, fence, PART_READY) && !mine(p, fence, PART_UNKNOWN))
		return false;
	if (!p->doubt)
		p->intent = now;
	p->state = PART_INTENT;
	p->lease = now + PART_LEASE;
	p->tries++;
	return true;
}

bool
part_may_send(const struct part *p, int64_t fence, int64_t now)
{
	return mine(p, fence, PART_INTENT) && (!p->doubt || now < p->lease);
}

/* The attempt under way had no effect.  Of an older one in doubt that says nothing. */
static void
not_done(struct part *p, enum part_outcome outcome, int64_t wait, const struct part_net *net,
    int64_t now)
{
	if (p->doubt) {
		p->state = PART_UNKNOWN;
		p->spent = p->spent || outcome != OUTCOME_NOT_DONE;
		p->due = outcome == OUTCOME_NOT_DONE ? now + backoff(net, p->tries, wait)
						     : p->unknown + net->delay;
		return;
	}
	p->due = now + backoff(net, p->tries, wait);
	if (outcome == OUTCOME_REFUSED)
		p->state = PART_FAILED;
	else if (outcome == OUTCOME_RULE || p->tries >= PART_TRIES_MAX)
		p->state = PART_HELD;
	else
		p->state = PART_READY;
}

bool
part_done(struct part *p, int64_t fence, enum part_outcome outcome, int64_t wait,
    const struct part_net *net, int64_t now)
{
	if (!mine(p, fence, PART_INTENT))
		return false;
	switch (outcome) {
	case OUTCOME_SENT:
		p->state = PART_SENT;
		break;
	case OUTCOME_MAYBE:
		lose_track(p, net, now);
		if (p->due < now + backoff(net, p->tries, wait))
			p->due = now + backoff(net, p->tries, wait);
		break;
	default:
		not_done(p, outcome, wait, net, now);
		break;
	}
	return true;
}

bool
part_looked(struct part *p, int64_t fence, enum part_look look, int64_t wait,
    const struct part_net *net, int64_t now)
{
	if (!mine(p, fence, PART_UNKNOWN))
		return false;
	switch (look) {
	case LOOK_THERE:
		p->state = PART_SENT;
		break;
	case LOOK_ABSENT:
		p->state = p->tries < PART_ATTEMPTS_MAX ? PART_READY : PART_HELD;
		p->doubt = p->spent = false;
		p->looks = 0;
		p->due = p->tries > 1 ? now + backoff(net, p->tries, wait) : now;
		break;
	case LOOK_UNSURE:
		p->looks++;
		p->due = p->looks < PART_LOOKS_MAX ? now + backoff(net, p->looks, wait) : PART_NEVER;
		break;
	case LOOK_FAILED:
		p->due = now + backoff(net, LOOK_FAILED_AS, wait);
		break;
	}
	return true;
}

bool
part_ask(struct part *p, int64_t fence)
{
	if (!mine(p, fence, PART_UNKNOWN))
		return false;
	p->due = PART_NEVER;
	return true;
}

bool
part_put_off(struct part *p, int64_t fence, int64_t due)
{
	if (!mine(p, fence, PART_READY) && !mine(p, fence, PART_UNKNOWN))
		return false;
	p->due = due;
	return true;
}

bool
part_hold(struct part *p, int64_t fence)
{
	if (!mine(p, fence, PART_READY))
		return false;
	p->state = PART_HELD;
	return true;
}

bool
part_release(struct part *p, int64_t fence)
{
	if (!p->owner || p->fence != fence)
		return false;
	p->owner = 0;
	return true;
}

bool
part_resolve(struct part *p, bool sent, bool alive)
{
	bool in_doubt = p->state == PART_UNKNOWN || p->state == PART_INTENT;

	if ((p->owner && alive) || !(in_doubt || p->state == PART_HELD))
		return false;
	p->state = sent ? PART_SENT : PART_READY;
	p->owner = 0;
	p->due = 0;
	p->looks = p->tries = 0;
	p->doubt = p->spent = false;
	/* A late owner must not go on with what it knew. */
	p->fence++;
	return true;
}
