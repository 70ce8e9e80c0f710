/* The accounts of the configuration that have a connector, each opened when it is first needed. */
#ifndef SME_OUTBOX_CHANNELS_H
#define SME_OUTBOX_CHANNELS_H

#include "config/config.h"
#include "net/http.h"
#include "outbox/channel.h"

struct channels;

/* HTTP is used for all of them; NOW as in struct exchange_run.  CONFIG must outlive it.  NULL with ERR
 * when an account is wrong. */
struct channels *channels_open(const struct config *config, const struct http_options *http,
    int64_t now, struct sme_err *err);
void channels_close(struct channels *c);

/* How many there are. */
size_t channels_count(const struct channels *c);

/*
 * The account that a reply to MENTION (p == NULL: a post) on this channel goes out by: the one of that
 * name, or when the name is none of an account the only one whose ids the mention has.  An account of
 * another tenant is found when the tenant has none of that name: the gate then says so.  *OUT is NULL
 * when there is none.  -1 with ERR when its connector or the vault cannot be opened.
 */
int channels_find(struct channels *c, struct slice tenant, struct slice network,
    struct slice channel, struct slice mention, struct channel **out, struct sme_err *err);

/* The account NAME, likewise. */
int channels_get(struct channels *c, struct slice name, struct channel **out, struct sme_err *err);

/* Its instance without opening it; p == NULL: not known. */
struct slice channels_instance(struct channels *c, struct slice name);

#endif
