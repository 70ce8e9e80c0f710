/* Thresholds of a model in training, chosen on the tuning rows. */
#include <stdlib.h>

#include "core/mem.h"
#include "model/train_int.h"

/* With fewer rows of the label, the costs alone say more than the rows. */
#define AIM_ROWS 10

/* Rows and what the model says of one label. */
struct rows {
	struct scored *list;
	size_t n;
};

static double
choose(const struct train_aim *aim, struct rows *rows, bool *few)
{
	threshold_sort(rows->list, rows->n);
	*few = threshold_at(rows->list, rows->n, 0).of < AIM_ROWS;
	if (aim->recall > 0)
		return threshold_by_recall(rows->list, rows->n, aim->recall);
	if (*few)
		return threshold_of_costs(aim->miss, aim->alarm);
	return threshold_by_cost(rows->list, rows->n, aim->miss, aim->alarm);
}

/* For each aim, what the model in FILE says of its label in the rows that PICK chooses. */
static int
score_rows(const struct training *t, const struct buf *file, pick_fn *pick, struct rows *to,
    struct sme_err *err)
{
	struct trial tr;

	if (trial_open(&tr, file, err) < 0)
		return -1;
	for (size_t a = 0; a < t->o->aims_n; a++)
		to[a] = (struct rows){xcalloc(t->d->n, sizeof(struct scored)), 0};
	for (size_t i = 0; i < t->d->n; i++) {
		const struct sample *s = &t->d->rows[i];
		const struct head_result *res;

		if (!pick(s))
			continue;
		res = heads_predict(tr.run, s->text);
		for (size_t a = 0; a < t->o->aims_n; a++) {
			uint32_t label = t->o->aims[a].label;

			to[a].list[to[a].n++] =
			    (struct scored){res->probs[label], s->label == label};
		}
	}
	trial_close(&tr);
	return 0;
}

static bool
in_test(const struct sample *s)
{
	return s->part == PART_TEST;
}

int
train_aim(struct training *t, const struct buf *file, struct sme_err *err)
{
	size_t n = t->o->aims_n;
	struct rows *tune = xcalloc(n, sizeof *tune), *test = xcalloc(n, sizeof *test);
	int r = score_rows(t, file, train_in_tuning, tune, err);

	if (r == 0)
		r = score_rows(t, file, in_test, test, err);
	t->thresholds = xcalloc(t->d->labels.n, sizeof *t->thresholds);
	t->report->aims = xcalloc(n, sizeof *t->report->aims);
	for (size_t a = 0; a < n; a++) {
		struct aim_result *result = &t->report->aims[a];

		result->threshold = choose(&t->o->aims[a], &tune[a], &result->few);
		result->written = result->threshold;
		threshold_sort(test[a].list, test[a].n);
		result->tune = tune[a].list;
		result->tune_n = tune[a].n;
		result->test = test[a].list;
		result->test_n = test[a].n;
		t->thresholds[t->o->aims[a].label] = (float)result->threshold;
	}
	free(tune);
	free(test);
	return r;
}

int
train_aim_again(struct training *t, const struct buf *file, struct sme_err *err)
{
	size_t n = t->o->aims_n;
	struct rows *all = xcalloc(n, sizeof *all);
	int r = score_rows(t, file, train_held_out, all, err);

	for (size_t a = 0; a < n && r == 0; a++) {
		bool few;

		t->report->aims[a].written = choose(&t->o->aims[a], &all[a], &few);
		t->thresholds[t->o->aims[a].label] = (float)t->report->aims[a].written;
	}
	for (size_t a = 0; a < n; a++)
		free(all[a].list);
	free(all);
	return r;
}
