/* sme-fetch - networks, feeds and exports into mention events */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config/config.h"
#include "connector/account.h"
#include "core/cli.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "mail/mailbox.h"
#include "net/fetch.h"
#include "net/fetch_metrics.h"
#include "net/url.h"
#include "sme-fetch/accounts.h"
#include "sme-fetch/connectors.h"
#include "vault/secret.h"

static struct {
	const char *config, *type, *tenant, *network, *channel, *kind, *lang, *follow, *rejects, *metrics;
	const char *connector;
	struct cli_list sources, map;
	bool all, again, as_recorded, capabilities, check_config;
	int64_t now, timeout, connect_timeout, backoff;
	long tries, jobs, requests;
} opt = {.now = TIME_NONE};

static const struct cli_opt options[] = {
    {'a', "all", CLI_FLAG, &opt.all, NULL, "fetch all sources of the configuration"},
    {0, "again", CLI_FLAG, &opt.again, NULL, "hand on what was seen before, too"},
    {0, "as-recorded", CLI_FLAG, &opt.as_recorded, NULL, "check cases only as they are recorded"},
    {0, "backoff", CLI_DURATION, &opt.backoff, "TIME", "wait before the second try (1s)"},
    {'c', "config", CLI_STRING, &opt.config, "FILE", "configuration, see sme.jq(5)"},
    {0, "capabilities", CLI_FLAG, &opt.capabilities, NULL, "tell what each connector can do"},
    {0, "channel", CLI_STRING, &opt.channel, "NAME", "where it was written"},
    {0, "check-config", CLI_FLAG, &opt.check_config, NULL, "check the configuration and exit"},
    {0, "connect-timeout", CLI_DURATION, &opt.connect_timeout, "TIME", "to reach a server (10s)"},
    {0, "connector", CLI_STRING, &opt.connector, "check", "lint connectors, run their recorded cases"},
    {'f', "follow", CLI_STRING, &opt.follow, "SECONDS", "stay on and look again this often"},
    {'j', "jobs", CLI_INT, &opt.jobs, "N", "fetch at most N sources at once (32)"},
    {0, "kind", CLI_STRING, &opt.kind, "NAME", "what it is, such as post or review"},
    {0, "lang", CLI_STRING, &opt.lang, "CODE", "language, where the source does not say"},
    {'m', "map", CLI_LIST, &opt.map, "FIELD=COLUMN", "take FIELD of an event from COLUMN"},
    {0, "metrics", CLI_STRING, &opt.metrics, "FILE", "write Prometheus metrics to FILE"},
    {0, "network", CLI_STRING, &opt.network, "NAME", "network of the events (feed, export)"},
    {0, "now", CLI_TIME, &opt.now, "TIME", "take this for the current time"},
    {0, "rejects", CLI_STRING, &opt.rejects, "FILE", "append rejected lines to FILE"},
    {0, "requests", CLI_INT, &opt.requests, "N", "of one account in one poll, at most (200)"},
    {'s', "source", CLI_LIST, &opt.sources, "NAME", "fetch this source of the configuration"},
    {0, "tenant", CLI_STRING, &opt.tenant, "NAME", "tenant of the events; with -a, whose sources"},
    {0, "timeout", CLI_DURATION, &opt.timeout, "TIME", "for one try, from start to end (30s)"},
    {0, "tries", CLI_INT, &opt.tries, "N", "ask a server N times before giving up (3)"},
    {0, "type", CLI_STRING, &opt.type, "TYPE", "feed, csv, ndjson or mail, if it cannot be guessed"},
    CLI_END};

static const struct cli_tool tool = {
    .name = "sme-fetch",
    .what = "networks, feeds and exports into mention events",
    .operands = "[file-or-url ...]",
    .opts = options,
};

struct work {
	struct source *sources;
	struct fetch_source_stat *stats;
	size_t n, cap;
	struct fetch_totals totals;
	struct accounts *accounts;
	enum sme_status bad; /* why a source could not even be tried; 0: all could */
	bool terminal; /* progress is shown */
};

/* ---- stopping ---- */

static volatile sig_atomic_t stop;
static int wake[2];

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
	if (write(wake[1], "", 1) < 0)
		return; /* full: it is awake already */
}

