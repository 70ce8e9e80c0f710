/*
 * Private to lib/model: a head made of experts, one for each kind of text that its rows came in
 * (Jacobs, Jordan, Nowlan and Hinton 1991).  What the labels mean differs from kind to kind: the
 * share of each label does, and what a word says.  An expert gives the probabilities of the labels
 * in a text of its kind, a gate those of the kinds, and both together
 *
 *	p(label) = sum over kinds of p(kind) p(label in that kind)
 *
 * Columns, of sums and of weights: the labels of the first expert, of the second ..., then the
 * kinds.
 */
#ifndef SME_MODEL_EXPERTS_H
#define SME_MODEL_EXPERTS_H

#include "model/model.h"

/* Into WORK, of WEIGH_LANES more places than there are columns, goes what exp_minus is to raise:
 * *N numbers.  -1, and none, for a text with no HITS. */
int experts_begin(
    const struct model *m, const int32_t *sums, uint32_t hits, double *work, uint32_t *n);

/* From WORK, raised, to PROBS[labels] at the head's temperature; returns the likeliest label. */
int experts_end(const struct model *m, const double *work, double *probs);

/* From the SCORES of all columns, with WEIGH_LANES places more, to PROBS[labels] at a temperature
 * of
 * 1.  The scores are lost.  Returns the likeliest label. */
int experts_mix(double *scores, uint32_t labels, uint32_t experts, double *probs);

/* How likely each kind is: GATES[experts]. */
void experts_gates(const struct model *m, const int32_t *sums, uint32_t hits, double *gates);

#endif
