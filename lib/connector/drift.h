/*
 * Drift: a network changes its records without notice.  What meta.records requires of a record is
 * checked before the connector sees it, and what was found wrong is counted for an alert event.
 */
#ifndef SME_CONNECTOR_DRIFT_H
#define SME_CONNECTOR_DRIFT_H

#include <jq.h>
#include <stdint.h>

#include "connector/account.h"
#include "connector/meta.h"

/* One path of one kind of record that was not what it must be. */
struct drift {
	struct slice kind, path, expected; /* of the meta, or of `names` */
	const char *got; /* "missing", "null", "number" ...: of the first record */
	uint64_t count;  /* of records */
};

struct drifts {
	struct drift *items;
	size_t n, cap;
	struct arena names;
};

/* Count what the connector could not read at all: the value GOT at PATH of a page or delivery. */
void drift_unreadable(struct drifts *d, struct slice path, jv got);

/* Is DATA, which is not consumed, what RECORD requires?  Otherwise false: counted in D, with ERR
 * (SME_DATA) naming the first path that is not. */
bool drift_check(struct drifts *d, const struct meta_record *record, jv data, struct sme_err *err);

/* Append the alert event of DRIFT as a line. */
void drift_put(struct buf *out, const struct drift *drift, const struct account *a, int64_t now);

/* Forget what was counted. */
void drifts_release(struct drifts *d);

#endif
