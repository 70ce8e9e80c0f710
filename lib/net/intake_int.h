/* What the formats of lib/net/intake share. */
#ifndef SME_NET_INTAKE_INT_H
#define SME_NET_INTAKE_INT_H

#include <zlib.h>

#include "net/csv.h"
#include "net/intake.h"
#include "stream/scan.h"

struct intake {
	struct intake_run *run;
	const struct source *src;
	enum source_type type; /* SOURCE_GUESS until enough has been seen */
	const char *url;
	struct slice content_type;
	struct known *seen;
	struct intake_count count;
	const char *file;              /* for rejects */
	struct record_source record;   /* of tables */
	struct buf stem;               /* the file's name without directory and ending */
	struct buf held;               /* what is not worked on yet */
	struct buf event;              /* one line, before it goes out */

	bool begun, gzip, array;       /* array: the whole is one JSON array */
	z_stream z;

	/* CSV: where each column goes; nothing until the header has been read */
	struct csv *csv;
	int *columns;                  /* enum target, or -1 */
	size_t ncolumns;

	/* NDJSON */
	struct scan_plan *plan;
	struct scanner *scanner;
	int type_slot, id_slot;
	size_t lineno;
	bool oversize;
	struct map ranks; /* what mapping_rank said of the member names so far */

	struct sme_err *err;           /* of the call that is running */
	bool failed;
};

/* Hand on EVENT, which is whole lines. */
void intake_emit(struct intake *in, uint64_t lines);
void intake_reject(struct intake *in, size_t line, const char *error, struct slice raw);

int intake_feed(struct intake *in, struct sme_err *err);

void intake_csv_open(struct intake *in);
int intake_csv_push(struct intake *in, struct slice s, struct sme_err *err);
int intake_csv_finish(struct intake *in, struct sme_err *err);

void intake_ndjson_open(struct intake *in);
void intake_ndjson_push(struct intake *in, struct slice s);
int intake_ndjson_finish(struct intake *in, struct sme_err *err);

#endif
