/*
 * From the probabilities of a head to its answer: the calibration table, then thresholds.
 *
 * The table says how often the likeliest label is right that gets a probability of so much; the
 * other labels share what is left.  It never takes the lead away from the likeliest label.
 *
 * A label with a threshold wins exactly when its probability reaches it; of several the one that is
 * furthest above its own, as a ratio.  Else the likeliest of the labels without a threshold wins.
 */
#ifndef SME_MODEL_DECIDE_H
#define SME_MODEL_DECIDE_H

#include "model/model.h"

/* What the table of N knots makes of P; straight lines from (0, 0) through the knots to (1, 1). */
double decide_table(const struct model_knot *knots, unsigned n, double p);

/*
 * Calibrate PROBS, which add up to 1 and of which BEST is the largest, and give the label that
 * wins.  When all labels have thresholds and none reaches its own, that is BEST.
 */
int decide(const struct model *m, double *probs, int best);

/* The probability from which label LABEL is given as an answer: its threshold, or what the model
 * asks of all others. */
double decide_floor(const struct model *m, int label);

#endif
