/*
 * Is a connector fit for use?  Its file, its `meta` and what its functions yield are looked at; the
 * recorded cases beside it (NAME.cases.ndjson) are run; and each recorded page is run again with one
 * thing broken at a time.  sme-connector(5) has the form of a case.
 */
#ifndef SME_CONNECTOR_CHECK_H
#define SME_CONNECTOR_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

/* The time in cases that name none: 2026-11-26T12:00:00Z. */
#define CHECK_NOW INT64_C(1795694400000)

struct check_options {
	int64_t now;      /* of cases that name none; milliseconds since 1970 */
	bool as_recorded; /* do not break anything */
};

struct check_result {
	size_t cases, problems;
	size_t broken; /* runs with one thing broken */
	bool recorded; /* there is a file of cases */
};

/*
 * Check the connector NAME, see connector_open with the working directory.  Each problem is one line
 * in REPORT, "FILE:LINE: what is wrong".  -1 with ERR only when a file cannot be read; that the
 * connector cannot be compiled is a problem like any other.
 */
int connector_check(const char *name, const struct check_options *options, struct buf *report,
    struct check_result *result, struct sme_err *err);

#endif
