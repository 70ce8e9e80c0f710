/* What is remembered of each mention: a fixed-size record, found by the hash of tenant and id. */
#ifndef SME_STATS_STORE_H
#define SME_STATS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

/* 128 bits of tenant and id: among 10 million ids the chance of one collision is below 1e-24. */
struct stats_key {
	uint64_t a, b;
};

struct stats_key stats_key(struct slice tenant, struct slice id);

/* "No such name", of an author, network, language or queue. */
#define STATS_NAME_NONE UINT32_MAX

enum stats_tag { STATS_TOPIC, STATS_KEYWORD, STATS_QUERY, STATS_TAGS };

enum stats_flag {
	STATS_OWN = 1,       /* by one of the tenant's accounts */
	STATS_DIRECT = 2,    /* a private message */
	STATS_ASKS = 4,      /* needs an answer */
	STATS_IGNORED = 8,   /* the route says it needs none */
	STATS_DELETED = 16,
	STATS_OPEN = 32,     /* found at the end, as the following */
	STATS_ANSWERED = 64,
	STATS_OVERDUE = 128,
	STATS_BOT = 256,     /* the author is marked as a bot */
	STATS_OUTSIDE = 512  /* outside the window: an own post, kept for what it answers */
};

struct stats_rec {
	struct stats_key key;
	int64_t time;  /* ms, or TIME_NONE */
	int64_t due;   /* ms, or TIME_NONE */
	uint64_t tie;  /* hash of the line: decides between versions that are otherwise equal */
	uint32_t revision;
	uint32_t tenant, author, network, lang, queue;
	uint32_t link;   /* 1 + index of what it replies to, or 0 */
	uint32_t answer; /* 1 + index of its first answer, or 0; found at the end */
	uint32_t tags;   /* where its topics, keywords and queries begin in the pool */
	uint16_t ntags[STATS_TAGS];
	uint16_t flags;
	int16_t score; /* sentiment in 1/10000, or STATS_SCORE_NONE */
	uint8_t sentiment, draft;
	int8_t reach;    /* 0 to 100, or -1 */
	uint8_t stages;  /* how many of class, score, route and reply it carries */
};

#define STATS_SCORE_NONE INT16_MIN

struct stats_store {
	struct stats_rec *recs;
	size_t n, cap;
	uint64_t *slots; /* upper half of the hash, lower half index + 1; 0 = free */
	size_t mask;
};

/* The record of KEY, or NULL. */
struct stats_rec *stats_store_get(const struct stats_store *s, struct stats_key key);

/* The record of KEY, *FRESH when it was added just now (zero but for its key).  Valid until the
 * next stats_store_put. */
struct stats_rec *stats_store_put(struct stats_store *s, struct stats_key key, bool *fresh);

void stats_store_release(struct stats_store *s);

#endif
