#include "reply/snippets.h"

#include <stdio.h>
#include <string.h>

static const struct brand unknown;

/* What is wrong stands in MEMBER of the tenant; ERR has the rest of the text. */
static int
wrong(const struct config *c, const struct brand *b, const char *member, struct sme_err *err)
{
	char text[sizeof err->text];

	memcpy(text, err->text, sizeof text);
	return err_set(err, SME_CONFIG, "%s: .tenants.%.*s%s%s", c->path,
	    SLICE_ARG(b->tenant->key), member, text);
}

static int
read_snippet(struct brands *all, const struct brand *b, const struct json_node *node,
    const struct config *config, struct scan_plan *plan, struct sme_err *err)
{
	struct snippet *s = &b->snippets[b->n];
	struct slice when = node_text(node, "when");
	char member[64];

	*s = (struct snippet){.name = node_text(node, "name"),
	    .lang = node_text(node, "lang"),
	    .intent = node_text(node, "intent"),
	    .topic = node_text(node, "topic"),
	    .automatic = node_bool(node, "auto", false),
	    .id = all->nsnippets};
	if (when.p && !(s->when = expr_compile_checked(when.p, plan, err))) {
		snprintf(member, sizeof member, ".snippets[%zu].when: ", b->n);
		return wrong(config, b, member, err);
	}
	if (template_compile(&all->arena, node_text(node, "text"), &s->text, err) < 0) {
		snprintf(member, sizeof member, ".snippets[%zu].text: ", b->n);
		return wrong(config, b, member, err);
	}
	return 0;
}

static int
read_snippets(struct brands *all, struct brand *b, const struct config *config,
    struct scan_plan *plan, struct sme_err *err)
{
	const struct json_node *list = node_get(b->tenant, "snippets");

	b->snippets = arena_zalloc(&all->arena, (list ? list->count : 0) * sizeof *b->snippets + 1);
	for (NODE_EACH(it, list)) {
		int r = read_snippet(all, b, it, config, plan, err);

		/* Counted even when its text is wrong, so that its condition is freed. */
		b->n++;
		all->nsnippets++;
		if (r < 0)
			return -1;
	}
	return 0;
}

static int
read_brand(struct brands *all, struct brand *b, const struct config *config,
    struct scan_plan *plan, struct sme_err *err)
{
	struct slice zone = node_text(b->tenant, "timezone");

	if (read_snippets(all, b, config, plan, err) < 0)
		return -1;
	if (zone.p && !(b->zone = zone_open(zone, err)))
		return wrong(config, b, ".timezone: ", err);
	b->hours = hours_read(b->tenant, config->path, err);
	return b->hours || !err->text[0] ? 0 : wrong(config, b, "", err);
}

int
brands_open(struct brands *b, const struct config *config, struct scan_plan *plan,
    struct sme_err *err)
{
	*b = (struct brands){0};
	for (NODE_EACH(it, node_get(config->root, "tenants"))) {
		struct brand *one = arena_zalloc(&b->arena, sizeof *one);

		one->tenant = it;
		map_put(&b->by_tenant, it->key)->ptr = one;
		if (read_brand(b, one, config, plan, err) < 0)
			return -1;
	}
	return 0;
}

void
brands_close(struct brands *b)
{
	for (size_t i = 0; i < b->by_tenant.n; i++) {
		struct brand *one = b->by_tenant.items[i].value.ptr;

		for (size_t s = 0; s < one->n; s++)
			expr_free(one->snippets[s].when);
		zone_close(one->zone);
		hours_free(one->hours);
	}
	map_release(&b->by_tenant);
	arena_release(&b->arena);
}

const struct brand *
brands_get(const struct brands *b, struct slice id)
{
	const struct brand *one = map_ptr(&b->by_tenant, id);

	return one ? one : &unknown;
}
