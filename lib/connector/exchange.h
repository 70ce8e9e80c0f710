/*
 * One account's conversation with its network: requests as a connector makes them go out with its
 * credentials, within its limits; answers come back as what a connector reads, with the class that
 * says what to do next.  A token that has ended is renewed on the way.
 *
 * Nothing that changes something on the network is sent twice, unless the request says `idempotent` and
 * was given to exchange_submit, or the network refused it for the token.
 */
#ifndef SME_CONNECTOR_EXCHANGE_H
#define SME_CONNECTOR_EXCHANGE_H

#include "connector/account.h"
#include "connector/answer.h"
#include "connector/program.h"
#include "net/http.h"
#include "vault/vault.h"

struct exchange;

/* What all exchanges of a run share.  They live as long as the exchanges. */
struct exchange_run {
	struct http *http;
	struct vault *vault; /* NULL: none; accounts that need one then fail with ANSWER_AUTH */
	int64_t now;         /* TIME_NONE: the clock */
};

/* A, completed, and C must outlive the exchange.  Nothing is asked yet. */
struct exchange *exchange_open(const struct account *a, struct connector *c,
    const struct exchange_run *run);

/* Only when none of its requests is under way, or after http_close. */
void exchange_close(struct exchange *x);

/* The end of a request, called from http_wait.  ANSWER dies when the call returns. */
typedef void exchange_done(void *ctx, struct answer *answer);

/* Consumes REQUEST. */
void exchange_submit(struct exchange *x, jv request, exchange_done *done, void *ctx);

/*
 * Send REQUEST, which is consumed, and wait for the answer, which the caller releases.  A request that
 * changes something is sent once.  0 when ANSWER is ANSWER_OK, else -1.
 */
int exchange_once(struct exchange *x, jv request, struct answer *answer);

/*
 * See to it that $account.public is complete, which may take a login: before the first call of `start`,
 * `publish` and the like.  Waits as exchange_once, or calls back as exchange_submit.
 */
int exchange_login(struct exchange *x, struct answer *answer);
void exchange_submit_login(struct exchange *x, exchange_done *done, void *ctx);

/* When the account's credentials end so that a person has to bring new ones, ms since 1970; TIME_NONE:
 * never, or that is not known (yet). */
int64_t exchange_ends(const struct exchange *x);

/* Append REQUEST (consumed) as it would be sent, {secret:NAME} in place of secrets.  -1 with ERR. */
int exchange_describe(struct exchange *x, jv request, struct buf *out, struct sme_err *err);

/*
 * Call a function of the connector as connector_run does, with $account.  Text from outside in ARG and
 * INPUT (consumed) that looks like {secret:NAME} stays text in the requests that come out, and must:
 * whoever makes requests of ARG or INPUT calls this one.  Outputs that are no requests are as usual:
 * use exchange_plain on what of them is shown or kept.
 */
int exchange_call(struct exchange *x, enum connector_call call, jv arg, jv input, jv *out,
    struct sme_err *err);

/* $account as it is now.  The caller frees it. */
jv exchange_account_jv(struct exchange *x);

/* V, consumed, without the marks that exchange_call may have left in it. */
jv exchange_plain(jv v);

/* What of the account's limits is to be remembered between runs, and back (consumed). */
jv exchange_limits(const struct exchange *x);
void exchange_restore_limits(struct exchange *x, jv state);

const struct account *exchange_account(const struct exchange *x);

#endif
