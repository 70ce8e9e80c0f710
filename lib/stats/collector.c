#include "stats/collector.h"

#include <stdlib.h>

#include "core/mem.h"

uint32_t
stats_name(struct map *m, struct slice name)
{
	union map_value *v = map_put(m, name);

	if (!v->u)
		v->u = m->n;
	return (uint32_t)v->u - 1;
}

const struct zone *
stats_zone(struct stats_collector *c, struct slice name, struct sme_err *err)
{
	union map_value *v = map_put(&c->zones, name);

	if (!v->ptr)
		v->ptr = zone_open(name, err);
	return v->ptr;
}

uint32_t
stats_tenant_number(struct stats_collector *c, struct slice id)
{
	uint32_t at = stats_name(&c->tenant_ids, id);

	if (at == c->ntenants) {
		struct slice key = c->tenant_ids.items[at].key;

		c->tenants = xgrow(c->tenants, at, &c->tenants_cap, sizeof *c->tenants);
		c->tenants[c->ntenants++] = (struct stats_tenant){
		    .id = key, .name = key, .zone_name = c->zone_name, .zone = c->zone};
	}
	return at;
}

static int
configure_tenant(struct stats_collector *c, const struct json_node *node, struct sme_err *err)
{
	uint32_t number = stats_tenant_number(c, node->key);
	struct stats_tenant *t = &c->tenants[number];
	struct slice name = node_text(node, "name"), zone = node_text(node, "timezone");

	if (name.n)
		t->name = name;
	t->config = node;
	t->hours = hours_read(node, c->config_path, err);
	if (!t->hours && err->text[0])
		return err_prefix(err, "tenant \"%.*s\"", SLICE_ARG(node->key));
	if (!zone.n || c->options->zone)
		return 0;
	t->zone_name = zone;
	t->zone = stats_zone(c, zone, err);
	return t->zone ? 0 : err_prefix(err, "tenant \"%.*s\"", SLICE_ARG(node->key));
}

struct stats_collector *
stats_collector_new(const struct stats_options *options, const struct config *config,
    struct scan_plan *plan, struct sme_err *err)
{
	struct stats_collector *c = xcalloc(1, sizeof *c);

	c->options = options;
	c->config_path = config->path;
	c->index = stats_plan_paths(plan);
	c->scratch[0] = c->scratch[1] = (struct buf)BUF_INIT;
	c->zone_name = options->zone ? slice_of(options->zone) : SLICE("UTC");
	c->zone = stats_zone(c, c->zone_name, err);
	if (!c->zone)
		goto fail;
	for (NODE_EACH(node, node_get(config->root, "tenants")))
		if (configure_tenant(c, node, err) < 0)
			goto fail;
	return c;
fail:
	stats_collector_free(c);
	return NULL;
}

void
stats_collector_free(struct stats_collector *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->ntenants; i++)
		hours_free(c->tenants[i].hours);
	for (size_t i = 0; i < c->zones.n; i++)
		zone_close(c->zones.items[i].value.ptr);
	map_release(&c->zones);
	map_release(&c->networks);
	map_release(&c->langs);
	map_release(&c->queues);
	for (size_t i = 0; i < STATS_TAGS; i++)
		map_release(&c->tagnames[i]);
	map_release(&c->tenant_ids);
	map_release(&c->author_ids);
	stats_store_release(&c->store);
	free(c->index);
	free(c->tags);
	free(c->links.keys);
	free(c->deletes.keys);
	free(c->answers);
	free(c->tenants);
	free(c->authors);
	buf_release(&c->scratch[0]);
	buf_release(&c->scratch[1]);
	arena_release(&c->arena);
	free(c);
}
