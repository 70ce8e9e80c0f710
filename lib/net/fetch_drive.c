#include "net/driver.h"

#include <stddef.h>

#include "net/fetch_int.h"

static struct task *
task_of(const struct drive *d)
{
	return (struct task *)((char *)(size_t)d - offsetof(struct task, drive));
}

bool
drive_stopped(const struct drive *d)
{
	return run_stopped(task_of(d)->run);
}

void
drive_count(struct drive *d, uint64_t events, uint64_t rejected)
{
	struct task *t = task_of(d);

	t->run->totals->events += events;
	t->run->totals->rejected += rejected;
	t->stat->events += events;
}

int
drive_commit(struct drive *d)
{
	int taken = task_commit(task_of(d));

	d->failed |= taken < 0;
	return taken;
}

void
drive_fail(struct drive *d, const struct sme_err *err)
{
	if (d->failed)
		task_say_failed(task_of(d), err);
	else
		task_fail(task_of(d), err);
	d->failed = true;
}

void
drive_warn(struct drive *d, const char *text)
{
	struct sme_err err;

	err_set(&err, SME_OK, "%s", text);
	task_say_failed(task_of(d), &err);
}

void
drive_note(struct drive *d, const char *text)
{
	task_note(task_of(d), text);
}

void
drive_done(struct drive *d, int64_t wait)
{
	struct task *t = task_of(d);

	t->busy = false;
	t->answered = true;
	t->retry_after = wait;
	t->stat->failed = d->failed;
}

void
task_drive(struct task *t)
{
	struct run *r = t->run;
	struct sme_err err;

	if (task_load(t, &err) < 0) {
		task_fail(t, &err);
		return;
	}
	t->drive = (struct drive){
	    .http = r->http,
	    .out = r->intake.out,
	    .rejects = r->intake.rejects,
	    .html = r->intake.html,
	    .now = r->o->now,
	    .cursor = &t->cursor,
	};
	t->busy = true;
	t->src->driver->begin(t->src->state, &t->drive);
}
