/* sme-route - say who should answer a mention, and by when */
#include <stdlib.h>
#include <unistd.h>

#include "config/config.h"
#include "core/cli.h"
#include "core/err.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "route/route.h"
#include "sme-route/test.h"
#include "stream/filter.h"

static struct filter filter = {FILTER_INIT, .key = "route"};
static bool trace;
static const char *test_file;

static const struct cli_opt options[] = {
	FILTER_OPTIONS(filter),
	{0, "test", CLI_STRING, &test_file, "FILE", "compare what the rules do with the tests in FILE"},
	{0, "trace", CLI_FLAG, &trace, NULL, "show on standard error which rules were tried"},
	CLI_END
};

static const struct cli_tool tool = {
	.name = "sme-route",
	.what = "say who should answer a mention, and by when",
	.operands = "[file ...]",
	.opts = options
};

struct worker {
	struct router_run *run;
	struct buf trace;
};

static void *
worker_open(const void *router)
{
	struct worker *w = xcalloc(1, sizeof *w);

	w->run = router_run_new(router);
	w->trace = (struct buf)BUF_INIT;
	return w;
}

static void
worker_close(void *worker)
{
	struct worker *w = worker;

	router_run_free(w->run);
	buf_release(&w->trace);
	free(w);
}

static enum filter_verdict
route(const void *router, void *worker, const struct event *ev, struct filter_out *out,
    struct sme_err *err)
{
	struct worker *w = worker;
	bool routed;

	(void)err;
	if (!event_is(ev, "mention"))
		return FILTER_PASS;
	buf_clear(&w->trace);
	routed = route_event(router, w->run, ev, out->value, trace ? &w->trace : NULL);
	if (trace && file_write_all(STDERR_FILENO, w->trace.p, w->trace.n) < 0)
		trace = false; /* nobody reads it; the stream goes on */
	return routed ? FILTER_ADD : FILTER_PASS;
}

int
main(int argc, char **argv)
{
	char **files = cli_parse(&tool, argc, argv);
	struct config config;
	struct router *router;
	struct sme_err err;
	int status;

	if (filter.check_config)
		return config_check_main(filter.config);
	filter.plan = scan_plan_new();
	if (config_load(&config, filter.config, &err) < 0)
		sme_die(err.status, "%s", err.text);
	router = router_open(&config, filter.plan, &err);
	if (!router)
		sme_die(SME_CONFIG, "%s", err.text);
	filter.worker_open = worker_open;
	filter.worker_close = worker_close;
	if (trace)
		filter.jobs = 1; /* the table is in the order of the input */
	status = test_file ? route_test(test_file, &config, router, filter.plan) :
	    filter_run(&filter, files, route, router);
	router_close(router);
	config_release(&config);
	scan_plan_free(filter.plan);
	return status;
}
