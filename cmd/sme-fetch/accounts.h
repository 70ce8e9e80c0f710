/* The sources of the configuration that are accounts on networks. */
#ifndef SME_FETCH_ACCOUNTS_H
#define SME_FETCH_ACCOUNTS_H

#include "config/config.h"
#include "net/source.h"

struct accounts;

/* REQUESTS_MAX as of poll_open.  C must outlive it. */
struct accounts *accounts_open(const struct config *c, unsigned requests_max);

/*
 * Fill S for the account NODE, a member of `sources`: its connector is opened, and the vault if it
 * needs credentials and there is one.  -1 with ERR, and S is to be thrown away.
 */
int accounts_add(struct accounts *all, const struct json_node *node, struct source *s,
    struct sme_err *err);

/*
 * Fill S for the mails in PATH, a mailbox or one mail, that the command line names.  What S says
 * already, its tenant, network and channel, holds; the texts stay the caller's.
 */
int accounts_add_mail(struct accounts *all, const char *path, struct source *s, struct sme_err *err);

/* After the run. */
void accounts_close(struct accounts *all);

#endif
