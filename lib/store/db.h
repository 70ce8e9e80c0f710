/*
 * sme.db: one SQLite file for all that is neither log nor cursor.  Write-ahead log, every commit on
 * disk before it is reported (synchronous=FULL), tables STRICT, foreign keys on.  The tables are in
 * schema.c; a file that is older is brought up to date when it is opened.  One handle belongs to one
 * thread; any number of processes of one machine may have the file open (not over a network file
 * system: the write-ahead log needs shared memory).
 */
#ifndef SME_STORE_DB_H
#define SME_STORE_DB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/slice.h"

/* "SMEd", in the header of the file: whose database it is. */
#define DB_APPLICATION 0x534d4564

/* How long another process's write is waited for, in ms. */
#define DB_BUSY_MS 20000

struct db;
struct sqlite3_stmt;

/*
 * Open PATH, made (mode 0600) with the directories above it when it is not there.  NULL with ERR:
 * SME_DATA when it belongs to another program, is damaged, or was written by a newer version;
 * SME_TEMPFAIL when another process keeps it locked; SME_CANTCREAT, SME_NOPERM, SME_IOERR.
 */
struct db *db_open(const char *path, struct sme_err *err);
void db_close(struct db *db);

/* As db_open, but only when it is there already; *DB is NULL, with 0, when it is not. */
int db_open_existing(const char *path, struct db **db, struct sme_err *err);

/*
 * A transaction that may write from its start, so that it cannot fail half way because another
 * process wrote in between.  Begun once; db_commit returns when all of it is on disk.  When that
 * fails, or with db_rollback, nothing of it has happened.
 */
int db_begin(struct db *db, struct sme_err *err);
int db_commit(struct db *db, struct sme_err *err);
void db_rollback(struct db *db);

/* Is the file whole?  Reads all of it.  -1 with ERR, which says what is wrong. */
int db_check(struct db *db, struct sme_err *err);

/* Rewrite the file without what was deleted, the search index and the write-ahead log too, so that
 * nothing of it is left on disk.  Outside of a transaction; others must not have one open for long. */
int db_scrub(struct db *db, struct sme_err *err);

/* Bring all of the write-ahead log into the file, as far as nobody is in the way.  Outside of a transaction. */
int db_checkpoint(struct db *db, struct sme_err *err);

/*
 * Let db_begin queue with other processes that do the same, and db_commit share its sync with them:
 * for many small transactions at a time.  What is promised stays the same.
 */
int db_share_syncs(struct db *db, struct sme_err *err);

/*
 * With db_share_syncs: what one process at a time should do beside its transactions.  1: it is ours until
 * db_task_end; 0: another is at it, and WAIT is false; -1 with ERR.
 */
int db_task_begin(struct db *db, bool wait, struct sme_err *err);
void db_task_end(struct db *db);

/*
 * Does REQUEST inside a transaction and puts its ANSWER.  1: it changed something; 0: it did not, or what it
 * changed is to be undone; -1 with ERR: it is undone.
 */
typedef int db_service(void *ctx, struct slice request, struct buf *answer, struct sme_err *err);

/* What db_call does; the same in every process that has the database open with db_share_syncs. */
void db_serve(struct db *db, db_service *service, void *ctx);

/*
 * Have REQUEST done, in a transaction and on disk, by this process or by another that has the database open,
 * together with the requests of others that are there at the moment.  Returns what the service returns,
 * or -1 with ERR when the transaction fails.
 */
int db_call(struct db *db, struct slice request, struct buf *answer, struct sme_err *err);

/*
 * The statement SQL, which must be a literal (it is kept, compiled, under its address), with its
 * parameters bound after FORMAT, one letter each: "t" a struct slice (p == NULL: null), "i" an int64_t,
 * "d" a double.  Valid until the same statement is asked for again.  NULL with ERR.  Texts must live
 * until the last db_step.
 */
struct sqlite3_stmt *db_query(struct db *db, const char *sql, struct sme_err *err,
    const char *format, ...);

/* The next row: 1, or 0 when there is none, or -1 with ERR.  After 0 and -1 the statement is reset. */
int db_step(struct db *db, struct sqlite3_stmt *st, struct sme_err *err);

/* db_query and one step, for what yields no rows. */
int db_run(struct db *db, const char *sql, struct sme_err *err, const char *format, ...);

/* Stop before the last row: a statement that is left open would keep a read transaction. */
void db_done(struct sqlite3_stmt *st);

/* A column of the row, from 0; a text lives until the next step. */
struct slice db_text(struct sqlite3_stmt *st, int column);
int64_t db_int(struct sqlite3_stmt *st, int column);
double db_real(struct sqlite3_stmt *st, int column);

/* How many rows the last db_run changed; the key that it gave to a new row. */
int64_t db_changes(const struct db *db);
int64_t db_last_id(const struct db *db);

#endif
