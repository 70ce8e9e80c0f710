#include "stream/metrics.h"
#include "core/rfc3339.h"
#include "sme-hook/hook.h"

#define ROW(name, help, type, value)                                                               \
	{                                                                                          \
		name, help, type, "tool=\"sme-hook\"", (double)(value)                             \
	}

int
hook_metrics(const struct hook *h, const char *path, struct sme_err *err)
{
	struct server_stats s = h->server ? server_stats(h->server) : h->served;
	struct commit_stats g = h->server ? commit_stats(h->committer) : h->committed;
	struct consumer_stats c = h->consumer ? consumer_stats(h->consumer) : h->consumed;
	const struct metric samples[] = {
	    ROW("sme_hook_requests_total", "Requests begun.", "counter", s.requests),
	    ROW("sme_hook_deliveries_total", "Deliveries kept.", "counter", s.accepted),
	    ROW("sme_hook_messages_total", "In-app messages and answers kept.", "counter",
		s.messages),
	    ROW("sme_hook_handshakes_total", "Handshakes answered.", "counter", s.handshakes),
	    ROW("sme_hook_refused_total", "Requests without a good signature.", "counter",
		s.refused),
	    ROW("sme_hook_too_large_total", "Bodies that were too long.", "counter", s.too_large),
	    ROW("sme_hook_unavailable_total", "Requests answered with 503.", "counter",
		s.unavailable),
	    ROW("sme_hook_timeouts_total", "Connections that took too long.", "counter",
		s.timeouts),
	    ROW("sme_hook_groups_total", "Syncs to disk.", "counter", g.groups),
	    ROW("sme_hook_failures_total", "Writes to disk that failed.", "counter", g.failures),
	    ROW("sme_hook_mapped_total", "Deliveries and messages mapped.", "counter",
		c.deliveries + c.messages),
	    ROW("sme_events_total", "Events written.", "counter", c.events),
	    ROW("sme_rejected_total", "Records rejected.", "counter", c.rejected),
	    ROW("sme_hook_behind_bytes", "Bytes that wait to be mapped.", "gauge", c.behind),
	    ROW("sme_hook_damaged_bytes", "Bytes of the spool found damaged.", "gauge",
		spool_damaged(h->spool)),
	    ROW("sme_last_run_timestamp_seconds", "When this was written.", "gauge",
		time_now_ms() / 1000),
	};

	return metrics_write(path, samples, sizeof samples / sizeof *samples, err);
}
