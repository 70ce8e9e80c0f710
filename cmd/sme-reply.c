/* sme-reply - suggest an answer to each mention */
#include <stdlib.h>

#include "config/config.h"
#include "core/cli.h"
#include "core/err.h"
#include "core/file.h"
#include "core/rfc3339.h"
#include "reply/reply.h"
#include "stream/filter.h"

static struct filter filter = {FILTER_INIT, .key = "reply"};

static const struct cli_opt options[] = {
	FILTER_OPTIONS(filter),
	CLI_END
};

static const struct cli_tool tool = {
	.name = "sme-reply",
	.what = "suggest an answer to each mention",
	.operands = "[file ...]",
	.opts = options
};

static void *
worker_open(const void *replier)
{
	return replier_run_new(replier);
}

static void
worker_close(void *run)
{
	replier_run_free(run);
}

static enum filter_verdict
reply(const void *replier, void *run, const struct event *ev, struct filter_out *out,
    struct sme_err *err)
{
	(void)err;
	if (!event_is(ev, "mention"))
		return FILTER_PASS;
	reply_event(replier, run, ev, out->value);
	return FILTER_ADD;
}

int
main(int argc, char **argv)
{
	char **files = cli_parse(&tool, argc, argv);
	struct config config;
	struct replier *replier;
	struct sme_err err;
	char *networks;
	int status;

	if (filter.check_config)
		return config_check_main(filter.config);
	if (config_load(&config, filter.config, &err) < 0)
		sme_die(err.status, "%s", err.text);
	filter.plan = scan_plan_new();
	networks = sme_share("networks.json");
	replier = replier_open(&config, networks, filter.plan, &err);
	if (!replier)
		sme_die(err.status, "%s", err.text);
	filter.worker_open = worker_open;
	filter.worker_close = worker_close;
	status = filter_run(&filter, files, reply, replier);
	replier_close(replier);
	config_release(&config);
	scan_plan_free(filter.plan);
	free(networks);
	return status;
}
