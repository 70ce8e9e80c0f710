/* sme-score - give each mention a priority, and say why */
#include "config/config.h"
#include "core/cli.h"
#include "core/err.h"
#include "score/score.h"
#include "sme-score/graph.h"
#include "sme-score/reach.h"
#include "stream/filter.h"

static struct filter filter = {
    FILTER_INIT,
    .key = "score",
    .worker_open = score_worker_open,
    .worker_close = score_worker_close,
};

static bool explain;

static const struct cli_opt options[] = {
    FILTER_OPTIONS(filter),
    {0, "explain", CLI_FLAG, &explain, NULL, "print each score as a table, for people"},
    CLI_END,
};

static const struct cli_command commands[] = {
    {"graph", GRAPH_WHAT, graph_main},
    {"reach", REACH_WHAT, reach_main},
    {NULL, NULL, NULL},
};

static const struct cli_tool tool = {
    .name = "sme-score",
    .what = "give each mention a priority, and say why",
    .operands = "[file ...]",
    .opts = options,
    .commands = commands,
};

static enum filter_verdict
score_event(const void *model, void *worker, const struct event *ev, struct filter_out *out,
    struct sme_err *err)
{
	(void)err;
	if (!event_is(ev, "mention"))
		return explain ? FILTER_DROP : FILTER_PASS;
	if (explain) {
		score_explain(model, worker, ev, out->after);
		return FILTER_DROP;
	}
	score_write(model, worker, ev, out->value);
	return FILTER_ADD;
}

int
main(int argc, char **argv)
{
	const struct cli_command *command = cli_command(&tool, argc, argv);
	struct score_model *model;
	char **files;
	struct config config;
	struct sme_err err;
	int status;

	if (command)
		return command->run(argc - 1, argv + 1);
	files = cli_parse(&tool, argc, argv);
	status = filter.check_config ? config_check_main(filter.config) : SME_OK;
	if (status != SME_OK)
		return status;
	if (config_load(&config, filter.config, &err) < 0)
		sme_die(err.status, "%s", err.text);
	filter.plan = scan_plan_new();
	model = score_model_new(&config, filter_now(&filter), filter.plan, &err);
	if (!model)
		sme_die(err.status, "%s", err.text);
	config_release(&config);
	if (!filter.check_config)
		status = filter_run(&filter, files, score_event, model);
	score_model_free(model);
	scan_plan_free(filter.plan);
	return status;
}
