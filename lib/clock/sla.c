#include "clock/sla.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/rfc3339.h"

int64_t
sla_due(const struct hours *h, int64_t start, int64_t target, const struct pause *pauses, size_t n)
{
	int64_t at = start, left = target;

	for (size_t i = 0; i < n; i++) {
		const struct pause *p = &pauses[i];
		int64_t run;

		if (p->to != TIME_NONE && p->to <= at)
			continue;
		run = hours_between(h, at, p->from);
		if (run >= left && p->from > at)
			break;
		if (p->to == TIME_NONE)
			return TIME_NONE;
		left -= run;
		at = p->to;
	}
	return hours_after(h, at, left);
}

int64_t
sla_elapsed(const struct hours *h, int64_t start, int64_t until, const struct pause *pauses, size_t n)
{
	int64_t at = start, sum = 0;

	for (size_t i = 0; i < n && at < until; i++) {
		const struct pause *p = &pauses[i];

		if (p->to != TIME_NONE && p->to <= at)
			continue;
		sum += hours_between(h, at, p->from < until ? p->from : until);
		at = p->to == TIME_NONE ? until : p->to;
	}
	return sum + hours_between(h, at, until);
}

/* ---- a case ---- */

void
sla_init(struct sla *s)
{
	*s = (struct sla){.opened = TIME_NONE,
	    .first_answer = TIME_NONE,
	    .unanswered = TIME_NONE,
	    .closed = TIME_NONE,
	    .last = TIME_NONE};
}

void
sla_release(struct sla *s)
{
	free(s->pauses);
	sla_init(s);
}

static bool
is_paused(const struct sla *s)
{
	return s->npauses && s->pauses[s->npauses - 1].to == TIME_NONE;
}

static void
pause_at(struct sla *s, int64_t at)
{
	if (is_paused(s) || s->opened == TIME_NONE)
		return;
	s->pauses = xgrow(s->pauses, s->npauses, &s->cap, sizeof *s->pauses);
	s->pauses[s->npauses++] = (struct pause){at, TIME_NONE};
}

static void
resume_at(struct sla *s, int64_t at)
{
	if (!is_paused(s))
		return;
	s->pauses[s->npauses - 1].to = at;
	if (s->pauses[s->npauses - 1].from == at)
		s->npauses--;
}

/* A closed case is one that waits for the customer, without a promise to count against. */
static void
reopen(struct sla *s, int64_t at)
{
	s->closed = TIME_NONE;
	resume_at(s, at);
}

void
sla_note(struct sla *s, enum sla_event event, int64_t at)
{
	if (s->last != TIME_NONE && at < s->last)
		at = s->last;
	s->last = at;
	switch (event) {
	case SLA_CUSTOMER_WRITES:
		if (s->opened == TIME_NONE)
			s->opened = at;
		if (s->unanswered == TIME_NONE)
			s->unanswered = at;
		reopen(s, at);
		break;
	case SLA_AGENT_ANSWERS:
		if (s->first_answer == TIME_NONE && s->opened != TIME_NONE)
			s->first_answer = at;
		s->unanswered = TIME_NONE;
		break;
	case SLA_WAIT:
		pause_at(s, at);
		break;
	case SLA_RESUME:
		if (s->closed == TIME_NONE)
			resume_at(s, at);
		break;
	case SLA_CLOSE:
		if (s->opened == TIME_NONE || s->closed != TIME_NONE)
			break;
		s->closed = at;
		s->unanswered = TIME_NONE; /* or the clock would run on for ever */
		pause_at(s, at);
		break;
	}
}

/* From when the clock KIND has to be read, and to when: STOP is TIME_NONE while it runs. */
static int64_t
bounds(const struct sla *s, enum sla_kind kind, int64_t *stop)
{
	*stop = s->closed;
	if (kind == SLA_FIRST_ANSWER && s->first_answer != TIME_NONE)
		*stop = s->first_answer;
	if (kind != SLA_NEXT_ANSWER)
		return s->opened;
	/* Before the first answer there is no next one, and nobody waits for one when it is closed. */
	return s->first_answer == TIME_NONE ? TIME_NONE : s->unanswered;
}

static enum sla_state
state_of(const struct sla_view *v, int64_t target, int64_t stop, int64_t now, bool paused)
{
	if (stop != TIME_NONE)
		return v->elapsed <= target ? SLA_MET : SLA_MISSED;
	if (paused)
		return v->elapsed <= target ? SLA_PAUSED : SLA_MISSED;
	if (v->due != TIME_NONE && now > v->due)
		return SLA_MISSED;
	return v->warn_at != TIME_NONE && now >= v->warn_at ? SLA_WARNED : SLA_RUNNING;
}

struct sla_view
sla_view(const struct sla *s, const struct hours *h, const struct sla_terms *t, enum sla_kind kind,
    int64_t now)
{
	struct sla_view v = {.state = SLA_OFF, .due = TIME_NONE, .warn_at = TIME_NONE};
	/* Only the whole case waits for the customer; an answer that is owed is owed. */
	size_t n = kind == SLA_RESOLUTION ? s->npauses : 0;
	int64_t target = t->target[kind], stop;
	int64_t start = bounds(s, kind, &stop);
	bool paused;

	if (target <= 0 || start == TIME_NONE)
		return v;
	/* Closing is no pause of a clock that it stops. */
	if (stop != TIME_NONE && n && is_paused(s) && s->pauses[n - 1].from == stop)
		n--;
	paused = stop == TIME_NONE && n && is_paused(s);
	v.elapsed = sla_elapsed(h, start, stop == TIME_NONE ? now : stop, s->pauses, n);
	v.due = sla_due(h, start, target, s->pauses, n);
	if (t->warn > 0)
		v.warn_at = sla_due(h, start, (int64_t)((double)target * t->warn), s->pauses, n);
	v.state = state_of(&v, target, stop, now, paused);
	return v;
}
