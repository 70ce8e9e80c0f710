/* One webhook call as it lies in the spool, and as a connector's webhook() sees it. */
#ifndef SME_HOOK_DELIVERY_H
#define SME_HOOK_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/slice.h"

struct delivery {
	int64_t received; /* ms since 1970 */
	struct slice source;
	struct slice query, headers; /* pairs: name NUL value NUL; names of headers in lower case */
	struct slice body;           /* as it came */
};

/* Append a pair to what becomes `query` or `headers`. */
void delivery_pair(struct buf *pairs, struct slice name, struct slice value);

/* The next pair; false at the end, or when the rest is none. */
bool delivery_next(struct slice *pairs, struct slice *name, struct slice *value);

/* Append D as a record. */
void delivery_put(struct buf *out, const struct delivery *d);

/* D points into RECORD.  False when it is no delivery. */
bool delivery_read(struct slice record, struct delivery *d);

/* Is the header NAME (lower case) kept for the connector?  What identifies and describes the delivery
 * is; credentials, cookies and the sender's address are not. */
bool delivery_keeps(struct slice name);

#endif
