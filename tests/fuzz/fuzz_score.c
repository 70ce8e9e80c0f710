/*
 * Any event: its score is one JSON object, and its terms add up to its priority.  The configuration
 * knows the labels "a" and "b", so that lists of labels are looked into.
 */
#include <stdlib.h>

#include "score/score.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char config_text[] =
    "{\"score\":{\"intents\":{\"a\":30},\"topics\":{\"a\":60,\"b\":-90},\"queries\":{\"b\":80},"
    "\"weights\":{\"age\":50},\"urgency\":{\"topics\":{\"b\":1},\"words\":{\"a b\":0.3}}}}";

struct rig {
	struct scan_plan *plan;
	struct score_model *model;
	struct scanner *scanner;
	void *worker;
};

static struct rig
rig_new(void)
{
	struct config c = {.arena = ARENA_INIT};
	struct rig r = {.plan = scan_plan_new()};

	c.root = json_tree(&c.arena, slice_of(config_text), NULL);
	setenv("SME_SHARE", "share", 1); /* the trees that tell bots */
	r.model = score_model_new(&c, INT64_C(1763737200000), r.plan, NULL);
	if (!r.model)
		abort();
	arena_release(&c.arena);
	r.scanner = scanner_new(r.plan);
	r.worker = score_worker_open(r.model);
	return r;
}

static void
check(struct slice text)
{
	struct arena a = ARENA_INIT;
	const struct json_node *s = json_tree(&a, text, NULL);
	double priority = node_number(s, "priority", -1), sum = 0;

	for (NODE_EACH(t, node_get(s, "why")))
		sum += t->child->next->number;
	if (!s || priority < 0 || priority > 100 || sum - priority > 1e-9 || priority - sum > 1e-9)
		abort();
	arena_release(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rig r;
	char *line = calloc(1, size + SCAN_PADDING);
	struct buf out = BUF_INIT;

	if (!r.model)
		r = rig_new();
	if (size)
		memcpy(line, data, size);
	if (scanner_scan(r.scanner, line, size) == 0) {
		struct event ev = {.line = {line, size}, .values = r.scanner->values};

		score_write(r.model, r.worker, &ev, &out);
		check(buf_slice(&out));
	}
	buf_release(&out);
	free(line);
	return 0;
}
