/*
 * usage: desk_workers DB WORKERS CASES KILLS SEED
 *
 * So many processes claim, answer and close cases at once, with leases so short that some run out, while a
 * worker is killed with -9 again and again and another takes its place.  Then the events must tell a story in which
 * each claim has the token after the last one, each answer the token of its time, nothing that was acknowledged is
 * missing, and the chain verifies.
 */
#include <inttypes.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cases/cases.h"
#include "core/hash.h"
#include "core/rfc3339.h"

#define KEY_MAX 32

enum kind { CLAIMED, ANSWERED, CLOSED };

/* What a worker was told, written down before it goes on. */
struct ack {
	_Atomic bool there;
	enum kind kind;
	char key[KEY_MAX];
	int64_t fence;
};

struct shared {
	_Atomic uint64_t n;
	_Atomic bool end;
	uint64_t max;
	struct ack acks[];
};

static void
die(const char *what, const struct sme_err *err)
{
	fprintf(stderr, "%s: %s\n", what, err->text);
	_exit(2);
}

static struct cases *
desk(const char *db)
{
	struct cases_options o = {.path = db, .now = TIME_NONE};
	struct sme_err err;
	struct cases *c = cases_open(&o, &err);

	if (!c)
		die("open", &err);
	return c;
}

static void
fill(const char *db, long n, long workers)
{
	struct cases *c = desk(db);
	struct sme_err err;

	if (cases_begin(c, &err) < 0)
		die("begin", &err);
	for (long i = 0; i < n; i++) {
		struct arena a = ARENA_INIT;
		char line[400];

		snprintf(line, sizeof line, "{\"type\":\"mention\",\"id\":\"x:%ld\",\"network\":\"x\",\"created_at\":\"2026-11-20T10:00:00Z\","
		    "\"author\":{\"id\":\"x:u%ld\"},\"text\":\"Nummer %ld\",\"thread\":\"x:%ld\",\"route\":{\"queue\":\"q%ld\"}}",
		    i, i, i, i, i % 3);
		if (cases_take(c, json_tree(&a, slice_of(line), &err), &err) < 0)
			die("take", &err);
		arena_release(&a);
	}
	if (cases_commit(c, &err) < 0)
		die("commit", &err);
	for (long i = 0; i < workers; i++) {
		char data[80];
		struct case_action agent = {.tenant = SLICE("default"), .actor = SLICE("boss"), .action = SLICE("agent"),
		    .at = TIME_NONE};

		snprintf(data, sizeof data, "{\"id\":\"a%ld\",\"online\":true}", i);
		agent.data = slice_of(data);
		if (cases_do(c, &agent, &err) < 0)
			die("agent", &err);
	}
	cases_close(c);
}

static void
note(struct shared *s, enum kind kind, struct slice key, int64_t fence)
{
	uint64_t i = atomic_fetch_add(&s->n, 1);

	if (i >= s->max)
		return;
	s->acks[i].kind = kind;
	snprintf(s->acks[i].key, KEY_MAX, "%.*s", SLICE_ARG(key));
	s->acks[i].fence = fence;
	atomic_store(&s->acks[i].there, true);
}

/* ACTION, which may come too late; true when it was done. */
static bool
act(struct cases *c, const char *agent, const char *action, const struct case_claim *claim)
{
	char data[80];
	struct case_action a = {.tenant = SLICE("default"), .key = buf_slice(&claim->key), .actor = slice_of(agent),
	    .action = slice_of(action), .at = TIME_NONE};
	struct sme_err err;
	int r;

	snprintf(data, sizeof data, "{\"fence\":%" PRId64 "}", claim->fence);
	a.data = slice_of(data);
	r = cases_do(c, &a, &err);
	if (r < 0 && err.status != SME_TEMPFAIL)
		die(action, &err);
	return r == 0;
}

static void
work(const char *db, struct shared *s, long worker, uint64_t seed)
{
	struct cases *c = desk(db);
	char agent[32];

	snprintf(agent, sizeof agent, "a%ld", worker);
	while (!atomic_load(&s->end)) {
		struct case_claim claim;
		struct sme_err err;
		int r = cases_claim(c, SLICE("default"), (struct slice){NULL, 0}, slice_of(agent), 20, &claim, &err);

		if (r < 0)
			die("claim", &err);
		seed = hash_mix(seed + 1);
		if (r > 0) {
			note(s, CLAIMED, buf_slice(&claim.key), claim.fence);
			if (seed % 8 == 0)
				nanosleep(&(struct timespec){0, 30000000}, NULL); /* the lease runs out */
			if (act(c, agent, "reply", &claim)) {
				note(s, ANSWERED, buf_slice(&claim.key), claim.fence);
				if (act(c, agent, "close", &claim))
					note(s, CLOSED, buf_slice(&claim.key), claim.fence);
			}
		}
		buf_release(&claim.key);
		if (r == 0)
			break;
	}
	cases_close(c);
	_exit(0);
}

static pid_t
start(const char *db, struct shared *s, long worker, uint64_t seed)
{
	pid_t pid = fork();

	if (pid == 0)
		work(db, s, worker, seed);
	return pid;
}

