/* Mailboxes on servers and in files, and sending mail; see sme-connector(5), MAIL. */
#ifndef SME_CONNECTOR_TRANSPORT_MAIL_H
#define SME_CONNECTOR_TRANSPORT_MAIL_H

#include "connector/transport.h"

/* imap and imaps: the member `mail` of the request says what to do: "page", "mark" or "find". */
void transport_imap(struct transport_call *call);

/* smtp and smtps: `mail` is the mail, see draft_make. */
void transport_smtp(struct transport_call *call);

/* file: a page of a mailbox. */
void transport_file(struct transport_call *call);

#endif
