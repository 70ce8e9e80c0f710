/*
 * What the files of a log are called:
 *
 *	DIR/events/TENANT/2026-11-20.000001.seg    open: events are appended
 *	DIR/events/TENANT/2026-11-20.000001.segz   closed: sorted by time, deflated
 *	DIR/seen/                                  the index of seen ids, see seen.h
 *	DIR/key                                    the secret key of its hashes
 *	DIR/lock                                   who holds it writes; and a few numbers, see log.h
 *
 * A tenant's name is text from outside.  In TENANT, letters, digits, "_", "-" and "." (not as the
 * first) stand for themselves, other bytes are "%XX", and the empty name is "%".  A name longer
 * than that allows is its first part, "%%" and 32 digits of its hash.
 */
#ifndef SME_LOG_NAMES_H
#define SME_LOG_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"

#define LOG_DAY_MS INT64_C(86400000)

/* Append the directory name of TENANT to B. */
void names_tenant(struct buf *b, struct slice tenant);

/* The UTC day of MS, counted from 1970-01-01. */
int32_t names_day(int64_t ms);

struct seg_ref {
	const char *tenant; /* its directory name */
	int32_t day;
	uint32_t n;        /* from 1: the first, second ... file of that day */
	bool open, closed; /* which files there are; after a crash maybe both, then the closed one
	                      counts */
};

struct seg_list {
	struct seg_ref *refs; /* sorted by tenant, day, n */
	size_t n, cap;
	struct arena names;
};

#define SEG_LIST_INIT                                                                              \
	{                                                                                          \
		0                                                                                  \
	}

/*
 * Add the segments under DIR.  A directory that is not there gives none.  Without the log's lock,
 * call it twice: a segment that is closed in the meantime may be missed once, not twice.
 */
int seg_list_read(struct seg_list *l, const char *dir, struct sme_err *err);
void seg_list_release(struct seg_list *l);

/* Order as in seg_list. */
int seg_ref_cmp(const struct seg_ref *a, const struct seg_ref *b);

/* Set B to the path of the open or closed file of REF; of DIR/events/TENANT. */
const char *seg_path(struct buf *b, const char *dir, const struct seg_ref *ref, bool closed);
const char *names_tenant_dir(struct buf *b, const char *dir, const char *tenant);

/* Remove what an interrupted run left behind: temporary files, and open files of closed segments.
 * Only for who holds the lock. */
int names_sweep(const char *dir, struct sme_err *err);

#endif
