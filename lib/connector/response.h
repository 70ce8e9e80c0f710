/* The headers of an answer, as a connector reads them. */
#ifndef SME_CONNECTOR_RESPONSE_H
#define SME_CONNECTOR_RESPONSE_H

#include <jq.h>

#include "core/slice.h"

/*
 * {"name": "value", ...} of the header lines ALL: names in lower case, what comes twice joined with
 * ", " (RFC 9110, 5.3), without Set-Cookie.  The caller frees it.
 */
jv response_headers(struct slice all);

/*
 * {next: "https://...", prev: ...} of the header Link in HEADERS, which is not consumed (RFC 8288), made
 * absolute with BASE.  The caller frees it.
 */
jv response_links(jv headers, struct slice base);

#endif
