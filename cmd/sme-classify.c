/* sme-classify - say of each mention what language it is in, how it feels and what it is about */
#include <stdlib.h>

#include "config/config.h"
#include "model/classify.h"
#include "sme-classify/models.h"
#include "sme-classify/suggest.h"
#include "stream/filter.h"

static struct filter filter = {.key = "class", FILTER_INIT};
static struct classifier_options options = {.min_p = -1};
static struct cli_list models;

static const struct cli_opt table[] = {
    FILTER_OPTIONS(filter),
    {0, "explain", CLI_FLAG, &options.explain, NULL, "add the words that decided"},
    {0, "heads", CLI_STRING, &options.heads, "NAME,...", "ask only these heads, such as lang"},
    {0, "min-p", CLI_NUMBER, &options.min_p, "P", "no label below this probability"},
    {0, "model", CLI_LIST, &models, "FILE", "add a model, or a directory of models"},
    {0, "redact", CLI_FLAG, &options.redact, NULL, "add the text with what is personal masked"},
    CLI_END,
};

static const struct cli_command commands[] = {
    {"suggest", SUGGEST_WHAT, suggest_main},
    {NULL, NULL, NULL},
};

static const struct cli_tool tool = {
    .name = "sme-classify",
    .what = "say of each mention what language it is in, how it feels and what it is about",
    .operands = "[file ...]",
    .opts = table,
    .commands = commands,
};

static enum filter_verdict
classify_event(const void *ctx, void *worker, const struct event *ev, struct filter_out *out,
    struct sme_err *err)
{
	(void)ctx;
	(void)err;
	if (!event_is(ev, "mention"))
		return FILTER_PASS;
	classify(worker, ev, out->value);
	return FILTER_ADD;
}

static void *
open_worker(const void *ctx)
{
	return classifier_run_new(ctx);
}

static void
close_worker(void *worker)
{
	classifier_run_free(worker);
}

static struct classifier *
open_classifier(const struct config *config, const struct watch *watch)
{
	struct classifier *c;
	struct sme_err err;

	models_list(&options, config, &models);
	c = classifier_new(&options, watch, filter.plan, &err);
	if (!c && err.text[0] == '.')
		sme_die(err.status, "%s: %s", config->path, err.text);
	if (!c)
		sme_die(err.status, "%s", err.text);
	models_release(&options);
	return c;
}

/* The list of places that the configuration names, or NULL. */
static struct places *
open_places(const struct config *config)
{
	struct slice name = node_text(config->root, "places");
	struct sme_err err;
	struct places *places;
	char *path;

	if (!name.p)
		return NULL;
	path = config_path(config, name);
	places = places_read(path, &err);
	if (!places)
		sme_die(err.status, "%s: .places: %s", config->path, err.text);
	free(path);
	return places;
}

/* --check-config: list files as well, and what in queries looks like a mistake. */
static int
check_config(void)
{
	struct buf report = BUF_INIT;
	struct config config;
	struct watch *watch;
	struct sme_err err;
	struct slice all, line;
	int status = config_check_main(filter.config);

	if (status != SME_OK)
		return status;
	if (config_load(&config, filter.config, &err) < 0)
		sme_die(err.status, "%s", err.text);
	watch = watch_new(&config, &err);
	if (!watch)
		sme_die(err.status, "%s", err.text);
	places_free(open_places(&config));
	watch_lint(watch, &report);
	all = buf_slice(&report);
	while (slice_cut(&all, '\n', &line) && line.n)
		sme_warn("%s: %.*s", config.path, SLICE_ARG(line));
	watch_free(watch);
	config_release(&config);
	buf_release(&report);
	return SME_OK;
}

int
main(int argc, char **argv)
{
	const struct cli_command *command = cli_command(&tool, argc, argv);
	struct config config;
	struct classifier *classifier;
	struct watch *watch;
	struct entity_set *patterns;
	struct places *places;
	struct sme_err err;
	char **files;
	int status;

	if (command)
		return command->run(argc - 1, argv + 1);
	files = cli_parse(&tool, argc, argv);
	if (filter.check_config)
		return check_config();
	if (options.min_p != -1 && !(options.min_p >= 0 && options.min_p <= 1))
		cli_usage("--min-p: expected a probability from 0 to 1");
	if (config_load(&config, filter.config, &err) < 0)
		sme_die(err.status, "%s", err.text);
	watch = watch_new(&config, &err);
	if (!watch)
		sme_die(err.status, "%s", err.text);
	patterns = details_patterns(config.root, watch, &err);
	if (!patterns)
		sme_die(err.status, "%s: %s", config.path, err.text);
	options.patterns = patterns;
	options.places = places = open_places(&config);
	filter.plan = scan_plan_new();
	classifier = open_classifier(&config, watch);
	filter.worker_open = open_worker;
	filter.worker_close = close_worker;
	status = filter_run(&filter, files, classify_event, classifier);
	classifier_free(classifier);
	entity_set_free(patterns);
	places_free(places);
	watch_free(watch);
	scan_plan_free(filter.plan);
	config_release(&config);
	free(models.items);
	return status;
}
