/*
 * The records of one page or delivery into events.  A record that is not what meta.records requires,
 * or that the connector's `event` cannot map, goes to the rejects with the reason; the others come all
 * the same.
 */
#ifndef SME_CONNECTOR_RECORD_H
#define SME_CONNECTOR_RECORD_H

#include <jq.h>
#include <stdint.h>

#include "connector/drift.h"
#include "connector/event_line.h"
#include "connector/program.h"
#include "stream/reject.h"
#include "stream/writer.h"

/* Where the events of one account go.  Fill the first three, zero the rest. */
struct record_sink {
	struct writer *out;
	struct rejects *rejects; /* NULL: the reasons go to `reasons` alone */
	struct html *html;
	int64_t now; /* fetched_at of the events; may be set anew for every page */
	uint64_t events, rejected;
	struct buf reasons; /* one line for each rejected record, unless there are `rejects` */
	char odd[64]; /* the first member of a partial event that was of no use, see event_maker */
	struct drifts drifts;
	struct buf lines; /* private */
};

/*
 * Write the events of RECORDS, {KIND: [record, ...], ...} as `page` and `webhook` yield it, and count
 * them.  ACCOUNT is the $account of A that `event` gets, CONTEXT is handed to it with each record; all
 * three are consumed.  -1 with ERR (SME_DATA) when RECORDS is no such object, or when libjq gives up;
 * then none of its events was written.
 */
int record_events(struct connector *c, const struct account *a, jv account, jv records, jv context,
    struct record_sink *sink, struct sme_err *err);

/* The same for OUTPUT, all that `page` or `webhook` yielded for INPUT, a response or a delivery: its
 * `records`, with the response's `request` as the context.  Consumes all three values. */
int record_output(struct connector *c, const struct account *a, jv account, jv output, jv input,
    struct record_sink *sink, struct sme_err *err);

/* Write one alert event for each path that has drifted since the last call; how many there were. */
size_t record_alerts(struct record_sink *sink, const struct account *a);

void record_sink_release(struct record_sink *sink);

#endif
