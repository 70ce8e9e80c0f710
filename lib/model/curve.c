/* The learning curve: would more rows help? */
#include "model/train_int.h"

/* A row's eighth goes by its text, so that a larger part holds every smaller one. */
static unsigned
eighth(const struct sample *s)
{
	return (unsigned)(s->side / 10000000 % 8);
}

static bool
first_eighth(const struct sample *s)
{
	return train_in_training(s) && eighth(s) < 1;
}

static bool
first_quarter(const struct sample *s)
{
	return train_in_training(s) && eighth(s) < 2;
}

static bool
first_half(const struct sample *s)
{
	return train_in_training(s) && eighth(s) < 4;
}

static size_t
rows_of(const struct dataset *d, pick_fn *pick)
{
	size_t n = 0;

	for (size_t i = 0; i < d->n; i++)
		n += pick(&d->rows[i]);
	return n;
}

int
train_curve(struct training *t, struct buf *out, struct sme_err *err)
{
	static const struct {
		const char *share;
		pick_fn *pick;
	} parts[CURVE_POINTS - 1] = {
	    {"1/8", first_eighth}, {"1/4", first_quarter}, {"1/2", first_half}};

	for (size_t i = 0; i < CURVE_POINTS - 1; i++) {
		struct curve_point *p = &t->report->curve[i];

		p->share = parts[i].share;
		train_prepare(t, parts[i].pick);
		p->rows = rows_of(t->d, parts[i].pick);
		if (t->m->features == 0)
			continue;
		train_learn(t);
		if (train_build(t, "", (struct slice){NULL, 0}, out, err) < 0 ||
		    train_measure(t, out, err) < 0)
			return -1;
		p->figures = t->report->all;
	}
	return 0;
}
