#include "outbox/channels.h"

#include <stdlib.h>

#include "connector/account.h"
#include "core/mem.h"
#include "outbox/network.h"

/* The pause before the second try, unless the configuration says, in ms. */
#define BACKOFF 2000

/* One connector file serves all its accounts. */
struct program {
	struct connector *connector;
	char *name, *dir;
};

struct entry {
	struct account account;
	struct connector *connector; /* NULL: not opened; the account is not complete */
	struct exchange *exchange;   /* NULL: nothing was sent by it yet */
	struct channel channel;
	struct hours *hours;
};

struct channels {
	const struct config *config;
	struct entry **entries;
	size_t n, cap;
	struct program *programs;
	size_t nprograms, programs_cap;
	struct http_options http_options;
	struct http *http;
	struct vault *vault;
	bool looked_for_vault;
	int64_t now;
};

static int
add_account(struct channels *c, const struct json_node *source, struct sme_err *err)
{
	struct entry *e = xcalloc(1, sizeof *e);

	if (account_load(&e->account, c->config, source, err) < 0) {
		free(e);
		return -1;
	}
	c->entries = xgrow(c->entries, c->n, &c->cap, sizeof *c->entries);
	c->entries[c->n++] = e;
	return 0;
}

struct channels *
channels_open(const struct config *config, const struct http_options *http, int64_t now,
    struct sme_err *err)
{
	struct channels *c = xcalloc(1, sizeof *c);

	c->config = config;
	c->http_options = *http;
	c->now = now;
	for (NODE_EACH(it, node_get(config->root, "sources")))
		if (account_is(it) && add_account(c, it, err) < 0) {
			channels_close(c);
			return NULL;
		}
	return c;
}

void
channels_close(struct channels *c)
{
	if (!c)
		return;
	http_close(c->http);
	for (size_t i = 0; i < c->n; i++) {
		struct entry *e = c->entries[i];

		network_close(e->channel.ctx);
		exchange_close(e->exchange);
		hours_free(e->hours);
		account_release(&e->account);
		free(e);
	}
	for (size_t i = 0; i < c->nprograms; i++) {
		connector_close(c->programs[i].connector);
		free(c->programs[i].name);
		free(c->programs[i].dir);
	}
	free(c->programs);
	free(c->entries);
	vault_close(c->vault);
	free(c);
}

size_t
channels_count(const struct channels *c)
{
	return c->n;
}

static struct connector *
program_of(struct channels *c, const struct account *a, struct sme_err *err)
{
	struct connector *opened;

	for (size_t i = 0; i < c->nprograms; i++)
		if (slice_is(a->connector, c->programs[i].name) &&
		    slice_eq(slice_of(a->dir), slice_of(c->programs[i].dir)))
			return c->programs[i].connector;
	opened = connector_open(a->connector.p, a->dir, err);
	if (!opened)
		return NULL;
	c->programs = xgrow(c->programs, c->nprograms, &c->programs_cap, sizeof *c->programs);
	c->programs[c->nprograms++] =
	    (struct program){opened, xslicedup(a->connector), xstrdup(a->dir)};
	return opened;
}

/* Know what its connector says. */
static int
complete(struct channels *c, struct entry *e, struct sme_err *err)
{
	if (e->connector)
		return 0;
	e->connector = program_of(c, &e->account, err);
	if (!e->connector)
		return -1;
	account_complete(&e->account, connector_meta(e->connector));
	return 0;
}

static int
open_shared(struct channels *c, struct sme_err *err)
{
	if (!c->http && !(c->http = http_open(&c->http_options, err)))
		return -1;
	if (!c->looked_for_vault && vault_exists(c->config)) {
		c->vault = vault_open_config(c->config, err);
		if (!c->vault)
			return -1;
	}
	c->looked_for_vault = true;
	return 0;
}

