#include "sme-fetch/accounts.h"

#include <stdlib.h>

#include "connector/account.h"
#include "connector/poll.h"
#include "core/map.h"
#include "core/mem.h"

struct entry {
	struct account account;
	struct poll *poll;
	char *place;
	struct entry *next;
};

struct accounts {
	const struct config *config;
	unsigned requests_max;
	struct map connectors; /* by name and directory: compiling one takes long */
	struct vault *vault;
	struct entry *entries;
};

struct accounts *
accounts_open(const struct config *c, unsigned requests_max)
{
	struct accounts *all = xcalloc(1, sizeof *all);

	all->config = c;
	all->requests_max = requests_max;
	return all;
}

static struct connector *
connector_of(struct accounts *all, const struct account *a, struct sme_err *err)
{
	struct connector *c = map_ptr(&all->connectors, a->connector);

	if (c)
		return c;
	c = connector_open(a->connector.p, a->dir, err);
	if (c)
		map_put(&all->connectors, a->connector)->ptr = c;
	return c;
}

static bool
needs_vault(const struct connector *c)
{
	const struct json_node *auth = node_get(connector_meta(c), "auth");
	struct slice scheme = node_text(auth, "scheme");

	return (scheme.p && !slice_is(scheme, "none")) || node_get(auth, "fields");
}

/* Without any the account says so when it is asked for. */
static int
open_vault(struct accounts *all, const struct connector *c, struct sme_err *err)
{
	if (all->vault || !needs_vault(c) || !vault_exists(all->config))
		return 0;
	all->vault = vault_open_config(all->config, err);
	return all->vault ? 0 : -1;
}

/* What the cursor depends on: of another server or user it would mean nothing. */
static char *
place_of(const struct account *a)
{
	struct buf b = BUF_INIT;

	buf_printf(&b, "%.*s %.*s %.*s", SLICE_ARG(a->connector), SLICE_ARG(a->base),
	    SLICE_ARG(a->handle));
	return buf_detach(&b);
}

int
accounts_add(struct accounts *all, const struct json_node *node, struct source *s,
    struct sme_err *err)
{
	struct entry *e = xcalloc(1, sizeof *e);
	struct connector *c;

	if (account_load(&e->account, all->config, node, err) < 0) {
		free(e);
		return -1;
	}
	e->next = all->entries;
	all->entries = e;
	c = connector_of(all, &e->account, err);
	if (!c || open_vault(all, c, err) < 0)
		return err_prefix(err, "source %s", e->account.name.p);
	account_complete(&e->account, connector_meta(c));
	e->poll = poll_open(&e->account, c, all->vault, all->requests_max);
	e->place = place_of(&e->account);
	s->name = e->account.name.p;
	s->tenant = e->account.tenant;
	s->network = e->account.network;
	s->channel = e->account.channel;
	s->remember = true;
	s->driver = &poll_driver;
	s->state = e->poll;
	s->place = e->place;
	s->interval = e->account.interval;
	return 0;
}

void
accounts_close(struct accounts *all)
{
	while (all->entries) {
		struct entry *e = all->entries;

		all->entries = e->next;
		poll_close(e->poll);
		account_release(&e->account);
		free(e->place);
		free(e);
	}
	for (size_t i = 0; i < all->connectors.n; i++)
		connector_close(all->connectors.items[i].value.ptr);
	map_release(&all->connectors);
	vault_close(all->vault);
	free(all);
}
