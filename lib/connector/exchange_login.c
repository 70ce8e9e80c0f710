/* Getting a new token for an account: by its refresh token, else by logging in. */
#include <stdlib.h>

#include "connector/exchange_int.h"
#include "connector/value.h"
#include "core/hash.h"

/* Of the token in use; 0: there is none. */
static uint64_t
token_hash(struct exchange *x)
{
	struct slice token = credentials_field(&x->credentials, x->auth.token);

	return token.p ? hash64(token.p, token.n, 0) | 1 : 0;
}

/* All that waited go on. */
static void
renewed(struct exchange *x)
{
	struct call *c = x->waiting, *next;

	vault_unclaim(x->claim);
	x->claim = -1;
	x->renewing = false;
	x->waiting = NULL;
	for (; c; c = next) {
		next = c->wait;
		exchange_send(c);
	}
}

/* None of them can. */
static void
not_renewed(struct exchange *x, enum answer_class class, int64_t retry_after,
    const struct sme_err *err)
{
	struct call *c = x->waiting, *next;
	struct sme_err copy = *err;

	vault_unclaim(x->claim);
	x->claim = -1;
	x->renewing = false;
	x->waiting = NULL;
	err_prefix(&copy, "login");
	if (class == ANSWER_AUTH && copy.status == SME_UNAVAILABLE)
		copy.status = SME_NOPERM;
	for (; c; c = next) {
		next = c->wait;
		if (c->early) {
			/* The old one is good still; the next run tries again. */
			x->early_failed = true;
			c->early = c->renewed = false;
			exchange_send(c);
			continue;
		}
		c->answer.retry_after = retry_after;
		exchange_fail(c, class, &copy);
	}
}

static void ask(struct exchange *x, bool fresh);

static void
on_answer(void *ctx, struct answer *a)
{
	struct exchange *x = ctx;
	struct sme_err err;

	if (a->class == ANSWER_OK) {
		if (auth_take(&x->auth, &x->credentials, value_get(a->response, "body"), exchange_now(x),
		        &err) < 0)
			not_renewed(x, ANSWER_AUTH, 0, &err);
		else
			renewed(x);
	} else if (a->class == ANSWER_TRANSIENT) {
		not_renewed(x, ANSWER_TRANSIENT, a->retry_after, &a->err);
	} else if (x->refreshing && node_get(x->auth.meta, "session")) {
		ask(x, true);
	} else {
		not_renewed(x, ANSWER_AUTH, 0, &a->err);
	}
}

static void
ask(struct exchange *x, bool fresh)
{
	jv request = auth_request(&x->auth, &x->credentials, fresh, &x->refreshing);
	struct sme_err err;
	struct call *c;

	if (jv_get_kind(request) != JV_KIND_OBJECT) {
		jv_free(request);
		err_set(&err, SME_CONFIG, "the token of %s is no longer good, and nothing is there to get "
		    "another one with; put a new one into the vault with sme-vault put", x->account->secret.p);
		not_renewed(x, ANSWER_AUTH, 0, &err);
		return;
	}
	c = exchange_new_call(x, request, on_answer, x);
	c->login = true;
	exchange_send(c);
}

/* May have to wait for another process, so it runs on a thread. */
static void
claim(void *ctx)
{
	struct exchange *x = ctx;

	x->claim = vault_claim(
	    x->run.vault, x->account->tenant, x->account->secret, &x->claim_err);
}

static void
claimed(void *ctx)
{
	struct exchange *x = ctx;
	struct sme_err err;

	if (x->claim < 0) {
		not_renewed(x, ANSWER_TRANSIENT, 0, &x->claim_err);
	} else if (credentials_load(&x->credentials, true, &err) < 0) {
		not_renewed(x, ANSWER_AUTH, 0, &err);
	} else if (token_hash(x) != x->old_token && token_hash(x) &&
	           !auth_is_due(&x->auth, &x->credentials, exchange_now(x))) {
		renewed(x); /* by another process, meanwhile */
	} else {
		ask(x, false);
	}
}

void
exchange_renew(struct call *c)
{
	struct exchange *x = c->x;

	c->renewed = true;
	c->wait = x->waiting;
	x->waiting = c;
	if (x->renewing)
		return;
	x->renewing = true;
	x->old_token = token_hash(x);
	http_run(x->run.http, claim, claimed, x);
}
