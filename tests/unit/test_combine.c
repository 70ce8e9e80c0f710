/* Requests of several processes that are done together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/db.h"
#include "store/group.h"

#define WORKERS 12
#define CALLS   60

static char dir[] = "/tmp/test_combine.XXXXXX";
static char path[64];

static int
fresh(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_combine.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/sme.db", dir);
	return 0;
}

static int
gone(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_printf(&b, "rm -rf '%s'", dir);
	assert_int_equal(system(b.p), 0);
	buf_release(&b);
	return 0;
}

/* The first letter says what to do with a row whose number is the length of the request. */
static int
serve(void *ctx, struct slice request, struct buf *answer, struct sme_err *err)
{
	struct db *db = ctx;

	if (db_run(db, "INSERT INTO outbox_owner (pid, started) VALUES (?, 0)", err, "i", (int64_t)request.n) < 0)
		return -1;
	switch (request.p[0]) {
	case 'u':
		buf_puts(answer, "undone");
		return 0;
	case 'f':
		return err_set(err, SME_TEMPFAIL, "no luck with %zu", request.n);
	case 'l':
		for (int i = 0; i < GROUP_BYTES; i++)
			buf_puts(answer, "ab");
		return 1;
	default:
		buf_printf(answer, "row %zu", request.n);
		return 1;
	}
}

static struct db *
opened(void)
{
	struct sme_err err;
	struct db *db = db_open(path, &err);

	assert_non_null(db);
	db_serve(db, serve, db);
	assert_int_equal(db_share_syncs(db, &err), 0);
	return db;
}

static int64_t
rows(struct db *db)
{
	struct sme_err err;
	struct sqlite3_stmt *st = db_query(db, "SELECT count(*) FROM outbox_owner", &err, "");
	int64_t n;

	assert_non_null(st);
	assert_int_equal(db_step(db, st, &err), 1);
	n = db_int(st, 0);
	db_done(st);
	return n;
}

static void
done_or_undone(void **state)
{
	struct db *db = opened();
	struct buf answer = BUF_INIT;
	struct sme_err err;

	(void)state;
	assert_int_equal(db_call(db, SLICE("abc"), &answer, &err), 1);
	assert_string_equal(answer.p, "row 3");
	buf_clear(&answer);
	assert_int_equal(db_call(db, SLICE("u"), &answer, &err), 0);
	assert_string_equal(answer.p, "undone");
	assert_int_equal(db_call(db, SLICE("fail"), &answer, &err), -1);
	assert_int_equal(err.status, SME_TEMPFAIL);
	assert_string_equal(err.text, "no luck with 4");
	assert_int_equal(rows(db), 1);
	buf_release(&answer);
	db_close(db);
}

/* What has no room in shared memory is done all the same. */
static void
larger_than_a_place(void **state)
{
	struct db *db = opened();
	struct buf answer = BUF_INIT, request = BUF_INIT;
	struct sme_err err;

	(void)state;
	while (request.n <= GROUP_BYTES)
		buf_puts(&request, "xyz");
	assert_int_equal(db_call(db, buf_slice(&request), &answer, &err), 1);
	buf_clear(&answer);
	assert_int_equal(db_call(db, SLICE("l"), &answer, &err), 1);
	assert_int_equal(answer.n, 2 * GROUP_BYTES);
	assert_int_equal(rows(db), 2);
	buf_release(&answer);
	buf_release(&request);
	db_close(db);
}

/* Every kind of request, of which the answer is checked; ends the process with 0 when all are right. */
static void
call_often(int worker)
{
	static const char kinds[] = "xufl";
	struct db *db = opened();
	int bad = 0;

	for (int i = 0; i < CALLS; i++) {
		struct buf request = BUF_INIT, answer = BUF_INIT, want = BUF_INIT;
		struct sme_err err;
		char kind = kinds[(worker + i) % 4];
		int r;

		buf_addc(&request, kind);
		for (int k = 0; k < worker * CALLS + i; k++)
			buf_addc(&request, '.');
		buf_printf(&want, "row %zu", request.n);
		r = db_call(db, buf_slice(&request), &answer, &err);
		bad |= r != (kind == 'f' ? -1 : kind != 'u');
		if (kind == 'x')
			bad |= !slice_eq(buf_slice(&answer), buf_slice(&want));
		if (kind == 'l')
			bad |= answer.n != 2 * GROUP_BYTES;
		buf_release(&request);
		buf_release(&answer);
		buf_release(&want);
	}
	db_close(db);
	_exit(bad);
}

static void
of_many_at_once(void **state)
{
	struct db *db;
	int status, failed = 0;

	(void)state;
	for (int w = 0; w < WORKERS; w++)
		if (fork() == 0)
			call_often(w);
	while (wait(&status) > 0)
		failed |= status;
	assert_int_equal(failed, 0);
	db = opened();
	assert_int_equal(rows(db), WORKERS * CALLS / 2); /* half of them are kept */
	db_close(db);
}

/* A handle more than there are places works, too. */
static void
more_than_places(void **state)
{
	struct db *all[GROUP_PLACES + 2];
	struct buf answer = BUF_INIT;
	struct sme_err err;
	size_t n = sizeof all / sizeof *all;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		all[i] = opened();
		assert_int_equal(db_call(all[i], SLICE("x"), &answer, &err), 1);
	}
	assert_int_equal(rows(all[0]), (int64_t)n);
	for (size_t i = 0; i < n; i++)
		db_close(all[i]);
	buf_release(&answer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(done_or_undone, fresh, gone),
	    cmocka_unit_test_setup_teardown(larger_than_a_place, fresh, gone),
	    cmocka_unit_test_setup_teardown(of_many_at_once, fresh, gone),
	    cmocka_unit_test_setup_teardown(more_than_places, fresh, gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
