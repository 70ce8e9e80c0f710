/* sme-stats - count what was said, and what became of it */
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "core/cli.h"
#include "core/rfc3339.h"
#include "stats/collect.h"
#include "stats/output.h"
#include "stream/filter.h"
#include "stream/writer.h"

/* A report is never larger, however many tenants there are. */
#define OUTPUT_MAX ((size_t)1 << 30)

#define TOP_MAX 1000

static struct filter filter = {FILTER_INIT};
static struct stats_options stats;
static const char *since, *until;
static long top = 10;
static const char *lang = "en";
static bool json;

/* A sink: it reads on one thread and hands nothing on, so it has no --jobs and its own --tenant. */
#define STATS_OPTIONS                                                                              \
	{'c', "config", CLI_STRING, &filter.config, "FILE", "configuration, see sme.jq(5)"},       \
	    {0, "check-config", CLI_FLAG, &filter.check_config, NULL,                              \
	        "check the configuration and exit"},                                               \
	    {0, "lang", CLI_STRING, &lang, "en|de", "language of the words"},                      \
	    {0, "metrics", CLI_STRING, &filter.metrics, "FILE", "write Prometheus metrics to FILE"}, \
	    {0, "now", CLI_TIME, &filter.now, "TIME", "take this for the current time"},           \
	    {0, "rejects", CLI_STRING, &filter.rejects, "FILE", "append rejected lines to FILE"},  \
	    {0, "since", CLI_STRING, &since, "TIME", "only mentions from then on; 7d: the last 7 days"}, \
	    {0, "tenant", CLI_STRING, &stats.tenant, "NAME", "only events of this tenant"},        \
	    {0, "timezone", CLI_STRING, &stats.zone, "ZONE", "hours and days as in ZONE"},         \
	    {0, "top", CLI_INT, &top, "N", "length of rankings (10)"},                             \
	    {0, "until", CLI_STRING, &until, "TIME", "only mentions before then"}

static const struct cli_opt summary_options[] = {
	STATS_OPTIONS,
	{0, "json", CLI_FLAG, &json, NULL, "one JSON object instead of a table"},
	CLI_END
};

static const struct cli_opt report_options[] = {STATS_OPTIONS, CLI_END};

static const struct cli_tool summary_tool = {
	.name = "sme-stats summary",
	.what = "the figures as a table or as JSON",
	.operands = "[file ...]",
	.opts = summary_options
};

static const struct cli_tool report_tool = {
	.name = "sme-stats report",
	.what = "the figures as one HTML page",
	.operands = "[file ...]",
	.opts = report_options
};

static enum filter_verdict
collect_event(const void *ctx, void *worker, const struct event *ev, struct filter_out *out,
    struct sme_err *err)
{
	(void)ctx;
	(void)out;
	(void)err;
	stats_collect(worker, ev);
	return FILTER_DROP;
}

/* The one thread's memory is the collector itself. */
static void *
worker_open(const void *ctx)
{
	return *(struct stats_collector *const *)ctx;
}

static enum stats_lang
language(void)
{
	if (strcmp(lang, "en") == 0)
		return STATS_EN;
	if (strcmp(lang, "de") == 0)
		return STATS_DE;
	cli_usage("--lang: expected en or de, got \"%s\"", lang);
}

/* A time, or a duration before now. */
static int64_t
moment(const char *name, const char *text)
{
	int64_t ms;

	if (!text)
		return TIME_NONE;
	if (rfc3339_parse(slice_of(text), &ms))
		return ms;
	if (!duration_parse(slice_of(text), &ms))
		cli_usage("--%s: expected a time such as 2026-11-22T09:30:00Z or a duration such as 7d, "
		          "got \"%s\"", name, text);
	return filter_now(&filter) - ms;
}

static void
write_out(struct buf *page)
{
	struct writer w;

	if (page->over)
		sme_die(SME_DATA, "the report is too large; choose a --tenant or a smaller --top");
	writer_init(&w, STDOUT_FILENO, "stdout");
	writer_put(&w, buf_slice(page));
	writer_release(&w);
}

typedef void output_fn(struct buf *b, const struct stats_figures *f, enum stats_lang lang);

static void
put_json(struct buf *b, const struct stats_figures *f, enum stats_lang unused)
{
	(void)unused;
	stats_put_json(b, f);
}

static int
run(char *const *files, output_fn *output)
{
	enum stats_lang words = language();
	struct buf page = BUF_INIT_MAX(OUTPUT_MAX);
	struct stats_collector *collector;
	struct stats_figures figures;
	struct config config;
	struct sme_err err;
	int status;

	if (filter.check_config)
		return config_check_main(filter.config);
	if (top < 1 || top > TOP_MAX)
		cli_usage("--top: expected 1 to %d, got %ld", TOP_MAX, top);
	if (config_load(&config, filter.config, &err) < 0)
		sme_die(err.status, "%s", err.text);
	stats.now = filter_now(&filter);
	stats.since = moment("since", since);
	stats.until = moment("until", until);
	stats.top = (size_t)top;
	filter.plan = scan_plan_new();
	filter.worker_open = worker_open;
	collector = stats_collector_new(&stats, &config, filter.plan, &err);
	if (!collector)
		sme_die(err.status, "%s", err.text);
	status = filter_run(&filter, files, collect_event, &collector);
	stats_figures(collector, &figures);
	output(&page, &figures, words);
	write_out(&page);
	stats_figures_release(&figures);
	stats_collector_free(collector);
	scan_plan_free(filter.plan);
	config_release(&config);
	buf_release(&page);
	return status;
}

static int
summary(int argc, char **argv)
{
	char **files = cli_parse(&summary_tool, argc, argv);

	return run(files, json ? put_json : stats_put_summary);
}

static int
report(int argc, char **argv)
{
	return run(cli_parse(&report_tool, argc, argv), stats_put_page);
}

static const struct cli_command commands[] = {
	{"report", "the figures as one HTML page with charts", report},
	{"summary", "the figures as a table, or with --json as JSON", summary},
	{NULL, NULL, NULL}
};

int
main(int argc, char **argv)
{
	return cli_dispatch("sme-stats", "count what was said, and what became of it", commands, argc,
	    argv);
}
