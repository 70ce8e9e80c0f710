/* What of a mention is classified and what queries look at. */
#ifndef SME_MODEL_MENTION_H
#define SME_MODEL_MENTION_H

#include "core/buf.h"
#include "stream/event.h"
#include "text/query.h"

/* So many links of a mention are looked at. */
#define MENTION_LINKS_MAX 64

/* Where the members are in an event's values. */
struct mention_plan {
	int text, tenant, handle, name, url, channel, network, kind, lang_hint, followers, links;
	int country[3];
};

void mention_plan_add(struct mention_plan *m, struct scan_plan *plan);

/* A mention as it was read; lives in the event's line and in its own memory, until the next one. */
struct mention {
	struct slice text, tenant;  /* p == NULL: there is none */
	struct query_fields fields; /* lang is lang_hint */
	struct slice links[MENTION_LINKS_MAX];
	struct buf strings; /* decoded values */
};

/* Starts as {.strings = BUF_INIT}.  Whatever the event holds; what is of another type is missing.
 */
void mention_read(struct mention *m, const struct mention_plan *plan, const struct event *ev);
void mention_release(struct mention *m);

#endif
