/* Documents that are nearly XML into XML. */
#ifndef SME_NET_XMLFIX_H
#define SME_NET_XMLFIX_H

#include "core/buf.h"
#include "core/slice.h"

/*
 * S from its root element on: white space, junk, the XML declaration, comments and the document type
 * are left out.  So no entity is ever declared, and none can name a file or grow.
 */
struct slice xml_root(struct slice s);

/*
 * Append S, UTF-8 as xml_root gives it, to OUT so that a parser sees every element: closes what was
 * left open (also by the end of the text), drops what was never opened, quotes attributes, turns
 * HTML's entities into characters and a stray "&" or "<" into text, and drops characters that XML
 * does not have.  What stands behind the root element is left out.
 */
void xml_repair(struct buf *out, struct slice s);

#endif
