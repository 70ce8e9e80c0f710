/* Thresholds of a model in training, chosen on the tuning rows. */
#include <stdlib.h>

#include "core/mem.h"
#include "model/train_int.h"

/* With fewer rows of the label, the costs alone say more than the rows. */
#define AIM_ROWS 10

/* Of every row held out, what the model says of the labels that are aimed at. */
static void
score_rows(const struct training *t, struct trial *tr, struct aim_result *results)
{
	for (size_t i = 0; i < t->d->n; i++) {
		const struct sample *s = &t->d->rows[i];
		const struct head_result *res;

		if (s->part == PART_TRAIN)
			continue;
		res = heads_predict(tr->run, s->text);
		for (size_t a = 0; a < t->o->aims_n; a++) {
			struct aim_result *r = &results[a];
			struct scored row = {
			    res->probs[t->o->aims[a].label], s->label == t->o->aims[a].label};

			if (s->part == PART_TUNE)
				r->tune[r->tune_n++] = row;
			else
				r->test[r->test_n++] = row;
		}
	}
}

static void
choose(const struct train_aim *aim, struct aim_result *r)
{
	size_t of = threshold_at(r->tune, r->tune_n, 0).of;

	threshold_sort(r->tune, r->tune_n);
	threshold_sort(r->test, r->test_n);
	r->few = of < AIM_ROWS;
	if (aim->recall > 0)
		r->threshold = threshold_by_recall(r->tune, r->tune_n, aim->recall);
	else if (r->few)
		r->threshold = threshold_of_costs(aim->miss, aim->alarm);
	else
		r->threshold = threshold_by_cost(r->tune, r->tune_n, aim->miss, aim->alarm);
}

int
train_aim(struct training *t, const struct buf *file, struct sme_err *err)
{
	struct trial tr;

	if (trial_open(&tr, file, err) < 0)
		return -1;
	t->thresholds = xcalloc(t->d->labels.n, sizeof *t->thresholds);
	t->report->aims = xcalloc(t->o->aims_n, sizeof *t->report->aims);
	for (size_t a = 0; a < t->o->aims_n; a++) {
		t->report->aims[a].tune = xcalloc(t->d->n, sizeof(struct scored));
		t->report->aims[a].test = xcalloc(t->d->n, sizeof(struct scored));
	}
	score_rows(t, &tr, t->report->aims);
	trial_close(&tr);
	for (size_t a = 0; a < t->o->aims_n; a++) {
		choose(&t->o->aims[a], &t->report->aims[a]);
		t->thresholds[t->o->aims[a].label] = (float)t->report->aims[a].threshold;
	}
	return 0;
}
