/*
 * From events to records.  A collector sees every event once, in any order, and keeps what
 * stats_figures needs; what it keeps does not depend on the order.
 *
 *	plan -> stats_collector_new -> filter_run(stats_collect) -> stats_figures -> free
 */
#ifndef SME_STATS_COLLECT_H
#define SME_STATS_COLLECT_H

#include "config/config.h"
#include "stats/figures.h"
#include "stream/event.h"

struct stats_options {
	int64_t now;          /* ms: nothing later counts */
	int64_t since, until; /* ms, SINCE <= time of a mention < UNTIL; TIME_NONE: not set */
	const char *tenant;   /* only this one, or NULL */
	const char *zone;     /* --timezone, or NULL */
	size_t top;           /* rows of a ranking */
};

struct stats_collector;

/*
 * A collector whose paths are added to PLAN.  CONFIG and OPTIONS must outlive it.  NULL with ERR
 * when a time zone is unknown.
 */
struct stats_collector *stats_collector_new(const struct stats_options *options,
    const struct config *config, struct scan_plan *plan, struct sme_err *err);
void stats_collector_free(struct stats_collector *c);

/* Take in one event.  Not for several threads at once. */
void stats_collect(struct stats_collector *c, const struct event *ev);

/*
 * Work out the figures of all that was collected.  Once only.  They point into the collector and
 * into CONFIG; their memory is theirs until stats_figures_release.
 */
void stats_figures(struct stats_collector *c, struct stats_figures *f);
void stats_figures_release(struct stats_figures *f);

#endif
