#include "store/db_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "store/schema.h"

/* The version that brought cases. */
#define DB_FIRST_CASES 2

static int
fail(const struct db *db, int code, struct sme_err *err)
{
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(err, SME_TEMPFAIL, "%s: another process keeps it locked; try again",
		    db->path);
	case SQLITE_NOTADB:
		return err_set(err, SME_DATA, "%s: not a database, or damaged; move it away, and let sme-case rebuild "
		    "make the cases again from the log", db->path);
	case SQLITE_CORRUPT:
		return err_set(err, SME_DATA, "%s: damaged; move it away together with its -wal file, and let sme-case "
		    "rebuild make the cases again from the log (sqlite3's .recover may save the rest)", db->path);
	case SQLITE_CANTOPEN:
		if (access(db->path, R_OK | W_OK) < 0 && errno == EACCES)
			return err_set(err, SME_NOPERM, "%s: may not be read and written; who owns it?", db->path);
		return err_set(err, SME_CANTCREAT, "%s: %s", db->path, sqlite3_errmsg(db->handle));
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		return err_set(err, SME_NOPERM, "%s: may not be written", db->path);
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
		return err_set(err, SME_DATA, "%s: does not take this: %s", db->path, sqlite3_errmsg(db->handle));
	case SQLITE_FULL:
	case SQLITE_IOERR:
		return err_set(err, SME_IOERR, "%s: %s", db->path, sqlite3_errmsg(db->handle));
	default:
		return err_set(err, SME_BUG, "%s: %s", db->path, sqlite3_errmsg(db->handle));
	}
}

int
db_exec(struct db *db, const char *sql, struct sme_err *err)
{
	int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : fail(db, code, err);
}

