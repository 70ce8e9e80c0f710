/* What sme-train tells people about a model. */
#ifndef SME_MODEL_REPORT_H
#define SME_MODEL_REPORT_H

#include "core/buf.h"
#include "model/dataset.h"
#include "model/train.h"

/* Append figures, calibration, the labels, and what was mistaken for what, as plain text.
 * BY: also figures for each value of the group key. */
void report_put(struct buf *b, const struct dataset *d, const struct train_options *o,
    const struct train_report *r, bool by);

#endif
