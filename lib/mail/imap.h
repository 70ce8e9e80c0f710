/*
 * IMAP (RFC 3501).  libcurl connects, speaks TLS and logs in; what follows is spoken here, because
 * libcurl cannot fetch without marking as read and mistakes lines of a mail for the server's.
 * All functions return -1 with ERR: SME_NOPERM and SME_CONFIG as mail_failed, SME_NOINPUT when there
 * is no such folder, SME_DATA when the server does not speak IMAP, SME_UNAVAILABLE the rest.
 */
#ifndef SME_MAIL_IMAP_H
#define SME_MAIL_IMAP_H

#include "mail/mime.h"
#include "mail/server.h"
#include "stream/tree.h"

struct imap;

/* Connect and log in. */
struct imap *imap_open(const struct mail_server *s, struct sme_err *err);
void imap_close(struct imap *m);

/* Is the connection of no use any more, after an error?  imap_alive asks the server. */
bool imap_lost(const struct imap *m);
bool imap_alive(struct imap *m);

struct imap_query {
	struct slice folder; /* UTF-8 */
	const struct json_node *cursor; /* {"uid": n, "uidvalidity": n}; NULL: from the start */
	int64_t since;       /* only mails that came after this, by days, when CURSOR has no place; or TIME_NONE */
	size_t limit;        /* mails of a page */
};

/*
 * Append the next page of a folder; nothing in it is marked as read:
 *
 *	{"kind": "imap", "messages": [{"uid": n, "flags": ["seen"], ...as mime_put}, ...],
 *	 "cursor": {"uid": n, "uidvalidity": n}, "more": bool, "gap": null or why it started over,
 *	 "unreadable": [uid, ...] what the server could not hand out}
 */
int imap_page(struct imap *m, struct mime *mime, const struct imap_query *q, struct buf *body,
    struct sme_err *err);

/*
 * The mails UIDS, an array of numbers, are marked as read or, with TARGET (p != NULL), moved there.
 * Nothing happens when the folder's UIDVALIDITY is another.
 */
int imap_mark(struct imap *m, struct slice folder, uint64_t uidvalidity, const struct json_node *uids,
    struct slice target, struct sme_err *err);

/* *FOUND: how many mails of FOLDER have this Message-ID (without angle brackets). */
int imap_find(struct imap *m, struct slice folder, struct slice message_id, size_t *found,
    struct sme_err *err);

/* Put a mail, with CRLF line ends, into FOLDER, marked as read. */
int imap_append(struct imap *m, struct slice folder, struct slice raw, struct sme_err *err);

#endif
