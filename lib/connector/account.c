#include "connector/account.h"

#include <stdlib.h>

#include "connector/value.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/url.h"

bool
account_is(const struct json_node *source)
{
	return node_get(source, "connector") != NULL;
}

/* The directory of the configuration; without one that of the process. */
static char *
directory_of(const struct config *c)
{
	const char *slash = c->path ? strrchr(c->path, '/') : NULL;

	if (!slash)
		return xstrdup(".");
	return xstrndup(c->path, slash == c->path ? 1 : (size_t)(slash - c->path));
}

int
account_load(struct account *a, const struct config *c, const struct json_node *source,
    struct sme_err *err)
{
	struct slice ca = node_text(source, "ca");

	if (!account_is(source))
		return err_set(err, SME_CONFIG, "%s: source %s has no connector", c->path,
		    node_text(source, "name").p);
	*a = (struct account){
	    .name = node_text(source, "name"),
	    .tenant = node_text(source, "tenant"),
	    .network = node_text(source, "network"),
	    .channel = node_text(source, "channel"),
	    .instance = node_text(source, "instance"),
	    .base = node_text(source, "base"),
	    .handle = node_text(source, "handle"),
	    .connector = node_text(source, "connector"),
	    .secret = node_text(source, "secret"),
	    .settings = node_get(source, "settings"),
	    .dir = directory_of(c),
	    .ca = ca.p ? config_path(c, ca) : NULL,
	    .interval = config_duration(source, "interval", 0),
	};
	if (!a->tenant.p)
		a->tenant = SLICE("default");
	if (!a->secret.p)
		a->secret = a->name;
	for (NODE_EACH(it, node_get(source, "allow_private"))) {
		struct address_net net;

		if (address_parse(it->text, &net))
			address_list_add(&a->allowed, &net);
	}
	return 0;
}

void
account_complete(struct account *a, const struct json_node *meta)
{
	struct url u = {0};

	if (!a->network.p)
		a->network = node_text(meta, "name");
	if (!a->base.p)
		a->base = node_text(meta, "base");
	if (!a->instance.p)
		a->instance = node_text(meta, "instance");
	if (a->instance.p)
		return;
	url_split(a->base, &u);
	a->instance = u.host.n ? u.host : a->handle.p ? a->handle : a->name;
}

void
account_release(struct account *a)
{
	free(a->dir);
	free(a->ca);
	address_list_release(&a->allowed);
	*a = (struct account){0};
}

jv
account_jv(const struct account *a, int64_t now)
{
	const struct {
		const char *key;
		struct slice text;
	} members[] = {
	    {"name", a->name},
	    {"tenant", a->tenant},
	    {"network", a->network},
	    {"channel", a->channel},
	    {"instance", a->instance},
	    {"base", a->base},
	    {"handle", a->handle},
	};
	char text[RFC3339_SIZE];
	jv out = jv_object();

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		out = jv_object_set(out, jv_string(members[i].key),
		    members[i].text.p ? value_string(members[i].text) : jv_null());
	out = jv_object_set(out, jv_string("settings"),
	    a->settings ? value_of_node(a->settings) : jv_object());
	out = jv_object_set(out, jv_string("public"), jv_object());
	return jv_object_set(out, jv_string("now"), jv_string(rfc3339_format(now, text)));
}
