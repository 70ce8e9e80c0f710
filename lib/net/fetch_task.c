#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/fetch_int.h"
#include "net/settle.h"
#include "net/url.h"

bool
run_stopped(const struct run *r)
{
	return r->totals->gone || (r->o->stop && *r->o->stop);
}

/* "NAME: what is wrong", or without the name when the text begins with the place itself. */
static void
say(const struct task *t, void (*how)(void *, const char *), const struct sme_err *err)
{
	struct buf b = BUF_INIT, masked = BUF_INIT;
	const struct source *src = t->src;

	url_masked(&masked, slice_of(src->name));
	if (strcmp(src->name, "-") != 0 && strncmp(err->text, buf_str(&masked), masked.n) != 0)
		buf_printf(&b, "%s: ", buf_str(&masked));
	buf_puts(&b, err->text);
	how(t->run->o->report.ctx, buf_str(&b));
	buf_release(&b);
	buf_release(&masked);
}

void
task_fail(struct task *t, const struct sme_err *err)
{
	struct run *r = t->run;

	r->totals->failed++;
	r->network_failed |= t->src->url || (t->src->driver && err->status == SME_UNAVAILABLE);
	if (r->worst == SME_OK)
		r->worst = err->status;
	t->stat->failed = true;
	task_say_failed(t, err);
}

void
task_say_failed(struct task *t, const struct sme_err *err)
{
	if (t->run->o->report.failed)
		say(t, t->run->o->report.failed, err);
}

void
task_note(struct task *t, const char *text)
{
	struct sme_err err;

	err_set(&err, SME_OK, "%s", text);
	if (t->run->o->report.note)
		say(t, t->run->o->report.note, &err);
}

/* ---- cursors ---- */

/* What tells a source from another that bears its name.  A URL may hold a password, so a hash. */
static struct slice
cursor_key(const struct source *src, char text[24])
{
	const char *place = src->url ? src->url : src->path ? src->path : src->place;

	snprintf(text, 24, "%016" PRIx64, hash64(place, strlen(place), 0));
	return slice_of(text);
}

int
task_load(struct task *t, struct sme_err *err)
{
	struct buf name = BUF_INIT;
	char key[24];
	int r;

	if (t->loaded)
		return 0;
	if (!t->src->remember) {
		t->cursor.not_before = TIME_NONE;
		t->loaded = true;
		return 0;
	}
	url_masked(&name, slice_of(t->src->name));
	r = cursor_load(&t->cursor, t->run->dir, buf_str(&name), cursor_key(t->src, key), err);
	buf_release(&name);
	t->loaded = r == 0;
	if (t->loaded && t->run->o->again) {
		known_release(&t->cursor.seen);
		t->cursor.etag = t->cursor.modified = t->cursor.stamp = (struct slice){NULL, 0};
		t->cursor.account = (struct slice){NULL, 0};
		t->cursor.not_before = TIME_NONE;
	}
	return r;
}

int
task_save(struct task *t, struct sme_err *err)
{
	char key[24];

	return t->src->remember ? cursor_save(&t->cursor, cursor_key(t->src, key), err) : 0;
}

void
task_unload(struct task *t)
{
	cursor_release(&t->cursor);
	t->loaded = false;
}

int64_t
task_count(struct task *t, const struct intake *in)
{
	struct intake_count count = intake_counted(in);

	t->run->totals->events += count.events;
	t->run->totals->rejected += count.rejected;
	t->stat->events += count.events;
	if (count.repaired)
		task_note(t, "not well-formed; what could be read was taken");
	return count.ttl;
}

static void
saved(struct task *t)
{
	t->stat->failed = false;
	t->stat->last_success = t->run->intake.now;
}

int
task_commit(struct task *t)
{
	struct run *r = t->run;
	struct sme_err err;
	int taken;

	writer_flush(r->intake.out);
	taken = t->src->remember ? settle(r->intake.out->fd, r->o->stop, &err) : 1;
	if (taken == 0) {
		r->totals->gone = true;
		return 0;
	}
	if (taken < 0 || task_save(t, &err) < 0) {
		task_fail(t, &err);
		return -1;
	}
	saved(t);
	return 1;
}

/* A disk takes many files at once in the time of one. */
#define SAVERS 8

struct saving {
	struct task *tasks;
	struct sme_err *errors; /* text[0]: it could not be saved */
	size_t n, next;
};

static void *
save_some(void *ctx)
{
	struct saving *s = ctx;
	size_t i;

	while ((i = __atomic_fetch_add(&s->next, 1, __ATOMIC_RELAXED)) < s->n)
		if (s->tasks[i].written && task_save(&s->tasks[i], &s->errors[i]) == 0)
			s->errors[i].text[0] = '\0';
	return NULL;
}

static void
save_all(struct saving *s)
{
	pthread_t threads[SAVERS];
	size_t n = 0;

	while (n < SAVERS && n + 1 < s->n && pthread_create(&threads[n], NULL, save_some, s) == 0)
		n++;
	save_some(s);
	while (n)
		pthread_join(threads[--n], NULL);
}

void
tasks_commit(struct run *r, struct task *tasks, size_t n)
{
	struct saving s = {.tasks = tasks, .n = n};
	struct sme_err err;
	size_t written = 0;
	int taken = 1;

	for (size_t i = 0; i < n; i++)
		written += tasks[i].written;
	if (!written)
		return;
	writer_flush(r->intake.out);
	if (r->dir)
		taken = settle(r->intake.out->fd, r->o->stop, &err);
	r->totals->gone |= taken == 0;
	s.errors = xcalloc(n, sizeof *s.errors);
	if (taken > 0)
		save_all(&s);
	for (size_t i = 0; i < n; i++) {
		if (tasks[i].written && (taken < 0 || s.errors[i].text[0]))
			task_fail(&tasks[i], taken < 0 ? &err : &s.errors[i]);
		else if (tasks[i].written && taken > 0)
			saved(&tasks[i]);
		tasks[i].written = false;
	}
	free(s.errors);
}

struct known *
task_known(struct task *t)
{
	return t->src->remember || t->run->o->follow ? &t->cursor.seen : NULL;
}
