/* What a recorded case wants, compared with what came. */
#ifndef SME_CONNECTOR_MATCH_H
#define SME_CONNECTOR_MATCH_H

#include <jq.h>
#include <stdbool.h>

#include "core/buf.h"

/*
 * Is GOT what WANT says?  Objects may have more members than are wanted, and a wanted null may be
 * missing; arrays are as long as they are wanted; all else is equal.  Neither is consumed.  Otherwise
 * PATH, which holds where both stand, such as ".events", is left at the first difference, which is
 * appended to WHY: "expected 1, got 2".
 */
bool match(jv want, jv got, struct buf *path, struct buf *why);

#endif
