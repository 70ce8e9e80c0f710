/*
 * Every order of what can happen to a part: two publishers with the real transitions of
 * outbox/machine.h, kills between any two steps, requests and answers that are lost, late or
 * refused, a network that dedupes for ever, for an hour, or only can be asked, or neither, and a
 * person who resolves what is shown.  In each state that can be reached
 *	- nobody sees the part twice,
 *	- SENT means that it can be seen, FAILED and HELD that it cannot,
 *	- where nothing more can happen, the part is over or shown to a person.
 * What is assumed of a network, and made untrue in the last tests to see that it is noticed: a request
 * whose sender is gone arrives within `delay` or never, and look-ups are right after that.  MODEL_FAULTS=4 looks deeper: so many kills, losses and refusals in one history.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/hash.h"
#include "core/mem.h"
#include "outbox/machine.h"

#define REQUEST_TIME 60000 /* the time-out of a request */
#define DELAY 5000
#define HOUR 3600000

#define START INT64_C(1000000000)
#define DEAD 3 /* the owner of a claim whose process is gone */

enum { NO_REQUEST, UNDER_WAY, ARRIVED };
enum pc { IDLE, CLAIMED, INTENDED, CALLED, ANSWERED, LOOKED };

struct publisher {
	int64_t who, fence, sent_at;
	int32_t pc, answer; /* enum part_outcome or enum part_look */
};

struct world {
	struct part row; /* on disk */
	struct publisher pub[2];
	int64_t now;
	int64_t key_at;    /* when the server first took the request; 0: never */
	int64_t settled;   /* look-ups are right from then on */
	int64_t orphan[3]; /* requests without a sender: the last moment they can arrive; 0: none */
	int32_t visible, faults, ticks, flight[2]; /* requests of living publishers */
};

struct model {
	struct part_net net;
	int64_t keeps;   /* how long the server really knows a request; as net.repeat */
	bool delay_lies; /* orphans may arrive, and look-ups may be wrong, for ten times as long */
	bool dead_alive; /* what dies is still taken for alive, and the other way round */
	int max_faults, max_ticks;
	struct world *seen;
	size_t n, cap, head;
	uint32_t *slots;
	size_t mask;
	const char *violation;
};

static int64_t
real_delay(const struct model *m)
{
	return m->delay_lies ? m->net.delay * 10 : m->net.delay;
}

static void
check(struct model *m, const struct world *w)
{
	enum part_state s = w->row.state;

	if (w->visible > 1)
		m->violation = "seen twice";
	else if (s == PART_SENT && !w->visible)
		m->violation = "sent, but not to be seen";
	else if ((s == PART_FAILED || s == PART_HELD) && w->visible)
		m->violation = "failed or held, but to be seen";
}

static void
grow_slots(struct model *m)
{
	m->mask = m->mask ? m->mask * 2 + 1 : 4095;
	free(m->slots);
	m->slots = xcalloc(m->mask + 1, sizeof *m->slots);
	for (size_t i = 0; i < m->n; i++) {
		size_t at = hash64(&m->seen[i], sizeof m->seen[i], 0) & m->mask;

		while (m->slots[at])
			at = (at + 1) & m->mask;
		m->slots[at] = (uint32_t)i + 1;
	}
}

static int64_t
shifted(int64_t t, int64_t by, int64_t earliest)
{
	if (t == PART_NEVER || t == 0)
		return t;
	return t - by < earliest ? earliest : t - by;
}

/* Worlds that behave alike in all that follows become the same: what counts of a time is how far it
 * is from now, of a token whether it holds, of old numbers nothing. */
static void
canonical(const struct model *m, struct world *w)
{
	struct part *r = &w->row;
	int64_t by = w->now - START;
	bool timed = m->net.repeat && m->net.repeat != PART_NEVER;

	w->now = START;
	r->due = shifted(r->due, by, START);
	r->lease = r->owner ? shifted(r->lease, by, START) : 0;
	r->unknown = r->doubt ? shifted(r->unknown, by, START - m->net.delay) : 0;
	r->intent = timed && (r->doubt || r->state == PART_INTENT) ?
	                shifted(r->intent, by, START - m->net.repeat) : 0;
	r->created = r->created ? 1 : 0;
	r->tries = r->tries > 2 ? 2 : r->tries;
	w->settled = shifted(w->settled, by, START);
	w->key_at = !timed ? w->key_at != 0 : shifted(w->key_at, by, START - m->net.repeat);
	for (size_t k = 0; k < 3; k++)
		w->orphan[k] = shifted(w->orphan[k], by, START);
	for (int i = 0; i < 2; i++) {
		struct publisher *p = &w->pub[i];

		p->fence = p->fence && p->fence == r->fence;
		p->sent_at = p->pc == CALLED ? shifted(p->sent_at, by, START - REQUEST_TIME) : 0;
	}
	r->fence = r->fence != 0;
}

