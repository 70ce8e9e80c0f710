/*
 * The hidden units of a head at work: private to lib/model.  Rectified linear units; all additions
 * are in a fixed order, so that the same text gives the same scores on every machine.
 */
#ifndef SME_MODEL_HIDDEN_H
#define SME_MODEL_HIDDEN_H

#include "model/model.h"

/* What the units of M, which the text's HITS features add up to SUMS for, add to the scores of the
 * labels: SCORES[label_places].  ACTIVITY has room for all units. */
void hidden_scores(
    const struct model *m, const int32_t *sums, uint32_t hits, float *activity, float *scores);

/* For each unit, by how much one more in its sum raises LABEL's score over the mean of the others,
 * times the square root of HITS: 0 for units that are not active. */
void hidden_slopes(
    const struct model *m, const int32_t *sums, uint32_t hits, int label, float *slopes);

#endif
