/*
 * Erasing: the content goes, and a receipt stays.  See sme-log(1) for what is matched.
 */
#ifndef SME_LOG_ERASE_H
#define SME_LOG_ERASE_H

#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

struct erase_request {
	const char *author, *id; /* one of them */
	const char *tenant;      /* NULL: all */
	int64_t now;
};

/* Erase, append the receipts (one a tenant) to the log and to RECEIPTS. */
int log_erase(const char *dir, const struct erase_request *q, void (*say)(const char *text),
    struct buf *receipts, struct sme_err *err);

#endif
