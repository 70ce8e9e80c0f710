/*
 * The desk under load.  "fill DB CASES QUEUES" opens cases; "work DB WORKERS CASES" lets so many processes claim
 * the next case and close it until nothing is left, and checks what they did: each case once, none forgotten, and
 * how fair it was; "list DB PAGES CASES" times pages of the list, near the start and far from it.
 */
#include <inttypes.h>
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

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
die(const char *what, const struct sme_err *err)
{
	fprintf(stderr, "%s: %s\n", what, err->text);
	_exit(1);
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
fill(const char *db, long n, long queues)
{
	struct cases *c = desk(db);
	struct sme_err err;
	double start = seconds();

	for (long i = 0; i < n; i++) {
		struct arena a = ARENA_INIT;
		char line[600], at[RFC3339_SIZE];

		if (i % 5000 == 0 && ((i && cases_commit(c, &err) < 0) || cases_begin(c, &err) < 0))
			die("commit", &err);
		rfc3339_format(1763600000000 + i * 1000, at);
		snprintf(line, sizeof line, "{\"type\":\"mention\",\"id\":\"x:%ld\",\"network\":\"x\",\"channel\":\"@us\",\"created_at\":"
		    "\"%s\",\"author\":{\"id\":\"x:u%ld\",\"handle\":\"u%ld\"},\"text\":\"Kein Netz seit gestern, Nummer %ld\",\"thread\":"
		    "\"x:%ld\",\"route\":{\"queue\":\"q%ld\",\"skills\":[\"de\"],\"priority\":%d,\"due_at\":\"%s\"}}",
		    i, at, i / 3, i / 3, i, i, i % queues, (int)(hash_mix((uint64_t)i) % 5) * 10, at);
		if (cases_take(c, json_tree(&a, slice_of(line), &err), &err) < 0)
			die("take", &err);
		arena_release(&a);
	}
	if (cases_commit(c, &err) < 0)
		die("commit", &err);
	printf("%ld cases opened, %.0f a second\n", n, (double)n / (seconds() - start));
	for (long i = 0; i < 500; i++) {
		char data[200];
		struct case_action agent = {.tenant = SLICE("default"), .actor = SLICE("boss"), .action = SLICE("agent"),
		    .at = TIME_NONE};

		snprintf(data, sizeof data, "{\"id\":\"a%ld\",\"skills\":[\"de\"],\"online\":true}", i);
		agent.data = slice_of(data);
		if (cases_do(c, &agent, &err) < 0)
			die("agent", &err);
	}
	cases_close(c);
}

/* What the workers did, in memory that they share. */
struct shared {
	_Atomic uint64_t claims;
	_Atomic long ready; /* workers that have the database open: all begin at once */
	uint64_t by[500];
	struct {
		int64_t id;
		uint64_t order;
	} claimed[];
};

static void
work(const char *db, struct shared *s, long worker, long workers, uint64_t max)
{
	struct cases *c = desk(db);
	struct sme_err err;
	char agent[32];

	snprintf(agent, sizeof agent, "a%ld", worker);
	atomic_fetch_add(&s->ready, 1);
	while (atomic_load(&s->ready) < workers)
		nanosleep(&(struct timespec){0, 1000000}, NULL);
	for (;;) {
		struct case_claim claim;
		struct case_action done = {.tenant = SLICE("default"), .actor = slice_of(agent), .action = SLICE("close"),
		    .at = TIME_NONE};
		int r = cases_claim(c, SLICE("default"), (struct slice){NULL, 0}, slice_of(agent), 600000, &claim, &err);
		uint64_t n;

		if (r < 0)
			die("claim", &err);
		if (r == 0)
			break;
		n = atomic_fetch_add(&s->claims, 1);
		if (n < max) {
			s->claimed[n].id = claim.id;
			s->by[worker]++;
		}
		done.key = buf_slice(&claim.key);
		if (cases_do(c, &done, &err) < 0)
			die("close", &err);
		buf_release(&claim.key);
	}
	cases_close(c);
	_exit(0);
}

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static int
run(const char *db, long workers, uint64_t max)
{
	struct shared *s = mmap(NULL, sizeof *s + max * sizeof *s->claimed, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double start = seconds(), sum = 0, squares = 0, took;
	int64_t *ids = malloc((max + 1) * sizeof *ids);
	uint64_t twice = 0, n;
	int status, failed = 0;

	for (long w = 0; w < workers; w++)
		if (fork() == 0)
			work(db, s, w, workers, max);
	while (wait(&status) > 0)
		failed |= status;
	took = seconds() - start;
	n = s->claims;
	for (uint64_t i = 0; i < n && i < max; i++)
		ids[i] = s->claimed[i].id;
	qsort(ids, n, sizeof *ids, by_number);
	for (uint64_t i = 1; i < n; i++)
		twice += ids[i] == ids[i - 1];
	for (long w = 0; w < workers; w++) {
		sum += (double)s->by[w];
		squares += (double)s->by[w] * (double)s->by[w];
	}
	printf("%" PRIu64 " claims by %ld workers in %.1f s: %.0f a second, each closed, too; %" PRIu64
	    " twice; Jain index %.4f\n", n, workers, took, (double)n / took, twice, sum * sum / (squares * (double)workers));
	return failed || twice || n != max;
}

static void
keep_last(void *ctx, struct slice json)
{
	struct buf *b = ctx;

	buf_clear(b);
	buf_adds(b, json);
}

static void
ignore(void *ctx, struct slice json)
{
	*(size_t *)ctx += json.n;
}

/* The page that begins so many rows from the start, and the one behind the last case of it. */
static void
list_far(struct cases *c, const char *name, const struct case_filter *filter, const char *order, int64_t from)
{
	struct case_filter f = *filter;
	struct sme_err err;
	double start = seconds(), counted, key;
	struct buf last = BUF_INIT;
	struct arena a = ARENA_INIT;

	f.tenant = SLICE("default");
	f.limit = 50;
	f.order = order;
	f.after = from;
	if (cases_list(c, &f, keep_last, &last, &err) < 0)
		die("list", &err);
	counted = seconds() - start;
	if (!last.n)
		return;
	f.after = 0;
	f.behind = node_text(json_tree(&a, buf_slice(&last), &err), "case");
	start = seconds();
	if (cases_list(c, &f, keep_last, &last, &err) < 0)
		die("list", &err);
	key = seconds() - start;
	printf("list %s --order %-9s behind %" PRId64 " cases: --page %.2f ms, --after %.2f ms\n", name, order, from, counted * 1e3,
	    key * 1e3);
	arena_release(&a);
	buf_release(&last);
}

static void
list(const char *db, long pages, long cases)
{
	static const char *const orders[] = {"priority", "due", "last"};
	static const char *const names[] = {"all", "queue", "author", "late", "tag that nothing has"};
	static const struct case_filter filters[] = {{.limit = 50}, {.queue = SLICE("q3")}, {.author = SLICE("x:u7")},
	    {.late = true}, {.tag = SLICE("none")}};
	struct cases *c = desk(db);
	struct sme_err err;
	size_t bytes = 0;

	for (int o = 0; o < 15; o++) {
		double worst = 0, total = 0;

		for (long p = 0; p < pages; p++) {
			struct case_filter f = filters[o / 3];
			double start = seconds();

			f.tenant = SLICE("default");
			f.limit = 50;
			f.order = orders[o % 3];
			f.after = p * 50;
			if (cases_list(c, &f, ignore, &bytes, &err) < 0)
				die("list", &err);
			total += seconds() - start;
			if (seconds() - start > worst)
				worst = seconds() - start;
		}
		printf("list %s --order %-9s %ld pages, mean %.2f ms, worst %.2f ms\n", names[o / 3], orders[o % 3], pages, total / (double)pages * 1e3,
		    worst * 1e3);
	}
	for (int o = 0; o < 9; o++) {
		static const int which[] = {0, 1, 3};
		int filter = which[o / 3];
		int64_t passing = filter == 1 ? cases / 8 : cases; /* of eight queues */

		list_far(c, names[filter], &filters[filter], orders[o % 3], passing / 2);
		list_far(c, names[filter], &filters[filter], orders[o % 3], passing - 100);
	}
	cases_close(c);
}

int
main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "fill") == 0)
		fill(argv[2], atol(argv[3]), atol(argv[4]));
	else if (argc == 5 && strcmp(argv[1], "work") == 0)
		return run(argv[2], atol(argv[3]), (uint64_t)atol(argv[4]));
	else if (argc == 5 && strcmp(argv[1], "list") == 0)
		list(argv[2], atol(argv[3]), atol(argv[4]));
	else
		return 64;
	return 0;
}
