/* What an answer means for what comes next, see sme-connector(5), "errors". */
#ifndef SME_CONNECTOR_CLASSIFY_H
#define SME_CONNECTOR_CLASSIFY_H

#include <jq.h>

#include "connector/meta.h"

/*
 * The class of an answer with STATUS and BODY (not consumed): the first row of META's errors that
 * matches, else by the status: 401 auth; 408, 425, 429 and 5xx transient; other 4xx, and redirects
 * that are not followed, permanent; the rest ok.
 */
enum answer_class answer_classify(const struct meta *meta, long status, jv body);

/*
 * Append what BODY says is wrong, one line of at most 200 bytes without control characters: the
 * first text under a usual name ("error_description", "message", "detail" ...), else nothing.
 */
void answer_reason(struct buf *out, jv body);

#endif
