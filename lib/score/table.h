/* Small tables as text: a row a line, fields between tabs, "#" begins a comment line. */
#ifndef SME_SCORE_TABLE_H
#define SME_SCORE_TABLE_H

#include "core/buf.h"
#include "core/err.h"

/* A larger file is no table of ours, in bytes: some two million authors fit. */
#define TABLE_MAX ((size_t)64 << 20)
#define TABLE_FIELDS_MAX 8

struct table {
	struct buf text;
	struct slice rest;
	const char *path;
	size_t line;                           /* of the row, from 1 */
	struct slice fields[TABLE_FIELDS_MAX]; /* without white space at both ends */
	size_t n;
};

/* Read PATH, which must outlive the table. */
int table_open(struct table *t, const char *path, struct sme_err *err);
/* The same from memory: a copy of TEXT; errors say NAME, which must outlive the table. */
int table_open_text(struct table *t, struct slice text, const char *name, struct sme_err *err);
void table_close(struct table *t);

/* The next row, which must have N fields: 1, 0 at the end, -1 with ERR naming file and line. */
int table_row(struct table *t, size_t n, struct sme_err *err);
/* The same where a row may have one field more than N. */
int table_row_or_more(struct table *t, size_t n, struct sme_err *err);

/* Field I as a number from 0 to MAX; -1 with ERR when it is none. */
int table_number(const struct table *t, size_t i, double max, double *out, struct sme_err *err);

#endif
