/* Private to lib/connector: a page that a connector cannot read, without what it stumbles over. */
#ifndef SME_CONNECTOR_SALVAGE_H
#define SME_CONNECTOR_SALVAGE_H

#include <jq.h>
#include <stdbool.h>

#include "core/err.h"

/* The function, on INPUT, which is consumed; the outputs are dropped.  Did it end without an error? */
typedef bool salvage_try(void *ctx, jv input, struct sme_err *err);

/*
 * INPUT, on which the function fails, without the least that makes it fail: elements of arrays in its body.
 * Each of them is appended to *LEFT_OUT as {path, value, error}.  INPUT is consumed.  Invalid, with
 * *LEFT_OUT as it was, when no element is to blame, or when no other element of its array can be read
 * either: then it is the page or the connector that is wrong, and not a record.
 */
jv salvage(jv input, salvage_try *try, void *ctx, jv *left_out);

#endif
