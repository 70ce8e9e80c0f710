/* Text of unknown origin into UTF-8. */
#ifndef SME_NET_CHARSET_H
#define SME_NET_CHARSET_H

#include "core/buf.h"
#include "core/slice.h"

/* Is S well-formed UTF-8 (RFC 3629)? */
bool utf8_valid(struct slice s);

/*
 * Append IN to OUT as UTF-8.  What the bytes say comes first: a byte order mark, then well-formed
 * UTF-8 whatever was declared.  Otherwise DECLARED (may be empty) decides, where ISO 8859-1 means
 * windows-1252 as on the Web; text declared UTF-8, or as nothing that is known, is read as UTF-8
 * with each stray byte taken for windows-1252.  The byte order mark is dropped.
 */
void charset_decode(struct buf *out, struct slice in, struct slice declared);

/* The charset parameter of a Content-Type, or an empty slice. */
struct slice charset_of_type(struct slice content_type);

/* The encoding that an XML declaration at the start of BODY names, or an empty slice. */
struct slice charset_of_xml(struct slice body);

/* UTF-16 that comes in pieces. */
struct utf16 {
	bool big;           /* big-endian */
	bool odd;           /* a byte is left over from the last piece: */
	unsigned char byte;
	unsigned high;      /* and so is the first half of a pair, or 0 */
};

void utf16_decode(struct utf16 *u, struct buf *out, struct slice in);

/* The character that byte 0x80-0x9f stands for in windows-1252. */
unsigned windows_1252(unsigned char byte);

#endif
