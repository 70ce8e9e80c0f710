/* The event that says what became of a reply or post, made from the ledger alone: it is the same
 * whenever it is asked for. */
#ifndef SME_OUTBOX_TELL_H
#define SME_OUTBOX_TELL_H

#include "outbox/ledger.h"

/* Append the event of R, a whole line.  INSTANCE is the middle part of ids on the account's network, or
 * p == NULL when the account is not known any more.  -1 with ERR. */
int tell(struct ledger *l, const struct reply_row *r, struct slice instance, struct buf *out,
    struct sme_err *err);

#endif
