/*
 * What a connector's `event` says of one record, a partial event, as the line of sme-event(5): ids
 * made whole, HTML made text, times made RFC 3339, the rest in its order.
 */
#ifndef SME_CONNECTOR_EVENT_LINE_H
#define SME_CONNECTOR_EVENT_LINE_H

#include <jq.h>
#include <stdint.h>

#include "connector/account.h"
#include "core/arena.h"
#include "net/html.h"

/* A created_at outside of these is not believed: before 1990, or so long after now. */
#define EVENT_EARLIEST INT64_C(631152000000)
#define EVENT_AHEAD (INT64_C(24) * 3600 * 1000)

/* Scratch memory, used again for every event. */
struct event_maker {
	const struct account *account;
	struct html *html;
	int64_t now; /* fetched_at; milliseconds since 1970 */
	/* The first member of the last partial event that was of no use: of an unknown name or of a
	 * wrong type; "" for none.  For whoever checks a connector. */
	char odd[64];
	struct arena arena;
	struct refs refs;
	struct buf text;
};

/* ACCOUNT and HTML stay the caller's. */
void event_maker_init(struct event_maker *m, const struct account *account, struct html *html,
    int64_t now);
void event_maker_release(struct event_maker *m);

/*
 * Append the event of PARTIAL, which is not consumed, as one line with its newline.  -1 with ERR
 * (SME_DATA) when it has no id, or when `type`, `text` or `html` is not what it must be; any other
 * member that is not counts as not there.
 */
int event_line(struct event_maker *m, jv partial, struct buf *out, struct sme_err *err);

#endif