/* A worker that ended in another way than by our kill. */
static int
failed(int status)
{
	return !(WIFEXITED(status) && WEXITSTATUS(status) == 0) && !(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static int
run(const char *db, struct shared *s, long workers, long kills, uint64_t seed)
{
	pid_t *pids = calloc((size_t)workers, sizeof *pids);
	int status, bad = 0;

	for (long w = 0; w < workers; w++)
		pids[w] = start(db, s, w, hash_mix(seed + (uint64_t)w));
	for (long k = 0; k < kills; k++) {
		long w;

		seed = hash_mix(seed + 1);
		w = (long)(seed % (uint64_t)workers);
		nanosleep(&(struct timespec){0, (long)(seed >> 20) % 8000000}, NULL);
		kill(pids[w], SIGKILL);
		if (waitpid(pids[w], &status, 0) > 0)
			bad |= failed(status);
		pids[w] = start(db, s, w, seed);
	}
	for (long w = 0; w < workers; w++)
		if (waitpid(pids[w], &status, 0) > 0)
			bad |= failed(status);
	free(pids);
	return bad;
}

/* ---- the story that the events tell ---- */

static int
fault(const char *what, const char *key, long long n)
{
	printf("not ok - %s: %s %lld\n", what, key, n);
	return 1;
}

static int
check_story(sqlite3 *h)
{
	sqlite3_stmt *st;
	char key[KEY_MAX] = "";
	long long token = 0;
	int bad = 0;

	sqlite3_prepare_v2(h, "SELECT key, action, data ->> 'fence' FROM case_event WHERE key IS NOT NULL ORDER BY key, seq", -1, &st,
	    NULL);
	while (sqlite3_step(st) == SQLITE_ROW) {
		const char *k = (const char *)sqlite3_column_text(st, 0), *action = (const char *)sqlite3_column_text(st, 1);

		if (strcmp(k, key) != 0)
			token = 0;
		snprintf(key, sizeof key, "%s", k);
		if (strcmp(action, "claim") == 0)
			token++;
		else if (strcmp(action, "reply") == 0 && sqlite3_column_int64(st, 2) != token)
			bad |= fault("answered with a stale token", key, sqlite3_column_int64(st, 2));
	}
	sqlite3_finalize(st);
	return bad;
}

/* Each thing that was acknowledged happened, once. */
static int
check_acks(sqlite3 *h, struct shared *s)
{
	static const char *const sql[] = {
	    "SELECT count(*) >= ?2 FROM case_event WHERE tenant = 'default' AND key = ?1 AND action = 'claim'",
	    "SELECT count(*) = 1 FROM case_event WHERE tenant = 'default' AND key = ?1 AND action = 'reply' AND data ->> 'fence' = ?2",
	    "SELECT status = 'closed' FROM case_file WHERE tenant = 'default' AND key = ?1 AND ?2 = ?2"};
	sqlite3_stmt *st[3];
	int bad = 0;

	for (int i = 0; i < 3; i++)
		sqlite3_prepare_v2(h, sql[i], -1, &st[i], NULL);
	for (uint64_t i = 0; i < s->n && i < s->max; i++) {
		const struct ack *a = &s->acks[i];

		if (!atomic_load(&a->there))
			continue;
		sqlite3_bind_text(st[a->kind], 1, a->key, -1, SQLITE_STATIC);
		sqlite3_bind_int64(st[a->kind], 2, a->fence);
		if (sqlite3_step(st[a->kind]) != SQLITE_ROW || !sqlite3_column_int(st[a->kind], 0))
			bad |= fault("acknowledged and not there", a->key, a->kind);
		sqlite3_reset(st[a->kind]);
	}
	for (int i = 0; i < 3; i++)
		sqlite3_finalize(st[i]);
	return bad;
}

/* No token was given to two. */
static int
check_tokens(struct shared *s)
{
	int bad = 0;

	for (uint64_t i = 0; i < s->n && i < s->max; i++)
		for (uint64_t j = 0; s->acks[i].kind == CLAIMED && j < i; j++)
			if (s->acks[j].kind == CLAIMED && s->acks[i].fence == s->acks[j].fence &&
			    strcmp(s->acks[i].key, s->acks[j].key) == 0)
				bad |= fault("one token for two", s->acks[i].key, s->acks[i].fence);
	return bad;
}

static int
check(const char *db, struct shared *s, long cases)
{
	struct cases *c = desk(db);
	struct sme_err err;
	sqlite3 *h;
	int64_t events;
	int bad = 0;

	if (cases_verify(c, &events, &err) < 0) {
		printf("not ok - %s\n", err.text);
		bad = 1;
	}
	cases_close(c);
	if (sqlite3_open(db, &h) != SQLITE_OK)
		return 1;
	bad |= check_story(h) | check_acks(h, s) | check_tokens(s);
	sqlite3_close(h);
	printf("%s - %ld cases, %" PRIu64 " acts acknowledged, %" PRId64 " events\n", bad ? "not ok" : "ok", cases, (uint64_t)s->n,
	    events);
	return bad;
}

int
main(int argc, char **argv)
{
	long workers, cases, kills;
	struct shared *s;
	uint64_t max;
	int bad;

	if (argc != 6)
		return 64;
	workers = atol(argv[2]);
	cases = atol(argv[3]);
	kills = atol(argv[4]);
	max = (uint64_t)cases * 16;
	s = mmap(NULL, sizeof *s + max * sizeof *s->acks, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	s->max = max;
	fill(argv[1], cases, workers);
	bad = run(argv[1], s, workers, kills, strtoull(argv[5], NULL, 10));
	if (bad)
		printf("not ok - a worker failed\n");
	return check(argv[1], s, cases) | bad;
}
