#include "model/mention.h"

#include "stream/json.h"

void
mention_plan_add(struct mention_plan *m, struct scan_plan *plan)
{
	m->text = scan_plan_add(plan, "text");
	m->tenant = scan_plan_add(plan, "tenant");
	m->handle = scan_plan_add(plan, "author.handle");
	m->name = scan_plan_add(plan, "author.name");
	m->url = scan_plan_add(plan, "url");
	m->channel = scan_plan_add(plan, "channel");
	m->network = scan_plan_add(plan, "network");
	m->kind = scan_plan_add(plan, "kind");
	m->lang_hint = scan_plan_add(plan, "lang_hint");
	m->followers = scan_plan_add(plan, "author.followers");
	m->links = scan_plan_add(plan, "links");
	m->country[0] = scan_plan_add(plan, "author.country");
	m->country[1] = scan_plan_add(plan, "country");
	m->country[2] = scan_plan_add(plan, "place.country");
}

static size_t
read_links(struct mention *m, const struct json_value *list)
{
	struct json_iter it = json_each(list);
	struct json_value value;
	size_t n = 0;

	while (n < MENTION_LINKS_MAX && json_next(&it, NULL, &value))
		m->links[n++] = json_string(&value, &m->strings);
	return n;
}

void
mention_read(struct mention *m, const struct mention_plan *plan, const struct event *ev)
{
	const struct json_value *v = ev->values, *followers = &v[plan->followers];

	/* All strings together are not longer than the line, so nothing moves when one is added. */
	buf_clear(&m->strings);
	buf_reserve(&m->strings, ev->line.n + 1);
	m->text = json_string(&v[plan->text], &m->strings);
	m->tenant = json_string(&v[plan->tenant], &m->strings);
	m->fields = (struct query_fields){
	    .author = json_string(&v[plan->handle], &m->strings),
	    .author_name = json_string(&v[plan->name], &m->strings),
	    .url = json_string(&v[plan->url], &m->strings),
	    .lang = json_string(&v[plan->lang_hint], &m->strings),
	    .channel = json_string(&v[plan->channel], &m->strings),
	    .network = json_string(&v[plan->network], &m->strings),
	    .kind = json_string(&v[plan->kind], &m->strings),
	    .links = m->links,
	    .nlinks = read_links(m, &v[plan->links]),
	    .has_followers = followers->type == JSON_NUMBER,
	    .followers = json_number(followers, 0),
	};
	for (size_t i = 0; i < 3; i++)
		m->fields.country[i] = json_string(&v[plan->country[i]], &m->strings);
}

void
mention_release(struct mention *m)
{
	buf_release(&m->strings);
}
