#include "net/fetch_metrics.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "net/url.h"
#include "stream/json.h"
#include "stream/metrics.h"

static double
stat_events(const struct fetch_source_stat *s)
{
	return (double)s->events;
}

static double
stat_up(const struct fetch_source_stat *s)
{
	return !s->failed;
}

static double
stat_success(const struct fetch_source_stat *s)
{
	return s->last_success == TIME_NONE ? 0 : (double)s->last_success / 1000;
}

static const struct {
	const char *name, *help, *type;
	double (*value)(const struct fetch_source_stat *);
} rows[] = {
    {"sme_fetch_events_total", "Events handed on.", "counter", stat_events},
    {"sme_fetch_up", "1 when the last attempt worked.", "gauge", stat_up},
    {"sme_fetch_last_success_seconds", "When the source was read last, 0 for never.", "gauge",
        stat_success},
};
#define NROWS (sizeof rows / sizeof *rows)

/* JSON's escapes of a name are those of a label. */
static char *
label_of(const struct source *src)
{
	struct buf b = BUF_INIT, masked = BUF_INIT;

	url_masked(&masked, slice_of(src->name));
	buf_puts(&b, "source=");
	json_put_string(&b, buf_slice(&masked));
	buf_release(&masked);
	return buf_detach(&b);
}

int
fetch_metrics(const char *path, const struct source *sources,
    const struct fetch_source_stat *stats, size_t n, const struct fetch_totals *totals,
    struct sme_err *err)
{
	struct metric *m = xcalloc(n * NROWS + 1, sizeof *m);
	char **labels = xcalloc(n + 1, sizeof(*labels));
	int r;

	for (size_t i = 0; i < n; i++)
		labels[i] = label_of(&sources[i]);
	for (size_t k = 0; k < NROWS; k++)
		for (size_t i = 0; i < n; i++)
			m[k * n + i] = (struct metric){rows[k].name, rows[k].help, rows[k].type, labels[i],
			    rows[k].value(&stats[i])};
	m[NROWS * n] = (struct metric){"sme_fetch_rejected_total", "Records that could not be used.",
	    "counter", "", (double)totals->rejected};
	r = metrics_write(path, m, n * NROWS + 1, err);
	for (size_t i = 0; i < n; i++)
		free(labels[i]);
	free(labels);
	free(m);
	return r;
}
