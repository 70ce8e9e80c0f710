/* How an account proves who it is: what meta.auth of its connector says, and its vault entry. */
#ifndef SME_CONNECTOR_AUTH_H
#define SME_CONNECTOR_AUTH_H

#include "connector/credentials.h"
#include "connector/meta.h"
#include "connector/request.h"

enum auth_scheme { AUTH_NONE, AUTH_BEARER, AUTH_BASIC, AUTH_HEADER, AUTH_OAUTH1, AUTH_SESSION };

struct auth {
	const struct json_node *meta; /* meta.auth, or one of its alternatives; or NULL */
	struct slice unknown; /* the account wants this alternative, and there is none; p == NULL: fine */
	enum auth_scheme scheme;
	struct slice token; /* the field used as Bearer */
};

/* ACCOUNT's settings.auth names one of meta.auth.alternatives; without it meta.auth itself is used. */
void auth_init(struct auth *a, const struct meta *meta, const struct account *account);

/* Which of the fields the connector wants, and nobody logs in for, the entry lacks: its name, or
 * p == NULL. */
struct slice auth_missing(const struct auth *a, struct credentials *c);

/*
 * Add the headers to R, which is otherwise ready.  F fills templates; one without secrets shows what
 * would be sent with templates in their places.  NOW in ms since 1970.  -1 with ERR.
 */
int auth_add(const struct auth *a, struct request *r, struct filler *f, int64_t now,
    struct sme_err *err);

/* Is there a way to another token at all? */
bool auth_renews(const struct auth *a);

/* Is there no token, or one that ends soon, and a way to get another? */
bool auth_is_due(const struct auth *a, struct credentials *c, int64_t now);

/* Is the token good for now, although another one may be due? */
bool auth_is_good(const struct auth *a, struct credentials *c, int64_t now);

/*
 * The request that gets a new token: the refresh when there is what it needs and FRESH is not set, else
 * the login.  Null when there is no way.  *REFRESH says which it is.
 */
jv auth_request(const struct auth *a, struct credentials *c, bool fresh, bool *refresh);

/*
 * Take what BODY, its answer, holds into the vault.  Consumes BODY.  -1 with ERR when the token is not
 * in it, or the vault cannot be written.
 */
int auth_take(const struct auth *a, struct credentials *c, jv body, int64_t now,
    struct sme_err *err);

/* $account.public: what earlier logins told.  The caller frees it. */
jv auth_public(const struct auth *a, struct credentials *c);

#endif