static void
reach(struct model *m, const struct world *reached)
{
	struct world same = *reached, *w = &same;
	size_t at;

	canonical(m, w);

	if (m->n * 2 >= m->mask)
		grow_slots(m);
	at = hash64(w, sizeof *w, 0) & m->mask;
	for (; m->slots[at]; at = (at + 1) & m->mask)
		if (memcmp(&m->seen[m->slots[at] - 1], w, sizeof *w) == 0)
			return;
	m->seen = xgrow(m->seen, m->n, &m->cap, sizeof *m->seen);
	m->seen[m->n++] = *w;
	m->slots[at] = (uint32_t)m->n;
	check(m, w);
}

/* What the server does with a request that arrives. */
static void
arrive(const struct model *m, struct world *w)
{
	bool known = m->keeps && w->key_at &&
	             (m->keeps == PART_NEVER || w->now < w->key_at + m->keeps);

	if (known)
		return;
	w->visible++;
	w->key_at = w->now;
}

/* The request of publisher I has no sender any more. */
static bool
orphan(const struct model *m, struct world *w, int i)
{
	bool under_way = w->flight[i] == UNDER_WAY;

	if (w->flight[i] != NO_REQUEST)
		w->settled = w->now + real_delay(m);
	w->flight[i] = NO_REQUEST;
	if (!under_way)
		return true;
	for (size_t k = 0; k < 3; k++)
		if (!w->orphan[k]) {
			w->orphan[k] = w->settled;
			return true;
		}
	return false;
}

static bool
owner_alive(const struct model *m, const struct world *w)
{
	return (w->row.owner != DEAD) != m->dead_alive;
}

static void
crash(struct model *m, struct world w, int i)
{
	struct publisher *p = &w.pub[i];

	if (p->pc == IDLE || w.faults >= m->max_faults || !orphan(m, &w, i))
		return;
	w.faults++;
	if (w.row.owner == p->who)
		w.row.owner = DEAD;
	*p = (struct publisher){.who = p->who};
	reach(m, &w);
}

static void
back_to_idle(struct world *w, int i)
{
	part_release(&w->row, w->pub[i].fence);
	w->pub[i] = (struct publisher){.who = w->pub[i].who};
}

static void
answer(struct model *m, struct world w, int i, int pc, int what, bool fault)
{
	if (fault && w.faults++ >= m->max_faults)
		return;
	w.pub[i].pc = pc;
	w.pub[i].answer = what;
	reach(m, &w);
}

static bool
claim(struct model *m, struct world w, int i)
{
	struct part before = w.row;
	enum part_claim c = part_claim(&w.row, w.pub[i].who, owner_alive(m, &w), &m->net, w.now);

	if (c == CLAIM_OURS) {
		w.pub[i].pc = CLAIMED;
		w.pub[i].fence = w.row.fence;
	}
	if (memcmp(&before, &w.row, sizeof before) == 0)
		return false;
	reach(m, &w);
	return true;
}

static void
look(struct model *m, struct world w, int i)
{
	if (w.visible)
		answer(m, w, i, LOOKED, LOOK_THERE, false);
	if (!w.visible || w.now < w.settled)
		answer(m, w, i, LOOKED, LOOK_ABSENT, false);
	answer(m, w, i, LOOKED, LOOK_UNSURE, true);
	answer(m, w, i, LOOKED, LOOK_FAILED, true);
}

