/* Logging in: SCRAM-SHA-256 (RFC 7677), which shows the server nothing of the password, and PLAIN.
 */
#ifndef SME_XMPP_SASL_H
#define SME_XMPP_SASL_H

#include "core/buf.h"
#include "core/err.h"
#include "core/slice.h"

struct scram {
	struct slice user, password; /* must outlive it */
	char nonce[33];
	struct buf first;            /* client-first-message-bare */
	unsigned char signature[32]; /* that the server must show */
};

/* Begin; OUT is the first message.  NONCE is for tests, NULL for a random one. */
void scram_begin(
    struct scram *s, struct slice user, struct slice password, const char *nonce, struct buf *out);

/* The server's CHALLENGE; OUT is the answer.  -1 (SME_DATA) when it is not in order, SME_CONFIG
 * when it would take the machine's time away. */
int scram_answer(struct scram *s, struct slice challenge, struct buf *out, struct sme_err *err);

/* Does the server know the password too?  FINAL is its last message. */
bool scram_is_server(const struct scram *s, struct slice final);

void scram_release(struct scram *s); /* wipes */

/* The message of PLAIN (RFC 4616). */
void sasl_plain(struct slice user, struct slice password, struct buf *out);

/* Base64, and back: false for what is none. */
void base64_put(struct buf *out, struct slice s);
bool base64_get(struct buf *out, struct slice s);

#endif
