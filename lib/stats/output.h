/* The figures as a table, as JSON and as a page.  Each appends to a buffer and computes nothing. */
#ifndef SME_STATS_OUTPUT_H
#define SME_STATS_OUTPUT_H

#include "core/buf.h"
#include "stats/figures.h"
#include "stats/text.h"

/* At most 25 lines of about 80 columns. */
void stats_put_summary(struct buf *b, const struct stats_figures *f, enum stats_lang lang);

/* One object on one line; the order of keys is fixed, see sme-stats(1). */
void stats_put_json(struct buf *b, const struct stats_figures *f);

/* One page of HTML that is well-formed XML and needs nothing else. */
void stats_put_page(struct buf *b, const struct stats_figures *f, enum stats_lang lang);

#endif
