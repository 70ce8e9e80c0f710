/* A new model against one that is in use, on the same rows. */
#ifndef SME_MODEL_COMPARE_H
#define SME_MODEL_COMPARE_H

#include "core/err.h"
#include "model/dataset.h"
#include "model/interval.h"
#include "model/model.h"

enum verdict { VERDICT_SAME, VERDICT_BETTER, VERDICT_WORSE };

struct comparison {
	struct guess *guesses; /* the old model's, row by row those of the new one */
	size_t n;
	struct figures old;
	size_t both, only_new, only_old; /* rows that were got right */
	double chance;                   /* McNemar's test */
	double difference;               /* macro-F1 of the new model less that of the old one */
	struct interval interval;
	enum verdict verdict; /* whether that interval lies on one side of 0 */
	bool may_have_seen;   /* the old model may have learned from these rows */
	size_t foreign;       /* rows that the old model gave a label which the rows do not have */
};

/*
 * Let OLD guess the rows of D that the N guesses of NEW are about.  HOLDOUT is the share that was
 * held out: a model that held out as much has not learned from these rows, since the split goes by
 * the text.
 */
void compare(struct model *old, const struct dataset *d, const struct guess *new, size_t n,
    unsigned holdout, struct comparison *c);

void comparison_release(struct comparison *c);

#endif
