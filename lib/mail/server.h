/* How a mail server is reached; what IMAP and SMTP have in common. */
#ifndef SME_MAIL_SERVER_H
#define SME_MAIL_SERVER_H

#include <curl/curl.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "net/address.h"

struct mail_server {
	const char *url;  /* imap, imaps, smtp or smtps, host and perhaps port; a path is not looked at */
	const char *user; /* NULL: no login */
	const char *password;
	const char *bearer; /* an OAuth 2 token (XOAUTH2, OAUTHBEARER) instead of a password, or NULL */
	const char *ca;     /* file of certificates to trust; NULL: those of the system */
	const struct address_list *allowed; /* addresses that are reached though they are not public */
	bool plain; /* no TLS; only to addresses of `allowed` */
	int64_t connect_timeout, timeout; /* milliseconds; 0: 10 s and 60 s */
	int stop_fd; /* > 0: what is under way ends when it can be read */
};

/* What a handle's callbacks need; lives as long as it. */
struct mail_link {
	struct mail_server server;
	char error[CURL_ERROR_SIZE];
	char said[200]; /* the last line of the server that libcurl saw, without control characters */
	bool refused;   /* the address */
};

/*
 * A handle for SCHEME ("imap" or "smtp", with its s) with everything set but what it is to do.  NULL
 * with ERR.  Certificates are always checked, and STARTTLS is insisted on unless `plain`.
 */
CURL *mail_easy(struct mail_link *link, const struct mail_server *s, const char *scheme,
    struct sme_err *err);

/*
 * Say in ERR why CODE came: SME_NOPERM the login was refused, and not just for now; SME_CONFIG what
 * will not change by itself (certificate, no TLS, an address that is not allowed); SME_UNAVAILABLE the
 * rest.
 */
int mail_failed(const struct mail_link *link, CURLcode code, struct sme_err *err);

/* The URL without user, password and path, for messages. */
void mail_place(const struct mail_link *link, struct buf *out);

/* Is it to end? */
bool mail_stopped(const struct mail_server *s);

int64_t mail_clock(void); /* monotonic milliseconds */

#endif
