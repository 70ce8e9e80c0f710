#include "route/policy.h"

#include <stdio.h>
#include <string.h>

#include "core/rfc3339.h"

static const struct queue inbox = {.name = {"inbox", 5}};

/* What is wrong stands in MEMBER of the tenant; ERR has the rest of the text. */
static int
wrong(const struct config *c, const struct policy *p, const char *member, struct sme_err *err)
{
	char text[sizeof err->text];

	memcpy(text, err->text, sizeof text);
	return err_set(err, SME_CONFIG, "%s: .tenants.%.*s%s%s", c->path,
	    SLICE_ARG(p->tenant->key), member, text);
}

static struct sla
read_sla(struct arena *a, const struct json_node *node)
{
	struct sla sla = {config_duration(node, "sla", -1), {NULL, 0}};
	struct buf text = BUF_INIT;

	if (sla.ms >= 0) {
		duration_put(&text, sla.ms);
		sla.text = arena_dup(a, buf_slice(&text));
	}
	buf_release(&text);
	return sla;
}

static enum sla_clock
read_clock(const struct json_node *node)
{
	struct slice word = node_text(node, "clock");

	if (!word.p)
		return CLOCK_UNSAID;
	return slice_is(word, "business") ? CLOCK_BUSINESS : CLOCK_WALL;
}

static const struct calendar *
find_calendar(const struct policy *p, struct slice name)
{
	for (size_t i = 0; i < p->ncalendars; i++)
		if (slice_eq(p->calendars[i].name, name))
			return &p->calendars[i];
	return NULL;
}

/* A calendar without a zone of its own keeps the tenant's. */
static struct hours *
read_hours(const struct policy *p, const struct json_node *node, const struct config *config,
    struct sme_err *err)
{
	struct slice zone = node_text(node, "timezone");

	if (!zone.p)
		zone = node_text(p->tenant, "timezone");
	return hours_read_in(node, zone, config->path, err);
}

static int
read_calendars(struct arena *a, struct policy *p, const struct config *config, struct sme_err *err)
{
	const struct json_node *list = node_get(p->tenant, "calendars");
	struct buf member = BUF_INIT;
	int r = 0;

	p->calendars = arena_zalloc(a, (list ? list->count : 0) * sizeof *p->calendars + 1);
	for (NODE_EACH(it, list)) {
		struct calendar *c = &p->calendars[p->ncalendars++];

		c->name = it->key;
		c->channels = node_get(it, "channels");
		c->hours = read_hours(p, it, config, err);
		if (!c->hours && err->text[0]) {
			buf_printf(&member, ".calendars.%s", it->key.p);
			r = wrong(config, p, buf_str(&member), err);
			break;
		}
	}
	buf_release(&member);
	return r;
}

static void
read_queues(struct arena *a, struct policy *p)
{
	const struct json_node *list = node_get(p->tenant, "queues");
	struct queue *queues;

	if (!list || !list->count) {
		p->queues = &inbox;
		p->nqueues = 1;
		return;
	}
	queues = arena_zalloc(a, list->count * sizeof *queues);
	for (NODE_EACH(it, list))
		queues[p->nqueues++] = (struct queue){.name = node_text(it, "name"),
		    .skills = node_get(it, "skills"),
		    .sla = read_sla(a, it),
		    .clock = read_clock(it),
		    .calendar = find_calendar(p, node_text(it, "calendar")),
		    .relax = node_get(it, "relax"),
		    .overflow = node_get(it, "overflow")};
	p->queues = queues;
}

static const struct queue *
find_queue(const struct policy *p, struct slice name)
{
	for (size_t i = 0; i < p->nqueues; i++)
		if (slice_eq(p->queues[i].name, name))
			return &p->queues[i];
	return NULL;
}

static struct rule
read_rule(struct arena *a, const struct policy *p, const struct json_node *node)
{
	return (struct rule){.name = node_text(node, "name"),
	    .queue = find_queue(p, node_text(node, "queue")),
	    .skills = node_get(node, "skills"),
	    .sla = read_sla(a, node),
	    .clock = read_clock(node),
	    .calendar = find_calendar(p, node_text(node, "calendar")),
	    .priority = node_number(node, "priority", 0),
	    .action = node_text(node, "action")};
}

static int
read_rules(struct policies *all, struct policy *p, const struct config *config,
    struct scan_plan *plan, struct sme_err *err)
{
	const struct json_node *list = node_get(p->tenant, "rules");

	p->rules = arena_zalloc(&all->arena, (list ? list->count : 0) * sizeof *p->rules + 1);
	for (NODE_EACH(it, list)) {
		struct slice when = node_text(it, "when");
		struct rule *rule = &p->rules[p->nrules];
		char member[64];

		*rule = read_rule(&all->arena, p, it);
		rule->id = all->nrules++;
		if (when.p && !(rule->when = expr_compile_checked(when.p, plan, err))) {
			snprintf(member, sizeof member, ".rules[%zu].when: ", p->nrules);
			return wrong(config, p, member, err);
		}
		p->nrules++;
	}
	return 0;
}

static int
read_policy(struct policies *all, struct policy *p, const struct config *config,
    struct scan_plan *plan, struct sme_err *err)
{
	p->all = slice_is(node_text(p->tenant, "match"), "all");
	p->clock = read_clock(p->tenant);
	if (read_calendars(&all->arena, p, config, err) < 0)
		return -1;
	read_queues(&all->arena, p);
	if (read_rules(all, p, config, plan, err) < 0)
		return -1;
	p->hours = hours_read(p->tenant, config->path, err);
	return p->hours || !err->text[0] ? 0 : wrong(config, p, "", err);
}

int
policies_open(struct policies *p, const struct config *config, struct scan_plan *plan,
    struct sme_err *err)
{
	*p = (struct policies){.fallback = {.queues = &inbox, .nqueues = 1}};
	for (NODE_EACH(it, node_get(config->root, "tenants"))) {
		struct policy *one = arena_zalloc(&p->arena, sizeof *one);

		one->tenant = it;
		map_put(&p->by_tenant, it->key)->ptr = one;
		if (read_policy(p, one, config, plan, err) < 0)
			return -1;
	}
	return 0;
}

void
policies_close(struct policies *p)
{
	for (size_t i = 0; i < p->by_tenant.n; i++) {
		struct policy *one = p->by_tenant.items[i].value.ptr;

		for (size_t r = 0; r < one->nrules; r++)
			expr_free(one->rules[r].when);
		hours_free(one->hours);
		for (size_t k = 0; k < one->ncalendars; k++)
			hours_free(one->calendars[k].hours);
	}
	map_release(&p->by_tenant);
	arena_release(&p->arena);
}