/* Ready to speak with its network. */
static int
prepare(struct channels *c, struct entry *e, struct sme_err *err)
{
	struct exchange_run run;

	if (e->exchange)
		return 0;
	if (complete(c, e, err) < 0 || open_shared(c, err) < 0)
		return -1;
	run = (struct exchange_run){.http = c->http, .vault = c->vault, .now = c->now};
	e->channel = (struct channel){
	    .name = e->account.name,
	    .tenant = e->account.tenant,
	    .network = e->account.network,
	    .channel = e->account.channel,
	    .instance = e->account.instance,
	    .handle = e->account.handle,
	    .facts = connector_facts(e->connector),
	    .tenant_config = config_tenant(c->config, e->account.tenant),
	    .net = network_offers(e->connector,
	        config_duration(node_get(c->config->root, "publish"), "backoff", BACKOFF)),
	    .ops = &network_ops,
	};
	if (e->channel.tenant_config) {
		e->hours = hours_read(e->channel.tenant_config, c->config->path, err);
		if (!e->hours && err->text[0])
			return err_prefix(err, "%s: .tenants.%.*s", c->config->path,
			    SLICE_ARG(e->account.tenant));
		e->channel.hours = e->hours;
	}
	e->exchange = exchange_open(&e->account, e->connector, &run);
	e->channel.ctx = network_open(e->exchange, &e->account, e->connector);
	return 0;
}

/* As the events of an account name it. */
static struct slice
channel_name(const struct account *a)
{
	return a->channel.n ? a->channel : a->name;
}

/* Does ID begin with the network and the instance of A? */
static bool
has_ids_of(const struct account *a, struct slice id)
{
	struct slice network = a->network, instance = a->instance;

	if (id.n < network.n + instance.n + 2 || !slice_starts(id, network) ||
	    id.p[network.n] != ':')
		return false;
	id.p += network.n + 1;
	id.n -= network.n + 1;
	return slice_starts(id, instance) && id.p[instance.n] == ':';
}

static struct entry *
by_name(struct channels *c, struct slice tenant, struct slice network, struct slice channel)
{
	struct entry *other = NULL;

	for (size_t i = 0; i < c->n; i++) {
		struct entry *e = c->entries[i];

		if (!e->connector || !slice_eq(e->account.network, network) ||
		    !slice_eq(channel_name(&e->account), channel))
			continue;
		if (slice_eq(e->account.tenant, tenant))
			return e;
		other = e;
	}
	return other;
}

static struct entry *
by_ids(struct channels *c, struct slice tenant, struct slice network, struct slice mention)
{
	struct entry *only = NULL;

	for (size_t i = 0; i < c->n; i++) {
		struct entry *e = c->entries[i];

		if (!e->connector || !slice_eq(e->account.network, network) ||
		    !slice_eq(e->account.tenant, tenant) || !has_ids_of(&e->account, mention))
			continue;
		if (only)
			return NULL;
		only = e;
	}
	return only;
}

static int
hand_out(struct channels *c, struct entry *e, struct channel **out, struct sme_err *err)
{
	*out = NULL;
	if (!e)
		return 0;
	if (prepare(c, e, err) < 0)
		return -1;
	*out = &e->channel;
	return 0;
}

int
channels_find(struct channels *c, struct slice tenant, struct slice network, struct slice channel,
    struct slice mention, struct channel **out, struct sme_err *err)
{
	struct entry *e;

	/* Which network an account is on only its connector may know. */
	for (size_t i = 0; i < c->n; i++)
		if (complete(c, c->entries[i], err) < 0)
			return -1;
	e = by_name(c, tenant, network, channel);
	if (!e)
		e = by_ids(c, tenant, network, mention);
	return hand_out(c, e, out, err);
}

int
channels_get(struct channels *c, struct slice name, struct channel **out, struct sme_err *err)
{
	struct entry *e = NULL;

	for (size_t i = 0; !e && i < c->n; i++)
		if (slice_eq(c->entries[i]->account.name, name))
			e = c->entries[i];
	return hand_out(c, e, out, err);
}

struct slice
channels_instance(struct channels *c, struct slice name)
{
	struct sme_err err;

	for (size_t i = 0; i < c->n; i++)
		if (slice_eq(c->entries[i]->account.name, name))
			return complete(c, c->entries[i], &err) < 0 ? (struct slice){NULL, 0} :
			                                              c->entries[i]->account.instance;
	return (struct slice){NULL, 0};
}