static int
pragma(struct db *db, const char *sql, int64_t *out, struct sme_err *err)
{
	sqlite3_stmt *st;
	int code = sqlite3_prepare_v2(db->handle, sql, -1, &st, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(st);
	*out = code == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
	sqlite3_finalize(st);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : fail(db, code, err);
}

/* Changing the journal mode does not wait for others by itself. */
static int
use_wal(struct db *db, struct sme_err *err)
{
	int64_t end = time_now_ms() + DB_BUSY_MS;

	while (db_exec(db, "PRAGMA journal_mode=WAL", err) < 0) {
		if (err->status != SME_TEMPFAIL || time_now_ms() > end)
			return -1;
		nanosleep(&(struct timespec){0, 10000000}, NULL);
	}
	return 0;
}

/* Ours, or empty?  VERSION is that of the file. */
static int
check_owner(struct db *db, int64_t *version, struct sme_err *err)
{
	int64_t application, tables;

	if (pragma(db, "PRAGMA application_id", &application, err) < 0 ||
	    pragma(db, "PRAGMA user_version", version, err) < 0 ||
	    pragma(db, "SELECT count(*) FROM sqlite_schema", &tables, err) < 0)
		return -1;
	if (application != DB_APPLICATION && (application || *version || tables))
		return err_set(err, SME_DATA, "%s: the database of another program; give SME_HOME "
		    "a directory of its own", db->path);
	return 0;
}

/* The first databases with cases have no rank; a column that is computed when it is read serves as well. */
static int
add_rank(struct db *db, struct sme_err *err)
{
	int64_t has;

	if (pragma(db, "SELECT count(*) FROM pragma_table_xinfo('case_file') WHERE name = 'rank'", &has, err) < 0)
		return -1;
	return has ? 0 : db_exec(db, "ALTER TABLE case_file ADD COLUMN rank INTEGER GENERATED ALWAYS AS "
	    "(coalesce(opened, 0) - CAST(priority * 60000 AS INTEGER)) VIRTUAL;"
	    "DROP INDEX case_file_work;"
	    "CREATE INDEX case_file_work ON case_file (tenant, status, rank, id)", err);
}

static int
step_once(struct db *db, size_t newest, struct sme_err *err)
{
	int64_t version;
	char set[80];
	int r = check_owner(db, &version, err);

	if (r == 0 && (size_t)version < newest) {
		snprintf(set, sizeof set, "PRAGMA application_id=%d; PRAGMA user_version=%zu",
		    DB_APPLICATION, newest);
		if (version == DB_FIRST_CASES)
			r = add_rank(db, err);
		for (size_t i = (size_t)version; r == 0 && i < newest; i++)
			r = db_exec(db, db_steps[i], err);
		if (r == 0)
			r = db_exec(db, set, err);
	}
	return r;
}

static int
bring_up(struct db *db, struct sme_err *err)
{
	size_t newest = 0;
	int64_t version;
	int r;

	while (db_steps[newest])
		newest++;
	/* One look: another process may be making the tables right now. */
	if (db_exec(db, "BEGIN", err) < 0)
		return -1;
	r = check_owner(db, &version, err);
	db_rollback(db);
	if (r < 0)
		return -1;
	if (version > (int64_t)newest)
		return err_set(err, SME_DATA, "%s: written by a newer version of SME (%lld, this one knows "
		    "%zu); install that one", db->path, (long long)version, newest);
	if ((size_t)version == newest)
		return 0;
	/* Small changes in many places: every page that is touched is written whole. */
	if (db_exec(db, "PRAGMA page_size=2048", err) < 0 || use_wal(db, err) < 0 || db_begin(db, err) < 0)
		return -1;
	if (step_once(db, newest, err) < 0) {
		db_rollback(db);
		return -1;
	}
	return db_commit(db, err);
}

/* The name of a new file must be on disk before anybody relies on what is in it. */
static int
sync_directory(const char *path, struct sme_err *err)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? xstrndup(path, (size_t)(slash - path) + 1) : xstrdup(".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
		r = err_sys(err, SME_IOERR, "%s", dir);
	if (fd >= 0)
		close(fd);
	free(dir);
	return r;
}

static int
make_file(const char *path, struct sme_err *err)
{
	const char *slash = strrchr(path, '/');
	int fd, r = 0;

	if (slash && slash != path) {
		char *dir = xstrndup(path, (size_t)(slash - path));

		r = file_mkdirs(dir, err);
		free(dir);
		if (r < 0)
			return -1;
	}
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno == EEXIST ? 0 : err_sys(err, SME_CANTCREAT, "%s", path);
	file_adopt(fd, path);
	close(fd);
	return sync_directory(path, err);
}

static int
set_up(struct db *db, struct sme_err *err)
{
	int code;
	struct stat st;

	/* Before: when it is put aside in between, the first transaction finds that out. */
	if (stat(db->path, &st) < 0)
		return err_sys(err, SME_CANTCREAT, "%s", db->path);
	db->dev = st.st_dev;
	db->ino = st.st_ino;
	code = sqlite3_open_v2(db->path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (code != SQLITE_OK)
		return fail(db, code, err);
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, DB_BUSY_MS);
	/* A file from elsewhere must not be able to run what is hidden in its schema. */
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (bring_up(db, err) < 0)
		return -1;
	return db_exec(db, "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
	    "PRAGMA wal_autocheckpoint=1000", err);
}

struct db *
db_open(const char *path, struct sme_err *err)
{
	struct db *db;

	if (make_file(path, err) < 0)
		return NULL;
	db = xcalloc(1, sizeof *db);
	db->path = xstrdup(path);
	if (set_up(db, err) < 0) {
		db_close(db);
		return NULL;
	}
	return db;
}

int
db_open_existing(const char *path, struct db **db, struct sme_err *err)
{
	*db = NULL;
	if (access(path, F_OK) < 0)
		return errno == ENOENT ? 0 : err_sys(err, SME_NOPERM, "%s", path);
	*db = db_open(path, err);
	return *db ? 0 : -1;
}

void
db_close(struct db *db)
{
	if (!db)
		return;
	for (size_t i = 0; i < db->n; i++)
		sqlite3_finalize(db->kept[i].st);
	free(db->kept);
	sqlite3_close(db->handle);
	group_close(db->group);
	free(db->path);
	free(db);
}

int
db_share_syncs(struct db *db, struct sme_err *err)
{
	db->group = group_open(db->path, err);
	return db->group ? db_exec(db, "PRAGMA synchronous=NORMAL; PRAGMA wal_autocheckpoint=16000", err) : -1;
}

int
db_task_begin(struct db *db, bool wait, struct sme_err *err)
{
	return group_task_begin(db->group, wait, err);
}

void
db_task_end(struct db *db)
{
	group_task_end(db->group);
}

/* What was written into a file that was put aside would be lost. */
static int
check_still_there(const struct db *db, struct sme_err *err)
{
	struct stat st;

	if (stat(db->path, &st) == 0 && st.st_dev == db->dev && st.st_ino == db->ino)
		return 0;
	return err_set(err, SME_TEMPFAIL, "%s: was moved or made anew (sme-case rebuild?) since it was opened; start again",
	    db->path);
}

int
db_start(struct db *db, struct sme_err *err)
{
	if (db_exec(db, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	if (check_still_there(db, err) == 0)
		return 0;
	db_exec(db, "ROLLBACK", NULL);
	return -1;
}

int
db_begin(struct db *db, struct sme_err *err)
{
	if (db->group && group_enter(db->group, err) < 0)
		return -1;
	if (db_start(db, err) == 0)
		return 0;
	if (db->group)
		db_pass_on(db);
	return -1;
}

int
db_commit(struct db *db, struct sme_err *err)
{
	if (db_exec(db, "COMMIT", err) < 0) {
		db_rollback(db);
		return -1;
	}
	if (!db->group)
		return 0;
	db_pass_on(db);
	return group_sync(db->group, err);
}

void
db_rollback(struct db *db)
{
	if (!sqlite3_get_autocommit(db->handle))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	if (db->group)
		db_pass_on(db);
}

int
db_check(struct db *db, struct sme_err *err)
{
	sqlite3_stmt *st;
	int code = sqlite3_prepare_v2(db->handle, "PRAGMA integrity_check(1)", -1, &st, NULL), r = -1;
	const char *text;

	if (code == SQLITE_OK)
		code = sqlite3_step(st);
	text = code == SQLITE_ROW ? (const char *)sqlite3_column_text(st, 0) : NULL;
	if (!text)
		fail(db, code, err);
	else if (strcmp(text, "ok") == 0)
		r = 0;
	else
		err_set(err, SME_DATA, "%s: damaged (%s); move it away together with its -wal file, and let sme-case "
		    "rebuild make the cases again from the log", db->path, text);
	sqlite3_finalize(st);
	return r;
}

int
db_checkpoint(struct db *db, struct sme_err *err)
{
	return db_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", err);
}

int
db_scrub(struct db *db, struct sme_err *err)
{
	return db_exec(db, "INSERT INTO case_search (case_search) VALUES ('optimize'); VACUUM; "
	    "PRAGMA wal_checkpoint(TRUNCATE)", err);
}

static sqlite3_stmt *
compiled(struct db *db, const char *sql, struct sme_err *err)
{
	sqlite3_stmt *st;
	int code;

	for (size_t i = 0; i < db->n; i++)
		if (db->kept[i].sql == sql) {
			sqlite3_reset(db->kept[i].st);
			return db->kept[i].st;
		}
	code = sqlite3_prepare_v3(db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL);
	if (code != SQLITE_OK) {
		fail(db, code, err);
		return NULL;
	}
	db->kept = xgrow(db->kept, db->n, &db->cap, sizeof *db->kept);
	db->kept[db->n].sql = sql;
	db->kept[db->n++].st = st;
	return st;
}

static sqlite3_stmt *
bound(struct db *db, const char *sql, struct sme_err *err, const char *format, va_list ap)
{
	sqlite3_stmt *st = compiled(db, sql, err);
	int code = SQLITE_OK;

	for (int i = 1; st && *format && code == SQLITE_OK; i++, format++) {
		struct slice s;

		switch (*format) {
		case 't':
			s = va_arg(ap, struct slice);
			code = s.p ? sqlite3_bind_text64(st, i, s.p, s.n, SQLITE_STATIC, SQLITE_UTF8)
				   : sqlite3_bind_null(st, i);
			break;
		case 'i':
			code = sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
			break;
		default:
			code = sqlite3_bind_double(st, i, va_arg(ap, double));
			break;
		}
	}
	if (code == SQLITE_OK)
		return st;
	fail(db, code, err);
	return NULL;
}

struct sqlite3_stmt *
db_query(struct db *db, const char *sql, struct sme_err *err, const char *format, ...)
{
	sqlite3_stmt *st;
	va_list ap;

	va_start(ap, format);
	st = bound(db, sql, err, format, ap);
	va_end(ap);
	return st;
}

int
db_step(struct db *db, struct sqlite3_stmt *st, struct sme_err *err)
{
	int code = sqlite3_step(st);

	if (code == SQLITE_ROW)
		return 1;
	/* The message belongs to the code only until the reset. */
	if (code != SQLITE_DONE)
		fail(db, code, err);
	sqlite3_reset(st);
	return code == SQLITE_DONE ? 0 : -1;
}

int
db_run(struct db *db, const char *sql, struct sme_err *err, const char *format, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int r;

	va_start(ap, format);
	st = bound(db, sql, err, format, ap);
	va_end(ap);
	if (!st)
		return -1;
	r = db_step(db, st, err);
	if (r > 0)
		db_done(st);
	return r < 0 ? -1 : 0;
}

void
db_done(struct sqlite3_stmt *st)
{
	sqlite3_reset(st);
}

struct slice
db_text(struct sqlite3_stmt *st, int column)
{
	const char *p = (const char *)sqlite3_column_text(st, column);

	return (struct slice){p, p ? (size_t)sqlite3_column_bytes(st, column) : 0};
}

int64_t
db_int(struct sqlite3_stmt *st, int column)
{
	return sqlite3_column_int64(st, column);
}

double
db_real(struct sqlite3_stmt *st, int column)
{
	return sqlite3_column_double(st, column);
}

int64_t
db_changes(const struct db *db)
{
	return sqlite3_changes64(db->handle);
}

int64_t
db_last_id(const struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}
