/* Skills with levels: ["network:2","de"]; one without a level is of level 1. */
#include <stdlib.h>

#include "cases/cases_int.h"
#include "stream/tree.h"

struct skill {
	struct slice name;
	long level;
};

static struct skill
skill_of(struct slice text)
{
	ptrdiff_t colon = slice_find(text, SLICE(":"));

	if (colon < 0)
		return (struct skill){text, 1};
	/* A node's text has a NUL behind it. */
	return (struct skill){{text.p, (size_t)colon}, strtol(text.p + colon + 1, NULL, 10)};
}

static bool
has(const struct json_node *skills, struct skill needed)
{
	for (NODE_EACH(it, skills)) {
		struct skill s = skill_of(it->text.p ? it->text : SLICE(""));

		if (slice_eq(s.name, needed.name) && s.level >= needed.level)
			return true;
	}
	return false;
}

bool
skills_cover(struct slice have, struct slice needed)
{
	struct arena a = ARENA_INIT;
	struct sme_err err;
	const struct json_node *mine, *list;
	bool all = true;

	if (slice_is(needed, "[]"))
		return true;
	mine = json_tree(&a, have, &err);
	list = json_tree(&a, needed, &err);
	for (NODE_EACH(it, list))
		all = all && has(mine, skill_of(it->text.p ? it->text : SLICE("")));
	arena_release(&a);
	return all;
}

bool
queues_have(struct slice queues, struct slice queue)
{
	struct arena a = ARENA_INIT;
	struct sme_err err;
	const struct json_node *list;
	bool found = slice_is(queues, "[]");

	list = found ? NULL : json_tree(&a, queues, &err);
	for (NODE_EACH(it, list))
		found = found || slice_eq(it->text, queue);
	arena_release(&a);
	return found;
}
