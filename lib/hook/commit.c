#include "hook/commit.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/mem.h"
#include "core/rfc3339.h"

/* One group is at most so many records: their memory waits as long as they do. */
#define GROUP 4096

/* A disk that stays full is spoken of so often. */
#define SAY_MS INT64_C(10000)

struct committer {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct commit_job *head, **tail;
	bool stop;
	struct commit_stats stats;
	/* The thread's own. */
	void (*say)(const char *text);
	int64_t said;
	struct slice records[GROUP];
	struct spool_pos at[GROUP];
};

/* The first jobs of the list that are for the same spool; *LIST becomes the rest. */
static size_t
take_group(struct committer *c, struct commit_job **list, struct commit_job **end)
{
	struct spool *spool = (*list)->spool;
	size_t n = 0;

	while (*list && (*list)->spool == spool && n < GROUP) {
		c->records[n++] = (*list)->record;
		*list = (*list)->next;
	}
	*end = *list;
	return n;
}

static void
write_group(struct committer *c, struct commit_job **list)
{
	struct commit_job *job = *list, *end, *next;
	size_t n = take_group(c, list, &end);
	struct sme_err err;
	bool ok = spool_append(job->spool, c->records, n, c->at, &err) == 0;
	int64_t now = time_now_ms();

	if (!ok && c->say && now - c->said >= SAY_MS) {
		c->said = now;
		c->say(err.text);
	}
	pthread_mutex_lock(&c->lock);
	c->stats.groups++;
	c->stats.records += ok ? n : 0;
	c->stats.failures += !ok;
	pthread_mutex_unlock(&c->lock);
	for (size_t i = 0; job != end; job = next) {
		next = job->next;
		job->at = c->at[i++];
		job->done(job, ok);
	}
}

/* Bring the jobs of one spool together, each spool's in their order: so that two that take turns do
 * not cost a sync for every record. */
static struct commit_job *
by_spool(struct commit_job *list)
{
	struct commit_job *sorted = NULL, **tail = &sorted;

	while (list) {
		struct spool *spool = list->spool;
		struct commit_job **from = &list;

		while (*from) {
			struct commit_job *job = *from;

			if (job->spool != spool) {
				from = &job->next;
				continue;
			}
			*from = job->next;
			*tail = job;
			tail = &job->next;
		}
	}
	*tail = NULL;
	return sorted;
}

static void *
work(void *ctx)
{
	struct committer *c = ctx;

	pthread_mutex_lock(&c->lock);
	for (;;) {
		struct commit_job *list = c->head;

		if (!list && c->stop)
			break;
		if (!list) {
			pthread_cond_wait(&c->more, &c->lock);
			continue;
		}
		c->head = NULL;
		c->tail = &c->head;
		pthread_mutex_unlock(&c->lock);
		for (list = by_spool(list); list;)
			write_group(c, &list);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

struct committer *
commit_start(void (*say)(const char *text), struct sme_err *err)
{
	struct committer *c = xcalloc(1, sizeof *c);

	c->say = say;
	c->tail = &c->head;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->more, NULL);
	if (pthread_create(&c->thread, NULL, work, c) == 0)
		return c;
	err_set(err, SME_OSERR, "cannot start a thread");
	free(c);
	return NULL;
}

void
commit_submit(struct committer *c, struct commit_job *job)
{
	job->next = NULL;
	pthread_mutex_lock(&c->lock);
	*c->tail = job;
	c->tail = &job->next;
	pthread_cond_signal(&c->more);
	pthread_mutex_unlock(&c->lock);
}

void
commit_stop(struct committer *c)
{
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_signal(&c->more);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->thread, NULL);
	pthread_cond_destroy(&c->more);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

struct commit_stats
commit_stats(struct committer *c)
{
	struct commit_stats stats;

	pthread_mutex_lock(&c->lock);
	stats = c->stats;
	pthread_mutex_unlock(&c->lock);
	return stats;
}
