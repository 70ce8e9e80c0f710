/* Private to lib/store. */
#ifndef SME_STORE_DB_INT_H
#define SME_STORE_DB_INT_H

#include <sqlite3.h>
#include <sys/types.h>

#include "store/db.h"
#include "store/group.h"

struct db {
	sqlite3 *handle;
	char *path;
	dev_t dev; /* of the file when it was opened */
	ino_t ino;
	struct group *group; /* NULL: every commit syncs by itself */
	db_service *serve;   /* what does requests */
	void *serve_ctx;
	struct {
		const char *sql;
		sqlite3_stmt *st;
	} *kept;
	size_t n, cap;
};

/* Run SQL that yields no rows.  -1 with ERR. */
int db_exec(struct db *db, const char *sql, struct sme_err *err);

/* Begin a transaction that writes, with the lock.  SME_TEMPFAIL when another file stands at the path by now. */
int db_start(struct db *db, struct sme_err *err);

/* Pass the lock to write on, to those who wait for it with a request, too. */
void db_pass_on(struct db *db);

#endif
