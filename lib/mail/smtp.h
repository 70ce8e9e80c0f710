/* Sending one mail over SMTP (libcurl). */
#ifndef SME_MAIL_SMTP_H
#define SME_MAIL_SMTP_H

#include "mail/compose.h"
#include "mail/server.h"

struct smtp_result {
	bool sent;       /* the server has taken it */
	bool maybe_sent; /* nobody knows: the connection ended between the last byte and its answer */
	long status;     /* the server's last code, 0 without one */
	char text[200];  /* its last words, one line without control characters */
};

/*
 * Send D.  HELO, a domain, is how we greet.  Returns 0 when it was sent, else -1 with ERR: SME_NOPERM
 * and SME_CONFIG as mail_failed, SME_TEMPFAIL for a code 4xx, SME_DATA for 5xx, SME_UNAVAILABLE the
 * rest.  It is sent to all recipients or to none.
 */
int smtp_send(const struct mail_server *s, const struct draft *d, const char *helo,
    struct smtp_result *result, struct sme_err *err);

#endif
