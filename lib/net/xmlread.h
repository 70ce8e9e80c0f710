/* XML that may be broken, and may be meant to do harm, as a tree of libxml2. */
#ifndef SME_NET_XMLREAD_H
#define SME_NET_XMLREAD_H

#include <libxml/tree.h>
#include <stdbool.h>

#include "core/slice.h"

/*
 * Parse S, which is UTF-8 whatever it says: as it stands first, and after xml_repair when it is not
 * well-formed, which sets *REPAIRED.  Nothing is loaded, nothing is substituted, and the time it takes
 * grows with the length of S only.  NULL when there is no element at all; else free with xmlFreeDoc.
 */
xmlDoc *xml_read(struct slice s, bool *repaired);

#endif
