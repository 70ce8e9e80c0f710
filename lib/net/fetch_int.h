/* One source in a run: what fetch.c, fetch_task.c, fetch_file.c and fetch_web.c share. */
#ifndef SME_NET_FETCH_INT_H
#define SME_NET_FETCH_INT_H

#include "net/cursor.h"
#include "net/driver.h"
#include "net/fetch.h"

struct task {
	struct run *run;
	const struct source *src;
	struct fetch_source_stat *stat;
	struct cursor cursor;
	struct drive drive;
	bool loaded;     /* the cursor */
	bool busy;       /* its request is under way */
	bool answered;   /* the answer waits to be handed on */
	bool written;    /* it was, and the cursor waits to be saved */
	bool tried;      /* at all */
	int64_t due;     /* of --follow, by the monotonic clock */
	/* The answer. */
	long status;
	struct buf body;
	char *url, *type, *etag, *modified;
	bool partial, moved;
	int64_t retry_after;
	struct sme_err err;
};

struct run {
	const struct fetch_options *o;
	struct fetch_totals *totals;
	struct intake_run intake;
	struct http *http;
	struct task *tasks;
	size_t n, done;
	char *dir; /* of the cursors; NULL when none is needed */
	int lock;
	bool network_failed;
	enum sme_status worst;
};

/* Is the run to end? */
bool run_stopped(const struct run *r);

/* Report that the source failed, or something that is worth a word. */
void task_fail(struct task *t, const struct sme_err *err);
void task_say_failed(struct task *t, const struct sme_err *err); /* one more reason */
void task_note(struct task *t, const char *text);

/* The cursor: read it, write it, forget it unwritten. */
int task_load(struct task *t, struct sme_err *err);
int task_save(struct task *t, struct sme_err *err);
void task_unload(struct task *t);

/* What was seen of a feed, when that matters in this run. */
struct known *task_known(struct task *t);

/* Add up what came of IN.  Returns the feed's ttl. */
int64_t task_count(struct task *t, const struct intake *in);

/*
 * Flush, wait until the output is taken, then save the cursor: 1.  When it may not have been taken, the
 * cursor stays as it was: 0.  -1 when that failed, which has been reported.
 */
int task_commit(struct task *t);

/* The same for all that are `written` among the N at TASKS, with one wait for all of them. */
void tasks_commit(struct run *r, struct task *tasks, size_t n);

/* Read a file, if it has changed. */
void task_read_file(struct task *t);

/* Let the source's driver begin. */
void task_drive(struct task *t);

/* Ask for a URL: the answer comes in http_wait. */
void task_submit(struct task *t);

/* Hand on the answer that has come.  Returns how long the source wants to be left alone. */
int64_t task_take_answer(struct task *t);
void task_forget_answer(struct task *t);

#endif
