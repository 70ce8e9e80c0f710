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
#include "sme-route/curve.h"
#include "sme-route/sweep.h"
#include "sme-route/test.h"
#include "stream/filter.h"

static struct filter filter = {FILTER_INIT, .key = "route"};
static bool trace;
static const char *test_file, *digest_file;
static bool sweep;
static struct sweep *swept; /* NULL: no sweep */

static const struct cli_opt options[] = {
	FILTER_OPTIONS(filter),
	{0, "digest", CLI_STRING, &digest_file, "FILE", "with --sweep: the digest goes there (standard error)"},
	{0, "sweep", CLI_FLAG, &sweep, NULL, "page somebody for what is urgent, acknowledge the rest"},
	{0, "test", CLI_STRING, &test_file, "FILE", "compare what the rules do with the tests in FILE"},
	{0, "trace", CLI_FLAG, &trace, NULL, "show on standard error which rules were tried"},
	CLI_END
};

static const struct cli_command commands[] = {
	{"curve", CURVE_WHAT, curve_main},
	{NULL, NULL, NULL},
};

static const struct cli_tool tool = {
	.name = "sme-route",
	.what = "say who should answer a mention, and by when",
	.operands = "[file ...]",
	.opts = options,
	.commands = commands
};

struct worker {
	struct router_run *run;
	struct buf trace, routed;
};

static void *
worker_open(const void *router)
{
	struct worker *w = xcalloc(1, sizeof *w);

	w->run = router_run_new(router);
	w->trace = w->routed = (struct buf)BUF_INIT;
	return w;
}

static void
worker_close(void *worker)
{
	struct worker *w = worker;

	router_run_free(w->run);
	buf_release(&w->trace);
	buf_release(&w->routed);
	free(w);
}

static enum filter_verdict
route(const void *router, void *worker, const struct event *ev, struct filter_out *out,
    struct sme_err *err)
{
	struct worker *w = worker;
	bool routed;

	(void)err;
	if (!event_is(ev, "mention")) {
		if (swept)
			sweep_event(swept, ev->line);
		return FILTER_PASS;
	}
	buf_clear(&w->trace);
	buf_clear(&w->routed);
	routed = route_event(router, w->run, ev, swept ? &w->routed : out->value, trace ? &w->trace : NULL);
	if (swept && routed)
		sweep_mention(swept, ev->line, buf_slice(&w->routed), out->value, out->after);
	if (trace && file_write_all(STDERR_FILENO, w->trace.p, w->trace.n) < 0)
		trace = false; /* nobody reads it; the stream goes on */
	return routed ? FILTER_ADD : FILTER_PASS;
}

static void
write_digest(void)
{
	struct buf b = BUF_INIT;
	struct sme_err err;

	sweep_digest(swept, &b);
	if (digest_file && file_write_atomic(digest_file, buf_slice(&b), 0644, &err) < 0)
		sme_die(err.status, "the digest cannot be written: %s", err.text);
	if (!digest_file && file_write_all(STDERR_FILENO, b.p, b.n) < 0)
		sme_die(SME_IOERR, "stderr: the digest cannot be written");
	buf_release(&b);
}

int
main(int argc, char **argv)
{
	const struct cli_command *command = cli_command(&tool, argc, argv);
	char **files;
	struct config config;
	struct router *router;
	struct sme_err err;
	int status;

	if (command)
		return command->run(argc - 1, argv + 1);
	files = cli_parse(&tool, argc, argv);
	if (digest_file && !sweep)
		cli_usage("--digest needs --sweep");
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
	if (trace || sweep)
		filter.jobs = 1; /* tables are in the order of the input */
	if (sweep)
		swept = sweep_new(&config, filter_now(&filter));
	status = test_file ? route_test(test_file, &config, router, filter.plan) :
	    filter_run(&filter, files, route, router);
	if (swept && !test_file)
		write_digest();
	sweep_free(swept);
	router_close(router);
	config_release(&config);
	scan_plan_free(filter.plan);
	return status;
}
