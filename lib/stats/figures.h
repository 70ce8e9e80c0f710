/*
 * The figures of a report.  The table, the JSON and the page print this struct and compute nothing
 * of their own, so they cannot differ.  What each figure means is written down in sme-stats(1),
 * DEFINITIONS; this header only names units.
 */
#ifndef SME_STATS_FIGURES_H
#define SME_STATS_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/slice.h"

struct zone;

/* STATS_UNCLEAR: judged, but with none of the three labels; STATS_UNKNOWN: not judged. */
enum stats_sentiment {
	STATS_NEGATIVE,
	STATS_NEUTRAL,
	STATS_POSITIVE,
	STATS_UNCLEAR,
	STATS_UNKNOWN,
	STATS_SENTIMENTS
};

/* Who answered.  STATS_BY_UNKNOWN: the event does not say. */
enum stats_by { STATS_BY_AUTOMATIC, STATS_BY_HUMAN, STATS_BY_UNKNOWN, STATS_BYS };

/* The state of the key that sme-reply adds. */
enum stats_draft {
	STATS_DRAFT_NONE,
	STATS_DRAFT_SUGGESTED,
	STATS_DRAFT_APPROVED,
	STATS_DRAFT_HELD,
	STATS_DRAFTS
};

/* Answer times up to this many minutes; one more class takes what is longer. */
#define STATS_TIME_LIMITS {5, 15, 30, 60, 120, 240, 480, 1440}
#define STATS_TIME_BINS 9

/* Hours and days are kept for this long before the last mention; bursts need so many other days. */
#define STATS_DAYS_MAX 400
#define STATS_BURST_DAYS 4
#define STATS_BURSTS_MAX 10

/* Mentions, by sentiment and by what became of them. */
struct stats_count {
	uint32_t mentions;
	uint32_t sentiment[STATS_SENTIMENTS];
	uint32_t open, overdue, answered;
};

struct stats_row {
	struct slice name;    /* text from outside, uncleaned */
	struct slice network; /* of an author, else empty */
	struct stats_count count;
	int reach;          /* the highest score.reach, 0 to 100, or -1 */
	int64_t followers;  /* of an author, or -1 */
	int64_t median;     /* answer time in ms, or TIME_NONE; networks and queues only */
};

/* A ranking: the first rows, and how much stands behind them. */
struct stats_list {
	struct stats_row *rows;
	size_t n;
	uint64_t distinct; /* names in all */
	uint64_t mentions; /* mentions that have such a name */
};

/* Answer times in ms.  Without any (n == 0) the others are 0. */
struct stats_times {
	uint64_t n;
	int64_t median, p90, max;
	double mean;
};

struct stats_hour {
	int64_t start; /* ms */
	int64_t day;   /* local, days since 1970 */
	uint8_t hour;  /* local, 0 to 23 */
	bool burst;
	struct stats_count count;
	double usual; /* mean of the same hour on the other days; -1 when there are too few */
};

struct stats_day {
	int64_t day; /* local, days since 1970 */
	struct stats_count count;
	int64_t score_sum; /* sentiment scores in 1/10000 */
	uint64_t scores;
};

struct stats_burst {
	int64_t start, end; /* ms; END is the end of its last hour */
	struct stats_count count;
	double usual;
	struct slice topic, network; /* what most of its mentions have; empty when unknown */
	uint32_t topic_mentions, network_mentions;
};

/* One tenant, or all of them. */
struct stats_section {
	struct slice tenant; /* empty with p == NULL: all tenants */
	struct slice name;   /* as configured, or the tenant's id */
	struct slice zone_name;
	const struct zone *zone;
	int64_t first, last; /* the first and last mention, ms, or TIME_NONE */

	struct stats_count count;
	uint64_t own, edited, deleted, direct, undated, earlier;
	uint64_t scores;
	int64_t score_sum; /* sentiment scores in 1/10000 */
	uint64_t reaches, reach_sum;

	uint64_t in_time, late;  /* answered before or after route.due_at */
	int64_t oldest_open;     /* ms, or TIME_NONE */
	uint64_t drafts[STATS_DRAFTS];

	struct stats_times times;                      /* to the first answer */
	struct stats_times times_by[STATS_BYS];        /* to the first answer of that kind */
	struct stats_times times_open; /* to the first answer, in the open hours of tenants that have some */
	uint64_t time_bins[STATS_TIME_BINS][STATS_BYS]; /* first answers, by who gave them */

	struct stats_hour *hours; /* without gaps */
	size_t nhours;
	struct stats_day *days; /* without gaps */
	size_t ndays;
	uint64_t week[7][24]; /* Monday first */
	struct stats_burst bursts[STATS_BURSTS_MAX];
	size_t nbursts, bursts_more;

	struct stats_list networks, languages, queues;
	struct stats_list topics, keywords, queries;
	struct stats_list authors, reach; /* by mentions; by reach */
};

struct stats_figures {
	int64_t now, since, until; /* ms; SINCE may be TIME_NONE */
	uint64_t events[4];        /* lines: mention, reply, delete, other */
	uint64_t outside;          /* mention lines outside the window */
	struct stats_section all;
	struct stats_section *tenants; /* by mentions, then id; the one there is, if only one */
	size_t ntenants, tenants_more;
	struct arena arena;
};

/* The share A of B, 0 when B is 0. */
static inline double
stats_share(uint64_t a, uint64_t b)
{
	return b ? (double)a / (double)b : 0;
}

/* Mentions that carry a sentiment: what shares are of. */
static inline uint64_t
stats_judged(const struct stats_count *c)
{
	return c->mentions - c->sentiment[STATS_UNKNOWN];
}

#endif
