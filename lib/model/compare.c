#include "model/compare.h"

#include <stdlib.h>

#include "core/mem.h"
#include "model/heads.h"
#include "stream/tree.h"

/* The number that each label of OLD has in D; -1 for those that D lacks. */
static int32_t *
translate(const struct model *old, const struct dataset *d)
{
	int32_t *to = xcalloc(old->header->labels, sizeof *to);

	for (uint32_t c = 0; c < old->header->labels; c++) {
		const union map_value *v = map_get(&d->labels, slice_of(old->names[c]));

		to[c] = v ? (int32_t)v->u : -1;
	}
	return to;
}

static void
guess_rows(
    struct model *old, const struct dataset *d, const struct guess *new, struct comparison *c)
{
	int32_t *to = translate(old, d);
	struct heads *heads = heads_new(&old, 1, HEADS_MEMORY);
	struct heads_run *run = heads_run_new(heads);

	for (size_t i = 0; i < c->n; i++) {
		const struct head_result *res = heads_predict(run, d->rows[new[i].row].text);

		c->guesses[i] = new[i];
		c->guesses[i].p = res->p;
		c->guesses[i].best = res->best < 0 ? -1 : to[res->best];
		c->foreign += res->best >= 0 && to[res->best] < 0;
	}
	heads_run_free(run);
	heads_free(heads);
	free(to);
}

/* What the file says of the rows that it has learned from. */
static bool
may_have_seen(const struct model *old, unsigned holdout)
{
	struct arena arena = ARENA_INIT;
	struct sme_err err;
	const struct json_node *meta = json_tree(&arena, old->meta, &err);
	bool apart = meta && slice_is(node_text(meta, "learned_from"), "rows not held out") &&
	             node_number(meta, "holdout", 0) >= holdout;

	arena_release(&arena);
	return !apart;
}

void
compare(struct model *old, const struct dataset *d, const struct guess *new, size_t n,
    unsigned holdout, struct comparison *c)
{
	uint32_t labels = (uint32_t)d->labels.n;

	*c = (struct comparison){.n = n, .may_have_seen = may_have_seen(old, holdout)};
	c->guesses = xcalloc(n + 1, sizeof *c->guesses);
	guess_rows(old, d, new, c);
	for (size_t i = 0; i < n; i++) {
		bool is = new[i].best == (int32_t) new[i].label;
		bool was = c->guesses[i].best == (int32_t) new[i].label;

		c->both += is && was;
		c->only_new += is && !was;
		c->only_old += !is && was;
	}
	c->old = figures_of(c->guesses, n, labels, FIGURES_ALL);
	c->chance = interval_mcnemar(c->only_new, c->only_old);
	c->difference = figures_of(new, n, labels, FIGURES_ALL).macro_f1 - c->old.macro_f1;
	c->interval = interval_difference(c->guesses, new, n, labels);
	if (c->interval.low > 0)
		c->verdict = VERDICT_BETTER;
	else if (c->interval.high < 0)
		c->verdict = VERDICT_WORSE;
}

void
comparison_release(struct comparison *c)
{
	free(c->guesses);
	*c = (struct comparison){0};
}