/* After the claim. */
static void
begin(struct model *m, struct world w, int i)
{
	int64_t fence = w.pub[i].fence;

	switch (part_todo(&w.row, &m->net, true, w.now)) {
	case TODO_SEND:
	case TODO_REPEAT:
		if (part_intent(&w.row, fence, w.now))
			w.pub[i].pc = INTENDED;
		else
			back_to_idle(&w, i);
		break;
	case TODO_LOOK:
		look(m, w, i);
		return;
	case TODO_WAIT:
		part_put_off(&w.row, fence, w.row.unknown + m->net.delay);
		back_to_idle(&w, i);
		break;
	case TODO_ASK:
		part_ask(&w.row, fence);
		back_to_idle(&w, i);
		break;
	}
	reach(m, &w);
}

static void
call(struct model *m, struct world w, int i)
{
	if (!part_may_send(&w.row, w.pub[i].fence, w.now)) {
		answer(m, w, i, ANSWERED, OUTCOME_NOT_DONE, false);
		return;
	}
	answer(m, w, i, ANSWERED, OUTCOME_NOT_DONE, true); /* no connection */
	w.flight[i] = UNDER_WAY;
	w.pub[i].pc = CALLED;
	w.pub[i].sent_at = w.now;
	reach(m, &w);
}

/* A request is on its way, or has arrived and its answer is. */
static void
wait_for_answer(struct model *m, struct world w, int i)
{
	struct world next = w;

	if (w.flight[i] == UNDER_WAY) {
		next.flight[i] = ARRIVED;
		arrive(m, &next);
		reach(m, &next);
		next = w;
		next.flight[i] = NO_REQUEST;
		answer(m, next, i, ANSWERED, OUTCOME_NOT_DONE, true);
		answer(m, next, i, ANSWERED, OUTCOME_REFUSED, true);
		answer(m, next, i, ANSWERED, OUTCOME_RULE, true);
		answer(m, next, i, ANSWERED, OUTCOME_MAYBE, true); /* lost before it arrived */
	} else {
		next.flight[i] = NO_REQUEST;
		answer(m, next, i, ANSWERED, OUTCOME_SENT, false);
		next.settled = w.now + real_delay(m);
		answer(m, next, i, ANSWERED, OUTCOME_MAYBE, true); /* lost on the way back */
	}
	/* Given up while it is still on its way. */
	next = w;
	if (orphan(m, &next, i))
		answer(m, next, i, ANSWERED, OUTCOME_MAYBE, true);
}

static bool
publisher_moves(struct model *m, const struct world *at, int i)
{
	struct world w = *at;
	struct publisher *p = &w.pub[i];

	crash(m, w, i);
	switch ((enum pc)p->pc) {
	case IDLE:
		return claim(m, w, i);
	case CLAIMED:
		begin(m, w, i);
		return true;
	case INTENDED:
		call(m, w, i);
		return true;
	case CALLED:
		wait_for_answer(m, w, i);
		return true;
	case ANSWERED:
		part_done(&w.row, p->fence, (enum part_outcome)p->answer, 0, &m->net, w.now);
		break;
	case LOOKED:
		part_looked(&w.row, p->fence, (enum part_look)p->answer, 0, &m->net, w.now);
		break;
	}
	back_to_idle(&w, i);
	reach(m, &w);
	return true;
}

static bool
orphans_move(struct model *m, const struct world *at)
{
	bool moved = false;

	for (size_t k = 0; k < 3; k++) {
		struct world w = *at;

		if (!w.orphan[k])
			continue;
		w.orphan[k] = 0;
		reach(m, &w); /* lost */
		arrive(m, &w);
		reach(m, &w);
		moved = true;
	}
	return moved;
}

/* Let the time come to T, unless a request would be under way for longer than it can. */
static bool
tick(struct model *m, struct world w, int64_t t)
{
	if (t <= w.now || t == PART_NEVER)
		return false;
	for (size_t k = 0; k < 3; k++)
		if (w.orphan[k] && t >= w.orphan[k])
			return false;
	for (int i = 0; i < 2; i++)
		if (w.pub[i].pc == CALLED && t > w.pub[i].sent_at + REQUEST_TIME)
			return false;
	if (w.ticks >= m->max_ticks)
		return true;
	w.ticks++;
	w.now = t;
	reach(m, &w);
	return true;
}

