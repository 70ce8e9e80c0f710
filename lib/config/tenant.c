#include "config/tenant.h"

#include <stdio.h>
#include <string.h>

#include "clock/hours.h"
#include "core/buf.h"
#include "core/map.h"

static const char *
item_name(const void *list, size_t i)
{
	const struct json_node *q = ((const struct json_node *)list)->child;

	while (q && i--)
		q = q->next;
	return q ? node_text(q, "name").p : NULL;
}

static const char *
member_name(const void *map, size_t i)
{
	const struct json_node *m = ((const struct json_node *)map)->child;

	while (m && i--)
		m = m->next;
	return m ? m->key.p : NULL;
}

static const struct json_node *
find_queue(const struct json_node *list, struct slice name)
{
	for (NODE_EACH(q, list))
		if (slice_eq(node_text(q, "name"), name))
			return q;
	return NULL;
}

/* Spans that overlap, days that are no days; the error begins with the place, such as ".hours.mon[1]: ". */
static void
check_hours(struct schema_check *c, const char *sub, const struct json_node *node)
{
	struct buf place = BUF_INIT;
	struct sme_err err;
	struct hours *h = hours_read(node, c->file, &err);
	char *colon = strstr(err.text, ": ");

	if (!h && colon) {
		*colon = '\0';
		buf_printf(&place, "%s%s", sub, err.text);
		schema_error(c, buf_str(&place), "%s", colon + 2);
	}
	hours_free(h);
	buf_release(&place);
}

static void
check_calendars(struct schema_check *c, const struct json_node *tenant)
{
	struct map channels = MAP_INIT;
	struct buf sub = BUF_INIT;

	check_hours(c, "", tenant);
	for (NODE_EACH(it, node_get(tenant, "calendars"))) {
		buf_clear(&sub);
		buf_printf(&sub, ".calendars.%s", it->key.p);
		check_hours(c, buf_str(&sub), it);
		for (NODE_EACH(channel, node_get(it, "channels"))) {
			union map_value *v = map_put(&channels, channel->text);

			if (v->ptr)
				schema_error(c, buf_str(&sub), "channel \"%s\" keeps the calendar \"%s\" already",
				    channel->text.p, (const char *)v->ptr);
			v->ptr = (char *)(size_t)it->key.p;
		}
	}
	map_release(&channels);
	buf_release(&sub);
}

static void
check_queue_name(struct schema_check *c, const char *sub, const struct json_node *queues,
    struct slice name)
{
	bool some = queues && queues->count;
	const char *near;

	if (!name.p || find_queue(queues, name) || (!some && slice_is(name, "inbox")))
		return;
	near = some ? schema_nearest(name, item_name, queues) : "inbox";
	schema_error(c, sub, "no queue \"%.*s\" in .queues%s%s%s", SLICE_ARG(name),
	    near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static void
check_calendar_name(struct schema_check *c, const char *sub, const struct json_node *calendars,
    struct slice name)
{
	const char *near;

	if (!name.p || node_get(calendars, name.p))
		return;
	near = calendars ? schema_nearest(name, member_name, calendars) : NULL;
	schema_error(c, sub, "no calendar \"%.*s\" in .calendars%s%s%s", SLICE_ARG(name),
	    near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

/* Where a mention that nobody takes goes on, it must not come back. */
static void
check_circle(struct schema_check *c, const struct json_node *queues, const struct json_node *start,
    size_t i)
{
	struct buf way = BUF_INIT;
	const struct json_node *q = start;
	char sub[48];

	buf_adds(&way, node_text(start, "name"));
	for (size_t step = 0; q && step <= queues->count; step++) {
		q = find_queue(queues, node_text(node_get(q, "overflow"), "queue"));
		if (!q)
			break;
		buf_printf(&way, " -> %s", node_text(q, "name").p);
		if (q != start)
			continue;
		snprintf(sub, sizeof sub, ".queues[%zu].overflow", i);
		schema_error(c, sub, "what overflows comes back: %s", buf_str(&way));
		break;
	}
	buf_release(&way);
}

static void
check_queues(struct schema_check *c, const struct json_node *tenant)
{
	const struct json_node *queues = node_get(tenant, "queues");
	size_t i = 0;
	char sub[64];

	for (NODE_EACH(it, queues)) {
		snprintf(sub, sizeof sub, ".queues[%zu].calendar", i);
		check_calendar_name(c, sub, node_get(tenant, "calendars"), node_text(it, "calendar"));
		snprintf(sub, sizeof sub, ".queues[%zu].overflow.queue", i);
		check_queue_name(c, sub, queues, node_text(node_get(it, "overflow"), "queue"));
		check_circle(c, queues, it, i);
		i++;
	}
}

/* With "first", what stands behind a rule that always holds, or repeats a condition, is never reached. */
static void
check_reach(struct schema_check *c, const struct json_node *tenant)
{
	struct map seen = MAP_INIT;
	size_t i = 0;
	char sub[48];

	if (slice_is(node_text(tenant, "match"), "all"))
		return;
	for (NODE_EACH(it, node_get(tenant, "rules"))) {
		struct slice when = node_text(it, "when");
		union map_value *always = map_get(&seen, SLICE("")), *same = NULL;

		if (!always)
			same = map_put(&seen, when.p ? slice_trim(when) : SLICE(""));
		snprintf(sub, sizeof sub, ".rules[%zu]", i++);
		if (always)
			schema_error(c, sub, "is never reached: rules[%zu] always holds",
			    (size_t)always->u - 1);
		else if (same->u)
			schema_error(c, sub, "is never reached: rules[%zu] has the same condition",
			    (size_t)same->u - 1);
		else
			same->u = i;
		if (always)
			break;
	}
	map_release(&seen);
}

void
tenant_cross(struct schema_check *c, const struct json_node *tenant)
{
	const struct json_node *queues = node_get(tenant, "queues");
	size_t i = 0;
	char sub[48];

	if (c->deep)
		check_calendars(c, tenant);
	check_queues(c, tenant);
	check_reach(c, tenant);
	for (NODE_EACH(it, node_get(tenant, "rules"))) {
		snprintf(sub, sizeof sub, ".rules[%zu].queue", i);
		check_queue_name(c, sub, queues, node_text(it, "queue"));
		snprintf(sub, sizeof sub, ".rules[%zu].calendar", i++);
		check_calendar_name(c, sub, node_get(tenant, "calendars"), node_text(it, "calendar"));
	}
}
