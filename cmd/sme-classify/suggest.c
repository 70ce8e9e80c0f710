#include "sme-classify/suggest.h"

#include <stdlib.h>
#include <unistd.h>

#include "config/config.h"
#include "core/mem.h"
#include "model/mention.h"
#include "model/suggest_put.h"
#include "model/watch.h"
#include "stream/filter.h"
#include "stream/writer.h"

#define TOP_MAX 10000
#define COUNT_MAX 1000000000

/* A sink: it reads on one thread and hands nothing on, so it has no --jobs and its own --tenant. */
static struct filter filter = {FILTER_INIT};
static const char *tenant, *name, *text, *background;
static long top = 20, min_count = 3, min_gain = 1;
static double min_g2 = 10.83;
static bool json;

static const struct cli_opt options[] = {
    {0, "background", CLI_STRING, &background, "FILE", "compare with these mentions"},
    {'c', "config", CLI_STRING, &filter.config, "FILE", "configuration, see sme.jq(5)"},
    {0, "json", CLI_FLAG, &json, NULL, "a JSON object for each term instead of a table"},
    {0, "match", CLI_STRING, &text, "QUERY", "the query itself"},
    {0, "min-count", CLI_INT, &min_count, "N", "only terms in N matched mentions (3)"},
    {0, "min-g2", CLI_NUMBER, &min_g2, "X", "only terms as telling as this (10.83)"},
    {0, "min-gain", CLI_INT, &min_gain, "N", "only terms that bring N more mentions (1)"},
    {0, "query", CLI_STRING, &name, "NAME", "the query or topic of the configuration"},
    {0, "rejects", CLI_STRING, &filter.rejects, "FILE", "append rejected lines to FILE"},
    {0, "tenant", CLI_STRING, &tenant, "NAME", "only mentions of this tenant, and its queries"},
    {0, "top", CLI_INT, &top, "N", "so many terms at most (20)"},
    CLI_END,
};

static const struct cli_tool tool = {
    .name = "sme-classify suggest",
    .what = SUGGEST_WHAT,
    .operands = "[file ...]",
    .opts = options,
};

struct reading {
	struct suggest *suggest;
	struct query_scratch *query;
	struct mention_plan plan;
	int lang; /* class.lang.code */
	struct mention mention;
	struct buf code;
	bool background;
};

static bool
is_wanted(const struct mention *m)
{
	struct slice of = m->tenant.p ? m->tenant : SLICE("default");

	return !tenant || slice_is(of, tenant);
}

static enum filter_verdict
read_event(const void *ctx, void *worker, const struct event *ev, struct filter_out *out,
    struct sme_err *err)
{
	struct reading *r = worker;
	struct mention *m = &r->mention;
	struct slice code;
	const uint32_t *hits;
	enum suggest_kind kind = SUGGEST_BACKGROUND;

	(void)ctx;
	(void)out;
	(void)err;
	if (!event_is(ev, "mention"))
		return FILTER_DROP;
	mention_read(m, &r->plan, ev);
	if (!is_wanted(m))
		return FILTER_DROP;
	buf_clear(&r->code);
	code = json_string(&ev->values[r->lang], &r->code);
	if (code.n)
		m->fields.lang = code;
	if (!r->background)
		kind = query_run(r->query, m->text, &m->fields, QUERY_GLOBAL, &hits)
		           ? SUGGEST_MATCHED
		           : SUGGEST_UNMATCHED;
	suggest_add(r->suggest, m->text, kind);
	return FILTER_DROP;
}

/* The one thread's memory is the reading itself. */
static void *
worker_open(const void *ctx)
{
	return *(struct reading *const *)ctx;
}

/* The query that --query or --match means. */
static struct slice
wanted_query(const struct config *config)
{
	struct slice query;

	if (!name == !text)
		cli_usage("say which query, by one of --query and --match");
	if (text)
		return slice_of(text);
	query = watch_query_text(config, tenant, name);
	if (!query.p)
		cli_usage("--query: there is no query or topic named \"%s\" in %s", name,
		    config->path ? config->path : "the configuration, for there is none");
	return query;
}

static struct query_set *
open_query(const struct config *config)
{
	struct sme_err err;
	struct query_set *set = watch_query_set(config, wanted_query(config), &err);

	if (!set)
		sme_die(err.status, "%s: %s", name ? name : "--match", err.text);
	return set;
}

static bool
is_known(void *ctx, struct slice word)
{
	return query_knows(ctx, word);
}

static void
write_terms(struct reading *r)
{
	const struct suggest_options o = {
	    .top = (size_t)top,
	    .min_matched = (size_t)min_count,
	    .min_gain = (size_t)min_gain,
	    .min_g2 = min_g2,
	    .known = is_known,
	    .known_ctx = r->query,
	};
	const struct suggestion *terms;
	size_t n = suggest_terms(r->suggest, &o, &terms);
	struct buf b = BUF_INIT;
	struct writer w;

	if (json)
		suggest_put_json(&b, terms, n);
	else
		suggest_put_table(&b, r->suggest, terms, n);
	writer_init(&w, STDOUT_FILENO, "stdout");
	writer_put(&w, buf_slice(&b));
	writer_release(&w);
	buf_release(&b);
}

static void
check_options(void)
{
	if (top < 1 || top > TOP_MAX)
		cli_usage("--top: expected 1 to %d, got %ld", TOP_MAX, top);
	if (min_count < 1 || min_count > COUNT_MAX)
		cli_usage("--min-count: expected 1 to %d, got %ld", COUNT_MAX, min_count);
	if (!(min_g2 >= 0))
		cli_usage("--min-g2: expected a number from 0 on");
}

static int
read_all(struct reading *r, char *const *files)
{
	char *const others[] = {(char *)(uintptr_t)background, NULL};
	int status = filter_run(&filter, files, read_event, &r), second = SME_OK;

	if (background) {
		r->background = true;
		second = filter_run(&filter, others, read_event, &r);
	}
	return status != SME_OK ? status : second;
}

int
suggest_main(int argc, char **argv)
{
	char **files = cli_parse(&tool, argc, argv);
	struct reading r = {.mention.strings = BUF_INIT, .code = BUF_INIT};
	struct query_set *set;
	struct config config;
	struct sme_err err;
	int status;

	check_options();
	if (config_load(&config, filter.config, &err) < 0)
		sme_die(err.status, "%s", err.text);
	set = open_query(&config);
	filter.plan = scan_plan_new();
	filter.worker_open = worker_open;
	mention_plan_add(&r.plan, filter.plan);
	r.lang = scan_plan_add(filter.plan, "class.lang.code");
	r.suggest = suggest_new();
	r.query = query_scratch_new(set);
	status = read_all(&r, files);
	write_terms(&r);
	query_scratch_free(r.query);
	query_set_free(set);
	suggest_free(r.suggest);
	mention_release(&r.mention);
	buf_release(&r.code);
	scan_plan_free(filter.plan);
	config_release(&config);
	return status;
}