static bool
time_moves(struct model *m, const struct world *w)
{
	const struct part *r = &w->row;
	bool moved = tick(m, *w, r->due);

	if (r->owner)
		moved |= tick(m, *w, r->lease);
	if (r->state == PART_UNKNOWN)
		moved |= tick(m, *w, r->unknown + m->net.delay);
	if (r->intent && m->net.repeat && m->net.repeat != PART_NEVER) {
		moved |= tick(m, *w, r->intent + m->net.repeat - PART_REPEAT_MARGIN - 1);
		moved |= tick(m, *w, r->intent + m->net.repeat);
	}
	return moved;
}

/* Looks at the network when all has settled, and says what is there. */
static bool
person_moves(struct model *m, struct world w)
{
	bool shown = w.row.state == PART_UNKNOWN && w.row.due == PART_NEVER;

	if (!shown || w.orphan[0] || w.orphan[1] || w.orphan[2])
		return false;
	if (!part_resolve(&w.row, w.visible > 0, owner_alive(m, &w)))
		return false;
	reach(m, &w);
	return true;
}

/* Which of it all holds when nothing moves any more? */
static void
check_end(struct model *m, const struct world *w)
{
	enum part_state s = w->row.state;

	if (s != PART_SENT && s != PART_FAILED && s != PART_HELD)
		m->violation = "stuck, and shown to nobody";
}

static const char *
explore(struct model *m)
{
	struct world start;

	memset(&start, 0, sizeof start);
	start.now = START;
	start.pub[0].who = 1;
	start.pub[1].who = 2;
	reach(m, &start);
	while (m->head < m->n && !m->violation) {
		struct world w = m->seen[m->head++];
		bool moved = false;

		for (int i = 0; i < 2; i++)
			moved |= publisher_moves(m, &w, i);
		moved |= orphans_move(m, &w);
		moved |= time_moves(m, &w);
		moved |= person_moves(m, w);
		if (!moved)
			check_end(m, &w);
	}
	free(m->seen);
	free(m->slots);
	return m->violation;
}

static void
expect_sound(struct part_net net, const char *what)
{
	struct model m = {.net = net, .keeps = net.repeat, .max_faults = 3, .max_ticks = 5};
	const char *deeper = getenv("MODEL_FAULTS"), *violation;

	if (deeper)
		m.max_faults = atoi(deeper);
	violation = explore(&m);
	printf("# %s: %zu states\n", what, m.n);
	if (violation)
		fail_msg("%s: %s", what, violation);
	assert_true(m.n > 1000);
}

static void
dedupes_for_ever(void **state)
{
	(void)state;
	expect_sound((struct part_net){PART_NEVER, false, DELAY, 2000}, "dedupes for ever");
}

static void
dedupes_for_an_hour(void **state)
{
	(void)state;
	expect_sound((struct part_net){HOUR, false, DELAY, 2000}, "dedupes for an hour");
	expect_sound((struct part_net){HOUR, true, DELAY, 2000}, "dedupes for an hour, can be asked");
}

static void
can_be_asked(void **state)
{
	(void)state;
	expect_sound((struct part_net){0, true, DELAY, 2000}, "can be asked");
}

static void
neither(void **state)
{
	(void)state;
	expect_sound((struct part_net){0, false, DELAY, 2000}, "neither");
}

/* The checker itself: it must find what is wrong when what is assumed does not hold. */
static void
finds_late_requests(void **state)
{
	struct model m = {
	    .net = {0, true, DELAY, 2000}, .delay_lies = true, .max_faults = 3, .max_ticks = 4};

	(void)state;
	assert_string_equal(explore(&m), "seen twice");
}

static void
finds_the_living_dead(void **state)
{
	struct model m = {
	    .net = {0, true, DELAY, 2000}, .dead_alive = true, .max_faults = 3, .max_ticks = 4};

	(void)state;
	assert_non_null(explore(&m));
}

static void
finds_forgetful_servers(void **state)
{
	struct model m = {
	    .net = {HOUR, false, DELAY, 2000}, .keeps = 1000, .max_faults = 3, .max_ticks = 4};

	(void)state;
	assert_string_equal(explore(&m), "seen twice");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(dedupes_for_ever),
	    cmocka_unit_test(dedupes_for_an_hour),
	    cmocka_unit_test(can_be_asked),
	    cmocka_unit_test(neither),
	    cmocka_unit_test(finds_late_requests),
	    cmocka_unit_test(finds_the_living_dead),
	    cmocka_unit_test(finds_forgetful_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
