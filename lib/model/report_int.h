/* What the files of the report share; nobody else includes it. */
#ifndef SME_MODEL_REPORT_INT_H
#define SME_MODEL_REPORT_INT_H

#include "model/report.h"

/* Append NAME, which comes from outside, cut to 32 bytes and filled up to WIDTH. */
void report_name(struct buf *b, const char *name, int width);

/* The name of label number C. */
static inline const char *
report_label(const struct dataset *d, size_t c)
{
	return d->labels.items[c].key.p;
}

/* What was promised and what was kept, bin by bin. */
void report_reliability(struct buf *b, const struct train_report *r);

/* What each threshold does for the labels that were aimed at. */
void report_aims(struct buf *b, const struct dataset *d, const struct train_options *o,
    const struct train_report *r);

/* What parts of the rows teach. */
void report_curve(struct buf *b, const struct train_report *r);

#endif
