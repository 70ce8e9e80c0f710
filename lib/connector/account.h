/*
 * An account: a source of sme.jq that names a connector.  The same entry serves for reading,
 * for webhooks and for publishing; what is secret of it is in the vault.
 */
#ifndef SME_CONNECTOR_ACCOUNT_H
#define SME_CONNECTOR_ACCOUNT_H

#include <jq.h>
#include <stdint.h>

#include "config/config.h"
#include "net/address.h"

/* The texts are NUL-terminated and belong to the configuration or the connector, which must outlive
 * the account. */
struct account {
	struct slice name, tenant; /* tenant: "default" unless the source says */
	struct slice network;      /* account_complete: of the connector, unless the source says */
	struct slice channel;      /* p == NULL: none */
	struct slice instance;     /* account_complete: middle part of ids */
	struct slice base;         /* URL; p == NULL: none */
	struct slice handle;       /* p == NULL: none */
	struct slice connector;    /* as written: a name, or a path ending in .jq */
	struct slice secret;       /* name of the entry in the vault */
	const struct json_node *settings; /* an object, or NULL */
	char *dir;                 /* that of the configuration, for connector_open; "." at least */
	char *ca;                  /* path of a file, or NULL */
	struct address_list allowed; /* allow_private */
	int64_t interval;          /* between two polls with --follow, in ms; 0: as the run says */
};

/* Does SOURCE, a member of `sources`, name a connector? */
bool account_is(const struct json_node *source);

/* Read SOURCE.  -1 with ERR (SME_CONFIG), and A then needs no release. */
int account_load(struct account *a, const struct config *c, const struct json_node *source,
    struct sme_err *err);

/*
 * Fill what was left out with what META, the connector's, says: network, base, instance (its
 * `instance`, else the host of the base, else the handle, else the name).  Before this the account
 * is of no use but for opening its connector.
 */
void account_complete(struct account *a, const struct json_node *meta);

void account_release(struct account *a);

/* $account of the connector's functions; NOW in milliseconds since 1970.  The caller frees it. */
jv account_jv(const struct account *a, int64_t now);

#endif
