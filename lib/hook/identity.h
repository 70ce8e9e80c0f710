/*
 * Who is writing in the in-app channel?  The company's own server vouches for its users: it signs a
 * token with a secret that it shares with us, and the app sends it with every request.
 *
 *	v1.CLAIMS.MAC
 *	CLAIMS	base64url without "=" of {"user":"4711","exp":1795000000,"name":"Kim"}
 *	MAC	HMAC-SHA256 of "v1.CLAIMS" in lower-case hexadecimal
 *
 * exp is in seconds since 1970; name may be left out.
 */
#ifndef SME_HOOK_IDENTITY_H
#define SME_HOOK_IDENTITY_H

#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/slice.h"

/* What a user's id and name may be long, in bytes. */
#define IDENTITY_USER_MAX 128
#define IDENTITY_NAME_MAX 200

struct identity {
	struct slice user;
	struct slice name; /* p == NULL: none is known */
	int64_t expires;   /* ms since 1970 */
};

enum identity_verdict {
	IDENTITY_FINE,
	IDENTITY_EXPIRED, /* it was fine once */
	IDENTITY_BAD
};

/* Check TOKEN at NOW (ms).  What *ID points to is A's. */
enum identity_verdict identity_check(struct slice token, struct slice secret, int64_t now,
    struct arena *a, struct identity *id);

/* Append the token of ID. */
void identity_put(struct buf *out, const struct identity *id, struct slice secret);

#endif
