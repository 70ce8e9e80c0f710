/* What a collector holds.  For the files of this room only. */
#ifndef SME_STATS_COLLECTOR_H
#define SME_STATS_COLLECTOR_H

#include "clock/hours.h"
#include "clock/zone.h"
#include "core/map.h"
#include "stats/collect.h"
#include "stats/store.h"

enum stats_event { STATS_MENTION, STATS_REPLY, STATS_DELETE, STATS_OTHER };

/* A tenant that is configured or occurs in the events. */
struct stats_tenant {
	struct slice id, name;
	struct slice zone_name;
	const struct zone *zone;        /* its own or UTC */
	const struct json_node *config; /* its object in the configuration, or NULL */
	struct hours *hours;            /* NULL: it has none and is always open */
};

struct stats_author {
	struct slice label;
	int64_t label_time; /* of the mention that gave the label; the latest one gives it */
	int64_t followers;  /* the most that were seen, or -1 */
	uint32_t network;
};

/* An answer by a reply event; those by own mentions are found at the end. */
struct stats_answer {
	struct stats_key self;
	struct stats_key key; /* of the mention that is answered */
	int64_t time;
	uint32_t rec; /* 1 + its index, found at the end; 0 when there is no such mention */
	uint8_t by;
};

struct stats_keys {
	struct stats_key *keys;
	size_t n, cap;
};

struct stats_collector {
	const struct stats_options *options;
	const char *config_path;
	int *index; /* of each path in the plan */

	struct stats_store store;
	uint32_t *tags; /* name numbers, see stats_rec.tags */
	size_t ntags, tags_cap;
	struct stats_keys links, deletes;
	struct stats_answer *answers;
	size_t nanswers, answers_cap;

	/* Names by number; the value of a map's item is 1 + the number. */
	struct map networks, langs, queues, tagnames[STATS_TAGS], tenant_ids, author_ids;
	struct stats_tenant *tenants;
	size_t ntenants, tenants_cap;
	struct stats_author *authors;
	size_t nauthors, authors_cap;

	struct map zones;       /* struct zone * by name */
	struct slice zone_name; /* --timezone or UTC */
	const struct zone *zone;
	struct arena arena;
	struct buf scratch[2];
	uint64_t events[4], outside;
};

/* The number of NAME in M, added when it is new. */
uint32_t stats_name(struct map *m, struct slice name);

/* The number of tenant ID; a new one gets a place, in UTC until it is told otherwise. */
uint32_t stats_tenant_number(struct stats_collector *c, struct slice id);

/* collect.c: add what it reads of an event to PLAN; the index of each path there. */
int *stats_plan_paths(struct scan_plan *plan);

/* The zone NAME, opened once.  NULL with ERR. */
const struct zone *stats_zone(struct stats_collector *c, struct slice name, struct sme_err *err);

/* answers.c: find what was answered, deleted and is open.  Sorts c->answers by mention and time. */
void stats_settle(struct stats_collector *c);

/* series.c: hours, days, the week and the bursts of the N mentions in ORDER. */
void stats_series(struct stats_collector *c, struct stats_section *s, const uint32_t *order,
    size_t n, struct arena *arena);

/* answers.c: the answer times of the N answered mentions in ANSWERED. */
void stats_answer_times(const struct stats_collector *c, struct stats_section *s,
    const uint32_t *answered, size_t n);

/* N times, sorted here, as figures. */
struct stats_times stats_times_of(int64_t *times, size_t n);

/* Count REC in COUNT. */
static inline void
stats_count_add(struct stats_count *count, const struct stats_rec *rec)
{
	count->mentions++;
	count->sentiment[rec->sentiment]++;
	count->open += !!(rec->flags & STATS_OPEN);
	count->overdue += !!(rec->flags & STATS_OVERDUE);
	count->answered += !!(rec->flags & STATS_ANSWERED);
}

/* What the first answer to REC took, in ms; TIME_NONE without an answer or its time. */
int64_t stats_answer_time(const struct stats_collector *c, const struct stats_rec *rec);

/* ranks.c */
struct stats_ranker;

struct stats_ranker *stats_ranker_new(const struct stats_collector *c);
void stats_ranker_free(struct stats_ranker *r);

/* The rankings of the N mentions in ORDER. */
void stats_rank(struct stats_ranker *r, struct stats_section *s, const uint32_t *order, size_t n,
    struct arena *arena);

/* The medians of networks and queues that are ranked, from the N answered mentions in ANSWERED. */
void stats_rank_medians(const struct stats_ranker *r, struct stats_section *s,
    const uint32_t *answered, size_t n);

#endif
