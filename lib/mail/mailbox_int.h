/* What mailbox.c, mbox.c and maildir.c share. */
#ifndef SME_MAIL_MAILBOX_INT_H
#define SME_MAIL_MAILBOX_INT_H

#include "mail/mailbox.h"

struct page {
	struct mime *mime;
	const struct json_node *cursor; /* an object or NULL */
	size_t limit, n;
	struct buf *body;               /* inside of "messages" */
	struct buf next;                /* the cursor after it */
	struct buf unreadable;          /* inside of the array of that name */
	const char *gap;
	bool more;
};

/* Has the page enough, counted from BODY's length START? */
bool page_full(const struct page *p);

/* Add the mail RAW. */
void page_add(struct page *p, struct slice raw, const struct mime_origin *o);

struct mbox;

struct mbox *mbox_open(const char *path, struct sme_err *err);
void mbox_close(struct mbox *m);
int mbox_page(struct mbox *m, struct page *p, struct sme_err *err);

/* Does S begin an mbox: a line "From sender date"?  *DATE becomes its time. */
bool mbox_from_line(struct slice line, int64_t *date);

/* A Maildir (KIND MAILBOX_MAILDIR), a folder of mails or a single one. */
struct maildir;

struct maildir *maildir_open(const char *path, enum mailbox_kind kind, struct sme_err *err);
void maildir_close(struct maildir *m);
int maildir_page(struct maildir *m, struct page *p, struct sme_err *err);

#endif
