#include "sme-classify/models.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/file.h"
#include "core/mem.h"

static size_t
count(const struct json_node *list)
{
	return list ? list->count : 0;
}

/* Append the paths that the configuration names in LIST. */
static size_t
add_paths(char **to, size_t n, const struct config *config, const struct json_node *list)
{
	for (NODE_EACH(it, list))
		to[n++] = config_path(config, it->text);
	return n;
}

static void
list_tenants(struct classifier_options *o, const struct config *config)
{
	const struct json_node *tenants = node_get(config->root, "tenants");
	struct classifier_tenant *list = xcalloc(count(tenants) + 1, sizeof *list);

	for (NODE_EACH(it, tenants)) {
		const struct json_node *models = node_get(it, "models");
		struct classifier_tenant *t = &list[o->ntenants];

		if (!count(models))
			continue;
		t->id = it->key.p;
		t->paths = xcalloc(count(models), sizeof *t->paths);
		t->npaths = add_paths(t->paths, 0, config, models);
		o->ntenants++;
	}
	o->tenants = list;
}

void
models_list(struct classifier_options *o, const struct config *config, const struct cli_list *given)
{
	const struct json_node *models = node_get(config->root, "models");
	char *shipped = sme_share("models");
	char **paths = xcalloc(1 + count(models) + given->n, sizeof *paths);

	o->shipped = count(models) + given->n == 0 || access(shipped, F_OK) == 0;
	if (o->shipped)
		paths[o->npaths++] = shipped;
	else
		free(shipped);
	o->npaths = add_paths(paths, o->npaths, config, models);
	for (size_t i = 0; i < given->n; i++)
		paths[o->npaths++] = xstrdup(given->items[i]);
	o->paths = paths;
	list_tenants(o, config);
}

static void
free_paths(char **paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(paths[i]);
	free(paths);
}

void
models_release(struct classifier_options *o)
{
	for (size_t i = 0; i < o->ntenants; i++)
		free_paths(o->tenants[i].paths, o->tenants[i].npaths);
	free(o->tenants);
	free_paths(o->paths, o->npaths);
}
