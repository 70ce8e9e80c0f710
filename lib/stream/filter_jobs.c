/*
 * The filter loop with several threads: this one reads blocks and writes results in the order of
 * the blocks, the others work.
 */
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "stream/filter_int.h"

enum job_state {
	JOB_FREE,
	JOB_READY, /* has a block, waits for a worker */
	JOB_BUSY,
	JOB_DONE
};

struct job {
	enum job_state state;
	struct block block;
	char *memory; /* what the block lies in */
	size_t memory_size;
	struct buf out;
	struct lane_result result;
};

struct team {
	struct filter *f;
	filter_fn *fn;
	const void *ctx;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct job *jobs; /* a ring */
	size_t njobs;
	size_t first, filled; /* the oldest job, and how many are in use */
	bool quit;
};

/* The oldest job that nobody works on; NULL when there is none. */
static struct job *
find_ready(struct team *t)
{
	for (size_t i = 0; i < t->filled; i++) {
		struct job *j = &t->jobs[(t->first + i) % t->njobs];

		if (j->state == JOB_READY)
			return j;
	}
	return NULL;
}

static void *
worker_main(void *arg)
{
	struct team *t = arg;
	struct lane lane;
	struct job *j;

	pthread_mutex_lock(&t->lock);
	/* Under the lock: it adds the loop's own paths to the plan that all share. */
	lane_open(&lane, t->f, t->fn, t->ctx);
	for (;;) {
		while (!(j = find_ready(t)) && !t->quit)
			pthread_cond_wait(&t->work, &t->lock);
		if (!j)
			break;
		j->state = JOB_BUSY;
		pthread_mutex_unlock(&t->lock);
		lane.out = &j->out;
		lane.result = &j->result;
		lane_block(&lane, &j->block);
		pthread_mutex_lock(&t->lock);
		j->state = JOB_DONE;
		pthread_cond_signal(&t->done);
	}
	pthread_mutex_unlock(&t->lock);
	lane_close(&lane);
	return NULL;
}

static void
submit(struct team *t, struct reader *r, const struct block *b)
{
	struct job *j = &t->jobs[(t->first + t->filled) % t->njobs];
	size_t size;
	char *memory = reader_detach(r, j->memory, j->memory_size, &size);

	pthread_mutex_lock(&t->lock);
	j->block = *b;
	j->memory = memory;
	j->memory_size = size;
	j->state = JOB_READY;
	t->filled++;
	pthread_cond_signal(&t->work);
	pthread_mutex_unlock(&t->lock);
}

/* Wait for the oldest job and write what it gave. */
static void
collect(struct team *t, struct writer *w, struct filter *f, struct rejects *rejects)
{
	struct job *j = &t->jobs[t->first];

	pthread_mutex_lock(&t->lock);
	while (j->state != JOB_DONE)
		pthread_cond_wait(&t->done, &t->lock);
	j->state = JOB_FREE;
	t->first = (t->first + 1) % t->njobs;
	t->filled--;
	pthread_mutex_unlock(&t->lock);
	writer_put(w, buf_slice(&j->out));
	buf_clear(&j->out);
	lane_finish(&j->result, f, &j->block, rejects);
	filter_metrics(f, rejects, false);
}

static void
team_open(struct team *t, struct filter *f, filter_fn *fn, const void *ctx)
{
	t->f = f;
	t->fn = fn;
	t->ctx = ctx;
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->work, NULL);
	pthread_cond_init(&t->done, NULL);
	t->njobs = (size_t)f->jobs * 2;
	t->jobs = xcalloc(t->njobs, sizeof *t->jobs);
	for (size_t i = 0; i < t->njobs; i++) {
		struct job *j = &t->jobs[i];

		j->out = (struct buf)BUF_INIT_MAX(SIZE_MAX / 2);
		j->memory = reader_memory(&j->memory_size);
	}
}

static void
team_close(struct team *t)
{
	for (size_t i = 0; i < t->njobs; i++) {
		free(t->jobs[i].result.rejects);
		buf_release(&t->jobs[i].out);
		free(t->jobs[i].memory);
	}
	free(t->jobs);
	pthread_mutex_destroy(&t->lock);
	pthread_cond_destroy(&t->work);
	pthread_cond_destroy(&t->done);
}

/* The main thread's part: read while there is room, write the oldest result otherwise. */
static int
conduct(struct team *t, struct filter *f, struct reader *r, struct writer *w,
    struct rejects *rejects)
{
	struct block b;
	struct sme_err err;
	enum reader_kind kind;
	int status = 0;

	for (;;) {
		bool idle = reader_would_block(r);

		while (t->filled == t->njobs || (idle && t->filled))
			collect(t, w, f, rejects);
		if (idle)
			writer_flush(w);
		kind = reader_next(r, &b, &err);
		if (kind == READER_END)
			break;
		if (kind == READER_LINES) {
			f->bytes += b.n;
			submit(t, r, &b);
			continue;
		}
		/* Errors and oversize lines are reported in their turn. */
		while (t->filled)
			collect(t, w, f, rejects);
		if (kind == READER_ERROR)
			filter_input_error(&err, &status);
		else
			rejects_piece(rejects, b.file, b.lineno, FILTER_OVERSIZE,
			    (struct slice){b.p, b.n}, b.last);
	}
	while (t->filled)
		collect(t, w, f, rejects);
	return status;
}

int
filter_run_jobs(struct filter *f, struct reader *r, struct rejects *rejects, filter_fn *fn,
    const void *ctx)
{
	struct team t = {0};
	struct writer w;
	pthread_t *threads = xcalloc((size_t)f->jobs, sizeof *threads);
	int status;

	team_open(&t, f, fn, ctx);
	writer_init(&w, STDOUT_FILENO, "stdout");
	for (long i = 0; i < f->jobs; i++)
		if (pthread_create(&threads[i], NULL, worker_main, &t) != 0)
			sme_die(SME_OSERR, "cannot start thread %ld of %ld", i + 1, f->jobs);
	status = conduct(&t, f, r, &w, rejects);
	pthread_mutex_lock(&t.lock);
	t.quit = true;
	pthread_cond_broadcast(&t.work);
	pthread_mutex_unlock(&t.lock);
	for (long i = 0; i < f->jobs; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	writer_release(&w);
	team_close(&t);
	return status;
}
