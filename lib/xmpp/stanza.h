/*
 * The stream of an XMPP server cut into stanzas: the children of its one endless element.  The
 * server is not trusted: no DTD, no entities but XML's own, no stanza that is too large.
 */
#ifndef SME_XMPP_STANZA_H
#define SME_XMPP_STANZA_H

#include <libxml/tree.h>

#include "core/buf.h"
#include "core/err.h"

/* The largest stanza, in bytes. */
#define STANZA_MAX ((size_t)1 << 20)

struct stanzas;

struct stanzas *stanzas_open(void);
void stanzas_close(struct stanzas *s);

/* Take in what has come.  -1 (SME_DATA) when it is no XMPP; then nothing more can come. */
int stanzas_feed(struct stanzas *s, struct slice bytes, struct sme_err *err);

/* The next stanza that is complete, or NULL.  It lives until the next call. */
const xmlNode *stanzas_next(struct stanzas *s);

/* Has the stream begun?  Has its end come? */
bool stanzas_begun(const struct stanzas *s);
bool stanzas_ended(const struct stanzas *s);

/* ---- looking into a stanza; N may be NULL in all of them ---- */

/* Is N the element NAME of the namespace NS (NULL: any)? */
bool stanza_is(const xmlNode *n, const char *name, const char *ns);

/* The first child of that kind, or NULL. */
const xmlNode *stanza_child(const xmlNode *n, const char *name, const char *ns);

/* An attribute, or p == NULL; valid as long as the stanza. */
struct slice stanza_attr(const xmlNode *n, const char *name);

/* Append the text of N. */
void stanza_text(const xmlNode *n, struct buf *out);

/* Append S escaped, for an attribute in quotes or for text; control characters, which XML has not,
 * go. */
void stanza_escape(struct buf *out, struct slice s);

#endif
