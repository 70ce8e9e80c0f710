/*
 * CSV as RFC 4180 has it and as programs write it: quoted fields with separators, line ends and
 * doubled quotes in them, LF or CRLF, a byte order mark, ";", tab or "|" for ",", UTF-8, UTF-16 with
 * its mark, or windows-1252.  Bytes are pushed in as they come; rows come out.
 */
#ifndef SME_NET_CSV_H
#define SME_NET_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

/* A longer record is refused, in bytes: most likely a quote was never closed. */
#define CSV_RECORD_MAX ((size_t)1 << 20)

struct csv_row {
	size_t line;                /* of the file, where it begins, from 1 */
	const struct slice *fields; /* UTF-8, quotes taken off; they die when the call returns */
	size_t n;
	struct slice raw;           /* as it stands in the file, without its line end */
	const char *error;          /* NULL, or why there are no fields */
};

/* False ends the reading. */
typedef bool csv_row_fn(void *ctx, const struct csv_row *row);

struct csv;

/* SEPARATOR 0: found out from the first line ("sep=;" included). */
struct csv *csv_open(char separator, csv_row_fn *fn, void *ctx);
void csv_push(struct csv *c, struct slice bytes);

/* The end of the file: a last row without a line end is a row. */
void csv_finish(struct csv *c);
void csv_close(struct csv *c);

#endif
