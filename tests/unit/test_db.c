/* sme.db: opened, shared, and refused when it is not ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/buf.h"
#include "store/db.h"

#define THREADS 4
#define ROWS 25

static char dir[] = "/tmp/test_db.XXXXXX";
static char path[64];

static int
fresh(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test_db.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/in/sme.db", dir);
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

/* Run SQL on the file without going through db.c. */
static void
meddle(const char *sql)
{
	sqlite3 *h;

	assert_int_equal(sqlite3_open(path, &h), SQLITE_OK);
	assert_int_equal(sqlite3_exec(h, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(h);
}

static void
refused(enum sme_status status, const char *why)
{
	struct sme_err err;

	assert_null(db_open(path, &err));
	assert_int_equal(err.status, status);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static int64_t
number(struct db *db, const char *sql)
{
	struct sme_err err;
	struct sqlite3_stmt *st = db_query(db, sql, &err, "");
	int64_t n;

	assert_non_null(st);
	assert_int_equal(db_step(db, st, &err), 1);
	n = db_int(st, 0);
	db_done(st);
	return n;
}

static void
made_safe_and_private(void **state)
{
	struct sme_err err;
	struct db *db = db_open(path, &err);
	struct stat st;

	(void)state;
	assert_non_null(db);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(number(db, "PRAGMA synchronous"), 2);
	assert_int_equal(number(db, "PRAGMA application_id"), DB_APPLICATION);
	assert_int_equal(number(db, "PRAGMA foreign_keys"), 1);
	/* STRICT: a text is no number. */
	assert_int_equal(db_run(db, "INSERT INTO outbox_owner (pid, started) VALUES ('x', 1)", &err,
	    ""), -1);
	db_close(db);
	db = db_open(path, &err);
	assert_non_null(db);
	assert_int_equal(number(db, "SELECT count(*) FROM outbox_owner"), 0);
	db_close(db);
}

static void
rolled_back(void **state)
{
	struct sme_err err;
	struct db *db = db_open(path, &err);

	(void)state;
	assert_int_equal(db_begin(db, &err), 0);
	assert_int_equal(db_run(db, "INSERT INTO outbox_owner (pid, started) VALUES (?, ?)", &err, "ii",
	    INT64_C(1), INT64_C(2)), 0);
	db_rollback(db);
	assert_int_equal(number(db, "SELECT count(*) FROM outbox_owner"), 0);
	db_close(db);
}

static void
refuses_what_is_not_ours(void **state)
{
	struct sme_err err;
	struct db *db;
	int fd;

	(void)state;
	db_close(db_open(path, &err));
	meddle("PRAGMA user_version=999");
	refused(SME_DATA, "newer version");
	meddle("PRAGMA application_id=77");
	refused(SME_DATA, "another program");
	/* A database that says nothing of itself, but is not empty. */
	unlink(path);
	meddle("CREATE TABLE theirs (x)");
	refused(SME_DATA, "another program");
	fd = open(path, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, "Dear diary, this is not a database at all, and it never was one.",
	    64), 64);
	close(fd);
	refused(SME_DATA, "not a database");
	/* An empty file is a new one. */
	assert_int_equal(truncate(path, 0), 0);
	db = db_open(path, &err);
	assert_non_null(db);
	db_close(db);
	assert_int_equal(truncate(path, 5000), 0);
	db = db_open(path, &err);
	if (db) {
		assert_int_equal(db_run(db, "INSERT INTO outbox_owner (pid, started) VALUES (1, 1)",
		    &err, ""), -1);
		db_close(db);
	}
	assert_int_equal(err.status, SME_DATA);
	assert_non_null(strstr(err.text, "damaged"));
}

static void
not_there(void **state)
{
	struct sme_err err;
	struct db *db = (struct db *)&err;

	(void)state;
	assert_int_equal(db_open_existing(path, &db, &err), 0);
	assert_null(db);
	assert_int_equal(access(path, F_OK), -1);
}

/* Each opens, makes the tables if it is first, and adds its rows. */
static void *
add_rows(void *arg)
{
	struct sme_err err;
	struct db *db = db_open(path, &err);

	if (!db)
		return arg;
	for (int i = 0; i < ROWS; i++)
		if (db_begin(db, &err) < 0 ||
		    db_run(db, "INSERT INTO outbox_owner (pid, started) VALUES (?, 0)", &err, "i",
		        (int64_t)i) < 0 ||
		    db_commit(db, &err) < 0)
			return arg;
	db_close(db);
	return NULL;
}

static void
open_by_many(void)
{
	pthread_t threads[THREADS];
	struct sme_err err;
	struct db *db;

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_rows, path), 0);
	for (size_t i = 0; i < THREADS; i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
	db = db_open(path, &err);
	assert_int_equal(number(db, "SELECT count(*) FROM outbox_owner"), THREADS * ROWS);
	db_close(db);
}

/* Whoever comes while another one makes the tables must not take them for a stranger's. */
static void
opened_by_many_at_once(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		snprintf(path, sizeof path, "%s/%d/sme.db", dir, i);
		open_by_many();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(made_safe_and_private, fresh, gone),
	    cmocka_unit_test_setup_teardown(rolled_back, fresh, gone),
	    cmocka_unit_test_setup_teardown(refuses_what_is_not_ours, fresh, gone),
	    cmocka_unit_test_setup_teardown(not_there, fresh, gone),
	    cmocka_unit_test_setup_teardown(opened_by_many_at_once, fresh, gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
