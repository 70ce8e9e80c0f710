/* What sme-train tells people about a model. */
#ifndef SME_MODEL_REPORT_H
#define SME_MODEL_REPORT_H

#include "core/buf.h"
#include "model/compare.h"
#include "model/dataset.h"
#include "model/train.h"

/* Append figures, calibration, the labels, and what was mistaken for what, as plain text.
 * BY: also figures for each value of the group key. */
void report_put(struct buf *b, const struct dataset *d, const struct train_options *o,
    const struct train_report *r, bool by);

/* Append how the new model does against the one in use, which OLD names, label by label, and the
 * verdict as the last line. */
void report_put_comparison(struct buf *b, const struct dataset *d, const struct train_report *r,
    const struct comparison *c, const char *old);

/* Append the rows held out that R got wrong, one JSON object a line, those first that it was surest
 * of. */
void report_put_misses(struct buf *b, const struct dataset *d, const struct train_report *r);

#endif
