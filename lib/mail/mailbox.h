/*
 * Mails in files: an mbox (mboxo or mboxrd, gzip or not), a Maildir, a folder of ".eml" files, or one
 * mail alone.  They are read in pages; where a page ended is a cursor, a small JSON object.
 */
#ifndef SME_MAIL_MAILBOX_H
#define SME_MAIL_MAILBOX_H

#include "core/err.h"
#include "mail/mime.h"
#include "stream/tree.h"

enum mailbox_kind { MAILBOX_NONE, MAILBOX_MBOX, MAILBOX_MAILDIR, MAILBOX_FOLDER, MAILBOX_MESSAGE };

/* What PATH looks like; MAILBOX_NONE when it is no mail. */
enum mailbox_kind mailbox_guess(const char *path);

/* A page ends after so many bytes of JSON, too. */
#define MAIL_PAGE_BYTES ((size_t)4 << 20)

struct mailbox;

/* NULL with ERR when it cannot be opened or is no mail. */
struct mailbox *mailbox_open(const char *path, struct sme_err *err);
void mailbox_close(struct mailbox *m);

/*
 * Append the page after CURSOR (NULL, or no object: from the start) with at most LIMIT mails:
 *
 *	{"kind": "mbox", "messages": [{"flags": ["seen"], ...as mime_put}, ...],
 *	 "cursor": {...}, "more": true when there is another page, "gap": null or why it started over,
 *	 "unreadable": [name, ...] files that cannot be read}
 *
 * An mbox that was rewritten starts over.  Of a Maildir come the files whose status changed since,
 * so a mail may come again when its flags change, but none is passed over.  -1 with ERR: while
 * another program holds the lock of an mbox (SME_TEMPFAIL), or when it cannot be read.
 */
int mailbox_page(struct mailbox *m, struct mime *mime, const struct json_node *cursor, size_t limit,
    struct buf *body, struct sme_err *err);

#endif
