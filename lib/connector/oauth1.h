/* OAuth 1.0a signatures, RFC 5849. */
#ifndef SME_CONNECTOR_OAUTH1_H
#define SME_CONNECTOR_OAUTH1_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

struct oauth1 {
	struct slice consumer_key, consumer_secret, token, token_secret;
	bool sha256;       /* HMAC-SHA256, else HMAC-SHA1 */
	struct slice realm; /* p == NULL: none */
	int64_t timestamp; /* seconds since 1970 */
	struct slice nonce;
	bool without_version; /* leave oauth_version out */
};

/*
 * Append the value of the Authorization header for a request of METHOD to URL, its query included;
 * FORM is the body when that is application/x-www-form-urlencoded, else empty.
 */
void oauth1_header(struct buf *out, const struct oauth1 *o, struct slice method, struct slice url,
    struct slice form);

/* Append the text that is signed, for the test of it. */
void oauth1_base(struct buf *out, const struct oauth1 *o, struct slice method, struct slice url,
    struct slice form);

#endif
