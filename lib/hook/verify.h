/*
 * Who sent this?  The signatures that networks put on what they deliver, checked on the raw bytes in
 * constant time, and the handshakes by which they make sure that the address is ours.
 */
#ifndef SME_HOOK_VERIFY_H
#define SME_HOOK_VERIFY_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/slice.h"

/* HMAC-SHA256 is so long, and in hexadecimal with its NUL. */
#define VERIFY_MAC 32
#define VERIFY_HEX (2 * VERIFY_MAC + 1)

enum verify_code {
	VERIFY_HEX_MAC,    /* the HMAC of the body, in hexadecimal */
	VERIFY_BASE64_MAC, /* the same in base64 */
	VERIFY_PLAIN       /* the secret itself */
};

/* One way of signing, by the name that stands in a connector's meta.webhook.verify. */
struct verify_scheme {
	const char *name;
	const char *header; /* where the signature stands */
	const char *prefix; /* what comes before it, or "" */
	const char *field;  /* of the vault entry: the key */
	enum verify_code code;
};

/* NULL when there is none of that NAME. */
const struct verify_scheme *verify_scheme(struct slice name);

/* Is VALUE (of the header; p == NULL when it is missing) the signature of BODY under SECRET?  Never
 * with an empty secret. */
bool verify_signature(const struct verify_scheme *s, struct slice value, struct slice secret,
    struct slice body);

/* Are A and B, both not empty, the same?  The time depends on their lengths only. */
bool verify_equal(struct slice a, struct slice b);

/* HMAC-SHA256 of TEXT under a KEY of any length. */
void verify_mac(struct slice key, struct slice text, unsigned char mac[VERIFY_MAC]);

/* The same in lower-case hexadecimal.  Returns OUT. */
char *verify_hex(struct slice key, struct slice text, char out[VERIFY_HEX]);

/*
 * The handshake of Meta: GET with hub.mode, hub.verify_token and hub.challenge.  True when TOKEN is
 * ours and CHALLENGE may be sent back as it is (letters, digits, "._-", at most 256 bytes).
 */
bool verify_hub(struct slice mode, struct slice token, struct slice challenge, struct slice ours);

/*
 * The handshake of X: GET with crc_token.  Appends the answer, {"response_token":"sha256=..."}.
 * False when TOKEN is none that X sends.  It is signed with the key that also signs deliveries, so
 * whoever may choose it freely could have a delivery of his own signed: one that could be JSON with
 * something in it is refused.
 */
bool verify_crc(struct slice token, struct slice secret, struct buf *answer);

#endif
