/* What a run of sme-fetch has to tell a monitor. */
#ifndef SME_NET_FETCH_METRICS_H
#define SME_NET_FETCH_METRICS_H

#include "net/fetch.h"

/* Replace PATH by events, state and last success of each source, and what was rejected in all. */
int fetch_metrics(const char *path, const struct source *sources,
    const struct fetch_source_stat *stats, size_t n, const struct fetch_totals *totals,
    struct sme_err *err);

#endif