static void
catch_signals(void)
{
	/* The second signal ends the process however busy it is. */
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
		sme_die(SME_OSERR, "cannot make a pipe");
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

/* ---- sources ---- */

static struct source *
add_source(struct work *w)
{
	w->sources = xgrow(w->sources, w->n, &w->cap, sizeof *w->sources);
	w->sources[w->n] = (struct source){0};
	return &w->sources[w->n++];
}

static void
map_option(struct mapping *m, const char *arg)
{
	struct slice column = slice_of(arg), target;
	struct sme_err err;

	slice_cut(&column, '=', &target);
	if (!column.p || !target.n)
		cli_usage("--map: expected FIELD=COLUMN, got \"%s\"", arg);
	if (mapping_set(m, target, column, &err) < 0)
		cli_usage("--%s", err.text);
}

/* Is it a mailbox, or one mail?  What is read from standard input cannot be looked at before. */
static bool
is_mail(const char *name)
{
	if (opt.type)
		return strcmp(opt.type, "mail") == 0;
	return !strstr(name, "://") && strcmp(name, "-") != 0 && mailbox_guess(name) != MAILBOX_NONE;
}

static void
add_mail(struct work *w, const char *name, struct source *s)
{
	struct sme_err err;

	if (accounts_add_mail(w->accounts, name, s, &err) < 0)
		sme_die(err.status, "%s: %s", name, err.text);
}

/* What the command line says holds for every operand, and for no source of the configuration. */
static void
add_operand(struct work *w, const char *name)
{
	struct source *s = add_source(w);

	s->name = name;
	if (url_is_http(slice_of(name)))
		s->url = name;
	else if (strstr(name, "://"))
		cli_usage("%s: only http and https can be fetched", name);
	else
		s->path = name;
	s->remember = s->own_host = s->url != NULL;
	if (opt.type && strcmp(opt.type, "mail") != 0 && !source_type_parse(slice_of(opt.type), &s->type))
		cli_usage("--type: expected feed, csv, ndjson or mail, got \"%s\"", opt.type);
	s->tenant = slice_of(opt.tenant);
	s->network = slice_of(opt.network);
	s->channel = slice_of(opt.channel);
	s->kind = slice_of(opt.kind);
	s->lang = slice_of(opt.lang);
	for (size_t i = 0; i < opt.map.n; i++)
		map_option(&s->map, opt.map.items[i]);
	if (is_mail(name))
		add_mail(w, name, s);
}

/* One that cannot be used does not stop the others. */
static void
add_account(struct work *w, const struct json_node *node)
{
	struct source s = {0};
	struct sme_err err;

	if (accounts_add(w->accounts, node, &s, &err) == 0) {
		*add_source(w) = s;
		return;
	}
	sme_warn("%s", err.text);
	w->bad = err.status;
}

static void
add_configured(struct work *w, const struct config *c, const struct json_node *node)
{
	struct source *s = add_source(w);
	struct address_net net;
	struct sme_err err;
	struct url u;

	s->name = node_text(node, "name").p;
	s->url = node_text(node, "url").p;
	if (!s->url)
		s->path = config_path(c, node_text(node, "path"));
	else if (!url_is_http(slice_of(s->url)))
		sme_die(SME_CONFIG, "%s: source %s: only http and https can be fetched", c->path, s->name);
	source_type_parse(node_text(node, "type"), &s->type);
	s->tenant = node_text(node, "tenant");
	s->network = node_text(node, "network");
	s->channel = node_text(node, "channel");
	s->kind = node_text(node, "kind");
	s->lang = node_text(node, "lang");
	s->remember = true;
	url_split(slice_of(s->url), &u);
	s->own_host = address_is_near(u.host);
	for (NODE_EACH(it, node_get(node, "allow_private")))
		if (address_parse(it->text, &net))
			address_list_add(&s->allowed, &net);
	for (NODE_EACH(it, node_get(node, "map")))
		if (mapping_set(&s->map, it->key, it->text, &err) < 0)
			sme_die(SME_CONFIG, "%s: source %s: %s", c->path, s->name, err.text);
}

static bool
wanted(const struct json_node *node)
{
	struct slice tenant = node_text(node, "tenant"), name = node_text(node, "name");

	for (size_t i = 0; i < opt.sources.n; i++)
		if (slice_is(name, opt.sources.items[i]))
			return true;
	if (opt.all && opt.tenant)
		return slice_is(tenant.n ? tenant : SLICE("default"), opt.tenant);
	return opt.all;
}

static void
check_names(const struct config *c)
{
	for (size_t i = 0; i < opt.sources.n; i++) {
		bool found = false;

		for (NODE_EACH(it, node_get(c->root, "sources")))
			found |= slice_is(node_text(it, "name"), opt.sources.items[i]);
		if (!found)
			cli_usage("--source: no source \"%s\" in %s", opt.sources.items[i], c->path);
	}
}

static void
add_all_configured(struct work *w, const struct config *c)
{
	if (!c->path)
		cli_usage("there is no configuration to take sources from; name it with --config");
	check_names(c);
	if (!node_get(c->root, "sources"))
		sme_die(SME_CONFIG, "%s: no sources", c->path);
	for (NODE_EACH(it, node_get(c->root, "sources")))
		if (wanted(it) && account_is(it))
			add_account(w, it);
		else if (wanted(it))
			add_configured(w, c, it);
}

/* ---- reports ---- */

static void
clear_progress(const struct work *w)
{
	if (w->terminal && write(STDERR_FILENO, "\r\033[K", 4) < 0)
		return;
}

static void
say_failed(void *ctx, const char *message)
{
	clear_progress(ctx);
	sme_warn("%s", message);
}

static void
say_note(void *ctx, const char *message)
{
	if (sme_verbosity > 0)
		clear_progress(ctx);
	sme_verbose("%s", message);
}

static void
say_progress(void *ctx, size_t done, size_t total, uint64_t events)
{
	struct work *w = ctx;
	char text[100];
	int n;

	if (!w->terminal)
		return;
	n = snprintf(text, sizeof text, "\r\033[K%zu of %zu sources, %llu events%s", done, total,
	    (unsigned long long)events, done == total ? "\r\033[K" : "");
	if (write(STDERR_FILENO, text, (size_t)n) < 0)
		w->terminal = false;
}

static void
write_metrics(void *ctx)
{
	struct work *w = ctx;
	struct sme_err err;

	if (opt.metrics && fetch_metrics(opt.metrics, w->sources, w->stats, w->n, &w->totals, &err) < 0)
		sme_warn("%s", err.text);
}

/* ---- the run ---- */

static int64_t
follow_interval(void)
{
	unsigned long long seconds;
	int64_t ms = 0;

	if (!opt.follow)
		return 0;
	if (slice_u64(slice_of(opt.follow), &seconds) && seconds < 366 * 86400)
		ms = (int64_t)seconds * 1000;
	else if (!duration_parse(slice_of(opt.follow), &ms))
		ms = 0;
	if (ms <= 0)
		cli_usage("--follow: expected seconds or a duration such as 5m, got \"%s\"", opt.follow);
	return ms;
}

static struct fetch_options
fetch_options(struct work *w)
{
	return (struct fetch_options){
	    .http = {.connect_timeout = opt.connect_timeout,
	        .timeout = opt.timeout ? opt.timeout : 30000,
	        .tries = (unsigned)opt.tries,
	        .backoff = opt.backoff,
	        .parallel = (unsigned)opt.jobs,
	        .seed = (uint64_t)(opt.now == TIME_NONE ? time_now_ms() ^ getpid() : opt.now),
	        .wake_fd = wake[0]},
	    .follow = follow_interval(),
	    .now = opt.now,
	    .again = opt.again,
	    .stop = &stop,
	    .report = {say_failed, say_note, say_progress, write_metrics, w},
	};
}

static int
run(struct work *w)
{
	struct sme_err err;
	struct rejects *rejects = rejects_open(opt.rejects, &err);
	struct fetch_options o;
	struct writer out;

	if (!rejects)
		sme_die(err.status, "%s", err.text);
	catch_signals();
	o = fetch_options(w);
	writer_init(&out, STDOUT_FILENO, "stdout");
	w->stats = xcalloc(w->n, sizeof *w->stats);
	w->terminal = sme_verbosity >= 0 && !o.follow && isatty(STDERR_FILENO);
	if (fetch_run(w->sources, w->n, &o, &out, rejects, w->stats, &w->totals, &err) < 0)
		sme_die(err.status, "%s", err.text);
	write_metrics(w);
	rejects_close(rejects);
	writer_release(&out);
	if (w->totals.gone && !stop) { /* end as any filter whose reader has left */
		signal(SIGPIPE, SIG_DFL);
		raise(SIGPIPE);
	}
	sme_verbose("%llu events from %zu sources, %zu failed, %zu unchanged, %llu records rejected",
	    (unsigned long long)w->totals.events, w->totals.sources, w->totals.failed,
	    w->totals.unchanged, (unsigned long long)w->totals.rejected);
	return w->totals.status;
}

static void
release(struct work *w)
{
	for (size_t i = 0; i < w->n; i++) {
		mapping_release(&w->sources[i].map);
		address_list_release(&w->sources[i].allowed);
		if (w->sources[i].remember && w->sources[i].path)
			free((char *)(size_t)w->sources[i].path);
	}
	free(w->sources);
	free(w->stats);
	accounts_close(w->accounts);
}

int
main(int argc, char **argv)
{
	char **operands = cli_parse(&tool, argc, argv);
	struct work w = {0};
	struct config config;
	struct sme_err err;
	int status = SME_OK;

	mem_keep((size_t)8 << 20);
	if (secret_protect(&err) < 0)
		sme_die(err.status, "%s", err.text);
	if (opt.connector)
		return connector_command(opt.connector, operands, opt.now, opt.as_recorded);
	if (config_load(&config, opt.config, &err) < 0)
		sme_die(err.status, "%s", err.text);
	if (opt.capabilities) {
		status = connector_capabilities(&config);
		config_release(&config);
		return status;
	}
	w.accounts = accounts_open(&config, (unsigned)opt.requests);
	if (opt.all || opt.sources.n)
		add_all_configured(&w, &config);
	for (; *operands; operands++)
		add_operand(&w, *operands);
	if (!opt.check_config && !w.n && !opt.all && !w.bad)
		cli_usage("nothing to fetch: name files or URLs, or say --all");
	if (!opt.check_config && w.n)
		status = run(&w);
	if (w.bad && status == SME_OK)
		status = w.n && !opt.check_config ? SME_REJECTED : w.bad;
	release(&w);
	config_release(&config);
	return status;
}
